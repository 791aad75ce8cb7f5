//! The engine told by example and by property.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use chrono_tz::Asia::Tokyo;
use entity::id::LocationGroupId;
use entity::opening_hours::{OpenPeriod, OpeningHours};
use entity::words::DeliveryMethod;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn location(n: u128) -> LocationId {
    LocationId(Uuid::from_u128(n))
}

fn variant(n: u128) -> VariantId {
    VariantId(Uuid::from_u128(n))
}

fn noon() -> DateTime<Utc> {
    "2026-11-20T12:00:00+09:00".parse().expect("a time")
}

fn demand(line: usize, v: u128, quantity: i64) -> Demand {
    Demand {
        line,
        variant_id: variant(v),
        quantity,
        parts: vec![(variant(v), 1)],
        method: DeliveryMethod::Ship,
        policy: InventoryPolicy::Deny,
        beyond_stock: None,
        bound_to: None,
        never: BTreeSet::new(),
        not_before: None,
        brought: false,
    }
}

fn candidate(n: u128, meters: i64, stock: &[(u128, i64)]) -> Candidate {
    Candidate {
        location_id: location(n),
        priority: 0,
        distance_meters: Some(meters),
        distance_basis: Some(entity::words::DistanceBasis::Point),
        available: stock.iter().map(|(v, units)| (variant(*v), *units)).collect(),
        serves_unbound: true,
        groups: BTreeSet::new(),
        orders_today: 0,
        daily_limit: None,
        hours: OpeningHours::default(),
        zone: Tokyo,
        oldest: HashMap::new(),
    }
}

/// Asks without claims of others.
fn ask(demands: &[Demand], candidates: &[Candidate], rules: &[Rule], shortfall: Shortfall) -> Plan {
    claimed(demands, candidates, rules, shortfall, &HashMap::new())
}

fn claimed(
    demands: &[Demand],
    candidates: &[Candidate],
    rules: &[Rule],
    shortfall: Shortfall,
    claimed: &HashMap<VariantId, i64>,
) -> Plan {
    let (now, promise) = (noon(), noon() + TimeDelta::hours(24));
    route(&Question { demands, candidates, rules, claimed, now, promise, shortfall })
}

fn allocate(demands: &[Demand], candidates: &[Candidate]) -> Plan {
    ask(demands, candidates, &[], Shortfall::Refuse)
}

fn rule(filters: Vec<Filter>, sorts: &[RoutingSort]) -> Rule {
    Rule { name: "rule".to_owned(), filters, sorts: sorts.to_vec(), ..Rule::default_rule() }
}

fn queue(rule: Rule) -> Rule {
    Rule { fallback: RoutingFallback::Queue, ..rule }
}

fn places(plan: &Plan) -> Vec<(usize, Option<LocationId>, i64)> {
    plan.assignments.iter().map(|a| (a.line, a.location_id, a.quantity)).collect()
}

fn reasons(plan: &Plan) -> Vec<(LocationId, &str)> {
    let mut reasons: Vec<_> = plan.verdicts.iter().map(|v| (v.location_id, v.reason.as_ref())).collect();
    reasons.sort_unstable();
    reasons
}

#[test]
fn the_nearest_that_has_it_all_serves() {
    let candidates =
        [candidate(1, 100, &[(1, 1)]), candidate(2, 900, &[(1, 5), (2, 5)]), candidate(3, 500, &[(1, 5), (2, 5)])];
    let plan = allocate(&[demand(0, 1, 2), demand(1, 2, 1)], &candidates);
    assert_eq!(places(&plan), [(0, Some(location(3)), 2), (1, Some(location(3)), 1)]);
    assert_eq!(plan.rule, "single_nearest");
    assert_eq!(reasons(&plan), [(location(1), "outranked"), (location(2), "outranked"), (location(3), "chosen")]);
    assert_eq!(plan.verdicts[0].location_id, location(3), "who serves stands first");
}

