//! Taking whole units out of work: rejected, canceled or bound for elsewhere.

use std::collections::BTreeMap;

use entity::id::{EventId, FulfillmentOrderId, FulfillmentOrderLineId, OrderId, OrderLineId, VariantId};
use entity::words::{CauseKind, MovementKind, StockState};

use super::desk::Reached;
use super::makeup::Makeup;
use super::progress::unpacked;
use crate::inventory::{Cause, Movement};
use crate::kernel::{Error, ErrorCode, Result};

/// Pieces that a line of work gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) line: FulfillmentOrderLineId,
    pub(crate) order_line: OrderLineId,
    pub(crate) variant: VariantId,
    pub(crate) quantity: i64,
}

/// What one fulfillment order gives up.
#[derive(Debug, Clone)]
pub(crate) struct GivenUp {
    pub(crate) order_id: OrderId,
    pub(crate) work_id: FulfillmentOrderId,
    /// Sold units, by the order's line.
    pub(crate) units: Vec<(OrderLineId, i64)>,
    pub(crate) pieces: Vec<Piece>,
}

/// Takes whole units out of the lines of locked work; the caller releases the stock and writes the lines. What was
/// picked beyond what is left goes back on the shelf. Errors: `UNPACK_FIRST` for units of which pieces are packed.
pub(crate) fn give_up(reached: &mut Reached, makeup: &Makeup, units: BTreeMap<OrderLineId, i64>) -> Result<GivenUp> {
    let mut pieces = Vec::new();
    for (order_line, quantity) in &units {
        for (variant, per) in makeup.per_unit(*order_line)? {
            let mut wanted =
                per.checked_mul(*quantity).ok_or_else(|| Error::invalid(ErrorCode::InvalidQuantity, "input.lines"))?;
            let mine = |line: &&mut entity::fulfillment_order_line::Model| {
                line.order_line_id == *order_line && line.variant_id == *variant
            };
            for line in reached.lines.iter_mut().filter(mine) {
                let taken = wanted.min(unpacked(line)).max(0);
                if taken == 0 {
                    continue;
                }
                line.rejected += taken;
                line.picked = line.picked.min(line.quantity - line.rejected);
                wanted -= taken;
                pieces.push(Piece { line: line.id, order_line: *order_line, variant: *variant, quantity: taken });
            }
            if wanted > 0 {
                return Err(Error::invalid(ErrorCode::UnpackFirst, "input.lines"));
            }
        }
    }
    Ok(GivenUp { order_id: reached.order.id, work_id: reached.work.id, units: units.into_iter().collect(), pieces })
}

/// The movements that free what was given up at a location.
pub(crate) fn released<'a>(
    makeup: &'a Makeup,
    location_id: entity::id::LocationId,
    event_id: EventId,
    given: &'a [GivenUp],
) -> impl Iterator<Item = Movement> + 'a {
    given.iter().flat_map(|given| &given.pieces).filter(|piece| makeup.is_tracked(piece.variant)).map(move |piece| {
        Movement {
            location_id,
            variant_id: piece.variant,
            kind: MovementKind::Released,
            from: Some(StockState::Committed),
            to: Some(StockState::Available),
            quantity: piece.quantity,
            cause: Cause::of(CauseKind::FulfillmentOrderLine, piece.line.uuid()),
            event_id,
        }
    })
}
