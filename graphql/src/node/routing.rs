//! Routing rules, groups of locations, and decisions.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::routing::{self, Rule, rule::Filter};
use domain::{Error, Result};
use entity::id::{LocationGroupId, LocationId};
use entity::words::{
    DeliveryMethod, DistanceBasis, ParkingReason, RoutingFallback, RoutingFilterKind, RoutingOccasion, RoutingSort,
};
use entity::{location_group, routing_decision, routing_rule};

use super::fulfillment_order::FulfillmentOrder;
use super::location::Location;
use super::order::Order;
use crate::connection;
use crate::loader::{self, Rows, load, load_many};
use crate::scalar::id;
use crate::word::{Word, words};

/// How a channel chooses who serves an order; rules are tried in order.
#[derive(Clone, Debug)]
pub struct RoutingRule(pub routing_rule::Model);

impl From<routing_rule::Model> for RoutingRule {
    fn from(row: routing_rule::Model) -> Self {
        Self(row)
    }
}

/// What keeps a location from serving. Which of the fields are given depends on the kind.
#[derive(Clone, Debug, SimpleObject)]
pub struct RoutingFilter {
    /// What it asks.
    pub kind: Word<RoutingFilterKind>,
    /// The groups; of `LOCATION_GROUP`.
    pub group_ids: Vec<ID>,
    /// Whether the groups are the ones that do not serve; of `LOCATION_GROUP`.
    pub except: bool,
    /// Meters to the customer; of `DISTANCE`.
    pub max_meters: Option<i64>,
    /// Units that stay; of `STOCK_LEFT`.
    pub units: Option<i64>,
    /// Opening minutes that the work takes; of `OPEN_TODAY` and `SHIP_BY`.
    pub minutes: Option<i32>,
    /// The methods; of `METHOD`.
    pub methods: Vec<Word<DeliveryMethod>>,
}

impl From<&Filter> for RoutingFilter {
    fn from(filter: &Filter) -> Self {
        let shown = Self {
            kind: Word(filter.kind()),
            group_ids: Vec::new(),
            except: false,
            max_meters: None,
            units: None,
            minutes: None,
            methods: Vec::new(),
        };
        match filter {
            Filter::LocationGroup { group_ids, except } => {
                Self { group_ids: group_ids.iter().copied().map(id).collect(), except: *except, ..shown }
            }
            Filter::Distance { max_meters } => Self { max_meters: Some(*max_meters), ..shown },
            Filter::StockLeft { units } => Self { units: Some(*units), ..shown },
            Filter::DailyLimit => shown,
            Filter::OpenToday { minutes } | Filter::ShipBy { minutes } => Self { minutes: Some(*minutes), ..shown },
            Filter::Method { methods } => Self { methods: words(methods.iter().copied()), ..shown },
        }
    }
}

/// How a channel chooses who serves an order; rules are tried in order.
#[Object]
impl RoutingRule {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The channel.
    async fn channel_id(&self) -> ID {
        id(self.0.channel_id)
    }

    /// Tried in this order, from the smallest.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// Name for staff; decisions keep it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether it is tried.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// What keeps locations from serving; all must pass.
    async fn filters(&self) -> Result<Vec<RoutingFilter>> {
        Ok(Rule::of(&self.0)?.filters.iter().map(RoutingFilter::from).collect())
    }

    /// Which locations serve first: the first sort that tells two apart decides; then priority.
    async fn sorts(&self) -> Result<Vec<Word<RoutingSort>>> {
        Ok(words(Rule::of(&self.0)?.sorts))
    }

    /// Whether units may come from several locations.
    async fn allow_partial(&self) -> bool {
        self.0.allow_partial
    }

