//! An order as its mails show it: everything formatted, in the language of the recipient.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::address::Address;
use entity::money::{Currency, Money};
use entity::words::{DeliveryMethod, Gateway, ManualMethod};
use entity::{order_discount, order_line, payment};
use serde::Serialize;

use super::order_context::OrderContext;
use super::render::{Seller, one_line};
use super::store_view::{StoreView, day, time_zone_of_country};
use crate::kernel::language::Language;
use crate::kernel::{Result, text};

/// The reduced rate of Japan's consumption tax, in parts per million.
const JAPAN_REDUCED_PPM: i32 = 80_000;

/// An order to show.
#[derive(Debug, Clone, Serialize)]
pub struct OrderView {
    /// Who sells.
    pub seller: Seller,
    /// Number for people.
    pub number: String,
    /// When it was placed, on the seller's clock.
    pub placed_at: String,
    /// Whom to greet; empty when nobody is known.
    pub customer: String,
    /// Its lines.
    pub lines: Vec<LineView>,
    /// Whether any line is sold at Japan's reduced rate, which must be marked.
    pub has_reduced: bool,
    /// Whether line prices include tax.
    pub prices_include_tax: bool,
    /// Whether it follows Japan's consumption tax.
    pub in_japan: bool,
    /// Sum of lines before discounts.
    pub subtotal: String,
    /// Sum of discounts, when there is one.
    pub discount: Option<String>,
    /// What it is made of, by promotion and by hand.
    pub discounts: Vec<DiscountView>,
    /// What shipping costs, by method.
    pub shipping: Vec<ShippingView>,
    /// Sum of taxes.
    pub tax_total: String,
    /// What the customer pays.
    pub total: String,
    /// Tax by rate.
    pub taxes: Vec<TaxView>,
    /// How it is paid.
    pub payments: Vec<PaymentView>,
    /// How to pay what is paid later, one line each; empty when nothing is.
    pub instructions: Vec<String>,
    /// A link by which it is paid, when one was asked for with the order.
    pub pay: Option<PayView>,
    /// Where it is shipped; empty when nothing is.
    pub ship_to: Vec<String>,
    /// Who is billed; empty when not told.
    pub bill_to: Vec<String>,
    /// Stores where lines are collected.
    pub pickups: Vec<PickupView>,
    /// The receipt of a till sale.
    pub receipt: Option<ReceiptView>,
    /// The store of a till sale.
    pub store: Option<StoreView>,
    /// The customer's note.
    pub note: String,
}

/// A line to show.
#[derive(Debug, Clone, Serialize)]
pub struct LineView {
    /// What.
    pub title: String,
    /// Which variant; empty when there is only one.
    pub variant: String,
    /// SKU; empty when it has none.
    pub sku: String,
    /// Units.
    pub quantity: i64,
    /// Price of one.
    pub unit_price: String,
    /// Price of all.
    pub amount: String,
    /// Its share of discounts.
    pub discount: Option<String>,
    /// Sold at Japan's reduced rate.
    pub reduced: bool,
    /// Its rate, such as `8%`.
    pub rate: String,
    /// How it is delivered, as the last part of a text's name: `ship`, `pickup` …
    pub delivery: &'static str,
    /// Where it is collected; empty when it is not.
    pub pickup_store: String,
}

/// A discount to show.
#[derive(Debug, Clone, Serialize)]
pub struct DiscountView {
    /// Its name, with the code that brought it.
    pub title: String,
    /// What it takes.
    pub amount: String,
}

/// Shipping to show.
#[derive(Debug, Clone, Serialize)]
pub struct ShippingView {
    /// The method.
    pub name: String,
    /// Its price.
    pub amount: String,
}

/// Tax at one rate.
#[derive(Debug, Clone, Serialize)]
pub struct TaxView {
    /// The rate, such as `10%`.
    pub rate: String,
    /// Japan's reduced rate.
    pub reduced: bool,
    /// What it applies to: with tax where prices include it, else without.
    pub base: String,
    /// The tax.
    pub tax: String,
}

