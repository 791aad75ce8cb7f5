//! What flows do by the clock: runs whose time has come go on, and days that came begin new ones.
//!
//! Runs are claimed in batches, skipping those another worker holds, and each goes on in a transaction of its own: one
//! whose definition or template is broken is set aside alone.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{FlowId, FlowRunId, FlowStepId, FlowVersionId};
use entity::words::{FlowRunStatus, FlowStatus, FlowStepOutcome};
use entity::{flow, flow_run, flow_step, flow_version};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::due::{self, Window};
use super::start::{self, Working};
use super::{occasion, parse, run, stop};
use crate::kernel::job::NewJob;
use crate::kernel::{Ctx, Error, ErrorCode, Result};

pub use super::start::ADVANCE_JOB;

/// Runs claimed in one go.
const BATCH: u64 = 50;
/// A worker that died leaves its runs to others after so long.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// Days that passed while nothing ran are made up for as long; older ones are over.
const CATCH_UP: TimeDelta = TimeDelta::days(3);
/// Pages of one flow in one go.
const PAGES: usize = 200;
/// Kinds of triggers that are looked at by the clock.
const BY_CLOCK: [&str; 6] = ["BIRTHDAY", "ANNIVERSARY", "WIN_BACK", "CART_LEFT", "ENGAGED", "BACK_IN_STOCK"];

/// Takes every run further that is due; returns how many.
pub async fn attend_due(ctx: &Ctx) -> Result<u64> {
    let mut moved = 0;
    loop {
        let claimed = claim(ctx).await?;
        if claimed.is_empty() {
            return Ok(moved);
        }
        let flows = flows_of(ctx, &claimed).await?;
        for one in &claimed {
            if go_on(ctx, one, &flows).await? {
                moved += 1;
            }
        }
    }
}

/// Claims runs that are due, of flows that work.
async fn claim(ctx: &Ctx) -> Result<Vec<flow_run::Model>> {
    ctx.write(|tx| async move {
        let on = Query::select()
            .column(flow::Column::Id)
            .from(flow::Entity)
            .and_where(Expr::col(flow::Column::Status).eq(FlowStatus::On))
            .to_owned();
        let due = flow_run::Entity::find()
            .filter(flow_run::Column::Status.eq(FlowRunStatus::Waiting))
            .filter(flow_run::Column::WakeAt.lte(tx.now()))
            .filter(flow_run::Column::FlowId.in_subquery(on))
            .order_by_asc(flow_run::Column::WakeAt)
            .order_by_asc(flow_run::Column::Id)
            .limit(BATCH)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(&tx)
            .await?;
        if !due.is_empty() {
            flow_run::Entity::update_many()
                .col_expr(flow_run::Column::WakeAt, Expr::value(tx.now() + LEASE))
                .filter(flow_run::Column::Id.is_in(due.iter().map(|run| run.id)))
                .exec(&tx)
                .await?;
        }
        Ok(due)
    })
    .await
}

type Flows = HashMap<FlowVersionId, (flow::Model, Result<super::Definition>)>;

