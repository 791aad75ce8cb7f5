//! Confirming that money came: staff for manual payments, a job for the test gateway's late answers.

use entity::id::PaymentId;
use entity::money::Money;
use entity::words::{Gateway, PaymentEventKind, PaymentOutcome};
use entity::{order, payment};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};
use crate::payment::sums::Sums;
use crate::payment::{self as payments, NewPaymentEvent};

/// The job that settles the test gateway's pending payments.
pub const SETTLE_TEST_PAYMENT_JOB: &str = "settle_test_payment";

/// What staff confirm.
#[derive(Clone, Debug)]
pub struct CapturePayment {
    /// Which payment.
    pub payment_id: PaymentId,
    /// How much; all that is missing when `None`.
    pub amount: Option<Money>,
    /// The client's key.
    pub idempotency_key: String,
}

/// Records that a payment came in. Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_AMOUNT` for more than is missing,
/// `CURRENCY_MISMATCH`.
/// Returns the order and whether the key was used before.
pub async fn capture_payment(ctx: &Ctx, input: CapturePayment) -> Result<(order::Model, bool)> {
    ctx.require(Permission::PaymentsCapture)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&(input.payment_id, input.amount))?;
    let (input, key, hash) = (&input, &key, &hash);
    ctx.write(|tx| async move {
        let tx = &tx;
        let payment = payments::query::by_id(tx, input.payment_id).await?.ok_or(Error::not_found("payment"))?;
        let order_id = payment.order_id.ok_or(Error::not_found("payment"))?;
        let order = super::add_note::lock_readable(tx, order_id).await?;
        let claim = idempotency::claim(tx, "paymentCapture", key, hash, order_id.uuid()).await?;
        if let Claim::Replayed(_) = claim {
            return Ok((order, true));
        }
        Ok((Box::pin(capture(tx, order, &payment, input.amount)).await?, false))
    })
    .await
}

/// Settles a pending payment of the test gateway; does nothing when it is settled already.
pub async fn settle_test_payment(ctx: &Ctx, payment_id: PaymentId) -> Result<()> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let Some(payment) = payments::query::by_id(tx, payment_id).await? else { return Ok(()) };
        let Some(order_id) = payment.order_id.filter(|_| payment.gateway == Gateway::Test) else { return Ok(()) };
        let order = super::lock_one(tx, order_id).await?;
        let events = payments::query::events(tx, &[payment_id]).await?;
        // A canceled order does not expect it any more.
        let expected = events.iter().all(|event| event.outcome != PaymentOutcome::Failure);
        if expected && Sums::of(&events).captured == 0 {
            Box::pin(capture(tx, order, &payment, None)).await?;
        }
        Ok(())
    })
    .await
}

/// Appends the capture and brings the order up to it. The order is locked.
async fn capture(
    tx: &Tx,
    order: order::Model,
    payment: &payment::Model,
    amount: Option<Money>,
) -> Result<order::Model> {
    let of_order = payments::query::of_orders(tx, &[order.id]).await?;
    let ids: Vec<PaymentId> = of_order.iter().map(|payment| payment.id).collect();
    let events = payments::query::events(tx, &ids).await?;
    let captured = Sums::per_payment(&events).get(&payment.id).copied().unwrap_or_default().captured;
    let missing = payment.amount - captured;
    if amount.is_some_and(|amount| amount.currency != payment.currency) {
        return Err(Error::invalid(ErrorCode::CurrencyMismatch, "input.amount"));
    }
    let amount = amount.map_or(missing, |amount| amount.minor);
    if amount <= 0 || amount > missing {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "input.amount"));
    }
    let event = NewEvent::new("payment_captured", "order", order.id.uuid())
        .customer(order.customer_id)
        .payload(json!({ "payment_id": payment.id, "amount": amount, "currency": order.currency }));
    let fact = NewPaymentEvent {
        payment_id: payment.id,
        gateway: payment.gateway,
        kind: PaymentEventKind::Capture,
        outcome: PaymentOutcome::Success,
        amount,
        gateway_reference: None,
        error_code: None,
        event_id: tx.event(event),
    };
    payments::record(tx, vec![fact]).await?;
    super::refresh(tx, order.id).await
}
