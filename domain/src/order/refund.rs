//! Refunds: reading the decisions, and confirming that the money was handed out.

use entity::id::{OrderId, PaymentId, RefundId};
use entity::words::{PaymentEventKind, PaymentOutcome};
use entity::{order, payment_event, refund, refund_line};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text};
use crate::payment::refundable::{self, PendingRefund};
use crate::payment::{self as payments, NewPaymentEvent};

/// What staff confirm.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ConfirmRefund {
    /// Which refund.
    pub refund_id: RefundId,
    /// Only the part that goes back to this payment; every part that waits when `None`.
    pub payment_id: Option<PaymentId>,
    /// What the terminal or the bank calls it.
    pub reference: Option<String>,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// The refunds of orders, oldest first.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<refund::Model>> {
    let found = refund::Entity::find()
        .filter(refund::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(refund::Column::Id);
    Ok(found.all(db).await?)
}

/// The lines of refunds.
pub async fn lines(db: &impl ConnectionTrait, refunds: &[RefundId]) -> Result<Vec<refund_line::Model>> {
    let found = refund_line::Entity::find()
        .filter(refund_line::Column::RefundId.is_in(refunds.iter().copied()))
        .order_by_asc(refund_line::Column::OrderLineId);
    Ok(found.all(db).await?)
}

/// The payment events that carry refunds out, oldest first.
pub async fn events(db: &impl ConnectionTrait, refunds: &[RefundId]) -> Result<Vec<payment_event::Model>> {
    let found = payment_event::Entity::find()
        .filter(payment_event::Column::RefundId.is_in(refunds.iter().copied()))
        .order_by_asc(payment_event::Column::Id);
    Ok(found.all(db).await?)
}

/// Records that the money of a refund was handed out, keyed into the terminal or transferred. Errors: `FORBIDDEN`
/// without `refunds.issue`, `NOT_FOUND`, `INVALID_TRANSITION` when no part of it waits, `IDEMPOTENCY_KEY_REUSED`.
/// Returns the order and whether the key was used before.
pub async fn confirm_refund(ctx: &Ctx, input: ConfirmRefund) -> Result<(order::Model, bool)> {
    ctx.require(Permission::RefundsIssue)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let reference = input.reference.as_deref().map(|it| text::line("input.reference", it, 100)).transpose()?;
    let reference = reference.filter(|reference| !reference.is_empty());
    let (input, key, hash, reference) = (&input, &key, &hash, &reference);
    ctx.write(|tx| async move {
        let tx = &tx;
        let refund = refund::Entity::find_by_id(input.refund_id).one(tx).await?.ok_or(Error::not_found("refund"))?;
        let order = super::add_note::lock_readable(tx, refund.order_id).await;
        let order = order
            .map_err(|error| if error.code() == ErrorCode::NotFound { Error::not_found("refund") } else { error })?;
        let claim = idempotency::claim(tx, "refundConfirm", key, hash, order.id.uuid()).await?;
        if let Claim::Replayed(_) = claim {
            return Ok((order, true));
        }
        let waiting: Vec<PendingRefund> = refundable::pending(&events(tx, &[refund.id]).await?)
            .into_iter()
            .filter(|it| input.payment_id.is_none_or(|only| only == it.payment_id))
            .collect();
        if waiting.is_empty() {
            return Err(Error::InvalidTransition {
                machine: "refund",
                from: "EXECUTED".to_owned(),
                action: "CONFIRM".to_owned(),
                allowed: Vec::new(),
            });
        }
        execute(tx, &order, &refund, &waiting, reference.as_deref()).await?;
        Ok((super::refresh::refresh(tx, order.id).await?, false))
    })
    .await
}

async fn execute(
    tx: &Tx,
    order: &order::Model,
    refund: &refund::Model,
    waiting: &[PendingRefund],
    reference: Option<&str>,
) -> Result<()> {
    let amount: i64 = waiting.iter().map(|it| it.amount).sum();
    let event = NewEvent::new("refund_executed", "order", order.id.uuid()).customer(order.customer_id).payload(json!({
        "order_id": order.id, "refund_id": refund.id, "amount": amount, "currency": refund.currency,
    }));
    let event_id = tx.event(event);
    let facts = waiting.iter().map(|it| NewPaymentEvent {
        payment_id: it.payment_id,
        gateway: it.gateway,
        kind: PaymentEventKind::Refund,
        outcome: PaymentOutcome::Success,
        amount: it.amount,
        // Unique per gateway: only one part can bear the name.
        gateway_reference: reference.filter(|_| waiting.len() == 1).map(str::to_owned),
        error_code: None,
        event_id,
    });
    payments::record::record_refund(tx, refund.id, facts.collect()).await?;
    Ok(())
}