#[test]
fn a_place_that_is_bound_and_chosen_says_that_it_was_chosen() {
    let candidates = [candidate(1, 100, &[(1, 1), (2, 1)]), candidate(2, 900, &[(1, 1), (2, 1)])];
    let collected = Demand { bound_to: Some(location(1)), ..demand(0, 1, 1) };
    let alone = allocate(std::slice::from_ref(&collected), &candidates);
    assert_eq!(reasons(&alone), [(location(1), "bound"), (location(2), "not_asked")]);
    let both = allocate(&[collected, demand(1, 2, 1)], &candidates);
    assert_eq!(reasons(&both), [(location(1), "chosen"), (location(2), "outranked")]);
    assert_eq!(both.verdicts[0].covers, 1);
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
    assert_eq!(plan.assignments[1].parked_as, Some(ParkingReason::Backorder));
    let plan = allocate(&[backorder], &[]);
    assert_eq!(plan.shortages, [Shortage { variant_id: variant(1), requested: 3, available: 2 }]);
}

#[test]
fn a_preorder_waits_for_its_day_though_stock_is_there() {
    let early =
        Demand { policy: InventoryPolicy::Preorder, not_before: Some(noon() + TimeDelta::days(1)), ..demand(0, 1, 1) };
    let there = [candidate(1, 0, &[(1, 9)])];
    let plan = allocate(std::slice::from_ref(&early), &there);
    assert_eq!(places(&plan), [(0, None, 1)]);
    assert_eq!(plan.assignments[0].parked_as, Some(ParkingReason::Preorder));
    let due = Demand { not_before: Some(noon()), ..early };
    assert_eq!(places(&allocate(&[due], &there)), [(0, Some(location(1)), 1)]);
}

#[test]
fn bound_demand_is_served_there_or_not_at_all() {
    let pickup = Demand { bound_to: Some(location(1)), ..demand(0, 1, 1) };
    let candidates = [candidate(1, 0, &[(1, 0)]), candidate(2, 0, &[(1, 9)])];
    assert_eq!(allocate(std::slice::from_ref(&pickup), &candidates).shortages.len(), 1);
    let parked = ask(&[pickup], &candidates, &[], Shortfall::Park);
    assert_eq!(places(&parked), [(0, None, 1)]);
    assert_eq!(parked.assignments[0].parked_as, Some(ParkingReason::Unfillable));
}

#[test]
fn uncounted_goods_are_always_there() {
    let gift_wrap = Demand { parts: Vec::new(), ..demand(0, 1, 500) };
    assert_eq!(places(&allocate(&[gift_wrap], &[candidate(1, 0, &[])])), [(0, Some(location(1)), 500)]);
}

#[test]
fn what_others_claim_is_not_given() {
    let two = [candidate(1, 0, &[(1, 2)]), candidate(2, 5, &[(1, 1)])];
    let held = HashMap::from([(variant(1), 2)]);
    let plan = claimed(&[demand(0, 1, 1)], &two, &[], Shortfall::Refuse, &held);
    assert_eq!(places(&plan), [(0, Some(location(1)), 1)]);
    let plan = claimed(&[demand(0, 1, 2)], &two, &[], Shortfall::Refuse, &held);
    assert_eq!(plan.shortages, [Shortage { variant_id: variant(1), requested: 2, available: 1 }]);
}

/// Two last units in two stores, and an order of two.
#[test]
fn the_rule_says_whether_an_order_is_split_or_waits_whole() {
    let stores = [candidate(1, 100, &[(1, 1)]), candidate(2, 200, &[(1, 1)])];
    let split = ask(&[demand(0, 1, 2)], &stores, &[rule(vec![], &[RoutingSort::Proximity])], Shortfall::Refuse);
    assert_eq!(places(&split), [(0, Some(location(1)), 1), (0, Some(location(2)), 1)]);
    let whole = queue(Rule { allow_partial: false, ..rule(vec![], &[]) });
    let waits = ask(&[demand(0, 1, 2)], &stores, std::slice::from_ref(&whole), Shortfall::Refuse);
    assert_eq!(places(&waits), [(0, None, 2)]);
    assert_eq!(waits.assignments[0].parked_as, Some(ParkingReason::Unfillable));
    assert_eq!(reasons(&waits), [(location(1), "not_all"), (location(2), "not_all")]);
    // A third unit is nowhere: it is not promised, however the rule would have it wait.
    let refused = ask(&[demand(0, 1, 3)], &stores, &[whole], Shortfall::Refuse);
    assert_eq!(refused.shortages, [Shortage { variant_id: variant(1), requested: 3, available: 2 }]);
}

