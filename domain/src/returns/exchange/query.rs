//! Reads of exchanges.

use entity::id::{ExchangeId, OrderId, ReturnId};
use entity::words::ExchangeStatus;
use entity::{exchange, exchange_line};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::super::access;
use super::Exchanged;
use crate::kernel::{Ctx, Result};

/// An exchange.
pub async fn by_id(db: &impl ConnectionTrait, id: ExchangeId) -> Result<Option<exchange::Model>> {
    Ok(exchange::Entity::find_by_id(id).one(db).await?)
}

/// The exchanges of returns; a return has one at most.
pub async fn of_returns(db: &impl ConnectionTrait, ids: &[ReturnId]) -> Result<Vec<exchange::Model>> {
    Ok(exchange::Entity::find().filter(exchange::Column::ReturnId.is_in(ids.iter().copied())).all(db).await?)
}

/// The exchanges that some orders were placed for; an order has one at most.
pub async fn of_orders(db: &impl ConnectionTrait, ids: &[OrderId]) -> Result<Vec<exchange::Model>> {
    Ok(exchange::Entity::find().filter(exchange::Column::OrderId.is_in(ids.iter().copied())).all(db).await?)
}

/// The new goods of exchanges, in their order.
pub async fn lines(db: &impl ConnectionTrait, ids: &[ExchangeId]) -> Result<Vec<exchange_line::Model>> {
    let found = exchange_line::Entity::find()
        .filter(exchange_line::Column::ExchangeId.is_in(ids.iter().copied()))
        .order_by_asc(exchange_line::Column::Id);
    Ok(found.all(db).await?)
}

/// An exchange whose return the actor may see; `None` when there is none. Errors: `FORBIDDEN`, `INVALID_CODE`.
pub async fn visible(ctx: &Ctx, id: ExchangeId, token: Option<&str>) -> Result<Option<Exchanged>> {
    let Some(row) = by_id(&ctx.db(), id).await? else { return Ok(None) };
    let back = access::visible(ctx, row.return_id, token).await?;
    Ok(back.map(|back| Exchanged { row, back, replayed: false }))
}

/// Whether the exchange of a return ended without new goods for the old ones: what comes gives money like any return.
pub(in super::super) async fn is_over(db: &impl ConnectionTrait, id: ReturnId) -> Result<bool> {
    let over = |row: &exchange::Model| match row.status {
        ExchangeStatus::Defaulted | ExchangeStatus::Canceled => true,
        ExchangeStatus::AwaitingReturn | ExchangeStatus::Placed | ExchangeStatus::Completed => false,
    };
    Ok(of_returns(db, &[id]).await?.iter().any(over))
}
