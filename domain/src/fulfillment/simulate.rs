//! What a set of rules would have made of past orders, before it is switched on.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{ChannelId, LocationId, OrderId, VariantId};
use entity::words::{DeliveryMethod, RoutingOccasion};
use entity::{location, order, order_line, routing_decision};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::plan::day_of;
use super::rows::SHIP_WITHIN;
use crate::inventory::{availability, demand::Goods};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result};
use crate::location::{hours, query::time_zone};
use crate::routing::facts::{self, Facts};
use crate::routing::rule::{Wants, check_filters, check_sorts};
use crate::routing::{self, Candidate, Demand, Question, Rule, Shortfall, allocation::Assignment, allocation::Verdict};

/// Most orders of one call.
pub const MAX_ORDERS: u64 = 500;
/// Most rules of one call.
const MAX_RULES: usize = 50;
/// Most values of one `IN`.
const CHUNK: usize = 5_000;

/// Past orders, and the rules to try on them.
#[derive(Clone, Debug)]
pub struct Simulate {
    /// The channel whose orders they are.
    pub channel_id: ChannelId,
    /// Placed at or after.
    pub placed_from: DateTime<Utc>,
    /// Placed before.
    pub placed_before: DateTime<Utc>,
    /// The rules, in order; none means the default.
    pub rules: Vec<Rule>,
    /// Most orders, at most [`MAX_ORDERS`]; the newest of the period.
    pub limit: u64,
}

/// How many orders and units one location serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Orders with anything from there, as it was.
    pub orders_before: i64,
    /// Orders with anything from there under the rules.
    pub orders_after: i64,
    /// Units as it was.
    pub units_before: i64,
    /// Units under the rules.
    pub units_after: i64,
}

/// What the rules would have done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulation {
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
    /// Per location.
    pub loads: BTreeMap<LocationId, Load>,
    /// Orders that would go another way, newest first.
    pub changed: Vec<OrderId>,
}

/// Replays the placements of past orders under some rules: with the candidates, distances and free stock that their
/// decisions kept; opening hours, groups, limits and ages of stock are those of today, and the daily limit counts the
/// replayed orders. Nothing is written. Eight statements, and one more per 5,000 values.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` for a channel out of reach, `INVALID` and `TOO_MANY` for rules and bounds.
pub async fn simulate(ctx: &Ctx, input: &Simulate) -> Result<Simulation> {
    let scope = ctx.require(Permission::RoutingWrite)?;
    if !scope.allows_channel(input.channel_id) {
        return Err(Error::not_found("channel"));
    }
    check(input)?;
    let db = ctx.db();
    let past = Past::read(&db, input, ctx.now()).await?;
    Ok(past.replay(&input.rules))
}

fn check(input: &Simulate) -> Result<()> {
    if input.limit == 0 || input.limit > MAX_ORDERS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "first", vec![("max", MAX_ORDERS.to_string())]));
    }
    if input.rules.len() > MAX_RULES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "rules", vec![("max", MAX_RULES.to_string())]));
    }
    if input.placed_from >= input.placed_before {
        return Err(Error::invalid(ErrorCode::Invalid, "placedBefore"));
    }
    input.rules.iter().enumerate().try_for_each(|(index, rule)| {
        check_filters(&format!("rules.{index}.filters"), &rule.filters)?;
        check_sorts(&format!("rules.{index}.sorts"), &rule.sorts)
    })
}

/// Everything that is replayed.
struct Past {
    /// Newest first.
    decisions: Vec<routing_decision::Model>,
    lines: HashMap<OrderId, Vec<order_line::Model>>,
    goods: Goods,
    locations: HashMap<LocationId, location::Model>,
    facts: Facts,
    /// Free units of today, for decisions that kept none.
    stock: HashMap<(LocationId, VariantId), i64>,
}

