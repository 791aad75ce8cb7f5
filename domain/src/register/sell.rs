//! A sale at a till: a basket to a paid, handed-over order with its receipt, in one call.

use entity::id::{CartId, CustomerId, OrderId, RegisterId, RegisterSessionId, VariantId};
use entity::money::Money;
use entity::text_list::TextList;
use entity::words::{CartStatus, CashMovementKind, DeliveryMethod, Gateway};
use entity::{cart, cart_line, order, receipt, register_session};
use serde_json::json;

use super::late::Late;
use super::sale_discounts::SaleDiscounts;
use super::till::Till;
use super::{query, receipt as receipts};
use crate::cart::view::{self, PricedCart};
use crate::cart::{Adjustments, Known};
use crate::drawer::{self, CashMove};
use crate::fulfillment::complete_cart::{charge, check_total};
use crate::fulfillment::place::{self, Placed};
use crate::fulfillment::placement::{Buyer, Placement, TillSale};
use crate::inventory::unit::{self, NumberedUnits};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, language};
use crate::payment::tender::TenderInput;
use crate::pickup::reservation;
use crate::stored_value::guess;
use crate::{cart as carts, customer};

/// Most lines of a sale.
const MAX_LINES: usize = 1_000;

/// What is sold.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Sell {
    /// The till; needed when the staff member is not signed in on a paired one.
    pub register_id: Option<RegisterId>,
    /// A cart that was taken to the till, or else `lines`.
    pub cart_id: Option<CartId>,
    /// What is carried out, when there is no cart.
    pub lines: Vec<SaleLine>,
    /// Serial and lot numbers of what is carried out, as they were scanned.
    pub units: Vec<NumberedUnits>,
    /// The code of goods that the store keeps for the customer: they are sold, too.
    pub reservation_code: Option<String>,
    /// The customer, when known.
    pub customer_id: Option<CustomerId>,
    /// Where the e-receipt goes.
    pub email: Option<String>,
    /// Language of the receipt (BCP 47); the channel's when `None`.
    pub locale: Option<String>,
    /// Codes and discounts by hand, when there is no cart.
    pub discounts: SaleDiscounts,
    /// The total that the customer was told; another one is refused.
    pub expected_total: Option<Money>,
    /// How it is paid.
    pub payments: Vec<TenderInput>,
    /// The sale's id, made by the till before it sends.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// One thing sold.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SaleLine {
    /// What.
    pub variant_id: VariantId,
    /// Units.
    pub quantity: i64,
}

/// A sale with its receipt.
#[derive(Debug)]
pub struct Sold {
    /// The order.
    pub order: order::Model,
    /// The receipt.
    pub receipt: receipt::Model,
    /// Whether the sale was there already.
    pub replayed: bool,
}

/// Rings up a sale. Errors: `FORBIDDEN` without `pos.sell` at the till's store, `NOT_FOUND`, `CART_EMPTY`,
/// `NOT_FOR_SALE`, `PRICE_CHANGED`, `INSUFFICIENT_STOCK`, `PAYMENT_MISMATCH`, `INVALID_CODE`
/// for a wrong reservation or gift card, `INVALID_TRANSITION` for a reservation that is over, `UNIT_NUMBERS_REQUIRED` for
/// goods whose units have numbers that nobody scanned, what numbers must be (see [`unit::checked`], [`unit::spread`] and
/// [`unit::take`]), `IDEMPOTENCY_KEY_REUSED`, `INSUFFICIENT_BALANCE`, `GIFT_CARD_UNUSABLE`, `THROTTLED` after too many
/// wrong codes, `REGISTER_SESSION_REQUIRED`, what [`SaleDiscounts`] are refused for, and `APPROVAL_REQUIRED` beyond the
/// channel's limit.
pub async fn sell(ctx: &Ctx, input: Sell) -> Result<Sold> {
    sell_at(ctx, input, None).await
}

