//! A packed parcel that is still here, locked with its work: what unpacking and dispatching begin with.

use std::collections::BTreeMap;

use entity::id::{FulfillmentOrderLineId, ShipmentId};
use entity::shipment;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{parcel, query};
use crate::fulfillment::desk::{self, Reached};
use crate::kernel::{Error, Permission, Result, Tx, version};

/// A locked parcel with what is in it.
#[derive(Debug)]
pub(super) struct OpenParcel {
    pub(super) shipment: shipment::Model,
    pub(super) reached: Vec<Reached>,
    /// Units in it, by line of work.
    pub(super) units: BTreeMap<FulfillmentOrderLineId, i64>,
}

impl OpenParcel {
    /// Locks orders, work and parcel, in this order. Errors: `FORBIDDEN`, `NOT_FOUND` for a parcel out of reach,
    /// `STALE_VERSION`, `INVALID_TRANSITION` when it left or was unpacked already.
    pub(super) async fn lock(tx: &Tx, id: ShipmentId, expected: Option<i32>, verb: &'static str) -> Result<Self> {
        let missing = || Error::not_found("shipment");
        let scope = tx.ctx().require(Permission::FulfillmentWork)?;
        let mut seen = shipment::Entity::find_by_id(id);
        if let Some(only) = scope.locations() {
            seen = seen.filter(shipment::Column::LocationId.is_in(only));
        }
        seen.one(tx).await?.ok_or_else(missing)?;
        let lines = query::work_lines(tx, id).await?;
        let reached = desk::reach(tx, parcel::work_of(&lines))
            .await
            .map_err(|error| if matches!(error, Error::NotFound { .. }) { missing() } else { error })?;
        let shipment = query::lock(tx, id).await?;
        version::check(expected, shipment.version)?;
        Self::still_here(&shipment, verb)?;
        let inside = query::lines(tx, &[id]).await?;
        let units = inside.into_iter().map(|line| (line.fulfillment_order_line_id, line.quantity)).collect();
        Ok(Self { shipment, reached, units })
    }

    /// Parcels have no state machine of their own; these are their three states. Error: `INVALID_TRANSITION`.
    pub(super) fn still_here(shipment: &shipment::Model, verb: &'static str) -> Result<()> {
        let from = match (shipment.shipped_at, shipment.voided_at) {
            (None, None) => return Ok(()),
            (Some(_), _) => "SHIPPED",
            (None, Some(_)) => "VOIDED",
        };
        Err(Error::InvalidTransition {
            machine: "shipment",
            from: from.to_owned(),
            action: verb.to_owned(),
            allowed: Vec::new(),
        })
    }
}
