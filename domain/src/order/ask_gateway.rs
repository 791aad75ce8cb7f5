//! Asking a gateway over the network for what was decided, outside of transactions, and recording what it answers.
//!
//! A job that dies after the gateway did its part runs again with the same key, so that nothing is done twice; jobs of one
//! payment run one at a time.

use std::sync::Arc;

use entity::id::{EventId, GatewayEventId, PaymentId, RefundId};
use entity::money::Money;
use entity::payment;
use entity::words::{PaymentEventKind, PaymentOutcome, RefundDestination};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::capture_due::is_over;
use super::reconcile::{Reconciled, fact, lock_payment, reconcile, tell};
use super::{gateway_news, refresh};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, Result, Tx};
use crate::payment::gateway::{self, GatewayError, Intent, NetworkGateway, SentBack};
use crate::payment::refundable;
use crate::payment::sums::Sums;
use crate::payment::task::{self, Ask, GatewayTask};
use crate::payment::{self as payments, NewPaymentEvent};

/// Who could not be reached.
const PROVIDER: &str = "payment gateway";

/// Does one task; `is_again` when it was tried before, so that the gateway may have done it. Errors: what makes sense to
/// try again, such as a gateway that gives no answer.
pub async fn run(ctx: &Ctx, task: &GatewayTask, is_again: bool) -> Result<()> {
    let payment = payments::query::by_id(&ctx.db(), task.payment_id).await?.ok_or(Error::not_found("payment"))?;
    let gateway = gateway::network(ctx, payment.gateway)?;
    match &task.ask {
        Ask::Capture { amount, event_id } => capture(ctx, gateway, payment, *amount, *event_id).await,
        Ask::Void { event_id } => void(ctx, gateway, payment, *event_id).await,
        Ask::Refund { refund_id } => refund(ctx, gateway, payment, (*refund_id, is_again)).await,
        Ask::Look { gateway_event_id } => look(ctx, gateway, payment, *gateway_event_id).await,
    }
}

/// A gateway that gives no answer: the job runs again.
fn silent(error: &GatewayError) -> Error {
    Error::Provider { provider: PROVIDER, detail: error.to_string() }
}

async fn sums(ctx: &Ctx, id: PaymentId) -> Result<(Sums, i64, i64)> {
    let events = payments::query::events(&ctx.db(), &[id]).await?;
    let (captures, voids) = (PaymentEventKind::Capture, PaymentEventKind::Void);
    Ok((Sums::of(&events), task::open(&events, captures), task::open(&events, voids)))
}

/// Takes money that is still wanted and still reserved.
async fn capture(
    ctx: &Ctx,
    gateway: Arc<dyn NetworkGateway>,
    payment: payment::Model,
    wanted: i64,
    event_id: EventId,
) -> Result<()> {
    let Some(reference) = payment.reference.clone() else { return Ok(()) };
    let (sums, open, giving_up) = sums(ctx, payment.id).await?;
    // What is being given up is not taken, whichever of the two is asked for first.
    let left = sums.authorized - sums.voided - sums.captured - giving_up;
    let amount = wanted.min(open).min(left);
    if amount <= 0 {
        return Ok(());
    }
    let is_last = amount == left
        || match payment.order_id {
            Some(order) => is_over(&ctx.db(), order).await?,
            None => true,
        };
    let key = format!("capture:{}:{}", payment.id.uuid(), event_id.uuid());
    match gateway.capture(&reference, Money::new(amount, payment.currency), is_last, &key).await {
        Ok(intent) => settle(ctx, payment.id, &intent).await.map(|_| ()),
        Err(error @ GatewayError::Temporary(_)) => Err(silent(&error)),
        Err(GatewayError::Declined(reason) | GatewayError::Permanent(reason)) => {
            // It may have been taken by hand, or be gone: what is there decides.
            let intent = gateway.retrieve(&reference).await.map_err(|error| silent(&error))?;
            if settle(ctx, payment.id, &intent).await? == Reconciled::Known {
                failed(ctx, payment.id, amount, &reason).await?;
            }
            Ok(())
        }
    }
}

/// Gives up what is reserved; a part is given up by the last capture.
async fn void(ctx: &Ctx, gateway: Arc<dyn NetworkGateway>, payment: payment::Model, event_id: EventId) -> Result<()> {
    let Some(reference) = payment.reference.clone() else { return Ok(()) };
    let (sums, _, giving_up) = sums(ctx, payment.id).await?;
    let left = sums.authorized - sums.voided - sums.captured;
    if left <= 0 || giving_up < left {
        return Ok(());
    }
    let key = format!("void:{}:{}", payment.id.uuid(), event_id.uuid());
    let intent = match gateway.void(&reference, &key).await {
        Ok(intent) => intent,
        Err(error @ GatewayError::Temporary(_)) => return Err(silent(&error)),
        Err(_) => gateway.retrieve(&reference).await.map_err(|error| silent(&error))?,
    };
    settle(ctx, payment.id, &intent).await.map(|_| ())
}

async fn settle(ctx: &Ctx, id: PaymentId, intent: &Intent) -> Result<Reconciled> {
    ctx.write(|tx| async move { Box::pin(reconcile(&tx, id, intent)).await }).await
}

