//! Which numbered units of a transfer arrived, and which never will.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::VariantId;
use entity::{stock_unit, transfer_line};
use serde::Serialize;

use super::lock::{Locked, under_way};
use crate::inventory::unit::{self, NumberedUnits};
use crate::{Error, ErrorCode, Result, Tx};

/// Numbers that the receiver read. When all units of a variant that are still under way arrive, or none of them ever
/// will, nothing need be named.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Numbers {
    /// Units that arrived in order.
    pub received: Vec<NumberedUnits>,
    /// Units that arrived damaged.
    pub damaged: Vec<NumberedUnits>,
    /// Units that are missing.
    pub missing: Vec<NumberedUnits>,
}

impl Numbers {
    /// Tidies them. Errors: what [`unit::checked`] says, and `ALREADY_EXISTS` for a serial number in two lists.
    pub(super) fn checked(&self) -> Result<Self> {
        let all = [&self.received, &self.damaged, &self.missing].into_iter().flatten();
        let mut seen = BTreeMap::new();
        for unit in all {
            *seen.entry((unit.variant_id, unit.code.trim())).or_insert(0) += 1;
        }
        if seen.values().any(|times| *times > 1) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, "units"));
        }
        Ok(Self {
            received: unit::checked(&self.received)?,
            damaged: unit::checked(&self.damaged)?,
            missing: unit::checked(&self.missing)?,
        })
    }
}

/// Settles the numbers of a receipt, after the movements that brought the goods. One statement when none are under way.
///
/// Errors: `NOT_FOUND` for a number that is not under way, `INVALID_QUANTITY` for more numbers than units,
/// `UNIT_NUMBERS_REQUIRED` when only some numbered units arrive or are missing and nobody says which.
pub(super) async fn settle(tx: &Tx, locked: &Locked, before: &[transfer_line::Model], named: &Numbers) -> Result<()> {
    let rows = unit::under_way(tx, locked.transfer.id).await?;
    let place = locked.transfer.to_location_id;
    let (mut arrived, mut lost) = (named.received.clone(), named.missing.clone());
    arrived.extend(named.damaged.iter().cloned());
    let known: BTreeSet<VariantId> = before.iter().map(|line| line.variant_id).collect();
    if arrived.iter().chain(&lost).any(|unit| !known.contains(&unit.variant_id)) {
        return Err(Error::invalid(ErrorCode::NotFound, "units"));
    }
    for (old, new) in before.iter().zip(&locked.lines) {
        let step = Step::of(old, new, &rows, named)?;
        let (more, gone) = step.unsaid(new, &rows, &arrived, &lost)?;
        arrived.extend(more);
        lost.extend(gone);
    }
    unit::tell_damaged(tx, place, &rows, &named.damaged);
    unit::arrive(tx, place, &rows, &arrived, "units").await?;
    unit::lose(tx, place, &rows, &lost, "missingUnits").await
}

/// What a receipt says of one variant.
struct Step {
    come: i64,
    gone: i64,
    /// Units under way before that have no number.
    plain: i64,
}

impl Step {
    /// Error: `INVALID_QUANTITY` for more numbers than units.
    fn of(
        old: &transfer_line::Model,
        new: &transfer_line::Model,
        rows: &[stock_unit::Model],
        named: &Numbers,
    ) -> Result<Self> {
        let of = |units: &[NumberedUnits]| unit::sums(units).get(&new.variant_id).copied().unwrap_or(0);
        let (good, bad, gone) = (new.received - old.received, new.damaged - old.damaged, new.missing - old.missing);
        for (told, units, path) in [
            (good, &named.received, "units"),
            (bad, &named.damaged, "damagedUnits"),
            (gone, &named.missing, "missingUnits"),
        ] {
            if of(units) > told {
                return Err(Error::invalid(ErrorCode::InvalidQuantity, path));
            }
        }
        let numbered: i64 = mine(rows, new).map(|row| row.quantity).sum();
        Ok(Self { come: good + bad, gone, plain: under_way(old) - numbered })
    }

    /// Which numbers follow from what was said. Error: `UNIT_NUMBERS_REQUIRED`.
    fn unsaid(
        &self,
        line: &transfer_line::Model,
        rows: &[stock_unit::Model],
        arrived: &[NumberedUnits],
        lost: &[NumberedUnits],
    ) -> Result<(Vec<NumberedUnits>, Vec<NumberedUnits>)> {
        let sum = |units: &[NumberedUnits]| unit::sums(units).get(&line.variant_id).copied().unwrap_or(0);
        let (come, gone) = (self.come - sum(arrived), self.gone - sum(lost));
        let rest = || rest(rows, line, arrived, lost);
        let open: i64 = rest().iter().map(|unit| unit.quantity).sum();
        // Enough units without a number are left for what nobody named.
        if open == 0 || come + gone <= self.plain {
            return Ok((Vec::new(), Vec::new()));
        }
        match (under_way(line), come, gone) {
            (0, _, 0) => Ok((rest(), Vec::new())),
            (0, 0, _) => Ok((Vec::new(), rest())),
            _ => Err(Error::invalid(ErrorCode::UnitNumbersRequired, "units")),
        }
    }
}

fn mine<'a>(rows: &'a [stock_unit::Model], line: &transfer_line::Model) -> impl Iterator<Item = &'a stock_unit::Model> {
    let variant = line.variant_id;
    rows.iter().filter(move |row| row.variant_id == variant)
}

/// The numbers of a variant that nobody said anything of.
fn rest(
    rows: &[stock_unit::Model],
    line: &transfer_line::Model,
    arrived: &[NumberedUnits],
    lost: &[NumberedUnits],
) -> Vec<NumberedUnits> {
    let said = |row: &stock_unit::Model| -> i64 {
        let same = arrived.iter().chain(lost).filter(|unit| unit.variant_id == row.variant_id && unit.code == row.code);
        same.map(|unit| unit.quantity).sum()
    };
    let left = mine(rows, line).map(|row| stock_unit::Model { quantity: row.quantity - said(row), ..row.clone() });
    unit::named(&left.filter(|row| row.quantity > 0).collect::<Vec<_>>())
}

/// What is left under way goes back to the sender, or is lost, with its numbers.
pub(super) async fn recall(tx: &Tx, locked: &Locked, back: bool) -> Result<()> {
    let rows = unit::under_way(tx, locked.transfer.id).await?;
    let all = unit::named(&rows);
    if back {
        unit::arrive(tx, locked.transfer.from_location_id, &rows, &all, "units").await
    } else {
        unit::lose(tx, locked.transfer.to_location_id, &rows, &all, "units").await
    }
}
