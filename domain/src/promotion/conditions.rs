//! When a promotion applies, as typed data.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDateTime, NaiveTime};
use entity::id::{CategoryId, ChannelId, CollectionId, LocationId, ProductId};
use serde::{Deserialize, Serialize};

use crate::pricing::price::MAX_AMOUNT;
use crate::{Error, ErrorCode, Result};

/// Most entries of one condition.
const MAX_ENTRIES: usize = 500;

/// Everything that must hold. What is empty does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conditions {
    /// In one of these channels.
    pub channels: BTreeSet<ChannelId>,
    /// At a till of one of these stores.
    pub locations: BTreeSet<LocationId>,
    /// It is about these products, or the categories or collections below.
    pub products: BTreeSet<ProductId>,
    /// It is about what hangs in these categories or below them.
    pub categories: BTreeSet<CategoryId>,
    /// It is about what lies in these collections.
    pub collections: BTreeSet<CollectionId>,
    /// What the goods it is about cost at least before promotions, minor units of the promotion's currency.
    pub minimum_amount: Option<i64>,
    /// In one of these times, on the channel's clock.
    pub times: Vec<TimeWindow>,
    /// Only for the first order of a customer.
    pub first_order: bool,
    /// Only for customers with one of these tags.
    pub customer_tags: BTreeSet<String>,
}

/// A part of the week.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeWindow {
    /// ISO 8601 weekdays, 1 is Monday; every day when empty.
    pub days: BTreeSet<u32>,
    /// From this time on; from midnight without it.
    pub from: Option<NaiveTime>,
    /// Until before this time; until midnight without it.
    pub until: Option<NaiveTime>,
}

impl TimeWindow {
    /// Whether a moment lies in it.
    #[must_use]
    pub fn holds(&self, local: NaiveDateTime) -> bool {
        (self.days.is_empty() || self.days.contains(&local.weekday().number_from_monday()))
            && self.from.is_none_or(|from| local.time() >= from)
            && self.until.is_none_or(|until| local.time() < until)
    }
}

impl Conditions {
    /// Whether it is about some goods only.
    #[must_use]
    pub fn names_goods(&self) -> bool {
        !(self.products.is_empty() && self.categories.is_empty() && self.collections.is_empty())
    }

    /// Whether it is about a product that hangs in or below some categories and lies in some collections.
    #[must_use]
    pub fn is_about(
        &self,
        product: ProductId,
        categories: &BTreeSet<CategoryId>,
        collections: &BTreeSet<CollectionId>,
    ) -> bool {
        !self.names_goods()
            || self.products.contains(&product)
            || !self.categories.is_disjoint(categories)
            || !self.collections.is_disjoint(collections)
    }

    /// Errors: `TOO_MANY` entries, `INVALID` for a time that never comes, `INVALID_AMOUNT`.
    pub fn check(&self, path: &str) -> Result<()> {
        let counts = [
            ("channels", self.channels.len()),
            ("locations", self.locations.len()),
            ("products", self.products.len()),
            ("categories", self.categories.len()),
            ("collections", self.collections.len()),
            ("times", self.times.len()),
            ("customerTags", self.customer_tags.len()),
        ];
        if let Some((field, _)) = counts.iter().find(|(_, count)| *count > MAX_ENTRIES) {
            let max = vec![("max", MAX_ENTRIES.to_string())];
            return Err(Error::invalid_with(ErrorCode::TooMany, format!("{path}.{field}"), max));
        }
        let never = |window: &TimeWindow| {
            window.days.iter().any(|day| !(1..=7).contains(day))
                || matches!((window.from, window.until), (Some(from), Some(until)) if from >= until)
        };
        if let Some(index) = self.times.iter().position(never) {
            return Err(Error::invalid(ErrorCode::Invalid, format!("{path}.times.{index}")));
        }
        match self.minimum_amount {
            Some(amount) if !(1..=MAX_AMOUNT).contains(&amount) => {
                Err(Error::invalid(ErrorCode::InvalidAmount, format!("{path}.minimumAmount")))
            }
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn happy_hour_on_weekdays() {
        let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
        let window = TimeWindow { days: (1..=5).collect(), from: Some(time("17:00")), until: Some(time("19:00")) };
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        // 2026-11-20 is a Friday.
        assert!(window.holds(at("2026-11-20 17:00")) && window.holds(at("2026-11-20 18:59")));
        assert!(!window.holds(at("2026-11-20 16:59")) && !window.holds(at("2026-11-20 19:00")));
        assert!(!window.holds(at("2026-11-21 18:00")));
        assert!(TimeWindow::default().holds(at("2026-11-21 18:00")));
    }

    #[test]
    fn conditions_read_back_and_are_checked() {
        let conditions = Conditions { minimum_amount: Some(3_000), first_order: true, ..Conditions::default() };
        let stored = serde_json::to_value(&conditions).unwrap();
        assert_eq!(serde_json::from_value::<Conditions>(stored).unwrap(), conditions);
        assert!(serde_json::from_value::<Conditions>(serde_json::json!({ "weather": "rain" })).is_err());
        let zero = Conditions { minimum_amount: Some(0), ..Conditions::default() };
        assert_eq!(zero.check("conditions").unwrap_err().path(), "conditions.minimumAmount");
        let eighth = TimeWindow { days: BTreeSet::from([8]), ..TimeWindow::default() };
        let never = Conditions { times: vec![eighth], ..Conditions::default() };
        assert_eq!(never.check("conditions").unwrap_err().path(), "conditions.times.0");
    }
}
