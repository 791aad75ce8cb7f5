//! What is sold to whom, where and how: chance alone, no rows yet.

use chrono::{DateTime, TimeDelta, Utc};
use entity::words::{DeliveryMethod, Gateway};

use super::super::calendar;
use super::super::dice::Dice;
use super::super::people::ABROAD;
use super::Shop;

/// Where the sale is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Japan's web shop.
    Online,
    /// At the n-th till.
    Till(usize),
    /// Europe's web shop.
    Europe,
}

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Everything left.
    Done,
    /// Nobody has begun.
    Open,
    /// Somebody picks.
    InProgress,
    /// Given up before anything left.
    Canceled,
}

/// One sale.
#[derive(Clone, Debug)]
pub(super) struct Sale {
    pub(super) at: DateTime<Utc>,
    pub(super) way: Way,
    /// Which customer; a guest without.
    pub(super) person: Option<usize>,
    /// Goods and units; no goods twice.
    pub(super) lines: Vec<(usize, i64)>,
    /// Percent off everything.
    pub(super) discount_percent: i64,
    pub(super) delivery: DeliveryMethod,
    /// The n-th store that hands over a pickup, or the warehouse.
    pub(super) store: Option<usize>,
    pub(super) stage: Stage,
    pub(super) gateway: Gateway,
}

/// Plans `count` sales, oldest first.
pub(super) fn sales(shop: &Shop<'_>, count: usize, dice: &Dice) -> Vec<Sale> {
    let mut sales: Vec<Sale> =
        calendar::moments(shop.now, count, dice).into_iter().map(|at| sale(shop, at, dice)).collect();
    regulars(shop, &mut sales);
    sales
}

/// Customers whom the tours know have bought before: two at home, two abroad.
fn regulars(shop: &Shop<'_>, sales: &mut [Sale]) {
    const KNOWN: [(usize, Way); 4] =
        [(0, Way::Online), (1, Way::Online), (ABROAD - 1, Way::Europe), (2 * ABROAD - 1, Way::Europe)];
    for (index, way) in KNOWN {
        let Some(person) = shop.people.get(index) else { continue };
        let joined = person.row.created_at;
        let is_free = |sale: &Sale| KNOWN.iter().all(|(known, _)| sale.person != Some(*known));
        let fits = |sale: &&mut Sale| sale.way == way && sale.stage == Stage::Done && sale.at > joined && is_free(sale);
        if let Some(sale) = sales.iter_mut().find(fits) {
            sale.person = Some(index);
        }
    }
}

fn sale(shop: &Shop<'_>, at: DateTime<Utc>, dice: &Dice) -> Sale {
    let way = match dice.below(100) {
        0..55 => Way::Online,
        55..90 => Way::Till(dice.index(shop.places.registers.len())),
        _ => Way::Europe,
    };
    let known = match way {
        Way::Online => 85,
        Way::Till(_) => 45,
        Way::Europe => 100,
    };
    let person = dice.percent(known).then(|| customer(shop, at, way == Way::Europe, dice)).flatten();
    let pickup = way == Way::Online && dice.percent(20);
    let delivery = match way {
        Way::Till(_) => DeliveryMethod::CarryOut,
        Way::Online if pickup => DeliveryMethod::Pickup,
        Way::Online | Way::Europe => DeliveryMethod::Ship,
    };
    let gateway = match way {
        Way::Till(_) if dice.percent(45) => Gateway::Cash,
        Way::Till(_) => Gateway::CardTerminal,
        Way::Online if dice.percent(15) => Gateway::Manual,
        Way::Online | Way::Europe => Gateway::Test,
    };
    let discount_percent = if dice.percent(8) { 10 } else { 0 };
    let store = pickup.then(|| dice.index(shop.places.stores.len()));
    let stage = stage(shop, at, way, gateway, dice);
    Sale { at, way, person, lines: lines(shop, dice), discount_percent, delivery, store, stage, gateway }
}

/// A customer who had joined by then, of the right part of the world.
fn customer(shop: &Shop<'_>, at: DateTime<Utc>, abroad: bool, dice: &Dice) -> Option<usize> {
    let fitting: Vec<usize> = shop
        .people
        .iter()
        .enumerate()
        .filter(|(_, person)| person.is_at_home() != abroad && (abroad || person.row.created_at < at))
        .map(|(index, _)| index)
        .collect();
    fitting.get(dice.skewed_index(fitting.len())).copied()
}

fn lines(shop: &Shop<'_>, dice: &Dice) -> Vec<(usize, i64)> {
    let wanted = [1, 1, 2, 2, 2, 3, 3, 4].get(dice.index(8)).copied().unwrap_or(1);
    let mut lines: Vec<(usize, i64)> = Vec::with_capacity(wanted);
    while lines.len() < wanted {
        let good = dice.index(shop.goods.len());
        if lines.iter().all(|(known, _)| *known != good) {
            lines.push((good, if dice.percent(20) { dice.between(2, 4) } else { 1 }));
        }
    }
    lines
}

/// Old orders are done, a few were given up, and the newest ones are what staff find to do.
fn stage(shop: &Shop<'_>, at: DateTime<Utc>, way: Way, gateway: Gateway, dice: &Dice) -> Stage {
    let age = shop.now - at;
    if matches!(way, Way::Till(_)) {
        Stage::Done
    } else if gateway == Gateway::Manual && age > TimeDelta::days(10) && dice.percent(20) {
        Stage::Canceled
    } else if age > TimeDelta::days(4) {
        Stage::Done
    } else if gateway != Gateway::Manual && dice.percent(30) {
        Stage::InProgress
    } else {
        Stage::Open
    }
}
