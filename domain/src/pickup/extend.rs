//! Keeping a pickup longer.

use entity::id::PickupId;
use entity::pickup;
use entity::words::PickupStatus;
use serde_json::json;

use super::access::{self, Hands};
use super::keep;
use super::step::lock;
use crate::kernel::{Ctx, Error, Result};
use crate::location as locations;

/// How often a pickup may be extended at all.
pub const MOST: i32 = 3;
/// How often its customer may do so without asking the store.
pub const MOST_BY_CUSTOMER: i32 = 1;
/// Days that one extension adds.
pub const DAYS: u64 = 3;

/// Keeps a pickup [`DAYS`] longer, until closing time. The customer may once (signed in, by the order's secret or the
/// link of the mail), staff until [`MOST`] in all. Errors: `NOT_FOUND`, `INVALID_CODE` for a wrong link,
/// `INVALID_TRANSITION` when it does not wait in the store or was extended enough, `STALE_VERSION`.
pub async fn extend(
    ctx: &Ctx,
    id: PickupId,
    token: Option<&str>,
    expected_version: Option<i32>,
) -> Result<pickup::Model> {
    let hands = access::hands(ctx, id, token).await?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = lock(tx, id).await?;
        locked.check_version(expected_version)?;
        let most = if hands == Hands::Store { MOST } else { MOST_BY_CUSTOMER };
        let until = locked.pickup.expires_at.filter(|_| locked.pickup.status == PickupStatus::Ready);
        let Some(until) = until.filter(|_| locked.pickup.extensions < most) else {
            return Err::<_, Error>(locked.refuse("EXTEND"));
        };
        let store = locations::query::get(tx, locked.pickup.location_id).await?;
        locked.pickup.expires_at = Some(keep::until(&store, until.max(tx.now()), DAYS));
        locked.pickup.extensions += 1;
        locked.pickup.reminded_at = None;
        let payload = json!({ "order_id": locked.order.id, "expires_at": locked.pickup.expires_at });
        locked.tell(tx, "pickup_extended", payload);
        locked.write(tx).await?;
        Ok(locked.pickup)
    })
    .await
}
