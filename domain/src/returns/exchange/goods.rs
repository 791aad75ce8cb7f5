//! The goods that a customer gets, and what they cost: the present price of the channel of the old order, without
//! promotions and without shipping, or what was agreed.

use entity::cart;
use entity::cart_line;
use entity::id::{CartId, CartLineId, LocationId, OrderId, VariantId};
use entity::money::{Currency, Money};
use entity::text_list::TextList;
use entity::words::{CartStatus, DeliveryMethod};
use entity::{exchange_line, order};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::cart::stock;
use crate::cart::view::{self, CartView, PricedCart};
use crate::fulfillment::placement::{Buyer, Placement};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};
use crate::location;
use crate::order::refund::Coming;
use crate::pricing::totals::{LineInput, MAX_QUANTITY, TotalsInput, totals};

/// Most lines of new goods.
const MAX_LINES: usize = 100;

/// Goods that a customer wants.
#[derive(Debug, Clone, serde::Serialize)]
pub struct NewGoods {
    /// What.
    pub variant_id: VariantId,
    /// Units.
    pub quantity: i64,
    /// How they reach the customer: `SHIP`, `PICKUP` or `LOCAL_DELIVERY`.
    pub delivery: DeliveryMethod,
    /// Where they are collected, or from whose stock they are sent; staff only for the latter.
    pub location_id: Option<LocationId>,
    /// What staff agreed on; the present price when `None`.
    pub unit_price: Option<Money>,
}

/// Goods to price.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) variant_id: VariantId,
    pub(super) quantity: i64,
    pub(super) delivery: DeliveryMethod,
    pub(super) location_id: Option<LocationId>,
    /// Minor units; the present price when `None`.
    pub(super) agreed: Option<i64>,
}

impl Asked {
    /// What was agreed before.
    pub(super) const fn of(line: &exchange_line::Model) -> Self {
        Self {
            variant_id: line.variant_id,
            quantity: line.quantity,
            delivery: line.delivery,
            location_id: line.location_id,
            agreed: Some(line.unit_price),
        }
    }

    const fn ship_from(&self) -> Option<LocationId> {
        match self.delivery {
            DeliveryMethod::Ship | DeliveryMethod::LocalDelivery => self.location_id,
            DeliveryMethod::Pickup | DeliveryMethod::CarryOut => None,
        }
    }
}

/// Looks at what was sent. Errors: `REQUIRED`, `TOO_MANY`, `INVALID_QUANTITY`, `CARRY_OUT_ONLY_AT_TILL`,
/// `CURRENCY_MISMATCH`, `INVALID_AMOUNT`, `FORBIDDEN` for another price without `discounts.give`, `INVALID` for what only
/// staff may say.
pub(super) fn checked(ctx: &Ctx, goods: &[NewGoods], (currency, is_staff): (Currency, bool)) -> Result<Vec<Asked>> {
    if goods.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "input.goods"));
    }
    if goods.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.goods", vec![("max", MAX_LINES.to_string())]));
    }
    let one = |(index, goods): (usize, &NewGoods)| {
        let at = |field: &str| format!("input.goods.{index}.{field}");
        if !(1..=MAX_QUANTITY).contains(&goods.quantity) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, at("quantity")));
        }
        if goods.delivery == DeliveryMethod::CarryOut {
            return Err(Error::invalid(ErrorCode::CarryOutOnlyAtTill, at("delivery")));
        }
        let asked = Asked {
            variant_id: goods.variant_id,
            quantity: goods.quantity,
            delivery: goods.delivery,
            location_id: goods.location_id,
            agreed: goods.unit_price.map(|price| price.minor),
        };
        if !is_staff && (goods.unit_price.is_some() || asked.ship_from().is_some()) {
            return Err(Error::invalid(ErrorCode::Invalid, at("unitPrice")));
        }
        if let Some(price) = goods.unit_price {
            ctx.require(Permission::DiscountsGive)?;
            if price.currency != currency {
                return Err(Error::invalid(ErrorCode::CurrencyMismatch, at("unitPrice")));
            }
            if price.minor < 0 {
                return Err(Error::invalid(ErrorCode::InvalidAmount, at("unitPrice")));
            }
        }
        Ok(asked)
    };
    goods.iter().enumerate().map(one).collect()
}

/// Goods with what they cost.
#[derive(Debug, Clone)]
pub(super) struct Quote {
    pub(super) priced: PricedCart,
    ship_from: Vec<Option<LocationId>>,
}

impl Quote {
    /// With tax, minor units.
    pub(super) const fn total(&self) -> i64 {
        self.priced.totals.total
    }

    /// As they count for what stays of the old order.
    pub(super) fn coming(&self) -> Vec<Coming> {
        let one = |line: &view::PricedLine| Coming {
            variant_id: line.variant.id,
            quantity: line.line.quantity,
            unit_price: line.unit_price,
        };
        self.priced.lines.iter().map(one).collect()
    }

    /// As an order of whoever bought the old goods; payments are still to come.
    pub(super) fn placement(self, tx: &Tx, old: &order::Model) -> Placement {
        let buyer = Buyer {
            cart_id: None,
            customer_id: old.customer_id,
            email: old.email.clone(),
            phone: old.phone.clone(),
            contact_name: old.contact_name.clone(),
            locale: old.locale.clone(),
            shipping_address: old.shipping_address.clone(),
            billing_address: old.billing_address.clone(),
            note: String::new(),
            promotion_key: None,
        };
        let mut placement = Placement::of(tx, OrderId(tx.new_uuid()), self.priced, buyer, None);
        for (line, from) in placement.lines.iter_mut().zip(self.ship_from) {
            line.ship_from = from;
        }
        placement
    }
}

