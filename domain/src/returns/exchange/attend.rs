//! Exchanges by the clock: new goods that went out in advance and whose old ones did not come are charged, and new goods
//! that were short are tried again.

use entity::id::ExchangeId;
use entity::words::{ExchangeStatus, ReturnStatus};
use entity::{exchange, payment, returns};
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};

use super::guard;
use super::settle;
use super::step;
use crate::kernel::{Ctx, Result};
use crate::order as orders;
use crate::order::refund::books::Books;

/// Exchanges looked at in one go.
const AT_ONCE: u64 = 200;

/// Ends what is overdue and settles what can be settled, each in a transaction of its own. Run by a schedule.
pub async fn attend_due(ctx: &Ctx) -> Result<()> {
    for id in overdue(ctx).await? {
        default(ctx, id).await?;
    }
    for id in waiting(ctx).await? {
        match settle::attempt(ctx, id).await {
            // What stands in the way was told before.
            Err(error) if !error.is_internal() => {
                tracing::debug!(exchange = %id, code = %error.code(), "an exchange still waits");
            }
            answer => answer?,
        }
    }
    for id in running_out(ctx).await? {
        secure(ctx, id).await?;
    }
    Ok(())
}

/// In advance, beyond their time, and nothing came.
async fn overdue(ctx: &Ctx) -> Result<Vec<ExchangeId>> {
    let nothing_came = [ReturnStatus::Requested, ReturnStatus::Approved, ReturnStatus::InTransit];
    let found = exchange::Entity::find()
        .inner_join(returns::Entity)
        .filter(exchange::Column::Status.eq(ExchangeStatus::Placed))
        .filter(exchange::Column::DueAt.lte(ctx.now()))
        .filter(returns::Column::Status.is_in(nothing_came))
        .order_by_asc(exchange::Column::DueAt)
        .limit(AT_ONCE);
    Ok(found.all(&ctx.db()).await?.into_iter().map(|row| row.id).collect())
}

/// All of it was looked at, and the new goods are not placed.
async fn waiting(ctx: &Ctx) -> Result<Vec<ExchangeId>> {
    let found = exchange::Entity::find()
        .inner_join(returns::Entity)
        .filter(exchange::Column::Status.is_in([ExchangeStatus::AwaitingReturn, ExchangeStatus::Placed]))
        .filter(returns::Column::Status.eq(ReturnStatus::Inspected))
        .order_by_asc(exchange::Column::UpdatedAt)
        .limit(AT_ONCE);
    Ok(found.all(&ctx.db()).await?.into_iter().map(|row| row.id).collect())
}

async fn default(ctx: &Ctx, id: ExchangeId) -> Result<()> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let both = step::lock(tx, id, None).await?;
        let is_due = both.row.due_at.is_some_and(|at| at <= tx.now());
        let came =
            !matches!(both.back.row.status, ReturnStatus::Requested | ReturnStatus::Approved | ReturnStatus::InTransit);
        if both.row.status == ExchangeStatus::Placed && is_due && !came {
            Box::pin(settle::default(tx, both)).await?;
        }
        Ok(())
    })
    .await
}

/// In advance, something came that was not all looked at, and the bank will not hold the money much longer.
async fn running_out(ctx: &Ctx) -> Result<Vec<ExchangeId>> {
    let came = [ReturnStatus::PartlyReceived, ReturnStatus::Received, ReturnStatus::Inspected];
    let found = exchange::Entity::find()
        .inner_join(returns::Entity)
        .join(JoinType::InnerJoin, exchange::Relation::GuaranteePayment.def())
        .filter(exchange::Column::Status.eq(ExchangeStatus::Placed))
        .filter(returns::Column::Status.is_in(came))
        .filter(payment::Column::AuthorizedUntil.lte(ctx.now() + guard::MARGIN))
        .order_by_asc(payment::Column::AuthorizedUntil)
        .limit(AT_ONCE);
    Ok(found.all(&ctx.db()).await?.into_iter().map(|row| row.id).collect())
}

/// Takes what secures new goods. The old ones give it back when they were looked at.
async fn secure(ctx: &Ctx, id: ExchangeId) -> Result<()> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let both = step::lock(tx, id, None).await?;
        let Some(new) = both.order.filter(|_| both.row.status == ExchangeStatus::Placed) else { return Ok(()) };
        let books = Books::read(tx, new.id).await?;
        guard::free(tx, &new, &books, books.due_now(&new)?).await?;
        orders::refresh(tx, new.id).await?;
        Ok(())
    })
    .await
}
