//! Work outside transactions: a table in the same database, so that a job exists exactly when its cause does.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::JobId;
use entity::job;
use entity::words::JobState;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, Iterable, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use serde_json::Value;
use uuid::Uuid;

use super::batch::Batch;
use super::{Ctx, Error, Result, Tx};

/// How long a worker may keep a job before another takes it over.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);
/// Within this time of a claim nobody else can have the job, by far: not even where the clocks of two machines differ.
const SURE: TimeDelta = TimeDelta::seconds(5);
/// How often a job is tried before it is set aside.
const MAX_ATTEMPTS: i32 = 12;
/// The desk of all that has none of its own.
pub const WORK: &str = "work";

/// Work to enqueue.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Which handler runs it.
    pub kind: &'static str,
    /// Whose slots it takes.
    pub desk: &'static str,
    /// Input of the handler.
    pub payload: Value,
    /// Jobs of one subject run one at a time, oldest first.
    pub subject: Option<String>,
    /// Not before; at once when `None`.
    pub run_at: Option<DateTime<Utc>>,
    /// At most one waiting job per key; a second one is dropped.
    pub dedupe_key: Option<String>,
}

impl NewJob {
    /// A job to run at once.
    #[must_use]
    pub const fn new(kind: &'static str, payload: Value) -> Self {
        Self { kind, desk: WORK, payload, subject: None, run_at: None, dedupe_key: None }
    }

    /// With slots of its own kind, so that it keeps no other job waiting.
    #[must_use]
    pub const fn desk(mut self, desk: &'static str) -> Self {
        self.desk = desk;
        self
    }

    /// In order with the other jobs of this subject.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Not before.
    #[must_use]
    pub const fn run_at(mut self, at: DateTime<Utc>) -> Self {
        self.run_at = Some(at);
        self
    }

    /// At most one waiting job per key.
    #[must_use]
    pub fn dedupe_key(mut self, key: impl Into<String>) -> Self {
        self.dedupe_key = Some(key.into());
        self
    }
}

pub(crate) fn row(id: Uuid, now: DateTime<Utc>, job: NewJob) -> job::Model {
    job::Model {
        id: JobId(id),
        kind: job.kind.to_owned(),
        desk: job.desk.to_owned(),
        subject: job.subject,
        payload: job.payload,
        state: JobState::Queued,
        attempts: 0,
        max_attempts: MAX_ATTEMPTS,
        run_at: job.run_at.unwrap_or(now),
        lease_until: None,
        claimed_by: None,
        last_error: None,
        dedupe_key: job.dedupe_key,
        created_at: now,
    }
}

/// Adds jobs to what a transaction writes; of those with the same key that waits already, none.
pub(crate) fn insert(batch: &mut Batch, jobs: &[job::Model]) {
    for chunk in jobs.chunks(500) {
        let rows = chunk.iter().cloned().map(|job| job.into_active_model().reset_all());
        let mut insert = job::Entity::insert_many(rows).into_query();
        insert.on_conflict(OnConflict::column(job::Column::DedupeKey).do_nothing().to_owned());
        batch.write_many(insert, chunk.len() * job::Column::iter().count());
    }
}

/// Claims up to `limit` jobs of every desk that are due for `worker`, as [`claim_of`] does.
pub async fn claim(ctx: &Ctx, worker: &str, limit: u64) -> Result<Vec<job::Model>> {
    claim_of(ctx, worker, None, limit).await
}

/// Claims up to `limit` jobs of one desk that are due for `worker`, oldest first; of one subject only the oldest. Those
/// that another worker left behind come first. The two are asked for one after the other, so that each walks its index in
/// order (desk, state, run_at, id) and stops early: a claim costs the same whether ten or fifty thousand jobs wait, also
/// while a database knows nothing yet of a queue that has just grown.
pub async fn claim_of(ctx: &Ctx, worker: &str, desk: Option<&str>, limit: u64) -> Result<Vec<job::Model>> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let now = tx.now();
        let mut due = first(tx, left_behind(now).add_option(at(desk)), limit).await?;
        let found = u64::try_from(due.len()).unwrap_or(limit);
        if found < limit {
            due.extend(first(tx, waits(now).add_option(at(desk)), limit - found).await?);
        }
        if due.is_empty() {
            return Ok(due);
        }
        job::Entity::update_many()
            .col_expr(job::Column::State, Expr::value(JobState::Running))
            .col_expr(job::Column::Attempts, Expr::col(job::Column::Attempts).add(1))
            .col_expr(job::Column::LeaseUntil, Expr::value(now + LEASE))
            .col_expr(job::Column::ClaimedBy, Expr::value(worker))
            .filter(job::Column::Id.is_in(due.iter().map(|job| job.id)))
            .exec(tx)
            .await?;
        let claimed = due.into_iter().map(|job| job::Model {
            state: JobState::Running,
            attempts: job.attempts + 1,
            lease_until: Some(now + LEASE),
            claimed_by: Some(worker.to_owned()),
            ..job
        });
        Ok(claimed.collect())
    })
    .await
}

