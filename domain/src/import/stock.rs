//! Setting how many units lie somewhere, through the ledger: what is missing comes in, what is too much goes out.

use std::collections::HashMap;

use entity::id::{LocationId, VariantId};
use entity::stock_level;
use entity::words::{MovementKind, StockState};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use crate::inventory::level::Counters;
use crate::inventory::{self, Cause, Movement};
use crate::kernel::event::NewEvent;
use crate::{Error, ErrorCode, Result, Tx};

/// Most units that a file may set.
pub(super) const MAX_UNITS: i64 = 1_000_000_000;
const ROWS: usize = 5_000;

/// What lies there now.
pub(super) type Level = Counters;

/// A level that must change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    variant_id: VariantId,
    /// Units to add; negative to take out.
    change: i64,
    is_new: bool,
}

/// Locks the levels of variants at a location, in the order in which stock is always locked.
pub(super) async fn lock(
    tx: &Tx,
    location_id: LocationId,
    variants: &[VariantId],
) -> Result<HashMap<VariantId, Level>> {
    let mut sorted = variants.to_vec();
    sorted.sort_unstable();
    let mut levels = HashMap::with_capacity(sorted.len());
    for some in sorted.chunks(ROWS) {
        let rows = stock_level::Entity::find()
            .filter(stock_level::Column::LocationId.eq(location_id))
            .filter(stock_level::Column::VariantId.is_in(some.iter().copied()))
            .order_by_asc(stock_level::Column::VariantId)
            .lock(LockType::Update)
            .all(tx)
            .await?;
        levels.extend(rows.iter().map(|row| (row.variant_id, Counters::from(row))));
    }
    Ok(levels)
}

/// The change that brings a level to `on_hand` units; `None` when it is there. Units that are promised or set aside
/// cannot be taken out. Errors: `INVALID_QUANTITY`, `INSUFFICIENT_STOCK`.
pub(super) fn wanted(variant_id: VariantId, level: Option<Level>, on_hand: i64) -> Result<Option<Wanted>> {
    // Shopify exports oversold items as negative; what lies there is nothing.
    let on_hand = on_hand.max(0);
    if on_hand > MAX_UNITS {
        return Err(Error::invalid(ErrorCode::InvalidQuantity, "quantity"));
    }
    let now = level.unwrap_or_default();
    let change = on_hand.saturating_sub(now.on_hand);
    if change == 0 {
        return Ok(None);
    }
    let missing = change.saturating_neg();
    if missing > now.available() {
        return Err(Error::InsufficientStock { variant_id, requested: missing, available: now.available().max(0) });
    }
    Ok(Some(Wanted { variant_id, change, is_new: level.is_none() }))
}

/// Writes the changes with one `stock_imported` event of the location.
pub(super) async fn post(tx: &Tx, location_id: LocationId, changes: &[Wanted], reason: &str) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let variants: Vec<VariantId> = changes.iter().map(|change| change.variant_id).collect();
    let payload = json!({ "variant_ids": variants });
    let event_id = tx.event(NewEvent::new("stock_imported", "location", location_id.uuid()).payload(payload));
    let movements: Vec<Movement> = changes
        .iter()
        .map(|wanted| {
            let (from, to) = if wanted.change > 0 {
                (None, Some(StockState::Available))
            } else {
                (Some(StockState::Available), None)
            };
            Movement {
                location_id,
                variant_id: wanted.variant_id,
                kind: if wanted.is_new { MovementKind::Received } else { MovementKind::Adjusted },
                from,
                to,
                quantity: wanted.change.saturating_abs(),
                cause: Cause::manual(reason),
                event_id,
            }
        })
        .collect();
    inventory::post(tx, &movements).await
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_free_units_can_be_taken_out() {
        let id = VariantId(Uuid::from_u128(1));
        let level = Counters { on_hand: 10, committed: 4, ..Counters::default() };
        assert_eq!(wanted(id, Some(level), 4).expect("free").map(|w| w.change), Some(-6));
        assert_eq!(wanted(id, Some(level), 3).expect_err("promised").code(), ErrorCode::InsufficientStock);
        assert!(wanted(id, Some(level), 10).expect("same").is_none());
        assert_eq!(wanted(id, None, 7).expect("new").map(|w| (w.change, w.is_new)), Some((7, true)));
        assert!(wanted(id, None, -3).expect("oversold").is_none());
        assert!(wanted(id, None, MAX_UNITS + 1).is_err());
    }
}
