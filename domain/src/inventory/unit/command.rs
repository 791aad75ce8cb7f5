//! Saying which numbered units leave for which work, before the parcel goes or the customer comes.

use std::collections::BTreeMap;

use entity::id::{FulfillmentOrderLineId, LocationId, VariantId};
use entity::words::{FulfillmentOrderStatus, StockUnitStatus, UnitTracking};
use entity::{fulfillment_order, fulfillment_order_line, stock_unit};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::{Fate, NumberedUnits, checked, put, take};
use crate::kernel::idempotency::{self, Claim};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Numbers of the units that leave for a line of work.
#[derive(Debug, Clone, Serialize)]
pub struct UnitsOfWork {
    /// The line of a fulfillment order that is open, in progress or packed.
    pub fulfillment_order_line_id: FulfillmentOrderLineId,
    /// Number and units: 1 unit of a serial number.
    pub units: Vec<(String, i64)>,
    /// The client's key: the same key takes once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Says which numbered units leave for a line of work: they count as gone to its customer, and no other work can take
/// them. Stock itself moves when the work leaves. Returns the units of the line.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` for the line or a number that does not lie there, `INVALID_TRANSITION` for work that
/// left or was given up, `INVALID_QUANTITY` for more units than the line has, what [`checked`] says,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn take_for_work(ctx: &Ctx, input: UnitsOfWork) -> Result<Vec<stock_unit::Model>> {
    let scope = &ctx.require(Permission::FulfillmentWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let input = &input;
    if input.units.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "units"));
    }
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.fulfillment_order_line_id;
        if let Claim::Replayed(_) = idempotency::claim(tx, "stockUnitsTake", key, hash, id.uuid()).await? {
            return of_line(tx, id).await;
        }
        let (work, line) = lock_line(tx, id).await?;
        let place = work.location_id.filter(|place| scope.allows_location(*place));
        let place = place.ok_or(Error::not_found("fulfillmentOrderLine"))?;
        if !is_open(work.status) {
            return Err(refused(&work, "TAKE_UNITS"));
        }
        let named = input.units.iter().map(|(code, quantity)| numbered(line.variant_id, code, *quantity, Some(id)));
        let units = checked(&named.collect::<Vec<_>>())?;
        let taken: i64 = of_line(tx, id).await?.iter().map(|unit| unit.quantity).sum();
        let more: i64 = units.iter().map(|unit| unit.quantity).sum();
        if taken + more > line.quantity - line.fulfilled - line.rejected {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, "units"));
        }
        take(tx, place, &units, Fate::Sold).await?;
        of_line(tx, id).await
    })
    .await
}

fn numbered(
    variant_id: VariantId,
    code: &str,
    quantity: i64,
    fulfillment_order_line_id: Option<FulfillmentOrderLineId>,
) -> NumberedUnits {
    NumberedUnits { variant_id, code: code.to_owned(), quantity, expires_on: None, fulfillment_order_line_id }
}

/// The line of work, and the work, which is locked.
async fn lock_line(
    tx: &Tx,
    id: FulfillmentOrderLineId,
) -> Result<(fulfillment_order::Model, fulfillment_order_line::Model)> {
    let missing = || Error::not_found("fulfillmentOrderLine");
    let head = fulfillment_order_line::Entity::find_by_id(id).one(tx).await?.ok_or_else(missing)?;
    let work = fulfillment_order::Entity::find_by_id(head.fulfillment_order_id)
        .lock_exclusive()
        .one(tx)
        .await?
        .ok_or_else(missing)?;
    // Read again: whoever held the lock may have changed it.
    let line = fulfillment_order_line::Entity::find_by_id(id).one(tx).await?.ok_or_else(missing)?;
    Ok((work, line))
}

const fn is_open(status: FulfillmentOrderStatus) -> bool {
    match status {
        FulfillmentOrderStatus::Open | FulfillmentOrderStatus::InProgress | FulfillmentOrderStatus::Packed => true,
        FulfillmentOrderStatus::Scheduled
        | FulfillmentOrderStatus::OnHold
        | FulfillmentOrderStatus::Closed
        | FulfillmentOrderStatus::Canceled => false,
    }
}

fn refused(work: &fulfillment_order::Model, action: &str) -> Error {
    let (from, action) = (work.status.to_string(), action.to_owned());
    Error::InvalidTransition { machine: "fulfillmentOrder", from, action, allowed: Vec::new() }
}

async fn of_line(tx: &Tx, id: FulfillmentOrderLineId) -> Result<Vec<stock_unit::Model>> {
    of_lines(tx, &[id]).await
}

/// The units that were taken for lines of work, locked.
async fn of_lines(tx: &Tx, ids: &[FulfillmentOrderLineId]) -> Result<Vec<stock_unit::Model>> {
    Ok(stock_unit::Entity::find()
        .filter(stock_unit::Column::FulfillmentOrderLineId.is_in(ids.iter().copied()))
        .filter(stock_unit::Column::Status.eq(StockUnitStatus::Sold))
        .order_by_asc(stock_unit::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?)
}

/// Numbered units to put back.
#[derive(Debug, Clone, Serialize)]
pub struct PutBack {
    /// The line of work that they were taken for.
    pub fulfillment_order_line_id: FulfillmentOrderLineId,
    /// The client's key: the same key puts back once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Puts back all numbered units that were taken for a line of work, because it was unpacked, rejected or given up before
/// it left. Returns how many units.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_TRANSITION` for work that left, `IDEMPOTENCY_KEY_REUSED`.
pub async fn put_back(ctx: &Ctx, input: PutBack) -> Result<i64> {
    let scope = &ctx.require(Permission::FulfillmentWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let id = input.fulfillment_order_line_id;
    ctx.write(|tx| async move {
        let tx = &tx;
        if let Claim::Replayed(_) = idempotency::claim(tx, "stockUnitsPutBack", key, hash, id.uuid()).await? {
            return Ok(0);
        }
        let (work, _) = lock_line(tx, id).await?;
        let place = work.location_id.filter(|place| scope.allows_location(*place));
        let place = place.ok_or(Error::not_found("fulfillmentOrderLine"))?;
        if work.status == FulfillmentOrderStatus::Closed {
            return Err(refused(&work, "PUT_UNITS_BACK"));
        }
        return_units(tx, place, &[id]).await
    })
    .await
}

/// Puts back all numbered units that were taken for lines of work at a location; returns how many units. The work is
/// locked.
pub(crate) async fn return_units(tx: &Tx, place: LocationId, lines: &[FulfillmentOrderLineId]) -> Result<i64> {
    let rows = of_lines(tx, lines).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut units: BTreeMap<(VariantId, String), NumberedUnits> = BTreeMap::new();
    for row in &rows {
        let key = (row.variant_id, row.code.clone());
        let unit = units.entry(key).or_insert_with(|| numbered(row.variant_id, &row.code, 0, None));
        unit.quantity += row.quantity;
    }
    // What left of a lot had a row of its own, which never was.
    let lots = rows.iter().filter(|row| row.tracking == UnitTracking::Lot).map(|row| row.id);
    stock_unit::Entity::delete_many().filter(stock_unit::Column::Id.is_in(lots)).exec(tx).await?;
    put(tx, place, &units.into_values().collect::<Vec<_>>()).await?;
    Ok(rows.iter().map(|row| row.quantity).sum())
}
