//! What routing is asked and what it answers, and the stock that it hands out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::id::{LocationGroupId, LocationId, RoutingRuleId, VariantId};
use entity::opening_hours::OpeningHours;
use entity::words::{DeliveryMethod, DistanceBasis, InventoryPolicy, ParkingReason};
use serde::{Deserialize, Serialize};

use super::engine::Question;

/// Units of one order line to place.
#[derive(Clone, Debug)]
pub struct Demand {
    /// The line, by its position in the order.
    pub line: usize,
    /// What the customer bought, for messages.
    pub variant_id: VariantId,
    /// Sellable units.
    pub quantity: i64,
    /// What one unit takes from stock: the variant itself, or the parts of a bundle. Empty when stock is not counted.
    pub parts: Vec<(VariantId, i64)>,
    /// How it reaches the customer.
    pub method: DeliveryMethod,
    /// What happens when stock runs out.
    pub policy: InventoryPolicy,
    /// Units that may be promised beyond stock; `None` means no limit. Meaningless with policy `DENY`.
    pub beyond_stock: Option<i64>,
    /// Must be served here.
    pub bound_to: Option<LocationId>,
    /// Locations that gave it back; they are not asked again.
    pub never: BTreeSet<LocationId>,
    /// Waits at least until then.
    pub not_before: Option<DateTime<Utc>>,
    /// Whether other locations may bring to the bound place what it lacks.
    pub brought: bool,
}

/// A location that may serve.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Which.
    pub location_id: LocationId,
    /// Smaller serves first when the sorts do not tell.
    pub priority: i32,
    /// Meters to the customer, when both places are known.
    pub distance_meters: Option<i64>,
    /// How the distance was found.
    pub distance_basis: Option<DistanceBasis>,
    /// Units free to promise, per variant.
    pub available: HashMap<VariantId, i64>,
    /// Whether it may serve demands that are bound to no place.
    pub serves_unbound: bool,
    /// The groups it is in; read only when a rule asks.
    pub groups: BTreeSet<LocationGroupId>,
    /// Orders that were routed to it today; read only when a rule asks.
    pub orders_today: i64,
    /// Most orders of a day.
    pub daily_limit: Option<i64>,
    /// When it is open; nothing means around the clock.
    pub hours: OpeningHours,
    /// Its time zone.
    pub zone: Tz,
    /// Since when the oldest unit lies there, per variant; read only when a rule asks.
    pub oldest: HashMap<VariantId, DateTime<Utc>>,
}

/// Units of a line at a location; without a location they wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The line, by its position in the order.
    pub line: usize,
    /// Who serves it.
    pub location_id: Option<LocationId>,
    /// Who brings it there first; given only for units that do not lie there yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<LocationId>,
    /// Sellable units.
    pub quantity: i64,
    /// Why it waits; given exactly when it has no location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked_as: Option<ParkingReason>,
}

/// Units of a line that nobody can serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Of what.
    pub variant_id: VariantId,
    /// Units asked for.
    pub requested: i64,
    /// Units that can be served.
    pub available: i64,
}

/// Why a candidate did not serve, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The candidate.
    pub location_id: LocationId,
    /// Meters to the customer.
    pub distance_meters: Option<i64>,
    /// How the distance was found; decisions before 2026-11-23 do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_basis: Option<DistanceBasis>,
    /// Its priority in the channel.
    pub priority: i32,
    /// Units of the order it could have covered when asked first.
    pub covers: i64,
    /// `chosen`, `bound`, `brings`, `not_asked`, `outside_group`, `too_far`, `daily_limit`, `closed_today`, `too_late`,
    /// `rejected_before`, `short`, `not_all`, `outranked`.
    pub reason: Cow<'static, str>,
    /// Units that were free there, per variant; left out of very large orders.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub available: BTreeMap<VariantId, i64>,
}

/// A rule that was tried, and how far it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// Which one; none for the default.
    pub rule_id: Option<RoutingRuleId>,
    /// Its name then.
    pub rule: String,
    /// Units that it placed.
    pub placed: i64,
    /// Units that it could not place.
    pub left: i64,
}

