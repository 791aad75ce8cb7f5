//! A parcel leaves.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::id::{EventId, OrderId, ShipmentId};
use entity::shipment;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde::Serialize;

use super::open_parcel::OpenParcel;
use super::pack::{Parcel, replayed};
use super::{late, tracking_number};
use crate::fulfillment::hand_over::hand_over;
use crate::inventory::unit;
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Permission, Result, Tx};

/// A parcel to hand to its carrier.
#[derive(Debug, Clone, Serialize)]
pub struct Dispatch {
    /// Which.
    pub shipment_id: ShipmentId,
    /// The carrier's number, in any spelling; it can follow later.
    pub tracking_number: Option<String>,
    /// The version that the clerk saw.
    #[serde(skip)]
    pub expected_version: Option<i32>,
    /// The client's key: the same key dispatches once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Hands a parcel to its carrier: stock goes out, the orders' lines are fulfilled, `shipment_dispatched` is told.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID` for a tracking number, `INVALID_TRANSITION` when it
/// left or was unpacked already, `IDEMPOTENCY_KEY_REUSED`.
pub async fn dispatch(ctx: &Ctx, input: Dispatch) -> Result<Parcel> {
    ctx.require(Permission::FulfillmentWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let number = &tracking(input.tracking_number.as_deref())?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.shipment_id;
        if let Claim::Replayed(_) = idempotency::claim(tx, "shipmentDispatch", key, hash, id.uuid()).await? {
            return replayed(tx, id).await;
        }
        let parcel = OpenParcel::lock(tx, id, input.expected_version, "DISPATCH").await?;
        let shipment = leave(tx, parcel, number.clone()).await?;
        Ok(Parcel { shipment, replayed: false })
    })
    .await
}

/// A tracking number that may be left out. Error: `INVALID`.
pub(super) fn tracking(number: Option<&str>) -> Result<Option<String>> {
    let given = number.filter(|number| !number.trim().is_empty());
    given.map(|number| tracking_number::normalized("input.trackingNumber", number)).transpose()
}

/// Lets a locked parcel leave and brings its orders up to it.
pub(super) async fn leave(tx: &Tx, parcel: OpenParcel, number: Option<String>) -> Result<shipment::Model> {
    Ok(leave_at(tx, parcel, number, tx.now()).await?.0)
}

/// Like [`leave`], of a parcel that left at a moment that another system tells. Also returns the event that the
/// movements name.
pub(super) async fn leave_at(
    tx: &Tx,
    parcel: OpenParcel,
    number: Option<String>,
    at: DateTime<Utc>,
) -> Result<(shipment::Model, EventId)> {
    let OpenParcel { shipment, reached, units } = parcel;
    let orders: BTreeSet<OrderId> = reached.iter().map(|reached| reached.order.id).collect();
    let customer = reached.first().and_then(|reached| reached.order.customer_id);
    let payload = serde_json::json!({
        "shipment_id": shipment.id,
        "order_ids": orders,
        "location_id": shipment.location_id,
        "carrier": shipment.carrier,
    });
    let event = NewEvent::new("shipment_dispatched", "shipment", shipment.id.uuid());
    let event_id = tx.event(event.customer(customer).payload(payload));
    let expected_on = late::expected_on(tx, &shipment, &orders, at).await?;
    let change = shipment::ActiveModel {
        id: Set(shipment.id),
        expected_on: Set(expected_on),
        tracking_number: Set(number.or(shipment.tracking_number)),
        shipped_at: Set(Some(at)),
        version: Set(shipment.version + 1),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let shipped = shipment::Entity::update(change).exec(tx).await?;
    unit::send_loose(tx, shipped.id, &units).await?;
    // Boxed: whatever ships carries it.
    Box::pin(hand_over(tx, reached, &units, event_id)).await?;
    Ok((shipped, event_id))
}
