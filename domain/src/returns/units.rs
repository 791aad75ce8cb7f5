//! Counting the units of order lines that are asked back and that came: the only writer of `order_line.return_requested`
//! and `received_back`. The order is locked.

use std::collections::BTreeMap;

use entity::id::OrderLineId;
use entity::words::ReturnKind;
use entity::{order_line, return_line, returns};

use crate::kernel::{Result, Tx};
use crate::order::units;

/// Units per line of the order; negative ones take back what was counted.
pub(super) type Units = BTreeMap<OrderLineId, i64>;

/// The units that `count` says of each line.
pub(super) fn sum(lines: &[return_line::Model], count: impl Fn(&return_line::Model) -> i64) -> Units {
    let mut sums = Units::new();
    for line in lines {
        if let Some(id) = line.order_line_id {
            *sums.entry(id).or_default() += count(line);
        }
    }
    sums.retain(|_, count| *count != 0);
    sums
}

/// Whether a return counts: a claim says that something is wrong, not that something comes back.
fn counts(row: &returns::Model) -> bool {
    match row.kind {
        ReturnKind::Return | ReturnKind::Exchange => true,
        ReturnKind::Claim => false,
    }
}

/// Counts units as asked back. One statement.
pub(super) async fn requested(tx: &Tx, row: &returns::Model, units_of: &Units) -> Result<()> {
    if counts(row) { units::add(tx, order_line::Column::ReturnRequested, units_of).await } else { Ok(()) }
}

/// Counts units as come back. One statement.
pub(super) async fn received(tx: &Tx, row: &returns::Model, units_of: &Units) -> Result<()> {
    if counts(row) { units::add(tx, order_line::Column::ReceivedBack, units_of).await } else { Ok(()) }
}
