//! Scalars and the money types. `DateTime` is `chrono::DateTime<Utc>`, which async-graphql knows.

use std::str::FromStr;

use async_graphql::{
    ID, InputObject, InputValueError, InputValueResult, Object, Scalar, ScalarType, SimpleObject, Value,
};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use domain::{Error, ErrorCode, Result};
use entity::money::{Currency, MoneyError};

/// Reads an id of one kind, such as `parse_id::<OrderId>(&id, "input.id")`. Error: `INVALID_ID` at `path`.
pub fn parse_id<T: FromStr>(id: &ID, path: &str) -> Result<T> {
    id.parse().map_err(|_| Error::invalid(ErrorCode::InvalidId, path))
}

/// Reads an optional id; see [`parse_id`].
pub fn parse_optional_id<T: FromStr>(id: Option<&ID>, path: &str) -> Result<Option<T>> {
    id.map(|id| parse_id(id, path)).transpose()
}

/// Most ids of one list: the longest that any field takes, the products of a collection. Many fields take fewer.
const MAX_IDS: usize = 5_000;

/// Reads a list of ids; the path names the entry, such as `input.ids.3`. Errors: `TOO_MANY` above 5,000, `INVALID_ID`.
pub fn parse_ids<T: FromStr>(ids: &[ID], path: &str) -> Result<Vec<T>> {
    if ids.len() > MAX_IDS {
        return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", MAX_IDS.to_string())]));
    }
    ids.iter().enumerate().map(|(index, id)| parse_id(id, &format!("{path}.{index}"))).collect()
}

/// Shows a typed id.
#[must_use]
pub fn id(id: impl std::fmt::Display) -> ID {
    ID(id.to_string())
}

fn text_of(value: Value) -> Result<String, InputValueError<String>> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null
        | Value::Number(_)
        | Value::Boolean(_)
        | Value::Enum(_)
        | Value::Binary(_)
        | Value::List(_)
        | Value::Object(_) => Err(InputValueError::expected_type(value)),
    }
}

/// An exact decimal number, as a string such as "19.80". Whole numbers are accepted without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal(pub rust_decimal::Decimal);

/// An exact decimal number, as a string such as `"19.80"`. Never a floating-point number.
#[Scalar(name = "Decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match &value {
            Value::String(text) => text.clone(),
            // A number with a fraction was read as binary floating point and may be off already.
            Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
            Value::Null
            | Value::Number(_)
            | Value::Boolean(_)
            | Value::Enum(_)
            | Value::Binary(_)
            | Value::List(_)
            | Value::Object(_) => return Err(InputValueError::expected_type(value)),
        };
        rust_decimal::Decimal::from_str_exact(&text)
            .map(Self)
            .map_err(|_| InputValueError::custom("not a decimal number"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A day without a time of day, as `2026-11-21` (RFC 3339 full-date).
#[Scalar(name = "Date", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text_of(value).map_err(InputValueError::propagate)?;
        NaiveDate::parse_from_str(&text, "%Y-%m-%d")
            .ok()
            .filter(|_| text.len() == 10)
            .map(Self)
            .ok_or_else(|| InputValueError::custom("not a date such as 2026-11-21"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%Y-%m-%d").to_string())
    }
}

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime(pub NaiveTime);

/// A time of day at a place, without a zone, as `09:30` or `09:30:00`.
#[Scalar(name = "LocalTime", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for LocalTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text_of(value).map_err(InputValueError::propagate)?;
        NaiveTime::parse_from_str(&text, "%H:%M:%S")
            .or_else(|_| NaiveTime::parse_from_str(&text, "%H:%M"))
            .map(Self)
            .map_err(|_| InputValueError::custom("not a time such as 09:30"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%H:%M:%S").to_string())
    }
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(pub TimeDelta);

/// A length of time in ISO 8601 with days, hours, minutes and seconds, as `PT30M` or `P1DT12H`.
#[Scalar(name = "Duration", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#appendix-A")]
impl ScalarType for Duration {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text_of(value).map_err(InputValueError::propagate)?;
        parse_duration(&text).map(Self).ok_or_else(|| InputValueError::custom("not a duration such as PT30M"))
    }

    fn to_value(&self) -> Value {
        Value::String(show_duration(self.0))
    }
}

/// Reads `PnWnDTnHnMnS`; years and months have no fixed length and are refused.
fn parse_duration(text: &str) -> Option<TimeDelta> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let rest = rest.strip_prefix('P').filter(|rest| !rest.is_empty() && rest.len() <= 40 && !rest.ends_with('T'))?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    let seconds = units(days, &[('W', 604_800), ('D', 86_400)])?
        .checked_add(units(time, &[('H', 3_600), ('M', 60), ('S', 1)])?)?;
    TimeDelta::try_seconds(if negative { seconds.checked_neg()? } else { seconds })
}

/// Sums numbers with unit letters, each unit at most once and in order.
fn units(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut seconds = 0_i64;
    for (letter, length) in units {
        let Some((number, rest)) = text.split_once(*letter) else { continue };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        seconds = seconds.checked_add(number.parse::<i64>().ok()?.checked_mul(*length)?)?;
        text = rest;
    }
    text.is_empty().then_some(seconds)
}

fn show_duration(duration: TimeDelta) -> String {
    let seconds = duration.num_seconds();
    let sign = if seconds < 0 { "-" } else { "" };
    let left = seconds.unsigned_abs();
    let (days, hours, minutes, seconds) = (left / 86_400, left / 3_600 % 24, left / 60 % 60, left % 60);
    let part = |value: u64, unit: char| if value > 0 { format!("{value}{unit}") } else { String::new() };
    let time = format!("{}{}{}", part(hours, 'H'), part(minutes, 'M'), part(seconds, 'S'));
    match (days, time.is_empty()) {
        (0, true) => "PT0S".to_owned(),
        (_, true) => format!("{sign}P{days}D"),
        (0, false) => format!("{sign}PT{time}"),
        (_, false) => format!("{sign}P{days}DT{time}"),
    }
}

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeZone(pub chrono_tz::Tz);

/// A time zone by its IANA name, such as `Asia/Tokyo`.
#[Scalar(name = "TimeZone", specified_by_url = "https://www.iana.org/time-zones")]
impl ScalarType for TimeZone {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text_of(value).map_err(InputValueError::propagate)?;
        text.parse().map(Self).map_err(|_| InputValueError::custom("not an IANA time zone"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.name().to_owned())
    }
}

/// A currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrencyCode(pub Currency);

/// A currency by its ISO 4217 code, such as `JPY`.
#[Scalar(name = "CurrencyCode", specified_by_url = "https://www.iso.org/iso-4217-currency-codes.html")]
impl ScalarType for CurrencyCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text_of(value).map_err(InputValueError::propagate)?;
        text.parse().map(Self).map_err(|_| InputValueError::custom("not an ISO 4217 currency"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.code().to_owned())
    }
}

