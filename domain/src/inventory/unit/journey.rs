//! Numbered units between the shelf and the customer: set aside for work, in a parcel, handed over, and back again.

use std::collections::BTreeMap;

use entity::id::{FulfillmentOrderLineId, LocationId, ShipmentId, StockUnitId, VariantId};
use entity::stock_unit::{Column, Entity, Model};
use entity::words::{StockUnitStatus, UnitTracking};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{NumberedUnits, put};
use crate::{Error, ErrorCode, Result, Tx};

/// The units that were taken for lines of work, wherever they are by now, locked.
pub(super) async fn of_lines(tx: &Tx, lines: &[FulfillmentOrderLineId]) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::FulfillmentOrderLineId.is_in(lines.iter().copied()))
        .filter(Column::Status.eq(StockUnitStatus::Sold))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?)
}

/// Whether a unit is set aside for work, but neither in a parcel nor with the customer.
pub(super) const fn is_loose(row: &Model) -> bool {
    row.shipment_id.is_none() && row.handed_over_at.is_none()
}

/// Puts units back that are set aside for lines of work which need fewer by now: all of a line that are neither in a
/// parcel nor handed over, when the line has more numbers than it may keep, because nobody said which stay. Comes before
/// a movement that writes units off. The work is locked. One statement when there are none. Returns how many units of
/// what lie there with their number again.
pub(crate) async fn return_surplus(
    tx: &Tx,
    place: LocationId,
    keep: &[(FulfillmentOrderLineId, i64)],
) -> Result<BTreeMap<VariantId, i64>> {
    if keep.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = of_lines(tx, &keep.iter().map(|(line, _)| *line).collect::<Vec<_>>()).await?;
    let mut back = Vec::new();
    for (line, may) in keep {
        let mine: Vec<&Model> = rows.iter().filter(|row| row.fulfillment_order_line_id == Some(*line)).collect();
        if mine.iter().map(|row| row.quantity).sum::<i64>() > *may {
            back.extend(mine.into_iter().filter(|row| is_loose(row)).cloned());
        }
    }
    put_back(tx, place, &back).await
}

/// Puts the units of a parcel back that was opened, or came back. One statement when it holds none.
pub(crate) async fn return_parcel(tx: &Tx, place: LocationId, parcel: ShipmentId) -> Result<()> {
    let inside = Entity::find()
        .filter(Column::ShipmentId.eq(parcel))
        .filter(Column::Status.eq(StockUnitStatus::Sold))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    put_back(tx, place, &inside).await.map(|_| ())
}

/// Puts units into a location again that were taken from it.
pub(super) async fn put_back(tx: &Tx, place: LocationId, rows: &[Model]) -> Result<BTreeMap<VariantId, i64>> {
    let mut sums = BTreeMap::new();
    if rows.is_empty() {
        return Ok(sums);
    }
    let mut units: BTreeMap<(VariantId, String), NumberedUnits> = BTreeMap::new();
    for row in rows {
        *sums.entry(row.variant_id).or_default() += row.quantity;
        let unit = units.entry((row.variant_id, row.code.clone())).or_insert_with(|| NumberedUnits {
            variant_id: row.variant_id,
            code: row.code.clone(),
            quantity: 0,
            expires_on: row.expires_on,
            fulfillment_order_line_id: None,
        });
        unit.quantity += row.quantity;
    }
    // What left of a lot had a row of its own, which never was.
    let lots: Vec<StockUnitId> =
        rows.iter().filter(|row| row.tracking == UnitTracking::Lot).map(|row| row.id).collect();
    if !lots.is_empty() {
        Entity::delete_many().filter(Column::Id.is_in(lots)).exec(tx).await?;
    }
    put(tx, place, &units.into_values().collect::<Vec<_>>()).await?;
    Ok(sums)
}

/// A parcel leaves: what was set aside for its lines and fits into it goes with it. One statement when nothing is.
pub(crate) async fn send_loose(
    tx: &Tx,
    parcel: ShipmentId,
    units: &BTreeMap<FulfillmentOrderLineId, i64>,
) -> Result<()> {
    let rows = of_lines(tx, &units.keys().copied().collect::<Vec<_>>()).await?;
    let mut goes = Vec::new();
    for (line, quantity) in units {
        let mine = rows.iter().filter(|row| row.fulfillment_order_line_id == Some(*line));
        let inside: i64 = mine.clone().filter(|row| row.shipment_id == Some(parcel)).map(|row| row.quantity).sum();
        let mut room = quantity - inside;
        for row in mine.filter(|row| is_loose(row)) {
            if row.quantity <= room {
                room -= row.quantity;
                goes.push(row.id);
            }
        }
    }
    if !goes.is_empty() {
        Entity::update_many()
            .col_expr(Column::ShipmentId, Expr::value(parcel))
            .col_expr(Column::UpdatedAt, Expr::value(tx.now()))
            .filter(Column::Id.is_in(goes))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Units of lines of work are handed over, of which nobody reads the numbers now: those that were set aside go. Comes
/// before the movement that lets them leave. Two statements at most.
///
/// Error: `UNIT_NUMBERS_REQUIRED` when more were set aside than go.
pub(crate) async fn hand_over_loose(tx: &Tx, going: &BTreeMap<FulfillmentOrderLineId, i64>) -> Result<()> {
    if going.is_empty() {
        return Ok(());
    }
    let rows = of_lines(tx, &going.keys().copied().collect::<Vec<_>>()).await?;
    let loose: Vec<&Model> = rows.iter().filter(|row| is_loose(row)).collect();
    for (line, quantity) in going {
        let mine = loose.iter().filter(|row| row.fulfillment_order_line_id == Some(*line));
        if mine.map(|row| row.quantity).sum::<i64>() > *quantity {
            return Err(Error::invalid(ErrorCode::UnitNumbersRequired, "units"));
        }
    }
    if !loose.is_empty() {
        Entity::update_many()
            .col_expr(Column::HandedOverAt, Expr::value(tx.now()))
            .col_expr(Column::UpdatedAt, Expr::value(tx.now()))
            .filter(Column::Id.is_in(loose.iter().map(|row| row.id)))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Numbers that somebody read, by the lines of work whose goods they are. Each line gets no more units than it asks for.
///
/// Errors: `INVALID` at `units.N.variantId` for goods that no line asks for, `INVALID_QUANTITY` at `units.N.quantity`
/// for more units than all lines ask for.
pub(crate) fn spread(
    units: &[NumberedUnits],
    lines: impl IntoIterator<Item = (FulfillmentOrderLineId, VariantId, i64)>,
) -> Result<Vec<NumberedUnits>> {
    let mut open: Vec<(FulfillmentOrderLineId, VariantId, i64)> = lines.into_iter().collect();
    let mut spread = Vec::with_capacity(units.len());
    for (index, unit) in units.iter().enumerate() {
        if !open.iter().any(|(_, variant, _)| *variant == unit.variant_id) {
            return Err(Error::invalid(ErrorCode::Invalid, format!("units.{index}.variantId")));
        }
        let mut left = unit.quantity;
        for (line, _, room) in open.iter_mut().filter(|(_, variant, _)| *variant == unit.variant_id) {
            let quantity = left.min(*room);
            if quantity > 0 {
                (*room, left) = (*room - quantity, left - quantity);
                spread.push(NumberedUnits { quantity, fulfillment_order_line_id: Some(*line), ..unit.clone() });
            }
        }
        if left > 0 {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("units.{index}.quantity")));
        }
    }
    Ok(spread)
}
