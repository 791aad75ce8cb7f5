//! Asking for the money before the order: stock is held meanwhile, and the order captures what was authorized.

use chrono::TimeDelta;
use entity::id::{CartId, PaymentId};
use entity::money::Money;
use entity::words::{CartStatus, Gateway, PaymentEventKind, PaymentOutcome, TestOutcome};
use entity::{cart, payment};
use serde_json::json;

use super::complete_cart::check_total;
use super::network_payment;
use crate::cart::view::{self, PricedCart};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};
use crate::payment::gateway;
use crate::payment::record::{self, PaidFor};
use crate::payment::task;
use crate::payment::tender::{self, TenderInput};
use crate::{cart as carts, inventory, payment as payments};

/// What a buyer starts to pay.
#[derive(Clone, Debug, serde::Serialize)]
pub struct StartPayment {
    /// Which cart.
    pub cart_id: CartId,
    /// The total that the buyer saw.
    pub expected_total: Money,
    /// Who moves the money; the test gateway, or one over the network.
    pub gateway: Gateway,
    /// Script of the test gateway.
    pub test_outcome: TestOutcome,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A payment that was started.
#[derive(Debug)]
pub struct StartedPayment {
    /// The payment, authorized or pending.
    pub payment: payment::Model,
    /// Whether the key was used before.
    pub replayed: bool,
    /// What the buyer's browser needs to pay at a gateway over the network.
    pub client_secret: Option<String>,
}

/// Holds the cart's stock for the channel's time and authorizes its total. A decline is kept as a fact and returned as
/// the error. A gateway over the network is asked after that, outside of the transaction; its money is authorized when the
/// buyer has agreed, which completing the cart looks at. Errors: like completing the cart, `PAYMENT_UNAVAILABLE` when the
/// gateway gives no answer, and `GATEWAY_UNAVAILABLE` for gateways that are paid at the order.
pub async fn start_payment(ctx: &Ctx, input: StartPayment) -> Result<StartedPayment> {
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let (input, key, hash) = (&input, &key, &hash);
    let (started, declined) = ctx
        .write(|tx| async move {
            let tx = &tx;
            let cart = carts::authorize::lock_mine(tx, input.cart_id).await?;
            let payment_id = tx.new_uuid();
            let owner = format!("CART:{}", cart.id.uuid());
            let claim = idempotency::claim_as(tx, &owner, "cartPaymentStart", key, hash, payment_id).await?;
            if let Claim::Replayed(id) = claim {
                let found = payments::query::by_id(tx, PaymentId(id)).await?;
                let payment = found.ok_or(Error::not_found("payment"))?;
                let started = StartedPayment { payment, replayed: true, client_secret: None };
                return Ok((started, decline_before(tx, id).await?));
            }
            start(tx, cart, input, PaymentId(payment_id)).await
        })
        .await?;
    if let Some(declined) = declined {
        return Err(declined);
    }
    if task::is_network(started.payment.gateway) && started.payment.order_id.is_none() {
        let intent = network_payment::start(ctx, &started.payment).await?;
        return Ok(StartedPayment { client_secret: intent.client_secret, ..started });
    }
    Ok(started)
}

async fn start(
    tx: &Tx,
    cart: cart::Model,
    input: &StartPayment,
    id: PaymentId,
) -> Result<(StartedPayment, Option<Error>)> {
    if !matches!(cart.status, CartStatus::Active) {
        return Err(Error::invalid(ErrorCode::CartClosed, "input.cartId"));
    }
    let (priced, _) = view::price_whole(tx, &cart, tx.now(), None).await?;
    view::blocking(&cart, &priced)?;
    let total = Money::new(priced.totals.total, cart.currency);
    check_total(input.expected_total, total)?;
    let channel = &priced.channel;
    if task::is_network(input.gateway) {
        gateway::network(tx.ctx(), input.gateway)?;
    } else {
        gateway::check_offered(input.gateway, channel.kind, tx.ctx().services.settings.development)?;
        if input.gateway != Gateway::Test {
            return Err(Error::invalid(ErrorCode::GatewayUnavailable, "input.gateway"));
        }
    }
    hold(tx, &cart, &priced, channel.hold_minutes).await?;
    authorize(tx, &cart, input, total, id)
}

/// The decline that this payment met when it was started.
async fn decline_before(tx: &Tx, id: uuid::Uuid) -> Result<Option<Error>> {
    let events = payments::query::events(tx, &[PaymentId(id)]).await?;
    let failed = events.iter().find(|event| event.outcome == PaymentOutcome::Failure);
    Ok(failed.map(|event| Error::PaymentDeclined { reason: event.error_code.clone().unwrap_or_default() }))
}

/// Holds what is shipped or collected; what is carried out is in the customer's hand.
async fn hold(tx: &Tx, cart: &cart::Model, priced: &PricedCart, minutes: i32) -> Result<()> {
    let wanted: Vec<_> = priced.lines.iter().map(|line| (line.variant.id, line.line.quantity)).collect();
    let expires_at = tx.now() + TimeDelta::minutes(i64::from(minutes));
    inventory::hold::place(tx, cart.id, cart.channel_id, &wanted, expires_at).await?;
    Ok(())
}

fn authorize(
    tx: &Tx,
    cart: &cart::Model,
    input: &StartPayment,
    total: Money,
    id: PaymentId,
) -> Result<(StartedPayment, Option<Error>)> {
    let tender = TenderInput {
        gateway: input.gateway,
        amount: None,
        tendered: None,
        reference: None,
        test_outcome: input.test_outcome,
        code: None,
        method: None,
    };
    let tenders = tender::settle(&[tender], total)?;
    let charged = if input.gateway == Gateway::Stripe {
        Ok(Vec::new())
    } else {
        gateway::charge(input.gateway, input.test_outcome)
    };
    let (outcome, declined) = match charged {
        Ok(_) if task::is_network(input.gateway) => (PaymentOutcome::Pending, None),
        Ok(_) if input.test_outcome == TestOutcome::PendingThenApprove => (PaymentOutcome::Pending, None),
        Ok(_) => (PaymentOutcome::Success, None),
        Err(error) => (PaymentOutcome::Failure, Some(error)),
    };
    let kind = match (&declined, outcome) {
        (Some(_), _) => "payment_declined",
        (None, PaymentOutcome::Success) => "payment_authorized",
        (None, PaymentOutcome::Pending | PaymentOutcome::Failure) => "payment_started",
    };
    let payload = json!({ "payment_id": id, "amount": total.minor, "currency": total.currency });
    let event = NewEvent::new(kind, "cart", cart.id.uuid()).customer(cart.customer_id).payload(payload);
    let event_id = tx.event(event);
    let paid_for = PaidFor {
        order_id: None,
        cart_id: Some(cart.id),
        currency: cart.currency,
        event_id,
        first_id: Some(id),
        register_session_id: None,
    };
    let charges: Vec<_> =
        tenders.into_iter().map(|tender| (tender, vec![(PaymentEventKind::Authorize, outcome)])).collect();
    let payments = record::open(tx, paid_for, &charges, |payment| {
        payment.due_at = task::is_network(payment.gateway).then(|| tx.now() + network_payment::TIME_TO_PAY);
    });
    // A cart that costs nothing has nothing to authorize.
    let payment = payments.into_iter().next();
    let payment = payment.ok_or_else(|| Error::invalid(ErrorCode::PaymentMismatch, "input.expectedTotal"))?;
    Ok((StartedPayment { payment, replayed: false, client_secret: None }, declined))
}
