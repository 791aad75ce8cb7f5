//! Whether what must always hold does hold: every invariant as a query over the live database that returns the rows
//! which break it. Nothing is changed, nothing is repaired.
//!
//! An area contributes checks in a file of its own here. What SQL cannot say (the recomputation of totals and derived
//! statuses, the fate of events) is computed by the same pure functions that commands use.

mod check;
mod counting;
mod delivery;
mod discount;
mod drawer;
mod exchange;
mod flow;
mod message;
mod order;
mod order_change;
mod payment;
mod people;
mod pickup;
mod recompute;
mod record;
mod replenishment;
mod report;
mod returns;
mod shipping;
mod stock;
mod stored_value;
mod survey;
mod work;

use chrono::Utc;
use sea_orm::{ConnectionTrait, DatabaseBackend, TransactionTrait};

pub use check::{Check, Sql};
pub use report::{CheckResult, Finding, Report};

use crate::kernel::db::Db;
use crate::{Ctx, Permission, Result};

/// Every check that is one query, in the order of the report.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    let areas = [
        stock::CHECKS,
        replenishment::CHECKS,
        counting::CHECKS,
        order::CHECKS,
        discount::CHECKS,
        order_change::CHECKS,
        work::CHECKS,
        shipping::CHECKS,
        payment::CHECKS,
        stored_value::CHECKS,
        people::CHECKS,
        pickup::CHECKS,
        record::CHECKS,
        message::CHECKS,
        drawer::CHECKS,
        returns::CHECKS,
        exchange::CHECKS,
        survey::CHECKS,
        flow::CHECKS,
    ];
    areas.into_iter().flatten()
}

/// Checks every invariant. Each check is one snapshot, so writers may go on meanwhile. A check that the database
/// cannot answer is reported as such and counts as broken.
pub async fn run(db: &impl ConnectionTrait) -> Result<Report> {
    run_at(db, Utc::now()).await
}

/// Like [`run`], at a moment of an injected clock: what is overdue is judged by it.
pub async fn run_at(db: &impl ConnectionTrait, now: chrono::DateTime<Utc>) -> Result<Report> {
    let mut results = Vec::new();
    for check in checks() {
        results.push(check.run(db).await);
    }
    results.extend(recompute::run(db).await);
    results.push(delivery::run(db, now).await);
    results.push(message::run(db, now).await);
    results.sort_by_key(|result| result.invariant);
    Ok(Report { checked_at: now, results })
}

/// Checks every invariant for someone who may ask. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn audited(ctx: &Ctx) -> Result<Report> {
    ctx.require(Permission::AuditRun)?;
    run_at(&ctx.db(), ctx.now()).await
}

/// Like [`run_at`], in one read transaction that may take its time: for operations on large databases.
pub async fn run_patiently(db: &Db, now: chrono::DateTime<Utc>) -> Result<Report> {
    let transaction = db.reader().begin().await?;
    if db.backend() == DatabaseBackend::Postgres {
        transaction.execute_unprepared("SET LOCAL statement_timeout = '30min'").await?;
        transaction.execute_unprepared("SET TRANSACTION READ ONLY").await?;
    }
    let report = run_at(&transaction, now).await?;
    transaction.rollback().await?;
    Ok(report)
}
