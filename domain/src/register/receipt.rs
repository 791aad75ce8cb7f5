//! The receipt of a till sale: in Japan a qualified simplified invoice (適格簡易請求書, Consumption Tax Act art. 57-4
//! para. 2): seller and registration number, date, goods with the reduced rate marked, totals per rate, and the tax.

use chrono::{DateTime, Utc};
use entity::id::{ReceiptId, RegisterId, RegisterSessionId};
use entity::money::{Currency, Money};
use entity::words::Gateway;
use entity::{
    channel, location, order, order_discount, order_line, order_shipping, order_tax, payment, receipt, register,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::{receipt_html, receipt_text};
use crate::kernel::language::Language;
use crate::kernel::{Error, Result, Tx};

/// A receipt as data. Amounts are minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Language of its texts (BCP 47).
    pub locale: String,
    /// Legal seller.
    pub seller_name: String,
    /// Seller's address.
    pub seller_address: String,
    /// Japan: `T` and 13 digits.
    pub registration_number: Option<String>,
    /// The store.
    pub location_name: String,
    /// Phone of the store.
    pub location_phone: String,
    /// Code of the till.
    pub register_code: String,
    /// Number per till, without gaps.
    pub number: i64,
    /// Number of the order.
    pub order_number: String,
    /// When it was given out.
    pub issued_at: DateTime<Utc>,
    /// The same in the store's local time, such as `2026-11-21 18:00`.
    pub issued_local: String,
    /// ISO 4217.
    pub currency: Currency,
    /// Whether line amounts include tax.
    pub prices_include_tax: bool,
    /// Goods and shipping.
    pub lines: Vec<ReceiptLine>,
    /// Sum of all discounts.
    pub discount_total: i64,
    /// What they are made of, by promotion and by hand.
    #[serde(default)]
    pub discounts: Vec<ReceiptDiscount>,
    /// Totals per tax rate, highest first.
    pub taxes: Vec<ReceiptTax>,
    /// Sum of the taxes.
    pub tax_total: i64,
    /// What was paid for.
    pub total: i64,
    /// How it was paid.
    pub tenders: Vec<ReceiptTender>,
}

/// Goods on a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptLine {
    /// What it is.
    pub title: String,
    /// SKU.
    pub sku: Option<String>,
    /// Units.
    pub quantity: i64,
    /// Price of a unit.
    pub unit_price: i64,
    /// Units × price, before discounts.
    pub amount: i64,
    /// Its discounts.
    pub discount: i64,
    /// Its rate, parts per million.
    pub tax_rate_ppm: i32,
    /// Marked as taxed at a reduced rate.
    pub reduced: bool,
}

/// A discount on a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptDiscount {
    /// Its name.
    pub title: String,
    /// The code that brought it.
    pub code: Option<String>,
    /// What it takes.
    pub amount: i64,
}

impl ReceiptDiscount {
    /// Name and code.
    #[must_use]
    pub fn label(&self) -> String {
        self.code.as_ref().map_or_else(|| self.title.clone(), |code| format!("{} ({code})", self.title))
    }
}

/// Totals of one tax rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptTax {
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

/// A tender on a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptTender {
    /// By which means.
    pub gateway: Gateway,
    /// What it paid.
    pub amount: i64,
    /// Cash handed over.
    pub tendered: Option<i64>,
    /// Cash given back.
    pub change: Option<i64>,
}

impl Receipt {
    /// An amount of the receipt's currency, as people read it.
    #[must_use]
    pub fn money(&self, minor: i64) -> String {
        Money::new(minor, self.currency).formatted(&self.locale)
    }

    /// For a printer of 42 columns (80 mm paper): full-width letters take two.
    #[must_use]
    pub fn text(&self) -> String {
        receipt_text::render(self, Language::of(&self.locale))
    }

    /// A complete page, printable and readable on a phone.
    #[must_use]
    pub fn html(&self) -> String {
        receipt_html::render(self, Language::of(&self.locale))
    }
}

/// Parts per million as people write a rate: `10%`, `8.875%`.
#[must_use]
pub fn rate_text(ppm: i32) -> String {
    let (whole, rest) = (ppm / 10_000, ppm % 10_000);
    if rest == 0 { format!("{whole}%") } else { format!("{whole}.{}%", format!("{rest:04}").trim_end_matches('0')) }
}

/// Everything a receipt is made of.
pub(crate) struct Sale<'a> {
    pub channel: &'a channel::Model,
    pub location: &'a location::Model,
    pub order: &'a order::Model,
    pub lines: &'a [order_line::Model],
    pub discounts: &'a [order_discount::Model],
    pub shipping: Option<&'a order_shipping::Model>,
    pub taxes: &'a [order_tax::Model],
    pub payments: &'a [payment::Model],
    /// The session of the till's drawer.
    pub register_session_id: Option<RegisterSessionId>,
}

