//! Giving a prepared change up.

use entity::id::OrderChangeId;
use entity::order_change;
use entity::status::{OrderChangeAction, StateMachine};
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use serde_json::json;

use super::prepare::{Prepared, lock};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, Permission, Result, version};

/// Gives a change up that was not confirmed; nothing else happens. Errors: `FORBIDDEN` without `orders.edit`,
/// `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION`.
pub async fn discard(ctx: &Ctx, id: OrderChangeId, expected_version: Option<i32>) -> Result<Prepared> {
    let scope = &ctx.require(Permission::OrdersEdit)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let (order, change) = lock(tx, scope, id).await?;
        version::check(expected_version, change.version)?;
        let action = OrderChangeAction::Discard;
        let status =
            change.status.next(action).ok_or_else(|| Error::transition("orderChange", change.status, action))?;
        let event = NewEvent::new("order_change_discarded", "order", order.id.uuid()).customer(order.customer_id);
        tx.event(event.payload(json!({ "order_change_id": change.id })));
        let changed = order_change::Model { status, version: change.version + 1, updated_at: tx.now(), ..change };
        let change = changed.into_active_model().reset_all().update(tx).await?;
        Ok(Prepared { change, currency: order.currency })
    })
    .await
}
