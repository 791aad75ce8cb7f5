//! What may be promised, and why.
//!
//! Online available-to-promise of a channel = Σ over its locations of available − live pool holds − demand that waits
//! for a location, floor 0. Channels that share a location share its claims: what one holds, the other does not
//! promise. A bundle = Σ over locations of min(component available ÷ quantity), never the min of sums.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{CartId, ChannelId, LocationId, VariantId};
use entity::variant;
use entity::words::InventoryPolicy;
use sea_orm::ConnectionTrait;

use super::level::Counters;
use super::pool::{Pool, shelves};
use super::query;
use crate::{Ctx, Error, Permission, Result};

/// What a channel may promise of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    /// The variant.
    pub variant_id: VariantId,
    /// Whether its stock is counted; if not it is always there.
    pub tracked: bool,
    /// What happens beyond stock.
    pub policy: InventoryPolicy,
    /// Units in stock that are free, 0 or more; 0 for a variant whose stock is not counted.
    pub in_stock: i64,
    /// Most units that can be ordered now; `None` is without limit.
    pub orderable: Option<i64>,
    /// When a pre-order ships.
    pub preorder_ships_on: Option<NaiveDate>,
}

impl Availability {
    /// Whether so many units can be ordered now.
    #[must_use]
    pub fn allows(&self, quantity: i64) -> bool {
        self.orderable.is_none_or(|most| quantity <= most)
    }

    /// Whether anything can be ordered now.
    #[must_use]
    pub fn is_orderable(&self) -> bool {
        self.allows(1)
    }

    /// `net` is what is there minus what is claimed, below zero when orders wait for stock; `None` is not counted.
    pub(super) fn of(variant: &variant::Model, net: Option<i64>) -> Self {
        let limit = variant.backorder_limit.unwrap_or(i64::MAX);
        let orderable = net.and_then(|net| match variant.inventory_policy {
            InventoryPolicy::Deny => Some(net.max(0)),
            InventoryPolicy::Backorder | InventoryPolicy::Preorder if limit == i64::MAX => None,
            InventoryPolicy::Backorder | InventoryPolicy::Preorder => Some(net.saturating_add(limit).max(0)),
        });
        Self {
            variant_id: variant.id,
            tracked: net.is_some(),
            policy: variant.inventory_policy,
            in_stock: net.unwrap_or(0).max(0),
            orderable,
            preorder_ships_on: variant.preorder_ships_on,
        }
    }
}

/// What a channel may promise of each variant; unknown variants are left out. Five statements for any number of
/// variants, two more when there are bundles among them.
pub async fn published(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    variants: &[VariantId],
    now: DateTime<Utc>,
) -> Result<HashMap<VariantId, Availability>> {
    published_except(db, channel_id, variants, now, None).await
}

/// Like [`published`], leaving out the holds of one cart: what that cart itself may order.
pub async fn published_except(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    variants: &[VariantId],
    now: DateTime<Utc>,
    cart_id: Option<CartId>,
) -> Result<HashMap<VariantId, Availability>> {
    if variants.is_empty() {
        return Ok(HashMap::new());
    }
    let pool = Pool::load(db, channel_id, variants, now, cart_id).await?;
    Ok(of_pool(&pool, variants))
}

/// The variants among these that can be ordered in a channel now: as [`published`] says, but the database sums the levels,
/// so that a row comes back per variant and not one per location.
pub async fn orderable(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    variants: &[VariantId],
    now: DateTime<Utc>,
) -> Result<Vec<VariantId>> {
    if variants.is_empty() {
        return Ok(Vec::new());
    }
    let pool = Pool::load_summed(db, channel_id, variants, now).await?;
    let found = of_pool(&pool, variants).into_iter().filter(|(_, availability)| availability.is_orderable());
    Ok(found.map(|(id, _)| id).collect())
}

pub(super) fn of_pool(pool: &Pool, variants: &[VariantId]) -> HashMap<VariantId, Availability> {
    let serving = pool.serving();
    variants
        .iter()
        .filter_map(|id| pool.goods.variants.get(id))
        .map(|variant| (variant.id, Availability::of(variant, pool.net(variant.id, &serving))))
        .collect()
}

