//! How long messages keep their words: bodies go when nobody needs them any more, and at once those to people who were
//! erased. What is left says that a message went, to whom, when and about what.

use chrono::TimeDelta;
use entity::id::MessageId;
use entity::words::MessageStatus;
use entity::{customer, message};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::erasure::{wipe, written_to};
use crate::kernel::{Ctx, Result};

/// So long the words of a message are kept: over a year of returns, warranties and questions about them, and the same
/// season of the year before.
pub const KEEP_BODIES: TimeDelta = TimeDelta::days(400);
/// Messages of one transaction: short enough to let those in that are to be sent.
const AT_ONCE: u64 = 500;

/// Which messages are wiped, and of what.
#[derive(Debug, Clone, Copy)]
enum Which {
    /// Old ones, of their words.
    Old,
    /// Those to people who were erased, and about their orders, of everything.
    ToErased,
}

/// Wipes what need not be kept; what waits to be sent is left alone. Says how many messages it were.
pub async fn wipe_due(ctx: &Ctx) -> Result<u64> {
    let mut wiped = 0;
    for which in [Which::ToErased, Which::Old] {
        loop {
            let some = wipe_some(ctx, which).await?;
            wiped += some;
            if some < AT_ONCE {
                break;
            }
        }
    }
    Ok(wiped)
}

async fn wipe_some(ctx: &Ctx, which: Which) -> Result<u64> {
    ctx.write(|tx| async move {
        let has_words = Condition::any()
            .add(message::Column::Html.ne(""))
            .add(message::Column::Text.ne(""))
            .add(message::Column::UnsubscribeUrl.is_not_null());
        let due = match which {
            Which::Old => Condition::all().add(has_words).add(message::Column::CreatedAt.lt(tx.now() - KEEP_BODIES)),
            Which::ToErased => {
                let erased = Condition::all().add(customer::Column::ErasedAt.is_not_null());
                let has_any = has_words.add(message::Column::Recipient.ne("")).add(message::Column::Subject.ne(""));
                Condition::all().add(has_any).add(written_to(&erased))
            }
        };
        let ids: Vec<MessageId> = message::Entity::find()
            .select_only()
            .column(message::Column::Id)
            .filter(message::Column::Status.ne(MessageStatus::Queued))
            .filter(due)
            .order_by_asc(message::Column::Id)
            .limit(AT_ONCE)
            .into_tuple()
            .all(&tx)
            .await?;
        if ids.is_empty() {
            return Ok(0);
        }
        let update = match which {
            Which::ToErased => wipe(),
            Which::Old => message::Entity::update_many()
                .col_expr(message::Column::Html, Expr::value(""))
                .col_expr(message::Column::Text, Expr::value(""))
                .col_expr(message::Column::UnsubscribeUrl, Expr::value(Option::<String>::None)),
        };
        Ok(update.filter(message::Column::Id.is_in(ids)).exec(&tx).await?.rows_affected)
    })
    .await
}
