//! A fulfillment order as such: its row locks and the one writer of its status.

use std::collections::BTreeSet;

use entity::id::{FulfillmentOrderId, OrderId};
use entity::status::{FulfillmentOrderAction, StateMachine};
use entity::words::FulfillmentOrderStatus;
use entity::{fulfillment_order, fulfillment_order_line};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    Value,
};
use serde_json::json;

use crate::inventory::sql::{CHUNK, Sql};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, Result, Tx};

/// Work with its lines, by line id.
pub(crate) type Work = (fulfillment_order::Model, Vec<fulfillment_order_line::Model>);

/// Locks work and reads its lines, by id. The orders are locked before. Error: `NOT_FOUND` when one is missing.
pub(crate) async fn lock(tx: &Tx, ids: impl IntoIterator<Item = FulfillmentOrderId>) -> Result<Vec<Work>> {
    let ids: BTreeSet<FulfillmentOrderId> = ids.into_iter().collect();
    let wanted = ids.len();
    let found = with_lines(tx, fulfillment_order::Column::Id.is_in(ids)).await?;
    if found.len() == wanted { Ok(found) } else { Err(Error::not_found("fulfillmentOrder")) }
}

/// Locks all work of an order, oldest first. The order is locked before.
pub(crate) async fn lock_of_order(tx: &Tx, order_id: OrderId) -> Result<Vec<Work>> {
    with_lines(tx, fulfillment_order::Column::OrderId.eq(order_id)).await
}

async fn with_lines(tx: &Tx, which: sea_orm::sea_query::SimpleExpr) -> Result<Vec<Work>> {
    let heads = fulfillment_order::Entity::find()
        .filter(which)
        .order_by_asc(fulfillment_order::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    let ids: Vec<FulfillmentOrderId> = heads.iter().map(|head| head.id).collect();
    let mut lines = super::query::lines(tx, &ids).await?;
    let mut work = Vec::with_capacity(heads.len());
    for head in heads {
        let (mine, others) = lines.into_iter().partition(|line| line.fulfillment_order_id == head.id);
        lines = others;
        work.push((head, mine));
    }
    Ok(work)
}

/// Moves locked work on, writes its row (with whatever else the caller changed in it) and tells it.
/// Error: `INVALID_TRANSITION`.
pub(crate) async fn transition(
    tx: &Tx,
    work: fulfillment_order::Model,
    action: FulfillmentOrderAction,
) -> Result<fulfillment_order::Model> {
    Ok(moved(tx, work, action)?.into_active_model().reset_all().update(tx).await?)
}

/// Moves locked work on, each by its action or, without one, to its next version only, and tells it. Nothing else of the
/// rows is written. One statement per 500. Error: `INVALID_TRANSITION`.
pub(crate) async fn transition_all(
    tx: &Tx,
    work: Vec<(fulfillment_order::Model, Option<FulfillmentOrderAction>)>,
) -> Result<Vec<fulfillment_order::Model>> {
    let mut all = Vec::with_capacity(work.len());
    for (work, action) in work {
        all.push(match action {
            Some(action) => moved(tx, work, action)?,
            None => fulfillment_order::Model { version: work.version + 1, updated_at: tx.now(), ..work },
        });
    }
    for some in all.chunks(CHUNK) {
        save(tx, some).await?;
    }
    Ok(all)
}

/// Writes what [`moved`] changes; one statement.
async fn save(tx: &Tx, work: &[fulfillment_order::Model]) -> Result<()> {
    const TYPES: [&str; 6] = ["uuid", "text", "timestamptz", "timestamptz", "timestamptz", "integer"];
    let rows = work.iter().map(|work| {
        vec![
            Value::from(work.id.uuid()),
            Value::from(work.status.to_string()),
            Value::from(work.accepted_at),
            Value::from(work.packed_at),
            Value::from(work.closed_at),
            Value::from(work.version),
        ]
    });
    let statement = Sql::new(tx.get_database_backend())
        .push(
            "UPDATE fulfillment_order SET status = d.column2, accepted_at = d.column3, packed_at = d.column4, \
               closed_at = d.column5, version = d.column6, updated_at = ",
        )
        .bind(tx.now())
        .push(" FROM ")
        .rows(&TYPES, rows)
        .push(" WHERE fulfillment_order.id = d.column1")
        .build();
    tx.execute_raw(statement).await?;
    Ok(())
}

/// The work after an action, told.
fn moved(
    tx: &Tx,
    mut work: fulfillment_order::Model,
    action: FulfillmentOrderAction,
) -> Result<fulfillment_order::Model> {
    let from = work.status;
    work.status = from.next(action).ok_or_else(|| Error::transition("fulfillmentOrder", from, action))?;
    let now = Some(tx.now());
    match work.status {
        FulfillmentOrderStatus::InProgress => work.accepted_at = work.accepted_at.or(now),
        FulfillmentOrderStatus::Packed => work.packed_at = now,
        FulfillmentOrderStatus::Closed | FulfillmentOrderStatus::Canceled => work.closed_at = now,
        FulfillmentOrderStatus::Open => work.accepted_at = None,
        FulfillmentOrderStatus::Scheduled | FulfillmentOrderStatus::OnHold => {}
    }
    if action == FulfillmentOrderAction::Unpack {
        work.packed_at = None;
    }
    work.version += 1;
    work.updated_at = tx.now();
    let payload = json!({
        "order_id": work.order_id,
        "location_id": work.location_id,
        "method": work.method,
        "from": from,
        "to": work.status,
    });
    tx.event(NewEvent::new(told(action), "fulfillment_order", work.id.uuid()).payload(payload));
    Ok(work)
}

const fn told(action: FulfillmentOrderAction) -> &'static str {
    match action {
        FulfillmentOrderAction::Release => "fulfillment_order_released",
        FulfillmentOrderAction::Accept => "fulfillment_order_accepted",
        FulfillmentOrderAction::Pack => "fulfillment_order_packed",
        FulfillmentOrderAction::Dispatch => "fulfillment_order_dispatched",
        FulfillmentOrderAction::Hold => "fulfillment_order_held",
        FulfillmentOrderAction::Resume => "fulfillment_order_resumed",
        FulfillmentOrderAction::Cancel => "fulfillment_order_canceled",
        FulfillmentOrderAction::PutBack => "fulfillment_order_put_back",
        FulfillmentOrderAction::Unpack => "fulfillment_order_unpacked",
        FulfillmentOrderAction::Park => "fulfillment_order_parked",
    }
}
