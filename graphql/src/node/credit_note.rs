//! Credit notes of refunds.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::order::credit_note::{self as notes, CreditNote as Document, CreditNoteTax as TaxOf};
use domain::{Error, Result};
use entity::credit_note;
use entity::id::{OrderId, RefundId};
use entity::money::Currency;
use entity::words::{Gateway, RefundDestination};

use super::refund::of_parent;
use crate::loader::Rows;
use crate::scalar::{Html, Money, id};
use crate::word::Word;

/// What was given back, as a document.
#[derive(Clone, Debug)]
pub struct CreditNote(pub credit_note::Model);

/// Totals of one tax rate of what goes back.
#[derive(Clone, Debug, SimpleObject)]
pub struct CreditNoteTax {
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

/// Where money goes that goes back.
#[derive(Clone, Debug, SimpleObject)]
pub struct CreditNoteTender {
    /// The means by which it had been paid.
    pub gateway: Word<Gateway>,
    /// Where it ends.
    pub destination: Word<RefundDestination>,
    /// How much.
    pub amount: Money,
}

impl CreditNoteTax {
    /// In a currency.
    #[must_use]
    pub fn of(tax: &TaxOf, currency: Currency) -> Self {
        let money = |minor| Money::new(minor, currency);
        Self {
            name: tax.name.clone(),
            rate_ppm: tax.rate_ppm,
            taxable: money(tax.taxable),
            tax: money(tax.tax),
            gross: money(tax.gross),
        }
    }
}

/// What was given back, as a document with a number; in Japan a qualified return invoice (適格返還請求書).
#[Object]
impl CreditNote {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Number per channel, without gaps.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// When it was issued.
    async fn issued_at(&self) -> DateTime<Utc> {
        self.0.issued_at
    }

    /// What goes back, with tax and after fees.
    async fn total(&self) -> Result<Money> {
        let paper = self.paper()?;
        Ok(Money::new(paper.total, paper.currency))
    }

    /// What was kept for the trouble.
    async fn fee(&self) -> Result<Money> {
        let paper = self.paper()?;
        Ok(Money::new(paper.fee + paper.claw_back, paper.currency))
    }

    /// By tax rate, highest first, before fees.
    async fn taxes(&self) -> Result<Vec<CreditNoteTax>> {
        let paper = self.paper()?;
        Ok(paper.taxes.iter().map(|tax| CreditNoteTax::of(tax, paper.currency)).collect())
    }

    /// To whom the money goes.
    async fn tenders(&self) -> Result<Vec<CreditNoteTender>> {
        let paper = self.paper()?;
        let tender = |tender: &notes::CreditNoteTender| CreditNoteTender {
            gateway: Word(tender.gateway),
            destination: Word(tender.destination),
            amount: Money::new(tender.amount, paper.currency),
        };
        Ok(paper.tenders.iter().map(tender).collect())
    }

    /// As text of 42 columns.
    async fn text(&self) -> Result<String> {
        Ok(self.paper()?.text())
    }

    /// As a page, printable and readable on a phone.
    async fn html(&self) -> Result<Html> {
        Ok(Html(self.paper()?.html()))
    }
}

impl CreditNote {
    fn paper(&self) -> Result<Document> {
        notes::parse(&self.0)
    }
}

of_parent!(
    /// The credit notes of an order.
    CreditNotesOf(OrderId), credit_note::Model, notes::of_orders, |row: &credit_note::Model| row.order_id
);
of_parent!(
    /// The credit note of a refund.
    CreditNoteOf(RefundId), credit_note::Model, notes::of_refunds, |row: &credit_note::Model| Some(row.refund_id)
);