/// A payment to show.
#[derive(Debug, Clone, Serialize)]
pub struct PaymentView {
    /// How, as the last part of a text's name: `cash`, `card-terminal` …
    pub gateway: &'static str,
    /// How much.
    pub amount: String,
    /// Cash handed over.
    pub tendered: Option<String>,
    /// Cash given back.
    pub change: Option<String>,
    /// Until when it is to be paid.
    pub due: Option<String>,
}

/// A link to pay.
#[derive(Debug, Clone, Serialize)]
pub struct PayView {
    /// Its address.
    pub link: String,
    /// What is to be paid.
    pub amount: String,
    /// Until when it works.
    pub until: String,
}

/// A store where lines are collected.
#[derive(Debug, Clone, Serialize)]
pub struct PickupView {
    /// The store.
    pub store: StoreView,
    /// What is collected there, with quantities.
    pub lines: Vec<String>,
}

/// A receipt to show.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiptView {
    /// Its number at the till.
    pub number: i64,
    /// The till.
    pub register: String,
    /// When it was given out, on the store's clock.
    pub issued_at: String,
}

impl OrderView {
    /// Formats an order for readers of a language.
    pub fn of(context: &OrderContext, language: Language) -> Result<Self> {
        let order = &context.order;
        // Texts follow the language, figures the order's own locale: an order from Berlin reads `1.234,50 €`.
        let locale = if Language::of(&order.locale) == language { order.locale.as_str() } else { language.tag() };
        let money = |minor: i64| Money::new(minor, order.currency).formatted(locale);
        let in_japan = context.channel.tax_country == "JP";
        let zone = zone(context);
        let lines: Vec<LineView> =
            context.lines.iter().map(|line| line_view(context, language, line, &money)).collect();
        Ok(Self {
            seller: context.seller(),
            number: one_line(&order.number),
            placed_at: date_time(order.placed_at.unwrap_or(order.created_at), zone, language),
            customer: customer(context, language),
            has_reduced: lines.iter().any(|line| line.reduced),
            prices_include_tax: order.prices_include_tax,
            in_japan,
            subtotal: money(order.subtotal),
            discount: (order.discount_total > 0).then(|| money(-order.discount_total)),
            discounts: context.discounts.iter().map(|row| discount_view(row, &money)).collect(),
            shipping: shipping(context, &money),
            tax_total: money(order.tax_total),
            total: money(order.total),
            taxes: taxes(context, in_japan, &money),
            payments: context.payments.iter().map(|payment| payment_view(payment, locale, (zone, language))).collect(),
            instructions: if context.payments.iter().any(is_due) { instructions(context) } else { Vec::new() },
            pay: context.pay.as_ref().map(|(link, amount, until)| PayView {
                link: link.clone(),
                amount: money(*amount),
                until: date_time(*until, zone, language),
            }),
            ship_to: ship_to(context, language),
            bill_to: order.billing_address.as_ref().map_or_else(Vec::new, |address| address_lines(address, language)),
            pickups: pickups(context, &lines, language),
            receipt: context.receipt.as_ref().map(|(receipt, register)| ReceiptView {
                number: receipt.number,
                register: register.as_ref().map_or_else(String::new, |register| one_line(&register.code)),
                issued_at: date_time(receipt.issued_at, zone, language),
            }),
            store: order
                .location_id
                .and_then(|id| context.locations.get(&id))
                .map(|location| StoreView::of(location, language, order.created_at)),
            note: one_line(&order.note),
            lines,
        })
    }
}

