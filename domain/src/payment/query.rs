//! Reads of payments.

use entity::id::{CartId, OrderId, PaymentId};
use entity::{payment, payment_event};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::kernel::Result;

/// One payment.
pub async fn by_id(db: &impl ConnectionTrait, id: PaymentId) -> Result<Option<payment::Model>> {
    Ok(payment::Entity::find_by_id(id).one(db).await?)
}

/// The payments of orders, oldest first.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<payment::Model>> {
    let found = payment::Entity::find()
        .filter(payment::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(payment::Column::Id);
    Ok(found.all(db).await?)
}

/// Payments started for a cart that no order has taken over, oldest first.
pub async fn waiting_for_cart(db: &impl ConnectionTrait, cart: CartId) -> Result<Vec<payment::Model>> {
    let found = payment::Entity::find()
        .filter(payment::Column::CartId.eq(cart))
        .filter(payment::Column::OrderId.is_null())
        .order_by_asc(payment::Column::Id);
    Ok(found.all(db).await?)
}

/// The facts about payments, oldest first.
pub async fn events(db: &impl ConnectionTrait, payments: &[PaymentId]) -> Result<Vec<payment_event::Model>> {
    let found = payment_event::Entity::find()
        .filter(payment_event::Column::PaymentId.is_in(payments.iter().copied()))
        .order_by_asc(payment_event::Column::Id);
    Ok(found.all(db).await?)
}
