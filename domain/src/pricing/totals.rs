//! The totals of a cart or order, from its lines, discounts, shipping and tax rates: one pure function.
//!
//! Tax is computed once per rate on the sum of what is taxed at that rate after discounts, as Japan's qualified invoice
//! demands (Consumption Tax Act, enforcement order art. 70-10), and then spread to lines by largest remainder, so that
//! the lines always add up to the order. Shipping is part of the sum of its own rate.

use std::collections::BTreeMap;

use entity::money::Currency;
use entity::words::TaxRounding;

use super::allocation::{largest_remainder, minor};
use crate::{Error, ErrorCode, Result};

/// Most units of one line.
pub const MAX_QUANTITY: i64 = 9_999;
/// Most lines of a cart or order.
pub const MAX_LINES: usize = 1_000;
/// A rate of 100 %, in parts per million.
const PPM: i128 = 1_000_000;

/// What totals are made from. All amounts are minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotalsInput {
    /// The one currency of the aggregate.
    pub currency: Currency,
    /// Whether unit prices and the shipping amount contain tax.
    pub prices_include_tax: bool,
    /// How the tax of each rate is rounded.
    pub tax_rounding: TaxRounding,
    /// Lines in their order; ties of the spreading are decided by it.
    pub lines: Vec<LineInput>,
    /// Shipping, if any.
    pub shipping: Option<ShippingInput>,
    /// A discount on the goods as a whole, at most what the lines cost after their own discounts.
    pub order_discount: i64,
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineInput {
    /// Price of one unit.
    pub unit_price: i64,
    /// Units, 1 to [`MAX_QUANTITY`].
    pub quantity: i64,
    /// Discount on this line alone.
    pub discount: i64,
    /// Tax rate in parts per million.
    pub tax_rate_ppm: i32,
}

/// Shipping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShippingInput {
    /// What it costs.
    pub amount: i64,
    /// Discount on it, at most its amount.
    pub discount: i64,
    /// Tax rate in parts per million.
    pub tax_rate_ppm: i32,
}

/// What it all comes to. `total = subtotal − discount_total + shipping_total`, plus `tax_total` when prices do not
/// include tax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Per line, in the order of the input.
    pub lines: Vec<LineTotals>,
    /// Shipping, if any.
    pub shipping: Option<ShippingTotals>,
    /// Per tax rate, highest rate first.
    pub taxes: Vec<RateTotals>,
    /// Σ of the lines before discounts, as priced.
    pub subtotal: i64,
    /// Σ of all discounts, that on shipping included.
    pub discount_total: i64,
    /// Shipping as priced, before its discount; 0 without shipping.
    pub shipping_total: i64,
    /// Σ of the tax of all rates.
    pub tax_total: i64,
    /// What is paid, with tax.
    pub total: i64,
}

/// Totals of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineTotals {
    /// Unit price × quantity, as priced.
    pub subtotal: i64,
    /// Its own discount and its share of the order's.
    pub discount: i64,
    /// Its share of the tax.
    pub tax: i64,
    /// What is paid for it, with tax.
    pub total: i64,
}

/// Totals of shipping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShippingTotals {
    /// As priced, before its discount.
    pub amount: i64,
    /// Its discount.
    pub discount: i64,
    /// Its share of the tax.
    pub tax: i64,
    /// What is paid for it, with tax.
    pub total: i64,
}

/// Totals of one tax rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateTotals {
    /// The rate in parts per million.
    pub rate_ppm: i32,
    /// Σ of goods and shipping of this rate after discounts, as priced: with tax when prices include it.
    pub taxable: i64,
    /// The tax, rounded once.
    pub tax: i64,
}

impl RateTotals {
    /// The sum without tax.
    #[must_use]
    pub const fn net(&self, prices_include_tax: bool) -> i64 {
        if prices_include_tax { self.taxable - self.tax } else { self.taxable }
    }

    /// The sum with tax.
    #[must_use]
    pub const fn gross(&self, prices_include_tax: bool) -> i64 {
        if prices_include_tax { self.taxable } else { self.taxable + self.tax }
    }
}

