//! Numbered units between two locations.

use std::collections::BTreeMap;

use entity::id::{LocationId, StockUnitId, TransferId, VariantId};
use entity::stock_unit::{Column, Entity, Model};
use entity::words::{StockUnitStatus, UnitTracking};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{NumberedUnits, change_lots, put, told};
use crate::{Error, ErrorCode, Result, Tx};

/// The numbered units that are under way with a transfer, locked.
pub(crate) async fn under_way(tx: &Tx, transfer: TransferId) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::TransferId.eq(transfer))
        .filter(Column::Status.eq(StockUnitStatus::InTransit))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?)
}

/// All of some rows, as numbers.
pub(crate) fn named(rows: &[Model]) -> Vec<NumberedUnits> {
    let named = rows.iter().map(|row| NumberedUnits {
        variant_id: row.variant_id,
        code: row.code.clone(),
        quantity: row.quantity,
        expires_on: row.expires_on,
        fulfillment_order_line_id: None,
    });
    named.collect()
}

/// Finds what numbers mean among the units under way. Errors: `NOT_FOUND` at `path.N.code`, `INVALID_QUANTITY`.
fn found<'a>(rows: &'a [Model], units: &[NumberedUnits], path: &str) -> Result<Vec<(&'a Model, i64)>> {
    let find = |(index, unit): (usize, &NumberedUnits)| {
        let row = rows.iter().find(|row| row.variant_id == unit.variant_id && row.code == unit.code);
        let row = row.ok_or_else(|| Error::invalid(ErrorCode::NotFound, format!("{path}.{index}.code")))?;
        if unit.quantity > row.quantity {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("{path}.{index}.quantity")));
        }
        Ok((row, unit.quantity))
    };
    units.iter().enumerate().map(find).collect()
}

/// Numbered units arrive at a location, after the movement that brought them. `rows` is what is under way; each number
/// is named once. Errors: `NOT_FOUND` and `INVALID_QUANTITY` below `path`.
pub(crate) async fn arrive(
    tx: &Tx,
    place: LocationId,
    rows: &[Model],
    units: &[NumberedUnits],
    path: &str,
) -> Result<()> {
    let found = found(rows, units, path)?;
    if found.is_empty() {
        return Ok(());
    }
    let (serials, lots): (Vec<_>, Vec<_>) =
        found.iter().copied().partition(|(row, _)| row.tracking == UnitTracking::Serial);
    end(tx, &serials.iter().map(|(row, _)| row.id).collect::<Vec<_>>()).await?;
    let (whole, part): (Vec<_>, Vec<_>) = lots.into_iter().partition(|(row, quantity)| row.quantity == *quantity);
    if !whole.is_empty() {
        Entity::delete_many().filter(Column::Id.is_in(whole.iter().map(|(row, _)| row.id))).exec(tx).await?;
    }
    change_lots(tx, &part.iter().map(|(row, quantity)| (row.id, -quantity)).collect::<Vec<_>>()).await?;
    let come = found.iter().map(|(row, quantity)| NumberedUnits {
        variant_id: row.variant_id,
        code: row.code.clone(),
        quantity: *quantity,
        expires_on: row.expires_on,
        fulfillment_order_line_id: None,
    });
    put(tx, place, &come.collect::<Vec<_>>()).await
}

/// Numbered units do not arrive any more. `place` is where they were expected.
/// Errors: `NOT_FOUND` and `INVALID_QUANTITY` below `path`.
pub(crate) async fn lose(
    tx: &Tx,
    place: LocationId,
    rows: &[Model],
    units: &[NumberedUnits],
    path: &str,
) -> Result<()> {
    let found = found(rows, units, path)?;
    for ((row, _), unit) in found.iter().zip(units) {
        told(tx, "stock_unit_removed", row.id, place, unit);
    }
    let (whole, part): (Vec<_>, Vec<_>) = found.into_iter().partition(|(row, quantity)| row.quantity == *quantity);
    end(tx, &whole.iter().map(|(row, _)| row.id).collect::<Vec<_>>()).await?;
    change_lots(tx, &part.iter().map(|(row, quantity)| (row.id, -quantity)).collect::<Vec<_>>()).await?;
    let lost = part.iter().map(|(row, quantity)| Model {
        id: StockUnitId(tx.new_uuid()),
        status: StockUnitStatus::Removed,
        quantity: *quantity,
        updated_at: tx.now(),
        ..(*row).clone()
    });
    tx.insert_last(&lost.collect::<Vec<_>>());
    Ok(())
}

async fn end(tx: &Tx, rows: &[StockUnitId]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(StockUnitStatus::Removed))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now()))
        .filter(Column::Id.is_in(rows.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Says that numbered units which arrived are damaged.
pub(crate) fn tell_damaged(tx: &Tx, place: LocationId, rows: &[Model], units: &[NumberedUnits]) {
    for unit in units {
        if let Some(row) = rows.iter().find(|row| row.variant_id == unit.variant_id && row.code == unit.code) {
            told(tx, "stock_unit_damaged", row.id, place, unit);
        }
    }
}

/// Units per variant.
pub(crate) fn sums(units: &[NumberedUnits]) -> BTreeMap<VariantId, i64> {
    let mut sums = BTreeMap::new();
    for unit in units {
        *sums.entry(unit.variant_id).or_default() += unit.quantity;
    }
    sums
}