/// Gives out the receipt of a sale with the till's next number. The number is taken in the sale's transaction under the
/// till's row lock, so there are no gaps.
pub(crate) async fn issue(tx: &Tx, register_id: RegisterId, sale: Sale<'_>) -> Result<receipt::Model> {
    let register = next_number(tx, register_id).await?;
    let document = document(tx, &register, &sale);
    let row = receipt::Model {
        id: ReceiptId(tx.new_uuid()),
        register_id,
        number: register.last_receipt_number,
        order_id: sale.order.id,
        document: serde_json::to_value(&document).map_err(|error| Error::Bug(error.to_string()))?,
        // Read under the till's row lock: of two sales at once the later number never has the earlier time.
        issued_at: tx.ctx().now(),
        register_session_id: sale.register_session_id,
    };
    tx.insert_last(std::slice::from_ref(&row));
    Ok(row)
}

/// The till with its next number taken.
async fn next_number(tx: &Tx, id: RegisterId) -> Result<register::Model> {
    let next = Expr::col(register::Column::LastReceiptNumber).add(1);
    let changed = register::Entity::update_many()
        .col_expr(register::Column::LastReceiptNumber, next)
        .filter(register::Column::Id.eq(id))
        .exec_with_returning(tx)
        .await?;
    changed.into_iter().next().ok_or(Error::not_found("register"))
}

/// The receipt that was given out, as data.
pub fn parse(row: &receipt::Model) -> Result<Receipt> {
    serde_json::from_value(row.document.clone()).map_err(|error| Error::Bug(format!("receipt {}: {error}", row.id)))
}

fn document(tx: &Tx, register: &register::Model, sale: &Sale<'_>) -> Receipt {
    let order = sale.order;
    let zone: chrono_tz::Tz = sale.location.time_zone.parse().unwrap_or(chrono_tz::UTC);
    let gross = |tax: &order_tax::Model| tax.taxable + tax.tax;
    Receipt {
        locale: order.locale.clone(),
        seller_name: sale.channel.seller_name.clone(),
        seller_address: sale.channel.seller_address.clone(),
        registration_number: sale.channel.invoice_registration_number.clone(),
        location_name: crate::location::query::name_in(sale.location, &order.locale).to_owned(),
        location_phone: sale.location.address.phone.clone(),
        register_code: register.code.clone(),
        number: register.last_receipt_number,
        order_number: order.number.clone(),
        issued_at: tx.now(),
        issued_local: tx.now().with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
        currency: order.currency,
        prices_include_tax: order.prices_include_tax,
        lines: lines(sale),
        discount_total: order.discount_total,
        discounts: sale.discounts.iter().map(discount).collect(),
        taxes: sale
            .taxes
            .iter()
            .map(|tax| ReceiptTax {
                name: tax.name.clone(),
                rate_ppm: tax.rate_ppm,
                taxable: tax.taxable,
                tax: tax.tax,
                gross: gross(tax),
            })
            .collect(),
        tax_total: order.tax_total,
        total: order.total,
        tenders: sale
            .payments
            .iter()
            .map(|payment| ReceiptTender {
                gateway: payment.gateway,
                amount: payment.amount,
                tendered: payment.tendered,
                change: payment.change,
            })
            .collect(),
    }
}

fn discount(row: &order_discount::Model) -> ReceiptDiscount {
    ReceiptDiscount { title: row.title.clone(), code: row.code.clone(), amount: row.amount }
}

fn lines(sale: &Sale<'_>) -> Vec<ReceiptLine> {
    // Reduced means below the highest rate of the country's two; a sale of reduced goods alone is marked as well.
    let rates = sale.taxes.iter().map(|tax| tax.rate_ppm).chain([standard_rate(sale.channel)]);
    let standard = rates.max().unwrap_or(0);
    let goods = sale.lines.iter().map(|line| ReceiptLine {
        title: if line.variant_title.is_empty() || line.variant_title == line.title {
            line.title.clone()
        } else {
            format!("{} {}", line.title, line.variant_title)
        },
        sku: line.sku.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        amount: line.subtotal,
        discount: line.discount,
        tax_rate_ppm: line.tax_rate_ppm,
        reduced: line.tax_rate_ppm < standard,
    });
    let shipping = sale.shipping.map(|shipping| ReceiptLine {
        title: shipping.name.clone(),
        sku: None,
        quantity: 1,
        unit_price: shipping.amount,
        amount: shipping.amount,
        discount: shipping.discount,
        tax_rate_ppm: shipping.tax_rate_ppm,
        reduced: shipping.tax_rate_ppm < standard,
    });
    goods.chain(shipping).collect()
}

/// The standard rate of countries that must mark reduced goods, parts per million. Japan: 10 % since 2019-10-01.
fn standard_rate(channel: &channel::Model) -> i32 {
    if channel.tax_country == "JP" { 100_000 } else { 0 }
}
