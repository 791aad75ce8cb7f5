//! What becomes of a refund's parts after the decision: handed out, refused, tried again.

use entity::id::{OrderId, PaymentId, RefundId, RegisterId, RegisterSessionId};
use entity::words::{Gateway, PaymentEventKind, PaymentOutcome, RefundDestination};
use entity::{order, refund, register};
use sea_orm::EntityTrait;
use serde_json::json;

use super::events;
use super::execute::{self, Sent, Way};
use crate::drawer;
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Scope, Tx, text};
use crate::order::access::lock_permitted;
use crate::order::gateway_news::settle_lost;
use crate::payment::refundable::{self, PartState, RefundPart};
use crate::payment::{self as payments, NewPaymentEvent};

/// What staff confirm.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ConfirmRefund {
    /// Which refund.
    pub refund_id: RefundId,
    /// Only the part that goes back to this payment; every part that waits when `None`.
    pub payment_id: Option<PaymentId>,
    /// What the terminal or the bank calls it; of a failure, why.
    pub reference: Option<String>,
    /// The till whose drawer pays cash out; the one that staff are signed in at when `None`.
    pub register_id: Option<RegisterId>,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Records that the money of a refund was handed out, keyed into the terminal or transferred. Errors: `FORBIDDEN`
/// without `refunds.issue`, `NOT_FOUND`, `INVALID_TRANSITION` when no part of it waits, `REGISTER_SESSION_REQUIRED` for
/// cash outside of an open session of a till, `INSUFFICIENT_CASH`, `INVALID_AMOUNT` for money that a bank took back or
/// holds back because of a dispute, `IDEMPOTENCY_KEY_REUSED`.
/// Returns the order and whether the key was used before.
pub async fn confirm_refund(ctx: &Ctx, input: ConfirmRefund) -> Result<(order::Model, bool)> {
    change(ctx, input, Step { operation: "refundConfirm", action: "CONFIRM", from: PartState::Waiting }).await
}

/// Records that a part of a refund could not be handed out: the money stays set aside until somebody tries again.
/// `reference` says why. Errors as [`confirm_refund`].
pub async fn fail_refund(ctx: &Ctx, input: ConfirmRefund) -> Result<(order::Model, bool)> {
    change(ctx, input, Step { operation: "refundFail", action: "FAIL", from: PartState::Waiting }).await
}

/// Tries the parts of a refund again that failed: the test gateway pays at once, the others wait again. Errors as
/// [`confirm_refund`].
pub async fn retry_refund(ctx: &Ctx, input: ConfirmRefund) -> Result<(order::Model, bool)> {
    change(ctx, input, Step { operation: "refundRetry", action: "RETRY", from: PartState::Failed }).await
}

/// One step of the parts of a refund.
#[derive(Clone, Copy)]
struct Step {
    operation: &'static str,
    action: &'static str,
    from: PartState,
}

async fn change(ctx: &Ctx, input: ConfirmRefund, step: Step) -> Result<(order::Model, bool)> {
    let scope = &ctx.require(Permission::RefundsIssue)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let reference = input.reference.as_deref().map(|it| text::line("input.reference", it, 100)).transpose()?;
    let reference = reference.filter(|reference| !reference.is_empty());
    let (input, key, hash, reference) = (&input, &key, &hash, &reference);
    ctx.write(|tx| async move {
        let tx = &tx;
        let refund = refund::Entity::find_by_id(input.refund_id).one(tx).await?.ok_or(Error::not_found("refund"))?;
        let order = lock_order(tx, refund.order_id).await?;
        let claim = idempotency::claim(tx, step.operation, key, hash, order.id.uuid()).await?;
        if let Claim::Replayed(_) = claim {
            return Ok((order, true));
        }
        let mut parts = refundable::parts(&events(tx, &[refund.id]).await?);
        parts.retain(|it| it.state == step.from && input.payment_id.is_none_or(|only| only == it.payment_id));
        if parts.is_empty() {
            return Err(Error::InvalidTransition {
                machine: "refund",
                from: if step.from == PartState::Failed { "NOT_FAILED" } else { "EXECUTED" }.to_owned(),
                action: step.action.to_owned(),
                allowed: Vec::new(),
            });
        }
        match step.action {
            "CONFIRM" => {
                let session = session(tx, scope, input.register_id, &parts).await?;
                confirm(tx, (&order, &refund), &parts, session, reference.as_deref()).await?;
            }
            "FAIL" => fail(tx, &order, &refund, &parts, reference.as_deref()).await?,
            _ => retry(tx, &order, &refund, &parts).await?,
        }
        Ok((crate::order::refresh(tx, order.id).await?, false))
    })
    .await
}

async fn lock_order(tx: &Tx, id: OrderId) -> Result<order::Model> {
    let order = lock_permitted(tx, id, Permission::RefundsIssue).await;
    order.map_err(|error| if error.code() == ErrorCode::NotFound { Error::not_found("refund") } else { error })
}

/// The open session that pays cash out; none when no part is cash. Errors: `REGISTER_SESSION_REQUIRED`, `NOT_FOUND`.
async fn session(
    tx: &Tx,
    scope: &Scope,
    named: Option<RegisterId>,
    parts: &[RefundPart],
) -> Result<Option<RegisterSessionId>> {
    let is_cash = |part: &RefundPart| part.gateway == Gateway::Cash && part.destination == RefundDestination::Original;
    if !parts.iter().any(is_cash) {
        return Ok(None);
    }
    open_session(tx, scope, named).await.map(Some)
}

