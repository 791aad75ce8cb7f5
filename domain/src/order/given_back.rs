//! What canceled units and shipping mean for what an order still costs: pure.

use entity::order_line;
use entity::words::DeliveryMethod;

use crate::kernel::Result;
use crate::pricing::allocation::cumulative_unit_refund;

/// What all canceled units of a line are worth.
pub(crate) fn canceled_worth(line: &order_line::Model) -> Result<i64> {
    cumulative_unit_refund(line.total, line.quantity, 0, line.canceled)
}

/// Whether a line is sent.
pub(crate) const fn is_shipped(line: &order_line::Model) -> bool {
    matches!(line.delivery, DeliveryMethod::Ship | DeliveryMethod::LocalDelivery)
}

/// Whether a unit still is to be shipped, or was.
pub(crate) fn has_something_to_ship(lines: &[order_line::Model]) -> bool {
    lines.iter().any(|line| is_shipped(line) && line.quantity > line.canceled)
}

/// Whether shipping is not owed any more: what was to be shipped is canceled, all of it.
pub(crate) fn shipping_is_off(lines: &[order_line::Model]) -> bool {
    let gave_up = lines.iter().any(|line| is_shipped(line) && line.canceled > 0);
    gave_up && !has_something_to_ship(lines) && !something_shipped(lines)
}

/// Whether a unit was shipped.
pub(crate) fn something_shipped(lines: &[order_line::Model]) -> bool {
    lines.iter().any(|line| is_shipped(line) && line.fulfilled > 0)
}
