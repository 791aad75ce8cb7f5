//! Reads of tills and receipts.

use entity::id::{OrderId, ReceiptId, RegisterId};
use entity::{receipt, register};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::kernel::Result;

/// One till.
pub async fn by_id(db: &impl ConnectionTrait, id: RegisterId) -> Result<Option<register::Model>> {
    Ok(register::Entity::find_by_id(id).one(db).await?)
}

/// Several tills.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[RegisterId]) -> Result<Vec<register::Model>> {
    Ok(register::Entity::find().filter(register::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// The receipts of orders; an order sold at a till has one.
pub async fn receipts_of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<receipt::Model>> {
    Ok(receipt::Entity::find().filter(receipt::Column::OrderId.is_in(orders.iter().copied())).all(db).await?)
}

/// One receipt, whoever asks: callers check who may read its order.
pub async fn receipt_by_id(db: &impl ConnectionTrait, id: ReceiptId) -> Result<Option<receipt::Model>> {
    Ok(receipt::Entity::find_by_id(id).one(db).await?)
}
