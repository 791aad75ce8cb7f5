//! Money: an exact amount in the minor unit of one ISO 4217 currency.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// An ISO 4217 currency that has a minor unit (so not gold or test codes).
#[derive(Clone, Copy, PartialEq, Eq, Hash, sea_orm::DeriveValueType)]
#[sea_orm(value_type = "String")]
pub struct Currency(iso_currency::Currency);

/// The text is not a currency that money can be counted in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ISO 4217 currency")]
pub struct UnknownCurrency(pub String);

impl Currency {
    /// Japanese yen.
    pub const JPY: Self = Self(iso_currency::Currency::JPY);
    /// Euro.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);
    /// US dollar.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// The three letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimals of the minor unit: 0 for JPY, 2 for EUR, 3 for KWD.
    #[must_use]
    pub fn decimals(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }

    /// The sign that people write, such as `¥`.
    #[must_use]
    pub fn symbol(self) -> String {
        match self {
            Self::JPY => "¥".to_owned(),
            _ => self.0.symbol().to_string(),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        iso_currency::Currency::from_code(text)
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
            .ok_or_else(|| UnknownCurrency(text.to_owned()))
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why an amount cannot be money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// More decimals than the currency has.
    #[error("{currency} has {decimals} decimals")]
    TooPrecise {
        /// The currency.
        currency: Currency,
        /// Its decimals.
        decimals: u32,
    },
    /// Beyond what can be counted.
    #[error("the amount is out of range")]
    OutOfRange,
    /// Two currencies cannot be added.
    #[error("{left} and {right} are different currencies")]
    CurrencyMismatch {
        /// One.
        left: Currency,
        /// The other.
        right: Currency,
    },
}

/// An exact amount: a whole number of minor units of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Whole minor units.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// So many minor units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads a decimal amount; refuses fractions of the minor unit rather than rounding them away.
    pub fn from_decimal(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let decimals = currency.decimals();
        let scaled = amount.checked_mul(Decimal::from(10_u64.pow(decimals))).ok_or(MoneyError::OutOfRange)?;
        if !scaled.fract().is_zero() {
            return Err(MoneyError::TooPrecise { currency, decimals });
        }
        i64::try_from(scaled.trunc()).map(|minor| Self { minor, currency }).map_err(|_| MoneyError::OutOfRange)
    }

    /// The amount in the major unit, with the currency's decimals.
    #[must_use]
    pub fn amount(self) -> Decimal {
        let mut amount = Decimal::from(self.minor);
        // Cannot fail: no currency has more than four decimals.
        let _ = amount.set_scale(self.currency.decimals());
        amount
    }

    /// The sum; adding two currencies is an error, never a silent sum.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency });
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }

    /// As people of a locale write it: `¥1,980`, `€1,234.50`, `1.234,50 €`.
    #[must_use]
    pub fn formatted(self, locale: &str) -> String {
        let continental = matches!(locale.split(['-', '_']).next(), Some("de" | "es" | "it" | "nl" | "fr"));
        let (group, point) = if continental { ('.', ',') } else { (',', '.') };
        let text = self.amount().abs().to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((text.as_str(), ""));
        let mut grouped = String::with_capacity(text.len() + 8);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(group);
            }
            grouped.push(digit);
        }
        if !fraction.is_empty() {
            grouped.push(point);
            grouped.push_str(fraction);
        }
        let sign = if self.minor < 0 { "-" } else { "" };
        let symbol = self.currency.symbol();
        if continental { format!("{sign}{grouped}\u{a0}{symbol}") } else { format!("{sign}{symbol}{grouped}") }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

/// Rounds a decimal number of minor units half away from zero: the rule for everything but tax.
/// Errors when the result cannot be counted.
pub fn round_minor(minor: Decimal) -> Result<i64, MoneyError> {
    let rounded = minor.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    i64::try_from(rounded).map_err(|_| MoneyError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_follow_the_currency() {
        let kwd: Currency = "KWD".parse().expect("a currency");
        assert_eq!(Money::new(1980, Currency::JPY).amount().to_string(), "1980");
        assert_eq!(Money::new(1980, Currency::EUR).amount().to_string(), "19.80");
        assert_eq!(Money::new(1980, kwd).amount().to_string(), "1.980");
    }

    #[test]
    fn fractions_of_the_minor_unit_are_refused() {
        let tenth = Decimal::new(1, 3);
        assert!(Money::from_decimal(tenth, Currency::JPY).is_err());
        assert_eq!(Money::from_decimal(Decimal::new(1980, 2), Currency::EUR), Ok(Money::new(1980, Currency::EUR)));
        assert_eq!(Money::from_decimal(Decimal::MAX, Currency::EUR), Err(MoneyError::OutOfRange));
    }

    #[test]
    fn two_currencies_do_not_add() {
        assert!(Money::new(1, Currency::JPY).checked_add(Money::new(1, Currency::EUR)).is_err());
        assert_eq!(
            Money::new(i64::MAX, Currency::JPY).checked_add(Money::new(1, Currency::JPY)),
            Err(MoneyError::OutOfRange)
        );
    }

    #[test]
    fn people_read_their_own_format() {
        assert_eq!(Money::new(1_234_567, Currency::JPY).formatted("ja"), "¥1,234,567");
        assert_eq!(Money::new(-123_450, Currency::EUR).formatted("en"), "-€1,234.50");
        assert_eq!(Money::new(123_450, Currency::EUR).formatted("de-DE"), "1.234,50\u{a0}€");
        assert_eq!(Money::new(0, Currency::JPY).formatted("ja"), "¥0");
    }

    #[test]
    fn codes_without_a_minor_unit_are_not_money() {
        assert!("XAU".parse::<Currency>().is_err());
        assert!("jpy".parse::<Currency>().is_err());
        assert!("XYZ".parse::<Currency>().is_err());
    }
}
