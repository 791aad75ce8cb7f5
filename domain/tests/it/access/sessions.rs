//! Refresh tokens: one use each, and a replay ends the chain.

use chrono::TimeDelta;
use domain::access::token::Audience;
use domain::access::{StaffSignIn, Tokens, refresh, sign_out, staff_sign_in};
use domain::{Ctx, ErrorCode};
use entity::{event, refresh_token};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{World, both_databases, race};

use super::{PASSWORD, admin, shop_actor, staff_actor};

async fn signed_in(world: &World) -> Tokens {
    admin(world).await;
    let input = StaffSignIn { email: "admin@example.com".into(), password: PASSWORD.into() };
    staff_sign_in(&world.guest(), input).await.unwrap().tokens
}

async fn renewed(ctx: &Ctx, token: &str) -> Result<Tokens, ErrorCode> {
    refresh(ctx, Audience::Staff, token).await.map(|(_, tokens)| tokens).map_err(|error| error.code())
}

both_databases! {
    /// A chain goes on link by link, and an access token works at its own API alone.
    async fn a_session_goes_on(world: World) {
        let first = signed_in(&world).await;
        assert!(staff_actor(&world, Some(&first.access_token), None).await.is_ok());
        assert!(shop_actor(&world, &first.access_token).await.is_err());
        let second = renewed(&world.guest(), &first.refresh_token).await.unwrap();
        assert!(staff_actor(&world, Some(&second.access_token), None).await.is_ok());
        let wrong_api = refresh(&world.guest(), Audience::Shop, &second.refresh_token).await.unwrap_err();
        assert_eq!(wrong_api.code(), ErrorCode::SessionExpired);
        assert!(renewed(&world.guest(), &second.refresh_token).await.is_ok(), "a try at the other API costs nothing");
    }

    /// A used token ends the chain for everybody who holds a part of it.
    async fn a_replay_ends_the_chain(world: World) {
        let first = signed_in(&world).await;
        let second = renewed(&world.guest(), &first.refresh_token).await.unwrap();
        assert_eq!(renewed(&world.guest(), &first.refresh_token).await.unwrap_err(), ErrorCode::SessionExpired);
        assert_eq!(renewed(&world.guest(), &second.refresh_token).await.unwrap_err(), ErrorCode::SessionExpired);
        assert!(staff_actor(&world, Some(&second.access_token), None).await.is_err());
        let replays = event::Entity::find().filter(event::Column::Kind.eq("session_replayed")).all(world.db()).await.unwrap();
        assert_eq!(replays.len(), 1);
    }

    /// Twenty parallel uses of one token: one succeeds, and no second chain lives.
    async fn twenty_uses_at_once_make_one_new_token(world: World) {
        for _ in 0..5 {
            let input = StaffSignIn { email: "admin@example.com".into(), password: PASSWORD.into() };
            if staff_sign_in(&world.guest(), input.clone()).await.is_err() {
                admin(&world).await;
            }
            let token = staff_sign_in(&world.guest(), input).await.unwrap().tokens.refresh_token;
            let answers = race(20, |_| {
                let (ctx, token) = (world.guest(), token.clone());
                async move { renewed(&ctx, &token).await }
            })
            .await;
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
            assert!(answers.iter().all(|answer| answer.as_ref().err().is_none_or(|code| *code == ErrorCode::SessionExpired)));
            let winner = answers.into_iter().find_map(Result::ok).unwrap();
            assert!(staff_actor(&world, Some(&winner.access_token), None).await.is_err(), "a replay happened");
            assert!(renewed(&world.guest(), &winner.refresh_token).await.is_err());
        }
    }

    /// Signing out ends the session at once; unknown tokens end nothing.
    async fn signing_out_ends_the_session(world: World) {
        let tokens = signed_in(&world).await;
        sign_out(&world.guest(), Audience::Staff, "unknown").await.unwrap();
        assert!(staff_actor(&world, Some(&tokens.access_token), None).await.is_ok());
        sign_out(&world.guest(), Audience::Staff, &tokens.refresh_token).await.unwrap();
        assert!(staff_actor(&world, Some(&tokens.access_token), None).await.is_err());
        assert!(renewed(&world.guest(), &tokens.refresh_token).await.is_err());
    }

    /// Who stays away for longer than a shift signs in again. No token is stored as it is.
    async fn sessions_run_out_and_are_hashed(world: World) {
        let tokens = signed_in(&world).await;
        let rows = refresh_token::Entity::find().all(world.db()).await.unwrap();
        assert!(rows.iter().all(|row| row.token_hash != tokens.refresh_token && row.token_hash.len() == 64));
        world.advance(TimeDelta::minutes(15));
        assert!(staff_actor(&world, Some(&tokens.access_token), None).await.is_err());
        world.advance(TimeDelta::hours(12));
        assert!(renewed(&world.guest(), &tokens.refresh_token).await.is_err());
    }
}
