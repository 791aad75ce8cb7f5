//! Reserved money whose time runs out: staff are told a day before, and when it is over the order is no longer covered and
//! asks for another payment.

use chrono::TimeDelta;
use entity::id::PaymentId;
use entity::payment::{Column, Entity};
use entity::words::{PaymentEventKind, PaymentOutcome};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use super::reconcile::{fact, lock_payment, tell};
use super::refresh;
use crate::kernel::{Ctx, Result, Tx};
use crate::payment::attend::{each, note};
use crate::payment::sums::Sums;
use crate::payment::task::{self, Ask, GatewayTask};
use crate::payment::{self as payments, NewPaymentEvent};

/// How long cards reserve money, and the test gateway as they do (Stripe: 7 days, unless the bank says otherwise).
pub(crate) const RESERVED_FOR: TimeDelta = TimeDelta::days(7);
/// How long before the end staff are told.
const WARN: TimeDelta = TimeDelta::hours(24);

/// Warns of reservations that end within a day, and ends those whose time is over, each in a transaction of its own. Run
/// by a schedule. Returns how many it dealt with.
pub async fn attend_due(ctx: &Ctx) -> Result<u64> {
    let due = Condition::any()
        .add(Column::AuthorizedUntil.lte(ctx.now()))
        .add(Column::AuthorizedUntil.lte(ctx.now() + WARN).and(Column::RemindedAt.is_null()));
    let found =
        Entity::find().filter(Column::AuthorizedUntil.is_not_null()).filter(due).order_by_asc(Column::AuthorizedUntil);
    each(ctx, found, |tx, id| async move { Box::pin(attend(&tx, id)).await }).await
}

async fn attend(tx: &Tx, id: PaymentId) -> Result<()> {
    let (payment, order) = lock_payment(tx, id).await?;
    let Some(until) = payment.authorized_until else { return Ok(()) };
    let events = payments::query::events(tx, &[id]).await?;
    let sums = Sums::of(&events);
    let left = sums.authorized - sums.voided - sums.captured;
    if until > tx.now() {
        if left > 0 {
            tell(tx, "payment_authorization_expiring", &payment, order.as_ref(), left);
        }
        return note(tx, id, Column::RemindedAt, Some(tx.now())).await;
    }
    note(tx, id, Column::AuthorizedUntil, None).await?;
    if left <= 0 {
        return Ok(());
    }
    if task::is_network(payment.gateway) {
        // Only the gateway knows whether it is over.
        tx.enqueue(GatewayTask { payment_id: id, ask: Ask::Look { gateway_event_id: None } }.job());
        return Ok(());
    }
    let event_id = tell(tx, "payment_authorization_expired", &payment, order.as_ref(), left);
    let over = fact(&payment, PaymentEventKind::Void, PaymentOutcome::Success, left, event_id);
    payments::record(tx, vec![NewPaymentEvent { error_code: Some("expired".to_owned()), ..over }]).await?;
    match order {
        Some(order) => refresh(tx, order.id).await.map(|_| ()),
        None => Ok(()),
    }
}
