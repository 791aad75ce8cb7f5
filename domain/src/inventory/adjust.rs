//! Corrections: by a difference, or to an absolute number by compare-and-swap.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{EventId, LocationId, VariantId};
use entity::words::{MovementKind, StockState};
use serde::Serialize;

use super::change::{self, Ask, Changed};
use super::level::Key;
use super::movement::{Cause, MAX_QUANTITY, Movement};
use super::post::{ensure, lock, post};
use super::unit::{self, Fate, NumberedUnits};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Stock to correct.
#[derive(Debug, Clone, Serialize)]
pub struct AdjustStock {
    /// Where.
    pub location_id: LocationId,
    /// What, at most 500 lines, each variant and state once.
    pub lines: Vec<AdjustLine>,
    /// Why; may be empty beside a code.
    pub reason: String,
    /// Code of a stock reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// Serial and lot numbers of what goes or comes; only for variants whose lines all say by how much.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<NumberedUnits>,
    /// The client's key: the same key corrects once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// One correction.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AdjustLine {
    /// What.
    pub variant_id: VariantId,
    /// In which state.
    pub state: StockState,
    /// How.
    pub change: Adjustment,
}

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Adjustment {
    /// So many more, or fewer when below zero; never zero.
    By(i64),
    /// To this number, if it still is what was expected.
    To {
        /// The number it should be.
        quantity: i64,
        /// What the caller believes it is; `None` sets it whatever it was (file imports).
        expected: Option<i64>,
    },
}

/// Corrects stock at a location.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_QUANTITY`, `INVALID` for a state that only orders and holds give,
/// `ALREADY_EXISTS` for a variant and state named twice, `INSUFFICIENT_STOCK` when less is there than goes,
/// `STOCK_CHANGED` with the actual number when it is not what was expected, `UNIT_NUMBERS_REQUIRED` when more goes than
/// has no number, what numbers must be (see [`unit::take`] and [`unit::put`]), `NOT_FOUND` at `reasonCode`,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn adjust(ctx: &Ctx, input: AdjustStock) -> Result<Changed> {
    let ask = Ask {
        permission: Permission::StockAdjust,
        operation: "stockAdjust",
        event: "stock_adjusted",
        location_id: input.location_id,
        variants: input.lines.iter().map(|line| line.variant_id).collect(),
        reason: &input.reason,
        reason_code: input.reason_code.as_deref(),
        key: &input.idempotency_key,
    };
    let request = &change::admit(ctx, ask, &input)?;
    check_lines(&input.lines)?;
    let units = unit::checked(&input.units)?;
    let (come, go) = &sort_units(&input.lines, units)?;
    let lines = &input.lines;
    ctx.write(|tx| async move {
        let tx = &tx;
        let opened = change::open(tx, request).await?;
        if let Some(opened) = &opened {
            unit::take(tx, request.place, go, Fate::Removed).await?;
            apply(tx, request.place, lines, &request.reason, opened.event_id).await?;
            unit::put(tx, request.place, come).await?;
        }
        change::answer(tx, request, opened.is_none()).await
    })
    .await
}

/// Numbers of units that come, and of units that go: never more than their lines say.
/// Errors: `INVALID` for numbers beside an absolute number, `INVALID_QUANTITY` for too many.
fn sort_units(lines: &[AdjustLine], units: Vec<NumberedUnits>) -> Result<(Vec<NumberedUnits>, Vec<NumberedUnits>)> {
    let mut by: BTreeMap<VariantId, i64> = BTreeMap::new();
    for line in lines {
        match line.change {
            Adjustment::By(difference) => *by.entry(line.variant_id).or_default() += difference,
            Adjustment::To { .. } if units.iter().any(|unit| unit.variant_id == line.variant_id) => {
                return Err(Error::invalid(ErrorCode::Invalid, "units"));
            }
            Adjustment::To { .. } => {}
        }
    }
    let mut named: BTreeMap<VariantId, i64> = BTreeMap::new();
    for unit in &units {
        *named.entry(unit.variant_id).or_default() += unit.quantity;
    }
    let difference = |variant: &VariantId| by.get(variant).copied().unwrap_or(0);
    if named.iter().any(|(variant, quantity)| difference(variant).abs() < *quantity) {
        return Err(Error::invalid(ErrorCode::InvalidQuantity, "units"));
    }
    Ok(units.into_iter().partition(|unit| difference(&unit.variant_id) > 0))
}

/// Applies corrections inside a transaction; the levels of absolute ones are locked first, so that nobody changes them
/// between the comparison and the swap. At most six statements. Errors: see [`adjust`].
pub async fn apply(tx: &Tx, place: LocationId, lines: &[AdjustLine], reason: &str, event_id: EventId) -> Result<()> {
    let absolute: BTreeSet<Key> = lines
        .iter()
        .filter(|line| matches!(line.change, Adjustment::To { .. }))
        .map(|line| (place, line.variant_id))
        .collect();
    let keys: Vec<Key> = absolute.into_iter().collect();
    let levels = if keys.is_empty() {
        Default::default()
    } else {
        ensure(tx, &keys).await?;
        lock(tx, &keys).await?
    };
    let mut movements = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let actual = levels.get(&(place, line.variant_id)).map_or(0, |level| level.in_state(line.state));
        let difference = difference(index, line.change, actual)?;
        if difference == 0 {
            continue;
        }
        let (from, to) = if difference > 0 { (None, Some(line.state)) } else { (Some(line.state), None) };
        movements.push(Movement {
            location_id: place,
            variant_id: line.variant_id,
            kind: MovementKind::Adjusted,
            from,
            to,
            quantity: difference.abs(),
            cause: Cause::manual(reason),
            event_id,
        });
    }
    post(tx, &movements).await
}

/// By how much a number changes. Error: `STOCK_CHANGED`.
fn difference(index: usize, change: Adjustment, actual: i64) -> Result<i64> {
    match change {
        Adjustment::By(difference) => Ok(difference),
        Adjustment::To { quantity, expected } if expected.is_none_or(|expected| expected == actual) => {
            Ok(quantity - actual)
        }
        Adjustment::To { .. } => {
            let path = format!("lines.{index}.expectedQuantity");
            Err(Error::invalid_with(ErrorCode::StockChanged, path, vec![("actual", actual.to_string())]))
        }
    }
}

fn check_lines(lines: &[AdjustLine]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for (index, line) in lines.iter().enumerate() {
        change::check_state(line.state, format!("lines.{index}.state"))?;
        if !seen.insert((line.variant_id, line.state)) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, format!("lines.{index}.variantId")));
        }
        let (valid, path) = match line.change {
            Adjustment::By(by) => (by != 0 && by.unsigned_abs() <= MAX_QUANTITY.unsigned_abs(), "delta"),
            Adjustment::To { quantity, .. } => ((0..=MAX_QUANTITY).contains(&quantity), "quantity"),
        };
        if !valid {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("lines.{index}.{path}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_needs_what_was_expected() {
        let to = |quantity, expected| Adjustment::To { quantity, expected };
        assert_eq!(difference(0, to(5, Some(3)), 3).ok(), Some(2));
        assert_eq!(difference(0, to(5, None), 7).ok(), Some(-2));
        let refused = difference(0, to(5, Some(3)), 4).expect_err("changed meanwhile");
        assert_eq!((refused.code(), refused.path()), (ErrorCode::StockChanged, "lines.0.expectedQuantity"));
        assert!(refused.message(crate::kernel::language::Language::En).contains('4'));
    }
}
