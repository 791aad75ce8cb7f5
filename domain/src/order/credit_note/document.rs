//! A credit note as data.

use chrono::{DateTime, Utc};
use entity::money::{Currency, Money};
use entity::words::{Gateway, RefundDestination, RefundReason};
use entity::{channel, order, refund};
use serde::{Deserialize, Serialize};

use super::{html, text};
use crate::kernel::language::Language;
use crate::messaging::store_view::time_zone_of_country;
use crate::order::refund::books::{Books, Plan};
use crate::order::refund::decide::Decision;
use crate::order::refund::execute::Sent;

/// A credit note. Amounts are minor units of `currency`, with tax, and above zero: they are what goes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNote {
    /// Language of its texts (BCP 47).
    pub locale: String,
    /// Legal seller.
    pub seller_name: String,
    /// Seller's address.
    pub seller_address: String,
    /// Japan: `T` and 13 digits.
    pub registration_number: Option<String>,
    /// Number per channel, without gaps.
    pub number: String,
    /// Number of the order.
    pub order_number: String,
    /// The day of the sale, in the seller's time zone, such as `2026-11-21`.
    pub ordered_on: String,
    /// The day of the return.
    pub returned_on: String,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// ISO 4217.
    pub currency: Currency,
    /// Why.
    pub reason: RefundReason,
    /// Goods and shipping.
    pub lines: Vec<CreditNoteLine>,
    /// Money without goods.
    pub goodwill: i64,
    /// What was kept for the trouble.
    pub fee: i64,
    /// Discounts that the rest of the order does not earn any more; kept.
    pub claw_back: i64,
    /// Per tax rate, highest first, before fees.
    pub taxes: Vec<CreditNoteTax>,
    /// Sum of the taxes.
    pub tax_total: i64,
    /// What goes back: lines + goodwill − fee − claw back.
    pub total: i64,
    /// To whom.
    pub tenders: Vec<CreditNoteTender>,
}

/// Goods or shipping on a credit note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteLine {
    /// What it is; empty for shipping.
    pub title: String,
    /// SKU.
    pub sku: Option<String>,
    /// Units.
    pub quantity: i64,
    /// What goes back for them, with tax.
    pub amount: i64,
    /// The tax in it.
    pub tax: i64,
    /// Its rate, parts per million.
    pub tax_rate_ppm: i32,
    /// Marked as taxed at a reduced rate.
    pub reduced: bool,
    /// Whether it is shipping.
    pub is_shipping: bool,
}

/// Totals of one tax rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteTax {
    /// Name, such as `消費税`.
    pub name: String,
    /// Parts per million.
    pub rate_ppm: i32,
    /// Amount without tax.
    pub taxable: i64,
    /// Tax.
    pub tax: i64,
    /// Amount with tax.
    pub gross: i64,
}

/// Where the money goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteTender {
    /// The means by which it had been paid.
    pub gateway: Gateway,
    /// Where it ends.
    pub destination: RefundDestination,
    /// How much.
    pub amount: i64,
}

impl CreditNote {
    /// An amount of its currency, as people read it.
    #[must_use]
    pub fn money(&self, minor: i64) -> String {
        Money::new(minor, self.currency).formatted(&self.locale)
    }

    /// For mails and printers: lines of 42 columns; full-width letters take two.
    #[must_use]
    pub fn text(&self) -> String {
        text::render(self, Language::of(&self.locale))
    }

    /// A complete page, printable and readable on a phone.
    #[must_use]
    pub fn html(&self) -> String {
        html::render(self, Language::of(&self.locale))
    }

