//! Every placed order reached its handlers, or a job is still going to bring it there.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::event;
use entity::id::EventId;
use entity::words::JobState;
use entity::{event_delivery, job};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;

use super::report::{CheckResult, Finding, MAX_FINDINGS};
use crate::Result;
use crate::kernel::event::DISPATCH_JOB;

/// How long handlers may take before an event without a trace is suspicious.
const GRACE: TimeDelta = TimeDelta::minutes(5);
/// Most events and jobs that are looked through; more are a finding of their own.
const MOST: u64 = 10_000;

#[derive(Deserialize)]
struct Dispatch {
    events: Vec<EventId>,
}

pub(super) async fn run(db: &impl ConnectionTrait, now: DateTime<Utc>) -> CheckResult {
    let rule = "every placed order was handed to its handlers within minutes, or a job is queued that will";
    CheckResult::new(("order_placed_delivered", 10, rule), find(db, now).await)
}

async fn find(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    let delivered = Query::select()
        .expr(Expr::val(1))
        .from(event_delivery::Entity)
        .and_where(
            Expr::col((event_delivery::Entity, event_delivery::Column::EventId))
                .equals((event::Entity, event::Column::Id)),
        )
        .to_owned();
    let pending: Vec<EventId> = event::Entity::find()
        .select_only()
        .column(event::Column::Id)
        .filter(event::Column::Kind.eq("order_placed"))
        .filter(event::Column::OccurredAt.lt(now - GRACE))
        .filter(Expr::exists(delivered).not())
        .order_by_asc(event::Column::Id)
        .limit(MOST)
        .into_tuple()
        .all(db)
        .await?;
    if pending.is_empty() {
        return Ok(Vec::new());
    }
    let queued = queued(db).await?;
    Ok(pending
        .into_iter()
        .filter(|id| !queued.contains(id))
        .take(MAX_FINDINGS + 1)
        .map(|id| Finding { subject: id.to_string(), detail: "order_placed: neither delivered nor queued".to_owned() })
        .collect())
}

/// Events that a waiting or running job will bring to their handlers.
async fn queued(db: &impl ConnectionTrait) -> Result<BTreeSet<EventId>> {
    let payloads: Vec<serde_json::Value> = job::Entity::find()
        .select_only()
        .column(job::Column::Payload)
        .filter(job::Column::Kind.eq(DISPATCH_JOB))
        .filter(job::Column::State.ne(JobState::Dead))
        .into_tuple()
        .all(db)
        .await?;
    let read = |payload| serde_json::from_value::<Dispatch>(payload).ok();
    Ok(payloads.into_iter().filter_map(read).flat_map(|dispatch| dispatch.events).collect())
}