/// What routing decided.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Who serves what.
    pub assignments: Vec<Assignment>,
    /// What nobody serves; the order cannot be placed when not empty.
    pub shortages: Vec<Shortage>,
    /// Units of lines that a rule gives up.
    pub canceled: Vec<(usize, i64)>,
    /// Which rule decided last: its name, or `bound`, `single_nearest`, `fewest_splits`.
    pub rule: Cow<'static, str>,
    /// The rule, when it is one of the channel's.
    pub rule_id: Option<RoutingRuleId>,
    /// Every candidate and why it lost.
    pub verdicts: Vec<Verdict>,
    /// The rules that were tried, in order.
    pub tried: Vec<Tried>,
}

/// What is still free while demands are placed.
#[derive(Debug)]
pub(super) struct Stock {
    free: HashMap<LocationId, HashMap<VariantId, i64>>,
    /// Units per variant that the whole pool may still give.
    pool: HashMap<VariantId, i64>,
}

impl Stock {
    pub(super) fn new(candidates: &[Candidate], claimed: &HashMap<VariantId, i64>) -> Self {
        let mut pool: HashMap<VariantId, i64> = HashMap::new();
        for (variant, units) in candidates.iter().flat_map(|candidate| &candidate.available) {
            let sum = pool.entry(*variant).or_insert_with(|| -claimed.get(variant).copied().unwrap_or(0));
            *sum = sum.saturating_add((*units).max(0));
        }
        let free = candidates.iter().map(|candidate| (candidate.location_id, candidate.available.clone())).collect();
        Self { free, pool }
    }

    /// Sellable units of a demand that a location could give on its own, keeping some of each variant.
    pub(super) fn possible(&self, place: LocationId, demand: &Demand, kept: i64) -> i64 {
        if demand.never.contains(&place) {
            return 0;
        }
        let here = self.free.get(&place);
        let units = |(variant, per_unit): &(VariantId, i64)| {
            let free = here.and_then(|here| here.get(variant)).map_or(0, |free| free.saturating_sub(kept));
            let pool = self.pool.get(variant).copied().unwrap_or(0);
            free.min(pool).max(0).checked_div(*per_unit).unwrap_or(i64::MAX)
        };
        demand.parts.iter().map(units).min().unwrap_or(i64::MAX)
    }

    pub(super) fn take(&mut self, place: LocationId, demand: &Demand, wanted: i64, kept: i64) -> i64 {
        let taken = self.possible(place, demand, kept).min(wanted);
        if taken > 0 {
            for (variant, per_unit) in &demand.parts {
                if let Some(free) = self.free.get_mut(&place).and_then(|here| here.get_mut(variant)) {
                    *free = free.saturating_sub(per_unit.saturating_mul(taken));
                }
            }
            self.draw(demand, taken);
        }
        taken
    }

    fn draw(&mut self, demand: &Demand, units: i64) {
        for (variant, per_unit) in &demand.parts {
            if let Some(left) = self.pool.get_mut(variant) {
                *left = left.saturating_sub(per_unit.saturating_mul(units));
            }
        }
    }

    /// Units of all demands together that a location could give, lines sharing its stock.
    pub(super) fn covers(&self, place: LocationId, open: &[(&Demand, i64)], kept: i64) -> i64 {
        let here = self.free.get(&place).cloned().unwrap_or_default();
        let mut trial = Self { free: HashMap::from([(place, here)]), pool: self.pool.clone() };
        open.iter()
            .fold(0, |sum: i64, (demand, quantity)| sum.saturating_add(trial.take(place, demand, *quantity, kept)))
    }

    /// Claims units of a demand that lie somewhere in the pool but that no rule may take now, so that nothing else is
    /// promised them; returns how many of the wanted ones there are.
    pub(super) fn claim(&mut self, demand: &Demand, wanted: i64, question: &Question<'_>) -> i64 {
        let places = question.candidates.iter().filter(|candidate| candidate.serves_unbound);
        let there: i64 = places
            .map(|candidate| self.possible(candidate.location_id, demand, 0))
            .fold(0, |sum: i64, units| sum.saturating_add(units));
        let pool = demand.parts.iter().map(|(variant, per_unit)| {
            self.pool.get(variant).copied().unwrap_or(0).max(0).checked_div(*per_unit).unwrap_or(i64::MAX)
        });
        let claimed = there.min(pool.min().unwrap_or(i64::MAX)).min(wanted);
        self.draw(demand, claimed);
        claimed
    }
}
