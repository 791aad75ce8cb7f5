//! Safety stock per level: units kept back from what is promised.

use std::collections::BTreeSet;

use entity::id::{LocationId, VariantId};
use entity::words::{MovementKind, StockState};
use serde::Serialize;

use super::change::{self, Ask, Changed};
use super::level::{Counters, Key};
use super::movement::{Cause, MAX_QUANTITY, Movement};
use super::post::{lock, post};
use crate::{Ctx, Error, ErrorCode, Permission, Result};

/// Safety stock as it should be at a location.
#[derive(Debug, Clone, Serialize)]
pub struct SetSafetyStock {
    /// Where.
    pub location_id: LocationId,
    /// How much of what, at most 500 lines, each variant once.
    pub lines: Vec<SafetyLine>,
    /// Why; may be empty beside a code.
    pub reason: String,
    /// Code of a stock reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// The client's key: the same key sets once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// How much of a variant should be kept back.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SafetyLine {
    /// What.
    pub variant_id: VariantId,
    /// Units, 0 to 1,000,000,000.
    pub quantity: i64,
}

/// Moves free units into safety stock, or back, until as much is kept back as wanted, as far as there are free units:
/// what is promised to somebody stays promised. The target is not kept: units that come in later are free. The levels
/// that are returned say how much is kept back now. Eight statements at most.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_QUANTITY`, `ALREADY_EXISTS` for a variant named twice, `INVALID` for a
/// bundle or an uncounted variant, `IDEMPOTENCY_KEY_REUSED`.
pub async fn set_safety_stock(ctx: &Ctx, input: SetSafetyStock) -> Result<Changed> {
    let ask = Ask {
        permission: Permission::StockAdjust,
        operation: "safetyStockSet",
        event: "safety_stock_set",
        location_id: input.location_id,
        variants: input.lines.iter().map(|line| line.variant_id).collect(),
        reason: &input.reason,
        reason_code: input.reason_code.as_deref(),
        key: &input.idempotency_key,
    };
    let request = &change::admit(ctx, ask, &input)?;
    check_lines(&input.lines)?;
    let lines = &input.lines;
    ctx.write(|tx| async move {
        let tx = &tx;
        let opened = change::open(tx, request).await?;
        if let Some(opened) = &opened {
            let keys: Vec<Key> = lines.iter().map(|line| (request.place, line.variant_id)).collect();
            let levels = lock(tx, &keys).await?;
            let movements: Vec<Movement> = lines
                .iter()
                .filter_map(|line| {
                    let level = levels.get(&(request.place, line.variant_id))?;
                    let (from, to, quantity) = step(level, line.quantity)?;
                    Some(Movement {
                        location_id: request.place,
                        variant_id: line.variant_id,
                        kind: MovementKind::Moved,
                        from: Some(from),
                        to: Some(to),
                        quantity,
                        cause: Cause::manual(&request.reason),
                        event_id: opened.event_id,
                    })
                })
                .collect();
            post(tx, &movements).await?;
        }
        change::answer(tx, request, opened.is_none()).await
    })
    .await
}

/// The move that brings a level as near to its target as its free units allow; `None` when nothing moves.
fn step(level: &Counters, target: i64) -> Option<(StockState, StockState, i64)> {
    let wanted = target - level.safety_stock;
    if wanted > 0 {
        let quantity = wanted.min(level.available());
        (quantity > 0).then_some((StockState::Available, StockState::SafetyStock, quantity))
    } else {
        (wanted < 0).then_some((StockState::SafetyStock, StockState::Available, -wanted))
    }
}

fn check_lines(lines: &[SafetyLine]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for (index, line) in lines.iter().enumerate() {
        if !seen.insert(line.variant_id) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, format!("lines.{index}.variantId")));
        }
        if !(0..=MAX_QUANTITY).contains(&line.quantity) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("lines.{index}.quantity")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_free_units_are_kept_back() {
        use StockState::{Available, SafetyStock};
        let level = Counters { on_hand: 10, committed: 4, safety_stock: 2, ..Counters::default() };
        assert_eq!(step(&level, 5), Some((Available, SafetyStock, 3)));
        assert_eq!(step(&level, 50), Some((Available, SafetyStock, 4)), "as far as there is stock");
        assert_eq!(step(&level, 2), None);
        assert_eq!(step(&level, 0), Some((SafetyStock, Available, 2)));
        assert_eq!(step(&Counters { on_hand: 3, committed: 3, ..Counters::default() }, 1), None);
    }
}
