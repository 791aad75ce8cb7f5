//! Finding out which location serves which line: reads stock, asks routing.

use std::collections::{BTreeSet, HashMap};

use entity::id::{CartId, ChannelId, LocationId, VariantId};
use entity::words::{DeliveryMethod, InventoryPolicy};
use entity::{location, variant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::placement::{PlacedLine, Placement};
use crate::channel;
use crate::inventory::demand::Goods;
use crate::inventory::{self, pool};
use crate::kernel::{Error, Result, Tx};
use crate::routing::allocation::Shortage;
use crate::routing::{self, Candidate, Demand, Plan};

/// Most rows locked by one statement.
const LOCKS: usize = 500;

/// What a line takes from the shelves: `(variant, units per sold unit, counted)`.
pub(crate) type Parts = Vec<(VariantId, i64, bool)>;

/// A plan, and what each line is made of.
#[derive(Debug)]
pub(crate) struct Routed {
    /// Who serves what.
    pub plan: Plan,
    /// The parts of each line, by its position.
    pub parts: Vec<Parts>,
    /// The locations that serve, for their hours.
    pub locations: HashMap<LocationId, location::Model>,
}

/// Plans an order. Reads two statements whatever its size, three more with bundles, and two more for limits beyond stock. Error: `INSUFFICIENT_STOCK` per short variant.
pub(crate) async fn route(tx: &Tx, placement: &Placement) -> Result<Routed> {
    let parts = parts(tx, &placement.lines).await?;
    let (candidates, locations, held) = candidates(tx, placement, &parts).await?;
    let beyond = Beyond::read(tx, placement).await?;
    let demands: Vec<Demand> = placement
        .lines
        .iter()
        .zip(&parts)
        .enumerate()
        .map(|(line, (placed, parts))| demand(placement, line, placed, parts, &beyond))
        .collect();
    let mut plan = routing::allocate(&demands, &candidates);
    if placement.till.is_none() {
        respect_holds(&held, &demands, &candidates, &mut plan);
    }
    if plan.shortages.is_empty() {
        return Ok(Routed { plan, parts, locations });
    }
    let short = plan.shortages.iter().map(|short| Error::InsufficientStock {
        variant_id: short.variant_id,
        requested: short.requested,
        available: short.available.max(0),
    });
    Err(Error::Several(short.collect()))
}

/// What each line is made of. Three statements more when there are bundles.
async fn parts(tx: &Tx, lines: &[PlacedLine]) -> Result<Vec<Parts>> {
    let bundles: Vec<VariantId> =
        lines.iter().filter(|line| line.variant.is_bundle).map(|line| line.variant.id).collect();
    let goods = if bundles.is_empty() { Goods::default() } else { Goods::load(tx, &bundles).await? };
    lines.iter().map(|line| parts_of(&line.variant, &goods)).collect()
}

fn parts_of(variant: &variant::Model, goods: &Goods) -> Result<Parts> {
    if !variant.is_bundle {
        return Ok(vec![(variant.id, 1, variant.tracked)]);
    }
    let parts: Parts = goods
        .components
        .get(&variant.id)
        .into_iter()
        .flatten()
        .map(|part| {
            let is_counted = goods.variants.get(&part.component_variant_id).is_none_or(|variant| variant.tracked);
            (part.component_variant_id, part.quantity, is_counted)
        })
        .collect();
    if parts.is_empty() {
        return Err(Error::Bug(format!("bundle {} has no components", variant.id)));
    }
    Ok(parts)
}

fn demand(placement: &Placement, line: usize, placed: &PlacedLine, parts: &Parts, beyond: &Beyond) -> Demand {
    Demand {
        line,
        variant_id: placed.variant.id,
        quantity: placed.quantity,
        parts: parts.iter().filter(|(.., counted)| *counted).map(|(variant, units, _)| (*variant, *units)).collect(),
        policy: placed.variant.inventory_policy,
        beyond_stock: beyond.left(&placed.variant),
        bound_to: match placed.delivery {
            DeliveryMethod::Pickup => placed.pickup_location_id,
            DeliveryMethod::CarryOut => placement.till.map(|till| till.location_id),
            DeliveryMethod::Ship | DeliveryMethod::LocalDelivery => None,
        },
    }
}

/// Who could serve, the locations of those, and what other carts hold of each variant.
type Candidates = (Vec<Candidate>, HashMap<LocationId, location::Model>, HashMap<VariantId, i64>);

/// The channel's locations and the bound places, with what is free there.
async fn candidates(tx: &Tx, placement: &Placement, parts: &[Parts]) -> Result<Candidates> {
    let serving = channel::query::locations(tx, placement.channel.id).await?;
    let mut places: HashMap<LocationId, (location::Model, Option<i32>)> =
        serving.into_iter().map(|(location, priority)| (location.id, (location, Some(priority)))).collect();
    let bound: BTreeSet<LocationId> = (placement.lines.iter().filter_map(|line| line.pickup_location_id))
        .chain(placement.till.map(|till| till.location_id))
        .filter(|id| !places.contains_key(id))
        .collect();
    if !bound.is_empty() {
        let found = location::Entity::find().filter(location::Column::Id.is_in(bound)).all(tx).await?;
        places.extend(found.into_iter().map(|location| (location.id, (location, None))));
    }
    let variants: BTreeSet<VariantId> =
        parts.iter().flatten().filter(|(.., counted)| *counted).map(|(variant, ..)| *variant).collect();
    let whose = (placement.channel.id, placement.buyer.cart_id);
    let (free, held) = free_stock(tx, &places.keys().copied().collect(), &variants, whose).await?;
    let target = placement.buyer.shipping_address.as_ref();
    let candidates = places
        .values()
        .map(|(location, priority)| Candidate {
            location_id: location.id,
            priority: priority.unwrap_or(i32::MAX),
            distance_meters: target.and_then(|address| distance(location, address)),
            available: free.get(&location.id).cloned().unwrap_or_default(),
            serves_unbound: priority.is_some() && location.active && location.fulfills_online,
        })
        .collect();
    Ok((candidates, places.into_iter().map(|(id, (location, _))| (id, location)).collect(), held))
}

/// How far a location is from an address. Addresses carry no coordinates, so the postal area tells: in the same
/// postal code 0, in the same region 1 step, in the same country 2, else 3. A step counts as 100 km.
fn distance(location: &location::Model, address: &entity::address::Address) -> Option<i64> {
    const STEP_METERS: i64 = 100_000;
    let here = &location.address;
    if here.country.is_empty() || address.country.is_empty() {
        return None;
    }
    let steps = if here.country != address.country {
        3
    } else if !here.postal_code.is_empty() && here.postal_code == address.postal_code {
        0
    } else if !here.region.is_empty() && here.region == address.region {
        1
    } else {
        2
    };
    Some(steps * STEP_METERS)
}

/// Units free to promise. The first run of a transaction reads without locks; a run that follows a lost race locks
/// the rows first, in (location, variant) order, so that it cannot lose again.
async fn free_stock(
    tx: &Tx,
    locations: &BTreeSet<LocationId>,
    variants: &BTreeSet<VariantId>,
    whose: (ChannelId, Option<CartId>),
) -> Result<(HashMap<LocationId, HashMap<VariantId, i64>>, HashMap<VariantId, i64>)> {
    let mut free: HashMap<LocationId, HashMap<VariantId, i64>> = HashMap::new();
    if variants.is_empty() {
        return Ok((free, HashMap::new()));
    }
    if tx.attempt() > 1 {
        let keys: Vec<_> =
            locations.iter().flat_map(|place| variants.iter().map(|variant| (*place, *variant))).collect();
        for some in keys.chunks(LOCKS) {
            inventory::lock(tx, some).await?;
        }
    }
    let (locations, variants): (Vec<_>, Vec<_>) =
        (locations.iter().copied().collect(), variants.iter().copied().collect());
    let (found, held) = pool::free_and_held(tx, &locations, &variants, tx.now(), whose).await?;
    for ((location, variant), units) in found {
        free.entry(location).or_default().insert(variant, units);
    }
    Ok((free, held))
}

/// Refuses what other carts hold on the channel's pool: what is left after their live holds must cover the demand
/// that is taken from stock.
fn respect_holds(held: &HashMap<VariantId, i64>, demands: &[Demand], candidates: &[Candidate], plan: &mut Plan) {
    let mut wanted: HashMap<VariantId, i64> = HashMap::new();
    for assignment in plan.assignments.iter().filter(|assignment| assignment.location_id.is_some()) {
        let parts = demands.get(assignment.line).map(|demand| demand.parts.as_slice()).unwrap_or_default();
        for (variant, units) in parts {
            *wanted.entry(*variant).or_default() += units * assignment.quantity;
        }
    }
    for (variant, wanted) in wanted {
        // Without a hold, what is assigned is there.
        let Some(held) = held.get(&variant).filter(|held| **held > 0) else { continue };
        let there = candidates.iter().filter_map(|candidate| candidate.available.get(&variant));
        let left = there.map(|units| units.max(&0)).sum::<i64>() - held;
        let taker = demands.iter().find(|demand| demand.parts.iter().any(|(part, _)| *part == variant));
        if let Some(demand) = taker.filter(|_| wanted > left) {
            let (variant_id, available) = (demand.variant_id, left.max(0));
            plan.shortages.push(Shortage { variant_id, requested: wanted, available });
        }
    }
}

/// How much was promised beyond stock already, for variants with a limit.
struct Beyond(HashMap<VariantId, i64>);

impl Beyond {
    /// Locks the variants with a limit (in id order), so that two orders cannot both take the last of it.
    async fn read(tx: &Tx, placement: &Placement) -> Result<Self> {
        let limited: BTreeSet<VariantId> = placement
            .lines
            .iter()
            .map(|line| &line.variant)
            .filter(|variant| variant.inventory_policy != InventoryPolicy::Deny && variant.backorder_limit.is_some())
            .map(|variant| variant.id)
            .collect();
        if limited.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let locked = variant::Entity::find()
            .filter(variant::Column::Id.is_in(limited.iter().copied()))
            .order_by_asc(variant::Column::Id)
            .lock_exclusive();
        locked.all(tx).await?;
        let limited: Vec<VariantId> = limited.into_iter().collect();
        Ok(Self(pool::unrouted(tx, placement.channel.id, &limited).await?))
    }

    fn left(&self, variant: &variant::Model) -> Option<i64> {
        let taken = self.0.get(&variant.id).copied().unwrap_or(0);
        variant.backorder_limit.map(|limit| (limit - taken).max(0))
    }
}
