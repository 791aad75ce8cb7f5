//! A worker that dies loses its jobs to another; one that lives keeps them.

use chrono::TimeDelta;
use domain::Error;
use domain::kernel::job::{self, LEASE, NewJob, WORK};
use entity::words::JobState;
use sea_orm::EntityTrait;
use serde_json::json;
use support::{World, both_databases};

both_databases! {
    /// Taken over after the lease, not before.
    async fn job_of_a_dead_worker_is_taken_over(world: World) {
        let ctx = world.ctx();
        ctx.write(|tx| async move { tx.enqueue(NewJob::new("test", json!({}))); Ok(()) }).await.unwrap();
        assert_eq!(job::claim(&ctx, "dead", 1).await.unwrap().len(), 1);
        world.advance(LEASE);
        assert!(job::claim(&ctx, "heir", 1).await.unwrap().is_empty(), "the lease still runs");
        world.advance(TimeDelta::microseconds(1));
        let taken = job::claim(&ctx, "heir", 1).await.unwrap();
        assert_eq!(taken.iter().map(|job| job.attempts).collect::<Vec<_>>(), [2]);
        entity::job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// A long job is kept by renewing; who lost it cannot renew.
    async fn lease_is_renewed_by_its_owner_only(world: World) {
        let ctx = world.ctx();
        ctx.write(|tx| async move { tx.enqueue(NewJob::new("test", json!({}))); Ok(()) }).await.unwrap();
        let mine = job::claim(&ctx, "first", 1).await.unwrap().remove(0);
        world.advance(TimeDelta::seconds(50));
        assert!(job::renew(&ctx, &mine).await.unwrap());
        world.advance(TimeDelta::seconds(50));
        assert!(job::claim(&ctx, "second", 1).await.unwrap().is_empty());
        world.advance(TimeDelta::seconds(11));
        assert_eq!(job::claim(&ctx, "second", 1).await.unwrap().len(), 1);
        assert!(!job::renew(&ctx, &mine).await.unwrap());
        entity::job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// Who lost a job settles nothing of it: neither what its heir does nor when it runs again.
    async fn who_lost_a_job_cannot_settle_it(world: World) {
        let ctx = world.ctx();
        ctx.write(|tx| async move { tx.enqueue(NewJob::new("test", json!({}))); Ok(()) }).await.unwrap();
        let mine = job::claim(&ctx, "first", 1).await.unwrap().remove(0);
        world.advance(LEASE + TimeDelta::seconds(1));
        assert!(job::any_due_of(&ctx.db(), Some(WORK), world.now()).await.unwrap(), "what is left behind is due");
        let heirs = job::claim(&ctx, "second", 1).await.unwrap().remove(0);
        assert!(!job::any_due_of(&ctx.db(), Some(WORK), world.now()).await.unwrap());
        let again = Some(world.now());
        assert!(matches!(job::complete(&ctx, &mine).await, Err(Error::LeaseLost)));
        assert!(matches!(job::fail(&ctx, &mine, "451", again).await, Err(Error::LeaseLost)));
        assert!(matches!(job::fail(&ctx, &mine, "550", None).await, Err(Error::LeaseLost)));
        assert!(matches!(job::reschedule(&ctx, &mine, world.now(), None).await, Err(Error::LeaseLost)));
        let row = entity::job::Entity::find().one(world.db()).await.unwrap().unwrap();
        assert_eq!((row.state, row.attempts, row.last_error), (JobState::Running, 2, None));
        job::complete(&ctx, &heirs).await.unwrap();
        assert!(entity::job::Entity::find().one(world.db()).await.unwrap().is_none());
    }
}
