//! What can be collected where, and when it is ready.

use std::sync::Arc;

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
    pub location: Arc<location::Model>,
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
    let senders: Vec<LocationId> =
        stores.iter().map(|(location, _)| location).filter(|it| it.fulfills_online).map(|it| it.id).collect();
    let counters: Vec<Counter> = stores
        .into_iter()
        .filter(|(location, _)| location.pickup_enabled)
        .map(|(location, _)| Counter::of(location, now))
        .collect();
    let mut offers = Vec::new();
    for variant in variants.iter().filter(|id| pool.goods.variants.contains_key(id)) {
        let whole = pool.net(*variant, &everywhere).map(|net| net.max(0));
        let sent = |from: &LocationId| pool.whole_at(*from, *variant).unwrap_or(0);
        let all = if travels(&pool, *variant) { senders.iter().map(sent).fold(0, i64::saturating_add) } else { 0 };
        for counter in &counters {
            // What the store itself has is not brought to it.
            let own = if all > 0 && counter.sends { sent(&counter.store.id) } else { 0 };
            offers.push(offer(&pool, *variant, counter, whole.map(|whole| (whole, all - own))));
        }
    }
    Ok(offers)
}

/// A store that hands over, with what is the same for all goods.
struct Counter {
    store: Arc<location::Model>,
    sends: bool,
    ready_at: Option<DateTime<Utc>>,
    transfer_ready_at: Option<DateTime<Utc>>,
}

impl Counter {
    fn of(store: location::Model, now: DateTime<Utc>) -> Self {
        let ready = |from| hours::ready_at(&store.opening_hours, time_zone(&store), from, store.pickup_ready_minutes);
        Self {
            ready_at: ready(now),
            transfer_ready_at: ready(now + TRANSFER_TIME),
            sends: store.fulfills_online,
            store: Arc::new(store),
        }
    }
}

/// Whether a variant can be transferred: units with numbers cannot.
fn travels(pool: &Pool, variant: VariantId) -> bool {
    let plain =
        |id: VariantId| pool.goods.variants.get(&id).is_none_or(|variant| variant.unit_tracking == UnitTracking::None);
    plain(variant) && pool.goods.parts(variant).into_iter().all(|(part, _)| plain(part))
}

fn offer(pool: &Pool, variant: VariantId, counter: &Counter, units: Option<(i64, i64)>) -> PickupOffer {
    let store = &counter.store;
    let local = units.map(|(whole, _)| pool.whole_at(store.id, variant).unwrap_or(0).min(whole));
    let transferable = match (store.pickup_stock_policy, units, local) {
        (PickupStockPolicy::Any, Some((whole, elsewhere)), Some(local)) => (whole - local).min(elsewhere),
        (PickupStockPolicy::Local | PickupStockPolicy::Any, ..) => 0,
    };
    PickupOffer {
        variant_id: variant,
        location: Arc::clone(store),
        local,
        ready_at: counter.ready_at.filter(|_| local.is_none_or(|local| local > 0)),
        transferable,
        transfer_ready_at: counter.transfer_ready_at.filter(|_| transferable > 0),
    }
}
