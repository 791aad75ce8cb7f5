//! Which location serves what, by a channel's rules: pure, deterministic, and with a reason for every candidate.
//!
//! 1. Demands bound to a place (pickup, carry-out) take stock there or nowhere; when goods may be brought to the place,
//!    others send what it lacks. Pre-orders wait for their day.
//! 2. The rules are tried in order. A rule leaves out the locations that a filter refuses, ranks the others by its
//!    sorts, and takes what it can: all from the first that has it all, or, when it may split, from one after the other.
//! 3. What is left goes to the next rule, waits for staff, or is given up. After the last rule it waits.
//!
//! A channel without rules has one: the nearest that has it all, else the fewest splits. A bundle's parts stay together:
//! each unit of a bundle comes whole from one location. No unit is given twice, and no more of a variant is given than
//! the pool has after what carts hold and what orders wait for.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::id::{LocationId, VariantId};
use entity::words::{InventoryPolicy, ParkingReason, RoutingFallback, RoutingSort};

use super::allocation::{Assignment, Candidate, Demand, Plan, Shortage, Stock, Tried, Verdict};
use super::rule::{Filter, Rule};
use crate::location::hours;

/// What becomes of units that nobody can serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// They are refused, unless they may be sold beyond stock.
    Refuse,
    /// They were sold already: they wait.
    Park,
}

/// Everything that decides.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What is wanted.
    pub demands: &'a [Demand],
    /// Who may serve.
    pub candidates: &'a [Candidate],
    /// The channel's rules, in order; none means the default.
    pub rules: &'a [Rule],
    /// Units per variant that others claim from the pool: carts and orders that wait.
    pub claimed: &'a HashMap<VariantId, i64>,
    /// Now.
    pub now: DateTime<Utc>,
    /// When the work must be done.
    pub promise: DateTime<Utc>,
    /// What becomes of the rest.
    pub shortfall: Shortfall,
}

/// Units of a demand that are still open.
type Open<'a> = (&'a Demand, i64);

/// Answers. The same question has the same answer: ties fall to priority, then to the id.
#[must_use]
pub fn route(question: &Question<'_>) -> Plan {
    let mut run = Run {
        question,
        stock: Stock::new(question.candidates, question.claimed),
        plan: Plan { rule: Cow::Borrowed("bound"), ..Plan::default() },
        verdicts: BTreeMap::new(),
    };
    let mut open = run.bound();
    let default = [Rule::default_rule()];
    let own = !question.rules.is_empty();
    for rule in if own { question.rules } else { &default } {
        if open.is_empty() {
            break;
        }
        open = run.apply(rule, open, own);
    }
    for (demand, left) in open {
        run.leave(demand, left);
    }
    run.finish()
}

struct Run<'a> {
    question: &'a Question<'a>,
    stock: Stock,
    plan: Plan,
    /// The last word on each candidate.
    verdicts: BTreeMap<LocationId, (&'static str, i64)>,
}

