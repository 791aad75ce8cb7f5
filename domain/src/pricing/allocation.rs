//! Spreading an amount so that the shares add up to it: largest remainder, ties by position.

use crate::{Error, ErrorCode, Result};

/// Largest amount that is handled, in minor units: 2^53 − 1, the largest integer that every JSON reader keeps exactly
/// (RFC 8259 §6). Sums beyond it are refused as `INVALID_AMOUNT`.
pub const MAX_AMOUNT: i64 = 9_007_199_254_740_991;

/// Spreads `total` over `weights` by largest remainder: each share is the exact proportion rounded down, and what is
/// left goes one unit each to the largest remainders, the first position first among equals. The shares add up to
/// `total`, none is negative, and none is above its weight when `total` is not above the sum of the weights.
/// Errors: `INVALID_AMOUNT` for a negative amount or weight, or for an amount with nothing to spread it over.
pub fn largest_remainder(total: i64, weights: &[i64]) -> Result<Vec<i64>> {
    let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if total < 0 || weights.iter().any(|weight| *weight < 0) || (whole == 0 && total > 0) {
        return Err(Error::invalid(ErrorCode::InvalidAmount, ""));
    }
    if total == 0 {
        return Ok(vec![0; weights.len()]);
    }
    let mut shares = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut left = total;
    for (position, weight) in weights.iter().enumerate() {
        let product = i128::from(total) * i128::from(*weight);
        let share = minor(product / whole)?;
        left -= share;
        shares.push(share);
        remainders.push((product % whole, position));
    }
    remainders.sort_by(|(a, first), (b, second)| b.cmp(a).then(first.cmp(second)));
    // Fewer units are left than there are remainders above zero: their sum is what is left, and each is below one.
    for (_, position) in remainders {
        if left == 0 {
            break;
        }
        if let Some(share) = shares.get_mut(position) {
            *share += 1;
            left -= 1;
        }
    }
    Ok(shares)
}

/// A share of an amount, in parts per million, rounded half up to the minor unit; never above an amount for a share of at
/// most 100 %. Errors: `INVALID_AMOUNT` for a negative amount or share.
pub fn share_of(amount: i64, ppm: i32) -> Result<i64> {
    if amount < 0 || ppm < 0 {
        return Err(Error::invalid(ErrorCode::InvalidAmount, ""));
    }
    minor((2 * i128::from(amount) * i128::from(ppm) + 1_000_000) / 2_000_000)
}

/// What units `already + 1 ..= already + count` of a line of `quantity` units give back when `paid` was paid for all of
/// them: `paid(1..already + count) − paid(1..already)`. Giving units back one by one, in whatever portions, returns
/// exactly what was paid.
/// Errors: `INVALID_QUANTITY` when more units come back than were bought, `INVALID_AMOUNT` for a negative amount.
pub fn cumulative_unit_refund(paid: i64, quantity: i64, already: i64, count: i64) -> Result<i64> {
    let until = already.checked_add(count).ok_or_else(bad_quantity)?;
    if quantity < 1 || already < 0 || count < 0 || until > quantity {
        return Err(bad_quantity());
    }
    if paid < 0 {
        return Err(Error::invalid(ErrorCode::InvalidAmount, ""));
    }
    Ok(paid_until(paid, quantity, until) - paid_until(paid, quantity, already))
}

/// What the first `units` of a line cost: equal weights, so the first units carry the odd minor units.
fn paid_until(paid: i64, quantity: i64, units: i64) -> i64 {
    (paid / quantity) * units + (paid % quantity).min(units)
}

fn bad_quantity() -> Error {
    Error::invalid(ErrorCode::InvalidQuantity, "quantity")
}

