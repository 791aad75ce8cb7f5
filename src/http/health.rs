//! What operations ask: alive, ready, which version.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use migration::MigratorTrait as _;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use serde_json::json;

use super::State;

/// Longest that a readiness check may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process answers. Touches nothing that could be exhausted.
pub(crate) async fn alive() -> HttpResponse {
    no_store(HttpResponse::Ok()).json(json!({ "status": "ok" }))
}

/// Which build this is.
pub(crate) async fn version() -> HttpResponse {
    no_store(HttpResponse::Ok()).json(json!({ "name": "hitotsu", "version": env!("CARGO_PKG_VERSION") }))
}

/// Whether requests can be served: the database answers in time, its tables are those of
/// this build, and what buyers' first requests would wait for is read. The lag of the
/// queue is told, but does not make a server unready: taking it out of service would only make the lag longer.
pub(crate) async fn ready(state: web::Data<State>) -> HttpResponse {
    let checks = tokio::time::timeout(PATIENCE, check(&state)).await;
    let (database, pending, lag) = match checks {
        Ok(Ok(checks)) => ("ok", Some(checks.pending), Some(checks.queue)),
        Ok(Err(_)) => ("failed", None, None),
        Err(_) => ("timed out", None, None),
    };
    let stopping = state.stop.is_cancelled();
    // A small shop is warm at once; who asks in that moment need not ask again.
    let warm = tokio::time::timeout(PATIENCE, state.warm.cancelled()).await.is_ok();
    let is_ready = pending.as_ref().is_some_and(Vec::is_empty) && !stopping && warm;
    let mut response = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    no_store(response.take()).json(json!({
        "status": if is_ready { "ready" } else { "unready" },
        "stopping": stopping,
        "warm": warm,
        "database": database,
        "pendingMigrations": pending,
        "queueLagSeconds": lag.as_ref().map(|queue| queue.lag_seconds),
        "deadJobs": lag.as_ref().map(|queue| queue.dead),
    }))
}

fn no_store(mut response: actix_web::HttpResponseBuilder) -> actix_web::HttpResponseBuilder {
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response
}

struct Checks {
    pending: Vec<String>,
    queue: Queue,
}

async fn check(state: &State) -> Result<Checks, DbErr> {
    let db = state.services.db.reader();
    let pending = pending_migrations(db).await?;
    let queue = if pending.is_empty() { Queue::read(db, state.services.clock.now()).await? } else { Queue::default() };
    Ok(Checks { pending, queue })
}

/// Names of migrations that this build knows and the database has not had. Reads only, unlike the migrator's own way.
/// Errors: the database does not answer.
pub async fn pending_migrations(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let backend = db.get_database_backend();
    let sql = if backend == sea_orm::DatabaseBackend::Postgres {
        "SELECT to_regclass('seaql_migrations') IS NOT NULL AS found"
    } else {
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'seaql_migrations') AS found"
    };
    let found = match db.query_one_raw(Statement::from_string(backend, sql)).await? {
        Some(row) => row.try_get::<bool>("", "found")?,
        None => false,
    };
    let applied: Vec<String> = if found {
        let rows = db.query_all_raw(Statement::from_string(backend, "SELECT version FROM seaql_migrations")).await?;
        rows.iter().map(|row| row.try_get("", "version")).collect::<Result<_, _>>()?
    } else {
        Vec::new()
    };
    let known = migration::Migrator::migrations().into_iter().map(|migration| migration.name().to_owned());
    Ok(known.filter(|name| !applied.contains(name)).collect())
}

/// How far the worker is behind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Queue {
    /// Jobs that wait or run.
    pub waiting: i64,
    /// Jobs that were set aside.
    pub dead: i64,
    /// How long the oldest due job has waited, in seconds.
    pub lag_seconds: i64,
}

/// A desk whose oldest due job waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// Its name.
    pub desk: String,
    /// Jobs that wait there, also for later.
    pub waiting: i64,
    /// How long the oldest due one has waited, in seconds.
    pub lag_seconds: i64,
}

#[derive(FromQueryResult)]
struct OfDesk {
    desk: String,
    waiting: i64,
    oldest: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct Row {
    waiting: i64,
    dead: i64,
    oldest: Option<DateTime<Utc>>,
}

impl Queue {
    /// Reads it in one statement. Errors: the database does not answer.
    pub async fn read(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Self, DbErr> {
        let sql = "SELECT (SELECT COUNT(*) FROM job WHERE state <> 'DEAD') AS waiting, \
                   (SELECT COUNT(*) FROM job WHERE state = 'DEAD') AS dead, \
                   (SELECT MIN(run_at) FROM job WHERE state = 'QUEUED') AS oldest";
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let Some(row) = Row::find_by_statement(statement).one(db).await? else { return Ok(Self::default()) };
        let lag_seconds = row.oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0));
        Ok(Self { waiting: row.waiting, dead: row.dead, lag_seconds })
    }

    /// The desks that are behind by more than so many seconds, by name. Errors: the database does not answer.
    pub async fn behind(db: &impl ConnectionTrait, now: DateTime<Utc>, seconds: i64) -> Result<Vec<Behind>, DbErr> {
        let sql = "SELECT desk, COUNT(*) AS waiting, MIN(run_at) AS oldest FROM job WHERE state = 'QUEUED' \
                   GROUP BY desk ORDER BY desk";
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let desks = OfDesk::find_by_statement(statement).all(db).await?.into_iter().map(|row| Behind {
            desk: row.desk,
            waiting: row.waiting,
            lag_seconds: row.oldest.map_or(0, |oldest| (now - oldest).num_seconds()),
        });
        Ok(desks.filter(|desk| desk.lag_seconds > seconds).collect())
    }
}
