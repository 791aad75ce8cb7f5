//! The default routing: one location that has it all and is nearest, else the fewest splits.
//!
//! 1. Demands bound to a place (pickup, carry-out) take stock there or nowhere.
//! 2. If one candidate covers all that is left, the nearest such one serves it.
//! 3. Else the candidate that covers the most units serves those, nearest first on a tie, and so on with the rest.
//! 4. What nobody covers waits without a location when its policy sells beyond stock, and is short otherwise.
//!
//! A bundle's parts stay together: each unit of a bundle comes whole from one location.

use std::borrow::Cow;
use std::collections::HashMap;

use entity::id::{LocationId, VariantId};
use entity::words::InventoryPolicy;
use serde::{Deserialize, Serialize};

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
    /// What happens when stock runs out.
    pub policy: InventoryPolicy,
    /// Units that may be promised beyond stock; `None` means no limit. Meaningless with policy `DENY`.
    pub beyond_stock: Option<i64>,
    /// Must be served here.
    pub bound_to: Option<LocationId>,
}

/// A location that may serve.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Which.
    pub location_id: LocationId,
    /// Smaller serves first when distance does not tell.
    pub priority: i32,
    /// Meters to the customer, when both places are known.
    pub distance_meters: Option<i64>,
    /// Units free to promise, per variant.
    pub available: HashMap<VariantId, i64>,
    /// Whether it may serve demands that are bound to no place.
    pub serves_unbound: bool,
}

/// Units of a line at a location; without a location they wait for stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Assignment {
    /// The line, by its position in the order.
    pub line: usize,
    /// Who serves it.
    pub location_id: Option<LocationId>,
    /// Sellable units.
    pub quantity: i64,
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
    /// Its priority in the channel.
    pub priority: i32,
    /// Units of the order it could have covered when asked first.
    pub covers: i64,
    /// `chosen`, `bound`, `short`, `farther`, `not_asked`.
    pub reason: Cow<'static, str>,
}

/// What routing decided.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Who serves what.
    pub assignments: Vec<Assignment>,
    /// What nobody serves; the order cannot be placed when not empty.
    pub shortages: Vec<Shortage>,
    /// Which rule decided: `bound`, `single_nearest` or `fewest_splits`.
    pub rule: &'static str,
    /// Every candidate and why it lost.
    pub verdicts: Vec<Verdict>,
}

/// Places demands. Deterministic: ties fall to priority, then to the id.
#[must_use]
pub fn allocate(demands: &[Demand], candidates: &[Candidate]) -> Plan {
    let mut stock = Stock::new(candidates);
    let mut plan = Plan { rule: "bound", ..Plan::default() };
    let mut open: Vec<(&Demand, i64)> = Vec::new();
    for demand in demands {
        match demand.bound_to {
            Some(place) => {
                let taken = stock.take(place, demand, demand.quantity);
                plan.assign(demand.line, Some(place), taken);
                plan.leave(demand, taken, demand.quantity - taken);
            }
            None => open.push((demand, demand.quantity)),
        }
    }
    let ranked = ranked(candidates);
    let covers: HashMap<LocationId, i64> =
        ranked.iter().map(|candidate| (candidate.location_id, stock.covers(candidate.location_id, &open))).collect();
    if !open.is_empty() {
        spread(&mut plan, &mut stock, &ranked, open);
    }
    plan.verdicts = verdicts(&plan, candidates, &ranked, &covers);
    plan
}

/// Candidates that serve unbound demand, best first.
fn ranked(candidates: &[Candidate]) -> Vec<&Candidate> {
    let mut ranked: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.serves_unbound).collect();
    ranked.sort_by_key(|candidate| {
        (candidate.distance_meters.unwrap_or(i64::MAX), candidate.priority, candidate.location_id)
    });
    ranked
}

fn spread(plan: &mut Plan, stock: &mut Stock, ranked: &[&Candidate], mut open: Vec<(&Demand, i64)>) {
    plan.rule = "single_nearest";
    let mut round = 0;
    let mut unused: Vec<&Candidate> = ranked.to_vec();
    while !open.is_empty() {
        let wanted: i64 = open.iter().map(|(_, quantity)| *quantity).sum();
        // The first of the ranked that covers the most; `max_by_key` would return the last.
        let mut best: Option<(usize, i64)> = None;
        for (index, candidate) in unused.iter().enumerate() {
            let covers = stock.covers(candidate.location_id, &open).min(wanted);
            if covers > best.map_or(0, |(_, most)| most) {
                best = Some((index, covers));
            }
        }
        let Some((index, _)) = best else { break };
        let place = unused.remove(index).location_id;
        round += 1;
        open.retain_mut(|(demand, quantity)| {
            let taken = stock.take(place, demand, *quantity);
            plan.assign(demand.line, Some(place), taken);
            *quantity -= taken;
            *quantity > 0
        });
    }
    if round > 1 || !open.is_empty() {
        plan.rule = "fewest_splits";
    }
    for (demand, quantity) in open {
        plan.leave(demand, demand.quantity - quantity, quantity);
    }
}

