//! Carts.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::cart::problem::Problem;
use domain::cart::view::PricedLine;
use domain::cart::{self as carts, CartView};
use domain::pricing::delivery_time;
use domain::pricing::totals::LineTotals;
use domain::{Error, ErrorCode, Result};
use entity::id::CartId;
use entity::money::Currency;
use entity::status::{CartAction, StateMachine};
use entity::words::{CartStatus, DeliveryMethod};

use super::address::Address;
use super::discount::{self, CartDiscount, CartDiscountRefused};
use crate::context::ctx_of;
use crate::loader::Rows;
use crate::metadata::{MetadataEntry, metadata};
use crate::scalar::{CurrencyCode, Date, Locale, Money, TaxedMoney, id};
use crate::word::{Word, words};

/// A cart with its prices.
#[derive(Clone, Debug)]
pub struct Cart(pub CartView);

impl From<CartView> for Cart {
    fn from(view: CartView) -> Self {
        Self(view)
    }
}

/// Something in a cart.
#[derive(Clone, Debug)]
pub struct CartLine {
    line: PricedLine,
    totals: LineTotals,
    currency: Currency,
}

/// Tax of a cart at one rate.
#[derive(Clone, Debug, SimpleObject)]
pub struct CartTax {
    /// Name on documents.
    pub name: String,
    /// The rate in parts per million: 100000 is 10 %.
    pub rate_ppm: i32,
    /// Everything at this rate; its tax is rounded once.
    pub amount: TaxedMoney,
}

/// The shipping that was chosen.
#[derive(Clone, Debug, SimpleObject)]
pub struct CartShipping {
    /// The method.
    pub method_id: ID,
    /// Its name.
    pub name: String,
    /// What it costs, as priced in the channel.
    pub price: Money,
    /// Its discount.
    pub discount: Money,
    /// With its discount, its share of the tax taken apart.
    pub total: TaxedMoney,
    /// Fastest delivery in days.
    pub min_days: i32,
    /// Slowest delivery in days.
    pub max_days: i32,
    /// The day the customer asks for.
    pub delivery_on: Option<Date>,
    /// The time of day the customer asks for.
    pub delivery_slot: Option<String>,
}

/// A way to ship the cart as it is.
#[derive(Clone, Debug, SimpleObject)]
pub struct CartShippingOffer {
    /// The method; give it to `cartShippingMethodSet`.
    pub method_id: ID,
    /// Stable name in the channel.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it would cost, as priced in the channel.
    pub price: Money,
    /// Fastest delivery in days.
    pub min_days: i32,
    /// Slowest delivery in days.
    pub max_days: i32,
    /// The first day that may be asked for with `cartDeliveryTimeSet`; null when no day may.
    pub first_delivery_on: Option<Date>,
    /// The last day that may be asked for.
    pub last_delivery_on: Option<Date>,
    /// Times of day that may be asked for.
    pub delivery_slots: Vec<String>,
}

/// Something to solve before the cart can become an order.
#[derive(Clone, Debug, SimpleObject)]
pub struct CartProblem {
    /// What it is. `PRICE_CHANGED` blocks nothing: the buyer confirms a total.
    pub code: Word<ErrorCode>,
    /// What it is, for people, in the language of the request.
    pub message: String,
    /// Whether the cart cannot become an order with it.
    pub blocking: bool,
    /// The line it concerns; null for the cart as a whole.
    pub line_id: Option<ID>,
    /// The variant of that line.
    pub variant_id: Option<ID>,
    /// For `PRICE_CHANGED`: the unit price when last shown.
    pub price_seen: Option<Money>,
    /// For `PRICE_CHANGED`: the unit price now.
    pub price_now: Option<Money>,
    /// For `INSUFFICIENT_STOCK`: units that the cart wants.
    pub requested: Option<i64>,
    /// For `INSUFFICIENT_STOCK`: units that can be promised; 0 is out of stock.
    pub available: Option<i64>,
    /// The promotion code it concerns.
    pub promotion_code: Option<String>,
}

impl Cart {
    const fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.0.cart.currency)
    }

    fn offer(&self, offer: carts::offers::Offer) -> CartShippingOffer {
        let times = delivery_time::offered(&offer.method, self.0.priced.today);
        CartShippingOffer {
            method_id: id(offer.method.id),
            code: offer.method.code,
            name: offer.name,
            price: self.money(offer.amount),
            min_days: offer.method.min_days,
            max_days: offer.method.max_days,
            first_delivery_on: times.as_ref().map(|times| Date(times.first_on)),
            last_delivery_on: times.as_ref().map(|times| Date(times.last_on)),
            delivery_slots: times.map(|times| times.slots).unwrap_or_default(),
        }
    }

    fn problem(&self, ctx: &Context<'_>, problem: &Problem) -> CartProblem {
        CartProblem {
            code: Word(problem.code),
            message: problem.to_error().message(ctx_of(ctx).language()),
            blocking: problem.blocks(),
            line_id: problem.line_id.map(id),
            variant_id: problem.variant_id.map(id),
            price_seen: problem.prices.map(|(seen, _)| self.money(seen)),
            price_now: problem.prices.map(|(_, now)| self.money(now)),
            requested: problem.stock.map(|(requested, _)| requested),
            available: problem.stock.map(|(_, available)| available),
            promotion_code: problem.promotion_code.clone(),
        }
    }
}

