//! Opening a parcel again: its units are picked, but packed no more.

use entity::id::ShipmentId;
use entity::shipment;
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::open_parcel::OpenParcel;
use crate::fulfillment::desk;
use crate::fulfillment::progress;
use crate::inventory::unit;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Result, Tx};

/// Unpacks a parcel that has not left; its row stays, voided.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION` when it left or was unpacked already.
pub async fn unpack(ctx: &Ctx, id: ShipmentId, expected_version: Option<i32>) -> Result<shipment::Model> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let parcel = OpenParcel::lock(tx, id, expected_version, "UNPACK").await?;
        let orders: Vec<_> = parcel.reached.iter().map(|reached| reached.order.id).collect();
        let voided = open(tx, parcel).await?;
        desk::refresh(tx, orders).await?;
        Ok(voided)
    })
    .await
}

/// Takes everything out of a locked parcel. The caller brings the orders up to it.
async fn open(tx: &Tx, parcel: OpenParcel) -> Result<shipment::Model> {
    let OpenParcel { shipment, reached, units } = parcel;
    // The numbers that are in it are free again, and only those.
    unit::return_parcel(tx, shipment.location_id, shipment.id).await?;
    for mut reached in reached {
        for line in &mut reached.lines {
            line.packed -= units.get(&line.id).copied().unwrap_or(0);
        }
        progress::settle(tx, reached.work, &reached.lines).await?;
    }
    let change = shipment::ActiveModel {
        id: Set(shipment.id),
        voided_at: Set(Some(tx.now())),
        version: Set(shipment.version + 1),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let payload = serde_json::json!({ "shipment_id": shipment.id, "location_id": shipment.location_id });
    tx.event(NewEvent::new("shipment_voided", "shipment", shipment.id.uuid()).payload(payload));
    Ok(shipment::Entity::update(change).exec(tx).await?)
}
