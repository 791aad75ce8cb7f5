//! Whether a cart's lines can be promised now. Read only when somebody looks: an order checks stock when it takes it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::{LocationId, VariantId};
use entity::location;
use entity::words::{DeliveryMethod, PickupStockPolicy};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::problem::Problem;
use super::view::{CartView, PricedLine};
use crate::inventory::{availability, demand, pickup};
use crate::{ErrorCode, Result};

/// Every problem of a cart, with stock: those of pricing first. At most eighteen statements for any number of lines.
pub async fn problems(db: &impl ConnectionTrait, view: &CartView, now: DateTime<Utc>) -> Result<Vec<Problem>> {
    let mut problems = view.priced.problems.clone();
    let lines: Vec<&PricedLine> = view.priced.lines.iter().collect();
    let local = local_pickups(db, &lines).await?;
    let is_local = |line: &PricedLine| line.line.pickup_location_id.is_some_and(|id| local.contains(&id));
    let (on_shelf, rest): (Vec<&PricedLine>, Vec<&PricedLine>) = lines.into_iter().partition(|line| is_local(line));
    let (brought, rest): (Vec<&PricedLine>, Vec<&PricedLine>) =
        rest.into_iter().partition(|line| line.line.pickup_location_id.is_some());
    // What is carried out lies on the counter.
    let pooled: Vec<&PricedLine> =
        rest.into_iter().filter(|line| line.line.delivery != DeliveryMethod::CarryOut).collect();
    problems.extend(pool_problems(db, view, &pooled, now).await?);
    problems.extend(shelf_problems(db, &on_shelf, now).await?);
    problems.extend(offer_problems(db, view, &brought, now).await?);
    Ok(problems)
}

/// The pickup locations that hand over only what lies there.
async fn local_pickups(db: &impl ConnectionTrait, lines: &[&PricedLine]) -> Result<Vec<LocationId>> {
    let ids: Vec<LocationId> = lines.iter().filter_map(|line| line.line.pickup_location_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = location::Entity::find().filter(location::Column::Id.is_in(ids)).all(db).await?;
    let local = rows.into_iter().filter(|row| row.pickup_stock_policy == PickupStockPolicy::Local);
    Ok(local.map(|row| row.id).collect())
}

/// What is collected where others bring what the store lacks must lie there or be sendable; the cart's own holds count
/// as its own.
async fn offer_problems(
    db: &impl ConnectionTrait,
    view: &CartView,
    lines: &[&PricedLine],
    now: DateTime<Utc>,
) -> Result<Vec<Problem>> {
    let variants: Vec<VariantId> = sums(lines).into_keys().collect();
    let offers = pickup::pickup_except(db, view.priced.channel.id, &variants, now, Some(view.cart.id)).await?;
    let mut wanted: BTreeMap<(Option<LocationId>, VariantId), i64> = BTreeMap::new();
    for line in lines {
        let sum = wanted.entry((line.line.pickup_location_id, line.variant.id)).or_default();
        *sum = sum.saturating_add(line.line.quantity);
    }
    Ok(short(lines, |line| {
        let wanted = wanted.get(&(line.line.pickup_location_id, line.variant.id)).copied().unwrap_or(0);
        let mut here = offers.iter().filter(|offer| Some(offer.location.id) == line.line.pickup_location_id);
        let offer = here.find(|offer| offer.variant_id == line.variant.id)?;
        let there = offer.local?.saturating_add(offer.transferable);
        (wanted > there).then_some((wanted, there))
    }))
}

/// What is sent comes out of the channel's pool; the cart's own holds count as its own.
async fn pool_problems(
    db: &impl ConnectionTrait,
    view: &CartView,
    lines: &[&PricedLine],
    now: DateTime<Utc>,
) -> Result<Vec<Problem>> {
    let wanted = sums(lines);
    let ids: Vec<VariantId> = wanted.keys().copied().collect();
    let channel = view.priced.channel.id;
    let published = availability::published_except(db, channel, &ids, now, Some(view.cart.id)).await?;
    Ok(short(lines, |line| {
        let wanted = wanted.get(&line.variant.id).copied().unwrap_or(0);
        let there = published.get(&line.variant.id)?;
        if there.allows(wanted) { None } else { Some((wanted, there.orderable.unwrap_or(0))) }
    }))
}

/// What is collected where only local stock counts must lie on that shelf, a bundle in all its parts.
async fn shelf_problems(db: &impl ConnectionTrait, lines: &[&PricedLine], now: DateTime<Utc>) -> Result<Vec<Problem>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let variants: Vec<VariantId> = sums(lines).into_keys().collect();
    let goods = demand::Goods::load(db, &variants).await?;
    let parts: Vec<VariantId> = goods.counted().into_iter().collect();
    let mut places: Vec<LocationId> = lines.iter().filter_map(|line| line.line.pickup_location_id).collect();
    places.sort_unstable();
    places.dedup();
    let shelves = availability::at_locations_now(db, &places, &parts, now).await?;
    let mut wanted: BTreeMap<(LocationId, VariantId), i64> = BTreeMap::new();
    for line in lines {
        let Some(place) = line.line.pickup_location_id else { continue };
        for (part, each) in goods.parts(line.variant.id) {
            let sum = wanted.entry((place, part)).or_default();
            *sum = sum.saturating_add(each.saturating_mul(line.line.quantity));
        }
    }
    Ok(short(lines, |line| {
        let place = line.line.pickup_location_id?;
        goods
            .parts(line.variant.id)
            .into_iter()
            .filter_map(|(part, each)| {
                let wanted = wanted.get(&(place, part)).copied().unwrap_or(0);
                let there = shelves.get(&(place, part)).copied().unwrap_or(0);
                (wanted > there).then(|| (line.line.quantity, there.max(0) / each.max(1)))
            })
            .min_by_key(|(_, there)| *there)
    }))
}

fn sums(lines: &[&PricedLine]) -> BTreeMap<VariantId, i64> {
    let mut sums: BTreeMap<VariantId, i64> = BTreeMap::new();
    for line in lines {
        let sum = sums.entry(line.variant.id).or_default();
        *sum = sum.saturating_add(line.line.quantity);
    }
    sums
}

fn short(lines: &[&PricedLine], missing: impl Fn(&PricedLine) -> Option<(i64, i64)>) -> Vec<Problem> {
    let problem = |line: &&PricedLine| {
        let stock = missing(line)?;
        Some(Problem { stock: Some(stock), ..Problem::of_line(ErrorCode::InsufficientStock, &line.line) })
    };
    lines.iter().filter_map(problem).collect()
}