/// A basket that follows the customer over channels.
#[Object]
impl Cart {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.cart.id)
    }

    /// Where it stands.
    async fn status(&self) -> Word<CartStatus> {
        Word(self.0.cart.status)
    }

    /// What may be done to it now.
    async fn supported_actions(&self) -> Vec<Word<CartAction>> {
        words(self.0.cart.status.supported_actions())
    }

    /// The channel in which it shops.
    async fn channel_id(&self) -> ID {
        id(self.0.cart.channel_id)
    }

    /// The channel whose prices are shown: the till's when it is looked at there.
    async fn priced_in_channel_id(&self) -> ID {
        id(self.0.priced.channel.id)
    }

    /// Whose it is; null for a guest's.
    async fn customer_id(&self) -> Option<ID> {
        self.0.cart.customer_id.map(id)
    }

    /// Short code by which a till takes it; see `cartShare`.
    async fn code(&self) -> Option<&str> {
        self.0.cart.code.as_deref()
    }

    /// Text for a QR code that a till scans.
    async fn code_payload(&self) -> Option<String> {
        self.0.cart.code.as_deref().map(carts::code::payload)
    }

    /// Until when the code works.
    async fn code_expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.cart.code_expires_at
    }

    /// Currency of all its amounts.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.cart.currency)
    }

    /// Language of its titles and mails.
    async fn locale(&self) -> Locale {
        Locale(self.0.cart.locale.clone())
    }

    /// Contact e-mail address.
    async fn email(&self) -> Option<&str> {
        self.0.cart.email.as_deref()
    }

    /// Contact phone in E.164.
    async fn phone(&self) -> Option<&str> {
        self.0.cart.phone.as_deref()
    }

    /// Whom to ask for.
    async fn contact_name(&self) -> Option<&str> {
        self.0.cart.contact_name.as_deref()
    }

    /// The customer's note.
    async fn note(&self) -> &str {
        &self.0.cart.note
    }

    /// Where to ship.
    async fn shipping_address(&self) -> Option<Address> {
        self.0.cart.shipping_address.clone().map(Address)
    }

    /// Whom to bill.
    async fn billing_address(&self) -> Option<Address> {
        self.0.cart.billing_address.clone().map(Address)
    }

    /// Promotion codes on it.
    async fn codes(&self) -> &[String] {
        &self.0.cart.codes.0
    }

    /// What is in it, in order.
    async fn lines(&self) -> Vec<CartLine> {
        let lines = self.0.priced.lines.iter().zip(&self.0.priced.totals.lines);
        lines
            .map(|(line, totals)| CartLine { line: line.clone(), totals: *totals, currency: self.0.cart.currency })
            .collect()
    }

    /// Whether prices include tax.
    async fn prices_include_tax(&self) -> bool {
        self.0.priced.channel.prices_include_tax
    }

    /// Sum of the lines before discounts, as priced.
    async fn subtotal(&self) -> Money {
        self.money(self.0.priced.totals.subtotal)
    }

    /// Sum of the discounts.
    async fn discount_total(&self) -> Money {
        self.money(self.0.priced.totals.discount_total)
    }

    /// What makes it cheaper, in the order in which it was taken.
    async fn discounts(&self) -> Vec<CartDiscount> {
        discount::of_cart(&self.0)
    }

    /// Promotions that do not apply, and why: of codes that were entered, and of offers that are near.
    async fn discounts_not_applied(&self, ctx: &Context<'_>) -> Vec<CartDiscountRefused> {
        discount::refused_by(ctx, &self.0)
    }

    /// Shipping, as priced; zero while no method is chosen.
    async fn shipping_total(&self) -> Money {
        self.money(self.0.priced.totals.shipping_total)
    }

    /// Sum of the taxes.
    async fn tax_total(&self) -> Money {
        self.money(self.0.priced.totals.tax_total)
    }

    /// What is paid, with tax. Send it as `expectedTotal`.
    async fn total(&self) -> Money {
        self.money(self.0.priced.totals.total)
    }

    /// What is paid, with its tax taken apart.
    async fn total_taxed(&self) -> TaxedMoney {
        let totals = &self.0.priced.totals;
        TaxedMoney::from_gross(totals.total, totals.tax_total, self.0.cart.currency)
    }

    /// Tax per rate, highest rate first.
    async fn taxes(&self) -> Vec<CartTax> {
        let priced = &self.0.priced;
        let names = priced.tax_names();
        let name = |ppm: i32| names.iter().find(|(rate, _)| *rate == ppm).map(|(_, name)| name.clone());
        let amount = |tax: &domain::pricing::totals::RateTotals| {
            let gross = tax.gross(priced.channel.prices_include_tax);
            TaxedMoney::from_gross(gross, tax.tax, self.0.cart.currency)
        };
        let taxes = priced.totals.taxes.iter();
        taxes
            .map(|tax| CartTax {
                name: name(tax.rate_ppm).unwrap_or_default(),
                rate_ppm: tax.rate_ppm,
                amount: amount(tax),
            })
            .collect()
    }

    /// The shipping that was chosen; null when nothing is shipped or the method does not take the cart.
    async fn shipping(&self) -> Option<CartShipping> {
        let priced = &self.0.priced;
        let (chosen, totals) = priced.shipping.as_ref().zip(priced.totals.shipping)?;
        Some(CartShipping {
            method_id: id(chosen.method.id),
            name: chosen.name.clone(),
            price: self.money(chosen.amount),
            discount: self.money(totals.discount),
            total: TaxedMoney::from_gross(totals.total, totals.tax, self.0.cart.currency),
            min_days: chosen.method.min_days,
            max_days: chosen.method.max_days,
            delivery_on: chosen.delivery_on.map(Date),
            delivery_slot: chosen.delivery_slot.clone(),
        })
    }

    /// The ways to ship it as it is; empty when nothing is shipped.
    async fn shipping_methods(&self, ctx: &Context<'_>) -> Result<Vec<CartShippingOffer>> {
        let offers = carts::offers::offers(&ctx_of(ctx).db(), &self.0).await?;
        Ok(offers.into_iter().map(|offer| self.offer(offer)).collect())
    }

    /// What is to be solved before it can become an order, stock included.
    async fn problems(&self, ctx: &Context<'_>) -> Result<Vec<CartProblem>> {
        let asked = ctx_of(ctx);
        let problems = carts::stock::problems(&asked.db(), &self.0, asked.now()).await?;
        Ok(problems.iter().map(|problem| self.problem(ctx, problem)).collect())
    }

    /// Grows with each change; send it as `expectedVersion` to change only what you saw.
    async fn version(&self) -> i32 {
        self.0.cart.version
    }

    /// Public metadata.
    async fn metadata(&self) -> Vec<MetadataEntry> {
        metadata(&self.0.cart.metadata)
    }

    /// When it was begun.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.cart.created_at
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.cart.updated_at
    }
}