impl Past {
    async fn read(db: &impl ConnectionTrait, input: &Simulate, now: DateTime<Utc>) -> Result<Self> {
        let decisions = decisions(db, input).await?;
        let orders: Vec<OrderId> = decisions.iter().map(|decision| decision.order_id).collect();
        let mut lines: HashMap<OrderId, Vec<order_line::Model>> = HashMap::new();
        let rows = order_line::Entity::find()
            .filter(order_line::Column::OrderId.is_in(orders))
            .order_by_asc(order_line::Column::Position);
        for row in rows.all(db).await? {
            lines.entry(row.order_id).or_default().push(row);
        }
        let sold: BTreeSet<VariantId> = lines.values().flatten().map(|line| line.variant_id).collect();
        let mut goods = Goods::default();
        for some in sold.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
            let more = Goods::load(db, some).await?;
            goods.variants.extend(more.variants);
            goods.components.extend(more.components);
        }
        let places: BTreeSet<LocationId> =
            decisions.iter().flat_map(routing::decision::verdicts).map(|verdict| verdict.location_id).collect();
        let places: Vec<LocationId> = places.into_iter().collect();
        let locations = crate::location::query::by_ids(db, &places).await?;
        let counted: Vec<VariantId> = goods.counted().into_iter().collect();
        let known: Vec<&location::Model> = locations.iter().collect();
        let wants = Wants { orders_today: false, ..Wants::of(&input.rules) };
        let facts = facts::read(db, wants, &known, &counted, now).await?;
        let mut stock = HashMap::new();
        if decisions.iter().any(|decision| !keeps_stock(&routing::decision::verdicts(decision))) {
            for some in counted.chunks(CHUNK) {
                stock.extend(availability::at_locations_now(db, &places, some, now).await?);
            }
        }
        let locations = locations.into_iter().map(|location| (location.id, location)).collect();
        Ok(Self { decisions, lines, goods, locations, facts, stock })
    }

    /// Replays oldest first, so that daily limits fill up as they would have.
    fn replay(&self, rules: &[Rule]) -> Simulation {
        let mut simulation = Simulation::default();
        let mut days: HashMap<(LocationId, NaiveDate), i64> = HashMap::new();
        for decision in self.decisions.iter().rev() {
            self.replay_one(decision, rules, &mut simulation, &mut days);
        }
        simulation.changed.reverse();
        simulation
    }

    fn replay_one(
        &self,
        decision: &routing_decision::Model,
        rules: &[Rule],
        simulation: &mut Simulation,
        days: &mut HashMap<(LocationId, NaiveDate), i64>,
    ) {
        let verdicts = routing::decision::verdicts(decision);
        let demands = self.demands(decision);
        if demands.is_empty() {
            return;
        }
        let kept = keeps_stock(&verdicts);
        let candidates: Vec<Candidate> =
            verdicts.iter().filter_map(|verdict| self.candidate(verdict, decision.decided_at, kept, days)).collect();
        let plan = routing::route(&Question {
            demands: &demands,
            candidates: &candidates,
            rules,
            claimed: &HashMap::new(),
            now: decision.decided_at,
            promise: decision.decided_at + SHIP_WITHIN,
            shortfall: Shortfall::Park,
        });
        let asked: BTreeSet<usize> = demands.iter().map(|demand| demand.line).collect();
        let was = routing::decision::assignments(decision);
        let before = routes(was.iter().filter(|one| asked.contains(&one.line)));
        let after = routes(plan.assignments.iter());
        simulation.count(decision.order_id, &before, &after);
        simulation.with_current_stock += i64::from(!kept);
        simulation.canceled += i64::from(!plan.canceled.is_empty());
        for place in places(&after) {
            if let Some(location) = self.locations.get(&place) {
                let day = hours::local_date(time_zone(location), decision.decided_at);
                *days.entry((place, day)).or_default() += 1;
            }
        }
    }

    /// What the order wanted from anywhere, as it was placed.
    fn demands(&self, decision: &routing_decision::Model) -> Vec<Demand> {
        let lines = self.lines.get(&decision.order_id).map(Vec::as_slice).unwrap_or_default();
        let demands = lines.iter().enumerate().filter_map(|(position, line)| {
            let variant = self.goods.variants.get(&line.variant_id)?;
            match line.delivery {
                DeliveryMethod::Ship | DeliveryMethod::LocalDelivery => {}
                DeliveryMethod::Pickup | DeliveryMethod::CarryOut => return None,
            }
            Some(Demand {
                line: position,
                variant_id: line.variant_id,
                quantity: line.quantity,
                parts: self.goods.parts(line.variant_id),
                method: line.delivery,
                policy: variant.inventory_policy,
                beyond_stock: None,
                bound_to: None,
                never: BTreeSet::new(),
                not_before: day_of(variant),
                brought: false,
            })
        });
        demands.collect()
    }

    fn candidate(
        &self,
        verdict: &Verdict,
        at: DateTime<Utc>,
        kept: bool,
        days: &HashMap<(LocationId, NaiveDate), i64>,
    ) -> Option<Candidate> {
        let location = self.locations.get(&verdict.location_id)?;
        let today = self.stock.iter().filter(|((place, _), _)| *place == location.id);
        let zone = time_zone(location);
        let day = (location.id, hours::local_date(zone, at));
        Some(Candidate {
            location_id: location.id,
            priority: verdict.priority,
            distance_meters: verdict.distance_meters,
            distance_basis: verdict.distance_basis,
            available: if kept {
                verdict.available.iter().map(|(variant, units)| (*variant, *units)).collect()
            } else {
                today.map(|((_, variant), units)| (*variant, *units)).collect()
            },
            serves_unbound: location.active && location.fulfills_online,
            groups: self.facts.groups.get(&location.id).cloned().unwrap_or_default(),
            orders_today: days.get(&day).copied().unwrap_or(0),
            daily_limit: location.daily_order_limit.map(i64::from),
            hours: location.opening_hours.clone(),
            zone,
            oldest: self.facts.oldest.get(&location.id).cloned().unwrap_or_default(),
        })
    }
}

