//! Distance between points on the map, when the address has one.

use domain::routing::rule::Filter;
use domain::routing::{decision, query};
use entity::cart;
use entity::id::{OrderId, VariantId};
use entity::location;
use entity::words::{DistanceBasis, RoutingSort};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use support::build::japanese_address;
use support::{World, both_databases};

use super::{add, places, rule};
use crate::fulfillment::shop::{Shop, buy};

/// Tokyo station and Osaka station, in millionths of a degree.
const TOKYO: (i32, i32) = (35_681_236, 139_767_125);
const OSAKA: (i32, i32) = (34_702_485, 135_495_951);

async fn put(world: &World, place: &location::Model, point: Option<(i32, i32)>) {
    let mut row = place.clone().into_active_model();
    row.latitude_e6 = Set(point.map(|(latitude, _)| latitude));
    row.longitude_e6 = Set(point.map(|(_, longitude)| longitude));
    row.update(world.db()).await.unwrap();
}

/// Buys one to an address with or without a point.
async fn order_to(shop: &Shop, variant: VariantId, point: Option<(i32, i32)>) -> OrderId {
    let (id, ctx) = shop.cart_of(variant, 1).await;
    let mut address = japanese_address();
    address.latitude_e6 = point.map(|(latitude, _)| latitude);
    address.longitude_e6 = point.map(|(_, longitude)| longitude);
    let change = cart::ActiveModel { id: Set(id), shipping_address: Set(Some(address)), ..Default::default() };
    cart::Entity::update(change).exec(shop.world.db()).await.unwrap();
    buy(&ctx, id, 1_550, "key").await.unwrap().order.id
}

both_databases! {
    /// Both places have the postal code of the buyer; only the points tell which is near.
    async fn points_tell_who_is_near(world: World) {
        let shop = Shop::open(&world).await;
        put(&world, &shop.warehouse, Some(TOKYO)).await;
        put(&world, &shop.store, Some(OSAKA)).await;
        let cap =
            world.product("cap").price(&shop.online, 1_000).stock(&shop.warehouse, 9).stock(&shop.store, 9).create().await;
        let guessed = order_to(&shop, cap.id(), None).await;
        assert_eq!(places(&shop, guessed).await, [(Some(shop.warehouse.id), 1)]);
        let measured = order_to(&shop, cap.id(), Some(OSAKA)).await;
        assert_eq!(places(&shop, measured).await, [(Some(shop.store.id), 1)]);
        for (order, meters, basis) in [(guessed, [0, 0], DistanceBasis::PostalArea), (measured, [0, 403_000], DistanceBasis::Point)] {
            let decision = query::of_order(world.db(), order).await.unwrap().pop().expect("a decision");
            let verdicts = decision::verdicts(&decision);
            assert!(verdicts.iter().all(|verdict| verdict.distance_basis == Some(basis)), "{verdicts:?}");
            let found: Vec<_> = verdicts.iter().filter_map(|verdict| verdict.distance_meters).collect();
            assert!(found.len() == 2 && found.iter().zip(meters).all(|(found, wanted)| (found - wanted).abs() < 1_000), "{found:?}");
        }
    }

    /// A limit in meters holds between points, and falls back on the postal area where a point is missing.
    async fn a_limit_in_meters_holds_between_points(world: World) {
        let shop = Shop::open(&world).await;
        put(&world, &shop.warehouse, Some(TOKYO)).await;
        put(&world, &shop.store, Some(OSAKA)).await;
        add(&world, rule(&shop, "near", vec![Filter::Distance { max_meters: 50_000 }], &[RoutingSort::Priority])).await;
        let cap =
            world.product("cap").price(&shop.online, 1_000).stock(&shop.warehouse, 9).stock(&shop.store, 9).create().await;
        let placed = order_to(&shop, cap.id(), Some(OSAKA)).await;
        assert_eq!(places(&shop, placed).await, [(Some(shop.store.id), 1)]);
        let decision = query::of_order(world.db(), placed).await.unwrap().pop().expect("a decision");
        let reasons: Vec<_> = decision::verdicts(&decision).into_iter().map(|verdict| verdict.reason).collect();
        assert_eq!(reasons, ["chosen", "too_far"]);
        put(&world, &shop.warehouse, None).await;
        let mixed = order_to(&shop, cap.id(), Some(OSAKA)).await;
        assert_eq!(places(&shop, mixed).await, [(Some(shop.warehouse.id), 1)], "0 m by its postal code");
    }
}
