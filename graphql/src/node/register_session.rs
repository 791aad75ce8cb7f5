//! Sessions of tills: from opening a drawer to its Z report.

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::drawer::{Pieces, query};
use domain::register::report::{self, Report, Sum};
use domain::{Error, Result};
use entity::money::Currency;
use entity::register_session::Model;
use entity::status::{RegisterSessionAction, StateMachine};
use entity::words::{CashMovementKind, Gateway, RegisterSessionStatus};

use super::channel::channel_of;
use super::register::Register;
use crate::connection;
use crate::context::ctx_of;
use crate::loader;
use crate::scalar::{Html, Money, id};
use crate::word::{Word, words};

/// One opening-to-closing of a drawer.
#[derive(Clone, Debug)]
pub struct RegisterSession(pub Model);

impl From<Model> for RegisterSession {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

connection!(RegisterSessionConnection, RegisterSessionEdge, RegisterSession, "register sessions");

/// One opening-to-closing of a drawer. What should be in it shows to those who count only after the closing.
#[Object]
impl RegisterSession {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The till.
    async fn register(&self, ctx: &Context<'_>) -> Result<Register> {
        self.till(ctx).await
    }

    /// Counts the sessions of the till, from 1, without gaps.
    async fn number(&self) -> i64 {
        self.0.number
    }

    /// Whether the till sells in it.
    async fn status(&self) -> Word<RegisterSessionStatus> {
        Word(self.0.status)
    }

    /// What can be done next.
    async fn supported_actions(&self) -> Vec<Word<RegisterSessionAction>> {
        words(self.0.status.supported_actions())
    }

    /// Whether it takes up sales that came after their session was closed; `drawer.manage` closes it.
    async fn is_rescue(&self) -> bool {
        self.0.is_rescue
    }

    /// When it was opened.
    async fn opened_at(&self) -> DateTime<Utc> {
        self.0.opened_at
    }

    /// Change money at the opening.
    async fn opening_float(&self, ctx: &Context<'_>) -> Result<Money> {
        self.money(ctx, self.0.opening_float).await
    }

    /// When it was closed.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// What should be in the drawer; null while it is open, but for those with `drawer.manage`.
    async fn expected(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        let sees = query::sees_expected(ctx_of(ctx), &self.0).await?;
        if sees { Ok(Some(self.money(ctx, self.0.cash).await?)) } else { Ok(None) }
    }

    /// What was counted.
    async fn counted(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        self.maybe(ctx, self.0.counted).await
    }

    /// counted − expected.
    async fn difference(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        self.maybe(ctx, self.0.difference).await
    }

    /// Why they differ.
    async fn difference_reason(&self) -> Option<&str> {
        self.0.difference_reason.as_deref()
    }

    /// Number of the Z report, without gaps per till.
    async fn z_number(&self) -> Option<i64> {
        self.0.z_number
    }

