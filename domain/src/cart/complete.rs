//! A cart becomes an order: its part of it.

use entity::cart;
use entity::status::CartAction;
use entity::words::CartStatus;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};
use serde_json::json;

use super::status;
use crate::{Result, Tx, inventory};

/// Closes a locked cart, whose order is being written in this transaction, and gives up its holds; written last. A parked
/// cart is resumed on the way. Errors: `CART_CLOSED`.
pub fn complete(tx: &Tx, cart: &cart::Model) -> Result<()> {
    let mut closed = cart.clone();
    if closed.status == CartStatus::Parked {
        status::transition(tx, &mut closed, CartAction::Resume, json!({}))?;
    }
    status::transition(tx, &mut closed, CartAction::Complete, json!({}))?;
    let change = cart::Entity::update_many()
        .col_expr(cart::Column::Status, Expr::value(closed.status))
        .col_expr(cart::Column::Version, Expr::value(cart.version + 1))
        .col_expr(cart::Column::Code, Expr::value(Option::<String>::None))
        .col_expr(cart::Column::CodeExpiresAt, Expr::value(Option::<chrono::DateTime<chrono::Utc>>::None))
        .col_expr(cart::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(cart::Column::Id.eq(cart.id));
    tx.write_last(change.into_query());
    inventory::hold::release_last(tx, cart.id);
    Ok(())
}
