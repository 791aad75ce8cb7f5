//! Credit notes: what was given back, as a document with a number.
//!
//! In Japan a qualified return invoice (適格返還請求書, Consumption Tax Act art. 57-4 para. 3): seller and registration
//! number, the day of the return, the day of the sale, what came back, and per rate the amount with its tax.

mod document;
mod html;
mod text;

use std::collections::BTreeMap;

use entity::id::{ChannelId, CreditNoteId, OrderId, RefundId};
use entity::{channel, credit_note, order, order_tax, refund};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Statement,
};
use serde_json::json;

pub use document::{CreditNote, CreditNoteLine, CreditNoteTax, CreditNoteTender};

use super::query;
use super::refund::books::{Books, Plan};
use super::refund::decide::Decision;
use super::refund::execute::Sent;
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, Result, Tx};

/// The credit notes of orders, oldest first; who may read an order may read them.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<credit_note::Model>> {
    let found = credit_note::Entity::find()
        .filter(credit_note::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(credit_note::Column::Id);
    Ok(found.all(db).await?)
}

/// The credit notes of refunds.
pub async fn of_refunds(db: &impl ConnectionTrait, refunds: &[RefundId]) -> Result<Vec<credit_note::Model>> {
    let found = credit_note::Entity::find()
        .filter(credit_note::Column::RefundId.is_in(refunds.iter().copied()))
        .order_by_asc(credit_note::Column::Id);
    Ok(found.all(db).await?)
}

/// The credit note that was issued, as data.
pub fn parse(row: &credit_note::Model) -> Result<CreditNote> {
    serde_json::from_value(row.document.clone()).map_err(|error| Error::Bug(format!("credit note {}: {error}", row.id)))
}

/// What goes back, why, and to whom.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub plan: &'a Plan,
    pub refund: &'a refund::Model,
    pub decision: &'a Decision,
    pub sent: &'a [Sent],
}

/// Issues the credit note of a refund. Its number is taken in the refund's transaction, so there are no gaps; that makes
/// refunds of one channel wait for each other from here to the commit. Five statements.
pub(crate) async fn issue(
    tx: &Tx,
    order: &order::Model,
    books: &Books,
    given: Given<'_>,
) -> Result<credit_note::Model> {
    let Given { plan, refund, decision, sent } = given;
    let channel = channel::Entity::find_by_id(order.channel_id).one(tx).await?.ok_or(Error::not_found("channel"))?;
    let charged = query::taxes(tx, &[order.id]).await?;
    let before = credited(&of_orders(tx, &[order.id]).await?)?;
    let number = format!("{}-CN{:06}", channel.code.to_uppercase(), next_number(tx, channel.id).await?);
    let taxes = taxes(&charged, &before, plan);
    let parts = document::Parts { channel: &channel, order, books, plan, refund, decision, sent, taxes };
    let paper = document::write(&parts, &number, tx.now());
    let row = credit_note::Model {
        id: CreditNoteId(tx.new_uuid()),
        number: number.clone(),
        channel_id: channel.id,
        order_id: Some(order.id),
        refund_id: refund.id,
        return_id: decision.return_id,
        document: serde_json::to_value(&paper).map_err(|error| Error::Bug(error.to_string()))?,
        register_session_id: decision.session,
        issued_at: tx.now(),
    };
    credit_note::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    let event = NewEvent::new("credit_note_issued", "order", order.id.uuid()).customer(order.customer_id);
    tx.event(event.payload(json!({
        "order_id": order.id, "refund_id": refund.id, "credit_note_id": row.id, "number": number,
    })));
    Ok(row)
}

/// A refund by rate before it is decided. Two statements.
pub(crate) async fn preview(
    db: &impl ConnectionTrait,
    order: &order::Model,
    plan: &Plan,
) -> Result<Vec<CreditNoteTax>> {
    let charged = query::taxes(db, &[order.id]).await?;
    let before = credited(&of_orders(db, &[order.id]).await?)?;
    Ok(taxes(&charged, &before, plan))
}