#[test]
fn what_one_rule_cannot_place_goes_to_the_next() {
    let group = LocationGroupId(Uuid::from_u128(7));
    let mut near = candidate(1, 100, &[(1, 1)]);
    near.groups.insert(group);
    let candidates = [near, candidate(2, 200, &[(1, 5)])];
    let first = Rule {
        id: Some(entity::id::RoutingRuleId(Uuid::from_u128(1))),
        ..rule(vec![Filter::LocationGroup { group_ids: [group].into(), except: false }], &[])
    };
    let second = Rule { name: "second".to_owned(), ..rule(vec![], &[]) };
    let plan = ask(&[demand(0, 1, 3)], &candidates, &[first, second], Shortfall::Refuse);
    assert_eq!(places(&plan), [(0, Some(location(1)), 1), (0, Some(location(2)), 2)]);
    assert_eq!((plan.rule.as_ref(), plan.rule_id), ("second", None));
    let tried: Vec<_> = plan.tried.iter().map(|tried| (tried.rule.as_str(), tried.placed, tried.left)).collect();
    assert_eq!(tried, [("rule", 1, 2), ("second", 2, 0)]);
}

#[test]
fn each_filter_refuses_in_its_own_word() {
    let open = |opens: &str, closes: &str| {
        let time = |text: &str| chrono::NaiveTime::parse_from_str(text, "%H:%M").expect("a time");
        let day = vec![OpenPeriod { opens: time(opens), closes: time(closes) }];
        OpeningHours { week: vec![day; 7], exceptions: Vec::new() }
    };
    let place = candidate(1, 5_000, &[(1, 2)]);
    let groups: BTreeSet<_> = [LocationGroupId(Uuid::from_u128(7))].into();
    let cases = [
        (Filter::LocationGroup { group_ids: groups.clone(), except: false }, place.clone(), "outside_group"),
        (
            Filter::LocationGroup { group_ids: groups.clone(), except: true },
            Candidate { groups, ..place.clone() },
            "outside_group",
        ),
        (Filter::Distance { max_meters: 4_999 }, place.clone(), "too_far"),
        (Filter::Distance { max_meters: 1 }, Candidate { distance_meters: None, ..place.clone() }, "too_far"),
        (Filter::DailyLimit, Candidate { daily_limit: Some(3), orders_today: 3, ..place.clone() }, "daily_limit"),
        // Twenty minutes are left before it closes.
        (
            Filter::OpenToday { minutes: 21 },
            Candidate { hours: open("10:00", "12:20"), ..place.clone() },
            "closed_today",
        ),
        (Filter::ShipBy { minutes: 61 }, Candidate { hours: open("13:00", "14:00"), ..place.clone() }, "too_late"),
        (Filter::StockLeft { units: 2 }, place.clone(), "short"),
    ];
    for (filter, refused, word) in cases {
        let rules = [queue(rule(vec![filter.clone()], &[]))];
        let plan = ask(&[demand(0, 1, 1)], std::slice::from_ref(&refused), &rules, Shortfall::Park);
        assert_eq!(reasons(&plan), [(location(1), word)], "{filter:?}");
        assert_eq!(places(&plan), [(0, None, 1)], "{filter:?}");
    }
    let passing = [
        (Filter::Distance { max_meters: 5_000 }, place.clone()),
        (Filter::DailyLimit, Candidate { daily_limit: Some(3), orders_today: 2, ..place.clone() }),
        (Filter::OpenToday { minutes: 20 }, Candidate { hours: open("10:00", "12:20"), ..place.clone() }),
        (Filter::OpenToday { minutes: 20 }, place.clone()),
        (Filter::ShipBy { minutes: 60 }, Candidate { hours: open("13:00", "14:00"), ..place.clone() }),
        (Filter::StockLeft { units: 1 }, place),
    ];
    for (filter, allowed) in passing {
        let rules = [rule(vec![filter.clone()], &[])];
        let plan = ask(&[demand(0, 1, 1)], &[allowed], &rules, Shortfall::Refuse);
        assert_eq!(places(&plan), [(0, Some(location(1)), 1)], "{filter:?}");
    }
}