/// The placements of the period's newest orders, newest first.
async fn decisions(db: &impl ConnectionTrait, input: &Simulate) -> Result<Vec<routing_decision::Model>> {
    let found = routing_decision::Entity::find()
        .inner_join(order::Entity)
        .filter(order::Column::ChannelId.eq(input.channel_id))
        .filter(order::Column::PlacedAt.gte(input.placed_from))
        .filter(order::Column::PlacedAt.lt(input.placed_before))
        .filter(routing_decision::Column::Occasion.eq(RoutingOccasion::Placement))
        .order_by_desc(routing_decision::Column::Id)
        .limit(input.limit);
    Ok(found.all(db).await?)
}

/// Whether a decision kept what lay where. A place without any of the goods keeps nothing, so one that has some is enough.
fn keeps_stock(verdicts: &[Verdict]) -> bool {
    verdicts.iter().any(|verdict| !verdict.available.is_empty())
}

/// Units per line and location.
type Routes = BTreeMap<(usize, Option<LocationId>), i64>;

fn routes<'a>(assignments: impl Iterator<Item = &'a Assignment>) -> Routes {
    let mut routes = Routes::new();
    for one in assignments {
        *routes.entry((one.line, one.location_id)).or_default() += one.quantity;
    }
    routes
}

fn places(routes: &Routes) -> BTreeSet<LocationId> {
    routes.keys().filter_map(|(_, place)| *place).collect()
}

impl Simulation {
    fn count(&mut self, order: OrderId, before: &Routes, after: &Routes) {
        let waits = |routes: &Routes| i64::from(routes.keys().any(|(_, place)| place.is_none()));
        self.orders += 1;
        self.splits_before += i64::from(places(before).len() > 1);
        self.splits_after += i64::from(places(after).len() > 1);
        self.parked_before += waits(before);
        self.parked_after += waits(after);
        for place in places(before) {
            self.loads.entry(place).or_default().orders_before += 1;
        }
        for place in places(after) {
            self.loads.entry(place).or_default().orders_after += 1;
        }
        for ((_, place), units) in before {
            if let Some(place) = place {
                self.loads.entry(*place).or_default().units_before += units;
            }
        }
        for ((_, place), units) in after {
            if let Some(place) = place {
                self.loads.entry(*place).or_default().units_after += units;
            }
        }
        if before != after {
            self.changed.push(order);
        }
    }
}
