//! The row locks of carts, in id order.

use entity::cart;
use entity::id::CartId;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{Error, Result, Tx};

/// Locks a cart until the transaction ends. Error: `NOT_FOUND`.
pub async fn lock(tx: &Tx, id: CartId) -> Result<cart::Model> {
    lock_all(tx, &[id]).await?.into_iter().next().ok_or(Error::not_found("cart"))
}

/// Locks carts until the transaction ends, the lowest id first, so that two who lock the same carts wait for each
/// other instead of deadlocking. Missing carts are left out.
pub async fn lock_all(tx: &Tx, ids: &[CartId]) -> Result<Vec<cart::Model>> {
    // Rows that point to a cart, such as holds, need not wait.
    Ok(cart::Entity::find()
        .filter(cart::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(cart::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(tx)
        .await?)
}
