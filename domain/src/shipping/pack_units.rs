//! Where the numbers that a packer read go.

use std::collections::BTreeMap;

use entity::id::{FulfillmentOrderLineId, VariantId};
use entity::words::UnitTracking;
use entity::{fulfillment_order_line, shipment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::unit_codes::UnitCodes;
use crate::catalog;
use crate::fulfillment::desk::Reached;
use crate::inventory::unit::{self, Fate, NumberedUnits};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, ErrorCode, Result, Tx};

/// Keeps the numbers of a parcel's units in its history, and takes the units of goods that have numbers: they count as
/// gone to the customer. Ten statements at most, none without numbers.
///
/// Errors: `NOT_FOUND` for a number that does not lie there, `INVALID_QUANTITY` for more units than a lot has, and for
/// several lots at once, of which nobody says how many units each gave.
pub(super) async fn bind(tx: &Tx, shipment: &shipment::Model, codes: &[UnitCodes]) -> Result<()> {
    if codes.is_empty() {
        return Ok(());
    }
    let payload = serde_json::json!({ "shipment_id": shipment.id, "units": codes });
    tx.event(NewEvent::new("shipment_units_read", "shipment", shipment.id.uuid()).payload(payload));
    let ids = codes.iter().map(|read| read.fulfillment_order_line_id);
    let lines = fulfillment_order_line::Entity::find().filter(fulfillment_order_line::Column::Id.is_in(ids));
    let goods: BTreeMap<FulfillmentOrderLineId, VariantId> =
        lines.all(tx).await?.into_iter().map(|line| (line.id, line.variant_id)).collect();
    let variants = catalog::query::variants_by_ids(tx, &goods.values().copied().collect::<Vec<_>>()).await?;
    let mut units = Vec::new();
    for read in codes {
        let variant = goods.get(&read.fulfillment_order_line_id);
        let tracking = variants.iter().find(|row| Some(&row.id) == variant).map(|row| (row.id, row.unit_tracking));
        match (tracking, read.codes.as_slice()) {
            (Some((id, UnitTracking::Serial)), codes) => units.extend(codes.iter().map(|code| of(read, id, code, 1))),
            (Some((id, UnitTracking::Lot)), [code]) => units.push(of(read, id, code, read.quantity)),
            (Some((_, UnitTracking::Lot)), _) => {
                return Err(Error::invalid(ErrorCode::InvalidQuantity, "input.lines"));
            }
            (Some((_, UnitTracking::None)) | None, _) => {}
        }
    }
    // What was set aside for these lines gives way to what is read now.
    let read: BTreeMap<FulfillmentOrderLineId, i64> =
        units.iter().filter_map(|unit| Some((unit.fulfillment_order_line_id?, 0))).collect();
    unit::return_surplus(tx, shipment.location_id, &read.into_iter().collect::<Vec<_>>()).await?;
    unit::take(tx, shipment.location_id, &unit::checked(&units)?, Fate::Packed(shipment.id)).await.map(|_| ())
}

fn of(read: &UnitCodes, variant_id: VariantId, code: &str, quantity: i64) -> NumberedUnits {
    NumberedUnits {
        variant_id,
        code: code.to_owned(),
        quantity,
        expires_on: None,
        fulfillment_order_line_id: Some(read.fulfillment_order_line_id),
    }
}

/// Takes numbers into a parcel that holds some units of lines of work. None without numbers.
/// Errors: what [`unit::spread`] and [`unit::take`] say.
pub(super) async fn bind_named(
    tx: &Tx,
    shipment: &shipment::Model,
    reached: &[Reached],
    inside: &BTreeMap<FulfillmentOrderLineId, i64>,
    numbers: &[NumberedUnits],
) -> Result<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    let lines = reached.iter().flat_map(|reached| &reached.lines);
    let lines: Vec<_> =
        lines.filter_map(|line| Some((line.id, line.variant_id, inside.get(&line.id).copied()?))).collect();
    let units = unit::spread(numbers, lines)?;
    let read: BTreeMap<FulfillmentOrderLineId, i64> =
        units.iter().filter_map(|unit| Some((unit.fulfillment_order_line_id?, 0))).collect();
    unit::return_surplus(tx, shipment.location_id, &read.into_iter().collect::<Vec<_>>()).await?;
    unit::take(tx, shipment.location_id, &units, Fate::Packed(shipment.id)).await.map(|_| ())
}
