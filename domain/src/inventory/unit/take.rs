//! Numbered units that leave.

use std::collections::BTreeMap;

use entity::id::{LocationId, StockUnitId, VariantId};
use entity::stock_unit::{Column, Entity, Model};
use entity::words::{StockUnitStatus, UnitTracking};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    Value,
};

use super::{Fate, NumberedUnits, change_lots, keys, renumber, told};
use crate::inventory::post::lock;
use crate::inventory::sql::Sql;
use crate::{Error, ErrorCode, Result, Tx};

/// Takes numbered units away from a location, before the movement that lets them leave. Units come from
/// [`checked`](super::checked). Seven statements at most, however many.
///
/// Errors: `NOT_FOUND` at `units.N.code` for a number that does not lie there, `INVALID_QUANTITY` at
/// `units.N.quantity` for more than the lot has.
pub(crate) async fn take(tx: &Tx, place: LocationId, units: &[NumberedUnits], fate: Fate) -> Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    lock(tx, &keys(place, units)).await?;
    let found = in_stock(tx, place, units).await?;
    let (mut serials, mut lots) = (Vec::new(), Vec::new());
    for (index, unit) in units.iter().enumerate() {
        let at = |field: &str| format!("units.{index}.{field}");
        let row = found
            .get(&(unit.variant_id, unit.code.clone()))
            .ok_or_else(|| Error::invalid(ErrorCode::NotFound, at("code")))?;
        if unit.quantity > row.quantity {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, at("quantity")));
        }
        if row.tracking == UnitTracking::Serial {
            serials.push((row, unit))
        } else {
            lots.push((row, unit))
        }
        told(tx, kind(fate), row.id, place, unit);
    }
    renumber(tx, place, units, -1).await?;
    end_serials(tx, &serials, fate).await?;
    end_lots(tx, &lots, fate).await
}

const fn kind(fate: Fate) -> &'static str {
    match fate {
        Fate::Sold => "stock_unit_sold",
        Fate::InTransit => "stock_unit_sent",
        Fate::Removed => "stock_unit_removed",
    }
}

const fn status(fate: Fate) -> StockUnitStatus {
    match fate {
        Fate::Sold => StockUnitStatus::Sold,
        Fate::InTransit => StockUnitStatus::InTransit,
        Fate::Removed => StockUnitStatus::Removed,
    }
}

/// What lies at a location of the numbers, locked.
async fn in_stock(tx: &Tx, place: LocationId, units: &[NumberedUnits]) -> Result<BTreeMap<(VariantId, String), Model>> {
    let rows = Entity::find()
        .filter(Column::LocationId.eq(place))
        .filter(Column::Status.eq(StockUnitStatus::InStock))
        .filter(Column::VariantId.is_in(units.iter().map(|unit| unit.variant_id)))
        .filter(Column::Code.is_in(units.iter().map(|unit| unit.code.as_str())))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| ((row.variant_id, row.code.clone()), row)).collect())
}

async fn end_serials(tx: &Tx, serials: &[(&Model, &NumberedUnits)], fate: Fate) -> Result<()> {
    if serials.is_empty() {
        return Ok(());
    }
    let rows = serials.iter().map(|(row, unit)| {
        vec![Value::from(row.id.uuid()), Value::from(unit.fulfillment_order_line_id.map(|line| line.uuid()))]
    });
    let statement = Sql::new(tx.get_database_backend())
        .push("UPDATE stock_unit SET location_id = NULL, status = ")
        .bind(status(fate).as_str())
        .push(", updated_at = ")
        .bind(tx.now())
        .push(", fulfillment_order_line_id = d.column2 FROM ")
        .rows(&["uuid", "uuid"], rows)
        .push(" WHERE stock_unit.id = d.column1")
        .build();
    tx.execute_raw(statement).await?;
    Ok(())
}

/// A lot keeps its row; what leaves of it gets one of its own, so that a recall finds who has it.
async fn end_lots(tx: &Tx, lots: &[(&Model, &NumberedUnits)], fate: Fate) -> Result<()> {
    let changes: Vec<(StockUnitId, i64)> = lots.iter().map(|(row, unit)| (row.id, -unit.quantity)).collect();
    change_lots(tx, &changes).await?;
    let gone = lots.iter().map(|(row, unit)| {
        Model {
            id: StockUnitId(tx.new_uuid()),
            status: status(fate),
            location_id: None,
            quantity: unit.quantity,
            fulfillment_order_line_id: unit.fulfillment_order_line_id,
            created_at: tx.now(),
            updated_at: tx.now(),
            ..(*row).clone()
        }
        .into_active_model()
        .reset_all()
    });
    let gone: Vec<_> = gone.collect();
    if !gone.is_empty() {
        Entity::insert_many(gone).exec_without_returning(tx).await?;
    }
    Ok(())
}
