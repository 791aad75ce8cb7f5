//! Warehouse management systems and logistics providers.

mod keys;
mod provider;
mod stock;
mod stock_races;

use chrono::{DateTime, TimeDelta, Utc};
use domain::inventory::sync::{StockSync, SyncItem, SyncResult, Synced, sync};
use domain::{Ctx, Result};
use entity::id::{LocationId, VariantId};
use entity::location;
use entity::words::{StockSyncMode, SyncErrorPolicy};
use support::World;
use support::build::Sku;

/// A warehouse whose system calls it `DC-1`, and tea that it calls `ITEM-tea`.
struct Depot {
    world: World,
    place: location::Model,
    tea: Sku,
}

impl Depot {
    async fn open(world: &World, stock: i64) -> Self {
        let place = world.location("DC1").with(|row| row.external_reference = Some("DC-1".to_owned())).create().await;
        let tea = world.product("tea").with(|row| row.external_reference = Some("ITEM-tea".to_owned()));
        let tea = if stock > 0 { tea.stock(&place, stock) } else { tea };
        Self { world: world.clone(), tea: tea.create().await, place }
    }

    async fn on_hand(&self) -> i64 {
        on_hand(&self.world, self.place.id, self.tea.id()).await
    }
}

async fn on_hand(world: &World, location: LocationId, variant: VariantId) -> i64 {
    let level = domain::inventory::query::level(world.db(), (location, variant)).await.unwrap();
    level.map_or(0, |level| level.on_hand)
}

fn tea(quantity: i64) -> SyncItem {
    SyncItem {
        variant_reference: Some("ITEM-tea".to_owned()),
        location_reference: Some("DC-1".to_owned()),
        quantity,
        ..SyncItem::default()
    }
}

fn snapshot(quantity: i64, at: DateTime<Utc>) -> SyncItem {
    SyncItem { at: Some(at), ..tea(quantity) }
}

fn delta(quantity: i64, at: Option<DateTime<Utc>>) -> SyncItem {
    SyncItem { at, reason: Some("shrinkage".to_owned()), ..tea(quantity) }
}

fn call(mode: StockSyncMode, items: Vec<SyncItem>, key: &str) -> StockSync {
    StockSync {
        source: "acme-wms".to_owned(),
        mode,
        policy: SyncErrorPolicy::SkipFailed,
        items,
        idempotency_key: key.to_owned(),
    }
}

async fn absolute(ctx: &Ctx, item: SyncItem, key: &str) -> Result<SyncResult> {
    one(sync(ctx, call(StockSyncMode::Absolute, vec![item], key)).await)
}

async fn change(ctx: &Ctx, item: SyncItem, key: &str) -> Result<SyncResult> {
    one(sync(ctx, call(StockSyncMode::Delta, vec![item], key)).await)
}

fn one(done: Result<Synced>) -> Result<SyncResult> {
    done.map(|done| done.results.into_iter().next().unwrap())
}

/// A moment so many minutes before now.
fn ago(world: &World, minutes: i64) -> DateTime<Utc> {
    world.now() - TimeDelta::minutes(minutes)
}