/// The money could not be taken: staff see it, and can ask for another payment.
async fn failed(ctx: &Ctx, id: PaymentId, amount: i64, reason: &str) -> Result<()> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let (payment, order) = lock_payment(tx, id).await?;
        let event_id = tell(tx, "payment_capture_failed", &payment, order.as_ref(), amount);
        let failure = fact(&payment, PaymentEventKind::Capture, PaymentOutcome::Failure, amount, event_id);
        let failure = NewPaymentEvent { error_code: Some(reason.to_owned()), ..failure };
        payments::record_told(tx, vec![failure]).await?;
        match order {
            Some(order) => Box::pin(refresh(tx, order.id)).await.map(|_| ()),
            None => Ok(()),
        }
    })
    .await
}

/// Sends back what waits of a refund to this payment. A try that failed and is tried again has a key of its own.
async fn refund(
    ctx: &Ctx,
    gateway: Arc<dyn NetworkGateway>,
    payment: payment::Model,
    (refund_id, is_again): (RefundId, bool),
) -> Result<()> {
    let Some(reference) = payment.reference.clone() else { return Ok(()) };
    let events = payments::query::events(&ctx.db(), &[payment.id]).await?;
    let waiting = refundable::pending(&events).into_iter().find(|part| part.refund_id == refund_id);
    let Some(amount) = waiting.map(|part| part.amount) else { return Ok(()) };
    if refundable::left(&events, payment.id) < amount && !is_again {
        // The bank took it back, or holds it: paid twice it would be lost. Asked before, only the gateway knows whether it
        // went: the same key asks for nothing new, and what was disputed meanwhile it refuses.
        let (outcome, error_code) = (PaymentOutcome::Failure, Some("charged_back".to_owned()));
        let refused = &SentBack { reference: String::new(), outcome, error_code };
        return ctx.write(|tx| async move { Box::pin(settle_refund(&tx, payment.id, refund_id, refused)).await }).await;
    }
    let of_it = |event: &&entity::payment_event::Model| event.refund_id == Some(refund_id);
    let tries = events.iter().filter(of_it).filter(|event| event.outcome == PaymentOutcome::Failure).count();
    let key = format!("refund:{}:{}:{tries}", refund_id.uuid(), payment.id.uuid());
    let label = refund_id.uuid().to_string();
    let sent = match gateway.refund(&reference, Money::new(amount, payment.currency), &label, &key).await {
        Ok(sent) => sent,
        Err(error @ GatewayError::Temporary(_)) => return Err(silent(&error)),
        Err(GatewayError::Declined(reason) | GatewayError::Permanent(reason)) => {
            SentBack { reference: String::new(), outcome: PaymentOutcome::Failure, error_code: Some(reason) }
        }
    };
    let sent = &sent;
    ctx.write(|tx| async move { Box::pin(settle_refund(&tx, payment.id, refund_id, sent)).await }).await
}

/// Records how a part of a refund ended; what is pending stays so until the gateway tells. What is settled stays.
pub(super) async fn settle_refund(tx: &Tx, id: PaymentId, refund_id: RefundId, sent: &SentBack) -> Result<()> {
    let name = match sent.outcome {
        PaymentOutcome::Pending => return Ok(()),
        PaymentOutcome::Success => "refund_executed",
        PaymentOutcome::Failure => "refund_failed",
    };
    let (payment, order) = lock_payment(tx, id).await?;
    let events = payments::query::events(tx, &[id]).await?;
    let waiting = refundable::pending(&events).into_iter().find(|part| part.refund_id == refund_id);
    let (Some(amount), Some(order)) = (waiting.map(|part| part.amount), order) else { return Ok(()) };
    let event = NewEvent::new(name, "order", order.id.uuid()).customer(order.customer_id).payload(json!({
        "order_id": order.id, "refund_id": refund_id, "payment_id": id, "amount": amount, "currency": payment.currency,
        "error_code": sent.error_code,
    }));
    let outcome = fact(&payment, PaymentEventKind::Refund, sent.outcome, amount, tx.event(event));
    let outcome = NewPaymentEvent {
        gateway_reference: Some(sent.reference.clone()).filter(|reference| !reference.is_empty()),
        error_code: sent.error_code.clone(),
        ..outcome
    };
    payments::record::record_refund(tx, (refund_id, RefundDestination::Original), vec![outcome]).await?;
    gateway_news::settle_lost(tx, &payment, &order, (sent.outcome, amount)).await?;
    Box::pin(refresh(tx, order.id)).await?;
    Ok(())
}

/// Looks at the gateway's state because of news, and does with other news what they say.
async fn look(
    ctx: &Ctx,
    gateway: Arc<dyn NetworkGateway>,
    payment: payment::Model,
    news: Option<GatewayEventId>,
) -> Result<()> {
    let row = match news {
        None => None,
        Some(id) => {
            entity::gateway_event::Entity::find_by_id(id)
                .filter(entity::gateway_event::Column::HandledAt.is_null())
                .one(&ctx.db())
                .await?
        }
    };
    if news.is_some() && row.is_none() {
        return Ok(());
    }
    let notice = row.as_ref().map(gateway_news::notice).transpose()?;
    let reference = payment.reference.clone().or_else(|| notice.as_ref().and_then(|it| it.reference.clone()));
    let Some(reference) = reference else { return Ok(()) };
    let intent = gateway.retrieve(&reference).await.map_err(|error| silent(&error))?;
    let (intent, row, notice) = (&intent, &row, &notice);
    ctx.write(|tx| async move {
        let tx = &tx;
        let seen = Box::pin(reconcile(tx, payment.id, intent)).await?;
        match (row, notice) {
            (Some(row), Some(notice)) => Box::pin(gateway_news::handle(tx, payment.id, row, notice, seen)).await,
            _ => Ok(()),
        }
    })
    .await
}