fn verdicts(
    plan: &Plan,
    candidates: &[Candidate],
    ranked: &[&Candidate],
    covers: &HashMap<LocationId, i64>,
) -> Vec<Verdict> {
    let serves = |place: LocationId| plan.assignments.iter().any(|assignment| assignment.location_id == Some(place));
    let verdict = |candidate: &Candidate, reason: &'static str| Verdict {
        location_id: candidate.location_id,
        distance_meters: candidate.distance_meters,
        priority: candidate.priority,
        covers: covers.get(&candidate.location_id).copied().unwrap_or(0),
        reason: Cow::Borrowed(reason),
    };
    let asked = ranked.iter().map(|candidate| {
        let short = covers.get(&candidate.location_id).is_none_or(|covers| *covers == 0);
        let reason = if serves(candidate.location_id) {
            "chosen"
        } else if short {
            "short"
        } else {
            "farther"
        };
        verdict(candidate, reason)
    });
    let others = candidates
        .iter()
        .filter(|candidate| !candidate.serves_unbound)
        .map(|candidate| verdict(candidate, if serves(candidate.location_id) { "bound" } else { "not_asked" }));
    asked.chain(others).collect()
}

impl Plan {
    fn assign(&mut self, line: usize, location_id: Option<LocationId>, quantity: i64) {
        if quantity > 0 {
            self.assignments.push(Assignment { line, location_id, quantity });
        }
    }

    /// Units that no location serves: they wait when the policy sells beyond stock, else they are short.
    fn leave(&mut self, demand: &Demand, served: i64, left: i64) {
        if left <= 0 {
            return;
        }
        let beyond = match demand.policy {
            InventoryPolicy::Deny => 0,
            // Goods bound to a place are handed over there; they cannot be promised from nowhere.
            _ if demand.bound_to.is_some() => 0,
            InventoryPolicy::Backorder | InventoryPolicy::Preorder => demand.beyond_stock.unwrap_or(i64::MAX),
        };
        if left <= beyond {
            self.assign(demand.line, None, left);
        } else {
            self.shortages.push(Shortage {
                variant_id: demand.variant_id,
                requested: demand.quantity,
                available: served.saturating_add(beyond),
            });
        }
    }
}

/// What is still free while demands are placed.
struct Stock {
    free: HashMap<(LocationId, VariantId), i64>,
}

impl Stock {
    fn new(candidates: &[Candidate]) -> Self {
        let free = candidates
            .iter()
            .flat_map(|candidate| {
                candidate.available.iter().map(|(variant, units)| ((candidate.location_id, *variant), *units))
            })
            .collect();
        Self { free }
    }

    /// Sellable units of a demand that a location could give on its own.
    fn possible(&self, place: LocationId, demand: &Demand) -> i64 {
        demand
            .parts
            .iter()
            .map(|(variant, per_unit)| {
                let free = self.free.get(&(place, *variant)).copied().unwrap_or(0).max(0);
                free.checked_div(*per_unit).unwrap_or(i64::MAX)
            })
            .min()
            .unwrap_or(i64::MAX)
    }

    fn take(&mut self, place: LocationId, demand: &Demand, wanted: i64) -> i64 {
        let taken = self.possible(place, demand).min(wanted);
        if taken > 0 {
            for (variant, per_unit) in &demand.parts {
                if let Some(free) = self.free.get_mut(&(place, *variant)) {
                    *free = free.saturating_sub(per_unit.saturating_mul(taken));
                }
            }
        }
        taken
    }

