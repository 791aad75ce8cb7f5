//! A cart as it stands: priced lines, shipping, totals and problems.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{CategoryId, LocationId, TaxClassId};
use entity::words::DeliveryMethod;
use entity::{cart, cart_line, channel, shipping_method, variant};
use sea_orm::ConnectionTrait;

use super::discounts;
use super::facts::{Adjustments, Counter, Facts, Frame, Known};
use super::goods::{Contents, Goods};
use super::problem::Problem;
use super::status::check_open;
use crate::catalog::display;
use crate::pricing::delivery_time;
use crate::pricing::shipping_rate::{self, Parcel};
use crate::pricing::totals::{LineInput, ShippingInput, Totals, TotalsInput, totals};
use crate::promotion::Outcome;
use crate::{Error, ErrorCode, Result};

/// A cart and what it comes to.
#[derive(Clone, Debug)]
pub struct CartView {
    /// The cart.
    pub cart: cart::Model,
    /// Its lines, totals and problems.
    pub priced: PricedCart,
}

/// What a cart comes to in a channel at a moment.
#[derive(Clone, Debug)]
pub struct PricedCart {
    /// The channel whose prices and rules hold: the till's when it is looked at there, else the cart's.
    pub channel: channel::Model,
    /// The store of the till at which it is looked at.
    pub counter: Option<LocationId>,
    /// Lines in their order.
    pub lines: Vec<PricedLine>,
    /// The chosen shipping, when something is shipped and the method takes it.
    pub shipping: Option<PricedShipping>,
    /// What is sent, when something is.
    pub parcel: Option<Parcel>,
    /// Today, as the channel counts days.
    pub today: NaiveDate,
    /// The totals; their lines stand in the order of `lines`.
    pub totals: Totals,
    /// What the totals were made from.
    pub input: TotalsInput,
    /// What stands in the way of an order, but for stock, which [`super::stock::problems`] reads.
    pub problems: Vec<Problem>,
    /// What makes it cheaper, and why other promotions do not apply.
    pub outcome: Outcome,
    tax_names: BTreeMap<i32, String>,
}

/// A line with what is sold and for how much.
#[derive(Clone, Debug)]
pub struct PricedLine {
    /// The line.
    pub line: cart_line::Model,
    /// What is sold.
    pub variant: variant::Model,
    /// The product's title in the cart's language.
    pub title: String,
    /// The variant's title; empty for a product without options.
    pub variant_title: String,
    /// Price of one unit in minor units: the present one, or the last seen of something that is not sold any more.
    pub unit_price: i64,
    /// The category in which its product hangs.
    pub category_id: Option<CategoryId>,
    /// Its tax class.
    pub tax_class_id: TaxClassId,
    /// Its tax rate in parts per million.
    pub tax_rate_ppm: i32,
}

/// The chosen shipping.
#[derive(Clone, Debug)]
pub struct PricedShipping {
    /// The method.
    pub method: shipping_method::Model,
    /// Its name in the cart's language.
    pub name: String,
    /// What it costs in minor units, as priced.
    pub amount: i64,
    /// Its tax class.
    pub tax_class_id: TaxClassId,
    /// Its tax rate in parts per million.
    pub tax_rate_ppm: i32,
    /// The day the customer asks for.
    pub delivery_on: Option<NaiveDate>,
    /// The time of day the customer asks for.
    pub delivery_slot: Option<String>,
}

impl PricedCart {
    /// Names of the tax rates on documents, highest rate first like [`Totals::taxes`].
    #[must_use]
    pub fn tax_names(&self) -> Vec<(i32, String)> {
        self.tax_names.iter().rev().map(|(rate, name)| (*rate, name.clone())).collect()
    }
}

/// Prices a cart in its own channel. Three statements, four when something is collected at a location; stock is not
/// looked at. Errors: `INVALID_AMOUNT` when the sum cannot be counted.
pub async fn price(
    db: &impl ConnectionTrait,
    cart: &cart::Model,
    lines: &[cart_line::Model],
    now: DateTime<Utc>,
) -> Result<PricedCart> {
    price_at(db, cart, lines, now, None).await
}

/// Prices a cart as a till sees it: in the till's channel, with the tax of its store. Three or four statements.
/// Errors: like [`price`], and `CURRENCY_MISMATCH` when the till sells in another currency.
pub async fn price_at(
    db: &impl ConnectionTrait,
    cart: &cart::Model,
    lines: &[cart_line::Model],
    now: DateTime<Utc>,
    counter: Option<Counter>,
) -> Result<PricedCart> {
    let channel_id = counter.map_or(cart.channel_id, |counter| counter.channel_id);
    let frame = Frame::load(db, channel_id, cart.shipping_method_id).await?;
    price_known(db, cart, lines, now, counter, Known::frame(frame)).await
}