impl<'a> Run<'a> {
    /// Serves what is bound to a place and keeps back what has its day; returns what may come from anywhere.
    fn bound(&mut self) -> Vec<Open<'a>> {
        let mut open = Vec::new();
        let mut lacking = Vec::new();
        for demand in self.question.demands {
            if let Some(place) = demand.bound_to {
                let taken = self.stock.take(place, demand, demand.quantity, 0);
                self.assign(demand, Some(place), taken, None);
                if taken > 0 {
                    self.verdicts.insert(place, ("bound", 0));
                }
                lacking.push((demand, place, demand.quantity - taken));
            } else if demand.not_before.is_some_and(|day| day > self.question.now) {
                self.leave(demand, demand.quantity);
            } else {
                open.push((demand, demand.quantity));
            }
        }
        // Each place has taken its own goods by now: nothing is carried off that another line needs where it lies.
        let mut senders = BTreeMap::new();
        for (demand, place, left) in lacking {
            let left = if demand.brought { self.bring(demand, place, left, &mut senders) } else { left };
            self.leave(demand, left);
        }
        open
    }

    /// Others bring to a place what it lacks, from as few as may be: who has all of it first, then who sends there anyway,
    /// then by priority. Returns what is still lacking.
    fn bring(
        &mut self,
        demand: &'a Demand,
        place: LocationId,
        mut left: i64,
        senders: &mut BTreeMap<LocationId, BTreeSet<LocationId>>,
    ) -> i64 {
        let to_here = senders.entry(place).or_default();
        while left > 0 {
            let able =
                self.question.candidates.iter().filter(|other| other.serves_unbound && other.location_id != place);
            let able = able.filter_map(|other| {
                let units = self.stock.possible(other.location_id, demand, 0).min(left);
                let is_new = !to_here.contains(&other.location_id);
                (units > 0).then_some((units < left, is_new, -units, other.priority, other.location_id))
            });
            let Some((.., sender)) = able.min() else { break };
            let taken = self.stock.take(sender, demand, left, 0);
            to_here.insert(sender);
            self.verdicts.entry(sender).or_insert(("brings", 0));
            self.plan.assignments.push(Assignment {
                line: demand.line,
                location_id: Some(place),
                from: Some(sender),
                quantity: taken,
                parked_as: None,
            });
            left -= taken;
        }
        left
    }

    fn apply(&mut self, rule: &Rule, open: Vec<Open<'a>>, own: bool) -> Vec<Open<'a>> {
        let (mut mine, mut others): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|(demand, _)| rule.is_about(demand.method));
        if mine.is_empty() {
            return others;
        }
        let wanted = units(&mine);
        let kept = rule.units_kept();
        let eligible = self.eligible(rule);
        let covers: HashMap<LocationId, i64> = eligible
            .iter()
            .map(|place| (place.location_id, self.stock.covers(place.location_id, &mine, kept)))
            .collect();
        let rounds = if rule.allow_partial {
            self.split(rule, eligible.clone(), &mut mine)
        } else {
            self.whole(rule, &eligible, &covers, &mut mine)
        };
        self.judge(rule, &eligible, &covers, wanted);
        let left = units(&mine);
        self.plan.rule = match (own, rounds > 1 || left > 0) {
            (true, _) => Cow::Owned(rule.name.clone()),
            (false, true) => Cow::Borrowed("fewest_splits"),
            (false, false) => Cow::Borrowed("single_nearest"),
        };
        self.plan.rule_id = rule.id;
        let fallback = rule.fallback;
        self.plan.tried.push(Tried { rule_id: rule.id, rule: self.plan.rule.to_string(), placed: wanted - left, left });
        match fallback {
            RoutingFallback::NextRule => others.extend(mine),
            RoutingFallback::Queue => mine.into_iter().for_each(|(demand, left)| self.leave(demand, left)),
            RoutingFallback::Cancel => mine.into_iter().for_each(|(demand, left)| self.cancel(demand, left)),
        }
        others.sort_by_key(|(demand, _)| demand.line);
        others
    }

    /// The candidates that every filter lets pass; the others get their verdict.
    fn eligible(&mut self, rule: &Rule) -> Vec<&'a Candidate> {
        let mut eligible = Vec::new();
        for candidate in self.question.candidates {
            let refused = if candidate.serves_unbound {
                rule.filters.iter().find_map(|filter| refusal(filter, candidate, self.question))
            } else {
                Some("not_asked")
            };
            match refused {
                Some(reason) => self.say(candidate.location_id, reason, 0),
                None => eligible.push(candidate),
            }
        }
        eligible
    }

    /// The first that has it all gives it all.
    fn whole(
        &mut self,
        rule: &Rule,
        eligible: &[&Candidate],
        covers: &HashMap<LocationId, i64>,
        mine: &mut Vec<Open<'a>>,
    ) -> usize {
        let wanted = units(mine);
        let covering = |place: &Candidate| covers.get(&place.location_id).copied().unwrap_or(0);
        let able = eligible.iter().filter(|candidate| covering(candidate) >= wanted);
        match able.min_by_key(|candidate| rank(rule, candidate, mine, covering(candidate))) {
            Some(best) => self.serve(best.location_id, rule.units_kept(), mine),
            None => 0,
        }
    }

    /// One after the other gives what it has.
    fn split(&mut self, rule: &Rule, mut unused: Vec<&Candidate>, mine: &mut Vec<Open<'a>>) -> usize {
        let kept = rule.units_kept();
        let mut rounds = 0;
        while !mine.is_empty() {
            let able = unused.iter().enumerate().filter_map(|(index, candidate)| {
                let covers = self.stock.covers(candidate.location_id, mine, kept);
                (covers > 0).then(|| (rank(rule, candidate, mine, covers), index))
            });
            let Some((_, best)) = able.min() else { break };
            let place = unused.remove(best).location_id;
            rounds += self.serve(place, kept, mine);
        }
        rounds
    }

    fn serve(&mut self, place: LocationId, kept: i64, mine: &mut Vec<Open<'a>>) -> usize {
        for (demand, left) in mine.iter_mut() {
            let taken = self.stock.take(place, demand, *left, kept);
            self.assign(demand, Some(place), taken, None);
            *left -= taken;
        }
        mine.retain(|(_, left)| *left > 0);
        1
    }

    fn judge(&mut self, rule: &Rule, eligible: &[&Candidate], covers: &HashMap<LocationId, i64>, wanted: i64) {
        for candidate in eligible {
            let place = candidate.location_id;
            let covered = covers.get(&place).copied().unwrap_or(0);
            let gave_back = self.question.demands.iter().any(|demand| demand.never.contains(&place));
            let reason = match covered {
                0 if gave_back => "rejected_before",
                0 => "short",
                _ if !rule.allow_partial && covered < wanted => "not_all",
                _ => "outranked",
            };
            self.say(place, reason, covered);
        }
    }

    /// The last rule has the last word, but over who gave the goods back: that no later rule could change. What a location
    /// could cover when asked first is kept.
    fn say(&mut self, place: LocationId, reason: &'static str, covers: i64) {
        let entry = self.verdicts.entry(place).or_insert((reason, covers));
        let stays = matches!(entry.0, "bound" | "brings") || (entry.0 == "rejected_before" && covers == 0);
        let reason = if stays { entry.0 } else { reason };
        *entry = (reason, entry.1.max(covers));
    }

    fn assign(&mut self, demand: &Demand, place: Option<LocationId>, quantity: i64, parked: Option<ParkingReason>) {
        if quantity > 0 {
            self.plan.assignments.push(Assignment {
                line: demand.line,
                location_id: place,
                from: None,
                quantity,
                parked_as: parked,
            });
        }
    }

    /// Units that no location serves now: they wait when they may, else they are short.
    fn leave(&mut self, demand: &Demand, left: i64) {
        if left <= 0 {
            return;
        }
        if self.question.shortfall == Shortfall::Park {
            self.assign(demand, None, left, Some(ParkingReason::Unfillable));
            return;
        }
        // Goods bound to a place are handed over there; they cannot be promised from nowhere.
        let somewhere = if demand.bound_to.is_some() { 0 } else { self.stock.claim(demand, left, self.question) };
        let (reason, beyond) = match demand.policy {
            InventoryPolicy::Deny => (ParkingReason::Unfillable, 0),
            _ if demand.bound_to.is_some() => (ParkingReason::Unfillable, 0),
            InventoryPolicy::Backorder => (ParkingReason::Backorder, demand.beyond_stock.unwrap_or(i64::MAX)),
            InventoryPolicy::Preorder => (ParkingReason::Preorder, demand.beyond_stock.unwrap_or(i64::MAX)),
        };
        if left - somewhere <= beyond {
            self.assign(demand, None, left, Some(reason));
        } else {
            self.shortage(demand, demand.quantity - left + somewhere, beyond);
        }
    }

    /// Units that are given up: nothing that is not sold yet is canceled, it is refused.
    fn cancel(&mut self, demand: &Demand, left: i64) {
        match self.question.shortfall {
            Shortfall::Refuse => self.shortage(demand, demand.quantity - left, 0),
            Shortfall::Park => self.plan.canceled.push((demand.line, left)),
        }
    }

    fn shortage(&mut self, demand: &Demand, served: i64, beyond: i64) {
        self.plan.shortages.push(Shortage {
            variant_id: demand.variant_id,
            requested: demand.quantity,
            available: served.saturating_add(beyond),
        });
    }

    fn finish(mut self) -> Plan {
        let serves: Vec<LocationId> =
            self.plan.assignments.iter().filter_map(|assignment| assignment.location_id).collect();
        // A place that serves what was bound to it may be chosen for something else, too: then that is said.
        let demands = self.question.demands.iter();
        let bound: HashSet<usize> = demands.filter(|d| d.bound_to.is_some()).map(|d| d.line).collect();
        let routed = self.plan.assignments.iter().filter(|assignment| !bound.contains(&assignment.line));
        let routed: HashSet<LocationId> = routed.filter_map(|assignment| assignment.location_id).collect();
        let mut ranked: Vec<&Candidate> = self.question.candidates.iter().collect();
        ranked.sort_by_key(|candidate| {
            let is_out = !serves.contains(&candidate.location_id);
            let unbound = !candidate.serves_unbound;
            (is_out, unbound, candidate.distance_meters.unwrap_or(i64::MAX), candidate.priority, candidate.location_id)
        });
        let verdicts = ranked.into_iter().map(|candidate| {
            let said = self.verdicts.get(&candidate.location_id).copied();
            let (reason, covers) = said.unwrap_or(("not_asked", 0));
            let chosen = routed.contains(&candidate.location_id);
            Verdict {
                location_id: candidate.location_id,
                distance_meters: candidate.distance_meters,
                distance_basis: candidate.distance_basis,
                priority: candidate.priority,
                covers,
                reason: Cow::Borrowed(if chosen { "chosen" } else { reason }),
                available: candidate.available.iter().map(|(variant, units)| (*variant, *units)).collect(),
            }
        });
        self.plan.verdicts = verdicts.collect();
        self.plan
    }
}

