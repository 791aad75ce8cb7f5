//! Bringing the cached statuses of an order up to its facts: the one writer of an order's row after its placement,
//! as far as statuses go.

use std::collections::{BTreeSet, HashMap};

use entity::id::{OrderId, PaymentId};
use entity::status::{OrderAction, StateMachine};
use entity::words::{OrderPaymentStatus, OrderStatus};
use entity::{fulfillment_order, order, order_line, order_shipping, payment_event, pickup, refund};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Value};
use serde_json::json;

use super::{query, status};
use crate::inventory::sql::{CHUNK, Sql};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, Result, Tx};
use crate::payment as payments;
use crate::payment::sums::Sums;
use crate::promotion;

/// Brings one locked order up to its facts, see [`refresh_all`].
pub(crate) async fn refresh(tx: &Tx, id: OrderId) -> Result<order::Model> {
    refresh_all(tx, &BTreeSet::from([id])).await?.pop().ok_or(Error::not_found("order"))
}

/// Recomputes the statuses of locked orders from their lines, work, pickups and payments, and closes, cancels or reopens
/// them when they say so. Call it last in a transaction, after every other write to the orders. Seven statements per 500
/// orders, two more when units were canceled or added. Error: `NOT_FOUND` when one is missing.
pub(crate) async fn refresh_all(tx: &Tx, ids: &BTreeSet<OrderId>) -> Result<Vec<order::Model>> {
    let ids: Vec<OrderId> = ids.iter().copied().collect();
    let mut all = Vec::with_capacity(ids.len());
    for some in ids.chunks(CHUNK) {
        let found = order::Entity::find()
            .filter(order::Column::Id.is_in(some.iter().copied()))
            .order_by_asc(order::Column::Id)
            .all(tx)
            .await?;
        if found.len() != some.len() {
            return Err(Error::not_found("order"));
        }
        let mut facts = Facts::read(tx, some).await?;
        let changed: Vec<order::Model> = found
            .into_iter()
            .map(|order| refreshed(tx, facts.remove(&order.id).unwrap_or_default(), order))
            .collect::<Result<_>>()?;
        save(tx, &changed).await?;
        give_back_promotions(tx, &changed).await?;
        all.extend(changed);
    }
    Ok(all)
}

/// The order as its facts have it; tells when its lifecycle moves on.
fn refreshed(tx: &Tx, facts: Facts, order: order::Model) -> Result<order::Model> {
    let payment_status = status::payment(order.total, &facts.lines, &facts.shipping, &facts.refunds, &facts.sums)?;
    let action = next_step(order.status, &facts.lines, payment_status);
    let status = action.and_then(|action| order.status.next(action)).unwrap_or(order.status);
    let ended = |before: Option<_>, state: OrderStatus| if status == state { before.or(Some(tx.now())) } else { None };
    if let Some(action) = action {
        let event = NewEvent::new(told(action), "order", order.id.uuid()).customer(order.customer_id);
        tx.event(event.payload(json!({ "from": order.status, "to": status })));
    }
    Ok(order::Model {
        status,
        payment_status,
        fulfillment_status: status::fulfillment(&facts.lines, &facts.work),
        pickup_status: status::pickup(&facts.lines, &facts.pickups),
        return_status: status::returns(&facts.lines),
        closed_at: ended(order.closed_at, OrderStatus::Closed),
        canceled_at: ended(order.canceled_at, OrderStatus::Canceled),
        version: order.version + 1,
        updated_at: tx.now(),
        ..order
    })
}

/// A canceled order gives the uses of its promotions back. No statement while none of them had a discount.
async fn give_back_promotions(tx: &Tx, orders: &[order::Model]) -> Result<()> {
    let canceled = |order: &&order::Model| order.canceled_at == Some(tx.now()) && order.discount_total > 0;
    let ids: Vec<OrderId> = orders.iter().filter(canceled).map(|order| order.id).collect();
    if ids.is_empty() { Ok(()) } else { promotion::redeem::release(tx, &ids).await }
}

/// Writes what [`refreshed`] changes; one statement.
async fn save(tx: &Tx, orders: &[order::Model]) -> Result<()> {
    const TYPES: [&str; 9] = ["uuid", "text", "text", "text", "text", "text", "timestamptz", "timestamptz", "integer"];
    if orders.is_empty() {
        return Ok(());
    }
    let rows = orders.iter().map(|order| {
        vec![
            Value::from(order.id.uuid()),
            Value::from(order.status.to_string()),
            Value::from(order.payment_status.to_string()),
            Value::from(order.fulfillment_status.to_string()),
            Value::from(order.pickup_status.to_string()),
            Value::from(order.return_status.to_string()),
            Value::from(order.closed_at),
            Value::from(order.canceled_at),
            Value::from(order.version),
        ]
    });
    let statement = Sql::new(tx.get_database_backend())
        .push(
            "UPDATE orders SET status = d.column2, payment_status = d.column3, fulfillment_status = d.column4, \
               pickup_status = d.column5, return_status = d.column6, closed_at = d.column7, canceled_at = d.column8, \
               version = d.column9, updated_at = ",
        )
        .bind(tx.now())
        .push(" FROM ")
        .rows(&TYPES, rows)
        .push(" WHERE orders.id = d.column1")
        .build();
    tx.execute_raw(statement).await?;
    Ok(())
}

