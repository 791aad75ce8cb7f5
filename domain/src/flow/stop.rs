//! Ending runs before their end: their reason is gone. What they queued and nobody sent yet does not go.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::{FlowId, FlowRunId};
use entity::words::{FlowRunStatus, MessageClass, MessageStatus};
use entity::{event, flow_run, message};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::definition::Definition;
use super::guard::{CANCELED, FAILED, RETURNED};
use super::subject::About;
use crate::kernel::{Result, Tx};

/// Most runs that one event looks at; nobody has more.
const MOST: u64 = 2_000;

/// The runs about these orders or for this customer that wait, or are over with messages that nobody sent yet, because the
/// mail server is out of order for example. Locked in id order.
pub(super) async fn open(tx: &Tx, about: &About) -> Result<Vec<flow_run::Model>> {
    let Some(whose) = ids_of(about) else { return Ok(Vec::new()) };
    Ok(flow_run::Entity::find()
        .filter(flow_run::Column::Id.in_subquery(whose))
        .filter(still_open())
        .order_by_asc(flow_run::Column::Id)
        .limit(MOST)
        .lock_exclusive()
        .all(tx)
        .await?)
}

/// Ids of all runs about these orders and of all for this customer, each by its own index: an OR of the two makes SQLite walk
/// every run there is. `None` when the event concerns neither.
fn ids_of(about: &About) -> Option<SelectStatement> {
    let ids =
        |which: Expr| Query::select().column(flow_run::Column::Id).from(flow_run::Entity).and_where(which).to_owned();
    let by_order =
        (!about.orders.is_empty()).then(|| ids(flow_run::Column::OrderId.is_in(about.orders.iter().copied())));
    let by_customer = about.customer_id.map(|id| ids(flow_run::Column::CustomerId.eq(id)));
    match (by_order, by_customer) {
        (Some(mut one), Some(other)) => Some(one.union(UnionType::Distinct, other).to_owned()),
        (one, other) => one.or(other),
    }
}

/// Says what a run is not: no index of the status serves that, so that the runs are found by whom they concern.
fn still_open() -> Condition {
    let unsent = Query::select()
        .expr(Expr::val(1))
        .from(message::Entity)
        .and_where(
            Expr::col((message::Entity, message::Column::FlowRunId)).equals((flow_run::Entity, flow_run::Column::Id)),
        )
        .and_where(Expr::col((message::Entity, message::Column::Status)).eq(MessageStatus::Queued))
        // A call to a system tells what happened, and it did.
        .and_where(Expr::col((message::Entity, message::Column::Class)).ne(MessageClass::Transactional))
        .to_owned();
    let waits_or_unsent =
        Condition::any().add(flow_run::Column::Status.ne(FlowRunStatus::Done)).add(Expr::exists(unsent));
    Condition::all()
        .add(flow_run::Column::Status.is_not_in([FlowRunStatus::Stopped, FlowRunStatus::HeldOut]))
        .add(waits_or_unsent)
}

/// What ends everything that follows a purchase; `None` for events that do not.
pub(super) fn always(event: &event::Model) -> Option<&'static str> {
    let to = event.payload.get("to").and_then(serde_json::Value::as_str);
    match (event.kind.as_str(), to) {
        ("order_canceled" | "order_canceled_by_request", _) => Some(CANCELED),
        ("return_requested", _) => Some(RETURNED),
        ("shipment_tracked", Some("FAILED" | "RETURN_TO_SENDER")) | ("shipment_returned", _) => Some(FAILED),
        _ => None,
    }
}

/// Why an event ends a run; `None` when it does not.
pub(super) fn reason(
    event: &event::Model,
    about: &About,
    run: &flow_run::Model,
    definition: Option<&Definition>,
) -> Option<String> {
    if event.kind == "customer_erased" {
        return about.concerns(run, Some(super::definition::Of::Customer)).then(|| "CUSTOMER_ERASED".to_owned());
    }
    // What began a run does not end it.
    if run.event_id.is_some_and(|began| event.id <= began) {
        return None;
    }
    if let Some(reason) = always(event).filter(|_| run.order_id.is_some_and(|id| about.orders.contains(&id))) {
        return Some(reason.to_owned());
    }
    let exit = definition?.exits.iter().find(|exit| exit.matches(event) && about.concerns(run, exit.of))?;
    Some(exit.event.to_uppercase())
}

/// Ends runs that wait and keeps back what they queued, two statements per reason. One that is over stays what it is. A call
/// to a system goes: it tells what happened, and it did.
pub(super) async fn stop(tx: &Tx, reasons: BTreeMap<String, Vec<FlowRunId>>) -> Result<()> {
    for (reason, ids) in reasons {
        ended(tx, &reason, flow_run::Column::Id.is_in(ids.iter().copied())).await?;
        withhold(tx, &reason, message::Column::FlowRunId.is_in(ids).and(is_no_call())).await?;
    }
    Ok(())
}

/// Ends whatever waits of a flow, because it was switched off.
pub(super) async fn stop_flow(tx: &Tx, flow: FlowId) -> Result<()> {
    ended(tx, "FLOW_OFF", flow_run::Column::FlowId.eq(flow)).await?;
    withhold(tx, "FLOW_OFF", message::Column::FlowId.eq(flow)).await
}

/// What a run queued that stopped by itself does not go; a call to a system does.
pub(super) async fn withhold_of_run(tx: &Tx, reason: &str, run: FlowRunId) -> Result<()> {
    withhold(tx, reason, message::Column::FlowRunId.eq(run).and(is_no_call())).await
}

fn is_no_call() -> Expr {
    message::Column::Class.ne(MessageClass::Transactional)
}

/// What flows queued about these orders does not go, whoever the run is for.
pub(super) async fn withhold_of_orders(tx: &Tx, reason: &str, orders: &About) -> Result<()> {
    let of = message::Column::OrderId
        .is_in(orders.orders.iter().copied())
        .and(message::Column::FlowRunId.is_not_null())
        .and(is_no_call());
    withhold(tx, reason, of).await
}

async fn ended(tx: &Tx, reason: &str, which: Expr) -> Result<()> {
    let none: Option<DateTime<Utc>> = None;
    flow_run::Entity::update_many()
        .col_expr(flow_run::Column::Status, Expr::value(FlowRunStatus::Stopped))
        .col_expr(flow_run::Column::Reason, Expr::value(reason))
        .col_expr(flow_run::Column::WakeAt, Expr::value(none))
        .col_expr(flow_run::Column::WaitsFor, Expr::value(Option::<String>::None))
        .col_expr(flow_run::Column::Version, Expr::col(flow_run::Column::Version).add(1))
        .col_expr(flow_run::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(which)
        .filter(flow_run::Column::Status.eq(FlowRunStatus::Waiting))
        .exec(tx)
        .await?;
    Ok(())
}

async fn withhold(tx: &Tx, reason: &str, which: Expr) -> Result<()> {
    message::Entity::update_many()
        .col_expr(message::Column::Status, Expr::value(MessageStatus::Suppressed))
        .col_expr(message::Column::Reason, Expr::value(reason))
        .filter(which)
        .filter(message::Column::Status.eq(MessageStatus::Queued))
        .exec(tx)
        .await?;
    Ok(())
}
