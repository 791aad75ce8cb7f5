//! Numbered units that come.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::{LocationId, StockUnitId, VariantId};
use entity::stock_unit::{Column, Entity, Model};
use entity::variant;
use entity::words::{StockUnitStatus, UnitTracking};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::{NumberedUnits, change_lots, keys, renumber, told};
use crate::inventory::post::lock;
use crate::{Error, ErrorCode, Result, Tx};

/// Values of one statement are limited; so many rows of a unit fit.
const ROWS: usize = 500;

/// What a number means: one unit of its own, or a share of a lot.
type Known = BTreeMap<(VariantId, String), Model>;

/// Puts numbered units into a location, after the movement that brought them: new ones, and ones that come back. Units
/// come from [`checked`](super::checked). Nine statements at most, however many.
///
/// Errors: `INVALID` for goods without numbers, `INVALID_QUANTITY` for more than one unit of a serial number or more
/// numbers than lie there, `ALREADY_EXISTS` at `units.N.code` for a serial number that is in stock already, `INVALID`
/// at `units.N.expiresOn` when the lot has another date.
pub(crate) async fn put(tx: &Tx, place: LocationId, units: &[NumberedUnits]) -> Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    // Whoever puts the same lot into the same level waits here.
    lock(tx, &keys(place, units)).await?;
    let tracking = tracking(tx, units).await?;
    let known = known(tx, place, units).await?;
    let (mut new, mut back, mut more) = (Vec::new(), Vec::new(), Vec::new());
    for (index, unit) in units.iter().enumerate() {
        let at = |field: &str| format!("units.{index}.{field}");
        let serial = match tracking.get(&unit.variant_id) {
            Some(UnitTracking::Serial) => true,
            Some(UnitTracking::Lot) => false,
            Some(UnitTracking::None) | None => return Err(Error::invalid(ErrorCode::Invalid, at("variantId"))),
        };
        if serial && unit.quantity != 1 {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, at("quantity")));
        }
        let id = match known.get(&(unit.variant_id, unit.code.clone())) {
            // What is under way arrives with its transfer.
            Some(row) if serial && matches!(row.status, StockUnitStatus::InStock | StockUnitStatus::InTransit) => {
                return Err(Error::invalid(ErrorCode::AlreadyExists, at("code")));
            }
            Some(row) if serial => {
                back.push(row.id);
                row.id
            }
            Some(row) if unit.expires_on.is_some() && unit.expires_on != row.expires_on => {
                return Err(Error::invalid(ErrorCode::Invalid, at("expiresOn")));
            }
            Some(row) => {
                more.push((row.id, unit.quantity));
                row.id
            }
            None => {
                let row = fresh(tx, place, unit, serial);
                let id = row.id;
                new.push(row.into_active_model().reset_all());
                id
            }
        };
        told(tx, "stock_unit_received", id, place, unit);
    }
    for chunk in new.chunks(ROWS) {
        Entity::insert_many(chunk.iter().cloned()).exec_without_returning(tx).await?;
    }
    revive(tx, place, &back).await?;
    change_lots(tx, &more).await?;
    renumber(tx, place, units, 1).await
}

fn fresh(tx: &Tx, place: LocationId, unit: &NumberedUnits, serial: bool) -> Model {
    Model {
        id: StockUnitId(tx.new_uuid()),
        variant_id: unit.variant_id,
        code: unit.code.clone(),
        tracking: if serial { UnitTracking::Serial } else { UnitTracking::Lot },
        status: StockUnitStatus::InStock,
        location_id: Some(place),
        quantity: unit.quantity,
        expires_on: unit.expires_on,
        fulfillment_order_line_id: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        shipment_id: None,
        transfer_id: None,
        handed_over_at: None,
    }
}

async fn tracking(tx: &Tx, units: &[NumberedUnits]) -> Result<BTreeMap<VariantId, UnitTracking>> {
    let ids = units.iter().map(|unit| unit.variant_id);
    let rows = variant::Entity::find().filter(variant::Column::Id.is_in(ids)).all(tx).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.unit_tracking)).collect())
}

/// Serial numbers that were ever seen, and lots that lie there, locked.
async fn known(tx: &Tx, place: LocationId, units: &[NumberedUnits]) -> Result<Known> {
    let lies_here = Condition::all().add(Column::Status.eq(StockUnitStatus::InStock)).add(Column::LocationId.eq(place));
    let rows = Entity::find()
        .filter(Column::VariantId.is_in(units.iter().map(|unit| unit.variant_id)))
        .filter(Column::Code.is_in(units.iter().map(|unit| unit.code.as_str())))
        .filter(Condition::any().add(Column::Tracking.eq(UnitTracking::Serial)).add(lies_here))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| ((row.variant_id, row.code.clone()), row)).collect())
}

async fn revive(tx: &Tx, place: LocationId, back: &[StockUnitId]) -> Result<()> {
    if back.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(StockUnitStatus::InStock))
        .col_expr(Column::LocationId, Expr::value(place))
        .col_expr(Column::FulfillmentOrderLineId, Expr::value(None::<uuid::Uuid>))
        .col_expr(Column::ShipmentId, Expr::value(None::<uuid::Uuid>))
        .col_expr(Column::TransferId, Expr::value(None::<uuid::Uuid>))
        .col_expr(Column::HandedOverAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now()))
        .filter(Column::Id.is_in(back.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}
