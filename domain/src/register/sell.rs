//! A sale at a till: a basket to a paid, handed-over order with its receipt, in one call.

use entity::id::{CartId, CustomerId, OrderId, RegisterId, VariantId};
use entity::money::Money;
use entity::text_list::TextList;
use entity::words::{CartStatus, ChannelKind, DeliveryMethod};
use entity::{cart, cart_line, channel, location, order, payment, receipt, register};
use serde_json::json;

use super::{query, receipt as receipts};
use crate::cart::Counter;
use crate::cart::view::{self, PricedCart};
use crate::fulfillment::complete_cart::{buyer, charge, check_total, placed_lines, placed_shipping};
use crate::fulfillment::place::{self, Placed, order_token};
use crate::fulfillment::placement::{Placement, TillSale};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::secret::token_hash;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, language};
use crate::payment::sums::Sums;
use crate::payment::tender::TenderInput;
use crate::{cart as carts, channel as channels, customer, inventory, location as locations, payment as payments};

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
    /// The customer, when known.
    pub customer_id: Option<CustomerId>,
    /// Where the e-receipt goes.
    pub email: Option<String>,
    /// Language of the receipt (BCP 47); the channel's when `None`.
    pub locale: Option<String>,
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
/// `NOT_FOR_SALE`, `PRICE_CHANGED`, `INSUFFICIENT_STOCK`, `PAYMENT_MISMATCH`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn sell(ctx: &Ctx, input: Sell) -> Result<Sold> {
    let scope = ctx.require(Permission::PosSell)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let register_id = ctx.actor.till().map(|till| till.register_id).or(input.register_id);
    let register_id = register_id.ok_or_else(|| Error::invalid(ErrorCode::Required, "input.registerId"))?;
    let email = input.email.as_deref().map(customer::identifier::normalize_email).transpose()?;
    check_lines(&input)?;
    let (input, key, hash, scope, email) = (&input, &key, &hash, &scope, &email);
    ctx.write(|tx| async move {
        let tx = &tx;
        let till = till(tx, register_id).await?;
        if !scope.allows_location(till.location.id) || !scope.allows_channel(till.channel.id) {
            return Err(Error::not_found("register"));
        }
        let order_id = OrderId(tx.new_uuid());
        let owner = format!("REGISTER:{}", register_id.uuid());
        match idempotency::claim_as(tx, &owner, "posSale", key, hash, order_id.uuid()).await? {
            Claim::Replayed(id) => replayed(tx, OrderId(id)).await,
            Claim::Fresh => ring_up(tx, &till, order_id, input, email.clone()).await,
        }
    })
    .await
}

fn check_lines(input: &Sell) -> Result<()> {
    match (&input.cart_id, input.lines.len()) {
        (None, 0) => Err(Error::invalid(ErrorCode::CartEmpty, "input.lines")),
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

/// A till with its store and channel.
struct Till {
    register: register::Model,
    location: location::Model,
    channel: channel::Model,
}

async fn till(tx: &Tx, id: RegisterId) -> Result<Till> {
    let missing = || Error::not_found("register");
    let register = query::by_id(tx, id).await?.filter(|register| register.active).ok_or_else(missing)?;
    let location = locations::query::by_id(tx, register.location_id).await?.ok_or_else(missing)?;
    let channel = channels::query::by_id(tx, register.channel_id).await?.filter(|channel| channel.active);
    let channel = channel.filter(|channel| channel.kind == ChannelKind::Pos).ok_or_else(missing)?;
    Ok(Till { register, location, channel })
}

async fn replayed(tx: &Tx, order_id: OrderId) -> Result<Sold> {
    let order = crate::order::query::by_id(tx, order_id).await?.ok_or(Error::not_found("order"))?;
    let receipts = query::receipts_of_orders(tx, &[order_id]).await?;
    let receipt = receipts.into_iter().next().ok_or(Error::not_found("receipt"))?;
    Ok(Sold { order, receipt, replayed: true })
}

async fn ring_up(tx: &Tx, till: &Till, order_id: OrderId, input: &Sell, email: Option<String>) -> Result<Sold> {
    let (cart, lines) = basket(tx, till, input, email).await?;
    let counter = Counter { channel_id: till.channel.id, location_id: till.location.id };
    let priced = view::price_at(tx, &cart, &lines, tx.now(), Some(counter)).await?;
    view::blocking(&cart, &priced)?;
    let total = Money::new(priced.totals.total, till.channel.currency);
    if let Some(expected) = input.expected_total {
        check_total(expected, total)?;
    }
    let charges = charge(tx.ctx(), &till.channel, &input.payments, total)?;
    let tenders: Vec<_> = charges.iter().map(|(tender, _)| tender.gateway).collect();
    let placement = Placement { charges, ..placement(tx, till, &cart, priced, order_id, input) };
    if input.cart_id.is_some() {
        carts::complete::complete(tx, &cart).await?;
        inventory::hold::release_for_cart(tx, cart.id).await?;
    }
    let placed = place::place(tx, placement).await?;
    let payments = if tenders.is_empty() { Vec::new() } else { payments::query::of_orders(tx, &[order_id]).await? };
    let receipt = give_receipt(tx, till, &placed, &payments).await?;
    Ok(Sold { order: placed.order, receipt, replayed: false })
}

/// The cart that was taken to the till, or a basket of what is carried out that is never stored.
async fn basket(
    tx: &Tx,
    till: &Till,
    input: &Sell,
    email: Option<String>,
) -> Result<(cart::Model, Vec<cart_line::Model>)> {
    let customer_id = match input.customer_id {
        None => None,
        Some(id) => {
            let found = customer::query::by_id(tx, id).await?.ok_or(Error::not_found("customer"))?;
            Some(found.merged_into_id.unwrap_or(found.id))
        }
    };
    let locale = input.locale.clone().filter(|locale| language::is_locale(locale));
    let Some(cart_id) = input.cart_id else {
        return Ok(transient(tx, till, input, customer_id, email, locale));
    };
    let mut cart = carts::lock::lock(tx, cart_id).await?;
    cart.customer_id = customer_id.or(cart.customer_id);
    cart.email = email.or(cart.email);
    cart.locale = locale.unwrap_or(cart.locale);
    let lines = carts::query::lines(tx, &[cart_id]).await?;
    Ok((cart, lines))
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
        codes: TextList::default(),
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

fn placement(
    tx: &Tx,
    till: &Till,
    cart: &cart::Model,
    priced: PricedCart,
    order_id: OrderId,
    input: &Sell,
) -> Placement {
    let staff_id = tx.ctx().actor.staff_id();
    let tax_names = priced.tax_names();
    Placement {
        order_id,
        channel: till.channel.clone(),
        buyer: buyer(cart, input.cart_id),
        till: Some(TillSale { location_id: till.location.id, register_id: till.register.id, staff_id }),
        lines: placed_lines(&priced),
        shipping: placed_shipping(&priced),
        totals: priced.totals,
        tax_names,
        charges: Vec::new(),
        prior: Sums::default(),
        token_hash: token_hash(&order_token(tx, order_id)),
    }
}

async fn give_receipt(tx: &Tx, till: &Till, placed: &Placed, paid: &[payment::Model]) -> Result<receipt::Model> {
    let sale = receipts::Sale {
        channel: &till.channel,
        location: &till.location,
        order: &placed.order,
        lines: &placed.lines,
        shipping: placed.shipping.as_ref(),
        taxes: &placed.taxes,
        payments: paid,
    };
    receipts::issue(tx, till.register.id, sale).await
}
