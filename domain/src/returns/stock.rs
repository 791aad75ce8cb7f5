//! Goods that came back enter stock where they are, in the state in which they were found.

use std::collections::BTreeMap;

use entity::id::{EventId, LocationId, OrderId, ReturnLineId, VariantId};
use entity::words::{CauseKind, Disposition, MovementKind, StockState, StockUnitStatus, UnitTracking};
use entity::{fulfillment_order, fulfillment_order_line, stock_unit, variant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::step::Locked;
use crate::fulfillment::makeup::Makeup;
use crate::inventory::unit::{self, NumberedUnits};
use crate::inventory::{self, Cause, Movement};
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::{catalog, transfer};

/// Units of a line that were looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) line: ReturnLineId,
    pub(super) quantity: i64,
    pub(super) disposition: Disposition,
}

/// Pieces of one variant; a bundle is its parts.
#[derive(Debug, Clone, Copy)]
struct Piece {
    line: ReturnLineId,
    variant_id: VariantId,
    quantity: i64,
    disposition: Disposition,
}

/// The state in which units wait; `None` when they do not.
const fn state(disposition: Disposition) -> Option<StockState> {
    match disposition {
        Disposition::Restock => Some(StockState::Available),
        Disposition::Damaged => Some(StockState::Damaged),
        // What goes to the supplier must not be sold meanwhile.
        Disposition::QualityControl | Disposition::ReturnToVendor => Some(StockState::QualityControl),
        Disposition::Dispose | Disposition::Missing => None,
    }
}

/// Posts what was seen at a place, brings numbers back, and drafts the transfer to where restocked goods shall lie.
/// Errors: what [`unit::check_complete`] and [`unit::put`] say; `INVALID` at `units` for a number of another order.
pub(super) async fn enter(
    tx: &Tx,
    locked: &Locked,
    place: LocationId,
    seen: &[Seen],
    numbers: &[NumberedUnits],
    event_id: EventId,
) -> Result<()> {
    let pieces = pieces(tx, locked, seen).await?;
    let ids: Vec<VariantId> = pieces.iter().map(|piece| piece.variant_id).collect();
    let goods: BTreeMap<VariantId, variant::Model> =
        catalog::query::variants_by_ids(tx, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
    let counted = |piece: &&Piece| goods.get(&piece.variant_id).is_some_and(|row| row.tracked && !row.is_bundle);
    let pieces: Vec<Piece> = pieces.iter().filter(counted).copied().collect();
    let tracking: BTreeMap<VariantId, UnitTracking> = goods.iter().map(|(id, row)| (*id, row.unit_tracking)).collect();
    let kept = pieces.iter().filter(|piece| state(piece.disposition).is_some());
    unit::check_complete(&tracking, kept.map(|piece| (piece.variant_id, piece.quantity)), numbers)?;
    let numbers = unit::checked(numbers)?;
    sold_here(tx, locked.order.as_ref().map(|order| order.id), &numbers).await?;
    let movements: Vec<Movement> = pieces.iter().flat_map(|piece| movements(place, *piece, event_id)).collect();
    inventory::post(tx, &movements).await?;
    unit::put(tx, place, &numbers).await?;
    consolidate(tx, locked, place, &pieces, &tracking).await
}

async fn pieces(tx: &Tx, locked: &Locked, seen: &[Seen]) -> Result<Vec<Piece>> {
    let makeup = match &locked.order {
        Some(order) => Some(Makeup::read(tx, &[order.id]).await?),
        None => None,
    };
    let mut pieces = Vec::new();
    for seen in seen.iter().filter(|seen| seen.disposition != Disposition::Missing) {
        let Some(line) = locked.lines.iter().find(|line| line.id == seen.line) else { continue };
        let piece = |variant_id, per: i64| Piece {
            line: line.id,
            variant_id,
            quantity: seen.quantity * per,
            disposition: seen.disposition,
        };
        match (&makeup, line.order_line_id) {
            (Some(makeup), Some(id)) => {
                pieces.extend(makeup.per_unit(id)?.iter().map(|(variant, per)| piece(*variant, *per)));
            }
            _ => pieces.push(piece(line.variant_id, 1)),
        }
    }
    Ok(pieces)
}

/// What is thrown away came in all the same, so that the ledger tells both.
fn movements(place: LocationId, piece: Piece, event_id: EventId) -> Vec<Movement> {
    let one = |kind, from, to| Movement {
        location_id: place,
        variant_id: piece.variant_id,
        kind,
        from,
        to,
        quantity: piece.quantity,
        cause: Cause::of(CauseKind::ReturnLine, piece.line.uuid()),
        event_id,
    };
    let damaged = Some(StockState::Damaged);
    match state(piece.disposition) {
        Some(state) => vec![one(MovementKind::Received, None, Some(state))],
        None if piece.disposition == Disposition::Dispose => {
            vec![one(MovementKind::Received, None, damaged), one(MovementKind::Adjusted, damaged, None)]
        }
        None => Vec::new(),
    }
}

/// A number that left with another order did not come back with this one. Numbers that nobody wrote down when they left
/// are believed. Error: `INVALID` at `units`.
async fn sold_here(tx: &Tx, order: Option<OrderId>, numbers: &[NumberedUnits]) -> Result<()> {
    let Some(order) = order.filter(|_| !numbers.is_empty()) else { return Ok(()) };
    let elsewhere = stock_unit::Entity::find()
        .filter(stock_unit::Column::VariantId.is_in(numbers.iter().map(|unit| unit.variant_id)))
        .filter(stock_unit::Column::Code.is_in(numbers.iter().map(|unit| unit.code.as_str())))
        .filter(stock_unit::Column::Status.eq(StockUnitStatus::Sold))
        .filter(stock_unit::Column::Tracking.eq(UnitTracking::Serial))
        .all(tx)
        .await?;
    let lines = elsewhere.iter().filter_map(|unit| unit.fulfillment_order_line_id);
    let lines: Vec<_> = fulfillment_order_line::Entity::find()
        .filter(fulfillment_order_line::Column::Id.is_in(lines))
        .find_also_related(fulfillment_order::Entity)
        .all(tx)
        .await?;
    let foreign = lines.iter().any(|(_, work)| work.as_ref().is_some_and(|work| work.order_id != order));
    if foreign { Err(Error::invalid(ErrorCode::Invalid, "input.units")) } else { Ok(()) }
}

/// Restocked goods that shall lie elsewhere get a draft of a transfer; numbered ones stay, as transfers do not know
/// numbers.
async fn consolidate(
    tx: &Tx,
    locked: &Locked,
    place: LocationId,
    pieces: &[Piece],
    tracking: &BTreeMap<VariantId, UnitTracking>,
) -> Result<()> {
    let Some(to) = locked.row.destination_location_id.filter(|to| *to != place) else { return Ok(()) };
    let mut units: BTreeMap<VariantId, i64> = BTreeMap::new();
    for piece in pieces.iter().filter(|piece| piece.disposition == Disposition::Restock) {
        if tracking.get(&piece.variant_id) == Some(&UnitTracking::None) {
            *units.entry(piece.variant_id).or_default() += piece.quantity;
        }
    }
    if units.is_empty() {
        return Ok(());
    }
    transfer::open::for_returned_goods(tx, place, to, &units, &locked.row.number).await?;
    Ok(())
}