/// Like [`price_at`], without reading again what is known.
pub(crate) async fn price_known(
    db: &impl ConnectionTrait,
    cart: &cart::Model,
    lines: &[cart_line::Model],
    now: DateTime<Utc>,
    counter: Option<Counter>,
    known: Known,
) -> Result<PricedCart> {
    let facts = Facts::load(db, known, cart, lines, now, counter).await?;
    assemble(cart, lines, facts)
}

/// Reads a cart's lines and prices them: three statements, four when something is collected or at a till. Tells whether
/// payments were started for it.
pub(crate) async fn price_whole(
    db: &impl ConnectionTrait,
    cart: &cart::Model,
    now: DateTime<Utc>,
    counter: Option<Counter>,
) -> Result<(PricedCart, bool)> {
    let channel_id = counter.map_or(cart.channel_id, |counter| counter.channel_id);
    let Contents { lines, goods, has_payments, has_adjustments } = Contents::read(db, cart, channel_id).await?;
    let frame = Frame::load(db, channel_id, cart.shipping_method_id).await?;
    let adjustments = if has_adjustments { Adjustments::Unread } else { Adjustments::Known(Vec::new()) };
    let known = Known { goods, adjustments, ..Known::frame(frame) };
    Ok((price_known(db, cart, &lines, now, counter, known).await?, has_payments))
}

/// Whether a cart can become an order. Errors: `CART_CLOSED`; else every problem that blocks, as one error or
/// [`Error::Several`]. Stock is checked when it is taken.
pub fn blocking(cart: &cart::Model, priced: &PricedCart) -> Result<()> {
    check_open(cart)?;
    let mut errors: Vec<Error> = priced.problems.iter().filter(|found| found.blocks()).map(Problem::to_error).collect();
    match errors.len() {
        0 => Ok(()),
        1 => Err(errors.remove(0)),
        _ => Err(Error::Several(errors)),
    }
}

/// Puts facts together: pure.
pub(crate) fn assemble(cart: &cart::Model, lines: &[cart_line::Model], facts: Facts) -> Result<PricedCart> {
    let mut problems = Vec::new();
    let mut tax_names = BTreeMap::new();
    let mut rate_of = |class: TaxClassId| {
        facts.rates.get(&class).map(|rate| {
            tax_names.entry(rate.rate_ppm).or_insert_with(|| rate.name.clone());
            rate.rate_ppm
        })
    };
    let mut priced = Vec::with_capacity(lines.len());
    for line in lines {
        // A till's basket is never stored, so that no foreign key vouches for its variants.
        let goods = facts.goods.get(&line.variant_id).ok_or(Error::not_found("variant"))?;
        problems.extend(line_problems(line, &facts));
        let rate = rate_of(goods.tax_class_id);
        if rate.is_none() {
            problems.push(Problem::of_line(ErrorCode::TaxRateMissing, line));
        }
        priced.push(PricedLine {
            line: line.clone(),
            variant: goods.variant.clone(),
            title: goods.title.clone(),
            variant_title: goods.variant_title.clone(),
            unit_price: goods.sold_at().unwrap_or(line.price_seen),
            category_id: goods.category_id,
            tax_class_id: goods.tax_class_id,
            tax_rate_ppm: rate.unwrap_or(0),
        });
    }
    problems.extend(cart_problems(cart, lines, &facts));
    let parcel = facts.needs_shipping(lines).then(|| parcel(cart, &priced, &facts));
    let shipping = parcel.as_ref().and_then(|parcel| shipping(cart, parcel, &facts, &mut rate_of, &mut problems));
    let shipping_cost = shipping.as_ref().map(|found| (found.amount, found.tax_rate_ppm));
    let outcome = discounts::of(cart, &priced, shipping_cost, &facts)?;
    problems.extend(discounts::problems(cart, &outcome));
    let today = facts.today;
    let channel = facts.frame.channel;
    let input = TotalsInput {
        currency: channel.currency,
        prices_include_tax: channel.prices_include_tax,
        tax_rounding: channel.tax_rounding,
        lines: priced.iter().enumerate().map(|(at, line)| line_input(line, outcome.of_line(at))).collect(),
        shipping: shipping.as_ref().map(|found| ShippingInput {
            amount: found.amount,
            discount: outcome.of_shipping(),
            tax_rate_ppm: found.tax_rate_ppm,
        }),
        order_discount: 0,
    };
    let totals = totals(&input)?;
    let counter = facts.counter.map(|counter| counter.location_id);
    let lines = priced;
    Ok(PricedCart { today, channel, counter, lines, shipping, parcel, totals, input, problems, outcome, tax_names })
}

