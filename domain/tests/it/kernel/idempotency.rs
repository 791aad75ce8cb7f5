//! Doing a thing once however often it is asked.

use domain::kernel::event::NewEvent;
use domain::kernel::idempotency::{Claim, claim, request_hash};
use domain::{Ctx, ErrorCode, Result};
use entity::{event, idempotency_key, job};
use sea_orm::EntityTrait;
use support::{World, both_databases, race};
use uuid::Uuid;

/// A command with one visible effect; returns what it made, now or before.
async fn make_once(ctx: &Ctx, key: &str, body: &str) -> Result<Uuid> {
    let hash = request_hash(&body)?;
    ctx.write(|tx| {
        let hash = hash.clone();
        async move {
            let made = tx.new_uuid();
            match claim(&tx, "thing_make", key, &hash, made).await? {
                Claim::Replayed(id) => Ok(id),
                Claim::Fresh => {
                    tx.event(NewEvent::new("thing_made", "thing", made));
                    Ok(made)
                }
            }
        }
    })
    .await
}

async fn effects(world: &World) -> usize {
    event::Entity::find().all(world.db()).await.unwrap().len()
}

both_databases! {
    /// Fifty at once with one key, one of them with another body: one effect, equal answers, one refusal or the other
    /// way round.
    async fn fifty_at_once_have_one_effect(world: World) {
        let ctx = world.ctx();
        let answers = race(50, |number| {
            let ctx = ctx.clone();
            async move { make_once(&ctx, "same", if number == 25 { "other" } else { "body" }).await }
        })
        .await;
        assert_eq!(effects(&world).await, 1);
        let made: Vec<Uuid> = answers.iter().flatten().copied().collect();
        assert!(made.windows(2).all(|pair| pair[0] == pair[1]), "{made:?}");
        let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
        assert!(refused.iter().all(|error| error.code() == ErrorCode::IdempotencyKeyReused), "{refused:?}");
        // Whoever came first fixed the body.
        assert!(matches!((made.len(), refused.len()), (49, 1) | (1, 49)), "{} and {}", made.len(), refused.len());
        job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// A key is known for one actor and one operation only.
    async fn key_of_another_actor_is_another_key(world: World) {
        let clerk = world.staff(&[]).await;
        let first = make_once(&world.ctx(), "k", "body").await.unwrap();
        let second = make_once(&clerk, "k", "another body").await.unwrap();
        assert_ne!(first, second);
        assert_eq!(make_once(&clerk, "k", "another body").await.unwrap(), second);
        assert_eq!(effects(&world).await, 2);
        job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// A command that failed did not use its key up.
    async fn failed_command_frees_its_key(world: World) {
        let ctx = world.ctx();
        let failed: Result<()> = ctx
            .write(|tx| async move {
                let id = tx.new_uuid();
                claim(&tx, "thing_make", "k", &request_hash(&"body")?, id).await?;
                Err(domain::Error::not_found("thing"))
            })
            .await;
        assert_eq!(failed.unwrap_err().code(), ErrorCode::NotFound);
        assert!(idempotency_key::Entity::find().all(world.db()).await.unwrap().is_empty());
        make_once(&ctx, "k", "other body").await.unwrap();
        job::Entity::delete_many().exec(world.db()).await.unwrap();
    }
}