/// The first jobs of a kind of waiting that may run, locked.
async fn first(tx: &Tx, waiting: Condition, limit: u64) -> Result<Vec<job::Model>> {
    let jobs = job::Entity::find()
        .filter(waiting)
        .filter(is_first_of_its_subject())
        .order_by_asc(job::Column::RunAt)
        .order_by_asc(job::Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    Ok(jobs.all(tx).await?)
}

fn at(desk: Option<&str>) -> Option<Condition> {
    desk.map(|desk| Condition::all().add(job::Column::Desk.eq(desk)))
}

/// Jobs whose time has come.
fn waits(now: DateTime<Utc>) -> Condition {
    Condition::all().add(job::Column::State.eq(JobState::Queued)).add(job::Column::RunAt.lte(now))
}

/// Jobs of workers that died.
fn left_behind(now: DateTime<Utc>) -> Condition {
    Condition::all().add(job::Column::State.eq(JobState::Running)).add(job::Column::LeaseUntil.lt(now))
}

/// The job, as long as whoever claimed it has it: every claim counts up, so that a worker which stood still for longer
/// than its lease finds nothing here and unsettles nothing of its heir's.
fn held(job: &job::Model) -> Condition {
    Condition::all()
        .add(job::Column::Id.eq(job.id))
        .add(job::Column::State.eq(JobState::Running))
        .add(job::Column::Attempts.eq(job.attempts))
        .add(job::Column::ClaimedBy.eq(job.claimed_by.as_deref().unwrap_or_default()))
}

/// What the number of rows says that [`held`] found.
const fn still_held(rows: u64) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::LeaseLost) }
}

/// No older job of the same subject is waiting or running; a dead one blocks nobody.
fn is_first_of_its_subject() -> Condition {
    let older = sea_orm::sea_query::Alias::new("older");
    let column = |column: job::Column| Expr::col((older.clone(), column));
    let blocker = Query::select()
        .expr(Expr::val(1))
        .from_as(job::Entity, older.clone())
        .and_where(column(job::Column::Subject).equals((job::Entity, job::Column::Subject)))
        .and_where(column(job::Column::State).ne(JobState::Dead))
        .and_where(column(job::Column::Id).lt(Expr::col((job::Entity, job::Column::Id))))
        .to_owned();
    Condition::any().add(job::Column::Subject.is_null()).add(Expr::exists(blocker).not())
}

/// The job is done: its row goes. Error: [`Error::LeaseLost`].
pub async fn complete(ctx: &Ctx, job: &job::Model) -> Result<()> {
    ctx.write(|tx| async move { completed(&tx, job).await }).await
}

/// The same, together with what the job did.
pub(crate) async fn completed(tx: &Tx, job: &job::Model) -> Result<()> {
    let gone = job::Entity::delete_many().filter(held(job)).exec(tx).await?;
    still_held(gone.rows_affected)
}

/// The job failed: it runs again at `retry_at`, or is set aside when `None` or tried too often.
/// `error` must hold no personal data. Error: [`Error::LeaseLost`].
pub async fn fail(ctx: &Ctx, job: &job::Model, error: &str, retry_at: Option<DateTime<Utc>>) -> Result<JobState> {
    ctx.write(|tx| async move { failed(&tx, job, error, retry_at).await }).await
}

/// The same of a job that gives up its place in the line of its subject: what stands behind it goes on at once, however
/// long it takes until this one works.
pub async fn fail_and_stand_aside(
    ctx: &Ctx,
    job: &job::Model,
    error: &str,
    retry_at: Option<DateTime<Utc>>,
) -> Result<JobState> {
    ctx.write(|tx| async move { end_try(&tx, job, error, retry_at, Place::GivenUp).await }).await
}

/// What becomes of the place in the line of its subject when a job failed.
#[derive(Debug, Clone, Copy)]
enum Place {
    Kept,
    GivenUp,
}

/// The job failed, together with what follows from it; it keeps its place.
pub(crate) async fn failed(
    tx: &Tx,
    job: &job::Model,
    error: &str,
    retry_at: Option<DateTime<Utc>>,
) -> Result<JobState> {
    end_try(tx, job, error, retry_at, Place::Kept).await
}