fn units(open: &[Open<'_>]) -> i64 {
    open.iter().map(|(_, left)| *left).sum()
}

/// Smaller serves first.
fn rank(rule: &Rule, candidate: &Candidate, wanted: &[Open<'_>], covers: i64) -> (Vec<i64>, i32, LocationId) {
    let parts = || wanted.iter().flat_map(|(demand, _)| demand.parts.iter().map(|(variant, _)| variant));
    let key = |sort: &RoutingSort| match sort {
        RoutingSort::Proximity => candidate.distance_meters.unwrap_or(i64::MAX),
        RoutingSort::Priority => i64::from(candidate.priority),
        RoutingSort::StockBalance => {
            let mut variants: Vec<&VariantId> = parts().collect();
            variants.sort_unstable();
            variants.dedup();
            -variants.iter().filter_map(|variant| candidate.available.get(variant)).sum::<i64>()
        }
        RoutingSort::FewestSplits => -covers,
        RoutingSort::StockAge => {
            let oldest = parts().filter_map(|variant| candidate.oldest.get(variant)).min();
            oldest.map_or(i64::MAX, DateTime::timestamp_millis)
        }
    };
    (rule.sorts.iter().map(key).collect(), candidate.priority, candidate.location_id)
}

/// Why a filter refuses a candidate; `None` lets it pass.
fn refusal(filter: &Filter, candidate: &Candidate, question: &Question<'_>) -> Option<&'static str> {
    let (passes, reason) = match filter {
        Filter::LocationGroup { group_ids, except } => {
            let is_in = candidate.groups.iter().any(|group| group_ids.contains(group));
            (is_in != *except, "outside_group")
        }
        Filter::Distance { max_meters } => {
            (candidate.distance_meters.is_some_and(|meters| meters <= *max_meters), "too_far")
        }
        Filter::DailyLimit => (candidate.daily_limit.is_none_or(|limit| candidate.orders_today < limit), "daily_limit"),
        Filter::OpenToday { minutes } => {
            let today = hours::local_date(candidate.zone, question.now);
            let done = done_at(candidate, question.now, *minutes);
            (done.is_some_and(|done| hours::local_date(candidate.zone, done) == today), "closed_today")
        }
        Filter::ShipBy { minutes } => {
            (done_at(candidate, question.now, *minutes).is_some_and(|done| done <= question.promise), "too_late")
        }
        // What a location keeps is taken off its stock, and a method is a matter of the rule.
        Filter::StockLeft { .. } | Filter::Method { .. } => (true, ""),
    };
    (!passes).then_some(reason)
}

/// When work of so many opening minutes that begins now is done. A place without hours works around the clock.
fn done_at(candidate: &Candidate, now: DateTime<Utc>, minutes: i32) -> Option<DateTime<Utc>> {
    if candidate.hours.week.is_empty() && candidate.hours.exceptions.is_empty() {
        return Some(now + chrono::TimeDelta::minutes(i64::from(minutes)));
    }
    hours::ready_at(&candidate.hours, candidate.zone, now, minutes)
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