    /// What happens with what it cannot place.
    async fn fallback(&self) -> Word<RoutingFallback> {
        Word(self.0.fallback)
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// A named set of locations, for routing rules.
#[derive(Clone, Debug)]
pub struct LocationGroup(pub location_group::Model);

impl From<location_group::Model> for LocationGroup {
    fn from(row: location_group::Model) -> Self {
        Self(row)
    }
}

/// A named set of locations, for routing rules.
#[Object]
impl LocationGroup {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Stable name.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name for staff.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its locations, at most 500.
    async fn locations(&self, ctx: &Context<'_>) -> Result<Vec<Location>> {
        let ids = load(ctx, MembersOf(self.0.id)).await?.unwrap_or_default();
        let mut found = load_many(ctx, ids.iter().copied()).await?;
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

connection!(LocationGroupConnection, LocationGroupEdge, LocationGroup, "groups of locations");

/// The locations of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MembersOf(pub LocationGroupId);

impl Loader<MembersOf> for Rows {
    type Value = Vec<LocationId>;
    type Error = Error;

    async fn load(&self, keys: &[MembersOf]) -> Result<HashMap<MembersOf, Self::Value>> {
        let ids: Vec<LocationGroupId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<MembersOf, Self::Value> = HashMap::new();
        for (group, location) in routing::query::members(&self.ctx.db(), &ids).await? {
            found.entry(MembersOf(group)).or_default().push(location);
        }
        Ok(found)
    }
}

/// A candidate of a routing decision, and why it lost.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct RoutingCandidate {
    /// The location.
    pub location_id: ID,
    /// Meters to the customer, as far as known.
    pub distance_meters: Option<i64>,
    /// How the distance was found; null when it is not known.
    pub distance_basis: Option<Word<DistanceBasis>>,
    /// Its priority in the channel.
    pub priority: i64,
    /// Units of the order that it could have covered when asked first.
    pub covers: i64,
    /// `chosen`; `bound` (serves only what was bound to it: named by the customer or the till); `brings`
    /// (sends goods to the store where they are collected);
    /// `not_asked` (does not ship for the channel, or nothing was left); refused by a filter: `outside_group`, `too_far`,
    /// `daily_limit`, `closed_today`, `too_late`; `rejected_before` (gave these goods back); `short` (has none to give);
    /// `not_all` (has some, but the rule does not split); `outranked` (another one went first).
    pub reason: String,
    #[graphql(skip)]
    key: LocationId,
}

#[ComplexObject]
impl RoutingCandidate {
    /// The place; null when it is gone.
    async fn location(&self, ctx: &Context<'_>) -> Result<Option<Location>> {
        load(ctx, self.key).await
    }
}

/// A rule that a decision tried.
#[derive(Clone, Debug, SimpleObject)]
pub struct RoutingAttempt {
    /// The rule; null for the default.
    pub rule_id: Option<ID>,
    /// Its name then.
    pub rule: String,
    /// Units that it placed.
    pub placed: i64,
    /// Units that it could not place.
    pub left: i64,
}

/// Units of one line that a decision placed, or let wait.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct RoutingOutcome {
    /// Who serves; null when they wait.
    pub location_id: Option<ID>,
    /// Sellable units.
    pub quantity: i64,
    /// Why they wait.
    pub parked_as: Option<Word<ParkingReason>>,
    #[graphql(skip)]
    key: Option<LocationId>,
}

#[ComplexObject]
impl RoutingOutcome {
    /// The place that serves; null when they wait.
    async fn location(&self, ctx: &Context<'_>) -> Result<Option<Location>> {
        let Some(key) = self.key else { return Ok(None) };
        load(ctx, key).await
    }
}

/// Why locations serve an order.
#[derive(Clone, Debug)]
pub struct RoutingDecision(pub routing_decision::Model);

/// Why locations serve an order.
#[Object]
impl RoutingDecision {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The order.
    async fn order_id(&self) -> ID {
        id(self.0.order_id)
    }

    /// The order itself; null when it is gone.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        Ok(load(ctx, self.0.order_id).await?.map(Order))
    }

    /// Why routing was asked.
    async fn occasion(&self) -> Word<RoutingOccasion> {
        Word(self.0.occasion)
    }

    /// Which rule decided last: its name then; without rules `single_nearest` or `fewest_splits`.
    async fn rule(&self) -> &str {
        &self.0.rule
    }

    /// The rule, when it is one of the channel's and still there.
    async fn rule_id(&self) -> Option<ID> {
        self.0.rule_id.map(id)
    }

    /// The work that was routed again.
    async fn fulfillment_order_id(&self) -> Option<ID> {
        self.0.fulfillment_order_id.map(id)
    }

    /// That work itself.
    async fn fulfillment_order(&self, ctx: &Context<'_>) -> Result<Option<FulfillmentOrder>> {
        let Some(key) = self.0.fulfillment_order_id else { return Ok(None) };
        load(ctx, key).await
    }

    /// When.
    async fn decided_at(&self) -> DateTime<Utc> {
        self.0.decided_at
    }

    /// Where the units went, one entry per line and location.
    async fn outcome(&self) -> Vec<RoutingOutcome> {
        let shown = |one: routing::allocation::Assignment| RoutingOutcome {
            location_id: one.location_id.map(id),
            quantity: one.quantity,
            parked_as: one.parked_as.map(Word),
            key: one.location_id,
        };
        routing::decision::assignments(&self.0).into_iter().map(shown).collect()
    }

    /// The rules that were tried, in order.
    async fn attempts(&self) -> Vec<RoutingAttempt> {
        let shown = |tried: routing::allocation::Tried| RoutingAttempt {
            rule_id: tried.rule_id.map(id),
            rule: tried.rule,
            placed: tried.placed,
            left: tried.left,
        };
        routing::decision::tried(&self.0).into_iter().map(shown).collect()
    }

    /// Every candidate, who serves first.
    async fn candidates(&self) -> Vec<RoutingCandidate> {
        let shown = |verdict: routing::allocation::Verdict| RoutingCandidate {
            location_id: id(verdict.location_id),
            distance_meters: verdict.distance_meters,
            distance_basis: verdict.distance_basis.map(Word),
            priority: i64::from(verdict.priority),
            covers: verdict.covers,
            reason: verdict.reason.into_owned(),
            key: verdict.location_id,
        };
        routing::decision::verdicts(&self.0).into_iter().map(shown).collect()
    }
}

/// Orders and units of one location, as it was and as it would be.
#[derive(Clone, Debug)]
pub struct RoutingLoad {
    pub(crate) location_id: LocationId,
    pub(crate) load: domain::fulfillment::simulate::Load,
}

/// Orders and units of one location, as it was and as it would be.
#[Object]
impl RoutingLoad {
    /// The location; null when it is gone.
    async fn location(&self, ctx: &Context<'_>) -> Result<Option<Location>> {
        loader::load(ctx, self.location_id).await
    }

