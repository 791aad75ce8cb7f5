//! Reads of changes of orders.

use entity::id::OrderId;
use entity::money::Currency;
use entity::order_change::{Column, Entity, Model};
use entity::words::OrderChangeStatus;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::preview::Preview;
use crate::kernel::{Ctx, Error, Result};
use crate::order as orders;

/// The changes of orders, oldest first, at most 200. Callers have checked who may read the orders.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<Model>> {
    let found =
        Entity::find().filter(Column::OrderId.is_in(orders.iter().copied())).order_by_asc(Column::Id).limit(200);
    Ok(found.all(db).await?)
}

/// The changes of an order that the actor may read, with its currency, oldest first. Errors: `FORBIDDEN`.
pub async fn of_readable(ctx: &Ctx, order: OrderId) -> Result<Vec<(Model, Currency)>> {
    let readable = orders::query::readable_by_ids(ctx, &[order]).await?;
    let Some(order) = readable.first() else { return Ok(Vec::new()) };
    let found = of_orders(&ctx.db(), &[order.id]).await?;
    Ok(found.into_iter().map(|change| (change, order.currency)).collect())
}

/// What a change does, as it was shown.
pub fn preview(change: &Model) -> Result<Preview> {
    serde_json::from_value(change.preview.clone()).map_err(|error| Error::Bug(error.to_string()))
}

/// The newest revision of an order.
pub(super) async fn revision(db: &impl ConnectionTrait, order: OrderId) -> Result<i32> {
    let last = Entity::find()
        .filter(Column::OrderId.eq(order))
        .filter(Column::Status.eq(OrderChangeStatus::Confirmed))
        .order_by_desc(Column::Revision)
        .one(db)
        .await?;
    Ok(last.map_or(1, |change| change.revision))
}