/// Declares a scalar that is a text of a checked form.
macro_rules! text_scalar {
    ($(#[doc = $doc:literal])+ $name:ident, $url:literal, $check:expr, $problem:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub String);

        $(#[doc = $doc])+
        #[Scalar(specified_by_url = $url)]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                let text = text_of(value).map_err(InputValueError::propagate)?;
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err(InputValueError::custom($problem)) }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }
    };
}

text_scalar!(
    /// A language and maybe a region, as a BCP 47 tag such as `ja` or `en-GB`.
    Locale,
    "https://www.rfc-editor.org/rfc/rfc5646",
    domain::kernel::language::is_locale,
    "not a BCP 47 language tag"
);
text_scalar!(
    /// A country by its ISO 3166-1 alpha-2 code, such as `JP`.
    CountryCode,
    "https://www.iso.org/iso-3166-country-codes.html",
    |text| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
    "not an ISO 3166-1 alpha-2 country code"
);
text_scalar!(
    /// HTML that was cleaned of scripts and can be shown as it is.
    Html,
    "https://html.spec.whatwg.org/",
    |text| text.len() <= 200_000 && !text.contains('\0'),
    "not an HTML text of at most 200,000 bytes"
);
text_scalar!(
    /// An absolute web address, `https` or `http`.
    Url,
    "https://www.rfc-editor.org/rfc/rfc3986",
    is_web_address,
    "not a web address"
);

fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    text.len() <= 2_000
        && rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !text.chars().any(|character| character.is_control() || character.is_whitespace())
}

/// An exact amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money(pub entity::money::Money);

impl Money {
    /// So many minor units of a currency.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self(entity::money::Money::new(minor, currency))
    }
}

impl From<entity::money::Money> for Money {
    fn from(money: entity::money::Money) -> Self {
        Self(money)
    }
}

/// An exact amount of money in one currency.
#[Object]
impl Money {
    /// The amount in the major unit, with the decimals of the currency: `"1980"` yen, `"19.80"` euro.
    async fn amount(&self) -> Decimal {
        Decimal(self.0.amount())
    }

    /// The currency.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency)
    }

    /// The amount as people of a locale write it, such as `¥1,980`.
    async fn formatted(
        &self,
        ctx: &async_graphql::Context<'_>,
        #[graphql(desc = "The locale; the request's own when left out.")] locale: Option<Locale>,
    ) -> String {
        let locale = locale.map_or_else(|| crate::context::ctx_of(ctx).locale.to_string(), |locale| locale.0);
        self.0.formatted(&locale)
    }
}

