//! Work outside transactions: who gets which job, and when.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::Ctx;
use domain::kernel::job::{self, NewJob, back_off};
use entity::id::JobId;
use entity::words::JobState;
use sea_orm::EntityTrait;
use serde_json::json;
use support::{World, both_databases, race};

async fn enqueue(ctx: &Ctx, jobs: Vec<NewJob>) {
    ctx.write(|tx| {
        let jobs = jobs.clone();
        async move {
            jobs.into_iter().for_each(|job| tx.enqueue(job));
            Ok(())
        }
    })
    .await
    .unwrap();
}

fn numbered(number: usize) -> NewJob {
    NewJob::new("test", json!({ "number": number }))
}

async fn clear(world: &World) {
    entity::job::Entity::delete_many().exec(world.db()).await.unwrap();
}

both_databases! {
    /// Many workers at once: every job goes to exactly one.
    async fn no_job_is_claimed_twice(world: World) {
        enqueue(&world.ctx(), (0..40).map(numbered).collect()).await;
        let ctx = world.ctx();
        let claims = race(8, |worker| {
            let ctx = ctx.clone();
            async move {
                let mut mine = Vec::new();
                loop {
                    let claimed = job::claim(&ctx, &format!("worker-{worker}"), 3).await.unwrap();
                    if claimed.is_empty() {
                        return mine;
                    }
                    mine.extend(claimed.into_iter().map(|job| job.id));
                }
            }
        })
        .await;
        let all: Vec<JobId> = claims.into_iter().flatten().collect();
        assert_eq!(all.len(), 40);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 40);
        clear(&world).await;
    }

    /// Jobs of one subject run one at a time and oldest first; other subjects do not wait.
    async fn one_subject_runs_in_order(world: World) {
        let ctx = world.ctx();
        for number in 0..3 {
            enqueue(&ctx, vec![numbered(number).subject("order:1")]).await;
        }
        enqueue(&ctx, vec![numbered(9).subject("order:2")]).await;
        let claim = async || job::claim(&ctx, "worker", 10).await.unwrap();
        let number = |job: &entity::job::Model| job.payload["number"].as_u64().unwrap();
        let first = claim().await;
        assert_eq!(first.iter().map(number).collect::<BTreeSet<_>>(), BTreeSet::from([0, 9]));
        assert!(claim().await.is_empty(), "the first of the subject still runs");
        for (expected, done) in [(1, first.iter().find(|job| number(job) == 0).unwrap())] {
            job::complete(&ctx, done).await.unwrap();
            let next = claim().await;
            assert_eq!(next.iter().map(number).collect::<Vec<_>>(), [expected]);
        }
        clear(&world).await;
    }

    /// A dead job of a subject blocks nobody.
    async fn dead_job_does_not_block_its_subject(world: World) {
        let ctx = world.ctx();
        enqueue(&ctx, vec![numbered(0).subject("s")]).await;
        enqueue(&ctx, vec![numbered(1).subject("s")]).await;
        let first = job::claim(&ctx, "worker", 10).await.unwrap();
        assert_eq!(first.len(), 1);
        assert_eq!(job::fail(&ctx, &first[0], "poison", None).await.unwrap(), JobState::Dead);
        let second = job::claim(&ctx, "worker", 10).await.unwrap();
        assert_eq!(second.iter().map(|job| job.payload["number"].as_u64()).collect::<Vec<_>>(), [Some(1)]);
        clear(&world).await;
    }

    /// A job that failed and stands aside lets those behind it pass; one that keeps its place does not.
    async fn who_stands_aside_holds_up_nobody(world: World) {
        let ctx = world.ctx();
        for number in 0..4 {
            enqueue(&ctx, vec![numbered(number).subject(if number < 2 { "aside" } else { "kept" })]).await;
        }
        let claim = async || job::claim(&ctx, "worker", 10).await.unwrap();
        let number = |job: &entity::job::Model| job.payload["number"].as_u64().unwrap();
        let numbers = |jobs: &[entity::job::Model]| jobs.iter().map(number).collect::<BTreeSet<_>>();
        let first = claim().await;
        assert_eq!(numbers(&first), BTreeSet::from([0, 2]));
        let later = Some(world.now() + TimeDelta::hours(2));
        for failed in &first {
            let ended = match number(failed) {
                0 => job::fail_and_stand_aside(&ctx, failed, "poison", later).await,
                _ => job::fail(&ctx, failed, "451", later).await,
            };
            assert_eq!(ended.unwrap(), JobState::Queued);
        }
        let next = claim().await;
        assert_eq!(numbers(&next), BTreeSet::from([1]));
        job::complete(&ctx, &next[0]).await.unwrap();
        world.advance(TimeDelta::hours(2));
        let mut again = claim().await;
        assert_eq!(numbers(&again), BTreeSet::from([0, 2]), "the last one waits for the one before it");
        again.sort_by_key(number);
        let places: Vec<_> = again.iter().map(|job| (job.subject.as_deref(), job.attempts)).collect();
        assert_eq!(places, [(None, 2), (Some("kept"), 2)]);
        clear(&world).await;
    }

    /// A job for later is not claimed before its time.
    async fn job_waits_for_its_time(world: World) {
        let ctx = world.ctx();
        enqueue(&ctx, vec![numbered(0).run_at(world.now() + TimeDelta::minutes(5))]).await;
        assert!(job::claim(&ctx, "worker", 1).await.unwrap().is_empty());
        assert!(!job::any_due(&ctx.db(), world.now()).await.unwrap());
        world.advance(TimeDelta::minutes(5));
        assert!(job::any_due(&ctx.db(), world.now()).await.unwrap());
        assert_eq!(job::claim(&ctx, "worker", 1).await.unwrap().len(), 1);
        clear(&world).await;
    }

    /// A second job with the key of a waiting one is dropped, its transaction is not.
    async fn dedupe_key_keeps_one_waiting_job(world: World) {
        let ctx = world.ctx();
        enqueue(&ctx, vec![numbered(0).dedupe_key("k")]).await;
        enqueue(&ctx, vec![numbered(1).dedupe_key("k"), numbered(2)]).await;
        let claimed = job::claim(&ctx, "worker", 10).await.unwrap();
        let numbers: BTreeSet<_> = claimed.iter().filter_map(|job| job.payload["number"].as_u64()).collect();
        assert_eq!(numbers, BTreeSet::from([0, 2]));
        for job in claimed {
            job::complete(&ctx, &job).await.unwrap();
        }
        enqueue(&ctx, vec![numbered(3).dedupe_key("k")]).await;
        assert_eq!(job::claim(&ctx, "worker", 10).await.unwrap().len(), 1, "the key is free again");
        clear(&world).await;
    }

    /// A job that fails waits longer each time and is set aside after its last try.
    async fn failing_job_backs_off_and_dies(world: World) {
        let ctx = world.ctx();
        enqueue(&ctx, vec![numbered(0)]).await;
        let mut tries = 0;
        loop {
            let claimed = job::claim(&ctx, "worker", 1).await.unwrap();
            let job = &claimed[0];
            tries += 1;
            assert_eq!(job.attempts, tries);
            let retry_at = world.now() + back_off(job.attempts);
            if job::fail(&ctx, job, "451", Some(retry_at)).await.unwrap() == JobState::Dead {
                break;
            }
            assert!(job::claim(&ctx, "worker", 1).await.unwrap().is_empty(), "waits after try {tries}");
            world.advance(back_off(job.attempts));
        }
        let row = entity::job::Entity::find().one(world.db()).await.unwrap().unwrap();
        assert_eq!((tries, row.state, row.last_error.as_deref()), (12, JobState::Dead, Some("451")));
        world.advance(TimeDelta::days(30));
        assert!(job::claim(&ctx, "worker", 1).await.unwrap().is_empty(), "the dead stay dead");
        clear(&world).await;
    }
}
