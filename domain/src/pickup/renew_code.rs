//! A new code, when the one before was seen by someone else.

use entity::id::PickupId;
use entity::pickup;
use entity::words::PickupStatus;
use serde_json::json;

use super::access;
use super::step::lock;
use crate::kernel::{Ctx, Error, Result};

/// Most codes of one pickup, so that nobody's mailbox is flooded.
const MOST: i32 = 10;

/// Gives a pickup that waits a new code and mails it; the one before works no more. Errors: `NOT_FOUND`, `INVALID_CODE`
/// for a wrong link, `INVALID_TRANSITION` when it does not wait or had codes enough.
pub async fn renew_code(ctx: &Ctx, id: PickupId, token: Option<&str>) -> Result<pickup::Model> {
    access::hands(ctx, id, token).await?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = lock(tx, id).await?;
        if locked.pickup.status != PickupStatus::Ready || locked.pickup.code_number >= MOST {
            return Err::<_, Error>(locked.refuse("RENEW_CODE"));
        }
        locked.new_code(tx);
        let payload = json!({ "order_id": locked.order.id, "number": locked.pickup.code_number });
        locked.tell(tx, "pickup_code_renewed", payload);
        locked.write(tx).await?;
        Ok(locked.pickup)
    })
    .await
}
