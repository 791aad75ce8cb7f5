//! Orders that are paid later and are not: a reminder, then the end. Goods go back to stock, and what was paid in part
//! goes back.

use chrono::TimeDelta;
use entity::id::{OrderLineId, PaymentId};
use entity::payment::{Column, Entity};
use entity::status::{OrderAction, StateMachine};
use entity::words::{OrderPaymentStatus, RefundReason};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::cancel_order::{take_out, units};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, Result, Tx};
use crate::order::cancel_units::cancel_units;
use crate::payment::attend::{each, note};
use crate::payment::sums::Sums;
use crate::{order as orders, payment as payments};

/// How long before the end the customer is reminded.
const REMIND: TimeDelta = TimeDelta::hours(24);

/// Reminds of payments that are due within a day, and ends orders whose time to pay is over, each in a transaction of its
/// own. Run by a schedule. Returns how many it dealt with.
pub async fn attend_due(ctx: &Ctx) -> Result<u64> {
    let found = Entity::find()
        .filter(Column::OrderId.is_not_null())
        .filter(Column::DueAt.lte(ctx.now() + REMIND))
        .filter(Column::DueAt.lte(ctx.now()).or(Column::RemindedAt.is_null()))
        .order_by_asc(Column::DueAt);
    each(ctx, found, |tx, id| async move { Box::pin(attend(&tx, id)).await }).await
}

async fn attend(tx: &Tx, id: PaymentId) -> Result<()> {
    let seen = payments::query::by_id(tx, id).await?.ok_or(Error::not_found("payment"))?;
    let Some(order_id) = seen.order_id else { return Ok(()) };
    let order = orders::lock_one(tx, order_id).await?;
    // Read again under the lock: staff may have recorded the money meanwhile.
    let payment = payments::query::by_id(tx, id).await?.ok_or(Error::not_found("payment"))?;
    let Some(due_at) = payment.due_at else { return Ok(()) };
    let captured = Sums::of(&payments::query::events(tx, &[id]).await?).captured;
    // Somebody may have paid by other means.
    let is_paid = matches!(order.payment_status, OrderPaymentStatus::Paid | OrderPaymentStatus::Overpaid);
    if is_paid || captured >= payment.amount || order.status.next(OrderAction::Cancel).is_none() {
        return note(tx, id, Column::DueAt, None).await;
    }
    let payload = json!({
        "payment_id": id, "amount": payment.amount - captured, "currency": payment.currency, "due_at": due_at,
    });
    if due_at > tx.now() {
        if payment.reminded_at.is_none() {
            let event = NewEvent::new("payment_reminded", "order", order.id.uuid()).customer(order.customer_id);
            tx.event(event.payload(payload));
        }
        return note(tx, id, Column::RemindedAt, Some(tx.now())).await;
    }
    let event = NewEvent::new("payment_overdue", "order", order.id.uuid()).customer(order.customer_id);
    tx.event(event.payload(payload));
    note(tx, id, Column::DueAt, None).await?;
    let open = units(tx, &order, &[]).await;
    // Something left already: staff decide about the rest.
    let Ok(open) = open else { return Ok(()) };
    take_out(tx, &order, open.clone()).await?;
    let open: Vec<(OrderLineId, i64)> = open.into_iter().collect();
    cancel_units(tx, &order, &open, RefundReason::Canceled, None).await?;
    orders::refresh(tx, order.id).await?;
    Ok(())
}