fn line_view(
    context: &OrderContext,
    language: Language,
    line: &order_line::Model,
    money: &impl Fn(i64) -> String,
) -> LineView {
    let store = line.pickup_location_id.and_then(|id| context.locations.get(&id));
    LineView {
        title: one_line(&line.title),
        variant: variant_title(&line.title, &line.variant_title),
        sku: line.sku.as_deref().map(one_line).unwrap_or_default(),
        quantity: line.quantity,
        unit_price: money(line.unit_price),
        amount: money(line.subtotal),
        discount: (line.discount > 0).then(|| money(-line.discount)),
        reduced: context.channel.tax_country == "JP" && line.tax_rate_ppm == JAPAN_REDUCED_PPM,
        rate: rate(line.tax_rate_ppm),
        delivery: match line.delivery {
            DeliveryMethod::Ship => "ship",
            DeliveryMethod::Pickup => "pickup",
            DeliveryMethod::CarryOut => "carry-out",
            DeliveryMethod::LocalDelivery => "local-delivery",
        },
        pickup_store: store.map(|store| StoreView::name(store, language)).unwrap_or_default(),
    }
}

/// Products without options have a variant whose title says nothing (`Default Title` in Shopify's exports).
fn variant_title(product: &str, variant: &str) -> String {
    let variant = one_line(variant);
    if variant == "Default Title" || variant == one_line(product) { String::new() } else { variant }
}

fn discount_view(row: &order_discount::Model, money: &impl Fn(i64) -> String) -> DiscountView {
    let title = one_line(&row.title);
    let title = row.code.as_deref().map_or_else(|| title.clone(), |code| format!("{title} ({})", one_line(code)));
    DiscountView { title, amount: money(-row.amount) }
}

fn shipping(context: &OrderContext, money: &impl Fn(i64) -> String) -> Vec<ShippingView> {
    context.shipping.iter().map(|row| ShippingView { name: one_line(&row.name), amount: money(row.amount) }).collect()
}

fn taxes(context: &OrderContext, in_japan: bool, money: &impl Fn(i64) -> String) -> Vec<TaxView> {
    let base = |row: &entity::order_tax::Model| {
        if context.order.prices_include_tax { row.taxable.saturating_add(row.tax) } else { row.taxable }
    };
    context
        .taxes
        .iter()
        .map(|row| TaxView {
            rate: rate(row.rate_ppm),
            reduced: in_japan && row.rate_ppm == JAPAN_REDUCED_PPM,
            base: money(base(row)),
            tax: money(row.tax),
        })
        .collect()
}

/// Whether a payment is expected until a time.
fn is_due(payment: &payment::Model) -> bool {
    payment.gateway == Gateway::Manual && payment.due_at.is_some()
}

/// How to pay what is paid later, in the order's language, one line each.
pub(crate) fn instructions(context: &OrderContext) -> Vec<String> {
    let told = text::in_language(&context.channel.payment_instructions, &context.order.locale);
    told.lines().map(one_line).filter(|line| !line.is_empty()).collect()
}

/// How a payment is made, as the last part of a text's name: `cash`, `bank-transfer` …
pub(crate) const fn means(payment: &payment::Model) -> &'static str {
    match (payment.gateway, payment.method) {
        (Gateway::Manual, Some(ManualMethod::BankTransfer)) => "bank-transfer",
        (Gateway::Manual, Some(ManualMethod::ConvenienceStore)) => "convenience-store",
        (Gateway::Manual, Some(ManualMethod::CashOnDelivery)) => "cash-on-delivery",
        (Gateway::Manual, Some(ManualMethod::Other) | None) => "manual",
        (Gateway::Cash, _) => "cash",
        (Gateway::CardTerminal, _) => "card-terminal",
        (Gateway::Test, _) => "test",
        (Gateway::GiftCard, _) => "gift-card",
        (Gateway::StoreCredit, _) => "store-credit",
        (Gateway::Points, _) => "points",
        (Gateway::Stripe, _) => "stripe",
        (Gateway::Exchange, _) => "exchange",
    }
}

