//! Bringing a payment up to what its gateway over the network says: whatever told us to look, however often, in whatever
//! order, the gateway's present state decides, and only the difference to our facts is recorded.

use entity::id::{EventId, OrderId, PaymentId};
use entity::words::{OrderStatus, PaymentEventKind, PaymentOutcome};
use entity::{order, payment, payment_event};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::authorization::RESERVED_FOR;
use super::refund::balance;
use super::{lock_one, refresh};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, Result, Tx};
use crate::payment::gateway::{Intent, IntentStatus};
use crate::payment::sums::Sums;
use crate::payment::{self as payments, NewPaymentEvent};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reconciled {
    /// We knew it all.
    Known,
    /// Facts were recorded.
    Changed,
    /// It speaks of other money than the payment: nothing was recorded, staff are told.
    Mismatch,
}

/// A payment with the order it pays, locked: the order first. Error: `NOT_FOUND`; a payment that is being handed over to
/// its order is a lost race.
pub(super) async fn lock_payment(tx: &Tx, id: PaymentId) -> Result<(payment::Model, Option<order::Model>)> {
    let seen = payments::query::by_id(tx, id).await?.ok_or(Error::not_found("payment"))?;
    let order = match seen.order_id {
        Some(order_id) => Some(lock_one(tx, order_id).await?),
        None => None,
    };
    let locked = payment::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?;
    let locked = locked.ok_or(Error::not_found("payment"))?;
    if locked.order_id == seen.order_id { Ok((locked, order)) } else { Err(Error::Conflict("payment")) }
}

/// Records what the gateway's state says beyond our facts. Errors: `NOT_FOUND`.
pub(crate) async fn reconcile(tx: &Tx, id: PaymentId, intent: &Intent) -> Result<Reconciled> {
    let (payment, order) = lock_payment(tx, id).await?;
    if !is_about(intent, &payment) {
        tell(tx, "payment_mismatch", &payment, order.as_ref(), intent.amount);
        return Ok(Reconciled::Mismatch);
    }
    remember(tx, &payment, intent).await?;
    let known = payments::query::events(tx, &[id]).await?;
    let sums = Sums::of(&known);
    let facts = difference(&payment, &sums, intent);
    if facts.is_empty() {
        return nothing_came(tx, (&payment, order.as_ref()), &known, intent).await;
    }
    let facts = facts.into_iter().map(|(kind, name, amount)| {
        let event_id = tell(tx, name, &payment, order.as_ref(), amount);
        fact(&payment, kind, PaymentOutcome::Success, amount, event_id)
    });
    payments::record_told(tx, facts.collect()).await?;
    if let Some(order) = order {
        // What pays an order that is there already is not kept waiting.
        let is_new = sums.authorized == 0 && intent.capturable == payment.amount && payment.cart_id.is_none();
        // What secures goods that shall come back stays reserved until they do.
        if is_new && (!payments::is_guarantee(&payment) || order.status == OrderStatus::Canceled) {
            take(tx, &payment, &order).await?;
        }
        Box::pin(refresh(tx, order.id)).await?;
    }
    Ok(Reconciled::Changed)
}

/// Asks for as much of what was just reserved as the order still costs, and gives up the rest: meanwhile it may have been
/// paid by other means, or have become cheaper.
async fn take(tx: &Tx, payment: &payment::Model, order: &order::Model) -> Result<()> {
    let left = balance(tx, order).await?.left() + payment.amount;
    let wanted = left.clamp(0, payment.amount);
    let steps = [
        (PaymentEventKind::Capture, "payment_capture_requested", wanted),
        (PaymentEventKind::Void, "payment_void_requested", payment.amount - wanted),
    ];
    let asked = steps.into_iter().filter(|(.., amount)| *amount > 0).map(|(kind, name, amount)| {
        let event_id = tell(tx, name, payment, Some(order), amount);
        fact(payment, kind, PaymentOutcome::Pending, amount, event_id)
    });
    payments::record(tx, asked.collect()).await?;
    Ok(())
}

/// Nothing is new, but that an order will not be paid by an intent that was given up before anybody agreed: noted once.
async fn nothing_came(
    tx: &Tx,
    (payment, order): (&payment::Model, Option<&order::Model>),
    known: &[payment_event::Model],
    intent: &Intent,
) -> Result<Reconciled> {
    let is_asked = |fact: &payment_event::Model| fact.outcome == PaymentOutcome::Pending;
    let is_over = order.is_none() || payment.cart_id.is_some() || !known.iter().all(is_asked);
    if intent.status != IntentStatus::Canceled || is_over {
        return Ok(Reconciled::Known);
    }
    let event_id = tell(tx, "payment_given_up", payment, order, payment.amount);
    let failed = fact(payment, PaymentEventKind::Authorize, PaymentOutcome::Failure, payment.amount, event_id);
    payments::record_told(tx, vec![NewPaymentEvent { error_code: Some("canceled".to_owned()), ..failed }]).await?;
    Ok(Reconciled::Changed)
}

