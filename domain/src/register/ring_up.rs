//! Ringing up: a basket is priced, then paid, placed and receipted, in the transaction of whoever sells.

use entity::id::{CartId, CustomerId, OrderId, RegisterId, RegisterSessionId};
use entity::money::Money;
use entity::text_list::TextList;
use entity::words::{CartStatus, CashMovementKind, DeliveryMethod, Gateway};
use entity::{cart, cart_line, receipt, register_session};
use serde_json::json;

use super::late::Late;
use super::receipt as receipts;
use super::sell::{Ready, SaleLine, Sell, Sold};
use super::till::Till;
use crate::cart::view::{self, PricedCart};
use crate::cart::{Adjustments, Known};
use crate::drawer::{self, CashMove};
use crate::fulfillment::complete_cart::{charge, check_total};
use crate::fulfillment::place::{self, Placed};
use crate::fulfillment::placement::{Buyer, Placement, TillSale};
use crate::inventory::unit;
use crate::kernel::{Error, Result, Scope, Tx, language};
use crate::payment::gateway::Facts;
use crate::payment::tender::Tender;
use crate::pickup::reservation;
use crate::{cart as carts, customer};

/// A basket at a till, priced and not yet paid.
pub(crate) struct Rung {
    till: Till,
    order_id: OrderId,
    input: Sell,
    cart: cart::Model,
    priced: PricedCart,
    session: Option<register_session::Model>,
}

impl Rung {
    /// What it costs.
    pub(crate) fn total(&self) -> Money {
        Money::new(self.priced.totals.total, self.till.channel.currency)
    }

    /// The open session of the drawer.
    pub(crate) fn session_id(&self) -> Option<RegisterSessionId> {
        self.session.as_ref().map(|session| session.id)
    }

    /// What is sold, in order.
    pub(crate) fn lines(&self) -> &[view::PricedLine] {
        &self.priced.lines
    }
}

/// A till where the seller may sell. Error: `NOT_FOUND`.
pub(crate) async fn till(tx: &Tx, scope: &Scope, id: RegisterId) -> Result<Till> {
    let till = Till::read(tx, id).await?;
    if scope.allows(till.channel.id, Some(till.location.id)) { Ok(till) } else { Err(Error::not_found("register")) }
}

/// Prices a sale; the drawer's session is locked from here on. Errors: as `sell`, but for payments and stock.
pub(crate) async fn price(tx: &Tx, till: Till, order_id: OrderId, ready: &Ready, late: Option<&Late>) -> Result<Rung> {
    let with_kept = with_reservation(tx, &till, order_id, &ready.input).await?;
    let input = with_kept.unwrap_or_else(|| ready.input.clone());
    let (cart, mut priced) = basket(tx, &till, &input, ready.email.clone(), late).await?;
    let session = till.session(tx, late).await?;
    if let Some(late) = late {
        late.accept(tx, &till, order_id, &mut priced).await?;
    }
    view::blocking(&cart, &priced)?;
    if let Some(expected) = input.expected_total {
        check_total(expected, Money::new(priced.totals.total, till.channel.currency))?;
    }
    Ok(Rung { till, order_id, input, cart, priced, session })
}

/// Charges what is not paid by `paid`, places the order and gives its receipt out. Errors: as `sell`.
pub(crate) async fn finish(tx: &Tx, rung: Rung, late: Option<&Late>, paid: Vec<(Tender, Facts)>) -> Result<Sold> {
    let total = rung.total();
    let Rung { till, order_id, input, cart, priced, session } = rung;
    let rest = total.minor - paid.iter().map(|(tender, _)| tender.amount).sum::<i64>();
    let rest = Money::new(rest, total.currency);
    let mut charges = paid;
    charges.extend(charge(tx, &till.channel, &input.payments, rest, cart.customer_id).await?);
    let place = TillSale {
        location_id: till.location.id,
        register_id: till.register.id,
        staff_id: tx.ctx().actor.staff_id(),
        register_session_id: session.as_ref().map(|session| session.id),
        sold_at: late.map(|late| late.sold_at),
    };
    let buyer = Buyer::of(&cart, input.cart_id);
    let units = unit::checked(&input.units)?;
    let placement = Placement { charges, units, ..Placement::of(tx, order_id, priced, buyer, Some(place)) };
    if input.cart_id.is_some() {
        carts::complete::complete(tx, &cart)?;
    }
    let placed = place::place(tx, placement).await?;
    if let Some(session) = &session {
        book(tx, session, &placed).await?;
    }
    let receipt = give_receipt(tx, &till, &placed, place.register_session_id).await?;
    Ok(Sold { order: placed.order, receipt, replayed: false })
}