/// The open session of a till, the one that staff are signed in at when none is named.
/// Errors: `REGISTER_SESSION_REQUIRED`, `NOT_FOUND`.
pub(crate) async fn open_session(tx: &Tx, scope: &Scope, named: Option<RegisterId>) -> Result<RegisterSessionId> {
    let required = || Error::invalid(ErrorCode::RegisterSessionRequired, "input.registerId");
    let id = tx.ctx().actor.till().map(|till| till.register_id).or(named).ok_or_else(required)?;
    let till = register::Entity::find_by_id(id).one(tx).await?;
    if !till.is_some_and(|till| scope.allows_location(till.location_id)) {
        return Err(Error::not_found("register"));
    }
    Ok(drawer::current(tx, id).await?.ok_or_else(required)?.id)
}

/// Records that parts were handed out. The order is locked.
async fn confirm(
    tx: &Tx,
    (order, refund): (&order::Model, &refund::Model),
    parts: &[RefundPart],
    session: Option<RegisterSessionId>,
    reference: Option<&str>,
) -> Result<()> {
    let amount: i64 = parts.iter().map(|it| it.amount).sum();
    let event_id = execute::tell_executed(tx, order, refund, amount);
    for part in parts {
        let known = payments::query::events(tx, &[part.payment_id]).await?;
        if refundable::left(&known, part.payment_id) < part.amount {
            // The bank took it back, or holds it: handed out as well it would be lost.
            return Err(Error::invalid(ErrorCode::InvalidAmount, "input.refundId"));
        }
        let way = Way { refund_id: refund.id, destination: part.destination, session, event_id };
        execute::hand_out(tx, order, &[sent(tx, part).await?], way).await?;
        let fact = NewPaymentEvent {
            // Unique per gateway: only one part can bear the name.
            gateway_reference: reference.filter(|_| parts.len() == 1).map(str::to_owned),
            ..fact_of(part, PaymentOutcome::Success, event_id)
        };
        payments::record::record_refund(tx, (refund.id, part.destination), vec![fact]).await?;
    }
    Ok(())
}

/// Records that parts could not be handed out. The order is locked.
pub(crate) async fn fail(
    tx: &Tx,
    order: &order::Model,
    refund: &refund::Model,
    parts: &[RefundPart],
    why: Option<&str>,
) -> Result<()> {
    let amount: i64 = parts.iter().map(|it| it.amount).sum();
    let event = NewEvent::new("refund_failed", "order", order.id.uuid()).customer(order.customer_id).payload(json!({
        "order_id": order.id, "refund_id": refund.id, "amount": amount, "currency": refund.currency, "error": why,
    }));
    let event_id = tx.event(event);
    for part in parts {
        let fact = NewPaymentEvent {
            error_code: Some(why.unwrap_or("refused").to_owned()),
            ..fact_of(part, PaymentOutcome::Failure, event_id)
        };
        payments::record::record_refund(tx, (refund.id, part.destination), vec![fact]).await?;
        let payment = payments::query::by_id(tx, part.payment_id).await?.ok_or(Error::not_found("payment"))?;
        settle_lost(tx, &payment, order, (PaymentOutcome::Failure, part.amount)).await?;
    }
    Ok(())
}

async fn retry(tx: &Tx, order: &order::Model, refund: &refund::Model, parts: &[RefundPart]) -> Result<()> {
    let amount: i64 = parts.iter().map(|it| it.amount).sum();
    let event = NewEvent::new("refund_retried", "order", order.id.uuid()).customer(order.customer_id).payload(json!({
        "order_id": order.id, "refund_id": refund.id, "amount": amount, "currency": refund.currency,
    }));
    let event_id = tx.event(event);
    for part in parts {
        let way = Way { refund_id: refund.id, destination: part.destination, session: None, event_id };
        let outcome = execute::outcome(part.gateway, &way);
        if outcome == PaymentOutcome::Success {
            execute::hand_out(tx, order, &[sent(tx, part).await?], way).await?;
            execute::tell_executed(tx, order, refund, part.amount);
        }
        // It waits again, and the test gateway answers at once.
        let outcomes =
            [PaymentOutcome::Pending].into_iter().chain((outcome == PaymentOutcome::Success).then_some(outcome));
        let facts = outcomes.map(|outcome| fact_of(part, outcome, event_id)).collect();
        payments::record::record_refund(tx, (refund.id, part.destination), facts).await?;
    }
    Ok(())
}

async fn sent(tx: &Tx, part: &RefundPart) -> Result<Sent> {
    let payment = payments::query::by_id(tx, part.payment_id).await?.ok_or(Error::not_found("payment"))?;
    let account = payment.stored_value_account_id;
    Ok(Sent {
        payment_id: part.payment_id,
        gateway: part.gateway,
        account,
        amount: part.amount,
        destination: part.destination,
    })
}

fn fact_of(part: &RefundPart, outcome: PaymentOutcome, event_id: entity::id::EventId) -> NewPaymentEvent {
    let refund = (PaymentEventKind::Refund, outcome);
    NewPaymentEvent::of((part.payment_id, part.gateway), refund, part.amount, event_id)
}
