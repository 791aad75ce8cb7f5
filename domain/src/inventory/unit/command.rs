//! Saying which numbered units leave for which work, before the parcel goes or the customer comes.

use entity::id::{FulfillmentOrderLineId, VariantId};
use entity::words::FulfillmentOrderStatus;
use entity::{fulfillment_order, fulfillment_order_line, stock_unit};
use sea_orm::{EntityTrait, QuerySelect};
use serde::Serialize;

use super::journey::{self, is_loose, of_lines};
use super::{Fate, NumberedUnits, checked, take};
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
            return of_lines(tx, &[id]).await;
        }
        let (work, line) = lock_line(tx, id).await?;
        let place = work.location_id.filter(|place| scope.allows_location(*place));
        let place = place.ok_or(Error::not_found("fulfillmentOrderLine"))?;
        if !is_open(work.status) {
            return Err(refused(&work, "TAKE_UNITS"));
        }
        let named = input.units.iter().map(|(code, quantity)| numbered(line.variant_id, code, *quantity, Some(id)));
        let units = checked(&named.collect::<Vec<_>>())?;
        let before = of_lines(tx, &[id]).await?;
        let taken: i64 = before.iter().map(|unit| unit.quantity).sum();
        let loose: i64 = before.iter().filter(|unit| is_loose(unit)).map(|unit| unit.quantity).sum();
        let more: i64 = units.iter().map(|unit| unit.quantity).sum();
        let (wanted, left) = (line.quantity - line.rejected, line.fulfilled);
        if taken + more > wanted || loose + more > wanted - left {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, "units"));
        }
        take(tx, place, &units, Fate::Sold).await?;
        of_lines(tx, &[id]).await
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

/// Numbered units to put back.
#[derive(Debug, Clone, Serialize)]
pub struct PutBack {
    /// The line of work that they were taken for.
    pub fulfillment_order_line_id: FulfillmentOrderLineId,
    /// The client's key: the same key puts back once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Puts back the numbered units that were set aside for a line of work and are in no parcel: another unit goes instead.
/// Returns how many units.
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
        let loose: Vec<_> = of_lines(tx, &[id]).await?.into_iter().filter(is_loose).collect();
        Ok(journey::put_back(tx, place, &loose).await?.values().sum())
    })
    .await
}
