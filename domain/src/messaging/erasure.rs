//! When a person is erased, what was written to them goes, too: addresses and bodies. That a message went, when and
//! about what stays.
//!
//! What was written about an order counts as written to its buyer, also when the order joined the account later, and so
//! do tests that show it. An order that is open goes on after its buyer was erased, and mails about it still go to the
//! address on it; they are wiped by [`super::retention`] once they are settled.

use entity::id::CustomerId;
use entity::words::MessageStatus;
use entity::{customer, event, message, order};
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, UpdateMany};

use super::dispatch::{Handled, Handler};
use super::policy::ERASED;
use crate::kernel::{Result, Tx};

/// Wipes the messages of a customer who was erased.
pub const HANDLER: Handler = Handler {
    name: "message_erasure",
    kinds: &["customer_erased"],
    run: |tx, event| Box::pin(customer_erased(tx, event)),
};

async fn customer_erased(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let id = CustomerId(event.aggregate_id);
    let person = Condition::any().add(customer::Column::Id.eq(id)).add(customer::Column::MergedIntoId.eq(id));
    let mut wiped = 0;
    for which in written_to(&person) {
        message::Entity::update_many()
            .col_expr(message::Column::Status, Expr::value(MessageStatus::Suppressed))
            .col_expr(message::Column::Reason, Expr::value(ERASED))
            .filter(which.clone())
            .filter(message::Column::Status.eq(MessageStatus::Queued))
            .exec(tx)
            .await?;
        wiped += wipe().filter(which).exec(tx).await?.rows_affected;
    }
    Ok(if wiped == 0 { Handled::Nothing("no messages") } else { Handled::Done })
}

/// The messages to certain customers, and those about their orders: to be asked for one after the other, each by its index.
/// An OR of the two is looked for in every message by PostgreSQL.
pub(super) fn written_to(people: &Condition) -> [Expr; 2] {
    let customers = || -> SelectStatement {
        Query::select().column(customer::Column::Id).from(customer::Entity).cond_where(people.clone()).to_owned()
    };
    let orders = Query::select()
        .column(order::Column::Id)
        .from(order::Entity)
        .and_where(order::Column::CustomerId.in_subquery(customers()))
        .to_owned();
    [message::Column::CustomerId.in_subquery(customers()), message::Column::OrderId.in_subquery(orders)]
}

/// Takes the address and the words from messages; which, the caller says.
pub(super) fn wipe() -> UpdateMany<message::Entity> {
    let wiped = [message::Column::Subject, message::Column::Html, message::Column::Text, message::Column::Recipient];
    let none = Expr::value(Option::<String>::None);
    let update = message::Entity::update_many().col_expr(message::Column::UnsubscribeUrl, none);
    wiped.into_iter().fold(update, |update, column| update.col_expr(column, Expr::value("")))
}