/// What the claimed runs do, in one statement.
async fn flows_of(ctx: &Ctx, runs: &[flow_run::Model]) -> Result<Flows> {
    let rows = flow_version::Entity::find()
        .find_also_related(flow::Entity)
        .filter(flow_version::Column::Id.is_in(runs.iter().map(|run| run.flow_version_id)))
        .all(&ctx.db())
        .await?;
    let read = |(version, flow): (flow_version::Model, Option<flow::Model>)| {
        Some((version.id, (flow?, parse::stored(&version.definition))))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Takes one claimed run further, or sets it aside. `false` when it changed since it was claimed.
async fn go_on(ctx: &Ctx, claimed: &flow_run::Model, flows: &Flows) -> Result<bool> {
    let moved = match flows.get(&claimed.flow_version_id) {
        Some((flow, Ok(definition))) => {
            ctx.write(|tx| async move {
                let found = flow_run::Entity::find_by_id(claimed.id).lock_exclusive().one(&tx).await?;
                let same =
                    |run: &flow_run::Model| run.status == FlowRunStatus::Waiting && run.version == claimed.version;
                match found.filter(same) {
                    Some(found) => Box::pin(run::advance(&tx, flow, definition, found)).await.map(|_| true),
                    None => Ok(false),
                }
            })
            .await
        }
        Some((_, Err(error))) => Err(error.clone()),
        None => Err(Error::not_found("flow")),
    };
    match moved {
        // The lease runs out, and another try may go better: a lost connection says nothing about the run.
        Err(error @ (Error::Db(_) | Error::Conflict(_))) => {
            tracing::warn!(run = %claimed.id, flow = %claimed.flow_id, %error, "a run of a flow is tried again later");
            Ok(false)
        }
        Err(error) => {
            tracing::error!(run = %claimed.id, flow = %claimed.flow_id, %error, "a run of a flow is set aside");
            set_aside(ctx, claimed.id, &claimed.step, error.code()).await?;
            Ok(false)
        }
        Ok(moved) => Ok(moved),
    }
}

async fn set_aside(ctx: &Ctx, id: FlowRunId, step: &str, code: ErrorCode) -> Result<()> {
    ctx.write(|tx| async move {
        let found = flow_run::Entity::find_by_id(id).lock_exclusive().one(&tx).await?;
        let Some(mut run) = found.filter(|run| run.status == FlowRunStatus::Waiting) else { return Ok(()) };
        let reason = format!("FAILED_{code}");
        let record = flow_step::Model {
            id: FlowStepId(tx.new_uuid()),
            flow_run_id: id,
            step: step.to_owned(),
            outcome: FlowStepOutcome::Failed,
            reason: Some(reason.clone()),
            message_id: None,
            occurred_at: tx.now(),
        };
        tx.insert_last(&[record]);
        stop::withhold_of_run(&tx, &reason, id).await?;
        run.status = FlowRunStatus::Stopped;
        run.reason = Some(reason);
        run.wake_at = None;
        run.waits_for = None;
        run.version += 1;
        run.updated_at = tx.now();
        run.into_active_model().reset_all().update(&tx).await?;
        Ok(())
    })
    .await
}

/// Begins what the clock gives reason to; returns how many runs began. A flow that fails keeps no other from its turn.
pub async fn start_due(ctx: &Ctx) -> Result<u64> {
    start_due_by(ctx, PAGES).await
}

/// The same, so many pages of each flow; a job goes on with the rest.
pub async fn start_due_by(ctx: &Ctx, pages: usize) -> Result<u64> {
    let mut began = 0;
    for working in start::working(&ctx.db(), &BY_CLOCK).await? {
        match begin(ctx, &working, pages).await {
            Ok(runs) => began += runs,
            Err(error) => tracing::error!(flow = working.flow.code, %error, "a flow cannot be started"),
        }
    }
    Ok(began)
}

/// The job that goes on where a look at the clock ended.
pub const START_FURTHER_JOB: &str = "start_flow_further";

/// Input of the job: where a flow's look at the clock ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Further {
    /// Of which flow.
    pub flow_id: FlowId,
    /// From when, not included.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// After whom.
    pub after: Uuid,
}

/// Goes on with one flow; returns how many runs began. A flow that does not work any more begins nothing.
pub async fn start_further(ctx: &Ctx, further: &Further) -> Result<u64> {
    let Further { flow_id, from, until, after } = *further;
    let working = start::working(&ctx.db(), &BY_CLOCK).await?.into_iter().find(|one| one.flow.id == flow_id);
    match working {
        Some(working) => pages_of(ctx, &working, Window { from, until }, (Some(after), PAGES)).await,
        None => Ok(0),
    }
}

async fn begin(ctx: &Ctx, working: &Working, pages: usize) -> Result<u64> {
    let now = ctx.now();
    if !working.definition.trigger.is_by_clock() {
        let secrets = &ctx.services.secrets;
        let subjects = occasion::arrivals(&ctx.db(), secrets, working.flow.id, None, now).await?;
        return write(ctx, working, subjects).await;
    }
    // Days before somebody wrote the flow are not made up for.
    let from = Ord::max(now - CATCH_UP, Ord::min(working.flow.updated_at, now) - TimeDelta::days(1));
    pages_of(ctx, working, Window { from, until: now }, (None, pages)).await
}

/// Begins runs page by page. What is left after so many is left to a job, so that no flow keeps others waiting and the
/// last of many people are not forgotten.
async fn pages_of(
    ctx: &Ctx,
    working: &Working,
    window: Window,
    (mut after, pages): (Option<Uuid>, usize),
) -> Result<u64> {
    let mut began = 0;
    for _ in 0..pages {
        let (subjects, next) = due::page(&ctx.db(), &working.definition.trigger, window, after).await?;
        began += write(ctx, working, subjects).await?;
        if next.is_none() {
            return Ok(began);
        }
        after = next;
    }
    let Some(after) = after else { return Ok(began) };
    let further = Further { flow_id: working.flow.id, from: window.from, until: window.until, after };
    let payload = serde_json::to_value(&further).map_err(|error| Error::Bug(error.to_string()))?;
    // Two looks at the clock that end at the same place need one to go on.
    let key = format!("{START_FURTHER_JOB}:{}:{after}", working.flow.id);
    ctx.write(|tx| {
        let job = NewJob::new(START_FURTHER_JOB, payload.clone()).dedupe_key(key.clone());
        async move {
            tx.enqueue(job);
            Ok(())
        }
    })
    .await?;
    Ok(began)
}

async fn write(ctx: &Ctx, working: &Working, subjects: Vec<super::subject::Subject>) -> Result<u64> {
    if subjects.is_empty() {
        return Ok(0);
    }
    let subjects = &subjects;
    ctx.write(|tx| async move { start::start(&tx, working, subjects.clone()).await }).await
}
