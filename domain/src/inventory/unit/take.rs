//! Numbered units that leave.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::{FulfillmentOrderLineId, LocationId, ShipmentId, StockUnitId, TransferId, VariantId};
use entity::stock_unit::{Column, Entity, Model};
use entity::words::{StockUnitStatus, UnitTracking};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Value,
};

use super::{Fate, NumberedUnits, change_lots, keys, renumber, told};
use crate::inventory::post::lock;
use crate::inventory::sql::Sql;
use crate::{Error, ErrorCode, Result, Tx};

/// Takes numbered units away from a location, before the movement that lets them leave. Units come from
/// [`checked`](super::checked); a lot may be shared by several lines of work. Seven statements at most, however many.
/// Answers the rows of what left, in the order of `units`.
///
/// Errors: `NOT_FOUND` at `units.N.code` for a number that does not lie there, `INVALID_QUANTITY` at
/// `units.N.quantity` for more than the lot has.
pub(crate) async fn take(tx: &Tx, place: LocationId, units: &[NumberedUnits], fate: Fate) -> Result<Vec<StockUnitId>> {
    if units.is_empty() {
        return Ok(Vec::new());
    }
    lock(tx, &keys(place, units)).await?;
    let found = in_stock(tx, place, units).await?;
    let (mut serials, mut lots, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    let mut asked: BTreeMap<StockUnitId, i64> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        let at = |field: &str| format!("units.{index}.{field}");
        let row = found
            .get(&(unit.variant_id, unit.code.clone()))
            .ok_or_else(|| Error::invalid(ErrorCode::NotFound, at("code")))?;
        let sum = asked.entry(row.id).or_default();
        *sum += unit.quantity;
        if *sum > row.quantity {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, at("quantity")));
        }
        if row.tracking == UnitTracking::Serial {
            serials.push((row, unit));
            gone.push(row.id);
        } else {
            let id = StockUnitId(tx.new_uuid());
            lots.push((row, unit, id));
            gone.push(id);
        }
        told(tx, kind(fate), row.id, place, unit);
    }
    renumber(tx, place, units, -1).await?;
    end_serials(tx, &serials, fate).await?;
    end_lots(tx, &lots, fate).await?;
    Ok(gone)
}

const fn kind(fate: Fate) -> &'static str {
    match fate {
        Fate::Sold | Fate::Packed(_) | Fate::HandedOver => "stock_unit_sold",
        Fate::InTransit(_) => "stock_unit_sent",
        Fate::Removed => "stock_unit_removed",
    }
}

const fn status(fate: Fate) -> StockUnitStatus {
    match fate {
        Fate::Sold | Fate::Packed(_) | Fate::HandedOver => StockUnitStatus::Sold,
        Fate::InTransit(_) => StockUnitStatus::InTransit,
        Fate::Removed => StockUnitStatus::Removed,
    }
}

/// What a fate writes beside the status: the parcel, the transfer, and when a customer took the units.
fn whereabouts(tx: &Tx, fate: Fate) -> (Option<ShipmentId>, Option<TransferId>, Option<DateTime<Utc>>) {
    match fate {
        Fate::Packed(parcel) => (Some(parcel), None, None),
        Fate::InTransit(transfer) => (None, Some(transfer), None),
        Fate::HandedOver => (None, None, Some(tx.now())),
        Fate::Sold | Fate::Removed => (None, None, None),
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
    let (parcel, transfer, handed_over_at) = whereabouts(tx, fate);
    let statement = Sql::new(tx.get_database_backend())
        .push("UPDATE stock_unit SET location_id = NULL, status = ")
        .bind(status(fate).as_str())
        .push(", shipment_id = ")
        .bind(parcel.map(|id| id.uuid()))
        .push(", transfer_id = ")
        .bind(transfer.map(|id| id.uuid()))
        .push(", handed_over_at = ")
        .bind(handed_over_at)
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
async fn end_lots(tx: &Tx, lots: &[(&Model, &NumberedUnits, StockUnitId)], fate: Fate) -> Result<()> {
    let changes: Vec<(StockUnitId, i64)> = lots.iter().map(|(row, unit, _)| (row.id, -unit.quantity)).collect();
    let (shipment_id, transfer_id, handed_over_at) = whereabouts(tx, fate);
    change_lots(tx, &changes).await?;
    let gone = lots.iter().map(|(row, unit, id)| {
        Model {
            id: *id,
            status: status(fate),
            location_id: None,
            quantity: unit.quantity,
            fulfillment_order_line_id: unit.fulfillment_order_line_id,
            created_at: tx.now(),
            updated_at: tx.now(),
            shipment_id,
            transfer_id,
            handed_over_at,
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

/// Writes for which lines of work units left, when the lines are written last: just before the commit.
pub(crate) fn name_lines(tx: &Tx, gone: &[StockUnitId], units: &[NumberedUnits]) {
    let mut by_line: BTreeMap<FulfillmentOrderLineId, Vec<StockUnitId>> = BTreeMap::new();
    for (id, unit) in gone.iter().zip(units) {
        if let Some(line) = unit.fulfillment_order_line_id {
            by_line.entry(line).or_default().push(*id);
        }
    }
    for (line, ids) in by_line {
        let change = Entity::update_many()
            .col_expr(Column::FulfillmentOrderLineId, Expr::value(line))
            .filter(Column::Id.is_in(ids));
        tx.write_last(change.into_query());
    }
}
