//! Discounts that staff give: another price for a line, a share or an amount off a line or the whole. Pure.

use entity::cart_adjustment;
use entity::id::{CartLineId, StaffId};
use entity::words::DiscountKind;

use crate::kernel::language::Language;
use crate::kernel::text;
use crate::pricing::price::MAX_AMOUNT;
use crate::{Error, ErrorCode, Result};

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum ByHandValue {
    /// A share off, parts per million.
    Percent(i32),
    /// So much off, minor units.
    Amount(i64),
    /// This price of one unit, minor units.
    Price(i64),
}

impl ByHandValue {
    /// What kind of discount it is.
    #[must_use]
    pub const fn kind(self) -> DiscountKind {
        match self {
            Self::Percent(_) | Self::Amount(_) => DiscountKind::Manual,
            Self::Price(_) => DiscountKind::PriceOverride,
        }
    }

    /// As a row keeps it: share, amount.
    #[must_use]
    pub const fn columns(self) -> (Option<i32>, Option<i64>) {
        match self {
            Self::Percent(ppm) => (Some(ppm), None),
            Self::Amount(amount) | Self::Price(amount) => (None, Some(amount)),
        }
    }

    /// Errors: `INVALID_AMOUNT` for what is no discount or price.
    pub fn check(self, path: &str) -> Result<()> {
        let fits = match self {
            Self::Percent(ppm) => (1..=1_000_000).contains(&ppm),
            Self::Amount(amount) => (1..=MAX_AMOUNT).contains(&amount),
            Self::Price(amount) => (0..=MAX_AMOUNT).contains(&amount),
        };
        if fits { Ok(()) } else { Err(Error::invalid(ErrorCode::InvalidAmount, path)) }
    }
}

/// A discount that staff gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// Position of the line; the order as a whole when `None`.
    pub line: Option<usize>,
    /// How much.
    pub value: ByHandValue,
    /// Why.
    pub reason: String,
    /// Who gave it.
    pub staff_id: Option<StaffId>,
    /// Who allowed it.
    pub approved_by: Option<StaffId>,
}

/// What rows of a cart say about its lines; those of lines that are gone are left out.
#[must_use]
pub fn of_rows(rows: &[cart_adjustment::Model], lines: &[CartLineId]) -> Vec<ByHand> {
    let read = |row: &cart_adjustment::Model| {
        let line = match row.cart_line_id {
            Some(id) => Some(lines.iter().position(|line| *line == id)?),
            None => None,
        };
        let value = match (row.kind, row.percent_ppm, row.amount) {
            (DiscountKind::PriceOverride, _, Some(price)) => ByHandValue::Price(price),
            (DiscountKind::Manual, Some(ppm), _) => ByHandValue::Percent(ppm),
            (DiscountKind::Manual, None, Some(amount)) => ByHandValue::Amount(amount),
            (DiscountKind::Promotion | DiscountKind::PriceOverride | DiscountKind::Manual, ..) => return None,
        };
        let (staff_id, approved_by) = (row.staff_id, row.approved_by);
        Some(ByHand { line, value, reason: row.reason.clone(), staff_id, approved_by })
    };
    rows.iter().filter_map(read).collect()
}

/// What customers read about a discount by hand.
#[must_use]
pub fn title(kind: DiscountKind, language: Language) -> String {
    let name = if kind == DiscountKind::PriceOverride { "receipt-price-set" } else { "receipt-discount" };
    language.text(name, &[])
}

/// The reason that staff give. Error: `REQUIRED`, `INVALID_TEXT`.
pub fn checked_reason(path: &str, reason: &str) -> Result<String> {
    text::required_line(path, reason, text::LINE)
}
