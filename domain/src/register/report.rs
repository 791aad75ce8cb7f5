//! X and Z reports: what a session of a till comes to, from what was given out and booked in it.

use chrono::{DateTime, Utc};
use entity::money::{Currency, Money};
use entity::register_session;
use entity::words::{CashMovementKind, Gateway};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::report_facts::Facts;
use super::{report_html, report_text};
use crate::drawer::{Pieces, Place};
use crate::kernel::language::Language;
use crate::kernel::{Error, Result};

/// A report as data. Amounts are minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Language of its texts (BCP 47).
    pub locale: String,
    /// Legal seller.
    pub seller_name: String,
    /// Japan: `T` and 13 digits.
    pub registration_number: Option<String>,
    /// The store.
    pub location_name: String,
    /// Code of the till.
    pub register_code: String,
    /// Number of the session at the till.
    pub session_number: i64,
    /// Whether it took up late sales.
    pub is_rescue: bool,
    /// Number of the Z report; an X report has none.
    pub z_number: Option<i64>,
    /// ISO 4217.
    pub currency: Currency,
    /// When the drawer was opened, in the store's local time.
    pub opened_local: String,
    /// Who opened it.
    pub opened_by: Option<String>,
    /// When the report was made.
    pub made_at: DateTime<Utc>,
    /// The same in the store's local time.
    pub made_local: String,
    /// Who closed the drawer.
    pub closed_by: Option<String>,
    /// Receipts given out.
    pub sales: Sum,
    /// Sales per tax rate, highest first.
    pub taxes: Vec<RateSum>,
    /// Money taken, per tender.
    pub tenders: Vec<TenderSum>,
    /// Discounts given, in how many sales.
    pub discounts: Sum,
    /// Credit notes given out.
    pub credit_notes: Sum,
    /// Credit notes per tax rate, highest first.
    pub credit_taxes: Vec<RateSum>,
    /// Money given back, per tender.
    pub refunds: Vec<TenderSum>,
    /// Sales of the session that were canceled whole.
    pub voids: Sum,
    /// Cash per kind of movement.
    pub cash: Vec<CashSum>,
    /// Cash that staff put in or took out, one by one.
    pub cash_moves: Vec<CashLine>,
    /// What should be in the drawer.
    pub expected: i64,
    /// What was counted.
    pub counted: Option<i64>,
    /// counted − expected.
    pub difference: Option<i64>,
    /// Why they differ.
    pub difference_reason: Option<String>,
    /// Coins and notes.
    pub pieces: Vec<Pieces>,
    /// Number of the first receipt.
    pub first_receipt: Option<i64>,
    /// Number of the last receipt.
    pub last_receipt: Option<i64>,
    /// Whether the till gave out every number between them.
    pub is_complete: bool,
}

/// How many, and how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// How many.
    pub count: i64,
    /// How much.
    pub amount: i64,
}

impl Sum {
    pub(super) const fn add(&mut self, amount: i64) {
        self.count += 1;
        self.amount += amount;
    }
}

/// Sums of one tax rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateSum {
    /// Name, such as `消費税`.
    pub name: String,
    /// Parts per million.
    pub rate_ppm: i32,
    /// Amount without tax.
    pub taxable: i64,
    /// Tax.
    pub tax: i64,
}

/// Sums of one tender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenderSum {
    /// By which means.
    pub gateway: Gateway,
    /// How many, and how much.
    pub sum: Sum,
}

/// Sums of one kind of cash movement; negative when it left the drawer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashSum {
    /// Why.
    pub kind: CashMovementKind,
    /// How many, and how much.
    pub sum: Sum,
}

/// Cash that staff moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashLine {
    /// Why.
    pub kind: CashMovementKind,
    /// Negative when it left the drawer.
    pub amount: i64,
    /// In words.
    pub reason: String,
    /// Local time of the store.
    pub at_local: String,
    /// Who.
    pub staff: Option<String>,
    /// Who allowed it.
    pub approved_by: Option<String>,
}

impl Report {
    /// An amount of its currency, as people read it.
    #[must_use]
    pub fn money(&self, minor: i64) -> String {
        Money::new(minor, self.currency).formatted(&self.locale)
    }

    /// For a printer of 42 columns.
    #[must_use]
    pub fn text(&self) -> String {
        report_text::render(self, Language::of(&self.locale))
    }

    /// A complete page, printable.
    #[must_use]
    pub fn html(&self) -> String {
        report_html::render(self, Language::of(&self.locale))
    }
}

/// When a report is made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    /// While the drawer is open, at this moment: an X report.
    Now(DateTime<Utc>),
    /// At its closing: the Z report.
    Closed,
}

/// Makes the report of a session. A bounded number of statements, and one more per 500 receipts.
pub(super) async fn build(
    db: &impl ConnectionTrait,
    session: &register_session::Model,
    place: &Place,
    ending: Ending,
) -> Result<Report> {
    let facts = Facts::read(db, session, place).await?;
    let (made_at, is_z) = match ending {
        Ending::Now(now) => (now, false),
        Ending::Closed => (session.closed_at.unwrap_or(session.opened_at), true),
    };
    let pieces = session.denominations.clone().map(serde_json::from_value).transpose();
    let pieces = pieces.map_err(|error| Error::Bug(format!("pieces of {}: {error}", session.id)))?;
    let is_complete = facts.is_complete();
    Ok(Report {
        locale: place.channel.default_locale.clone(),
        seller_name: place.channel.seller_name.clone(),
        registration_number: place.channel.invoice_registration_number.clone(),
        location_name: facts.location_name(&place.channel.default_locale),
        register_code: place.register.code.clone(),
        session_number: session.number,
        is_rescue: session.is_rescue,
        z_number: session.z_number.filter(|_| is_z),
        currency: place.channel.currency,
        opened_local: facts.local(session.opened_at),
        opened_by: facts.name_of(session.opened_by),
        made_at,
        made_local: facts.local(made_at),
        closed_by: facts.name_of(session.closed_by),
        cash: facts.cash(),
        cash_moves: facts.cash_moves(),
        sales: facts.sales,
        taxes: facts.taxes,
        tenders: facts.tenders,
        discounts: facts.discounts,
        credit_notes: facts.credit_notes,
        credit_taxes: facts.credit_taxes,
        refunds: facts.refunds,
        voids: facts.voids,
        expected: session.cash,
        counted: session.counted.filter(|_| is_z),
        difference: session.difference,
        difference_reason: session.difference_reason.clone(),
        pieces: if is_z { pieces.unwrap_or_default() } else { Vec::new() },
        first_receipt: facts.first_receipt,
        last_receipt: facts.last_receipt,
        is_complete,
    })
}

/// The Z report that was stored with a session.
pub fn parse(row: &register_session::Model) -> Result<Option<Report>> {
    let report = row.z_report.clone().map(serde_json::from_value).transpose();
    report.map_err(|error| Error::Bug(format!("Z report of {}: {error}", row.id)))
}
