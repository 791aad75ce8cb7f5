//! The shop floor: two stores, a warehouse, four kinds of goods and people who may do everything.

use domain::{Ctx, Permission};
use entity::id::{LocationId, VariantId};
use support::World;

use crate::fulfillment::shop::Shop;

/// A shop with people.
#[derive(Clone)]
pub(super) struct Floor {
    pub(super) shop: Shop,
    pub(super) places: Vec<LocationId>,
    pub(super) goods: Vec<VariantId>,
    /// Does the work.
    pub(super) clerk: Ctx,
    /// Accepts what the clerk counted.
    pub(super) manager: Ctx,
}

impl Floor {
    pub(super) async fn open(world: &World) -> Self {
        let shop = Shop::open(world).await;
        let mut goods = Vec::new();
        for (code, units) in [("scarce", 6), ("some", 25), ("many", 60), ("plenty", 200)] {
            let made = world.product(code).price(&shop.online, 1_000);
            goods.push(made.stock(&shop.warehouse, units).stock(&shop.store, units / 2).create().await.id());
        }
        let clerk = world.staff(Permission::ALL).await;
        let manager = world.staff(Permission::ALL).await;
        let places = vec![shop.warehouse.id, shop.store.id];
        Self { shop, places, goods, clerk, manager }
    }

    pub(super) fn world(&self) -> &World {
        &self.shop.world
    }
}
