//! A worker that dies loses its jobs to another; one that lives keeps them.

use chrono::TimeDelta;
use domain::kernel::job::{self, LEASE, NewJob};
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
        assert!(job::renew(&ctx, &mine, "first").await.unwrap());
        world.advance(TimeDelta::seconds(50));
        assert!(job::claim(&ctx, "second", 1).await.unwrap().is_empty());
        world.advance(TimeDelta::seconds(11));
        assert_eq!(job::claim(&ctx, "second", 1).await.unwrap().len(), 1);
        assert!(!job::renew(&ctx, &mine, "first").await.unwrap());
        entity::job::Entity::delete_many().exec(world.db()).await.unwrap();
    }
}
