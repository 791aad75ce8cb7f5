//! Turning a cart into an order: once, whole, or not at all.

use std::collections::{HashMap, HashSet};

use entity::id::{CartId, CustomerId, OrderId, PaymentId};
use entity::money::Money;
use entity::words::{CartStatus, PaymentEventKind, PaymentOutcome};
use entity::{cart, channel, order, payment};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};

use super::place::{self, Placed, order_token};
use super::placement::{Buyer, Placement};
use super::{network_payment, pay_later};
use crate::cart::view;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};
use crate::payment::gateway::{self, Facts};
use crate::payment::record::NewPaymentEvent;
use crate::payment::stored;
use crate::payment::sums::Sums;
use crate::payment::task;
use crate::payment::tender::{self, Tender, TenderInput};
use crate::stored_value::guess;
use crate::{cart as carts, payment as payments};

/// What a buyer confirms.
#[derive(Clone, Debug, serde::Serialize)]
pub struct CompleteCart {
    /// Which cart.
    pub cart_id: CartId,
    /// The total that the buyer saw; another one is refused.
    pub expected_total: Money,
    /// How it is paid, beside payments that were started before.
    pub payments: Vec<TenderInput>,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A placed order, and the secret by which its buyer reads it.
#[derive(Debug)]
pub struct Completed {
    /// The order.
    pub order: order::Model,
    /// Secret for guests; for mails and `X-Order-Token`.
    pub order_token: String,
    /// Whether the order was there already.
    pub replayed: bool,
}

/// Places the order of a cart. A cart makes one order: asked again, in parallel or later, the same order answers.
///
/// Errors: `NOT_FOUND`, `CART_CLOSED`, `CART_EMPTY`, what [`view::blocking`] finds (contact, address, shipping method,
/// sale), `PRICE_CHANGED`, `INSUFFICIENT_STOCK`, `PAYMENT_MISMATCH`, `PAYMENT_DECLINED`, `IDEMPOTENCY_KEY_REUSED`,
/// and for stored value what [`crate::payment::stored::fill`] finds, `THROTTLED` after too many wrong codes.
pub async fn complete_cart(ctx: &Ctx, input: CompleteCart) -> Result<Completed> {
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let (input, key, hash) = (&input, &key, &hash);
    network_payment::verify(ctx, input.cart_id).await?;
    let guess = guess::begin(ctx, input.payments.iter().filter_map(|tender| tender.code.as_deref())).await?;
    let completing = ctx.write(|tx| async move {
        let tx = &tx;
        let cart = carts::authorize::lock_mine(tx, input.cart_id).await?;
        let before = order_of(tx, &cart).await?;
        let order_id = before.as_ref().map_or_else(|| OrderId(tx.new_uuid()), |order| order.id);
        // The key belongs to the cart, whoever of its holders sends it.
        let owner = format!("CART:{}", cart.id.uuid());
        let claim = idempotency::claim_as(tx, &owner, "cartComplete", key, hash, order_id.uuid()).await?;
        match (before, claim) {
            (Some(order), _) => Ok(completed(tx, order, true)),
            (None, Claim::Fresh) => {
                Ok(completed(tx, place_cart(tx, cart, order_id, (input, Taken::ByBuyer)).await?, false))
            }
            (None, Claim::Replayed(_)) => Err(Error::Bug("a key without its order".to_owned())),
        }
    });
    let completed = completing.await;
    if completed.as_ref().is_err_and(network_payment::ends_it) {
        network_payment::give_up(ctx, input.cart_id).await?;
    }
    guess.settle(ctx, completed).await
}

fn completed(tx: &Tx, order: order::Model, replayed: bool) -> Completed {
    Completed { order_token: order_token(tx, order.id), order, replayed }
}

/// The order that the cart became. Error: `CART_CLOSED` for a cart that was merged away.
pub(crate) async fn order_of(tx: &Tx, cart: &cart::Model) -> Result<Option<order::Model>> {
    match cart.status {
        CartStatus::Active | CartStatus::Parked => Ok(None),
        CartStatus::Merged => Err(Error::invalid(ErrorCode::CartClosed, "input.cartId")),
        CartStatus::Completed => {
            let found = order::Entity::find().filter(order::Column::CartId.eq(cart.id)).one(tx).await?;
            found.map(Some).ok_or_else(|| Error::invalid(ErrorCode::CartClosed, "input.cartId"))
        }
    }
}

/// Who hands the means of payment over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// The buyer, through a storefront.
    ByBuyer,
    /// Staff, who may record what a terminal took.
    AtDesk,
}

/// Places the order of a locked cart. Errors: like [`complete_cart`].
pub(crate) async fn place_cart(
    tx: &Tx,
    cart: cart::Model,
    order_id: OrderId,
    (input, taken): (&CompleteCart, Taken),
) -> Result<order::Model> {
    let (priced, has_payments) = view::price_whole(tx, &cart, tx.now(), None).await?;
    view::blocking(&cart, &priced)?;
    check_total(input.expected_total, Money::new(priced.totals.total, cart.currency))?;
    let started = if has_payments { Started::read(tx, &cart).await? } else { Started::default() };
    let total = Money::new(priced.totals.total - started.sum(), cart.currency);
    let charges = match taken {
        Taken::ByBuyer => charge(tx, &priced.channel, &input.payments, total, cart.customer_id).await?,
        Taken::AtDesk => charge_at_desk(tx, &input.payments, total, cart.customer_id).await?,
    };
    pay_later::check_methods(&charges)?;
    let charges = pay_later::as_channel_takes(&priced.channel, charges);
    let takes_later = pay_later::is_taken_at_dispatch(&priced.channel);
    let placement = Placement {
        charges,
        prior: started.sums(takes_later),
        ..Placement::of(tx, order_id, priced, Buyer::of(&cart, Some(cart.id)), None)
    };
    carts::complete::complete(tx, &cart)?;
    let placed = place::place(tx, placement).await?;
    started.hand_over(tx, &placed, takes_later);
    Ok(placed.order)
}

