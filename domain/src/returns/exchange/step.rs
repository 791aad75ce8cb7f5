//! An exchange that is about to change: both orders, return and row locked in this order, and the one writer of its
//! status.

use entity::id::{EventId, ExchangeId, ExchangeLineId};
use entity::status::{ExchangeAction, StateMachine};
use entity::words::{ExchangeStatus, ReturnStatus};
use entity::{exchange, exchange_line, order, returns};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use serde_json::json;

use super::super::step::{self as returned, Locked};
use super::goods::Quote;
use super::query;
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, Result, Tx, version};
use crate::order as orders;

/// An exchange with both of its halves, locked.
#[derive(Debug, Clone)]
pub(super) struct Both {
    /// The goods that come back, and the order they were bought with.
    pub(super) back: Locked,
    /// Its row.
    pub(super) row: exchange::Model,
    /// The new goods.
    pub(super) goods: Vec<exchange_line::Model>,
    /// The order of the new goods, when it is placed.
    pub(super) order: Option<order::Model>,
}

impl Both {
    /// The order of the old goods. Error: `NOT_FOUND`.
    pub(super) fn old(&self) -> Result<order::Model> {
        self.back.order.clone().ok_or(Error::not_found("order"))
    }

    /// Takes a step of the machine and tells it; nothing is written yet. Error: `INVALID_TRANSITION`.
    pub(super) fn go(&mut self, tx: &Tx, action: ExchangeAction) -> Result<EventId> {
        go(tx, &mut self.row, &self.back.row, action)
    }

    /// Whether every unit was looked at.
    pub(super) const fn is_inspected(&self) -> bool {
        matches!(self.back.row.status, ReturnStatus::Inspected | ReturnStatus::Closed)
    }
}

/// Locks an exchange for whoever may touch its return. Errors: `NOT_FOUND`, `FORBIDDEN`, `STALE_VERSION`.
pub(super) async fn lock(tx: &Tx, id: ExchangeId, expected_version: Option<i32>) -> Result<Both> {
    let missing = || Error::not_found("exchange");
    let known = query::by_id(tx, id).await?.ok_or_else(missing)?;
    let of = returns::Entity::find_by_id(known.return_id).one(tx).await?.ok_or_else(missing)?;
    // Both orders at once, in the order of their ids: the return's lock takes one of them again.
    let locked = orders::lock(tx, [of.order_id, known.order_id].into_iter().flatten()).await?;
    let (back, hands) = returned::lock(tx, of.id, None, None).await?;
    if !hands.is_staff() {
        return Err(missing());
    }
    let row = exchange::Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or_else(missing)?;
    if row.order_id != known.order_id {
        return Err(Error::Conflict("exchange"));
    }
    version::check(expected_version, row.version)?;
    let goods = query::lines(tx, &[id]).await?;
    let order = locked.into_iter().find(|order| Some(order.id) == row.order_id);
    Ok(Both { back, row, goods, order })
}

/// Takes a step of the machine and tells it; nothing is written yet. Error: `INVALID_TRANSITION`.
pub(super) fn go(tx: &Tx, row: &mut exchange::Model, back: &returns::Model, action: ExchangeAction) -> Result<EventId> {
    let from = row.status;
    row.status = from.next(action).ok_or_else(|| Error::transition("exchange", from, action))?;
    Ok(tell(tx, told(action), row, back))
}

/// Tells how an exchange stands.
pub(super) fn tell(tx: &Tx, kind: &'static str, row: &exchange::Model, back: &returns::Model) -> EventId {
    let event = NewEvent::new(kind, "exchange", row.id.uuid()).customer(back.customer_id);
    tx.event(event.payload(json!({
        "to": row.status,
        "mode": row.mode,
        "number": back.number,
        "return_id": row.return_id,
        "returned_order_id": back.order_id,
        "order_id": row.order_id,
        "credit": row.credit,
        "currency": back.currency,
        "location_id": back.lodged_location_id,
    })))
}

const fn told(action: ExchangeAction) -> &'static str {
    match action {
        ExchangeAction::Place => "exchange_placed",
        ExchangeAction::Complete => "exchange_completed",
        ExchangeAction::Default => "exchange_defaulted",
        ExchangeAction::Cancel => "exchange_canceled",
    }
}

/// Writes a row that is there already, last: it may point to an order that is written last, too.
pub(super) fn save(tx: &Tx, row: exchange::Model) -> exchange::Model {
    let row = exchange::Model { version: row.version + 1, updated_at: tx.now(), ..row };
    let change = exchange::Entity::update_many()
        .col_expr(exchange::Column::Status, Expr::value(row.status))
        .col_expr(exchange::Column::OrderId, Expr::value(row.order_id))
        .col_expr(exchange::Column::Credit, Expr::value(row.credit))
        .col_expr(exchange::Column::GuaranteePaymentId, Expr::value(row.guarantee_payment_id))
        .col_expr(exchange::Column::DueAt, Expr::value(row.due_at))
        .col_expr(exchange::Column::Version, Expr::value(row.version))
        .col_expr(exchange::Column::UpdatedAt, Expr::value(row.updated_at))
        .filter(exchange::Column::Id.eq(row.id));
    tx.write_last(change.into_query());
    row
}

/// A new row in a state in which exchanges begin, told; the caller writes it last.
pub(super) fn begin(tx: &Tx, id: ExchangeId, back: &returns::Model, first: First) -> exchange::Model {
    let row = exchange::Model {
        id,
        return_id: back.id,
        mode: first.mode,
        status: first.status,
        order_id: first.order_id,
        credit: first.credit,
        guarantee_payment_id: None,
        due_at: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    tell(tx, "exchange_opened", &row, back);
    row
}

/// How an exchange begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct First {
    pub(super) mode: entity::words::ExchangeMode,
    pub(super) status: ExchangeStatus,
    pub(super) order_id: Option<entity::id::OrderId>,
    pub(super) credit: i64,
}

/// The rows of the goods of a quote.
pub(super) fn lines(
    tx: &Tx,
    id: ExchangeId,
    quote: &Quote,
    asked: &[super::goods::Asked],
) -> Vec<exchange_line::Model> {
    let priced = quote.priced.lines.iter().zip(asked);
    let rows = priced.map(|(line, asked)| exchange_line::Model {
        id: ExchangeLineId(tx.new_uuid()),
        exchange_id: id,
        variant_id: asked.variant_id,
        quantity: asked.quantity,
        unit_price: line.unit_price,
        delivery: asked.delivery,
        location_id: asked.location_id,
    });
    rows.collect()
}