const fn told(action: OrderAction) -> &'static str {
    match action {
        OrderAction::Place => "order_placed",
        OrderAction::Cancel => "order_canceled",
        OrderAction::Close => "order_closed",
        OrderAction::Reopen => "order_reopened",
    }
}

#[derive(Default)]
struct Facts {
    lines: Vec<order_line::Model>,
    work: Vec<fulfillment_order::Model>,
    pickups: Vec<pickup::Model>,
    /// Read only when units were canceled or added.
    shipping: Vec<order_shipping::Model>,
    /// Read only when units were canceled or added.
    refunds: Vec<refund::Model>,
    sums: Sums,
}

impl Facts {
    /// Of each order; five statements.
    async fn read(tx: &Tx, ids: &[OrderId]) -> Result<HashMap<OrderId, Self>> {
        let mut all: HashMap<OrderId, Self> = HashMap::new();
        let wanted = || ids.iter().copied();
        for line in order_line::Entity::find().filter(order_line::Column::OrderId.is_in(wanted())).all(tx).await? {
            all.entry(line.order_id).or_default().lines.push(line);
        }
        let work = fulfillment_order::Entity::find()
            .filter(fulfillment_order::Column::OrderId.is_in(wanted()))
            .order_by_asc(fulfillment_order::Column::Id);
        for work in work.all(tx).await? {
            all.entry(work.order_id).or_default().work.push(work);
        }
        for pickup in pickup::Entity::find().filter(pickup::Column::OrderId.is_in(wanted())).all(tx).await? {
            all.entry(pickup.order_id).or_default().pickups.push(pickup);
        }
        let payments = payments::query::of_orders(tx, ids).await?;
        let of: HashMap<PaymentId, OrderId> =
            payments.iter().filter_map(|payment| Some((payment.id, payment.order_id?))).collect();
        let payments: Vec<PaymentId> = payments.iter().map(|payment| payment.id).collect();
        let mut events: HashMap<OrderId, Vec<payment_event::Model>> = HashMap::new();
        for event in payments::query::events(tx, &payments).await? {
            if let Some(order) = of.get(&event.payment_id) {
                events.entry(*order).or_default().push(event);
            }
        }
        for (order, events) in events {
            all.entry(order).or_default().sums = Sums::of(&events);
        }
        let is_changed = |line: &order_line::Model| line.canceled > 0 || line.revision > 1;
        let canceled = all.iter().filter(|(_, facts)| facts.lines.iter().any(is_changed));
        let canceled: Vec<OrderId> = canceled.map(|(order, _)| *order).collect();
        if canceled.is_empty() {
            return Ok(all);
        }
        for shipping in query::shipping(tx, &canceled).await? {
            all.entry(shipping.order_id).or_default().shipping.push(shipping);
        }
        for refund in super::refund::of_orders(tx, &canceled).await? {
            all.entry(refund.order_id).or_default().refunds.push(refund);
        }
        Ok(all)
    }
}

/// What the facts make of an order's lifecycle: canceled when nothing of it is left, closed when all that is left went
/// out and the money is settled, open again when that is no longer so.
fn next_step(
    status: OrderStatus,
    lines: &[order_line::Model],
    payment_status: OrderPaymentStatus,
) -> Option<OrderAction> {
    let wanted: i64 = lines.iter().map(|line| line.quantity - line.canceled).sum();
    let left: i64 = lines.iter().map(|line| line.fulfilled).sum();
    let settled = match payment_status {
        OrderPaymentStatus::Paid
        | OrderPaymentStatus::PartiallyRefunded
        | OrderPaymentStatus::Refunded
        | OrderPaymentStatus::Overpaid => true,
        OrderPaymentStatus::Unpaid
        | OrderPaymentStatus::Authorized
        | OrderPaymentStatus::PartiallyPaid
        | OrderPaymentStatus::Voided => false,
    };
    let done = wanted > 0 && left >= wanted && settled;
    match status {
        OrderStatus::Open if wanted == 0 && !lines.is_empty() => Some(OrderAction::Cancel),
        OrderStatus::Open if done => Some(OrderAction::Close),
        OrderStatus::Closed if !done => Some(OrderAction::Reopen),
        OrderStatus::Draft | OrderStatus::Open | OrderStatus::Closed | OrderStatus::Canceled => None,
    }
}