/// Units that are free at each location by the counters; a pair without a level is left out. One statement. Units put
/// aside by a hold that has expired but was not swept yet are not counted; [`super::post()`] takes them when it needs them.
pub async fn at_locations(
    db: &impl ConnectionTrait,
    locations: &[LocationId],
    variants: &[VariantId],
) -> Result<HashMap<(LocationId, VariantId), i64>> {
    let rows = query::levels(db, locations, variants).await?;
    Ok(rows.iter().map(|row| ((row.location_id, row.variant_id), Counters::from(row).available())).collect())
}

/// Like [`at_locations`], counting units of expired put-aside holds.
pub async fn at_locations_now(
    db: &impl ConnectionTrait,
    locations: &[LocationId],
    variants: &[VariantId],
    now: DateTime<Utc>,
) -> Result<HashMap<(LocationId, VariantId), i64>> {
    Ok(shelves(db, locations, variants, now).await?.into_iter().map(|(key, shelf)| (key, shelf.available())).collect())
}

/// One location's part of the sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationPart {
    /// The location.
    pub location_id: LocationId,
    /// Whether its stock counts for what the channel publishes.
    pub counts: bool,
    /// Its counters; zero for a bundle, whose counters are its components'.
    pub counters: Counters,
    /// Units put aside by holds whose time is over; free again.
    pub expired_holds: i64,
    /// Units that are free; for a bundle how many can be made up here.
    pub available: i64,
}

/// Every part of the sum that gives a published number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The result.
    pub availability: Availability,
    /// What each location adds, in the order in which they serve the channel.
    pub locations: Vec<LocationPart>,
    /// Units that carts hold from the pool; 0 for a bundle.
    pub pool_holds: i64,
    /// Units of placed orders that wait for a location; 0 for a bundle.
    pub unrouted: i64,
    /// Most units promised beyond stock, when the variant has such a limit.
    pub backorder_limit: Option<i64>,
    /// The components of a bundle with the units of each per bundle.
    pub components: Vec<(i64, Explanation)>,
}

/// Why a channel publishes what it does of a variant. Error: `NOT_FOUND`.
pub async fn explain(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    variant_id: VariantId,
    now: DateTime<Utc>,
) -> Result<Explanation> {
    let pool = Pool::load(db, channel_id, &[variant_id], now, None).await?;
    let serving = pool.serving();
    let variant = pool.goods.variants.get(&variant_id).ok_or(Error::not_found("variant"))?;
    let mut explanation = explain_one(&pool, &serving, variant);
    explanation.components = pool
        .goods
        .components
        .get(&variant_id)
        .into_iter()
        .flatten()
        .filter_map(|part| Some((part.quantity, pool.goods.variants.get(&part.component_variant_id)?)))
        .map(|(quantity, component)| (quantity, explain_one(&pool, &serving, component)))
        .collect();
    Ok(explanation)
}

/// Like [`explain`], for someone who may read stock everywhere: the sum spans all locations of the channel.
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`.
pub async fn explained(ctx: &Ctx, channel_id: ChannelId, variant_id: VariantId) -> Result<Explanation> {
    let scope = ctx.require(Permission::StockRead)?;
    if !scope.covers_channel(Some(channel_id)) {
        return Err(Error::Forbidden { permission: Permission::StockRead.as_str() });
    }
    explain(&ctx.db(), channel_id, variant_id, ctx.now()).await
}

fn explain_one(pool: &Pool, serving: &BTreeSet<LocationId>, variant: &variant::Model) -> Explanation {
    let locations = pool
        .places
        .iter()
        .map(|place| {
            let shelf = pool.shelves.get(&(place.location_id, variant.id)).copied().unwrap_or_default();
            LocationPart {
                location_id: place.location_id,
                counts: serving.contains(&place.location_id),
                counters: shelf.counters,
                expired_holds: shelf.expired,
                available: pool.whole_at(place.location_id, variant.id).unwrap_or(0),
            }
        })
        .collect();
    let of = |claims: &HashMap<VariantId, i64>| claims.get(&variant.id).copied().unwrap_or(0);
    Explanation {
        availability: Availability::of(variant, pool.net(variant.id, serving)),
        locations,
        pool_holds: of(&pool.holds),
        unrouted: of(&pool.unrouted),
        backorder_limit: variant.backorder_limit,
        components: Vec::new(),
    }
}
