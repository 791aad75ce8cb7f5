//! What flows do by events: runs end whose reason is gone, runs go on that waited for it, and new ones begin.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::id::{FlowRunId, FlowVersionId, VariantId};
use entity::{event, flow_run, flow_version};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::definition::{Definition, Step};
use super::subject::{About, RunContext};
use super::{kinds, occasion, parse, start, stop};
use crate::kernel::{Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};

/// Follows what happens, for every flow.
pub const HANDLER: Handler = Handler { name: "flow", kinds: kinds::HEARD, run: |tx, event| Box::pin(heard(tx, event)) };

async fn heard(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let about = About::of(event);
    let changed = end_and_wake(tx, event, &about).await?;
    let began = begin(tx, event).await?;
    Ok(if changed || began > 0 { Handled::Done } else { Handled::Nothing("no flow follows it") })
}

/// Ends the runs that the event ends, keeps back what runs that are over did not send yet, and lets go on those that
/// waited for it; whether there were any.
async fn end_and_wake(tx: &Tx, event: &event::Model, about: &About) -> Result<bool> {
    if let Some(reason) = stop::always(event).filter(|_| !about.orders.is_empty()) {
        stop::withhold_of_orders(tx, reason, about).await?;
    }
    let runs = stop::open(tx, about).await?;
    if runs.is_empty() {
        return Ok(false);
    }
    let definitions = definitions(tx, &runs).await?;
    let mut ending: BTreeMap<String, Vec<FlowRunId>> = BTreeMap::new();
    let mut woken = Vec::new();
    for run in runs {
        let definition = definitions.get(&run.flow_version_id);
        if let Some(reason) = stop::reason(event, about, &run, definition) {
            ending.entry(reason).or_default().push(run.id);
        } else if let Some(next) = definition.and_then(|definition| wakes(event, about, &run, definition)) {
            woken.push((run, next));
        }
    }
    let changed = !ending.is_empty() || !woken.is_empty();
    stop::stop(tx, ending).await?;
    wake(tx, &woken, event.occurred_at).await?;
    Ok(changed)
}

/// What waiting runs do, in one statement. What cannot be read is left out: its runs end by what always ends them.
async fn definitions(tx: &Tx, runs: &[flow_run::Model]) -> Result<HashMap<FlowVersionId, Definition>> {
    let ids: BTreeSet<FlowVersionId> = runs.iter().map(|run| run.flow_version_id).collect();
    let rows = flow_version::Entity::find().filter(flow_version::Column::Id.is_in(ids)).all(tx).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.id, parse::stored(&row.definition).ok()?))).collect())
}

/// The step with which a run goes on now; `None` when it does not wait for this.
fn wakes(event: &event::Model, about: &About, run: &flow_run::Model, definition: &Definition) -> Option<String> {
    if run.waits_for.as_deref() != Some(event.kind.as_str()) || run.event_id.is_some_and(|began| event.id <= began) {
        return None;
    }
    let at = RunContext::of(run).waiting_at?;
    let Step::WaitFor { on, then, .. } = definition.steps.get(definition.position(&at)?)? else { return None };
    if !on.matches(event) || !about.concerns(run, on.of) {
        return None;
    }
    let after = || definition.after(&at).map(|step| step.id().to_owned());
    Some(then.clone().or_else(after).unwrap_or_default())
}

/// Lets runs go on, each with its step, for which happened at `at` what they waited for. One statement for all.
async fn wake(tx: &Tx, woken: &[(flow_run::Model, String)], at: DateTime<Utc>) -> Result<()> {
    use flow_run::Column;
    if woken.is_empty() {
        return Ok(());
    }
    let (mut steps, mut contexts) = (CaseStatement::new(), CaseStatement::new());
    for (run, next) in woken {
        let context = RunContext { waiting_at: None, due_at: Some(at), ..RunContext::of(run) };
        steps = steps.case(Column::Id.eq(run.id), next.as_str());
        contexts = contexts.case(Column::Id.eq(run.id), Expr::value(json!(context)));
    }
    flow_run::Entity::update_many()
        .col_expr(Column::Step, steps.finally(Expr::col(Column::Step)).into())
        .col_expr(Column::Context, contexts.finally(Expr::col(Column::Context)).into())
        .col_expr(Column::WakeAt, Expr::value(tx.now()))
        .col_expr(Column::WaitsFor, Expr::value(Option::<String>::None))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now()))
        .filter(Column::Id.is_in(woken.iter().map(|(run, _)| run.id)))
        .exec(tx)
        .await?;
    start::advance_soon(tx);
    Ok(())
}

/// Begins the runs that the event gives reason to.
async fn begin(tx: &Tx, event: &event::Model) -> Result<u64> {
    let mut triggers = Vec::new();
    if kinds::EVENTS.contains(&event.kind.as_str()) {
        triggers.push("EVENT");
    }
    if event.kind == "order_placed" {
        triggers.push("REPLENISHMENT");
    }
    if kinds::STOCK.contains(&event.kind.as_str()) {
        triggers.push("BACK_IN_STOCK");
    }
    if triggers.is_empty() {
        return Ok(0);
    }
    let mut began = 0;
    for working in start::working(tx, &triggers).await? {
        let subjects = if working.flow.trigger_kind == "BACK_IN_STOCK" {
            let secrets = &tx.ctx().services.secrets;
            occasion::arrivals(tx, secrets, working.flow.id, named(event).as_ref(), tx.now()).await?
        } else {
            occasion::of_events(tx, &working.definition, &[event]).await?
        };
        began += start::start(tx, &working, subjects).await?;
    }
    Ok(began)
}

/// The goods that an event of stock names.
fn named(event: &event::Model) -> Option<BTreeSet<VariantId>> {
    event.payload.get("variant_ids").and_then(|ids| serde_json::from_value(ids.clone()).ok())
}
