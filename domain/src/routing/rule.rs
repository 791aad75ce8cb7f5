//! A routing rule as data: which locations may serve, which serve first, and what happens with the rest.

use std::collections::BTreeSet;

use entity::id::{LocationGroupId, RoutingRuleId};
use entity::routing_rule;
use entity::words::{DeliveryMethod, RoutingFallback, RoutingFilterKind, RoutingSort};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kernel::{Error, ErrorCode, Result};

/// Most filters of one rule.
const MAX_FILTERS: usize = 20;
/// Most groups of one filter.
const MAX_GROUPS: usize = 50;
/// Farther apart than any two places on Earth.
const MAX_METERS: i64 = 20_100_000;
/// Most units that a filter keeps back.
const MAX_UNITS: i64 = 1_000_000;
/// Most opening minutes of work: 30 days.
const MAX_MINUTES: i32 = 43_200;

/// What keeps a location from serving.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Filter {
    /// It must be in one of the groups; with `except` in none of them.
    LocationGroup {
        /// The groups.
        group_ids: BTreeSet<LocationGroupId>,
        /// Whether the groups are the ones that do not serve.
        #[serde(default)]
        except: bool,
    },
    /// It must not be farther than this. A distance that nobody knows is too far.
    Distance {
        /// Meters to the customer.
        max_meters: i64,
    },
    /// It keeps so many units of each wanted variant, beyond its safety stock.
    StockLeft {
        /// Units that stay.
        units: i64,
    },
    /// It must be below its daily limit of orders, counted by its own calendar.
    DailyLimit,
    /// It must have so many opening minutes left before its local day ends.
    OpenToday {
        /// Opening minutes that the work takes.
        minutes: i32,
    },
    /// It must have so many opening minutes before the promise.
    ShipBy {
        /// Opening minutes that the work takes.
        minutes: i32,
    },
    /// The rule is only about these delivery methods.
    Method {
        /// `SHIP` and `LOCAL_DELIVERY`; what is collected or carried out is bound to its place.
        methods: BTreeSet<DeliveryMethod>,
    },
}

impl Filter {
    /// Its word.
    #[must_use]
    pub const fn kind(&self) -> RoutingFilterKind {
        match self {
            Self::LocationGroup { .. } => RoutingFilterKind::LocationGroup,
            Self::Distance { .. } => RoutingFilterKind::Distance,
            Self::StockLeft { .. } => RoutingFilterKind::StockLeft,
            Self::DailyLimit => RoutingFilterKind::DailyLimit,
            Self::OpenToday { .. } => RoutingFilterKind::OpenToday,
            Self::ShipBy { .. } => RoutingFilterKind::ShipBy,
            Self::Method { .. } => RoutingFilterKind::Method,
        }
    }
}

/// A rule that can be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which one of the channel's; none for a rule that is not stored.
    pub id: Option<RoutingRuleId>,
    /// Name for staff.
    pub name: String,
    /// All must pass.
    pub filters: Vec<Filter>,
    /// The first that tells two locations apart decides; then priority, then id.
    pub sorts: Vec<RoutingSort>,
    /// Whether units may come from several locations.
    pub allow_partial: bool,
    /// What happens with what it cannot place.
    pub fallback: RoutingFallback,
}

impl Rule {
    /// What happens in a channel without rules: one location that has it all and is nearest, else the fewest splits.
    #[must_use]
    pub fn default_rule() -> Self {
        Self {
            id: None,
            name: String::new(),
            filters: Vec::new(),
            sorts: vec![RoutingSort::FewestSplits, RoutingSort::Proximity],
            allow_partial: true,
            fallback: RoutingFallback::NextRule,
        }
    }

    /// Reads a stored rule. Error: `Bug` for a row that no command wrote.
    pub fn of(row: &routing_rule::Model) -> Result<Self> {
        let broken = |error: serde_json::Error| Error::Bug(format!("routing rule {}: {error}", row.id));
        Ok(Self {
            id: Some(row.id),
            name: row.name.clone(),
            filters: serde_json::from_value(row.filters.clone()).map_err(broken)?,
            sorts: serde_json::from_value(row.sorts.clone()).map_err(broken)?,
            allow_partial: row.allow_partial,
            fallback: row.fallback,
        })
    }

