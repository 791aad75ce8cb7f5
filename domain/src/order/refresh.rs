//! Bringing the cached statuses of an order up to its facts: the one writer of an order's row after its placement,
//! as far as statuses go.

use entity::id::{OrderId, PaymentId};
use entity::status::{OrderAction, StateMachine};
use entity::words::{OrderPaymentStatus, OrderStatus};
use entity::{fulfillment_order, order, order_line, pickup};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::status;
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, Result, Tx};
use crate::payment as payments;
use crate::payment::sums::Sums;

/// Recomputes the statuses of a locked order from its lines, work, pickups and payments, and closes, cancels or reopens
/// it when they say so. Call it last in a transaction, after every other write to the order. Seven statements.
pub(crate) async fn refresh(tx: &Tx, id: OrderId) -> Result<order::Model> {
    let order = order::Entity::find_by_id(id).one(tx).await?.ok_or(Error::not_found("order"))?;
    let facts = Facts::read(tx, id).await?;
    let payment_status = facts.sums.status(order.total);
    let action = next_step(order.status, &facts.lines, payment_status);
    let status = action.and_then(|action| order.status.next(action)).unwrap_or(order.status);
    let ended = |before: Option<_>, state: OrderStatus| if status == state { before.or(Some(tx.now())) } else { None };
    let change = order::ActiveModel {
        id: Set(order.id),
        status: Set(status),
        payment_status: Set(payment_status),
        fulfillment_status: Set(status::fulfillment(&facts.lines, &facts.work)),
        pickup_status: Set(status::pickup(&facts.lines, &facts.pickups)),
        return_status: Set(status::returns(&facts.lines)),
        closed_at: Set(ended(order.closed_at, OrderStatus::Closed)),
        canceled_at: Set(ended(order.canceled_at, OrderStatus::Canceled)),
        version: Set(order.version + 1),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    if let Some(action) = action {
        let event = NewEvent::new(told(action), "order", order.id.uuid()).customer(order.customer_id);
        tx.event(event.payload(json!({ "from": order.status, "to": status })));
    }
    Ok(order::Entity::update(change).exec(tx).await?)
}

const fn told(action: OrderAction) -> &'static str {
    match action {
        OrderAction::Place => "order_placed",
        OrderAction::Cancel => "order_canceled",
        OrderAction::Close => "order_closed",
        OrderAction::Reopen => "order_reopened",
    }
}

struct Facts {
    lines: Vec<order_line::Model>,
    work: Vec<fulfillment_order::Model>,
    pickups: Vec<pickup::Model>,
    sums: Sums,
}

impl Facts {
    async fn read(tx: &Tx, id: OrderId) -> Result<Self> {
        let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(id)).all(tx).await?;
        let work = fulfillment_order::Entity::find()
            .filter(fulfillment_order::Column::OrderId.eq(id))
            .order_by_asc(fulfillment_order::Column::Id)
            .all(tx)
            .await?;
        let pickups = pickup::Entity::find().filter(pickup::Column::OrderId.eq(id)).all(tx).await?;
        let payments = payments::query::of_orders(tx, &[id]).await?;
        let ids: Vec<PaymentId> = payments.iter().map(|payment| payment.id).collect();
        let sums = Sums::of(&payments::query::events(tx, &ids).await?);
        Ok(Self { lines, work, pickups, sums })
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
