//! Payments whose time comes: looked at a few at a time, each in a transaction of its own.

use chrono::{DateTime, Utc};
use entity::id::PaymentId;
use entity::payment::{Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Select};

use crate::kernel::{Ctx, Result, Tx};

/// Payments looked at in one go.
const AT_ONCE: u64 = 200;

/// Attends to the payments that a query finds; returns how many it dealt with.
pub(crate) async fn each<A, F>(ctx: &Ctx, due: Select<Entity>, attend: A) -> Result<u64>
where
    A: Fn(Tx, PaymentId) -> F,
    F: Future<Output = Result<()>>,
{
    let mut done = 0;
    for payment in due.limit(AT_ONCE).all(&ctx.db()).await? {
        ctx.write(|tx| attend(tx, payment.id)).await?;
        done += 1;
    }
    Ok(done)
}

/// Notes that a moment was dealt with: the time of a reminder, or that the end is behind us.
pub(crate) async fn note(tx: &Tx, id: PaymentId, column: Column, at: Option<DateTime<Utc>>) -> Result<()> {
    Entity::update_many().col_expr(column, Expr::value(at)).filter(Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}
