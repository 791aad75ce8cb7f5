//! What staff send about routing.

use async_graphql::{ID, InputObject};
use chrono::{DateTime, Utc};
use domain::fulfillment::parking::{ParkedFilter, ReleaseByHand};
use domain::fulfillment::simulate::Simulate;
use domain::routing::location_group::UpsertGroup;
use domain::routing::rule::{Filter, Rule};
use domain::routing::upsert_rule::UpsertRule;
use domain::{Error, ErrorCode, Result};
use entity::words::{DeliveryMethod, ParkingReason, RoutingFallback, RoutingFilterKind, RoutingSort};

use crate::scalar::{parse_id, parse_optional_id};
use crate::word::Word;

/// What keeps a location from serving. Give the fields of its kind.
#[derive(Clone, Debug, InputObject)]
pub struct RoutingFilterInput {
    /// What it asks.
    pub kind: Word<RoutingFilterKind>,
    /// The groups; for `LOCATION_GROUP`, at most 50.
    #[graphql(default)]
    pub group_ids: Vec<ID>,
    /// Whether the groups are the ones that do not serve; for `LOCATION_GROUP`.
    #[graphql(default)]
    pub except: bool,
    /// Meters to the customer; for `DISTANCE`.
    pub max_meters: Option<i64>,
    /// Units that stay; for `STOCK_LEFT`.
    pub units: Option<i64>,
    /// Opening minutes that the work takes; for `OPEN_TODAY` and `SHIP_BY`.
    pub minutes: Option<i32>,
    /// `SHIP`, `LOCAL_DELIVERY`; for `METHOD`.
    #[graphql(default)]
    pub methods: Vec<Word<DeliveryMethod>>,
}

impl RoutingFilterInput {
    fn read(&self, path: &str) -> Result<Filter> {
        let needed = |field: &str| Error::invalid(ErrorCode::Required, format!("{path}.{field}"));
        Ok(match self.kind.0 {
            RoutingFilterKind::LocationGroup => Filter::LocationGroup {
                group_ids: self
                    .group_ids
                    .iter()
                    .map(|id| parse_id(id, &format!("{path}.groupIds")))
                    .collect::<Result<_>>()?,
                except: self.except,
            },
            RoutingFilterKind::Distance => {
                Filter::Distance { max_meters: self.max_meters.ok_or_else(|| needed("maxMeters"))? }
            }
            RoutingFilterKind::StockLeft => Filter::StockLeft { units: self.units.ok_or_else(|| needed("units"))? },
            RoutingFilterKind::DailyLimit => Filter::DailyLimit,
            RoutingFilterKind::OpenToday => {
                Filter::OpenToday { minutes: self.minutes.ok_or_else(|| needed("minutes"))? }
            }
            RoutingFilterKind::ShipBy => Filter::ShipBy { minutes: self.minutes.ok_or_else(|| needed("minutes"))? },
            RoutingFilterKind::Method => Filter::Method { methods: self.methods.iter().map(|word| word.0).collect() },
        })
    }
}

fn read_filters(path: &str, filters: &[RoutingFilterInput]) -> Result<Vec<Filter>> {
    filters.iter().enumerate().map(|(index, filter)| filter.read(&format!("{path}.{index}"))).collect()
}

/// A rule as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct RoutingRuleUpsertInput {
    /// Which one to change; without it a new one, after the others.
    pub id: Option<ID>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The channel; a rule stays in its channel.
    pub channel_id: ID,
    /// Name for staff; decisions keep it.
    pub name: String,
    /// Whether it is tried.
    #[graphql(default = true)]
    pub active: bool,
    /// What keeps locations from serving; all must pass. At most 20.
    #[graphql(default)]
    pub filters: Vec<RoutingFilterInput>,
    /// Which locations serve first; each at most once.
    #[graphql(default)]
    pub sorts: Vec<Word<RoutingSort>>,
    /// Whether units may come from several locations.
    pub allow_partial: bool,
    /// What happens with what it cannot place.
    pub fallback: Word<RoutingFallback>,
}

impl RoutingRuleUpsertInput {
    pub(super) fn read(self) -> Result<UpsertRule> {
        Ok(UpsertRule {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            expected_version: self.expected_version,
            channel_id: parse_id(&self.channel_id, "input.channelId")?,
            name: self.name,
            active: self.active,
            filters: read_filters("input.filters", &self.filters)?,
            sorts: self.sorts.into_iter().map(|word| word.0).collect(),
            allow_partial: self.allow_partial,
            fallback: self.fallback.0,
        })
    }
}

