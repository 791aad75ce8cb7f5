//! Units with a serial number, and lots: which numbers lie where, and what became of them.
//!
//! A level knows how many of its units have a number (`numbered`), never more than lie there. Units without a number
//! leave first; when all that is left has numbers, whoever takes units must say which. So [`take()`] comes before the
//! movement that lets units leave, and [`put()`] after the one that brings them.

mod command;
mod journey;
mod put;
pub mod query;
mod take;
mod under_way;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use entity::id::{FulfillmentOrderLineId, LocationId, ShipmentId, StockUnitId, TransferId, VariantId};
use entity::words::UnitTracking;
use sea_orm::{ConnectionTrait, Value};
use serde::Serialize;
use serde_json::json;

use super::level::Key;
use super::movement::MAX_QUANTITY;
use super::sql::Sql;
use crate::kernel::event::NewEvent;
use crate::kernel::text;
use crate::{Error, ErrorCode, Result, Tx};

pub use command::{PutBack, UnitsOfWork, put_back, take_for_work};
pub(crate) use journey::{hand_over_loose, return_parcel, return_surplus, send_loose, spread};
pub(crate) use put::put;
pub(crate) use take::{name_lines, take};
pub(crate) use under_way::{arrive, lose, named, sums, tell_damaged, under_way};

/// Most numbers of one command.
pub const MAX_UNITS: usize = 1_000;
/// Longest number, in characters.
const MAX_CODE: usize = 100;

/// A serial number, or units of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumberedUnits {
    /// What.
    pub variant_id: VariantId,
    /// The serial or lot number.
    pub code: String,
    /// Units; 1 for a serial number.
    pub quantity: i64,
    /// Best before, of a lot that comes in.
    pub expires_on: Option<NaiveDate>,
    /// The work that they leave for.
    pub fulfillment_order_line_id: Option<FulfillmentOrderLineId>,
}

/// What becomes of numbered units that leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// They are set aside for work, and count as gone to its customer.
    Sold,
    /// They go into a parcel.
    Packed(ShipmentId),
    /// A customer takes them along.
    HandedOver,
    /// They go to another location.
    InTransit(TransferId),
    /// They are written off.
    Removed,
}

/// Cleans numbers that people typed or scanned. Errors: `TOO_MANY` above [`MAX_UNITS`], `ALREADY_EXISTS` for a number
/// named twice, `INVALID_QUANTITY`, `REQUIRED`, `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub(crate) fn checked(units: &[NumberedUnits]) -> Result<Vec<NumberedUnits>> {
    if units.len() > MAX_UNITS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "units", vec![("max", MAX_UNITS.to_string())]));
    }
    let mut seen = BTreeSet::new();
    let mut clean = Vec::with_capacity(units.len());
    for (index, unit) in units.iter().enumerate() {
        let code = text::required_line(&format!("units.{index}.code"), &unit.code, MAX_CODE)?;
        if !(1..=MAX_QUANTITY).contains(&unit.quantity) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("units.{index}.quantity")));
        }
        if !seen.insert((unit.variant_id, code.clone())) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, format!("units.{index}.code")));
        }
        clean.push(NumberedUnits { code, ..unit.clone() });
    }
    Ok(clean)
}

/// Whether the numbers of what comes in are complete: as many units as come in for goods that have numbers, none for
/// others. Errors: `UNIT_NUMBERS_REQUIRED` without any, `INVALID_QUANTITY` for more or fewer, `INVALID` for goods
/// without numbers.
pub(crate) fn check_complete(
    tracking: &BTreeMap<VariantId, UnitTracking>,
    wanted: impl IntoIterator<Item = (VariantId, i64)>,
    units: &[NumberedUnits],
) -> Result<()> {
    let has_numbers = |id: &VariantId| tracking.get(id).is_some_and(|tracking| *tracking != UnitTracking::None);
    if units.iter().any(|unit| !has_numbers(&unit.variant_id)) {
        return Err(Error::invalid(ErrorCode::Invalid, "units"));
    }
    let mut open: BTreeMap<VariantId, i64> = BTreeMap::new();
    for (variant, quantity) in wanted.into_iter().filter(|(variant, _)| has_numbers(variant)) {
        *open.entry(variant).or_default() += quantity;
    }
    if !open.is_empty() && units.is_empty() {
        return Err(Error::invalid(ErrorCode::UnitNumbersRequired, "units"));
    }
    for unit in units {
        *open.entry(unit.variant_id).or_default() -= unit.quantity;
    }
    if open.values().all(|left| *left == 0) { Ok(()) } else { Err(Error::invalid(ErrorCode::InvalidQuantity, "units")) }
}

/// The levels that units lie at, in the order of locks.
fn keys(place: LocationId, units: &[NumberedUnits]) -> Vec<Key> {
    let goods: BTreeSet<VariantId> = units.iter().map(|unit| unit.variant_id).collect();
    goods.into_iter().map(|variant| (place, variant)).collect()
}

