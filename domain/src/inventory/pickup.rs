//! What can be collected where, and when it is ready.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{CartId, ChannelId, LocationId, VariantId};
use entity::location;
use entity::words::{PickupStockPolicy, UnitTracking};
use sea_orm::ConnectionTrait;

use super::pool::Pool;
use crate::location::{hours, query::time_zone};
use crate::{Result, channel};

/// How long goods take from one location to another until transfers have promises of their own.
pub const TRANSFER_TIME: TimeDelta = TimeDelta::days(2);

/// What one store offers of one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct PickupOffer {
    /// The variant.
    pub variant_id: VariantId,
    /// The store.
    pub location: location::Model,
    /// Units that lie in the store and are free; `None` when stock is not counted.
    pub local: Option<i64>,
    /// When a local unit ordered now is ready; `None` when the store does not open for over a year.
    pub ready_at: Option<DateTime<Utc>>,
    /// More units that can be brought from the channel's other locations; 0 with policy `LOCAL`.
    pub transferable: i64,
    /// When such a unit ordered now is ready.
    pub transfer_ready_at: Option<DateTime<Utc>>,
}

impl PickupOffer {
    /// Whether so many units can be collected here, and from when.
    #[must_use]
    pub fn ready_for(&self, quantity: i64) -> Option<DateTime<Utc>> {
        match self.local {
            None => self.ready_at,
            Some(local) if quantity <= local => self.ready_at,
            Some(local) if quantity <= local.saturating_add(self.transferable) => self.transfer_ready_at,
            Some(_) => None,
        }
    }
}

/// What each pickup store of a channel offers of each variant, by variant and then in the order in which the stores
/// serve. What carts hold and what orders wait for is taken off everywhere, because nobody knows yet which location
/// will give it. Six statements for any number of variants, two more when there are bundles.
pub async fn pickup(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    variants: &[VariantId],
    now: DateTime<Utc>,
) -> Result<Vec<PickupOffer>> {
    pickup_except(db, channel_id, variants, now, None).await
}

/// Like [`pickup`], leaving out the holds of one cart: what that cart itself may order.
pub async fn pickup_except(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    variants: &[VariantId],
    now: DateTime<Utc>,
    cart_id: Option<CartId>,
) -> Result<Vec<PickupOffer>> {
    if variants.is_empty() {
        return Ok(Vec::new());
    }
    let stores = channel::query::locations(db, channel_id).await?;
    let pool = Pool::load(db, channel_id, variants, now, cart_id).await?;
    let everywhere = stores.iter().map(|(location, _)| location.id).collect();
    let mut offers = Vec::new();
    for variant in variants.iter().filter(|id| pool.goods.variants.contains_key(id)) {
        let whole = pool.net(*variant, &everywhere).map(|net| net.max(0));
        for (location, _) in stores.iter().filter(|(location, _)| location.pickup_enabled) {
            let elsewhere = if travels(&pool, *variant) { sendable(&pool, *variant, &stores, location.id) } else { 0 };
            offers.push(offer(&pool, *variant, location, whole.map(|whole| (whole, elsewhere)), now));
        }
    }
    Ok(offers)
}

/// Whether a variant can be transferred: units with numbers cannot.
fn travels(pool: &Pool, variant: VariantId) -> bool {
    let plain =
        |id: VariantId| pool.goods.variants.get(&id).is_none_or(|variant| variant.unit_tracking == UnitTracking::None);
    plain(variant) && pool.goods.parts(variant).into_iter().all(|(part, _)| plain(part))
}

/// Units that other locations of the channel have: those that serve its orders from afar.
fn sendable(pool: &Pool, variant: VariantId, stores: &[(location::Model, i32)], to: LocationId) -> i64 {
    let others = stores.iter().map(|(location, _)| location).filter(|other| other.id != to && other.fulfills_online);
    others.filter_map(|other| pool.whole_at(other.id, variant)).fold(0, i64::saturating_add)
}

fn offer(
    pool: &Pool,
    variant: VariantId,
    store: &location::Model,
    units: Option<(i64, i64)>,
    now: DateTime<Utc>,
) -> PickupOffer {
    let id: LocationId = store.id;
    let local = units.map(|(whole, _)| pool.whole_at(id, variant).unwrap_or(0).min(whole));
    let transferable = match (store.pickup_stock_policy, units, local) {
        (PickupStockPolicy::Any, Some((whole, elsewhere)), Some(local)) => (whole - local).min(elsewhere),
        (PickupStockPolicy::Local | PickupStockPolicy::Any, ..) => 0,
    };
    let ready = |from| hours::ready_at(&store.opening_hours, time_zone(store), from, store.pickup_ready_minutes);
    PickupOffer {
        variant_id: variant,
        location: store.clone(),
        local,
        ready_at: if local.is_none_or(|local| local > 0) { ready(now) } else { None },
        transferable,
        transfer_ready_at: if transferable > 0 { ready(now + TRANSFER_TIME) } else { None },
    }
}