    /// Orders with anything from there, as it was.
    async fn orders_before(&self) -> i64 {
        self.load.orders_before
    }

    /// Orders with anything from there under the rules.
    async fn orders_after(&self) -> i64 {
        self.load.orders_after
    }

    /// Units from there, as it was.
    async fn units_before(&self) -> i64 {
        self.load.units_before
    }

    /// Units from there under the rules.
    async fn units_after(&self) -> i64 {
        self.load.units_after
    }
}

/// What a set of rules would have made of past orders.
#[derive(Clone, Debug, SimpleObject)]
pub struct RoutingSimulation {
    /// Orders that were replayed.
    pub orders: i64,
    /// Of these, orders whose decision kept no stock: they were replayed against the stock of today.
    pub with_current_stock: i64,
    /// Orders that came from more than one location.
    pub splits_before: i64,
    /// Orders that would come from more than one location.
    pub splits_after: i64,
    /// Orders that waited with some units.
    pub parked_before: i64,
    /// Orders that would wait with some units.
    pub parked_after: i64,
    /// Orders of which the rules would give up some units.
    pub canceled: i64,
    /// Per location, by id.
    pub loads: Vec<RoutingLoad>,
    /// Orders that would go another way, newest first.
    pub changed_order_ids: Vec<ID>,
}

impl From<domain::fulfillment::simulate::Simulation> for RoutingSimulation {
    fn from(done: domain::fulfillment::simulate::Simulation) -> Self {
        Self {
            orders: done.orders,
            with_current_stock: done.with_current_stock,
            splits_before: done.splits_before,
            splits_after: done.splits_after,
            parked_before: done.parked_before,
            parked_after: done.parked_after,
            canceled: done.canceled,
            loads: done.loads.into_iter().map(|(location_id, load)| RoutingLoad { location_id, load }).collect(),
            changed_order_ids: done.changed.into_iter().map(id).collect(),
        }
    }
}
