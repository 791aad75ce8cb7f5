//! The serial and lot numbers of what a customer collects: named when it lies ready, or when it is handed over.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{FulfillmentOrderLineId, VariantId};

use super::step::Locked;
use crate::inventory::unit::{self, Fate, NumberedUnits};
use crate::kernel::{Result, Tx};

/// Sets numbered units aside for a pickup that lies ready; those that were set aside for it before give way. None
/// without numbers. Errors: what [`unit::spread`] and [`unit::take`] say.
pub(super) async fn set_aside(tx: &Tx, locked: &Locked, units: &[NumberedUnits]) -> Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    free(tx, locked).await?;
    let open = locked.lines.iter().map(|line| {
        let left = line.quantity - line.rejected - line.fulfilled;
        (line.id, line.variant_id, left)
    });
    let units = unit::spread(units, open)?;
    unit::take(tx, locked.pickup.location_id, &units, Fate::Sold).await.map(|_| ())
}

/// What was set aside lies in stock again. One statement when nothing was.
pub(super) async fn free(tx: &Tx, locked: &Locked) -> Result<()> {
    let all: Vec<_> = locked.lines.iter().map(|line| (line.id, 0)).collect();
    unit::return_surplus(tx, locked.pickup.location_id, &all).await.map(|_| ())
}

/// Writes off numbered units that are short. None without numbers.
/// Errors: what [`unit::spread`] and [`unit::take`] say.
pub(super) async fn write_off(tx: &Tx, locked: &Locked, units: &[NumberedUnits]) -> Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    free(tx, locked).await?;
    unit::spread(units, locked.lines.iter().map(|line| (line.id, line.variant_id, line.quantity)))?;
    unit::take(tx, locked.pickup.location_id, units, Fate::Removed).await.map(|_| ())
}

/// Numbered units go with the customer, before the movement that lets them leave: those that are read now, and of lines
/// of which nothing is read what was set aside. `parts` are the pieces that go.
///
/// Errors: what [`unit::spread`] and [`unit::take`] say, `UNIT_NUMBERS_REQUIRED` when more was set aside than goes.
pub(super) async fn hand_over(
    tx: &Tx,
    locked: &Locked,
    parts: &[(FulfillmentOrderLineId, VariantId, i64, bool)],
    units: &[NumberedUnits],
) -> Result<()> {
    let units = unit::spread(units, parts.iter().map(|(line, variant, count, _)| (*line, *variant, *count)))?;
    let read: BTreeSet<FulfillmentOrderLineId> =
        units.iter().filter_map(|unit| unit.fulfillment_order_line_id).collect();
    let place = locked.pickup.location_id;
    unit::return_surplus(tx, place, &read.iter().map(|line| (*line, 0)).collect::<Vec<_>>()).await?;
    unit::take(tx, place, &units, Fate::HandedOver).await?;
    let unread = parts.iter().filter(|(line, ..)| !read.contains(line));
    let unread: BTreeMap<FulfillmentOrderLineId, i64> = unread.map(|(line, _, count, _)| (*line, *count)).collect();
    unit::hand_over_loose(tx, &unread).await
}
