//! Stories of parcels: their numbers, what carriers say, the files of label programs, slips, wishes and mails.

mod arrival;
mod carrier_files;
mod delivery_time;
mod late;
mod papers;
mod returned;
mod tracking;
mod webhook;

use domain::{Ctx, Permission};
use entity::id::{FulfillmentOrderLineId, OrderId, ShipmentId};
use entity::{order, shipment};
use sea_orm::EntityTrait;
use support::World;

use crate::fulfillment::shop::{Shop, buy};

/// An order that waits in a parcel at the warehouse.
pub(crate) struct Packed {
    pub(crate) shop: Shop,
    pub(crate) order: order::Model,
    pub(crate) line: FulfillmentOrderLineId,
    pub(crate) parcel: shipment::Model,
    pub(crate) clerk: Ctx,
}

/// Buys two shirts and packs one.
pub(crate) async fn packed(world: &World) -> Packed {
    let shop = Shop::open(world).await;
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
    let (cart, ctx) = shop.cart_of(shirt.id(), 2).await;
    let order = buy(&ctx, cart, 2_550, "key").await.unwrap().order;
    let line = work_line(world, order.id).await;
    let parcel = world.parcel(shop.warehouse.id).line(line, 1).create().await;
    let clerk = world.staff_at(shop.warehouse.id, &[Permission::FulfillmentWork]).await;
    Packed { shop, order, line, parcel, clerk }
}

/// The one line of work of an order.
pub(crate) async fn work_line(world: &World, order: OrderId) -> FulfillmentOrderLineId {
    let work = domain::fulfillment::query::of_orders(world.db(), &[order]).await.unwrap();
    let ids: Vec<_> = work.iter().map(|work| work.id).collect();
    domain::fulfillment::query::lines(world.db(), &ids).await.unwrap()[0].id
}

/// A parcel as it is now.
pub(crate) async fn now(world: &World, id: ShipmentId) -> shipment::Model {
    shipment::Entity::find_by_id(id).one(world.db()).await.unwrap().unwrap()
}

/// A number of twelve digits whose check digit is right.
pub(crate) fn number(body: u64) -> String {
    format!("{body:011}{}", body % 7)
}
