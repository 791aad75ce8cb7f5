//! Whose orders one may read: rows are loaded by owner or scope, in SQL.

use std::collections::BTreeSet;

use entity::id::{LocationId, OrderId};
use entity::order;
use entity::words::OrderStatus;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

use crate::kernel::{Actor, Ctx, Error, Permission, Result, Tx};

/// The orders that the actor may read. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub fn readable(ctx: &Ctx) -> Result<Condition> {
    let all = Condition::all();
    match &ctx.actor {
        Actor::Guest { order_id: Some(id), .. } => Ok(all.add(order::Column::Id.eq(*id))),
        Actor::Guest { order_id: None, .. } | Actor::Device(_) => Err(Error::Unauthenticated),
        // A draft is the staff's own paper until it is placed.
        Actor::Customer { id, .. } => {
            Ok(all.add(order::Column::CustomerId.eq(*id)).add(order::Column::Status.ne(OrderStatus::Draft)))
        }
        Actor::System | Actor::Staff { .. } | Actor::App { .. } => permitted(ctx, Permission::OrdersRead),
    }
}

/// The orders within reach of one of the actor's permissions. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub fn permitted(ctx: &Ctx, permission: Permission) -> Result<Condition> {
    let scope = ctx.require(permission)?;
    // Staff of one store see its sales, the work that lies there, and web orders a customer may ask about.
    let at = |ids: BTreeSet<LocationId>| {
        Condition::any().add(order::Column::LocationId.is_null()).add(order::Column::LocationId.is_in(ids))
    };
    Ok(scope.rows(|ids| order::Column::ChannelId.is_in(ids), at))
}

/// Locks an order within reach of one of the actor's permissions. Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`.
pub(crate) async fn lock_permitted(tx: &Tx, id: OrderId, permission: Permission) -> Result<order::Model> {
    lock(tx, id, permitted(tx.ctx(), permission)?).await
}

/// Locks an order that the actor may read. Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`.
pub(crate) async fn lock_readable(tx: &Tx, id: OrderId) -> Result<order::Model> {
    lock(tx, id, readable(tx.ctx())?).await
}

async fn lock(tx: &Tx, id: OrderId, within: Condition) -> Result<order::Model> {
    let found = order::Entity::find_by_id(id).filter(within).lock_exclusive().one(tx).await?;
    found.ok_or(Error::not_found("order"))
}
