//! Ninety days of a shop, hour by hour: exactly the messages that a simple model expects, and none after a return, in
//! quiet hours, over the cap or without consent.
//!
//! `HITOTSU_FLOW_CUSTOMERS=1000` takes more people (every step costs by what is due, so that this takes minutes),
//! `HITOTSU_SEED=7` others. The model below knows nothing of runs and steps: it goes through each person's life and
//! writes down what should arrive when.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use entity::id::{CustomerId, OrderId};
use entity::message;
use entity::words::{MessageClass, MessageStatus};
use sea_orm::{EntityTrait, QueryOrder, QuerySelect};
use serde_json::json;
use support::{World, both_databases};

use super::fixture::{Desk, after_order};

const HOURS: i64 = 90 * 24;
const QUIET: std::ops::Range<u32> = 8..21;
const CAP: usize = 3;
const CAP_DAYS: i64 = 7;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// One purchase; hours since the begin.
#[derive(Debug, Clone)]
struct Purchase {
    placed: i64,
    /// Bought in a store and taken along: it is there at once.
    carried_out: bool,
    canceled: Option<i64>,
    delivered: Option<i64>,
    returned: Option<i64>,
}

/// One life.
#[derive(Debug, Clone)]
struct Life {
    zone: Tz,
    born: Option<NaiveDate>,
    /// Agrees from the first hour; says no at this one.
    agrees: bool,
    refuses: Option<i64>,
    purchases: Vec<Purchase>,
}

/// Numbers that a seed decides.
struct Dice(u64);

impl Dice {
    fn below(&mut self, below: i64) -> i64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((mixed ^ (mixed >> 31)) % below.unsigned_abs()).unwrap()
    }

    fn one_in(&mut self, of: i64) -> bool {
        self.below(of) == 0
    }
}

fn life(dice: &mut Dice, begin: DateTime<Utc>) -> Life {
    let zone = [Tz::Asia__Tokyo, Tz::Europe__Berlin, Tz::America__New_York][usize::try_from(dice.below(3)).unwrap()];
    let born = (!dice.one_in(3)).then(|| {
        // Days that began before the shop did are not made up for here.
        let day = (begin + TimeDelta::days(2 + dice.below(86))).date_naive();
        NaiveDate::from_ymd_opt(1960 + i32::try_from(dice.below(40)).unwrap(), day.month(), day.day().min(28)).unwrap()
    });
    let agrees = !dice.one_in(5);
    // In the middle of a day, so that it is between no message and its sending.
    let refuses = dice.one_in(5).then(|| {
        let near = dice.below(HOURS);
        (near..).find(|hour| local(zone, begin, *hour).hour() == 13).unwrap()
    });
    let mut purchases = Vec::new();
    let mut hour = 1 + dice.below(24 * 20);
    // What happens to one person happens at different hours.
    let mut taken: BTreeSet<i64> = refuses.into_iter().collect();
    while hour < HOURS && purchases.len() < 4 {
        let mut free = |from: i64| (from..).find(|hour| taken.insert(*hour)).unwrap();
        let placed = free(hour);
        let carried_out = dice.one_in(5);
        let canceled = (!carried_out && dice.one_in(8)).then(|| free(placed + 1 + dice.below(30)));
        let arrives = canceled.is_none() && !dice.one_in(10);
        let delivered = match (carried_out, arrives) {
            (true, _) => Some(placed),
            (false, true) => Some(free(placed + 24 + dice.below(72))),
            (false, false) => None,
        };
        let returned = delivered.filter(|_| dice.one_in(4)).map(|at| free(at + 1 + dice.below(24 * 12)));
        purchases.push(Purchase { placed, carried_out, canceled, delivered, returned });
        hour = placed + 12 + dice.below(24 * 40);
    }
    Life { zone, born, agrees, refuses, purchases }
}

fn at(begin: DateTime<Utc>, hour: i64) -> DateTime<Utc> {
    begin + TimeDelta::hours(hour)
}

fn local(zone: Tz, begin: DateTime<Utc>, hour: i64) -> DateTime<Tz> {
    at(begin, hour).with_timezone(&zone)
}

