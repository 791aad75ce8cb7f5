//! Packing: units of work become a parcel.

use std::collections::BTreeMap;

use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, ShipmentId};
use entity::{fulfillment_order_line, shipment};
use serde::Serialize;

use super::parcel::{self, Label};
use super::unit_codes::{self, UnitCodes};
use crate::fulfillment::desk::{self, Reached, WorkRef};
use crate::fulfillment::line_ref::{LineRef, Shelf};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, version};

/// Most lines of one parcel.
const MAX_LINES: usize = 500;

/// A parcel to pack.
#[derive(Debug, Clone, Serialize)]
pub struct Pack {
    /// The work it is packed from, 1 to 100 fulfillment orders of one location to one recipient.
    pub work: Vec<FulfillmentOrderId>,
    /// What goes into it; all that is left when empty.
    pub lines: Vec<PackLine>,
    /// What is written on it.
    pub label: Label,
    /// Versions that the clerk saw.
    #[serde(skip)]
    pub expected: Vec<WorkRef>,
    /// The client's key: the same key packs once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Units to put into a parcel.
#[derive(Debug, Clone, Serialize)]
pub struct PackLine {
    /// Which, by line or by what the scanner read.
    pub line: LineRef,
    /// Units.
    pub quantity: i64,
    /// Serial or lot numbers read from the goods.
    pub codes: Vec<String>,
}

/// A parcel after a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Parcel {
    /// The parcel.
    pub shipment: shipment::Model,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// Packs a parcel: several parcels of one order, or one parcel of several orders that go from one location to one
/// recipient.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `REQUIRED`, `TOO_MANY`, `PICKUP_WORK`, `STALE_VERSION`, `INVALID_TRANSITION` for
/// work that is not in progress, `NOT_IN_WORK` for a barcode that is not, `INVALID_QUANTITY` for more than is left to
/// pack, `PARCEL_MISMATCH`, `SHIPPING_ADDRESS_REQUIRED`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn pack(ctx: &Ctx, input: Pack) -> Result<Parcel> {
    ctx.require(Permission::FulfillmentWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    check_count(&input)?;
    let input = &Pack { label: input.label.clone().checked()?, ..input };
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = ShipmentId(tx.new_uuid());
        if let Claim::Replayed(before) = idempotency::claim(tx, "fulfillmentOrderPack", key, hash, id.uuid()).await? {
            return replayed(tx, ShipmentId(before)).await;
        }
        let mut reached = desk::reach(tx, input.work.iter().copied()).await?;
        check_versions(&reached, &input.expected)?;
        let units = units(tx, &reached, &input.lines).await?;
        let codes = codes(&units)?;
        let units = if units.is_empty() { parcel::everything(&reached) } else { sums(&units) };
        if units.is_empty() {
            return Err(reached
                .first()
                .map_or(Error::not_found("fulfillmentOrder"), |first| desk::refused(&first.work, "PACK")));
        }
        reached.retain(|reached| reached.lines.iter().any(|line| units.contains_key(&line.id)));
        let (shipment, _) = parcel::pack(tx, id, &mut reached, &units, &input.label).await?;
        super::pack_units::bind(tx, &shipment, &codes).await?;
        desk::refresh(tx, reached.iter().map(|reached| reached.order.id)).await?;
        Ok(Parcel { shipment, replayed: false })
    })
    .await
}

pub(super) async fn replayed(tx: &Tx, id: ShipmentId) -> Result<Parcel> {
    let shipment = super::query::by_id(tx, id).await?.ok_or(Error::not_found("shipment"))?;
    Ok(Parcel { shipment, replayed: true })
}

fn check_count(input: &Pack) -> Result<()> {
    let too_many =
        |path: &str, max: usize| Error::invalid_with(ErrorCode::TooMany, path, vec![("max", max.to_string())]);
    if input.work.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "input.fulfillmentOrderIds"));
    }
    if input.work.len() > desk::MAX_AT_ONCE {
        return Err(too_many("input.fulfillmentOrderIds", desk::MAX_AT_ONCE));
    }
    if input.lines.len() > MAX_LINES {
        return Err(too_many("input.lines", MAX_LINES));
    }
    Ok(())
}

pub(super) fn check_versions(reached: &[Reached], expected: &[WorkRef]) -> Result<()> {
    for expected in expected {
        if let Some(found) = reached.iter().find(|reached| reached.work.id == expected.id) {
            version::check(expected.expected_version, found.work.version)?;
        }
    }
    Ok(())
}

/// A line of work with the units and numbers that go into the parcel.
type Taken = (fulfillment_order_line::Model, i64, Vec<String>);

/// Finds the lines that are meant. Error: `NOT_IN_WORK`.
async fn units(tx: &Tx, reached: &[Reached], lines: &[PackLine]) -> Result<Vec<Taken>> {
    let all: Vec<_> = reached.iter().flat_map(|reached| reached.lines.iter().cloned()).collect();
    let shelf = Shelf::read(tx, &all, lines.iter().map(|line| &line.line)).await?;
    let mut taken = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let path = format!("input.lines.{index}");
        if line.quantity < 1 {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("{path}.quantity")));
        }
        let codes = unit_codes::checked(&format!("{path}.codes"), &line.codes, line.quantity)?;
        taken.push((shelf.find(&line.line, &path)?.clone(), line.quantity, codes));
    }
    Ok(taken)
}

fn sums(taken: &[Taken]) -> BTreeMap<FulfillmentOrderLineId, i64> {
    let mut sums = BTreeMap::new();
    for (line, quantity, _) in taken {
        let sum: &mut i64 = sums.entry(line.id).or_default();
        *sum = sum.saturating_add(*quantity);
    }
    sums
}

fn codes(taken: &[Taken]) -> Result<Vec<UnitCodes>> {
    let read = taken.iter().filter(|(.., codes)| !codes.is_empty());
    let one = |(line, quantity, codes): &Taken| UnitCodes {
        fulfillment_order_line_id: line.id,
        quantity: *quantity,
        codes: codes.clone(),
    };
    Ok(read.map(one).collect())
}