    /// Units of all demands together that a location could give, lines sharing its stock.
    fn covers(&self, place: LocationId, open: &[(&Demand, i64)]) -> i64 {
        let mut trial = Self {
            free: self
                .free
                .iter()
                .filter(|((location, _), _)| *location == place)
                .map(|(key, units)| (*key, *units))
                .collect(),
        };
        open.iter().map(|(demand, quantity)| trial.take(place, demand, *quantity)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn location(n: u128) -> LocationId {
        LocationId(Uuid::from_u128(n))
    }

    fn variant(n: u128) -> VariantId {
        VariantId(Uuid::from_u128(n))
    }

    fn demand(line: usize, v: u128, quantity: i64) -> Demand {
        Demand {
            line,
            variant_id: variant(v),
            quantity,
            parts: vec![(variant(v), 1)],
            policy: InventoryPolicy::Deny,
            beyond_stock: None,
            bound_to: None,
        }
    }

    fn candidate(n: u128, meters: i64, stock: &[(u128, i64)]) -> Candidate {
        Candidate {
            location_id: location(n),
            priority: 0,
            distance_meters: Some(meters),
            available: stock.iter().map(|(v, units)| (variant(*v), *units)).collect(),
            serves_unbound: true,
        }
    }

    fn places(plan: &Plan) -> Vec<(usize, Option<LocationId>, i64)> {
        plan.assignments.iter().map(|a| (a.line, a.location_id, a.quantity)).collect()
    }

    #[test]
    fn the_nearest_that_has_it_all_serves() {
        let candidates =
            [candidate(1, 100, &[(1, 1)]), candidate(2, 900, &[(1, 5), (2, 5)]), candidate(3, 500, &[(1, 5), (2, 5)])];
        let plan = allocate(&[demand(0, 1, 2), demand(1, 2, 1)], &candidates);
        assert_eq!(places(&plan), [(0, Some(location(3)), 2), (1, Some(location(3)), 1)]);
        assert_eq!(plan.rule, "single_nearest");
        let reasons: Vec<_> = plan.verdicts.iter().map(|v| (v.location_id, v.reason.as_ref())).collect();
        assert_eq!(reasons, [(location(1), "farther"), (location(3), "chosen"), (location(2), "farther")]);
    }

    #[test]
    fn else_the_fewest_splits() {
        let candidates = [candidate(1, 100, &[(1, 1)]), candidate(2, 200, &[(1, 2)]), candidate(3, 300, &[(1, 1)])];
        let plan = allocate(&[demand(0, 1, 3)], &candidates);
        assert_eq!(places(&plan), [(0, Some(location(2)), 2), (0, Some(location(1)), 1)]);
        assert_eq!(plan.rule, "fewest_splits");
    }

    #[test]
    fn two_lines_do_not_take_the_same_unit() {
        let plan = allocate(&[demand(0, 1, 1), demand(1, 1, 1)], &[candidate(1, 0, &[(1, 1)])]);
        assert_eq!(plan.shortages, [Shortage { variant_id: variant(1), requested: 1, available: 0 }]);
    }

    #[test]
    fn a_bundle_comes_whole_from_one_location() {
        let bundle = Demand { parts: vec![(variant(1), 2), (variant(2), 1)], ..demand(0, 9, 1) };
        let apart = [candidate(1, 0, &[(1, 2)]), candidate(2, 0, &[(2, 1)])];
        assert_eq!(allocate(std::slice::from_ref(&bundle), &apart).shortages.len(), 1);
        let together = [candidate(1, 0, &[(1, 2)]), candidate(2, 5, &[(1, 2), (2, 1)])];
        assert_eq!(places(&allocate(&[bundle], &together)), [(0, Some(location(2)), 1)]);
    }

    #[test]
    fn what_sells_beyond_stock_waits_up_to_its_limit() {
        let backorder = Demand { policy: InventoryPolicy::Backorder, beyond_stock: Some(2), ..demand(0, 1, 3) };
        let plan = allocate(std::slice::from_ref(&backorder), &[candidate(1, 0, &[(1, 1)])]);
        assert_eq!(places(&plan), [(0, Some(location(1)), 1), (0, None, 2)]);
        let plan = allocate(&[backorder], &[]);
        assert_eq!(plan.shortages, [Shortage { variant_id: variant(1), requested: 3, available: 2 }]);
    }

    #[test]
    fn bound_demand_is_served_there_or_not_at_all() {
        let pickup = Demand { bound_to: Some(location(1)), ..demand(0, 1, 1) };
        let candidates = [candidate(1, 0, &[(1, 0)]), candidate(2, 0, &[(1, 9)])];
        assert_eq!(allocate(&[pickup], &candidates).shortages.len(), 1);
    }

    #[test]
    fn uncounted_goods_are_always_there() {
        let gift_wrap = Demand { parts: Vec::new(), ..demand(0, 1, 500) };
        assert_eq!(places(&allocate(&[gift_wrap], &[candidate(1, 0, &[])])), [(0, Some(location(1)), 500)]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_promised_twice_or_lost(
            quantities in proptest::collection::vec((1_u128..4, 1_i64..6), 1..6),
            stock in proptest::collection::vec((1_u128..5, 1_u128..4, 0_i64..6, 0_i64..1000), 0..12),
        ) {
            let demands: Vec<Demand> = quantities.iter().enumerate().map(|(i, (v, q))| demand(i, *v, *q)).collect();
            let mut candidates: HashMap<u128, Candidate> = HashMap::new();
            for (l, v, units, meters) in stock {
                candidates.entry(l).or_insert_with(|| candidate(l, meters, &[])).available.insert(variant(v), units);
            }
            let candidates: Vec<Candidate> = candidates.into_values().collect();
            let plan = allocate(&demands, &candidates);
            for demand in &demands {
                let placed: i64 = plan.assignments.iter().filter(|a| a.line == demand.line).map(|a| a.quantity).sum();
                let short = plan.shortages.iter().any(|s| s.variant_id == demand.variant_id);
                proptest::prop_assert!(placed == demand.quantity || (placed < demand.quantity && short));
            }
            for candidate in &candidates {
                for (v, units) in &candidate.available {
                    let taken: i64 = plan.assignments.iter()
                        .filter(|a| a.location_id == Some(candidate.location_id) && demands[a.line].variant_id == *v)
                        .map(|a| a.quantity).sum();
                    proptest::prop_assert!(taken <= *units);
                }
            }
        }
    }
}
