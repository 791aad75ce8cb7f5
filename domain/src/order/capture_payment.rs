//! Confirming that money came: staff for manual payments, a job for the test gateway's late answers.

use chrono::TimeDelta;
use entity::id::PaymentId;
use entity::money::Money;
use entity::words::{Gateway, PaymentEventKind, PaymentOutcome};
use entity::{order, payment, payment_event};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::job::NewJob;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};
use crate::payment::gateway::Facts;
use crate::payment::sums::Sums;
use crate::payment::tender::Tender;
use crate::payment::{self as payments, NewPaymentEvent, task};

/// The job that settles the test gateway's pending payments.
pub const SETTLE_TEST_PAYMENT_JOB: &str = "settle_test_payment";
/// After which time the test gateway approves a pending payment.
const TEST_SETTLES_AFTER: TimeDelta = TimeDelta::seconds(5);

/// Lets the test gateway answer a little later what it left open.
pub(crate) fn settle_later(tx: &Tx, payments: &[payment::Model], charges: &[(Tender, Facts)]) {
    for (payment, (tender, facts)) in payments.iter().zip(charges) {
        let waits = facts.contains(&(PaymentEventKind::Capture, PaymentOutcome::Pending));
        if waits && tender.gateway == Gateway::Test {
            let job = NewJob::new(SETTLE_TEST_PAYMENT_JOB, json!({ "payment_id": payment.id }));
            tx.enqueue(job.run_at(tx.now() + TEST_SETTLES_AFTER));
        }
    }
}

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
    captured(ctx, input, false).await
}

/// Like [`capture_payment`], when staff say that a transfer really was for more than is missing: the order is overpaid
/// then. Only what staff confirm themselves can be more.
pub async fn capture_overpayment(ctx: &Ctx, input: CapturePayment) -> Result<(order::Model, bool)> {
    captured(ctx, input, true).await
}

async fn captured(ctx: &Ctx, input: CapturePayment, may_exceed: bool) -> Result<(order::Model, bool)> {
    ctx.require(Permission::PaymentsCapture)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&(input.payment_id, input.amount))?;
    let (input, key, hash) = (&input, &key, &hash);
    ctx.write(|tx| async move {
        let tx = &tx;
        let payment = payments::query::by_id(tx, input.payment_id).await?.ok_or(Error::not_found("payment"))?;
        let order_id = payment.order_id.ok_or(Error::not_found("payment"))?;
        let order = super::access::lock_permitted(tx, order_id, Permission::PaymentsCapture).await?;
        let claim = idempotency::claim(tx, "paymentCapture", key, hash, order_id.uuid()).await?;
        if let Claim::Replayed(_) = claim {
            return Ok((order, true));
        }
        Ok((Box::pin(capture(tx, order, &payment, input.amount, may_exceed)).await?, false))
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
            Box::pin(capture(tx, order, &payment, None, false)).await?;
        }
        Ok(())
    })
    .await
}

/// Appends the capture and brings the order up to it. The order is locked.
pub(crate) async fn capture(
    tx: &Tx,
    order: order::Model,
    payment: &payment::Model,
    amount: Option<Money>,
    may_exceed: bool,
) -> Result<order::Model> {
    let missing = missing(payment, &payments::query::events(tx, &[payment.id]).await?);
    if amount.is_some_and(|amount| amount.currency != payment.currency) {
        return Err(Error::invalid(ErrorCode::CurrencyMismatch, "input.amount"));
    }
    let amount = amount.map_or(missing, |amount| amount.minor);
    let may_exceed = may_exceed && payment.gateway == Gateway::Manual;
    if amount <= 0 || (amount > missing && !may_exceed) {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "input.amount"));
    }
    let is_asked = task::is_network(payment.gateway);
    let name = if is_asked { "payment_capture_requested" } else { "payment_captured" };
    let event = NewEvent::new(name, "order", order.id.uuid())
        .customer(order.customer_id)
        .payload(json!({ "payment_id": payment.id, "amount": amount, "currency": order.currency }));
    let taken = (PaymentEventKind::Capture, PaymentOutcome::Success);
    let fact = NewPaymentEvent::of((payment.id, payment.gateway), taken, amount, tx.event(event));
    payments::record(tx, vec![fact]).await?;
    super::refresh(tx, order.id).await
}

/// What of a payment can still come: what is reserved and not asked for, or what nobody has seen yet, minor units. What was
/// given up is not waited for.
fn missing(payment: &payment::Model, events: &[payment_event::Model]) -> i64 {
    let sums = Sums::of(events);
    let of_reserved = sums.authorized - sums.voided - task::open(events, PaymentEventKind::Void);
    if sums.authorized == 0 {
        return payment.amount - sums.captured;
    }
    let asked = task::open(events, PaymentEventKind::Capture);
    of_reserved - sums.captured - if task::is_network(payment.gateway) { asked } else { 0 }
}
