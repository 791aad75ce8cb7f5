//! Two records of one person become one: what either used counts for both.

use entity::id::CustomerId;
use entity::{promotion_customer, promotion_redemption};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::load::Who;
use crate::kernel::{Result, Tx};

/// Counts what one customer used as used by another, beside what that one used. The rows of both are locked.
pub(crate) async fn merge_uses(tx: &Tx, from: CustomerId, into: CustomerId) -> Result<()> {
    let key = |id| Who { customer_id: Some(id), email: None }.key().unwrap_or_default();
    let (from, into) = (key(from), key(into));
    let rows =
        promotion_customer::Entity::find().filter(promotion_customer::Column::CustomerKey.eq(&from)).all(tx).await?;
    if rows.is_empty() {
        return Ok(());
    }
    promotion_redemption::Entity::update_many()
        .col_expr(promotion_redemption::Column::CustomerKey, Expr::value(into.clone()))
        .filter(promotion_redemption::Column::CustomerKey.eq(&from))
        .exec(tx)
        .await?;
    promotion_customer::Entity::delete_many()
        .filter(promotion_customer::Column::CustomerKey.eq(&from))
        .exec(tx)
        .await?;
    let columns = [promotion_customer::Column::PromotionId, promotion_customer::Column::CustomerKey];
    let sum =
        Expr::col((promotion_customer::Entity, promotion_customer::Column::Used)).add(Expr::cust("excluded.used"));
    let conflict = OnConflict::columns(columns).value(promotion_customer::Column::Used, sum).to_owned();
    let rows = rows
        .into_iter()
        .map(|row| promotion_customer::Model { customer_key: into.clone(), ..row }.into_active_model().reset_all());
    promotion_customer::Entity::insert_many(rows).on_conflict(conflict).exec_without_returning(tx).await?;
    Ok(())
}
