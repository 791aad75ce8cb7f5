//! The row locks of orders: always before the locks of work, pickups, transfers and stock, always in id order.

use std::collections::BTreeSet;

use entity::id::OrderId;
use entity::order;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::kernel::{Error, Result, Tx};

/// Locks orders until the end of the transaction. Error: `NOT_FOUND` when one is missing.
pub(crate) async fn lock(tx: &Tx, ids: impl IntoIterator<Item = OrderId>) -> Result<Vec<order::Model>> {
    let ids: BTreeSet<OrderId> = ids.into_iter().collect();
    let wanted = ids.len();
    let found = order::Entity::find()
        .filter(order::Column::Id.is_in(ids))
        .order_by_asc(order::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    if found.len() == wanted { Ok(found) } else { Err(Error::not_found("order")) }
}

/// Locks one order until the end of the transaction. Error: `NOT_FOUND`.
pub(crate) async fn lock_one(tx: &Tx, id: OrderId) -> Result<order::Model> {
    lock(tx, [id]).await?.pop().ok_or(Error::not_found("order"))
}