/// A rule to delete.
#[derive(Clone, Debug, InputObject)]
pub struct RoutingRuleDeleteInput {
    /// Which one.
    pub id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

/// All rules of a channel in their new order.
#[derive(Clone, Debug, InputObject)]
pub struct RoutingRuleReorderInput {
    /// The channel.
    pub channel_id: ID,
    /// Each of its rules once.
    pub rule_ids: Vec<ID>,
}

/// A group of locations as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct LocationGroupUpsertInput {
    /// Which one to change; without it the one of this code, else a new one.
    pub id: Option<ID>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Stable name.
    pub code: String,
    /// Name for staff.
    pub name: String,
    /// All its locations, at most 500.
    pub location_ids: Vec<ID>,
}

impl LocationGroupUpsertInput {
    pub(super) fn read(self) -> Result<UpsertGroup> {
        Ok(UpsertGroup {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            expected_version: self.expected_version,
            code: self.code,
            name: self.name,
            location_ids: self
                .location_ids
                .iter()
                .map(|id| parse_id(id, "input.locationIds"))
                .collect::<Result<_>>()?,
        })
    }
}

/// A rule to try.
#[derive(Clone, Debug, InputObject)]
pub struct RoutingRuleTrialInput {
    /// Name, for the answer.
    #[graphql(default)]
    pub name: String,
    /// What keeps locations from serving; all must pass. At most 20.
    #[graphql(default)]
    pub filters: Vec<RoutingFilterInput>,
    /// Which locations serve first; each at most once.
    #[graphql(default)]
    pub sorts: Vec<Word<RoutingSort>>,
    /// Whether units may come from several locations.
    pub allow_partial: bool,
    /// What happens with what it cannot place.
    pub fallback: Word<RoutingFallback>,
}

/// Past orders, and the rules to try on them.
#[derive(Clone, Debug, InputObject)]
pub struct RoutingSimulateInput {
    /// The channel whose orders they are.
    pub channel_id: ID,
    /// Placed at or after.
    pub placed_from: DateTime<Utc>,
    /// Placed before.
    pub placed_before: DateTime<Utc>,
    /// The rules in order, at most 50; none means what a channel without rules does.
    #[graphql(default)]
    pub rules: Vec<RoutingRuleTrialInput>,
    /// Most orders, the newest of the period; at most 500.
    #[graphql(default = 500)]
    pub first: i32,
}

impl RoutingSimulateInput {
    pub(super) fn read(self) -> Result<Simulate> {
        let rule = |(index, rule): (usize, RoutingRuleTrialInput)| -> Result<Rule> {
            Ok(Rule {
                id: None,
                filters: read_filters(&format!("input.rules.{index}.filters"), &rule.filters)?,
                name: rule.name,
                sorts: rule.sorts.into_iter().map(|word| word.0).collect(),
                allow_partial: rule.allow_partial,
                fallback: rule.fallback.0,
            })
        };
        Ok(Simulate {
            channel_id: parse_id(&self.channel_id, "input.channelId")?,
            placed_from: self.placed_from,
            placed_before: self.placed_before,
            rules: self.rules.into_iter().enumerate().map(rule).collect::<Result<_>>()?,
            limit: u64::try_from(self.first).unwrap_or(0),
        })
    }
}

/// Which waiting work is listed.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ParkedFulfillmentOrderFilterInput {
    /// Only what waits for one of these reasons; empty asks for nothing.
    #[graphql(default)]
    pub reasons: Vec<Word<ParkingReason>>,
}

impl ParkedFulfillmentOrderFilterInput {
    pub(super) fn read(self) -> ParkedFilter {
        ParkedFilter { reasons: self.reasons.into_iter().map(|word| word.0).collect() }
    }
}

/// Waiting work to serve now.
#[derive(Clone, Debug, InputObject)]
pub struct ParkedFulfillmentOrderReleaseInput {
    /// The work; all waiting work of its order is looked at together.
    pub id: ID,
    /// Your key: the same key serves once.
    pub idempotency_key: String,
}

impl ParkedFulfillmentOrderReleaseInput {
    pub(super) fn read(self) -> Result<ReleaseByHand> {
        Ok(ReleaseByHand { id: parse_id(&self.id, "input.id")?, idempotency_key: self.idempotency_key })
    }
}