/// Prices goods for whoever bought an order. Five statements. Errors: `NOT_FOUND`, `NOT_FOR_SALE`, `PICKUP_UNAVAILABLE`,
/// `TAX_RATE_MISSING`, `CONTACT_REQUIRED`, `SHIPPING_ADDRESS_REQUIRED`, `INVALID_AMOUNT`.
pub(super) async fn quote(ctx: &Ctx, db: &impl ConnectionTrait, old: &order::Model, asked: &[Asked]) -> Result<Quote> {
    check_senders(db, asked).await?;
    let cart = cart_of(ctx, old);
    let lines = lines(ctx, &cart, asked);
    let mut priced = view::price(db, &cart, &lines, ctx.now()).await?;
    for problem in &priced.problems {
        let at = problem.line_id.and_then(|id| lines.iter().position(|line| line.id == id));
        let is_agreed = at.and_then(|at| asked.get(at)).is_some_and(|asked| asked.agreed.is_some());
        // What goes out for goods that come back is sent without a charge.
        let is_settled = matches!(problem.code, ErrorCode::PriceChanged | ErrorCode::ShippingMethodRequired)
            || (problem.code == ErrorCode::NotForSale && is_agreed);
        if !is_settled {
            let path = at.map_or_else(|| "input.goods".to_owned(), |at| format!("input.goods.{at}"));
            return Err(Error::invalid(problem.code, path));
        }
    }
    for (line, asked) in priced.lines.iter_mut().zip(asked) {
        line.unit_price = asked.agreed.unwrap_or(line.unit_price);
    }
    priced.shipping = None;
    priced.outcome.applied.clear();
    let line = |line: &view::PricedLine| LineInput {
        unit_price: line.unit_price,
        quantity: line.line.quantity,
        discount: 0,
        tax_rate_ppm: line.tax_rate_ppm,
    };
    priced.totals = totals(&TotalsInput {
        currency: priced.channel.currency,
        prices_include_tax: priced.channel.prices_include_tax,
        tax_rounding: priced.channel.tax_rounding,
        lines: priced.lines.iter().map(line).collect(),
        shipping: None,
        order_discount: 0,
    })?;
    Ok(Quote { priced, ship_from: asked.iter().map(Asked::ship_from).collect() })
}

/// Looks whether goods could be ordered now. Eighteen statements at most. Error: `INSUFFICIENT_STOCK`.
pub(super) async fn check_stock(ctx: &Ctx, db: &impl ConnectionTrait, old: &order::Model, quote: &Quote) -> Result<()> {
    let seen = CartView { cart: cart_of(ctx, old), priced: quote.priced.clone() };
    let problems = stock::problems(db, &seen, ctx.now()).await?;
    let short = problems.iter().find(|problem| problem.code == ErrorCode::InsufficientStock);
    short.map_or(Ok(()), |short| Err(short.to_error()))
}

/// Error: `NOT_FOUND` for a location that sends nothing.
async fn check_senders(db: &impl ConnectionTrait, asked: &[Asked]) -> Result<()> {
    let wanted: Vec<LocationId> = asked.iter().filter_map(Asked::ship_from).collect();
    let found = location::query::by_ids(db, &wanted).await?;
    let sends = |id: &LocationId| found.iter().any(|place| place.id == *id && place.active);
    if wanted.iter().all(sends) { Ok(()) } else { Err(Error::not_found("location")) }
}

fn lines(ctx: &Ctx, cart: &cart::Model, asked: &[Asked]) -> Vec<cart_line::Model> {
    let rows = asked.iter().zip(1..).map(|(asked, position)| cart_line::Model {
        id: CartLineId(ctx.services.random.uuid(ctx.now())),
        cart_id: cart.id,
        variant_id: asked.variant_id,
        quantity: asked.quantity,
        delivery: asked.delivery,
        pickup_location_id: asked.location_id.filter(|_| asked.delivery == DeliveryMethod::Pickup),
        price_seen: 0,
        position,
        metadata: json!({}),
        created_at: ctx.now(),
    });
    rows.collect()
}

/// A cart that exists for the question only.
fn cart_of(ctx: &Ctx, old: &order::Model) -> cart::Model {
    cart::Model {
        id: CartId(ctx.services.random.uuid(ctx.now())),
        channel_id: old.channel_id,
        customer_id: old.customer_id,
        token_hash: String::new(),
        code: None,
        code_expires_at: None,
        status: CartStatus::Active,
        currency: old.currency,
        locale: old.locale.clone(),
        email: old.email.clone(),
        phone: old.phone.clone(),
        contact_name: old.contact_name.clone(),
        shipping_address: old.shipping_address.clone(),
        billing_address: old.billing_address.clone(),
        shipping_method_id: None,
        note: String::new(),
        codes: TextList::default(),
        merged_into_id: None,
        version: 1,
        metadata: json!({}),
        created_at: ctx.now(),
        updated_at: ctx.now(),
        delivery_on: None,
        delivery_slot: None,
    }
}
