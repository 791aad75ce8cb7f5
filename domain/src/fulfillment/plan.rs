//! Finding out which location serves which line: reads stock, asks routing.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveTime, Utc};
use entity::address::Address;
use entity::id::{CartId, ChannelId, FulfillmentOrderId, LocationId, OrderId, VariantId};
use entity::words::{DeliveryMethod, InventoryPolicy, PickupStockPolicy, UnitTracking};
use entity::{location, variant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::candidates::{self, Reached};
use super::placement::Placement;
use super::rows::SHIP_WITHIN;
use crate::inventory::demand::Goods;
use crate::inventory::pool::{self, Asker};
use crate::kernel::{Error, Result, Tx};
use crate::routing::{self, Demand, Plan, Question, Shortfall};

/// What a line takes from the shelves: `(variant, units per sold unit, counted)`.
pub(crate) type Parts = Vec<(VariantId, i64, bool)>;

/// Units to route.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// What was bought.
    pub variant: variant::Model,
    /// Sellable units.
    pub quantity: i64,
    /// How it reaches the customer.
    pub method: DeliveryMethod,
    /// Must be served here.
    pub bound_to: Option<LocationId>,
    /// Locations that gave it back.
    pub never: BTreeSet<LocationId>,
}

/// What routing is asked, before anything is read.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Whose rules and locations.
    pub channel_id: ChannelId,
    /// The cart whose holds are the order's own.
    pub cart_id: Option<CartId>,
    /// The order, when it was placed before.
    pub order_id: Option<OrderId>,
    /// Work that waited; what was promised after it does not keep it waiting.
    pub after: Option<(Option<DateTime<Utc>>, FulfillmentOrderId)>,
    /// What is wanted; assignments name it by its position.
    pub wanted: Vec<Wanted>,
    /// Where it goes.
    pub target: Option<Address>,
    /// When it must be done.
    pub promise: DateTime<Utc>,
    /// What becomes of what nobody serves.
    pub shortfall: Shortfall,
    /// Whether nobody else's claim counts: goods lie on the counter of a till, or a person decides.
    pub ignores_claims: bool,
    /// Whether stores that take goods from elsewhere may be brought what they lack.
    pub brings: bool,
}

/// A plan, and what each line is made of.
#[derive(Debug)]
pub(crate) struct Routed {
    /// Who serves what.
    pub plan: Plan,
    /// The parts of each line, by its position.
    pub parts: Vec<Parts>,
    /// Since when each line may be served, for goods that have their day.
    pub days: Vec<Option<DateTime<Utc>>>,
    /// The locations that serve, for their hours.
    pub locations: HashMap<LocationId, location::Model>,
    /// The promise of parcels.
    pub promise: DateTime<Utc>,
}

impl Ask {
    /// What an order about to be placed asks.
    pub(crate) fn of(tx: &Tx, placement: &Placement) -> Self {
        let till = placement.till.map(|till| till.location_id);
        let wanted = placement.lines.iter().map(|line| Wanted {
            variant: line.variant.clone(),
            quantity: line.quantity,
            method: line.delivery,
            bound_to: match line.delivery {
                DeliveryMethod::Pickup => line.pickup_location_id,
                DeliveryMethod::CarryOut => till,
                DeliveryMethod::Ship | DeliveryMethod::LocalDelivery => line.ship_from,
            },
            never: BTreeSet::new(),
        });
        Self {
            channel_id: placement.channel.id,
            cart_id: placement.buyer.cart_id,
            order_id: None,
            after: None,
            wanted: wanted.collect(),
            target: placement.buyer.shipping_address.clone(),
            promise: tx.now() + SHIP_WITHIN,
            shortfall: Shortfall::Refuse,
            ignores_claims: till.is_some(),
            brings: true,
        }
    }

    pub(super) const fn asker(&self) -> Asker {
        Asker { channel_id: self.channel_id, cart_id: self.cart_id, order_id: self.order_id, after: self.after }
    }

    /// The places that lines are bound to.
    pub(super) fn bound(&self) -> BTreeSet<LocationId> {
        self.wanted.iter().filter_map(|wanted| wanted.bound_to).collect()
    }
}

