//! Runs jobs beside HTTP: several at a time, each under a lease, until the process stops.
//!
//! What a job does, and how many of which kinds run at once, is decided in `domain::jobs`. Here is only how: claiming when
//! a slot is free, renewing leases, surviving panics, counting, and ending what was begun.

mod polite;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::Ctx;
use domain::jobs::{self, Abandoned, Adapters, DESKS, Desk, Ran, Schedule};
use domain::kernel::ctx::Services;
use domain::kernel::job::{self, LEASE};
use domain::messaging::request::SEND_CODE_JOB;
use entity::job::Model as Job;
use futures::FutureExt as _;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::polite::Polite;
use crate::traffic::Traffic;

/// How often to look for jobs of other processes and for ones whose time has come. Jobs of this process ring a bell.
const LOOK: Duration = Duration::from_millis(400);
/// How long to leave a database alone that does not answer.
const PAUSE: Duration = Duration::from_secs(2);
/// A job that runs longer is given up for this time; its next try may go better. Those that send know themselves when they
/// began, which is when their turn came.
const LONGEST: Duration = Duration::from_secs(600);

/// Runs jobs of one process.
#[derive(Debug, Clone)]
pub struct Worker {
    services: Arc<Services>,
    adapters: Adapters,
    name: Arc<str>,
    traffic: Traffic,
}

impl Worker {
    /// A worker with a name of its own.
    #[must_use]
    pub fn new(services: Arc<Services>, adapters: Adapters) -> Self {
        let name = format!("worker-{}-{}", std::process::id(), services.random.readable_code(6));
        Self { services, adapters, name: name.into(), traffic: Traffic::default() }
    }

    /// The same, letting the requests of its process pass before it begins anything.
    #[must_use]
    pub fn beside(self, traffic: Traffic) -> Self {
        Self { traffic, ..self }
    }

    /// Runs jobs until `stop` is canceled, then ends those that run. Of those that wait for their turn to send none begins.
    pub async fn run(self, stop: CancellationToken) {
        let mail = Polite { inner: Arc::clone(&self.adapters.mail), stop: stop.clone(), traffic: self.traffic.clone() };
        let worker = Self { adapters: Adapters { mail: Arc::new(mail) }, ..self };
        let mut serving = JoinSet::new();
        let mut bells = HashMap::new();
        for desk in DESKS {
            let bell = Arc::new(Notify::new());
            bells.insert(desk.name, Arc::clone(&bell));
            serving.spawn(Box::pin(worker.clone().keep_serving(desk, bell, stop.clone())));
        }
        worker.attend(&bells, &stop).await;
        while serving.join_next().await.is_some() {}
    }

    /// Puts the schedules in place, and tells the desks for which this process has committed jobs.
    async fn attend(&self, bells: &HashMap<&str, Arc<Notify>>, stop: &CancellationToken) {
        let ctx = Ctx::system(Arc::clone(&self.services), &self.name).in_background();
        let mut planted = false;
        while !stop.is_cancelled() {
            if !planted {
                planted = Schedule::plant(&ctx).await.is_ok();
            }
            tokio::select! {
                () = stop.cancelled() => {}
                rung = self.services.db.job_bell().rung() => {
                    rung.iter().filter_map(|desk| bells.get(desk.as_str())).for_each(|bell| bell.notify_one());
                }
                () = tokio::time::sleep(PAUSE), if !planted => {}
            }
        }
    }

    /// Serves one desk until the stop: one that breaks down starts anew, and what it had begun goes on.
    async fn keep_serving(self, desk: &'static Desk, bell: Arc<Notify>, stop: CancellationToken) {
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            let serving = Box::pin(self.serve(desk, &bell, &stop, &mut running));
            if AssertUnwindSafe(serving).catch_unwind().await.is_err() {
                tracing::error!(desk = desk.name, "a desk panicked and starts anew");
                tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(PAUSE) => {} }
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Runs the jobs of one desk.
    async fn serve(&self, desk: &Desk, bell: &Notify, stop: &CancellationToken, running: &mut JoinSet<()>) {
        let ctx = Ctx::system(Arc::clone(&self.services), &self.name).in_background();
        while !stop.is_cancelled() {
            while running.try_join_next().is_some() {}
            match self.claim(&ctx, desk, desk.wants(running.len())).await {
                Ok(claimed) => {
                    for job in claimed {
                        running.spawn(Box::pin(self.clone().work(job)));
                    }
                    let is_full = desk.wants(running.len()) == 0;
                    tokio::select! {
                        () = stop.cancelled() => {}
                        Some(_) = running.join_next(), if !running.is_empty() => {}
                        () = bell.notified(), if !is_full => {}
                        () = tokio::time::sleep(LOOK) => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "no jobs can be claimed");
                    tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(PAUSE) => {} }
                }
            }
        }
    }

    async fn claim(&self, ctx: &Ctx, desk: &Desk, free: usize) -> domain::Result<Vec<Job>> {
        if free == 0 || !desk.is_open(ctx) || !job::any_due_of(&ctx.db(), Some(desk.name), ctx.now()).await? {
            return Ok(Vec::new());
        }
        job::claim_of(ctx, &self.name, Some(desk.name), u64::try_from(free).unwrap_or(1)).await
    }

    /// Runs one job and counts how it ended.
    async fn work(self, job: Job) {
        let ctx = Ctx::system(Arc::clone(&self.services), &job.id.to_string());
        // Somebody sits before a form and waits for a code.
        let ctx = if job.desk == SEND_CODE_JOB { ctx } else { ctx.in_background() };
        // Those that send let pass when their turn has come.
        if !jobs::sends(&job) {
            self.traffic.let_pass().await;
        }
        let started = Instant::now();
        let outcome = match self.supervised(&ctx, &job).await {
            Ok(Ran::Done) => "done",
            Ok(Ran::Again) => {
                tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, "a job failed and will be tried again");
                "again"
            }
            Ok(Ran::Dead) => {
                tracing::error!(job = %job.id, kind = job.kind, attempts = job.attempts, "a job was set aside");
                "dead"
            }
            Err(error) => {
                tracing::error!(job = %job.id, kind = job.kind, %error, "a job could not be settled; its lease runs out");
                "unsettled"
            }
        };
        let kind = job.kind;
        metrics::counter!("hitotsu_jobs_total", "kind" => kind.clone(), "outcome" => outcome).increment(1);
        metrics::histogram!("hitotsu_job_seconds", "kind" => kind).record(started.elapsed().as_secs_f64());
    }

    /// Runs a job, keeps its lease, and takes a panic or an endless run for a failure.
    async fn supervised(&self, ctx: &Ctx, job: &Job) -> domain::Result<Ran> {
        let work = Box::pin(AssertUnwindSafe(jobs::run(ctx, &self.adapters, job)).catch_unwind());
        let why = tokio::select! {
            result = work => match result {
                Ok(settled) => return settled,
                Err(_) => Abandoned::Panicked,
            },
            // Another worker has it now and will settle it.
            () = Self::keep_lease(ctx, job) => return Ok(Ran::Again),
            () = tokio::time::sleep(LONGEST), if !jobs::sends(job) => Abandoned::TookTooLong,
        };
        jobs::abandon(ctx, job, why).await
    }

    /// Renews the lease three times per its length; returns when another worker took the job over.
    async fn keep_lease(ctx: &Ctx, job: &Job) {
        let third = Duration::from_secs(u64::try_from(LEASE.num_seconds() / 3).unwrap_or(20));
        loop {
            tokio::time::sleep(third).await;
            match job::renew(ctx, job).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(job = %job.id, %error, "a lease could not be renewed"),
            }
        }
    }
}