    /// Names of the tenders with what goes to each.
    pub(super) fn tenders_told(&self, language: Language) -> Vec<(String, i64)> {
        let name = |tender: &CreditNoteTender| match tender.destination {
            RefundDestination::Original => format!("receipt-gateway-{}", dashed(tender.gateway.as_str())),
            RefundDestination::StoreCredit => "receipt-gateway-store-credit".to_owned(),
            RefundDestination::Exchange => "receipt-gateway-exchange".to_owned(),
        };
        // What several tenders gave for the same is one line.
        let mut told: Vec<(String, i64)> = Vec::new();
        for tender in &self.tenders {
            let name = language.text(&name(tender), &[]);
            match told.iter_mut().find(|(known, _)| *known == name) {
                Some((_, amount)) => *amount += tender.amount,
                None => told.push((name, tender.amount)),
            }
        }
        told
    }
}

fn dashed(word: &str) -> String {
    word.to_lowercase().replace('_', "-")
}

/// Everything a credit note is made of.
pub(super) struct Parts<'a> {
    pub channel: &'a channel::Model,
    pub order: &'a order::Model,
    pub books: &'a Books,
    pub plan: &'a Plan,
    pub refund: &'a refund::Model,
    pub decision: &'a Decision,
    pub sent: &'a [Sent],
    pub taxes: Vec<CreditNoteTax>,
}

pub(super) fn write(parts: &Parts<'_>, number: &str, now: DateTime<Utc>) -> CreditNote {
    let (channel, order, plan) = (parts.channel, parts.order, parts.plan);
    let zone = time_zone_of_country(&channel.tax_country);
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d").to_string();
    // What is given back by costing less is not money that goes back.
    let fee = plan.fee + plan.forgiven;
    let claw_back = (parts.decision.claw_back + plan.forgiven).min(fee);
    CreditNote {
        locale: order.locale.clone(),
        seller_name: channel.seller_name.clone(),
        seller_address: channel.seller_address.clone(),
        registration_number: channel.invoice_registration_number.clone(),
        number: number.to_owned(),
        order_number: order.number.clone(),
        ordered_on: day(order.placed_at.unwrap_or(order.created_at)),
        returned_on: day(now),
        issued_at: now,
        currency: order.currency,
        reason: parts.refund.reason,
        lines: lines(parts),
        goodwill: plan.goodwill,
        fee: fee - claw_back,
        claw_back,
        tax_total: parts.taxes.iter().map(|tax| tax.tax).sum(),
        taxes: parts.taxes.clone(),
        total: plan.amount,
        tenders: parts
            .sent
            .iter()
            .map(|sent| CreditNoteTender { gateway: sent.gateway, destination: sent.destination, amount: sent.amount })
            .collect(),
    }
}

fn lines(parts: &Parts<'_>) -> Vec<CreditNoteLine> {
    // Japan's standard rate is 10 % since 2019-10-01; what is below must be marked.
    let japan = if parts.channel.tax_country == "JP" { 100_000 } else { 0 };
    let rates = parts.books.lines.iter().map(|line| line.tax_rate_ppm).chain([japan]);
    let standard = rates.max().unwrap_or(0);
    let goods = parts.plan.units.iter().filter_map(|units| {
        let line = parts.books.lines.iter().find(|line| line.id == units.line_id)?;
        let plain = line.variant_title.is_empty() || line.variant_title == line.title;
        let title = if plain { line.title.clone() } else { format!("{} {}", line.title, line.variant_title) };
        Some(CreditNoteLine {
            title,
            sku: line.sku.clone(),
            quantity: units.quantity,
            amount: units.amount,
            tax: units.taxed.tax,
            tax_rate_ppm: line.tax_rate_ppm,
            reduced: line.tax_rate_ppm < standard,
            is_shipping: false,
        })
    });
    let shipping = parts.plan.shipping_taxed.iter().map(|taxed| CreditNoteLine {
        title: String::new(),
        sku: None,
        quantity: 1,
        amount: taxed.gross,
        tax: taxed.tax,
        tax_rate_ppm: taxed.rate_ppm,
        reduced: taxed.rate_ppm < standard,
        is_shipping: true,
    });
    goods.chain(shipping).collect()
}
