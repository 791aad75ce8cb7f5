//! Who could serve an order: the channel's locations with their stock, their distance and what its rules ask of them.

use std::collections::{BTreeSet, HashMap};

use entity::id::{LocationId, VariantId};
use entity::location;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::plan::{Ask, Parts, counted};
use crate::channel;
use crate::inventory::{self, pool, pool::PoolStock};
use crate::kernel::{Result, Tx};
use crate::location::{distance::to_address, query::time_zone};
use crate::routing::facts::{self, Facts};
use crate::routing::rule::Wants;
use crate::routing::{self, Candidate, Rule, Shortfall};

/// Everything that was read to route.
pub(super) struct Reached {
    pub(super) candidates: Vec<Candidate>,
    /// The locations of the candidates.
    pub(super) locations: HashMap<LocationId, location::Model>,
    /// The channel's rules.
    pub(super) rules: Vec<Rule>,
    /// Units per variant that others claim.
    pub(super) claimed: HashMap<VariantId, i64>,
}

/// A location and its priority in the channel; none for a place that is only named.
type Places = HashMap<LocationId, (location::Model, Option<i32>)>;

/// The channel's locations and the bound places, with what is free there.
pub(super) async fn read(tx: &Tx, ask: &Ask, parts: &[Parts]) -> Result<Reached> {
    let places = places(tx, ask).await?;
    let variants: Vec<VariantId> = counted(parts).into_iter().collect();
    let mut stock = free_stock(tx, ask, &places, &variants).await?;
    if ask.ignores_claims {
        stock.claimed.clear();
    }
    let unbound = ask.wanted.iter().any(|wanted| wanted.bound_to.is_none());
    let rules =
        if stock.has_rules && unbound { routing::query::active_rules(tx, ask.channel_id).await? } else { Vec::new() };
    let serving: Vec<&location::Model> =
        places.values().filter(|(_, priority)| priority.is_some()).map(|(location, _)| location).collect();
    let wants = Wants::of(&rules);
    if wants.orders_today {
        // Whoever counts adds to the count before the next one counts: the limit holds to the order.
        let limited = serving.iter().filter(|location| location.daily_order_limit.is_some());
        crate::location::query::lock(tx, &limited.map(|location| location.id).collect()).await?;
    }
    let facts = facts::read(tx, wants, &serving, &variants, tx.now()).await?;
    let mut free: HashMap<LocationId, HashMap<VariantId, i64>> = HashMap::new();
    for ((location, variant), units) in stock.free {
        free.entry(location).or_default().insert(variant, units);
    }
    let mut candidates: Vec<Candidate> =
        places.values().map(|(location, priority)| candidate(location, *priority, ask, &facts, &mut free)).collect();
    candidates.sort_by_key(|candidate| (candidate.priority, candidate.location_id));
    let locations = places.into_iter().map(|(id, (location, _))| (id, location)).collect();
    Ok(Reached { candidates, locations, rules, claimed: stock.claimed })
}

async fn places(tx: &Tx, ask: &Ask) -> Result<Places> {
    let serving = channel::query::locations(tx, ask.channel_id).await?;
    let mut places: Places =
        serving.into_iter().map(|(location, priority)| (location.id, (location, Some(priority)))).collect();
    let mut bound = ask.bound();
    bound.retain(|id| !places.contains_key(id));
    if !bound.is_empty() {
        let found = location::Entity::find().filter(location::Column::Id.is_in(bound)).all(tx).await?;
        places.extend(found.into_iter().map(|location| (location.id, (location, None))));
    }
    Ok(places)
}

fn candidate(
    location: &location::Model,
    priority: Option<i32>,
    ask: &Ask,
    facts: &Facts,
    free: &mut HashMap<LocationId, HashMap<VariantId, i64>>,
) -> Candidate {
    let distance = ask.target.as_ref().and_then(|address| to_address(location, address));
    Candidate {
        location_id: location.id,
        priority: priority.unwrap_or(i32::MAX),
        distance_meters: distance.map(|(meters, _)| meters),
        distance_basis: distance.map(|(_, basis)| basis),
        available: free.remove(&location.id).unwrap_or_default(),
        serves_unbound: priority.is_some() && location.active && location.fulfills_online,
        groups: facts.groups.get(&location.id).cloned().unwrap_or_default(),
        orders_today: facts.orders_today.get(&location.id).copied().unwrap_or(0),
        daily_limit: location.daily_order_limit.map(i64::from),
        hours: location.opening_hours.clone(),
        zone: time_zone(location),
        oldest: facts.oldest.get(&location.id).cloned().unwrap_or_default(),
    }
}

/// Units free to promise. The first run of a placement reads without locks; a run that follows a lost race locks the rows
/// first, in (location, variant) order, so that it cannot lose again. So does everything else that routes, and every
/// placement in a shop with rules: there units may be promised that stay where they are, and no counter tells of them.
async fn free_stock(tx: &Tx, ask: &Ask, places: &Places, variants: &[VariantId]) -> Result<PoolStock> {
    if variants.is_empty() {
        return Ok(PoolStock::default());
    }
    let locations: Vec<LocationId> = places.keys().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let careful = tx.attempt() > 1 || ask.shortfall == Shortfall::Park;
    if !careful {
        let stock = pool::stock(tx, &locations, variants, tx.now(), ask.asker()).await?;
        if !stock.has_rules || ask.ignores_claims {
            return Ok(stock);
        }
    }
    inventory::lock_all(tx, &locations, variants).await?;
    pool::stock(tx, &locations, variants, tx.now(), ask.asker()).await
}
