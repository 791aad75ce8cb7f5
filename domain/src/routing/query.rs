//! Reads of routing decisions.

use entity::id::OrderId;
use entity::routing_decision;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::kernel::Result;

/// The decisions about an order, oldest first.
pub async fn of_order(db: &impl ConnectionTrait, order: OrderId) -> Result<Vec<routing_decision::Model>> {
    let found = routing_decision::Entity::find()
        .filter(routing_decision::Column::OrderId.eq(order))
        .order_by_asc(routing_decision::Column::Id);
    Ok(found.all(db).await?)
}
