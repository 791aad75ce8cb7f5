//! Accept, pick, pack and dispatch in one step, for small shops.

use entity::id::ShipmentId;
use entity::status::FulfillmentOrderAction;
use entity::words::FulfillmentOrderStatus;
use serde::Serialize;

use super::dispatch::{leave, tracking};
use super::open_parcel::OpenParcel;
use super::pack::{Parcel, replayed};
use super::parcel::{self, Label};
use crate::fulfillment::desk::{self, WorkRef};
use crate::fulfillment::work;
use crate::inventory::unit::{self, NumberedUnits};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Permission, Result};

/// Work to send off at once.
#[derive(Debug, Clone, Serialize)]
pub struct Ship {
    /// Which.
    #[serde(serialize_with = "by_id")]
    pub work: WorkRef,
    /// What is written on the parcel.
    pub label: Label,
    /// The carrier's number, in any spelling; it can follow later.
    pub tracking_number: Option<String>,
    /// Serial and lot numbers of what leaves.
    pub units: Vec<NumberedUnits>,
    /// The client's key: the same key ships once.
    #[serde(skip)]
    pub idempotency_key: String,
}

fn by_id<S: serde::Serializer>(work: &WorkRef, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    work.id.serialize(serializer)
}

/// Sends all that is left of open work, or work in progress, in one parcel.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `PICKUP_WORK`, `STALE_VERSION`, `INVALID_TRANSITION` for other states, `INVALID`
/// for a tracking number, `SHIPPING_ADDRESS_REQUIRED`, what numbers must be (see [`unit::checked`] and [`unit::take`]),
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn ship(ctx: &Ctx, input: Ship) -> Result<Parcel> {
    ctx.require(Permission::FulfillmentWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let number = &tracking(input.tracking_number.as_deref())?;
    let numbers = &unit::checked(&input.units)?;
    let (label, wanted) = (&input.label.clone().checked()?, input.work);
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = ShipmentId(tx.new_uuid());
        if let Claim::Replayed(before) = idempotency::claim(tx, "fulfillmentOrderShip", key, hash, id.uuid()).await? {
            return replayed(tx, ShipmentId(before)).await;
        }
        let mut reached = desk::reach_one(tx, wanted).await?;
        desk::by_parcel(&reached.work)?;
        if reached.work.status == FulfillmentOrderStatus::Open {
            reached.work = work::transition(tx, reached.work, FulfillmentOrderAction::Accept).await?;
        }
        let mut reached = vec![reached];
        let units = parcel::everything(&reached);
        let (shipment, _) = parcel::pack(tx, id, &mut reached, &units, label).await?;
        super::pack_units::bind_named(tx, &shipment, &reached, &units, numbers).await?;
        let shipment = leave(tx, OpenParcel { shipment, reached, units }, number.clone()).await?;
        Ok(Parcel { shipment, replayed: false })
    })
    .await
}
