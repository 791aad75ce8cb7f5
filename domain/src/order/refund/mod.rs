//! Refunds: the decision to give money back, apart from the payment events that carry it out.
//!
//! [`issue::issue`] decides for goods that came back, kindness and shipping, `order::cancel_units` for units that are
//! canceled; both use [`books`] for what parts are worth and [`execute`] to send the money to its tenders.

pub(crate) mod books;
pub(crate) mod claw_back;
mod confirm;
mod create;
pub(crate) mod decide;
pub(crate) mod execute;
pub(crate) mod issue;
pub(crate) mod told;

use entity::id::{OrderId, RefundId};
use entity::{order, payment_event, refund, refund_line};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

pub use claw_back::Coming;
pub(crate) use claw_back::Terms;
pub use confirm::{ConfirmRefund, confirm_refund, fail_refund, retry_refund};
pub use create::{CreateRefund, RefundWish, SuggestedRefund, create_refund, suggested};
pub(crate) use issue::{Extra, issue_with};
pub use issue::{NewRefund, issue};

use crate::kernel::Result;

/// What an order costs and what was paid for it, minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// What it costs after everything that was given up.
    pub due: i64,
    /// What was taken and neither went back nor is on its way: the most that can go back.
    pub available: i64,
    /// What was paid beyond what it costs.
    pub overpaid: i64,
    /// What is reserved and not taken.
    pub reserved: i64,
}

impl Balance {
    /// What is still to be paid; below zero when too much was paid.
    #[must_use]
    pub const fn left(&self) -> i64 {
        self.due - self.available - self.reserved
    }
}

/// The balance of an order; six statements.
pub async fn balance(db: &impl ConnectionTrait, order: &order::Model) -> Result<Balance> {
    let books = books::Books::read(db, order.id).await?;
    Ok(Balance {
        due: books.due_now(order)?,
        available: books.kept(),
        overpaid: books.overpaid(order)?,
        reserved: books.reserved(),
    })
}

/// The refunds of orders, oldest first.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<refund::Model>> {
    let found = refund::Entity::find()
        .filter(refund::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(refund::Column::Id);
    Ok(found.all(db).await?)
}

/// The lines of refunds.
pub async fn lines(db: &impl ConnectionTrait, refunds: &[RefundId]) -> Result<Vec<refund_line::Model>> {
    let found = refund_line::Entity::find()
        .filter(refund_line::Column::RefundId.is_in(refunds.iter().copied()))
        .order_by_asc(refund_line::Column::OrderLineId);
    Ok(found.all(db).await?)
}

/// The payment events that carry refunds out, oldest first.
pub async fn events(db: &impl ConnectionTrait, refunds: &[RefundId]) -> Result<Vec<payment_event::Model>> {
    let found = payment_event::Entity::find()
        .filter(payment_event::Column::RefundId.is_in(refunds.iter().copied()))
        .order_by_asc(payment_event::Column::Id);
    Ok(found.all(db).await?)
}