/// The sale with what the store kept for the customer; its goods are free for this sale from here on.
async fn with_reservation(tx: &Tx, till: &Till, order_id: OrderId, input: &Sell) -> Result<Option<Sell>> {
    let Some(code) = &input.reservation_code else { return Ok(None) };
    let kept = reservation::sell(tx, &till.location, code, order_id).await?;
    let mut whole = input.clone();
    whole.lines.extend(kept.iter().map(|line| SaleLine { variant_id: line.variant_id, quantity: line.quantity }));
    Ok(Some(whole))
}

/// The cart that was taken to the till, or a basket of what is carried out that is never stored; priced.
async fn basket(
    tx: &Tx,
    till: &Till,
    input: &Sell,
    email: Option<String>,
    late: Option<&Late>,
) -> Result<(cart::Model, PricedCart)> {
    let at = late.map_or_else(|| tx.now(), |late| late.sold_at);
    let customer_id = match input.customer_id {
        None => None,
        Some(id) => {
            let found = customer::query::by_id(tx, id).await?.ok_or(Error::not_found("customer"))?;
            Some(found.merged_into_id.unwrap_or(found.id))
        }
    };
    let locale = input.locale.clone().filter(|locale| language::is_locale(locale));
    let Some(cart_id) = input.cart_id else {
        let (cart, lines) = transient(tx, till, input, customer_id, email, locale);
        let adjustments = Adjustments::Known(input.discounts.rows(tx, &lines)?);
        let known = Known { adjustments, ..till.known() };
        let priced = view::price_known(tx, &cart, &lines, at, Some(till.counter()), known).await?;
        input.discounts.check(&priced)?;
        return Ok((cart, priced));
    };
    let mut cart = carts::lock::lock(tx, cart_id).await?;
    cart.customer_id = customer_id.or(cart.customer_id);
    cart.email = email.or(cart.email);
    cart.locale = locale.unwrap_or(cart.locale);
    let (priced, _) = view::price_whole(tx, &cart, tx.now(), Some(till.counter())).await?;
    Ok((cart, priced))
}

fn transient(
    tx: &Tx,
    till: &Till,
    input: &Sell,
    customer_id: Option<CustomerId>,
    email: Option<String>,
    locale: Option<String>,
) -> (cart::Model, Vec<cart_line::Model>) {
    let id = CartId(tx.new_uuid());
    let cart = cart::Model {
        id,
        channel_id: till.channel.id,
        customer_id,
        token_hash: String::new(),
        code: None,
        code_expires_at: None,
        status: CartStatus::Active,
        currency: till.channel.currency,
        locale: locale.unwrap_or_else(|| till.channel.default_locale.clone()),
        email,
        phone: None,
        contact_name: None,
        shipping_address: None,
        billing_address: None,
        shipping_method_id: None,
        note: String::new(),
        codes: TextList(input.discounts.codes.clone()),
        merged_into_id: None,
        version: 1,
        metadata: json!({}),
        created_at: tx.now(),
        updated_at: tx.now(),
        delivery_on: None,
        delivery_slot: None,
    };
    let lines = input.lines.iter().zip(1..).map(|(line, position)| cart_line::Model {
        id: entity::id::CartLineId(tx.new_uuid()),
        cart_id: id,
        variant_id: line.variant_id,
        quantity: line.quantity,
        delivery: DeliveryMethod::CarryOut,
        pickup_location_id: None,
        price_seen: 0,
        position,
        metadata: json!({}),
        created_at: tx.now(),
    });
    (cart, lines.collect())
}

/// Cash that customers pay goes into the drawer: what is kept of it, after change.
async fn book(tx: &Tx, session: &register_session::Model, placed: &Placed) -> Result<()> {
    let cash = placed.payments.iter().filter(|payment| payment.gateway == Gateway::Cash && payment.amount > 0);
    let moves = cash.map(|payment| CashMove {
        kind: CashMovementKind::Sale,
        amount: payment.amount,
        order_id: Some(placed.order.id),
        payment_id: Some(payment.id),
        reason: None,
        event_id: placed.event_id,
    });
    drawer::record_all(tx, session, moves.collect(), None).await
}

async fn give_receipt(
    tx: &Tx,
    till: &Till,
    placed: &Placed,
    register_session_id: Option<RegisterSessionId>,
) -> Result<receipt::Model> {
    let sale = receipts::Sale {
        channel: &till.channel,
        location: &till.location,
        order: &placed.order,
        lines: &placed.lines,
        discounts: &placed.discounts,
        shipping: placed.shipping.as_ref(),
        taxes: &placed.taxes,
        payments: &placed.payments,
        register_session_id,
    };
    receipts::issue(tx, till.register.id, sale).await
}