async fn end_try(
    tx: &Tx,
    job: &job::Model,
    error: &str,
    retry_at: Option<DateTime<Utc>>,
    place: Place,
) -> Result<JobState> {
    let retry_at = retry_at.filter(|_| job.attempts < job.max_attempts);
    let state = if retry_at.is_some() { JobState::Queued } else { JobState::Dead };
    let settled = job::Entity::update_many()
        .col_expr(job::Column::State, Expr::value(state))
        .col_expr(job::Column::RunAt, Expr::value(retry_at.unwrap_or(job.run_at)))
        .col_expr(job::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(job::Column::LastError, Expr::value(error))
        .filter(held(job));
    let settled = match place {
        Place::Kept => settled,
        Place::GivenUp => settled.col_expr(job::Column::Subject, Expr::value(Option::<String>::None)),
    };
    let settled = settled.exec(tx).await?;
    still_held(settled.rows_affected).map(|()| state)
}

/// The job must not run before `run_at`, which is no failure: the try does not count. Together with what says so.
pub(crate) async fn postponed(tx: &Tx, job: &job::Model, run_at: DateTime<Utc>) -> Result<()> {
    let settled = job::Entity::update_many()
        .col_expr(job::Column::State, Expr::value(JobState::Queued))
        .col_expr(job::Column::Attempts, Expr::value(Ord::max(job.attempts - 1, 0)))
        .col_expr(job::Column::RunAt, Expr::value(run_at))
        .col_expr(job::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(held(job))
        .exec(tx)
        .await?;
    still_held(settled.rows_affected)
}

/// The worker still runs the job: no other may take it over for another [`LEASE`].
/// Returns `false` when another already did.
pub async fn renew(ctx: &Ctx, job: &job::Model) -> Result<bool> {
    ctx.write(|tx| async move {
        let renewed = job::Entity::update_many()
            .col_expr(job::Column::LeaseUntil, Expr::value(tx.now() + LEASE))
            .filter(held(job))
            .exec(&tx)
            .await?;
        Ok(renewed.rows_affected == 1)
    })
    .await
}

/// Whether the worker still has a job that it is about to do something with that cannot be taken back. Just after the claim
/// it has, and the database has just taken a write; later it is renewed.
pub(crate) async fn still_has(ctx: &Ctx, job: &job::Model) -> Result<bool> {
    let since = job.lease_until.map(|until| until - LEASE);
    if since.is_some_and(|since| ctx.now() < since + SURE) {
        return Ok(true);
    }
    renew(ctx, job).await
}

/// A job of a schedule ended: its row stays and waits for `run_at`, so that all processes together run it once. Error:
/// [`Error::LeaseLost`].
pub async fn reschedule(ctx: &Ctx, job: &job::Model, run_at: DateTime<Utc>, error: Option<&str>) -> Result<()> {
    ctx.write(|tx| async move {
        let settled = job::Entity::update_many()
            .col_expr(job::Column::State, Expr::value(JobState::Queued))
            .col_expr(job::Column::Attempts, Expr::value(0))
            .col_expr(job::Column::RunAt, Expr::value(run_at))
            .col_expr(job::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
            .col_expr(job::Column::LastError, Expr::value(error))
            .filter(held(job))
            .exec(&tx)
            .await?;
        still_held(settled.rows_affected)
    })
    .await
}

/// Whether any job is due; a plain read, so that an idle worker keeps nobody from writing.
pub async fn any_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool> {
    any_due_of(db, None, now).await
}

/// The same for one desk. Two statements, as in [`claim_of`]: of the two conditions in one SQLite would use the desk alone
/// of the index, and walk past all that wait for later.
pub async fn any_due_of(db: &impl ConnectionTrait, desk: Option<&str>, now: DateTime<Utc>) -> Result<bool> {
    for waiting in [waits(now), left_behind(now)] {
        let due = waiting.add_option(at(desk));
        let due = job::Entity::find().select_only().column(job::Column::Id).filter(due).limit(1);
        if due.into_tuple::<JobId>().one(db).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// When a job that failed for the `attempts`-th time runs again: 5 s, 30 s, 1 min, 5 min, 30 min, then every 2 h.
#[must_use]
pub fn back_off(attempts: i32) -> TimeDelta {
    match attempts {
        ..=1 => TimeDelta::seconds(5),
        2 => TimeDelta::seconds(30),
        3 => TimeDelta::minutes(1),
        4 => TimeDelta::minutes(5),
        5 => TimeDelta::minutes(30),
        _ => TimeDelta::hours(2),
    }
}