/// The first hour from one on at which a local clock shows this.
fn next(life: &Life, begin: DateTime<Utc>, from: i64, clock: u32) -> i64 {
    (from..).find(|hour| local(life.zone, begin, *hour).hour() == clock).unwrap()
}

/// What a person should get: something asked for at an hour, and by what it is called off.
#[derive(Debug, Clone)]
struct Wish {
    template: &'static str,
    asked: i64,
    /// Whether another wait ended in the same hour: then it goes after those that only waited for this one.
    late: bool,
    began: i64,
    order: Option<usize>,
}

/// When it is called off: by what became of its order, else never.
fn off(life: &Life, wish: &Wish) -> Option<i64> {
    let purchase = &life.purchases[wish.order?];
    [purchase.canceled, purchase.returned].into_iter().flatten().min()
}

fn wishes(life: &Life, begin: DateTime<Utc>) -> Vec<Wish> {
    let mut all = Vec::new();
    let stands = |purchase: &Purchase, hour: i64| purchase.canceled.is_none_or(|at| at > hour);
    for (place, purchase) in life.purchases.iter().enumerate() {
        let order = Some(place);
        let earlier = life.purchases[..place].iter().any(|other| stands(other, purchase.placed));
        if !earlier {
            let due = purchase.placed + 2;
            let is_quiet = !QUIET.contains(&local(life.zone, begin, due).hour());
            all.push(Wish {
                template: "thanks",
                // The only one that may be due in the night. It rests, and everything is looked at in the morning.
                asked: if is_quiet { next(life, begin, due, QUIET.start) } else { due },
                late: false,
                began: purchase.placed,
                order,
            });
        }
        if let Some(delivered) = purchase.delivered {
            for (template, rest, clock) in [("how_to_use", 24, 10), ("review_request", 14 * 24, 18)] {
                let rested = delivered + rest;
                let asked = next(life, begin, rested, clock);
                all.push(Wish { template, asked, late: asked == rested, began: delivered, order });
            }
        }
        // Won back after 40 days in which nothing was bought that stands.
        let due = purchase.placed + 40 * 24;
        let alone =
            |hour: i64| life.purchases[place + 1..].iter().all(|other| other.placed > hour || !stands(other, hour));
        if let Some(began) = (due..due + 72).find(|hour| stands(purchase, *hour) && alone(*hour)) {
            // What began later than it was due, because another order was given up, still takes the noon that has just passed.
            let noon = next(life, begin, due, 12);
            let asked = if (noon..=noon + 3).contains(&began) { began } else { next(life, begin, began, 12) };
            let bought = life.purchases[place + 1..].iter().any(|other| other.placed > began && other.placed <= asked);
            if !bought {
                all.push(Wish { template: "win_back", asked, late: asked == began, began, order });
            }
        }
    }
    if let Some(born) = life.born {
        let midnight = |hour: &i64| {
            let now = local(life.zone, begin, *hour);
            (now.hour(), now.month(), now.day()) == (0, born.month(), born.day())
        };
        if let Some(began) = (1..=HOURS).find(midnight) {
            let asked = next(life, begin, began, 11);
            all.push(Wish { template: "birthday", asked, late: false, began, order: None });
        }
    }
    all.sort_by_key(|wish| (wish.asked, wish.late, wish.began, wish.order.is_none(), wish.template));
    all
}

/// What should arrive, with the hour.
fn expected(life: &Life, begin: DateTime<Utc>) -> Vec<(i64, &'static str)> {
    let mut kept: Vec<(i64, &'static str)> = Vec::new();
    for wish in wishes(life, begin) {
        let called_off = off(life, &wish);
        let agrees = life.agrees && life.refuses.is_none_or(|hour| hour > wish.asked);
        if wish.asked > HOURS || !agrees || called_off.is_some_and(|hour| hour <= wish.asked) {
            continue;
        }
        if kept.iter().filter(|(sent, _)| *sent > wish.asked - CAP_DAYS * 24).count() < CAP {
            kept.push((wish.asked, wish.template));
        }
    }
    kept.sort_unstable();
    kept
}

/// What happens at an hour.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Place(usize, usize),
    CarryOut(usize, usize),
    Cancel(usize, usize),
    Deliver(usize, usize),
    Return(usize, usize),
    Refuse(usize),
}

