//! Payments of carts by gateways over the network: started, looked at before the order is placed, and given up when it is
//! not. No call happens inside a transaction.

use chrono::TimeDelta;
use entity::id::{CartId, PaymentId};
use entity::money::Money;
use entity::payment::{self, Column, Entity};
use entity::words::{CartStatus, Gateway, PaymentEventKind, PaymentOutcome};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use crate::cart as carts;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Result};
use crate::order::reconcile::reconcile;
use crate::payment::gateway::{self, GatewayError, Intent, IntentRequest, IntentStatus};
use crate::payment::sums::Sums;
use crate::payment::task;
use crate::payment::{self as payments, NewPaymentEvent};

/// How long the buyer may take; what is reserved for a cart that was left is given up then.
pub(super) const TIME_TO_PAY: TimeDelta = TimeDelta::hours(2);

/// Starts the intent of a payment that was written before, or finds the one that was started, and keeps its name. The same
/// payment always has the same key, so a call whose answer got lost starts nothing twice. Errors: `PAYMENT_DECLINED`,
/// `PAYMENT_UNAVAILABLE` when the gateway gives no answer, `GATEWAY_UNAVAILABLE`.
pub(super) async fn start(ctx: &Ctx, payment: &payment::Model) -> Result<Intent> {
    let gateway = gateway::network(ctx, payment.gateway)?;
    let answer = match &payment.reference {
        Some(reference) => gateway.retrieve(reference).await,
        None => {
            let amount = Money::new(payment.amount, payment.currency);
            let (payment_id, key) = (payment.id.uuid(), format!("start:{}", payment.id.uuid()));
            gateway.start(&IntentRequest { payment_id, amount, key }).await
        }
    };
    let intent = answer.map_err(told)?;
    let (id, seen) = (payment.id, &intent);
    ctx.write(|tx| async move { Box::pin(reconcile(&tx, id, seen)).await }).await?;
    Ok(intent)
}

/// Gives up the intent of a payment that nobody agreed to yet, so that nobody agrees to it any more. When the buyer was
/// faster, what was reserved stays as it is. Errors: as [`start`].
pub(super) async fn give_up_intent(ctx: &Ctx, payment: &payment::Model) -> Result<()> {
    // An answer may have got lost: asked again with the same key, the gateway tells its name for it.
    let intent = start(ctx, payment).await?;
    if intent.status != IntentStatus::Waiting {
        return Ok(());
    }
    let gateway = gateway::network(ctx, payment.gateway)?;
    let intent = match gateway.void(&intent.reference, &format!("give-up:{}", payment.id.uuid())).await {
        Err(GatewayError::Declined(_) | GatewayError::Permanent(_)) => gateway.retrieve(&intent.reference).await,
        answer => answer,
    };
    let (id, seen) = (payment.id, &intent.map_err(told)?);
    ctx.write(|tx| async move { Box::pin(reconcile(&tx, id, seen)).await }).await?;
    Ok(())
}

fn told(error: GatewayError) -> Error {
    match error {
        GatewayError::Declined(reason) => Error::PaymentDeclined { reason },
        GatewayError::Temporary(_) | GatewayError::Permanent(_) => {
            Error::invalid(ErrorCode::PaymentUnavailable, "payments")
        }
    }
}

/// Looks at what gateways say of the payments that were started for a cart, and records it. Without gateways over the
/// network no statement. Error: `PAYMENT_UNAVAILABLE`.
pub(super) async fn verify(ctx: &Ctx, cart: CartId) -> Result<()> {
    if ctx.services.gateways.is_empty() {
        return Ok(());
    }
    let waiting = payments::query::waiting_for_cart(&ctx.db(), cart).await?;
    for payment in waiting.iter().filter(|payment| task::is_network(payment.gateway)) {
        if payment.reference.is_some() {
            start(ctx, payment).await?;
        }
    }
    Ok(())
}

/// Whether an order that is not placed for this reason will not be placed with the same money.
pub(super) fn ends_it(error: &Error) -> bool {
    matches!(
        error,
        Error::PriceChanged { .. }
            | Error::InsufficientStock { .. }
            | Error::Several(_)
            | Error::PaymentDeclined { .. }
    ) || error.code() == ErrorCode::PaymentMismatch
}

/// Gives up what gateways over the network reserve for a cart that did not become an order. A cart that meanwhile did
/// keeps it.
pub(super) async fn give_up(ctx: &Ctx, cart: CartId) -> Result<()> {
    if ctx.services.gateways.is_empty() {
        return Ok(());
    }
    ctx.write(|tx| async move {
        let tx = &tx;
        let cart = carts::lock::lock(tx, cart).await?;
        if cart.status == CartStatus::Completed {
            return Ok(());
        }
        let mut waiting = payments::query::waiting_for_cart(tx, cart.id).await?;
        waiting.retain(|payment| task::is_network(payment.gateway));
        let ids: Vec<PaymentId> = waiting.iter().map(|payment| payment.id).collect();
        let events = payments::query::events(tx, &ids).await?;
        let mut facts = Vec::new();
        for payment in &waiting {
            let mine: Vec<_> = events.iter().filter(|event| event.payment_id == payment.id).collect();
            let sums = Sums::of(mine.iter().copied());
            let left = sums.authorized - sums.voided - sums.captured - task::open(mine, PaymentEventKind::Void);
            if left <= 0 {
                continue;
            }
            let payload = json!({ "payment_id": payment.id, "amount": left, "currency": payment.currency });
            let event = NewEvent::new("payment_void_requested", "cart", cart.id.uuid()).customer(cart.customer_id);
            let asked = (PaymentEventKind::Void, PaymentOutcome::Pending);
            let event_id = tx.event(event.payload(payload));
            facts.push(NewPaymentEvent::of((payment.id, payment.gateway), asked, left, event_id));
        }
        if !facts.is_empty() {
            payments::record(tx, facts).await?;
        }
        Ok(())
    })
    .await
}

/// Gives up what is reserved for carts that were left. Run by a schedule; returns how many payments it dealt with.
pub async fn give_up_left(ctx: &Ctx) -> Result<u64> {
    let left = Entity::find()
        .filter(Column::DueAt.lte(ctx.now()))
        .filter(Column::OrderId.is_null())
        .filter(Column::Gateway.eq(Gateway::Stripe))
        .limit(200)
        .all(&ctx.db())
        .await?;
    let mut done = 0;
    for payment in left {
        if let Some(cart) = payment.cart_id {
            give_up(ctx, cart).await?;
        }
        let id = payment.id;
        ctx.write(|tx| async move {
            Entity::update_many()
                .col_expr(Column::DueAt, Expr::value(None::<chrono::DateTime<chrono::Utc>>))
                .filter(Column::Id.eq(id))
                .filter(Column::OrderId.is_null())
                .exec(&tx)
                .await?;
            Ok(())
        })
        .await?;
        done += 1;
    }
    Ok(done)
}
