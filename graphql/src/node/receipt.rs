//! Receipts of till sales.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::register::receipt::{self as receipts, Receipt as Document};
use domain::{Error, Result, register};
use entity::id::OrderId;
use entity::receipt;
use entity::words::Gateway;

use crate::loader::Rows;
use crate::scalar::{Html, Money, id};
use crate::word::Word;

/// A receipt given out at a till.
#[derive(Clone, Debug)]
pub struct Receipt(pub receipt::Model);

impl From<receipt::Model> for Receipt {
    fn from(row: receipt::Model) -> Self {
        Self(row)
    }
}

/// Goods on a receipt.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReceiptLine {
    /// What it is.
    pub title: String,
    /// SKU.
    pub sku: Option<String>,
    /// Units.
    pub quantity: i64,
    /// Price of a unit.
    pub unit_price: Money,
    /// Units × price, before discounts.
    pub amount: Money,
    /// Its discounts.
    pub discount: Money,
    /// Its tax rate in parts per million.
    pub tax_rate_ppm: i32,
    /// Whether it is taxed at a reduced rate.
    pub reduced: bool,
}

/// Totals of one tax rate on a receipt.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReceiptTax {
    /// Name, such as `消費税`.
    pub name: String,
    /// The rate in parts per million.
    pub rate_ppm: i32,
    /// Amount without tax.
    pub taxable: Money,
    /// Tax.
    pub tax: Money,
    /// Amount with tax.
    pub gross: Money,
}

/// A discount on a receipt.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReceiptDiscount {
    /// Its name.
    pub title: String,
    /// The code that brought it.
    pub code: Option<String>,
    /// What it takes.
    pub amount: Money,
}

/// A tender on a receipt.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReceiptTender {
    /// By which means.
    pub gateway: Word<Gateway>,
    /// What it paid.
    pub amount: Money,
    /// Cash handed over.
    pub tendered: Option<Money>,
    /// Cash given back.
    pub change: Option<Money>,
}

/// A receipt as it was given out; in Japan a qualified simplified invoice.
#[Object]
impl Receipt {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Number per till, without gaps.
    async fn number(&self) -> i64 {
        self.0.number
    }

    /// Code of the till.
    async fn register_code(&self) -> Result<String> {
        Ok(self.document()?.register_code)
    }

    /// When it was given out.
    async fn issued_at(&self) -> DateTime<Utc> {
        self.0.issued_at
    }

    /// Legal seller.
    async fn seller_name(&self) -> Result<String> {
        Ok(self.document()?.seller_name)
    }

    /// Registration number of the seller (Japan: `T` and 13 digits).
    async fn registration_number(&self) -> Result<Option<String>> {
        Ok(self.document()?.registration_number)
    }

    /// Name of the store.
    async fn location_name(&self) -> Result<String> {
        Ok(self.document()?.location_name)
    }

    /// Goods and shipping.
    async fn lines(&self) -> Result<Vec<ReceiptLine>> {
        let document = self.document()?;
        let money = |minor| Money::new(minor, document.currency);
        let lines = document.lines.iter().map(|line| ReceiptLine {
            title: line.title.clone(),
            sku: line.sku.clone(),
            quantity: line.quantity,
            unit_price: money(line.unit_price),
            amount: money(line.amount),
            discount: money(line.discount),
            tax_rate_ppm: line.tax_rate_ppm,
            reduced: line.reduced,
        });
        Ok(lines.collect())
    }

    /// What its discounts are made of, by promotion and by hand.
    async fn discounts(&self) -> Result<Vec<ReceiptDiscount>> {
        let document = self.document()?;
        let discounts = document.discounts.iter().map(|it| ReceiptDiscount {
            title: it.title.clone(),
            code: it.code.clone(),
            amount: Money::new(it.amount, document.currency),
        });
        Ok(discounts.collect())
    }

    /// Totals per tax rate, highest first.
    async fn taxes(&self) -> Result<Vec<ReceiptTax>> {
        let document = self.document()?;
        let money = |minor| Money::new(minor, document.currency);
        let taxes = document.taxes.iter().map(|tax| ReceiptTax {
            name: tax.name.clone(),
            rate_ppm: tax.rate_ppm,
            taxable: money(tax.taxable),
            tax: money(tax.tax),
            gross: money(tax.gross),
        });
        Ok(taxes.collect())
    }

    /// How it was paid.
    async fn tenders(&self) -> Result<Vec<ReceiptTender>> {
        let document = self.document()?;
        let money = |minor| Money::new(minor, document.currency);
        let tenders = document.tenders.iter().map(|tender| ReceiptTender {
            gateway: Word(tender.gateway),
            amount: money(tender.amount),
            tendered: tender.tendered.map(money),
            change: tender.change.map(money),
        });
        Ok(tenders.collect())
    }

    /// What was paid for.
    async fn total(&self) -> Result<Money> {
        let document = self.document()?;
        Ok(Money::new(document.total, document.currency))
    }

    /// For a printer of 42 columns.
    async fn text(&self) -> Result<String> {
        Ok(self.document()?.text())
    }

    /// A complete page, printable and readable on a phone.
    async fn html(&self) -> Result<Html> {
        Ok(Html(self.document()?.html()))
    }
}

impl Receipt {
    fn document(&self) -> Result<Document> {
        receipts::parse(&self.0)
    }
}

/// The receipt of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReceiptOf(pub OrderId);

impl Loader<ReceiptOf> for Rows {
    type Value = receipt::Model;
    type Error = Error;

    async fn load(&self, keys: &[ReceiptOf]) -> Result<HashMap<ReceiptOf, Self::Value>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows = register::query::receipts_of_orders(&self.ctx.db(), &ids).await?;
        Ok(rows.into_iter().map(|row| (ReceiptOf(row.order_id), row)).collect())
    }
}
