//! The pickup that goes with work by pickup: its row is born with the work, and hears when goods are sent for that the
//! work waits for; everything else is the pickup area's.

use entity::id::{FulfillmentOrderId, LocationId, PickupId};
use entity::status::{PickupAction, StateMachine};
use entity::words::{DeliveryMethod, FulfillmentOrderStatus, PickupStatus};
use entity::{fulfillment_order, order, pickup};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::kernel::{Error, Result, Tx};

/// The row of the pickup of new work; `None` for work that is not collected. `store` is where it is collected: work that
/// waits for stock has no location of its own.
pub(crate) fn of(tx: &Tx, work: &fulfillment_order::Model, store: Option<LocationId>) -> Option<pickup::Model> {
    if work.method != DeliveryMethod::Pickup {
        return None;
    }
    // Work that waits for stock has no place; at a place it waits for what others bring there.
    let waits = work.status == FulfillmentOrderStatus::Scheduled && work.location_id.is_some();
    Some(pickup::Model {
        id: PickupId(tx.new_uuid()),
        fulfillment_order_id: work.id,
        order_id: work.order_id,
        location_id: work.location_id.or(store)?,
        status: if waits { PickupStatus::AwaitingTransfer } else { PickupStatus::Assigned },
        code_hash: None,
        code_number: 0,
        collector_name: None,
        ready_at: None,
        expires_at: None,
        extensions: 0,
        reminded_at: None,
        arrived_at: None,
        arrival_note: None,
        collected_at: None,
        collected_by: None,
        proof: None,
        choice_expires_at: None,
        choice: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    })
}

/// The goods of waiting work were sent for, and its pickup awaits them. The caller has locked the order and the work.
pub(super) async fn awaits(tx: &Tx, order: &order::Model, work: FulfillmentOrderId) -> Result<()> {
    let of_work = pickup::Entity::find().filter(pickup::Column::FulfillmentOrderId.eq(work));
    let Some(row) = of_work.lock_exclusive().one(tx).await? else { return Ok(()) };
    let from = row.status;
    let to = from.next(PickupAction::Await).ok_or_else(|| Error::transition("pickup", from, PickupAction::Await))?;
    let payload = json!({
        "order_id": order.id, "location_id": row.location_id, "fulfillment_order_id": work, "from": from, "to": to,
    });
    let event = NewEvent::new("pickup_awaits_transfer", "pickup", row.id.uuid());
    tx.event(event.customer(order.customer_id).payload(payload));
    let row = pickup::Model { status: to, version: row.version + 1, updated_at: tx.now(), ..row };
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}