/// An amount of money that a client gives.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct MoneyInput {
    /// The amount in the major unit, with no more decimals than the currency has.
    pub amount: Decimal,
    /// The currency.
    pub currency_code: CurrencyCode,
}

impl MoneyInput {
    /// As exact money. Error: `INVALID_AMOUNT` at `path` for fractions of the minor unit and amounts out of range.
    pub fn money(&self, path: &str) -> Result<entity::money::Money> {
        entity::money::Money::from_decimal(self.amount.0, self.currency_code.0).map_err(|error| match error {
            MoneyError::TooPrecise { .. } | MoneyError::OutOfRange => Error::invalid(ErrorCode::InvalidAmount, path),
            MoneyError::CurrencyMismatch { .. } => Error::invalid(ErrorCode::CurrencyMismatch, path),
        })
    }
}

/// An amount with its tax taken apart.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct TaxedMoney {
    /// Without tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// With tax.
    pub gross: Money,
}

impl TaxedMoney {
    /// From the amount with tax and the tax in it, both in minor units.
    #[must_use]
    pub const fn from_gross(gross: i64, tax: i64, currency: Currency) -> Self {
        Self {
            net: Money::new(gross.saturating_sub(tax), currency),
            tax: Money::new(tax, currency),
            gross: Money::new(gross, currency),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_back() {
        for (text, seconds) in [("PT30M", 1_800), ("P1DT12H", 129_600), ("PT0S", 0), ("-PT5S", -5), ("P2W", 1_209_600)]
        {
            assert_eq!(parse_duration(text).map(|delta| delta.num_seconds()), Some(seconds), "{text}");
        }
        assert_eq!(show_duration(TimeDelta::seconds(129_600)), "P1DT12H");
        assert_eq!(show_duration(TimeDelta::seconds(-1_800)), "-PT30M");
        assert_eq!(show_duration(TimeDelta::zero()), "PT0S");
        for text in ["", "P", "PT", "30M", "P1Y", "PT1.5S", "PTM", "PT99999999999999999999S", "PT1S1H", "P1DT", "PT-5S"]
        {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        assert!(Date::parse(Value::from("2026-02-30")).is_err());
        assert!(Date::parse(Value::from("2026-2-3")).is_err());
        assert!(Date::parse(Value::from("2026-02-28")).is_ok());
        assert!(LocalTime::parse(Value::from("24:00")).is_err());
        assert!(LocalTime::parse(Value::from("09:30")).is_ok());
    }

    #[test]
    fn floating_point_is_not_a_decimal() {
        assert!(Decimal::parse(Value::from(1.5)).is_err());
        assert!(Decimal::parse(Value::from("1e400")).is_err());
        assert!(Decimal::parse(Value::from("NaN")).is_err());
        assert!(Decimal::parse(Value::from("")).is_err());
        assert!(Decimal::parse(Value::from(12)).is_ok());
        assert!(Decimal::parse(Value::from("19.80")).is_ok());
    }

    #[test]
    fn codes_have_one_spelling() {
        assert!(CountryCode::parse(Value::from("jp")).is_err());
        assert!(CurrencyCode::parse(Value::from("XAU")).is_err());
        assert!(Locale::parse(Value::from("ja-JP")).is_ok());
        assert!(Locale::parse(Value::from("../etc")).is_err());
        assert!(Url::parse(Value::from("javascript:alert(1)")).is_err());
        assert!(Url::parse(Value::from("https://shop.example/a")).is_ok());
    }

    #[test]
    fn ids_of_another_kind_are_refused_at_their_path() {
        let order = entity::id::OrderId(uuid::Uuid::from_u128(7));
        assert_eq!(parse_id::<entity::id::OrderId>(&id(order), "input.id").ok(), Some(order));
        let refused = parse_id::<entity::id::CartId>(&id(order), "input.id").err();
        assert_eq!(refused.as_ref().map(Error::path), Some("input.id"));
        let refused = parse_ids::<entity::id::CartId>(&[ID::from("x")], "input.ids").err();
        assert_eq!(refused.as_ref().map(Error::path), Some("input.ids.0"));
    }

    #[test]
    fn lists_of_ids_end() {
        let one = id(entity::id::OrderId(uuid::Uuid::from_u128(7)));
        let read = |count: usize| parse_ids::<entity::id::OrderId>(&vec![one.clone(); count], "input.ids");
        assert_eq!(read(MAX_IDS).map(|ids| ids.len()).ok(), Some(MAX_IDS));
        let refused = read(MAX_IDS + 1).err();
        let told = refused.as_ref().map(|error| (error.code(), error.path()));
        assert_eq!(told, Some((ErrorCode::TooMany, "input.ids")));
    }
}
