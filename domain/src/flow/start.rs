//! Beginning runs: at most one per flow and subject, whoever tells of it and how often.

use std::collections::BTreeMap;

use entity::id::FlowRunId;
use entity::words::{FlowRunStatus, FlowStatus};
use entity::{flow, flow_run, flow_version};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::json;

use super::definition::{Definition, Step, Variant};
use super::facts::{self, Asked, Need};
use super::subject::{RunContext, Subject};
use super::{hash, parse};
use crate::kernel::job::NewJob;
use crate::kernel::{Result, Tx};

/// The job that takes runs further that are due at once; the schedule finds what it misses.
pub const ADVANCE_JOB: &str = "advance_flows";

/// A flow that works, with what it does.
#[derive(Debug, Clone)]
pub(super) struct Working {
    pub(super) flow: flow::Model,
    pub(super) version: flow_version::Model,
    pub(super) definition: Definition,
}

/// The flows that work and are started by one of these kinds of triggers, oldest first. One whose definition cannot be
/// read starts nothing and keeps no other from it.
pub(super) async fn working(db: &impl ConnectionTrait, kinds: &[&str]) -> Result<Vec<Working>> {
    let rows = flow_version::Entity::find()
        .find_also_related(flow::Entity)
        .filter(flow::Column::Status.eq(FlowStatus::On))
        .filter(flow::Column::TriggerKind.is_in(kinds.iter().copied()))
        .filter(
            Expr::col((flow_version::Entity, flow_version::Column::Number))
                .equals((flow::Entity, flow::Column::CurrentNumber)),
        )
        .order_by_asc(flow_version::Column::Id)
        .all(db)
        .await?;
    let read = |(version, flow): (flow_version::Model, Option<flow::Model>)| {
        let flow = flow?;
        match parse::stored(&version.definition) {
            Ok(definition) => Some(Working { flow, version, definition }),
            Err(error) => {
                tracing::error!(flow = flow.code, version = version.number, %error, "a flow cannot be read");
                None
            }
        }
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Begins a run for each subject that passes the filters and has none yet. Returns how many began.
pub(super) async fn start(tx: &Tx, working: &Working, subjects: Vec<Subject>) -> Result<u64> {
    if subjects.is_empty() {
        return Ok(0);
    }
    let asked: Vec<Asked> = subjects.iter().map(asked).collect();
    let facts = facts::load(tx, &asked, Need::of(&working.definition), tx.now()).await?;
    let Some(first) = working.definition.steps.first() else { return Ok(0) };
    let mut rows: BTreeMap<String, flow_run::Model> = BTreeMap::new();
    for (subject, facts) in subjects.into_iter().zip(facts) {
        if working.definition.filters.bars(&facts).is_none() {
            let customer_id = subject.customer_id.or(facts.customer.as_ref().map(|row| row.id));
            let channel_id = subject.channel_id.or(facts.channel.as_ref().map(|row| row.id));
            let subject = Subject { customer_id, channel_id, ..subject };
            rows.entry(subject.key.clone()).or_insert_with(|| row(tx, working, first.id(), subject));
        }
    }
    if rows.is_empty() {
        return Ok(0);
    }
    let due = rows.values().any(|run| run.wake_at.is_some_and(|at| at <= tx.now()));
    let once = OnConflict::columns([flow_run::Column::FlowId, flow_run::Column::SubjectKey]).do_nothing().to_owned();
    let began = flow_run::Entity::insert_many(rows.into_values().map(|run| run.into_active_model().reset_all()))
        .on_conflict(once)
        .exec_without_returning(tx)
        .await?;
    if due && began > 0 {
        advance_soon(tx);
    }
    Ok(began)
}

/// Lets runs that are due go on without waiting for the schedule.
pub(super) fn advance_soon(tx: &Tx) {
    tx.enqueue(NewJob::new(ADVANCE_JOB, json!({})).dedupe_key(ADVANCE_JOB));
}

/// Who is asked about for a subject.
pub(super) fn asked(subject: &Subject) -> Asked {
    Asked {
        customer_id: subject.customer_id,
        order_id: subject.order_id,
        channel_id: subject.channel_id,
        variant_ids: subject.context.variant_ids.clone(),
    }
}

/// Who a group is made from: the customer, or what the run is about when nobody is known.
pub(super) fn who(customer_id: Option<entity::id::CustomerId>, key: &str) -> String {
    customer_id.map_or_else(|| key.to_owned(), |id| id.to_string())
}

fn row(tx: &Tx, working: &Working, first: &str, subject: Subject) -> flow_run::Model {
    let who = who(subject.customer_id, &subject.key);
    let held_out = hash::is_held_out(&working.flow.code, &who, working.flow.hold_out_percent);
    // The group is known from the begin, so that figures count everybody who is in it.
    let variant = variants(&working.definition).and_then(|all| hash::variant(&working.flow.code, &who, all));
    let context = RunContext { due_at: Some(subject.due_at), ..subject.context };
    flow_run::Model {
        id: FlowRunId(tx.new_uuid()),
        flow_id: working.flow.id,
        flow_version_id: working.version.id,
        subject_key: subject.key,
        customer_id: subject.customer_id,
        order_id: subject.order_id,
        channel_id: subject.channel_id,
        status: if held_out { FlowRunStatus::HeldOut } else { FlowRunStatus::Waiting },
        step: first.to_owned(),
        wake_at: (!held_out).then_some(subject.due_at),
        waits_for: None,
        variant: variant.filter(|_| !held_out).map(|variant| variant.name.clone()),
        reason: None,
        context: json!(context),
        event_id: subject.event_id,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

/// The groups of the first experiment of a flow.
pub(super) fn variants(definition: &Definition) -> Option<&[Variant]> {
    definition.steps.iter().find_map(|step| match step {
        Step::Send { variants, .. } if !variants.is_empty() => Some(variants.as_slice()),
        Step::Send { .. }
        | Step::Wait { .. }
        | Step::WaitUntil { .. }
        | Step::WaitFor { .. }
        | Step::Branch { .. }
        | Step::Survey { .. }
        | Step::Webhook { .. }
        | Step::Stop { .. } => None,
    })
}
