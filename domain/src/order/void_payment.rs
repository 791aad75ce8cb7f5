//! Giving up, by staff, what is reserved and not needed.

use entity::id::PaymentId;
use entity::money::Money;
use entity::order;
use entity::words::{PaymentEventKind, PaymentOutcome};

use super::reconcile::{fact, tell};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result};
use crate::payment::sums::Sums;
use crate::payment::{self as payments, task};

/// What staff give up.
#[derive(Clone, Debug)]
pub struct VoidPayment {
    /// Which payment.
    pub payment_id: PaymentId,
    /// How much; all that is reserved when `None`.
    pub amount: Option<Money>,
    /// The client's key.
    pub idempotency_key: String,
}

/// Gives up what is reserved of a payment, or a part of it. Gateways over the network give up all or nothing, by a job.
/// Errors: `FORBIDDEN` without `payments.capture`, `NOT_FOUND`, `CURRENCY_MISMATCH`, `INVALID_AMOUNT` for more than is
/// reserved, for nothing, and for a part at a gateway over the network; `IDEMPOTENCY_KEY_REUSED`.
/// Returns the order and whether the key was used before.
pub async fn void_payment(ctx: &Ctx, input: VoidPayment) -> Result<(order::Model, bool)> {
    ctx.require(Permission::PaymentsCapture)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&(input.payment_id, input.amount))?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let payment = payments::query::by_id(tx, input.payment_id).await?.ok_or(Error::not_found("payment"))?;
        let order_id = payment.order_id.ok_or(Error::not_found("payment"))?;
        let order = super::access::lock_permitted(tx, order_id, Permission::PaymentsCapture).await?;
        if let Claim::Replayed(_) = idempotency::claim(tx, "paymentVoid", key, hash, order_id.uuid()).await? {
            return Ok((order, true));
        }
        let events = payments::query::events(tx, &[payment.id]).await?;
        let sums = Sums::of(&events);
        let asked = task::open(&events, PaymentEventKind::Capture).min(sums.authorized);
        let giving_up = task::open(&events, PaymentEventKind::Void);
        let left = sums.authorized - sums.voided - sums.captured - asked - giving_up;
        if input.amount.is_some_and(|amount| amount.currency != payment.currency) {
            return Err(Error::invalid(ErrorCode::CurrencyMismatch, "input.amount"));
        }
        let amount = input.amount.map_or(left, |amount| amount.minor);
        let is_part = task::is_network(payment.gateway) && amount != left;
        if amount <= 0 || amount > left || is_part {
            return Err(Error::invalid(ErrorCode::InvalidAmount, "input.amount"));
        }
        let name = if task::is_network(payment.gateway) { "payment_void_requested" } else { "payment_voided" };
        let event_id = tell(tx, name, &payment, Some(&order), amount);
        let given_up = fact(&payment, PaymentEventKind::Void, PaymentOutcome::Success, amount, event_id);
        payments::record(tx, vec![given_up]).await?;
        Ok((Box::pin(super::refresh(tx, order.id)).await?, false))
    })
    .await
}