const fn line_input(line: &PricedLine, discount: i64) -> LineInput {
    LineInput { unit_price: line.unit_price, quantity: line.line.quantity, discount, tax_rate_ppm: line.tax_rate_ppm }
}

fn line_problems(line: &cart_line::Model, facts: &Facts) -> Vec<Problem> {
    let mut problems = Vec::new();
    match facts.goods.get(&line.variant_id).and_then(Goods::sold_at) {
        None => problems.push(Problem::of_line(ErrorCode::NotForSale, line)),
        Some(now) if now != line.price_seen => problems
            .push(Problem { prices: Some((line.price_seen, now)), ..Problem::of_line(ErrorCode::PriceChanged, line) }),
        Some(_) => {}
    }
    let place = line.pickup_location_id.and_then(|id| facts.places.get(&id));
    match line.delivery {
        DeliveryMethod::Pickup if !place.is_some_and(super::facts::Counterpart::hands_over) => {
            problems.push(Problem::of_line(ErrorCode::PickupUnavailable, line));
        }
        DeliveryMethod::CarryOut if facts.counter.is_none() => {
            problems.push(Problem::of_line(ErrorCode::CarryOutOnlyAtTill, line));
        }
        DeliveryMethod::Pickup | DeliveryMethod::CarryOut | DeliveryMethod::Ship | DeliveryMethod::LocalDelivery => {}
    }
    problems
}

fn cart_problems(cart: &cart::Model, lines: &[cart_line::Model], facts: &Facts) -> Vec<Problem> {
    let mut codes = Vec::new();
    if lines.is_empty() {
        codes.push(ErrorCode::CartEmpty);
    }
    // Goods that leave with the customer need nobody to be reached later.
    let later = lines.iter().any(|line| line.delivery != DeliveryMethod::CarryOut);
    if later && cart.email.is_none() && cart.phone.is_none() {
        codes.push(ErrorCode::ContactRequired);
    }
    if facts.needs_shipping(lines) && cart.shipping_address.is_none() {
        codes.push(ErrorCode::ShippingAddressRequired);
    }
    codes.into_iter().map(Problem::of_cart).collect()
}

/// What is sent: weight and worth of the shipped lines. The weight stops at what can be counted; no tier carries that.
fn parcel(cart: &cart::Model, lines: &[PricedLine], facts: &Facts) -> Parcel {
    let mut parcel =
        Parcel { country: cart.shipping_address.as_ref().map(|to| to.country.clone()), ..Parcel::default() };
    for line in lines.iter().filter(|line| facts.is_shipped(&line.line)) {
        let times = |each: i64| each.saturating_mul(line.line.quantity);
        parcel.weight_grams = parcel.weight_grams.saturating_add(times(i64::from(line.variant.weight_grams)));
        parcel.goods = parcel.goods.saturating_add(times(line.unit_price));
    }
    parcel
}

fn shipping(
    cart: &cart::Model,
    parcel: &Parcel,
    facts: &Facts,
    rate_of: &mut impl FnMut(TaxClassId) -> Option<i32>,
    problems: &mut Vec<Problem>,
) -> Option<PricedShipping> {
    if cart.shipping_method_id.is_none() {
        problems.push(Problem::of_cart(ErrorCode::ShippingMethodRequired));
        return None;
    }
    let chosen = facts.frame.method.as_ref();
    let Some((method, amount)) =
        chosen.and_then(|(method, tiers)| Some((method, shipping_rate::charge(method, tiers, parcel)?)))
    else {
        problems.push(Problem::of_cart(ErrorCode::ShippingMethodUnavailable));
        return None;
    };
    let rate = rate_of(method.tax_class_id);
    if rate.is_none() {
        problems.push(Problem::of_cart(ErrorCode::TaxRateMissing));
    }
    if delivery_time::check(Some(method), cart.delivery_on, cart.delivery_slot.as_deref(), facts.today).is_err() {
        problems.push(Problem::of_cart(ErrorCode::DeliveryTimeUnavailable));
    }
    Some(PricedShipping {
        name: display::name(&cart.locale, &method.name, &method.translations).to_owned(),
        method: method.clone(),
        amount,
        tax_class_id: method.tax_class_id,
        tax_rate_ppm: rate.unwrap_or(0),
        delivery_on: cart.delivery_on,
        delivery_slot: cart.delivery_slot.clone(),
    })
}