fn payment_view(payment: &payment::Model, locale: &str, (zone, language): (Tz, Language)) -> PaymentView {
    let money = |minor: i64, currency: Currency| Money::new(minor, currency).formatted(locale);
    PaymentView {
        gateway: means(payment),
        due: payment.due_at.filter(|_| is_due(payment)).map(|due| date_time(due, zone, language)),
        amount: money(payment.amount, payment.currency),
        tendered: payment.tendered.map(|minor| money(minor, payment.currency)),
        change: payment.change.filter(|change| *change > 0).map(|minor| money(minor, payment.currency)),
    }
}

fn pickups(context: &OrderContext, lines: &[LineView], language: Language) -> Vec<PickupView> {
    let mut pickups: Vec<(entity::id::LocationId, PickupView)> = Vec::new();
    for (row, line) in context.lines.iter().zip(lines) {
        let Some(store) = row.pickup_location_id.and_then(|id| context.locations.get(&id)) else { continue };
        let label = [line.title.as_str(), line.variant.as_str()].join(" ");
        let label = format!("{} × {}", label.trim(), line.quantity);
        match pickups.iter_mut().find(|(id, _)| *id == store.id) {
            Some((_, pickup)) => pickup.lines.push(label),
            None => {
                let store_view = StoreView::of(store, language, context.order.created_at);
                pickups.push((store.id, PickupView { store: store_view, lines: vec![label] }));
            }
        }
    }
    pickups.into_iter().map(|(_, pickup)| pickup).collect()
}

/// Where the goods go: nowhere when all are collected or carried out, whatever address the cart had.
fn ship_to(context: &OrderContext, language: Language) -> Vec<String> {
    let stays = |line: &order_line::Model| matches!(line.delivery, DeliveryMethod::Pickup | DeliveryMethod::CarryOut);
    let address = context.order.shipping_address.as_ref().filter(|_| !context.lines.iter().all(stays));
    address.map_or_else(Vec::new, |address| address_lines(address, language))
}

/// Whom to greet: who gave the contact, else the customer, else who receives the parcel.
fn customer(context: &OrderContext, language: Language) -> String {
    let order = &context.order;
    let of_customer = context.customer.as_ref().map(|it| full_name(&it.family_name, &it.given_name, language));
    let of_address = order.shipping_address.as_ref().map(|it| full_name(&it.family_name, &it.given_name, language));
    [order.contact_name.as_deref().map(one_line), of_customer, of_address]
        .into_iter()
        .flatten()
        .find(|name| !name.is_empty())
        .unwrap_or_default()
}

/// Somebody's name in the order of the reader's language, as one line.
pub(crate) fn full_name(family: &str, given: &str, language: Language) -> String {
    match language {
        Language::Ja => one_line(&format!("{family} {given}")),
        Language::En => one_line(&format!("{given} {family}")),
    }
}