/// Whether an intent is the one of a payment, for its money.
fn is_about(intent: &Intent, payment: &payment::Model) -> bool {
    intent.payment_id.is_none_or(|id| id == payment.id.uuid())
        && payment.reference.as_ref().is_none_or(|reference| *reference == intent.reference)
        && (intent.payment_id.is_some() || payment.reference.is_some())
        && intent.amount == payment.amount
        && intent.currency == payment.currency
}

/// Keeps the gateway's name of the payment and until when it can be taken.
async fn remember(tx: &Tx, payment: &payment::Model, intent: &Intent) -> Result<()> {
    let told = intent.authorized_until.filter(|until| *until > tx.now()).or(payment.authorized_until);
    // A card is reserved for a week where its bank says nothing else.
    let is_guarantee = payments::is_guarantee(payment) && intent.status == IntentStatus::Authorized;
    let until = told.or(is_guarantee.then(|| tx.now() + RESERVED_FOR));
    if payment.reference.is_some() && until == payment.authorized_until {
        return Ok(());
    }
    payment::Entity::update_many()
        .col_expr(payment::Column::Reference, Expr::value(intent.reference.clone()))
        .col_expr(payment::Column::AuthorizedUntil, Expr::value(until))
        .filter(payment::Column::Id.eq(payment.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Kinds of facts that are missing, the events that tell them, and their amounts. Pure.
fn difference(payment: &payment::Model, sums: &Sums, intent: &Intent) -> Vec<(PaymentEventKind, &'static str, i64)> {
    let mut facts = Vec::new();
    let mut sums = *sums;
    let (is_reserved, capturable) = match intent.status {
        // An answer may be older than what we know.
        IntentStatus::Waiting => return facts,
        IntentStatus::Authorized | IntentStatus::Captured => (true, intent.capturable),
        IntentStatus::Canceled => (false, 0),
    };
    if is_reserved && sums.authorized == 0 {
        sums.authorized = payment.amount;
        facts.push((PaymentEventKind::Authorize, "payment_authorized", payment.amount));
    }
    let taken = intent.captured.min(sums.authorized - sums.voided) - sums.captured;
    if taken > 0 {
        sums.captured += taken;
        facts.push((PaymentEventKind::Capture, "payment_captured", taken));
    }
    let gone = sums.authorized - sums.voided - sums.captured - capturable;
    if gone > 0 {
        facts.push((PaymentEventKind::Void, "payment_voided", gone));
    }
    facts
}

/// Tells something of a payment, under its order or, before there is one, its cart.
pub(super) fn tell(
    tx: &Tx,
    name: &'static str,
    payment: &payment::Model,
    order: Option<&order::Model>,
    amount: i64,
) -> EventId {
    let payload = json!({
        "payment_id": payment.id,
        "gateway": payment.gateway,
        "amount": amount,
        "currency": payment.currency,
    });
    let event = match (order, payment.cart_id) {
        (Some(order), _) => NewEvent::new(name, "order", order.id.uuid()).customer(order.customer_id),
        (None, Some(cart)) => NewEvent::new(name, "cart", cart.uuid()),
        (None, None) => NewEvent::new(name, "payment", payment.id.uuid()),
    };
    tx.event(event.payload(payload))
}

/// A fact about a payment.
pub(super) fn fact(
    payment: &payment::Model,
    kind: PaymentEventKind,
    outcome: PaymentOutcome,
    amount: i64,
    event_id: EventId,
) -> NewPaymentEvent {
    NewPaymentEvent::of((payment.id, payment.gateway), (kind, outcome), amount, event_id)
}

/// The payments of an order with their facts.
pub(super) async fn books(
    tx: &Tx,
    orders: &[OrderId],
) -> Result<(Vec<payment::Model>, Vec<entity::payment_event::Model>)> {
    let payments = payments::query::of_orders(tx, orders).await?;
    let ids: Vec<PaymentId> = payments.iter().map(|payment| payment.id).collect();
    let events = payments::query::events(tx, &ids).await?;
    Ok((payments, events))
}