/// An amount that can be kept. Error: `INVALID_AMOUNT`.
pub(crate) fn minor(amount: i128) -> Result<i64> {
    i64::try_from(amount)
        .ok()
        .filter(|amount| (-MAX_AMOUNT..=MAX_AMOUNT).contains(amount))
        .ok_or_else(|| Error::invalid(ErrorCode::InvalidAmount, ""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn odd_units_go_to_the_largest_remainder_and_then_to_the_first() {
        assert_eq!(largest_remainder(100, &[1, 1, 1]).unwrap(), [34, 33, 33]);
        assert_eq!(largest_remainder(10, &[1, 5, 4]).unwrap(), [1, 5, 4]);
        assert_eq!(largest_remainder(1, &[1, 2, 1]).unwrap(), [0, 1, 0]);
        assert_eq!(largest_remainder(2, &[3, 3, 3, 0]).unwrap(), [1, 1, 0, 0]);
    }

    #[test]
    fn nothing_to_spread_over_is_an_error() {
        assert_eq!(largest_remainder(1, &[]).unwrap_err().code(), ErrorCode::InvalidAmount);
        assert_eq!(largest_remainder(1, &[0, 0]).unwrap_err().code(), ErrorCode::InvalidAmount);
        assert!(largest_remainder(-1, &[1]).is_err());
        assert!(largest_remainder(1, &[2, -1]).is_err());
        assert_eq!(largest_remainder(0, &[0, 0]).unwrap(), [0, 0]);
    }

    #[test]
    fn three_units_for_a_thousand_yen_come_back_as_a_thousand() {
        let parts: Vec<i64> = (0..3).map(|unit| cumulative_unit_refund(1_000, 3, unit, 1).unwrap()).collect();
        assert_eq!(parts, [334, 333, 333]);
        assert_eq!(cumulative_unit_refund(1_000, 3, 1, 2).unwrap(), 666);
    }

    #[test]
    fn more_units_than_were_bought_never_come_back() {
        for (quantity, already, count) in [(3, 2, 2), (3, 4, 0), (0, 0, 0), (3, -1, 1), (3, 1, -1), (3, 1, i64::MAX)] {
            let refused = cumulative_unit_refund(1_000, quantity, already, count).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::InvalidQuantity);
        }
    }

    proptest! {
        #[test]
        fn shares_add_up_and_are_fair(
            weights in prop::collection::vec(0..1_000_000_000_000_i64, 1..40),
            parts in 0..=1_000_i64,
        ) {
            let whole: i64 = weights.iter().sum();
            let total = i64::try_from(i128::from(whole) * i128::from(parts) / 1_000).unwrap();
            let shares = largest_remainder(total, &weights).unwrap();
            prop_assert_eq!(shares.iter().sum::<i64>(), total);
            for (share, weight) in shares.iter().zip(&weights) {
                prop_assert!((0..=*weight).contains(share));
                let distance = i128::from(*share) * i128::from(whole) - i128::from(total) * i128::from(*weight);
                prop_assert!(distance.abs() < i128::from(whole.max(1)), "less than one unit from the exact share");
            }
        }

        #[test]
        fn refunds_in_any_portions_give_back_what_was_paid(
            paid in 0..=MAX_AMOUNT,
            portions in prop::collection::vec(1..200_i64, 1..20),
        ) {
            let quantity: i64 = portions.iter().sum();
            let mut already = 0;
            let mut returned = 0;
            for count in portions {
                let part = cumulative_unit_refund(paid, quantity, already, count).unwrap();
                prop_assert!(part >= 0);
                already += count;
                returned += part;
                prop_assert!(returned <= paid);
            }
            prop_assert_eq!(returned, paid);
        }

        #[test]
        fn a_unit_costs_at_most_one_minor_unit_more_than_another(paid in 0..=MAX_AMOUNT, quantity in 1..=9_999_i64) {
            let first = cumulative_unit_refund(paid, quantity, 0, 1).unwrap();
            let last = cumulative_unit_refund(paid, quantity, quantity - 1, 1).unwrap();
            prop_assert!(first - last == 0 || first - last == 1);
        }
    }
}
