//! "I am here": the customer waits at the curb, and the store sees it at once.

use entity::id::PickupId;
use entity::pickup;
use entity::words::PickupStatus;
use serde_json::json;

use super::access;
use super::step::lock;
use crate::kernel::{Ctx, Error, Result, text};

/// Longest note.
const NOTE: usize = 200;

/// Tells the store that the customer is there. Telling again changes the note. Errors: `NOT_FOUND`, `INVALID_CODE` for a
/// wrong link, `INVALID_TRANSITION` when nothing waits, `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub async fn arrive(ctx: &Ctx, id: PickupId, token: Option<&str>, note: Option<&str>) -> Result<pickup::Model> {
    access::hands(ctx, id, token).await?;
    let note = note.map(|note| text::line("input.note", note, NOTE)).transpose()?.filter(|note| !note.is_empty());
    let note = &note;
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = lock(tx, id).await?;
        if locked.pickup.status != PickupStatus::Ready {
            return Err::<_, Error>(locked.refuse("ARRIVE"));
        }
        locked.pickup.arrived_at = Some(tx.now());
        locked.pickup.arrival_note.clone_from(note);
        let payload = json!({ "order_id": locked.order.id, "location_id": locked.pickup.location_id });
        locked.tell(tx, "pickup_customer_arrived", payload);
        locked.write(tx).await?;
        Ok(locked.pickup)
    })
    .await
}
