//! The pickup that goes with work by pickup: its row is born with the work, everything after is the pickup area's.

use entity::id::{LocationId, PickupId};
use entity::words::{DeliveryMethod, FulfillmentOrderStatus, PickupStatus};
use entity::{fulfillment_order, pickup};

use crate::kernel::Tx;

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
