//! When a location is open: a week and its exceptions, in the location's own time zone.

use chrono::{NaiveDate, NaiveTime};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

/// One stretch of a day; `closes` before `opens` means past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPeriod {
    /// Local time at which it opens.
    pub opens: NaiveTime,
    /// Local time at which it closes.
    pub closes: NaiveTime,
}

/// A date that differs from the week, such as a holiday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursException {
    /// The local date.
    pub on: NaiveDate,
    /// What is open on it; empty means closed.
    pub periods: Vec<OpenPeriod>,
    /// What to tell people, such as `元日`.
    #[serde(default)]
    pub note: String,
}

/// Weekly opening hours and exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct OpeningHours {
    /// Seven days from Monday, each with its periods; a missing day is closed.
    pub week: Vec<Vec<OpenPeriod>>,
    /// Exceptions by date.
    pub exceptions: Vec<HoursException>,
}