/// Like [`sell`], now or late: one key is one sale, whichever way it arrives.
pub(super) async fn sell_at(ctx: &Ctx, input: Sell, late: Option<&Late>) -> Result<Sold> {
    let scope = ctx.require(Permission::PosSell)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let register_id = ctx.actor.till().map(|till| till.register_id).or(input.register_id);
    let register_id = register_id.ok_or_else(|| Error::invalid(ErrorCode::Required, "input.registerId"))?;
    let email = input.email.as_deref().map(customer::identifier::normalize_email).transpose()?;
    check_lines(&input)?;
    let input = with_discounts(ctx, input, register_id).await?;
    let (input, key, hash, scope, email) = (&input, &key, &hash, &scope, &email);
    let guess = guess::begin(ctx, input.payments.iter().filter_map(|tender| tender.code.as_deref())).await?;
    let selling = ctx.write(|tx| async move {
        let tx = &tx;
        let till = Till::read(tx, register_id).await?;
        if !scope.allows_location(till.location.id) || !scope.allows_channel(till.channel.id) {
            return Err(Error::not_found("register"));
        }
        let order_id = OrderId(tx.new_uuid());
        let owner = format!("REGISTER:{}", register_id.uuid());
        match idempotency::claim_as(tx, &owner, "posSale", key, hash, order_id.uuid()).await? {
            Claim::Replayed(id) => replayed(tx, OrderId(id)).await,
            Claim::Fresh => ring_up(tx, &till, (order_id, email.clone()), input, late).await,
        }
    });
    let sold = selling.await;
    guess.settle(ctx, sold).await
}

/// The sale with its discounts checked and allowed. No statement without any.
async fn with_discounts(ctx: &Ctx, input: Sell, register_id: RegisterId) -> Result<Sell> {
    if input.discounts.is_empty() {
        return Ok(input);
    }
    if input.cart_id.is_some() {
        return Err(Error::invalid(ErrorCode::Invalid, "input.discounts"));
    }
    let register = crate::access::query::register(&ctx.db(), register_id).await?;
    let discounts = input.discounts.prepared(ctx, register.map(|register| register.location_id)).await?;
    Ok(Sell { discounts, ..input })
}

fn check_lines(input: &Sell) -> Result<()> {
    if input.reservation_code.is_some() && input.cart_id.is_some() {
        return Err(Error::invalid(ErrorCode::Invalid, "input.reservationCode"));
    }
    match (&input.cart_id, input.lines.len()) {
        (None, 0) if input.reservation_code.is_none() => Err(Error::invalid(ErrorCode::CartEmpty, "input.lines")),
        (Some(_), 1..) => Err(Error::invalid(ErrorCode::Invalid, "input.lines")),
        (_, count) if count > MAX_LINES => {
            Err(Error::invalid_with(ErrorCode::TooMany, "input.lines", vec![("max", MAX_LINES.to_string())]))
        }
        _ => {
            let allowed = 1..=crate::pricing::totals::MAX_QUANTITY;
            match input.lines.iter().position(|line| !allowed.contains(&line.quantity)) {
                Some(index) => Err(Error::invalid(ErrorCode::InvalidQuantity, format!("input.lines.{index}.quantity"))),
                None => Ok(()),
            }
        }
    }
}

async fn replayed(tx: &Tx, order_id: OrderId) -> Result<Sold> {
    let order = crate::order::query::by_id(tx, order_id).await?.ok_or(Error::not_found("order"))?;
    let receipts = query::receipts_of_orders(tx, &[order_id]).await?;
    let receipt = receipts.into_iter().next().ok_or(Error::not_found("receipt"))?;
    Ok(Sold { order, receipt, replayed: true })
}

async fn ring_up(
    tx: &Tx,
    till: &Till,
    (order_id, email): (OrderId, Option<String>),
    input: &Sell,
    late: Option<&Late>,
) -> Result<Sold> {
    let with_kept = with_reservation(tx, till, order_id, input).await?;
    let input = with_kept.as_ref().unwrap_or(input);
    let (cart, mut priced) = basket(tx, till, input, email, late).await?;
    let session = till.session(tx, late).await?;
    if let Some(late) = late {
        late.accept(tx, till, order_id, &mut priced).await?;
    }
    view::blocking(&cart, &priced)?;
    let total = Money::new(priced.totals.total, till.channel.currency);
    if let Some(expected) = input.expected_total {
        check_total(expected, total)?;
    }
    let charges = charge(tx, &till.channel, &input.payments, total, cart.customer_id).await?;
    let staff_id = tx.ctx().actor.staff_id();
    let place = TillSale {
        location_id: till.location.id,
        register_id: till.register.id,
        staff_id,
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
    let receipt = give_receipt(tx, till, &placed, place.register_session_id).await?;
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
