//! Whose orders one may read: rows are loaded by owner or scope, in SQL.

use entity::order;
use entity::words::OrderStatus;
use sea_orm::{ColumnTrait, Condition};

use crate::kernel::{Actor, Ctx, Error, Permission, Result};

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
        Actor::System | Actor::Staff { .. } | Actor::App { .. } => {
            let scope = ctx.require(Permission::OrdersRead)?;
            let mut condition = all;
            if let Some(channels) = scope.channels() {
                condition = condition.add(order::Column::ChannelId.is_in(channels));
            }
            // Staff of one store see its sales, the work that lies there, and web orders a customer may ask about.
            if let Some(locations) = scope.locations() {
                condition = condition.add(
                    Condition::any()
                        .add(order::Column::LocationId.is_null())
                        .add(order::Column::LocationId.is_in(locations)),
                );
            }
            Ok(condition)
        }
    }
}