fn deeds(lives: &[Life]) -> BTreeMap<i64, Vec<Deed>> {
    let mut deeds: BTreeMap<i64, Vec<Deed>> = BTreeMap::new();
    for (person, life) in lives.iter().enumerate() {
        if let Some(hour) = life.refuses {
            deeds.entry(hour).or_default().push(Deed::Refuse(person));
        }
        for (place, purchase) in life.purchases.iter().enumerate() {
            let out = purchase.carried_out;
            let hours = [
                (Some(purchase.placed), if out { Deed::CarryOut(person, place) } else { Deed::Place(person, place) }),
                (purchase.canceled, Deed::Cancel(person, place)),
                (purchase.delivered.filter(|_| !out), Deed::Deliver(person, place)),
                (purchase.returned, Deed::Return(person, place)),
            ];
            for (hour, deed) in hours {
                if let Some(hour) = hour {
                    deeds.entry(hour).or_default().push(deed);
                }
            }
        }
    }
    deeds
}

async fn flows(desk: &Desk) {
    desk.on("birthday").await;
    let birthday = json!({
        "trigger": { "kind": "BIRTHDAY" },
        "steps": [{ "kind": "WAIT_UNTIL", "id": "late", "at": "11:00" }, { "kind": "SEND", "id": "wish", "template": "birthday" }],
    });
    desk.flow("birthday", &birthday).await;
    desk.on("thanks").await;
    desk.on("how_to_use").await;
    desk.on("review_request").await;
    let back = json!({
        "trigger": { "kind": "WIN_BACK", "days": 40 },
        "steps": [{ "kind": "WAIT_UNTIL", "id": "noon", "at": "12:00" }, { "kind": "SEND", "id": "back", "template": "win_back" }],
        "exits": [{ "event": "order_placed", "of": "CUSTOMER" }],
        "guards": ["NOT_BOUGHT_SINCE"],
    });
    desk.flow("win_back", &back).await;
    // One that nobody is in: it must not change anything.
    let mut nobody = after_order(&json!([{ "kind": "SEND", "id": "mail", "template": "thanks" }]));
    nobody["filters"] = json!({ "tags": ["nobody"] });
    desk.flow("nobody", &nobody).await;
}

struct Play {
    desk: Desk,
    people: Vec<CustomerId>,
    orders: BTreeMap<(usize, usize), OrderId>,
}

impl Play {
    async fn act(&mut self, deed: Deed) {
        let order = |orders: &BTreeMap<(usize, usize), OrderId>, person, place| orders[&(person, place)];
        match deed {
            Deed::Place(person, place) => {
                let id = self.desk.order(Some(self.people[person])).await.id;
                self.orders.insert((person, place), id);
            }
            Deed::CarryOut(person, place) => {
                let id = self.desk.carried_out(Some(self.people[person])).await.id;
                self.orders.insert((person, place), id);
            }
            Deed::Cancel(person, place) => self.desk.canceled(order(&self.orders, person, place)).await,
            Deed::Deliver(person, place) => self.desk.delivered(order(&self.orders, person, place)).await,
            Deed::Return(person, place) => self.desk.returned(order(&self.orders, person, place)).await,
            Deed::Refuse(person) => self.desk.consent(self.people[person], false).await,
        }
    }
}

/// What went to one person: at which hour, which message, about which of their purchases.
type Went = Vec<(i64, String, Option<usize>)>;
type Row = (MessageClass, MessageStatus, String, Option<CustomerId>, Option<OrderId>, Option<DateTime<Utc>>);

impl Play {
    /// What went to each, oldest first. Bodies stay where they are, and nobody is searched for: a thousand people get
    /// many thousands of messages.
    async fn went(&self, begin: DateTime<Utc>) -> Vec<Went> {
        let people: BTreeMap<CustomerId, usize> = self.people.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let orders: BTreeMap<OrderId, usize> = self.orders.iter().map(|((_, place), id)| (*id, *place)).collect();
        let rows: Vec<Row> = message::Entity::find()
            .select_only()
            .column(message::Column::Class)
            .column(message::Column::Status)
            .column(message::Column::Template)
            .column(message::Column::CustomerId)
            .column(message::Column::OrderId)
            .column(message::Column::SentAt)
            .order_by_asc(message::Column::Id)
            .into_tuple()
            .all(self.desk.world.db())
            .await
            .unwrap();
        let mut went = vec![Vec::new(); self.people.len()];
        for (class, status, template, customer, order, sent_at) in rows {
            assert_eq!(class, MessageClass::Marketing);
            if status == MessageStatus::Sent {
                let hour = (sent_at.unwrap() - begin).num_hours();
                let order = order.and_then(|id| orders.get(&id).copied());
                went[people[&customer.unwrap()]].push((hour, template, order));
            }
        }
        went
    }
}

