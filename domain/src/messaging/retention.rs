//! How long messages keep their words: bodies go when nobody needs them any more, and at once those to people who were
//! erased. What is left says that a message went, to whom, when and about what.

use chrono::TimeDelta;
use entity::id::MessageId;
use entity::words::MessageStatus;
use entity::{customer, message};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::erasure::{wipe, written_to};
use crate::kernel::event::{IDS_AHEAD, first_id_at};
use crate::kernel::{Ctx, Result};

/// So long the words of a message are kept: over a year of returns, warranties and questions about them, and the same
/// season of the year before.
pub const KEEP_BODIES: TimeDelta = TimeDelta::days(400);
/// Messages of one transaction: short enough to let those in that are to be sent.
const AT_ONCE: u64 = 500;

/// A message that has words. Written out, word for word as the index `message_words` has it: databases use the index for
/// literals only, and without it all bodies would be read to find those that are there.
pub const HAS_WORDS: &str = "(message.html <> '' OR message.text <> '' OR message.unsubscribe_url IS NOT NULL)";

/// What is wiped of a message.
#[derive(Debug, Clone, Copy)]
enum What {
    /// The words.
    Words,
    /// The address, too.
    Everything,
}

/// Wipes what need not be kept: of old messages the words, of those to people who were erased and about their orders
/// everything. What waits to be sent is left alone. Says how many messages it were.
///
/// Messages are looked for outside of the transactions that wipe them: on SQLite those keep all other writers waiting.
pub async fn wipe_due(ctx: &Ctx) -> Result<u64> {
    let erased = Condition::all().add(customer::Column::ErasedAt.is_not_null());
    let mut wiped = 0;
    for which in written_to(&erased) {
        let has_any = Condition::any()
            .add(Expr::cust(HAS_WORDS))
            .add(message::Column::Recipient.ne(""))
            .add(message::Column::Subject.ne(""));
        wiped += wipe_all(ctx, What::Everything, &Condition::all().add(which).add(has_any)).await?;
    }
    let before = ctx.now() - KEEP_BODIES;
    let old = Condition::all()
        .add(message::Column::Id.lt(MessageId(first_id_at(before + IDS_AHEAD).uuid())))
        .add(message::Column::CreatedAt.lt(before))
        .add(Expr::cust(HAS_WORDS));
    Ok(wiped + wipe_all(ctx, What::Words, &old).await?)
}

async fn wipe_all(ctx: &Ctx, what: What, due: &Condition) -> Result<u64> {
    let mut wiped = 0;
    let mut after: Option<MessageId> = None;
    loop {
        let ids: Vec<MessageId> = message::Entity::find()
            .select_only()
            .column(message::Column::Id)
            .filter(message::Column::Status.ne(MessageStatus::Queued))
            .filter(due.clone().add_option(after.map(|id| message::Column::Id.gt(id))))
            .order_by_asc(message::Column::Id)
            .limit(AT_ONCE)
            .into_tuple()
            .all(&ctx.db())
            .await?;
        after = ids.last().copied();
        if after.is_none() {
            return Ok(wiped);
        }
        wiped += wipe_these(ctx, what, &ids).await?;
    }
}

async fn wipe_these(ctx: &Ctx, what: What, ids: &[MessageId]) -> Result<u64> {
    ctx.write(|tx| async move {
        let update = match what {
            What::Everything => wipe(),
            What::Words => message::Entity::update_many()
                .col_expr(message::Column::Html, Expr::value(""))
                .col_expr(message::Column::Text, Expr::value(""))
                .col_expr(message::Column::UnsubscribeUrl, Expr::value(Option::<String>::None)),
        };
        let done = update
            .filter(message::Column::Id.is_in(ids.iter().copied()))
            .filter(message::Column::Status.ne(MessageStatus::Queued))
            .exec(&tx)
            .await?;
        Ok(done.rows_affected)
    })
    .await
}
