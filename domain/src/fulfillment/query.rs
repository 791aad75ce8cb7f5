//! Reads of fulfillment work.

use entity::id::{FulfillmentOrderId, OrderId};
use entity::{fulfillment_order, fulfillment_order_line, order};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::Ctx;
use crate::kernel::Result;
use crate::order::access;

/// The work of orders, oldest first.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<fulfillment_order::Model>> {
    let found = fulfillment_order::Entity::find()
        .filter(fulfillment_order::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(fulfillment_order::Column::Id);
    Ok(found.all(db).await?)
}

/// Work by its ids, where the actor may read the order. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn readable_by_ids(ctx: &Ctx, ids: &[FulfillmentOrderId]) -> Result<Vec<fulfillment_order::Model>> {
    let orders = order::Entity::find().select_only().column(order::Column::Id).filter(access::readable(ctx)?);
    let found = fulfillment_order::Entity::find()
        .filter(fulfillment_order::Column::Id.is_in(ids.iter().copied()))
        .filter(fulfillment_order::Column::OrderId.in_subquery(orders.into_query()));
    Ok(found.all(&ctx.db()).await?)
}

/// The lines of work.
pub async fn lines(
    db: &impl ConnectionTrait,
    work: &[FulfillmentOrderId],
) -> Result<Vec<fulfillment_order_line::Model>> {
    let found = fulfillment_order_line::Entity::find()
        .filter(fulfillment_order_line::Column::FulfillmentOrderId.is_in(work.iter().copied()))
        .order_by_asc(fulfillment_order_line::Column::Id);
    Ok(found.all(db).await?)
}
