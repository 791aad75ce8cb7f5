//! What an order is worth as far as it is not canceled: pure, by the same cumulative shares by which money goes back.

use std::collections::BTreeMap;

use entity::words::DeliveryMethod;
use entity::{order_line, order_shipping};

use super::preview::{RateWorth, Worth};
use crate::kernel::Result;
use crate::pricing::allocation::cumulative_unit_refund;

/// What is left of lines and shipping. Shipping of which money went back before is not owed again; discounts that
/// were kept are a part of it.
pub(super) fn worth(
    lines: &[order_line::Model],
    shipping: &[order_shipping::Model],
    (shipping_refunded, claw_back): (i64, i64),
) -> Result<Worth> {
    let mut taxes: BTreeMap<i32, i64> = BTreeMap::new();
    let mut goods = 0_i64;
    for line in lines {
        goods += left(line.total, line)?;
        *taxes.entry(line.tax_rate_ppm).or_default() += left(line.tax, line)?;
    }
    let mut shipped = 0_i64;
    if !is_off(lines) {
        shipped = (shipping.iter().map(|row| row.total).sum::<i64>() - shipping_refunded).max(0);
        if shipped > 0 {
            for row in shipping {
                *taxes.entry(row.tax_rate_ppm).or_default() += row.tax;
            }
        }
    }
    let taxes = taxes.into_iter().rev().map(|(rate_ppm, tax)| RateWorth { rate_ppm, tax }).collect();
    Ok(Worth { goods, shipping: shipped, claw_back, total: goods + shipped + claw_back, taxes })
}

/// The part of an amount that belongs to units which are not canceled.
fn left(amount: i64, line: &order_line::Model) -> Result<i64> {
    Ok(amount - cumulative_unit_refund(amount, line.quantity, 0, line.canceled)?)
}

/// What the next units of a line are worth.
pub(super) fn of_units(line: &order_line::Model, units: i64) -> Result<i64> {
    cumulative_unit_refund(line.total, line.quantity, line.canceled, units)
}

/// Whether a line is sent.
pub(super) const fn is_shipped(line: &order_line::Model) -> bool {
    matches!(line.delivery, DeliveryMethod::Ship | DeliveryMethod::LocalDelivery)
}

/// Whether nothing is left to ship of what was to be shipped.
fn is_off(lines: &[order_line::Model]) -> bool {
    let mut shipped = lines.iter().filter(|line| is_shipped(line)).peekable();
    shipped.peek().is_some() && shipped.all(|line| line.canceled >= line.quantity)
}