#[test]
fn each_sort_ranks_by_its_own_measure() {
    let since = |hours| HashMap::from([(variant(1), noon() - TimeDelta::hours(hours))]);
    let first = Candidate { priority: 2, oldest: since(1), ..candidate(1, 100, &[(1, 4)]) };
    let second = Candidate { priority: 1, oldest: since(2), ..candidate(2, 200, &[(1, 4)]) };
    let third = Candidate { priority: 3, oldest: since(9), ..candidate(3, 300, &[(1, 9)]) };
    let candidates = [first, second, third];
    for (sort, best) in [
        (RoutingSort::Proximity, 1),
        (RoutingSort::Priority, 2),
        (RoutingSort::StockBalance, 3),
        (RoutingSort::StockAge, 3),
    ] {
        let plan = ask(&[demand(0, 1, 1)], &candidates, &[rule(vec![], &[sort])], Shortfall::Refuse);
        assert_eq!(places(&plan), [(0, Some(location(best)), 1)], "{sort}");
    }
    let plan = ask(&[demand(0, 1, 9)], &candidates, &[rule(vec![], &[RoutingSort::FewestSplits])], Shortfall::Refuse);
    assert_eq!(places(&plan), [(0, Some(location(3)), 9)]);
}

#[test]
fn a_rule_is_only_about_its_methods() {
    let local = Demand { method: DeliveryMethod::LocalDelivery, ..demand(1, 1, 1) };
    let candidates = [candidate(1, 100, &[(1, 5)]), candidate(2, 200, &[(1, 5)])];
    let far_first =
        rule(vec![Filter::Method { methods: [DeliveryMethod::LocalDelivery].into() }], &[RoutingSort::StockBalance]);
    let rules = [far_first, rule(vec![], &[RoutingSort::Proximity])];
    let plan = ask(&[demand(0, 1, 1), local], &candidates, &rules, Shortfall::Refuse);
    let mut served = places(&plan);
    served.sort_unstable();
    assert_eq!(served, [(0, Some(location(1)), 1), (1, Some(location(1)), 1)]);
    assert_eq!(plan.tried.iter().map(|tried| tried.placed).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn who_gave_it_back_is_not_asked_again() {
    let again = Demand { never: [location(1)].into(), ..demand(0, 1, 1) };
    let plan = ask(&[again], &[candidate(1, 0, &[(1, 9)])], &[], Shortfall::Park);
    assert_eq!(places(&plan), [(0, None, 1)]);
    assert_eq!(reasons(&plan), [(location(1), "rejected_before")]);
}

#[test]
fn that_it_was_given_back_is_said_whatever_later_rules_ask_for() {
    let again = Demand { never: [location(1)].into(), ..demand(0, 1, 1) };
    let group = LocationGroupId(Uuid::from_u128(7));
    let warehouse = Candidate { groups: [group].into(), ..candidate(2, 900, &[(1, 9)]) };
    let near = rule(vec![Filter::Distance { max_meters: 100 }], &[RoutingSort::Proximity]);
    let warehouses = rule(vec![Filter::LocationGroup { group_ids: [group].into(), except: false }], &[]);
    let candidates = [candidate(1, 10, &[(1, 9)]), warehouse, candidate(3, 20, &[])];
    let plan = ask(&[again], &candidates, &[near, warehouses], Shortfall::Park);
    assert_eq!(places(&plan), [(0, Some(location(2)), 1)]);
    let said = [(location(1), "rejected_before"), (location(2), "chosen"), (location(3), "outside_group")];
    assert_eq!(reasons(&plan), said);
}

#[test]
fn what_a_rule_cancels_is_refused_before_it_is_sold_and_given_up_after() {
    let cancel = Rule { fallback: RoutingFallback::Cancel, ..rule(vec![Filter::Distance { max_meters: 1 }], &[]) };
    let far = [candidate(1, 100, &[(1, 9)])];
    let refused = ask(&[demand(0, 1, 1)], &far, std::slice::from_ref(&cancel), Shortfall::Refuse);
    assert_eq!(refused.shortages, [Shortage { variant_id: variant(1), requested: 1, available: 0 }]);
    let given_up = ask(&[demand(0, 1, 1)], &far, &[cancel], Shortfall::Park);
    assert_eq!((given_up.canceled, given_up.assignments.len()), (vec![(0, 1)], 0));
}

fn any_filter() -> impl Strategy<Value = Filter> {
    prop_oneof![
        (0_i64..1_200).prop_map(|max_meters| Filter::Distance { max_meters }),
        (1_i64..4).prop_map(|units| Filter::StockLeft { units }),
        Just(Filter::DailyLimit),
        proptest::bool::ANY.prop_map(|except| Filter::LocationGroup {
            group_ids: [LocationGroupId(Uuid::from_u128(7))].into(),
            except,
        }),
    ]
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let filters = proptest::collection::vec(any_filter(), 0..3);
    let sorts = proptest::sample::subsequence(RoutingSort::ALL.to_vec(), 0..=5).prop_shuffle();
    let fallback = proptest::sample::select(RoutingFallback::ALL);
    (filters, sorts, proptest::bool::ANY, fallback).prop_map(|(filters, sorts, allow_partial, fallback)| Rule {
        id: None,
        name: "rule".to_owned(),
        filters,
        sorts,
        allow_partial,
        fallback,
    })
}

fn any_candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let one = (proptest::collection::vec((1_u128..4, 0_i64..6), 0..4), 0_i64..1_000, 0_i64..3, proptest::bool::ANY);
    proptest::collection::vec(one, 0..6).prop_map(|rows| {
        let candidates = rows.into_iter().enumerate().map(|(n, (stock, meters, orders_today, grouped))| Candidate {
            orders_today,
            daily_limit: Some(2),
            groups: if grouped { [LocationGroupId(Uuid::from_u128(7))].into() } else { BTreeSet::new() },
            ..candidate(u128::try_from(n).expect("small") + 1, meters, &stock)
        });
        candidates.collect()
    })
}

fn any_demands() -> impl Strategy<Value = Vec<Demand>> {
    let one = (1_u128..4, 1_i64..6, proptest::bool::ANY, proptest::option::of(1_u128..6));
    proptest::collection::vec(one, 1..6).prop_map(|rows| {
        let demands = rows.into_iter().enumerate().map(|(line, (v, quantity, bundle, never))| Demand {
            parts: if bundle { vec![(variant(1), 1), (variant(2), 2)] } else { vec![(variant(v), 1)] },
            variant_id: variant(if bundle { 9 } else { v }),
            never: never.map(location).into_iter().collect(),
            ..demand(line, v, quantity)
        });
        demands.collect()
    })
}

/// A place takes its own first, whatever the order of the lines; others send what it lacks, as few as may be.
#[test]
fn others_bring_what_a_place_lacks() {
    let at = |line, place: u128, quantity| Demand {
        bound_to: Some(location(place)),
        brought: true,
        ..demand(line, 1, quantity)
    };
    let candidates = [candidate(1, 0, &[(1, 1)]), candidate(2, 0, &[(1, 1)]), candidate(3, 0, &[(1, 3)])];
    let plan = allocate(&[at(0, 1, 3), at(1, 2, 1)], &candidates);
    let told: Vec<_> = plan.assignments.iter().map(|one| (one.line, one.from, one.quantity)).collect();
    assert_eq!(told, [(0, None, 1), (1, None, 1), (0, Some(location(3)), 2)]);
    let local = Demand { brought: false, ..at(0, 1, 3) };
    assert_eq!(allocate(&[local], &candidates).shortages[0].available, 1);
    assert_eq!(allocate(&[at(0, 1, 6)], &candidates).shortages[0].available, 5);
}

proptest! {
    /// Whatever the rules: every unit is placed, parked, canceled or refused exactly once; no location gives more than it
    /// has, whole bundles only; nobody is asked who rejected; and the same question has the same answer.
    #[test]
    fn nothing_is_promised_twice_or_lost(
        demands in any_demands(),
        candidates in any_candidates(),
        rules in proptest::collection::vec(any_rule(), 0..4),
        claims in 0_i64..4,
        sold in proptest::bool::ANY,
    ) {
        let shortfall = if sold { Shortfall::Park } else { Shortfall::Refuse };
        let others = HashMap::from([(variant(1), claims)]);
        let plan = claimed(&demands, &candidates, &rules, shortfall, &others);
        for demand in &demands {
            let placed: i64 = plan.assignments.iter().filter(|a| a.line == demand.line).map(|a| a.quantity).sum();
            let canceled: i64 = plan.canceled.iter().filter(|(line, _)| *line == demand.line).map(|(_, units)| units).sum();
            let short = plan.shortages.iter().any(|s| s.variant_id == demand.variant_id);
            prop_assert!(placed + canceled == demand.quantity || (placed < demand.quantity && short));
            prop_assert!(!sold || !short, "what was sold is never refused");
            prop_assert!(plan.assignments.iter().filter(|a| a.line == demand.line)
                .all(|a| a.location_id.is_none_or(|place| !demand.never.contains(&place))));
        }
        prop_assert!(plan.assignments.iter().all(|a| a.location_id.is_none() == a.parked_as.is_some() && a.quantity > 0));
        let mut given: HashMap<VariantId, i64> = HashMap::new();
        for candidate in &candidates {
            let mut taken: HashMap<VariantId, i64> = HashMap::new();
            for a in plan.assignments.iter().filter(|a| a.location_id == Some(candidate.location_id)) {
                for (v, per_unit) in &demands[a.line].parts {
                    *taken.entry(*v).or_default() += per_unit * a.quantity;
                }
            }
            for (v, units) in taken {
                prop_assert!(units <= candidate.available.get(&v).copied().unwrap_or(0));
                *given.entry(v).or_default() += units;
            }
        }
        // Units that wait though they are there are promised too.
        if !sold {
            for a in plan.assignments.iter().filter(|a| a.location_id.is_none()) {
                for (v, per_unit) in &demands[a.line].parts {
                    *given.entry(*v).or_default() += per_unit * a.quantity;
                }
            }
        }
        for (v, units) in given {
            let there: i64 = candidates.iter().filter_map(|c| c.available.get(&v)).sum();
            prop_assert!(units <= (there - others.get(&v).copied().unwrap_or(0)).max(0));
        }
        let mut turned = candidates.clone();
        turned.reverse();
        let again = claimed(&demands, &turned, &rules, shortfall, &others);
        prop_assert_eq!(places(&plan), places(&again));
        prop_assert_eq!(plan.verdicts, again.verdicts);
    }

    /// A rule that does not split sends everything from one location, or nothing.
    #[test]
    fn a_whole_order_is_never_split(
        demands in any_demands(),
        candidates in any_candidates(),
        rule in any_rule(),
    ) {
        let rule = Rule { allow_partial: false, fallback: RoutingFallback::Queue, ..rule };
        let plan = ask(&demands, &candidates, &[rule], Shortfall::Park);
        let places: BTreeSet<_> = plan.assignments.iter().map(|a| a.location_id).collect();
        prop_assert!(places.len() == 1, "{:?}", plan.assignments);
    }

    /// Without rules, one location serves everything whenever one can.
    #[test]
    fn without_rules_one_location_serves_whenever_one_can(demands in any_demands(), candidates in any_candidates()) {
        let plan = ask(&demands, &candidates, &[], Shortfall::Park);
        let able = candidates.iter().any(|candidate| {
            let mut free = candidate.available.clone();
            demands.iter().all(|demand| {
                !demand.never.contains(&candidate.location_id) && demand.parts.iter().all(|(v, per_unit)| {
                    let left = free.entry(*v).or_insert(0);
                    *left -= per_unit * demand.quantity;
                    *left >= 0
                })
            })
        });
        let places: BTreeSet<_> = plan.assignments.iter().filter_map(|a| a.location_id).collect();
        prop_assert!(!able || places.len() == 1);
    }
}