    /// Whether the rule is about a delivery method.
    #[must_use]
    pub fn is_about(&self, method: DeliveryMethod) -> bool {
        self.filters.iter().all(|filter| match filter {
            Filter::Method { methods } => methods.contains(&method),
            Filter::LocationGroup { .. }
            | Filter::Distance { .. }
            | Filter::StockLeft { .. }
            | Filter::DailyLimit
            | Filter::OpenToday { .. }
            | Filter::ShipBy { .. } => true,
        })
    }

    /// Units of each variant that a location keeps.
    #[must_use]
    pub fn units_kept(&self) -> i64 {
        let kept = self.filters.iter().map(|filter| if let Filter::StockLeft { units } = filter { *units } else { 0 });
        kept.max().unwrap_or(0)
    }
}

/// What some rules must know of locations, so that nothing else is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// The groups they are in.
    pub groups: bool,
    /// Orders that were routed to them today.
    pub orders_today: bool,
    /// How long their stock lies there.
    pub stock_age: bool,
}

impl Wants {
    /// Of some rules.
    #[must_use]
    pub fn of(rules: &[Rule]) -> Self {
        let filters = |kind| rules.iter().flat_map(|rule| &rule.filters).any(|filter| filter.kind() == kind);
        Self {
            groups: filters(RoutingFilterKind::LocationGroup),
            orders_today: filters(RoutingFilterKind::DailyLimit),
            stock_age: rules.iter().any(|rule| rule.sorts.contains(&RoutingSort::StockAge)),
        }
    }
}

/// Checks filters. Errors: `TOO_MANY`, `REQUIRED` and `INVALID` at paths below `path`.
pub fn check_filters(path: &str, filters: &[Filter]) -> Result<()> {
    if filters.len() > MAX_FILTERS {
        return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", MAX_FILTERS.to_string())]));
    }
    filters.iter().enumerate().try_for_each(|(index, filter)| check_filter(&format!("{path}.{index}"), filter))
}

fn check_filter(path: &str, filter: &Filter) -> Result<()> {
    let within = |fits: bool, field: &str| {
        if fits { Ok(()) } else { Err(Error::invalid(ErrorCode::Invalid, format!("{path}.{field}"))) }
    };
    match filter {
        Filter::LocationGroup { group_ids, .. } if group_ids.is_empty() => {
            Err(Error::invalid(ErrorCode::Required, format!("{path}.groupIds")))
        }
        Filter::LocationGroup { group_ids, .. } if group_ids.len() > MAX_GROUPS => {
            let values = vec![("max", MAX_GROUPS.to_string())];
            Err(Error::invalid_with(ErrorCode::TooMany, format!("{path}.groupIds"), values))
        }
        Filter::LocationGroup { .. } | Filter::DailyLimit => Ok(()),
        Filter::Distance { max_meters } => within((1..=MAX_METERS).contains(max_meters), "maxMeters"),
        Filter::StockLeft { units } => within((1..=MAX_UNITS).contains(units), "units"),
        Filter::OpenToday { minutes } | Filter::ShipBy { minutes } => {
            within((0..=MAX_MINUTES).contains(minutes), "minutes")
        }
        Filter::Method { methods } if methods.is_empty() => {
            Err(Error::invalid(ErrorCode::Required, format!("{path}.methods")))
        }
        Filter::Method { methods } => {
            let routed = methods.iter().all(|method| match method {
                DeliveryMethod::Ship | DeliveryMethod::LocalDelivery => true,
                DeliveryMethod::Pickup | DeliveryMethod::CarryOut => false,
            });
            within(routed, "methods")
        }
    }
}

/// Checks sorts: each at most once. Error: `INVALID` at a path below `path`.
pub fn check_sorts(path: &str, sorts: &[RoutingSort]) -> Result<()> {
    let mut seen = BTreeSet::new();
    match sorts.iter().position(|sort| !seen.insert(*sort)) {
        Some(index) => Err(Error::invalid(ErrorCode::Invalid, format!("{path}.{index}"))),
        None => Ok(()),
    }
}