/// Plans an order. Reads two statements whatever its size, three more with bundles, and two more for limits beyond stock;
/// in a shop with routing rules seven more at most (rules, locks of stock and of locations with a daily limit, stock once
/// more, groups, orders of the day, age of stock).
/// Error: `INSUFFICIENT_STOCK` per short variant.
pub(crate) async fn route(tx: &Tx, ask: &Ask) -> Result<Routed> {
    let (parts, travels) = parts(tx, &ask.wanted).await?;
    let reached = candidates::read(tx, ask, &parts).await?;
    let beyond = Beyond::read(tx, ask).await?;
    let days: Vec<Option<DateTime<Utc>>> = ask.wanted.iter().map(|wanted| day_of(&wanted.variant)).collect();
    let demands: Vec<Demand> = ask
        .wanted
        .iter()
        .zip(&parts)
        .zip(&days)
        .enumerate()
        .map(|(line, ((wanted, parts), day))| demand(line, wanted, parts, *day, &beyond))
        .zip(&travels)
        .map(|(demand, travels)| Demand {
            brought: ask.brings && *travels && takes_from_elsewhere(&reached, &demand),
            ..demand
        })
        .collect();
    let Reached { candidates, locations, rules, claimed } = reached;
    let plan = routing::route(&Question {
        demands: &demands,
        candidates: &candidates,
        rules: &rules,
        claimed: &claimed,
        now: tx.now(),
        promise: ask.promise,
        shortfall: ask.shortfall,
    });
    if plan.shortages.is_empty() {
        return Ok(Routed { plan, parts, days, locations, promise: ask.promise });
    }
    let short = plan.shortages.iter().map(|short| Error::InsufficientStock {
        variant_id: short.variant_id,
        requested: short.requested,
        available: short.available.max(0),
    });
    Err(Error::Several(short.collect()))
}

/// Whether it is collected in a store that takes what it lacks from other locations.
fn takes_from_elsewhere(reached: &Reached, demand: &Demand) -> bool {
    let store = demand.bound_to.and_then(|place| reached.locations.get(&place));
    demand.method == DeliveryMethod::Pickup
        && store.is_some_and(|store| store.pickup_stock_policy == PickupStockPolicy::Any)
}

/// What each line is made of, and whether all of it can be transferred: units with numbers cannot. Three statements more
/// when there are bundles.
async fn parts(tx: &Tx, lines: &[Wanted]) -> Result<(Vec<Parts>, Vec<bool>)> {
    let bundles: Vec<VariantId> =
        lines.iter().filter(|line| line.variant.is_bundle).map(|line| line.variant.id).collect();
    let goods = if bundles.is_empty() { Goods::default() } else { Goods::load(tx, &bundles).await? };
    let made: Vec<Parts> = lines.iter().map(|line| parts_of(&line.variant, &goods)).collect::<Result<_>>()?;
    let plain = |variant: &variant::Model| variant.unit_tracking == UnitTracking::None;
    let travels = lines.iter().zip(&made).map(|(line, parts)| {
        plain(&line.variant) && parts.iter().all(|(part, ..)| goods.variants.get(part).is_none_or(plain))
    });
    let travels = travels.collect();
    Ok((made, travels))
}

pub(super) fn parts_of(variant: &variant::Model, goods: &Goods) -> Result<Parts> {
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

/// When the day of a pre-order begins, in UTC; it does not leave before.
pub(super) fn day_of(variant: &variant::Model) -> Option<DateTime<Utc>> {
    let on = variant.preorder_ships_on.filter(|_| variant.inventory_policy == InventoryPolicy::Preorder)?;
    Some(on.and_time(NaiveTime::MIN).and_utc())
}

fn demand(line: usize, wanted: &Wanted, parts: &Parts, day: Option<DateTime<Utc>>, beyond: &Beyond) -> Demand {
    Demand {
        line,
        variant_id: wanted.variant.id,
        quantity: wanted.quantity,
        parts: parts.iter().filter(|(.., counted)| *counted).map(|(variant, units, _)| (*variant, *units)).collect(),
        method: wanted.method,
        policy: wanted.variant.inventory_policy,
        beyond_stock: beyond.left(&wanted.variant),
        bound_to: wanted.bound_to,
        never: wanted.never.clone(),
        not_before: day,
        brought: false,
    }
}

/// How much was promised beyond stock already, for variants with a limit.
struct Beyond(HashMap<VariantId, i64>);

impl Beyond {
    /// Locks the variants with a limit (in id order), so that two orders cannot both take the last of it.
    async fn read(tx: &Tx, ask: &Ask) -> Result<Self> {
        let limited: BTreeSet<VariantId> = ask
            .wanted
            .iter()
            .map(|line| &line.variant)
            .filter(|variant| variant.inventory_policy != InventoryPolicy::Deny && variant.backorder_limit.is_some())
            .map(|variant| variant.id)
            .collect();
        // What was sold already has no limit to keep.
        if limited.is_empty() || ask.shortfall == Shortfall::Park {
            return Ok(Self(HashMap::new()));
        }
        let locked = variant::Entity::find()
            .filter(variant::Column::Id.is_in(limited.iter().copied()))
            .order_by_asc(variant::Column::Id)
            .lock_exclusive();
        locked.all(tx).await?;
        let limited: Vec<VariantId> = limited.into_iter().collect();
        Ok(Self(pool::unrouted(tx, ask.channel_id, &limited).await?))
    }

    fn left(&self, variant: &variant::Model) -> Option<i64> {
        let taken = self.0.get(&variant.id).copied().unwrap_or(0);
        variant.backorder_limit.map(|limit| (limit - taken).max(0))
    }
}

/// The variants whose stock some parts take.
pub(super) fn counted(parts: &[Parts]) -> BTreeSet<VariantId> {
    parts.iter().flatten().filter(|(.., counted)| *counted).map(|(variant, ..)| *variant).collect()
}
