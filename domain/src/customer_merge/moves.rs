//! What points to a customer, and where it goes when the record becomes an alias.

use entity::id::{CustomerId, OrderId};
use entity::{
    back_in_stock, cart, draft_order, flow_run, message, order, product_review, returns, store_reservation,
    survey_invitation,
};
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::flow_runs;
use crate::cart as carts;
use crate::kernel::{Result, Tx};
use crate::{promotion, stored_value};

/// How many rows of each kind moved; for the event.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Moved {
    orders: u64,
    returns: u64,
    reservations: u64,
    drafts: u64,
}

/// Points rows at the record that stays; those with a version get the next one.
macro_rules! point {
    ($tx:expr, $table:ident, $from:expr, $into:expr $(, $version:ident)?) => {
        $table::Entity::update_many()
            .col_expr($table::Column::CustomerId, Expr::value($into))
            $(.col_expr($table::Column::$version, Expr::col($table::Column::$version).add(1))
              .col_expr($table::Column::UpdatedAt, Expr::value($tx.now())))?
            .filter($table::Column::CustomerId.eq($from))
            .exec($tx)
            .await?
            .rows_affected
    };
}

/// Moves everything, in the order in which others lock: carts, orders, what belongs to orders, then value. The rows of
/// both customers are locked. The number of statements grows with open carts and lots of points only.
/// Error: `INVALID_TRANSITION` while a payment holds store credit or points of the old record.
pub(super) async fn all(tx: &Tx, from: CustomerId, into: CustomerId) -> Result<Moved> {
    carts::merge::follow(tx, from, into).await?;
    // Those that are closed.
    point!(tx, cart, from, into, Version);
    lock_orders(tx, from).await?;
    let moved = Moved {
        orders: point!(tx, order, from, into, Version),
        returns: point!(tx, returns, from, into, Version),
        reservations: point!(tx, store_reservation, from, into, Version),
        drafts: point!(tx, draft_order, from, into, Version),
    };
    point!(tx, message, from, into);
    flow_runs::merge(tx, from, into).await?;
    point!(tx, flow_run, from, into, Version);
    point!(tx, back_in_stock, from, into);
    point!(tx, survey_invitation, from, into);
    point!(tx, product_review, from, into, Version);
    promotion::people::merge_uses(tx, from, into).await?;
    stored_value::merge::merge(tx, from, into).await?;
    Ok(moved)
}

/// Orders in the order in which everybody locks several of them.
async fn lock_orders(tx: &Tx, of: CustomerId) -> Result<()> {
    order::Entity::find()
        .select_only()
        .column(order::Column::Id)
        .filter(order::Column::CustomerId.eq(of))
        .order_by_asc(order::Column::Id)
        .lock(LockType::Update)
        .into_tuple::<OrderId>()
        .all(tx)
        .await?;
    Ok(())
}
