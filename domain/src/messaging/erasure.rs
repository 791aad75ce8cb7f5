//! When a person is erased, what was written to them goes, too: addresses and bodies. That a message went, when and
//! about what stays.

use entity::id::CustomerId;
use entity::words::MessageStatus;
use entity::{event, message};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

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
    message::Entity::update_many()
        .col_expr(message::Column::Status, Expr::value(MessageStatus::Suppressed))
        .col_expr(message::Column::Reason, Expr::value(ERASED))
        .filter(message::Column::CustomerId.eq(id))
        .filter(message::Column::Status.eq(MessageStatus::Queued))
        .exec(tx)
        .await?;
    let wiped = [message::Column::Subject, message::Column::Html, message::Column::Text, message::Column::Recipient];
    let mut update = message::Entity::update_many().filter(message::Column::CustomerId.eq(id));
    for column in wiped {
        update = update.col_expr(column, Expr::value(""));
    }
    update = update.col_expr(message::Column::UnsubscribeUrl, Expr::value(Option::<String>::None));
    let wiped = update.exec(tx).await?;
    Ok(if wiped.rows_affected == 0 { Handled::Nothing("no messages") } else { Handled::Done })
}
