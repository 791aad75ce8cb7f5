//! Events and jobs exist exactly when their cause does.

use domain::Error;
use domain::kernel::event::{DISPATCH_JOB, NewEvent};
use entity::{event, job};
use sea_orm::{ConnectionTrait, EntityTrait};
use support::{World, both_databases};

both_databases! {
    /// A command that succeeds leaves its event and one job that dispatches it.
    async fn event_comes_with_its_dispatch_job(world: World) {
        let ctx = world.ctx();
        let id = ctx
            .write(|tx| async move { Ok(tx.event(NewEvent::new("tried", "test", tx.new_uuid()))) })
            .await
            .unwrap();
        let events = event::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(events.iter().map(|event| event.id).collect::<Vec<_>>(), [id]);
        assert_eq!(events[0].request_id, "test-request");
        assert_eq!(events[0].occurred_at, world.now());
        let jobs = job::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].kind, DISPATCH_JOB);
        assert_eq!(jobs[0].payload, serde_json::json!({ "events": [id] }));
        job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// A command that fails leaves neither.
    async fn failed_command_leaves_no_event_and_no_job(world: World) {
        let result: Result<(), Error> = world
            .ctx()
            .write(|tx| async move {
                tx.event(NewEvent::new("tried", "test", tx.new_uuid()));
                Err(Error::not_found("test"))
            })
            .await;
        assert!(matches!(result, Err(Error::NotFound { .. })));
        assert!(event::Entity::find().all(world.db()).await.unwrap().is_empty());
        assert!(job::Entity::find().all(world.db()).await.unwrap().is_empty());
    }

    /// History cannot be changed, not even by hand.
    async fn events_are_append_only(world: World) {
        let ctx = world.ctx();
        ctx.write(|tx| async move { Ok(tx.event(NewEvent::new("tried", "test", tx.new_uuid()))) }).await.unwrap();
        for sql in ["UPDATE event SET kind = 'other'", "DELETE FROM event"] {
            let error = world.db().execute_unprepared(sql).await.unwrap_err();
            assert!(error.to_string().contains("event is append-only"), "{sql}: {error}");
        }
        assert_eq!(event::Entity::find().all(world.db()).await.unwrap()[0].kind, "tried");
        job::Entity::delete_many().exec(world.db()).await.unwrap();
    }
}