/// Something in a cart at the price of now.
#[Object]
impl CartLine {
    /// Id.
    async fn id(&self) -> ID {
        id(self.line.line.id)
    }

    /// What.
    async fn variant_id(&self) -> ID {
        id(self.line.variant.id)
    }

    /// Title of the product in the cart's language.
    async fn title(&self) -> &str {
        &self.line.title
    }

    /// Title of the variant; empty for a product without options.
    async fn variant_title(&self) -> &str {
        &self.line.variant_title
    }

    /// Stock keeping unit.
    async fn sku(&self) -> Option<&str> {
        self.line.variant.sku.as_deref()
    }

    /// Units.
    async fn quantity(&self) -> i64 {
        self.line.line.quantity
    }

    /// Price of one unit, as priced in the channel.
    async fn unit_price(&self) -> Money {
        Money::new(self.line.unit_price, self.currency)
    }

    /// Units × price, before discounts.
    async fn subtotal(&self) -> Money {
        Money::new(self.totals.subtotal, self.currency)
    }

    /// Discount on it.
    async fn discount(&self) -> Money {
        Money::new(self.totals.discount, self.currency)
    }

    /// What is paid for it, with its share of the tax taken apart.
    async fn total(&self) -> TaxedMoney {
        TaxedMoney::from_gross(self.totals.total, self.totals.tax, self.currency)
    }

    /// Its tax rate in parts per million: 100000 is 10 %.
    async fn tax_rate_ppm(&self) -> i32 {
        self.line.tax_rate_ppm
    }

    /// How it reaches the customer.
    async fn delivery(&self) -> Word<DeliveryMethod> {
        Word(self.line.line.delivery)
    }

    /// Where it is collected.
    async fn pickup_location_id(&self) -> Option<ID> {
        self.line.line.pickup_location_id.map(id)
    }

    /// Public metadata.
    async fn metadata(&self) -> Vec<MetadataEntry> {
        metadata(&self.line.line.metadata)
    }
}

/// A cart, if the viewer may use it. Each one found is priced by itself: shoppers have a few, tills ask for one.
impl Loader<CartId> for Rows {
    type Value = Cart;
    type Error = Error;

    async fn load(&self, keys: &[CartId]) -> Result<HashMap<CartId, Cart>> {
        let mut found = HashMap::new();
        for row in carts::authorize::usable_by_ids(&self.ctx, keys).await? {
            found.insert(row.id, Cart(carts::look(&self.ctx, row).await?));
        }
        Ok(found)
    }
}