/// The filters or sorts of a rule as they are stored. Error: `Bug`.
pub(crate) fn stored(list: &impl Serialize) -> Result<Value> {
    serde_json::to_value(list).map_err(|error| Error::Bug(error.to_string()))
}

/// The groups that some filters name.
#[must_use]
pub fn groups_of(filters: &[Filter]) -> BTreeSet<LocationGroupId> {
    let named = filters.iter().filter_map(|filter| match filter {
        Filter::LocationGroup { group_ids, .. } => Some(group_ids),
        Filter::Distance { .. }
        | Filter::StockLeft { .. }
        | Filter::DailyLimit
        | Filter::OpenToday { .. }
        | Filter::ShipBy { .. }
        | Filter::Method { .. } => None,
    });
    named.flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn group(n: u128) -> LocationGroupId {
        LocationGroupId(Uuid::from_u128(n))
    }

    fn every_kind() -> Vec<Filter> {
        vec![
            Filter::LocationGroup { group_ids: [group(1)].into(), except: true },
            Filter::Distance { max_meters: 50_000 },
            Filter::StockLeft { units: 2 },
            Filter::DailyLimit,
            Filter::OpenToday { minutes: 30 },
            Filter::ShipBy { minutes: 0 },
            Filter::Method { methods: [DeliveryMethod::Ship].into() },
        ]
    }

    #[test]
    fn every_filter_is_stored_and_read_as_it_was() {
        let filters = every_kind();
        let kinds: BTreeSet<RoutingFilterKind> = filters.iter().map(Filter::kind).collect();
        assert_eq!(kinds.len(), RoutingFilterKind::ALL.len());
        let json = stored(&filters).expect("json");
        let words: Vec<&str> = json.as_array().expect("a list").iter().filter_map(|row| row["kind"].as_str()).collect();
        assert_eq!(words, filters.iter().map(|filter| filter.kind().as_str()).collect::<Vec<_>>());
        assert_eq!(serde_json::from_value::<Vec<Filter>>(json).expect("filters"), filters);
        assert!(check_filters("filters", &filters).is_ok());
    }

    #[test]
    fn filters_that_make_no_sense_are_refused_where_they_stand() {
        let refused = [
            (Filter::LocationGroup { group_ids: BTreeSet::new(), except: false }, "filters.0.groupIds"),
            (Filter::LocationGroup { group_ids: (0..51).map(group).collect(), except: false }, "filters.0.groupIds"),
            (Filter::Distance { max_meters: 0 }, "filters.0.maxMeters"),
            (Filter::Distance { max_meters: i64::MAX }, "filters.0.maxMeters"),
            (Filter::StockLeft { units: 0 }, "filters.0.units"),
            (Filter::OpenToday { minutes: -1 }, "filters.0.minutes"),
            (Filter::ShipBy { minutes: 43_201 }, "filters.0.minutes"),
            (Filter::Method { methods: BTreeSet::new() }, "filters.0.methods"),
            (Filter::Method { methods: [DeliveryMethod::Pickup].into() }, "filters.0.methods"),
        ];
        for (filter, path) in refused {
            let error = check_filters("filters", std::slice::from_ref(&filter)).expect_err("nonsense");
            assert_eq!(error.path(), path, "{filter:?}");
        }
        let many = vec![Filter::DailyLimit; 21];
        assert_eq!(check_filters("filters", &many).expect_err("many").code(), ErrorCode::TooMany);
        let twice = [RoutingSort::Priority, RoutingSort::StockAge, RoutingSort::Priority];
        assert_eq!(check_sorts("sorts", &twice).expect_err("twice").path(), "sorts.2");
    }

    #[test]
    fn only_what_a_rule_asks_for_is_read() {
        let rule = |filters, sorts| Rule { filters, sorts, ..Rule::default_rule() };
        assert_eq!(Wants::of(&[Rule::default_rule()]), Wants::default());
        assert!(Wants::of(&[rule(vec![Filter::DailyLimit], Vec::new())]).orders_today);
        assert!(Wants::of(&[rule(Vec::new(), vec![RoutingSort::StockAge])]).stock_age);
        assert!(Wants::of(&[rule(every_kind(), Vec::new())]).groups);
    }
}