/// Promises that need no model: looked up in what really went.
fn promises(lives: &[Life], begin: DateTime<Utc>, went: &[Went]) {
    for (person, (life, went)) in lives.iter().zip(went).enumerate() {
        for (hour, template, order) in went {
            let name = format!("person {person}, {template} at hour {hour}");
            assert!(QUIET.contains(&local(life.zone, begin, *hour).hour()), "{name}: in quiet hours");
            assert!(life.agrees && life.refuses.is_none_or(|refused| refused > *hour), "{name}: without consent");
            let returned = order.and_then(|place| life.purchases[place].returned);
            assert!(returned.is_none_or(|returned| returned > *hour), "{name}: after the return");
            let week = went.iter().filter(|(other, _, _)| *other > hour - CAP_DAYS * 24 && other <= hour).count();
            assert!(week <= CAP, "{name}: the {week}th in a week");
        }
    }
}

both_databases! {
    /// The play and the model agree, message by message.
    async fn ninety_days_of_a_shop(world: World) {
        let seed = number("HITOTSU_SEED", 1_126);
        let customers = number("HITOTSU_FLOW_CUSTOMERS", 24);
        eprintln!("HITOTSU_SEED={seed} HITOTSU_FLOW_CUSTOMERS={customers}");
        let begin = world.now();
        let mut dice = Dice(seed);
        let lives: Vec<Life> = (0..customers).map(|_| life(&mut dice, begin)).collect();
        let desk = Desk::open(&world).await;
        desk.policy(i32::try_from(CAP).unwrap(), i32::try_from(CAP_DAYS).unwrap(), "21:00", "08:00").await;
        flows(&desk).await;
        let mut people = Vec::new();
        for (number, life) in lives.iter().enumerate() {
            let change = |row: &mut entity::customer::Model| {
                row.time_zone = Some(life.zone.name().to_owned());
                row.birth_on = life.born;
            };
            people.push(desk.person_with(&format!("p{number}"), change, life.agrees).await.id);
        }
        let mut play = Play { desk: desk.clone(), people, orders: BTreeMap::new() };
        let deeds = deeds(&lives);
        for hour in 1..=HOURS {
            world.advance(TimeDelta::hours(1));
            for deed in deeds.get(&hour).into_iter().flatten() {
                play.act(*deed).await;
            }
            desk.work().await;
        }
        let went = play.went(begin).await;
        for (person, life) in lives.iter().enumerate() {
            let mut really: Vec<(i64, &str)> = went[person].iter().map(|(hour, name, _)| (*hour, name.as_str())).collect();
            really.sort_unstable();
            assert_eq!(really, expected(life, begin), "seed {seed}, person {person}: {life:#?}");
        }
        promises(&lives, begin, &went);
        let all: usize = went.iter().map(Vec::len).sum();
        assert!(all >= lives.len(), "hardly anything was sent: {all}");
        desk.done().await;
    }
}

/// The model is worth comparing with: in a larger town everything that can happen does.
#[test]
fn the_model_meets_every_case() {
    let begin = Utc.timestamp_opt(1_795_219_200, 0).unwrap();
    let mut dice = Dice(7);
    let lives: Vec<Life> = (0..2_000).map(|_| life(&mut dice, begin)).collect();
    let mut by_template: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut asked, mut sent) = (0, 0);
    for life in &lives {
        asked += wishes(life, begin).len();
        for (_, template) in expected(life, begin) {
            *by_template.entry(template).or_default() += 1;
            sent += 1;
        }
    }
    assert_eq!(by_template.len(), 5, "{by_template:?}");
    assert!(by_template.values().all(|count| *count > 50), "{by_template:?}");
    assert!(sent * 10 < asked * 8, "much is held back: {sent} of {asked}");
}
