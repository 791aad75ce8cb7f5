//! Reads of fulfillment work.

use entity::id::{FulfillmentOrderId, OrderId};
use entity::{fulfillment_order, fulfillment_order_line};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::kernel::Result;

/// The work of orders, oldest first.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<fulfillment_order::Model>> {
    let found = fulfillment_order::Entity::find()
        .filter(fulfillment_order::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(fulfillment_order::Column::Id);
    Ok(found.all(db).await?)
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