/// Changes how many units of the levels have numbers. Error: `INVALID_QUANTITY` for more than lie there.
async fn renumber(tx: &Tx, place: LocationId, units: &[NumberedUnits], sign: i64) -> Result<()> {
    let mut by: BTreeMap<VariantId, i64> = BTreeMap::new();
    for unit in units {
        *by.entry(unit.variant_id).or_default() += sign * unit.quantity;
    }
    let wanted = by.len();
    let rows =
        by.into_iter().map(|(variant, by)| vec![Value::from(place.uuid()), Value::from(variant.uuid()), by.into()]);
    let statement = Sql::new(tx.get_database_backend())
        .push("UPDATE stock_level SET numbered = stock_level.numbered + d.column3 FROM ")
        .rows(&["uuid", "uuid", "bigint"], rows)
        .push(
            " WHERE stock_level.location_id = d.column1 AND stock_level.variant_id = d.column2 \
               AND stock_level.numbered + d.column3 >= 0 AND stock_level.numbered + d.column3 <= stock_level.on_hand",
        )
        .build();
    let changed = tx.execute_raw(statement).await?.rows_affected();
    if usize::try_from(changed).is_ok_and(|changed| changed == wanted) {
        Ok(())
    } else {
        Err(Error::invalid(ErrorCode::InvalidQuantity, "units"))
    }
}

/// Adds to the units of lots, or takes from them.
async fn change_lots(tx: &Tx, changes: &[(StockUnitId, i64)]) -> Result<()> {
    let mut sums: BTreeMap<StockUnitId, i64> = BTreeMap::new();
    for (id, by) in changes {
        *sums.entry(*id).or_default() += by;
    }
    if sums.is_empty() {
        return Ok(());
    }
    let rows = sums.into_iter().map(|(id, by)| vec![Value::from(id.uuid()), Value::from(by)]);
    let statement = Sql::new(tx.get_database_backend())
        .push("UPDATE stock_unit SET quantity = stock_unit.quantity + d.column2, updated_at = ")
        .bind(tx.now())
        .push(" FROM ")
        .rows(&["uuid", "bigint"], rows)
        .push(" WHERE stock_unit.id = d.column1")
        .build();
    tx.execute_raw(statement).await?;
    Ok(())
}

/// Tells what became of a unit or lot; the history of a unit is made of these.
fn told(tx: &Tx, kind: &'static str, id: StockUnitId, place: LocationId, unit: &NumberedUnits) {
    let payload = json!({
        "location_id": place,
        "variant_id": unit.variant_id,
        "code": unit.code,
        "quantity": unit.quantity,
        "fulfillment_order_line_id": unit.fulfillment_order_line_id,
    });
    tx.event(NewEvent::new(kind, "stock_unit", id.uuid()).payload(payload));
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn unit(variant: u128, code: &str, quantity: i64) -> NumberedUnits {
        NumberedUnits {
            variant_id: VariantId(Uuid::from_u128(variant)),
            code: code.to_owned(),
            quantity,
            expires_on: None,
            fulfillment_order_line_id: None,
        }
    }

    #[test]
    fn a_number_is_named_once() {
        assert_eq!(checked(&[unit(1, " A1 ", 1), unit(2, "A1", 1)]).map(|clean| clean.len()).ok(), Some(2));
        let twice = checked(&[unit(1, "A1", 1), unit(1, " A1", 1)]).expect_err("twice");
        assert_eq!((twice.code(), twice.path()), (ErrorCode::AlreadyExists, "units.1.code"));
        assert_eq!(checked(&[unit(1, "A1", 0)]).expect_err("nothing").code(), ErrorCode::InvalidQuantity);
        assert_eq!(checked(&vec![unit(1, "A", 1); 1_001]).expect_err("many").code(), ErrorCode::TooMany);
    }

    #[test]
    fn what_comes_in_has_all_its_numbers() {
        let camera = VariantId(Uuid::from_u128(1));
        let tea = VariantId(Uuid::from_u128(2));
        let tracking = BTreeMap::from([(camera, UnitTracking::Serial), (tea, UnitTracking::None)]);
        let check = |wanted: &[(VariantId, i64)], units: &[NumberedUnits]| {
            check_complete(&tracking, wanted.iter().copied(), units).map_err(|error| error.code())
        };
        assert_eq!(check(&[(camera, 1), (camera, 1), (tea, 9)], &[unit(1, "A", 1), unit(1, "B", 1)]), Ok(()));
        assert_eq!(check(&[(camera, 2)], &[]), Err(ErrorCode::UnitNumbersRequired));
        assert_eq!(check(&[(camera, 2)], &[unit(1, "A", 1)]), Err(ErrorCode::InvalidQuantity));
        assert_eq!(check(&[(camera, 1)], &[unit(1, "A", 1), unit(1, "B", 1)]), Err(ErrorCode::InvalidQuantity));
        assert_eq!(check(&[(tea, 1)], &[unit(2, "A", 1)]), Err(ErrorCode::Invalid));
        assert_eq!(check(&[(tea, 1)], &[]), Ok(()));
    }
}