/// Computes the totals. Errors: `INVALID_QUANTITY` outside 1 to [`MAX_QUANTITY`], `TOO_MANY` lines, `INVALID_AMOUNT` for
/// a negative amount, a discount above what it is taken from, a rate outside 0 to 100 %, or a sum beyond
/// [`super::allocation::MAX_AMOUNT`].
pub fn totals(input: &TotalsInput) -> Result<Totals> {
    if input.lines.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "lines", vec![("max", MAX_LINES.to_string())]));
    }
    let subtotals = subtotals(&input.lines)?;
    let discounts = discounts(input, &subtotals)?;
    let mut parts: Vec<Part> = Vec::with_capacity(subtotals.len() + 1);
    for ((line, subtotal), discount) in input.lines.iter().zip(&subtotals).zip(&discounts) {
        parts.push(Part { rate_ppm: rate(line.tax_rate_ppm)?, taxable: subtotal - discount, tax: 0 });
    }
    if let Some(shipping) = input.shipping {
        let amount = not_negative(shipping.amount, || "shipping.amount".to_owned())?;
        if shipping.discount < 0 || shipping.discount > amount {
            return Err(Error::invalid(ErrorCode::InvalidAmount, "shipping.discount"));
        }
        let taxable = amount - shipping.discount;
        parts.push(Part { rate_ppm: rate(shipping.tax_rate_ppm)?, taxable, tax: 0 });
    }
    let taxes = tax_parts(input, &mut parts)?;

    let add_tax = !input.prices_include_tax;
    let paid = |part: &Part| if add_tax { part.taxable + part.tax } else { part.taxable };
    let lines = subtotals
        .iter()
        .zip(&discounts)
        .zip(&parts)
        .map(|((subtotal, discount), part)| LineTotals {
            subtotal: *subtotal,
            discount: *discount,
            tax: part.tax,
            total: paid(part),
        })
        .collect();
    let shipping = input.shipping.zip(parts.last()).map(|(priced, part)| ShippingTotals {
        amount: priced.amount,
        discount: priced.discount,
        tax: part.tax,
        total: paid(part),
    });
    Ok(Totals {
        lines,
        shipping,
        taxes: taxes.clone(),
        subtotal: sum(subtotals.iter().copied())?,
        discount_total: sum(discounts.iter().copied().chain(shipping.map(|shipping| shipping.discount)))?,
        shipping_total: shipping.map_or(0, |shipping| shipping.amount),
        tax_total: sum(taxes.iter().map(|tax| tax.tax))?,
        total: sum(parts.iter().map(paid))?,
    })
}

/// Something that is taxed: a line or shipping.
struct Part {
    rate_ppm: i32,
    taxable: i64,
    tax: i64,
}

fn subtotals(lines: &[LineInput]) -> Result<Vec<i64>> {
    lines
        .iter()
        .enumerate()
        .map(|(position, line)| {
            if !(1..=MAX_QUANTITY).contains(&line.quantity) {
                let values = vec![("max", MAX_QUANTITY.to_string())];
                return Err(Error::invalid_with(
                    ErrorCode::InvalidQuantity,
                    format!("lines.{position}.quantity"),
                    values,
                ));
            }
            let price = not_negative(line.unit_price, || format!("lines.{position}.unitPrice"))?;
            minor(i128::from(price) * i128::from(line.quantity))
        })
        .collect()
}

/// Own discounts, and the order's spread over what is left.
fn discounts(input: &TotalsInput, subtotals: &[i64]) -> Result<Vec<i64>> {
    let mut left = Vec::with_capacity(subtotals.len());
    for (position, (line, subtotal)) in input.lines.iter().zip(subtotals).enumerate() {
        if line.discount < 0 || line.discount > *subtotal {
            return Err(Error::invalid(ErrorCode::InvalidAmount, format!("lines.{position}.discount")));
        }
        left.push(subtotal - line.discount);
    }
    if input.order_discount < 0 || input.order_discount > sum(left.iter().copied())? {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "orderDiscount"));
    }
    let shares = largest_remainder(input.order_discount, &left)?;
    Ok(input.lines.iter().zip(shares).map(|(line, share)| line.discount + share).collect())
}

/// Computes the tax of every rate once and spreads it over the parts of that rate.
fn tax_parts(input: &TotalsInput, parts: &mut [Part]) -> Result<Vec<RateTotals>> {
    let mut by_rate: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for (position, part) in parts.iter().enumerate() {
        by_rate.entry(part.rate_ppm).or_default().push(position);
    }
    let mut taxes = Vec::with_capacity(by_rate.len());
    for (rate_ppm, positions) in by_rate.into_iter().rev() {
        let weights: Vec<i64> = positions.iter().filter_map(|at| parts.get(*at)).map(|part| part.taxable).collect();
        let taxable = sum(weights.iter().copied())?;
        let tax = tax_of(taxable, rate_ppm, input.prices_include_tax, input.tax_rounding)?;
        // At 10 % on the sum, weights are zero only when the tax is.
        for (position, share) in positions.iter().zip(largest_remainder(tax, &weights)?) {
            if let Some(part) = parts.get_mut(*position) {
                part.tax = share;
            }
        }
        taxes.push(RateTotals { rate_ppm, taxable, tax });
    }
    Ok(taxes)
}

/// The tax in (or on) an amount, rounded to the minor unit.
fn tax_of(taxable: i64, rate_ppm: i32, included: bool, rounding: TaxRounding) -> Result<i64> {
    let numerator = i128::from(taxable) * i128::from(rate_ppm);
    let denominator = if included { PPM + i128::from(rate_ppm) } else { PPM };
    minor(match rounding {
        TaxRounding::Down => numerator / denominator,
        TaxRounding::HalfUp => (2 * numerator + denominator) / (2 * denominator),
        TaxRounding::Up => (numerator + denominator - 1) / denominator,
    })
}

fn rate(ppm: i32) -> Result<i32> {
    if (0..1_000_000).contains(&ppm) { Ok(ppm) } else { Err(Error::invalid(ErrorCode::InvalidAmount, "taxRate")) }
}

fn not_negative(amount: i64, path: impl FnOnce() -> String) -> Result<i64> {
    if amount < 0 { Err(Error::invalid(ErrorCode::InvalidAmount, path())) } else { Ok(amount) }
}

fn sum(amounts: impl Iterator<Item = i64>) -> Result<i64> {
    minor(amounts.map(i128::from).sum())
}

#[cfg(test)]
#[path = "totals_tests.rs"]
mod tests;