    /// The Z report as it was stored; null while the drawer is open.
    async fn z_report(&self) -> Result<Option<RegisterReport>> {
        Ok(report::parse(&self.0)?.map(RegisterReport))
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

impl RegisterSession {
    async fn till(&self, ctx: &Context<'_>) -> Result<Register> {
        let found = loader::load(ctx, self.0.register_id).await?;
        found.ok_or_else(|| Error::Bug(format!("{} does not exist", self.0.register_id)))
    }

    async fn money(&self, ctx: &Context<'_>, minor: i64) -> Result<Money> {
        let register = self.till(ctx).await?;
        let channel = channel_of(ctx, register.0.channel_id).await?;
        Ok(Money::new(minor, channel.0.currency))
    }

    async fn maybe(&self, ctx: &Context<'_>, minor: Option<i64>) -> Result<Option<Money>> {
        match minor {
            Some(minor) => Ok(Some(self.money(ctx, minor).await?)),
            None => Ok(None),
        }
    }
}

/// How many, and how much.
#[derive(Clone, Debug, SimpleObject)]
pub struct RegisterReportSum {
    /// How many.
    pub count: i64,
    /// How much.
    pub amount: Money,
}

/// Sums of one tax rate.
#[derive(Clone, Debug, SimpleObject)]
pub struct RegisterReportTax {
    /// Name, such as `消費税`.
    pub name: String,
    /// The rate in parts per million.
    pub rate_ppm: i32,
    /// Amount without tax.
    pub taxable: Money,
    /// Tax.
    pub tax: Money,
}

/// Sums of one tender.
#[derive(Clone, Debug, SimpleObject)]
pub struct RegisterReportTender {
    /// By which means.
    pub gateway: Word<Gateway>,
    /// How many.
    pub count: i64,
    /// How much.
    pub amount: Money,
}

/// Sums of one kind of cash movement.
#[derive(Clone, Debug, SimpleObject)]
pub struct RegisterReportCash {
    /// Why.
    pub kind: Word<CashMovementKind>,
    /// How many.
    pub count: i64,
    /// How much; negative when it left the drawer.
    pub amount: Money,
}

/// Coins or notes of one value.
#[derive(Clone, Debug, SimpleObject)]
pub struct RegisterReportPieces {
    /// What one is worth.
    pub value: Money,
    /// How many.
    pub count: i64,
}

/// What a session of a till comes to: an X report while the drawer is open, the Z report at its closing.
#[derive(Clone, Debug)]
pub struct RegisterReport(pub Report);

/// What a session of a till comes to: an X report while the drawer is open, the Z report at its closing.
#[Object]
impl RegisterReport {
    /// Number of the Z report; null for an X report.
    async fn z_number(&self) -> Option<i64> {
        self.0.z_number
    }

    /// Code of the till.
    async fn register_code(&self) -> &str {
        &self.0.register_code
    }

    /// When it was made.
    async fn made_at(&self) -> DateTime<Utc> {
        self.0.made_at
    }

    /// Receipts given out.
    async fn sales(&self) -> RegisterReportSum {
        self.sum(self.0.sales)
    }

    /// Sales per tax rate, highest first.
    async fn taxes(&self) -> Vec<RegisterReportTax> {
        self.rates(&self.0.taxes)
    }

    /// Money taken, per tender.
    async fn tenders(&self) -> Vec<RegisterReportTender> {
        self.per_tender(&self.0.tenders)
    }

    /// Discounts, and in how many sales.
    async fn discounts(&self) -> RegisterReportSum {
        self.sum(self.0.discounts)
    }

    /// Sales that were canceled whole.
    async fn voids(&self) -> RegisterReportSum {
        self.sum(self.0.voids)
    }

    /// Credit notes given out.
    async fn credit_notes(&self) -> RegisterReportSum {
        self.sum(self.0.credit_notes)
    }

    /// Credit notes per tax rate, highest first.
    async fn credit_taxes(&self) -> Vec<RegisterReportTax> {
        self.rates(&self.0.credit_taxes)
    }

    /// Money given back, per tender.
    async fn refunds(&self) -> Vec<RegisterReportTender> {
        self.per_tender(&self.0.refunds)
    }

    /// Cash per kind of movement.
    async fn cash(&self) -> Vec<RegisterReportCash> {
        let row = |it: &report::CashSum| {
            let amount = money(it.sum.amount, self.0.currency);
            RegisterReportCash { kind: Word(it.kind), count: it.sum.count, amount }
        };
        self.0.cash.iter().map(row).collect()
    }

    /// What should be in the drawer.
    async fn expected(&self) -> Money {
        money(self.0.expected, self.0.currency)
    }

    /// What was counted.
    async fn counted(&self) -> Option<Money> {
        self.0.counted.map(|minor| money(minor, self.0.currency))
    }

    /// counted − expected.
    async fn difference(&self) -> Option<Money> {
        self.0.difference.map(|minor| money(minor, self.0.currency))
    }

    /// Why they differ.
    async fn difference_reason(&self) -> Option<&str> {
        self.0.difference_reason.as_deref()
    }

    /// Coins and notes that were counted.
    async fn pieces(&self) -> Vec<RegisterReportPieces> {
        let row = |it: &Pieces| RegisterReportPieces { value: money(it.value, self.0.currency), count: it.count };
        self.0.pieces.iter().map(row).collect()
    }

    /// Number of the first receipt.
    async fn first_receipt(&self) -> Option<i64> {
        self.0.first_receipt
    }

    /// Number of the last receipt.
    async fn last_receipt(&self) -> Option<i64> {
        self.0.last_receipt
    }

    /// Whether the till gave out every number between them.
    async fn is_complete(&self) -> bool {
        self.0.is_complete
    }

    /// For a printer of 42 columns.
    async fn text(&self) -> String {
        self.0.text()
    }

    /// A complete page, printable.
    async fn html(&self) -> Html {
        Html(self.0.html())
    }
}

impl RegisterReport {
    fn sum(&self, sum: Sum) -> RegisterReportSum {
        RegisterReportSum { count: sum.count, amount: money(sum.amount, self.0.currency) }
    }

    fn rates(&self, rates: &[report::RateSum]) -> Vec<RegisterReportTax> {
        let row = |it: &report::RateSum| RegisterReportTax {
            name: it.name.clone(),
            rate_ppm: it.rate_ppm,
            taxable: money(it.taxable, self.0.currency),
            tax: money(it.tax, self.0.currency),
        };
        rates.iter().map(row).collect()
    }

    fn per_tender(&self, tenders: &[report::TenderSum]) -> Vec<RegisterReportTender> {
        let row = |it: &report::TenderSum| {
            let amount = money(it.sum.amount, self.0.currency);
            RegisterReportTender { gateway: Word(it.gateway), count: it.sum.count, amount }
        };
        tenders.iter().map(row).collect()
    }
}

fn money(minor: i64, currency: Currency) -> Money {
    Money::new(minor, currency)
}