/// The next number of a channel, from 1.
async fn next_number(tx: &Tx, channel: ChannelId) -> Result<i64> {
    let backend = tx.get_database_backend();
    let name = format!("credit_note:{channel}");
    let sql = if backend == sea_orm::DatabaseBackend::Postgres {
        "INSERT INTO sequence (name, value) VALUES ($1, 1) \
         ON CONFLICT (name) DO UPDATE SET value = sequence.value + 1 RETURNING value"
    } else {
        "INSERT INTO sequence (name, value) VALUES (?, 1) \
         ON CONFLICT (name) DO UPDATE SET value = sequence.value + 1 RETURNING value"
    };
    let row = tx.query_one_raw(Statement::from_sql_and_values(backend, sql, [name.into()])).await?;
    let row = row.ok_or_else(|| Error::Bug("a sequence gave no number".to_owned()))?;
    Ok(row.try_get("", "value")?)
}

/// Money of one rate, minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Rate {
    gross: i64,
    tax: i64,
}

/// What earlier credit notes gave back, by rate.
fn credited(notes: &[credit_note::Model]) -> Result<BTreeMap<i32, Rate>> {
    let mut sums: BTreeMap<i32, Rate> = BTreeMap::new();
    for note in notes {
        for tax in parse(note)?.taxes {
            let sum = sums.entry(tax.rate_ppm).or_default();
            sum.gross += tax.gross;
            sum.tax += tax.tax;
        }
    }
    Ok(sums)
}

/// The refund by rate, highest first: goods and shipping at theirs; what has no goods, and what the goods of a rate are
/// worth beyond what is left of it because a kindness took it before, spread over what is left of each. No rate gives back
/// more than it was charged, and the last money of a rate carries the rest of its tax.
fn taxes(charged: &[order_tax::Model], before: &BTreeMap<i32, Rate>, plan: &Plan) -> Vec<CreditNoteTax> {
    let mut rates: Vec<Returned<'_>> = charged
        .iter()
        .map(|tax| {
            let gone = before.get(&tax.rate_ppm).copied().unwrap_or_default();
            let left = Rate { gross: (tax.taxable + tax.tax - gone.gross).max(0), tax: (tax.tax - gone.tax).max(0) };
            Returned { charged: tax, left, now: Rate::default() }
        })
        .collect();
    for part in plan.units.iter().map(|units| units.taxed).chain(plan.shipping_taxed.iter().copied()) {
        if let Some(rate) = rates.iter_mut().find(|rate| rate.charged.rate_ppm == part.rate_ppm) {
            rate.now.gross += part.gross;
            rate.now.tax += part.tax;
        }
    }
    let beyond: i64 = rates.iter_mut().map(Returned::cut).sum();
    let room: Vec<i64> = rates.iter().map(|rate| rate.left.gross - rate.now.gross).collect();
    // Discounts that were kept and go back now have no goods either.
    let given_back = (-plan.fee - plan.forgiven).max(0);
    let spread = (plan.goodwill + beyond + given_back).min(room.iter().sum());
    let shares = crate::pricing::allocation::largest_remainder(spread, &room).unwrap_or_default();
    for (rate, share) in rates.iter_mut().zip(shares) {
        rate.now.gross += share;
        rate.now.tax += tax_within(share, rate.charged.rate_ppm);
    }
    rates.iter().filter(|rate| rate.now.gross > 0).map(Returned::told).collect()
}

/// What of a rate goes back.
struct Returned<'a> {
    charged: &'a order_tax::Model,
    /// What did not go back before.
    left: Rate,
    now: Rate,
}

impl Returned<'_> {
    /// Cuts it to what is left; returns what was beyond.
    fn cut(&mut self) -> i64 {
        let beyond = (self.now.gross - self.left.gross).max(0);
        self.now.gross -= beyond;
        beyond
    }

    fn told(&self) -> CreditNoteTax {
        let is_last = self.now.gross == self.left.gross;
        let tax = if is_last { self.left.tax } else { self.now.tax.min(self.left.tax) };
        CreditNoteTax {
            name: self.charged.name.clone(),
            rate_ppm: self.charged.rate_ppm,
            taxable: self.now.gross - tax,
            tax,
            gross: self.now.gross,
        }
    }
}

/// The tax that an amount with tax contains, rounded down.
fn tax_within(gross: i64, rate_ppm: i32) -> i64 {
    let rate = i128::from(rate_ppm);
    i64::try_from(i128::from(gross) * rate / (1_000_000 + rate)).unwrap_or(0)
}

#[cfg(test)]
#[path = "../refund/books_tests.rs"]
mod tests;