/// Error: `PRICE_CHANGED` with both totals, `CURRENCY_MISMATCH`.
pub(crate) fn check_total(expected: Money, actual: Money) -> Result<()> {
    if expected.currency != actual.currency {
        return Err(Error::invalid(ErrorCode::CurrencyMismatch, "input.expectedTotal"));
    }
    if expected == actual { Ok(()) } else { Err(Error::PriceChanged { expected, actual }) }
}

/// Asks the gateways for what is left to pay, and finds the accounts of stored value; the order's placement spends them.
/// Errors: `GATEWAY_UNAVAILABLE`, `PAYMENT_MISMATCH`, `PAYMENT_DECLINED`, and those of [`crate::payment::stored::fill`].
pub(crate) async fn charge(
    tx: &Tx,
    channel: &channel::Model,
    inputs: &[TenderInput],
    total: Money,
    customer_id: Option<CustomerId>,
) -> Result<Vec<(Tender, Facts)>> {
    for input in inputs {
        gateway::check_offered(input.gateway, channel.kind, tx.ctx().services.settings.development)?;
    }
    ask(tx, inputs, total, customer_id).await
}

/// Like [`charge`], for staff at a desk.
pub(crate) async fn charge_at_desk(
    tx: &Tx,
    inputs: &[TenderInput],
    total: Money,
    customer_id: Option<CustomerId>,
) -> Result<Vec<(Tender, Facts)>> {
    for input in inputs {
        gateway::check_at_desk(input.gateway, tx.ctx().services.settings.development)?;
    }
    ask(tx, inputs, total, customer_id).await
}

async fn ask(
    tx: &Tx,
    inputs: &[TenderInput],
    total: Money,
    customer_id: Option<CustomerId>,
) -> Result<Vec<(Tender, Facts)>> {
    let (inputs, accounts): (Vec<_>, Vec<_>) = stored::fill(tx, inputs, total, customer_id).await?.into_iter().unzip();
    // Tenders keep their order, and none is left out unless nothing is to be paid.
    tender::settle(&inputs, total)?
        .into_iter()
        .zip(accounts)
        .map(|(tender, account)| Tender { stored_value_account_id: account.map(|account| account.id), ..tender })
        .map(|tender| Ok((gateway::charge(tender.gateway, tender.test_outcome)?, tender)))
        .map(|charged| charged.map(|(facts, tender)| (tender, facts)))
        .collect()
}

/// Payments that were started for the cart and authorized.
#[derive(Default)]
struct Started {
    payments: Vec<payment::Model>,
}

impl Started {
    async fn read(tx: &Tx, cart: &cart::Model) -> Result<Self> {
        let mut payments = payments::query::waiting_for_cart(tx, cart.id).await?;
        if !payments.is_empty() {
            let ids: Vec<PaymentId> = payments.iter().map(|payment| payment.id).collect();
            let events = payments::query::events(tx, &ids).await?;
            let voids = events.iter().filter(|event| event.kind == PaymentEventKind::Void);
            let given_up: HashSet<PaymentId> = voids.map(|event| event.payment_id).collect();
            let sums: HashMap<PaymentId, Sums> = Sums::per_payment(&events);
            payments.retain(|payment| {
                let sums = sums.get(&payment.id).copied().unwrap_or_default();
                let is_given_up = given_up.contains(&payment.id);
                sums.authorized - sums.voided >= payment.amount && !is_given_up
            });
        }
        Ok(Self { payments })
    }

    fn sum(&self) -> i64 {
        self.payments.iter().map(|payment| payment.amount).sum()
    }

    /// What the order may count on: authorized before, captured with the placement unless it is taken later or asked for.
    fn sums(&self, takes_later: bool) -> Sums {
        let at_once = |payment: &&payment::Model| !takes_later && !task::is_network(payment.gateway);
        let captured = self.payments.iter().filter(at_once).map(|payment| payment.amount).sum();
        Sums { authorized: self.sum(), captured, ..Sums::default() }
    }

    /// Captures the payments, unless they are taken as goods leave, and hands them to the order, after its row.
    fn hand_over(self, tx: &Tx, placed: &Placed, takes_later: bool) {
        if self.payments.is_empty() {
            return;
        }
        let ids = self.payments.iter().map(|payment| payment.id);
        let change = payment::Entity::update_many()
            .col_expr(payment::Column::OrderId, Expr::value(placed.order.id))
            .col_expr(payment::Column::DueAt, Expr::value(None::<chrono::DateTime<chrono::Utc>>))
            .filter(payment::Column::Id.is_in(ids));
        tx.write_last(change.into_query());
        if takes_later {
            return;
        }
        let taken = (PaymentEventKind::Capture, PaymentOutcome::Success);
        let captures = self
            .payments
            .iter()
            .map(|payment| NewPaymentEvent::of((payment.id, payment.gateway), taken, payment.amount, placed.event_id));
        payments::record_last(tx, captures.collect());
    }
}
