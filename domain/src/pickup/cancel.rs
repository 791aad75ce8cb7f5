//! Giving a pickup up on the customer's wish, before it was collected.

use entity::id::PickupId;
use entity::pickup;
use entity::status::PickupAction;
use entity::words::RefundReason;

use super::expire::give_up;
use super::step::lock;
use crate::kernel::{Ctx, Error, Permission, Result};

/// Cancels what was not collected: units back to stock, money back. Errors: `FORBIDDEN` without `orders.cancel`,
/// `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`. Goods that have not left another location stay there; what is on
/// its way arrives as the store's own.
pub async fn cancel(ctx: &Ctx, id: PickupId, expected_version: Option<i32>) -> Result<pickup::Model> {
    let scope = &ctx.require(Permission::OrdersCancel)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = lock(tx, id).await?;
        if !scope.allows_location(locked.pickup.location_id) {
            return Err(Error::not_found("pickup"));
        }
        locked.check_version(expected_version)?;
        locked.check(PickupAction::Cancel)?;
        Box::pin(give_up(tx, &mut locked, PickupAction::Cancel, RefundReason::Canceled)).await?;
        Ok(locked.pickup)
    })
    .await
}