/// An address as its country writes it: from large to small in Japan for readers of Japanese, else from small to large.
pub(crate) fn address_lines(address: &Address, language: Language) -> Vec<String> {
    let name = full_name(&address.family_name, &address.given_name, language);
    let joined = |parts: &[&str], separator: &str| {
        parts.iter().map(|part| one_line(part)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(separator)
    };
    let lines = if language == Language::Ja && address.country == "JP" {
        let postal = if address.postal_code.is_empty() { String::new() } else { format!("〒{}", address.postal_code) };
        let name = if name.is_empty() { name } else { format!("{name} 様") };
        let street = joined(&[&address.region, &address.city, &address.line1], "");
        vec![postal, street, address.line2.clone(), address.company.clone(), name]
    } else {
        let town = match address.country.as_str() {
            // Number and street first, then the town with its prefecture or state before the postal code.
            "JP" | "US" | "CA" | "AU" => {
                joined(&[&address.city, &joined(&[&address.region, &address.postal_code], " ")], ", ")
            }
            _ => joined(&[&joined(&[&address.postal_code, &address.city], " "), &address.region], ", "),
        };
        vec![
            name,
            address.company.clone(),
            address.line1.clone(),
            address.line2.clone(),
            town,
            country_name(&address.country).to_owned(),
        ]
    };
    lines.iter().map(|line| one_line(line)).filter(|line| !line.is_empty()).collect()
}

/// The English name of a country; its code where we have no name at hand.
fn country_name(code: &str) -> &str {
    match code {
        "JP" => "Japan",
        "DE" => "Germany",
        "FR" => "France",
        "IT" => "Italy",
        "ES" => "Spain",
        "NL" => "Netherlands",
        "BE" => "Belgium",
        "AT" => "Austria",
        "IE" => "Ireland",
        "GB" => "United Kingdom",
        "US" => "United States",
        "KR" => "South Korea",
        "TW" => "Taiwan",
        other => other,
    }
}

/// A rate such as `8%` or `7.7%`, from parts per million.
pub(crate) fn rate(ppm: i32) -> String {
    let text = rust_decimal::Decimal::new(i64::from(ppm), 4).normalize();
    format!("{text}%")
}

/// The seller's clock: of the store for a sale at a till, else of the country that taxes it.
#[must_use]
pub fn zone(context: &OrderContext) -> Tz {
    context
        .order
        .location_id
        .and_then(|id| context.locations.get(&id))
        .and_then(|store| store.time_zone.parse().ok())
        .unwrap_or_else(|| time_zone_of_country(&context.channel.tax_country))
}

/// A moment as people read it.
#[must_use]
pub fn date_time(at: DateTime<Utc>, zone: Tz, language: Language) -> String {
    let local = at.with_timezone(&zone);
    let day = day(local.date_naive(), language);
    match language {
        Language::Ja if zone == Tz::Asia__Tokyo => format!("{day}{}", local.format("%H:%M")),
        Language::Ja => format!("{day}{}", local.format("%H:%M（%Z）")),
        Language::En => format!("{day}, {}", local.format("%H:%M %Z")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_their_weekday_where_the_reader_is() {
        // 30 November 2026, a Monday, 23:30 in Tokyo.
        let at = DateTime::from_timestamp(1_796_049_000, 0).unwrap();
        assert_eq!(date_time(at, Tz::Asia__Tokyo, Language::Ja), "2026年11月30日（月）23:30");
        assert_eq!(date_time(at, Tz::Europe__Berlin, Language::Ja), "2026年11月30日（月）15:30（CET）");
        assert_eq!(date_time(at, Tz::Asia__Tokyo, Language::En), "Mon 30 November 2026, 23:30 JST");
        let later = at + chrono::TimeDelta::hours(1);
        assert_eq!(date_time(later, Tz::Asia__Tokyo, Language::Ja), "2026年12月1日（火）00:30");
    }

    #[test]
    fn rates_read_as_people_write_them() {
        assert_eq!(rate(100_000), "10%");
        assert_eq!(rate(80_000), "8%");
        assert_eq!(rate(77_000), "7.7%");
        assert_eq!(rate(0), "0%");
    }

    #[test]
    fn addresses_follow_their_country_and_reader() {
        let tokyo = Address {
            family_name: "髙﨑".into(),
            given_name: "花子".into(),
            country: "JP".into(),
            postal_code: "150-0001".into(),
            region: "東京都".into(),
            city: "渋谷区".into(),
            line1: "神宮前1-2-3".into(),
            ..Address::default()
        };
        assert_eq!(address_lines(&tokyo, Language::Ja), ["〒150-0001", "東京都渋谷区神宮前1-2-3", "髙﨑 花子 様"]);
        let english = address_lines(&tokyo, Language::En);
        assert_eq!(english, ["花子 髙﨑", "神宮前1-2-3", "渋谷区, 東京都 150-0001", "Japan"]);
    }

    #[test]
    fn a_variant_without_options_has_no_title_of_its_own() {
        assert_eq!(variant_title("Tea", "Default Title"), "");
        assert_eq!(variant_title("Tea", "Tea"), "");
        assert_eq!(variant_title("Tea", "100 g"), "100 g");
    }
}
