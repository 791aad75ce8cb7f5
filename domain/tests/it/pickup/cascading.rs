//! Goods that are gone from a store: pickups there ask their customers again.

use domain::fulfillment::reject::{Reject, reject};
use domain::pickup::prepare::start;
use entity::words::{DeliveryMethod, PickupStatus, RejectionReason};
use support::{World, both_databases};

use super::bringing::tell;
use super::counter::Counter;
use crate::fulfillment::shop::buy;

both_databases! {
    /// A parcel's picker finds nothing: pickups that are not ready are short, one that lies ready is not touched, and the
    /// shelf is empty.
    async fn pickups_of_what_is_gone_are_short(world: World) {
        let counter = Counter::open(&world).await;
        let shop = &counter.shop;
        let (_, ready, _) = counter.ready(1).await;
        let (_, begun) = counter.order(2).await;
        start(&counter.clerk, begun, None).await.unwrap();
        let (_, waits) = counter.order(3).await;
        let lamp = world.product("lamp").price(&shop.online, 1_000).stock(&shop.store, 9).create().await;
        let lines = [(counter.shirt.id(), 1, DeliveryMethod::Pickup, Some(shop.store.id)), (lamp.id(), 2, DeliveryMethod::Pickup, Some(shop.store.id))];
        let (cart, ctx) = shop.cart(&lines).await;
        let mixed = buy(&ctx, cart, 3_000, "buy").await.unwrap().order.id;
        // Only the store has so many of both.
        let (cart, ctx) = shop.cart(&[(counter.shirt.id(), 1, DeliveryMethod::Ship, None), (lamp.id(), 1, DeliveryMethod::Ship, None)]).await;
        let parcel = buy(&ctx, cart, 2_550, "buy").await.unwrap().order.id;
        let work = domain::fulfillment::query::of_orders(world.db(), &[parcel]).await.unwrap();
        let work = work.into_iter().find(|work| work.location_id == Some(shop.store.id)).unwrap();
        let line = domain::fulfillment::query::lines(world.db(), &[work.id]).await.unwrap();
        let line = line.into_iter().find(|line| line.variant_id == counter.shirt.id()).unwrap();
        let input = Reject {
            fulfillment_order_id: work.id,
            lines: vec![(line.id, 1)],
            units: Vec::new(),
            reason: RejectionReason::NotFound,
            effect: None,
            note: None,
            expected_version: None,
            idempotency_key: "gone".to_owned(),
        };
        reject(&counter.clerk, input).await.unwrap();
        world.audit().await;
        tell(&world).await;
        assert_eq!(counter.pickup(ready).await.status, PickupStatus::Ready);
        for short in [begun, waits] {
            assert_eq!(counter.pickup(short).await.status, PickupStatus::Short);
        }
        let mut states: Vec<_> = counter.of(mixed).await.into_iter().map(|pickup| pickup.status.to_string()).collect();
        states.sort();
        assert_eq!(states, ["ASSIGNED", "SHORT"]);
        assert_eq!(counter.shelf().await, (1, 1), "what lies ready");
        assert_eq!(shop.level(&shop.store, lamp.id()).await, (9, 3));
        tell(&world).await;
        assert_eq!(counter.of(mixed).await.len(), 2, "once");
    }
}
