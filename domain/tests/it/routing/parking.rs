//! Work that waits, and who is served first when stock arrives.

use chrono::TimeDelta;
use domain::fulfillment::parking::{self, ParkedFilter, Release, ReleaseByHand, release_by_hand};
use domain::kernel::paging::PageRequest;
use domain::{ErrorCode, Permission};
use entity::id::{FulfillmentRejectionId, OrderId};
use entity::words::{
    DeliveryMethod, FulfillmentOrderStatus, InventoryPolicy, OrderFulfillmentStatus, ParkingReason, RejectionEffect,
    RejectionReason, RoutingOccasion,
};
use entity::{fulfillment_rejection, order, order_line};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use support::{World, both_databases, race};

use super::{arrive, heads, keep_whole, manager, order, places, work};
use crate::fulfillment::shop::{Shop, buy};

/// Something that sells beyond stock.
async fn coat(world: &World, shop: &Shop) -> entity::id::VariantId {
    let coat = world.product("coat").price(&shop.online, 1_000);
    coat.with(|variant| variant.inventory_policy = InventoryPolicy::Backorder).create().await.id()
}

async fn fulfillment_status(world: &World, id: OrderId) -> OrderFulfillmentStatus {
    order::Entity::find_by_id(id).one(world.db()).await.unwrap().expect("the order").fulfillment_status
}

both_databases! {
    /// Stock that arrives serves who waits, oldest first; the last waits on with the rest.
    async fn stock_that_arrives_serves_the_oldest_first(world: World) {
        let shop = Shop::open(&world).await;
        let coat = coat(&world, &shop).await;
        let mut orders = Vec::new();
        for _ in 0..3 {
            orders.push(order(&shop, coat, 2).await.unwrap());
            world.advance(TimeDelta::minutes(1));
        }
        assert_eq!(fulfillment_status(&world, orders[0]).await, OrderFulfillmentStatus::Scheduled);
        arrive(&world, &shop.warehouse, coat, 3).await;
        work(&world).await;
        assert_eq!(places(&shop, orders[0]).await, [(Some(shop.warehouse.id), 2)]);
        assert_eq!(places(&shop, orders[1]).await, [(None, 1), (Some(shop.warehouse.id), 1)]);
        assert_eq!(places(&shop, orders[2]).await, [(None, 2)]);
        assert_eq!(fulfillment_status(&world, orders[0]).await, OrderFulfillmentStatus::Unfulfilled);
        let released = heads(&world, orders[0]).await.remove(0);
        assert_eq!((released.status, released.parked_as), (FulfillmentOrderStatus::Open, None));
        assert_eq!(released.routed_at, Some(world.now()));
        let decisions = domain::routing::query::of_order(world.db(), orders[0]).await.unwrap();
        let occasions: Vec<_> = decisions.iter().map(|decision| decision.occasion).collect();
        assert_eq!(occasions, [RoutingOccasion::Placement, RoutingOccasion::Arrival]);
        assert_eq!(decisions[1].fulfillment_order_id, Some(released.id));
        arrive(&world, &shop.store, coat, 3).await;
        work(&world).await;
        assert_eq!(places(&shop, orders[2]).await, [(Some(shop.store.id), 2)]);
        assert_eq!(shop.level(&shop.store, coat).await, (3, 3));
    }

    /// An order that waits to be whole is sent when one location has it all; younger orders do not overtake it.
    async fn an_order_that_waits_to_be_whole_is_sent_whole(world: World) {
        let shop = Shop::open(&world).await;
        keep_whole(&world, &shop).await;
        let cap =
            world.product("cap").price(&shop.online, 1_000).stock(&shop.warehouse, 1).stock(&shop.store, 1).create().await;
        let waits = order(&shop, cap.id(), 2).await.unwrap();
        work(&world).await;
        assert_eq!(places(&shop, waits).await, [(None, 2)], "two halves are no whole");
        arrive(&world, &shop.store, cap.id(), 1).await;
        assert!(order(&shop, cap.id(), 2).await.is_err(), "one unit is free, two are spoken for");
        work(&world).await;
        assert_eq!(places(&shop, waits).await, [(Some(shop.store.id), 2)]);
        let other = order(&shop, cap.id(), 1).await.unwrap();
        assert_eq!(places(&shop, other).await, [(Some(shop.warehouse.id), 1)]);
    }

    /// Eight workers serve the same waiting orders at once: each unit once, in turn.
    async fn two_workers_serve_each_order_once(world: World) {
        let shop = Shop::open(&world).await;
        let coat = coat(&world, &shop).await;
        let mut orders = Vec::new();
        for _ in 0..6 {
            orders.push(order(&shop, coat, 1).await.unwrap());
        }
        world.stock(&shop.warehouse, coat, 2).await;
        world.stock(&shop.store, coat, 2).await;
        let release = Release { variant_ids: [coat].into(), after: None };
        let served = race(8, |_| {
            let (ctx, release) = (world.ctx(), release.clone());
            async move { parking::run(&ctx, &release).await.unwrap() }
        })
        .await;
        assert_eq!(served.iter().sum::<usize>(), 4, "{served:?}");
        let mut waiting = 0;
        for order in &orders {
            waiting += places(&shop, *order).await.iter().filter(|(place, _)| place.is_none()).count();
        }
        assert_eq!(waiting, 2);
        assert_eq!((shop.level(&shop.warehouse, coat).await, shop.level(&shop.store, coat).await), ((2, 2), (2, 2)));
    }

    /// A location that rejected a line is not asked for it again, however much lies there.
    async fn who_rejected_a_line_does_not_get_it_again(world: World) {
        let shop = Shop::open(&world).await;
        let coat = coat(&world, &shop).await;
        let placed = order(&shop, coat, 1).await.unwrap();
        let line = order_line::Entity::find().filter(order_line::Column::OrderId.eq(placed)).one(world.db()).await;
        let line = line.unwrap().expect("a line");
        let rejection = fulfillment_rejection::Model {
            id: FulfillmentRejectionId(world.new_uuid()),
            order_id: placed,
            order_line_id: line.id,
            variant_id: coat,
            fulfillment_order_id: heads(&world, placed).await[0].id,
            location_id: shop.warehouse.id,
            quantity: 1,
            reason: RejectionReason::NotFound,
            stock_effect: RejectionEffect::Nothing,
            note: None,
            rejected_at: world.now(),
        };
        rejection.into_active_model().reset_all().insert(world.db()).await.unwrap();
        arrive(&world, &shop.warehouse, coat, 5).await;
        work(&world).await;
        assert_eq!(places(&shop, placed).await, [(None, 1)]);
        arrive(&world, &shop.store, coat, 1).await;
        work(&world).await;
        assert_eq!(places(&shop, placed).await, [(Some(shop.store.id), 1)]);
    }

    /// Bundles that wait are served whole, part by part of one location.
    async fn a_bundle_that_waits_is_served_whole(world: World) {
        let shop = Shop::open(&world).await;
        let cup = world.product("cup").price(&shop.online, 500).create().await;
        let pot = world.product("pot").price(&shop.online, 900).create().await;
        let set = world.product("set").price(&shop.online, 1_000).component(&cup, 2).component(&pot, 1);
        let set = set.with(|variant| variant.inventory_policy = InventoryPolicy::Backorder).create().await;
        let placed = order(&shop, set.id(), 2).await.unwrap();
        arrive(&world, &shop.store, cup.id(), 4).await;
        arrive(&world, &shop.warehouse, pot.id(), 2).await;
        work(&world).await;
        assert_eq!(places(&shop, placed).await, [(None, 6)], "cups here and pots there make no set");
        arrive(&world, &shop.warehouse, cup.id(), 3).await;
        work(&world).await;
        assert_eq!(places(&shop, placed).await, [(None, 3), (Some(shop.warehouse.id), 3)]);
        arrive(&world, &shop.warehouse, cup.id(), 1).await;
        work(&world).await;
        assert_eq!(places(&shop, placed).await, [(Some(shop.warehouse.id), 3), (Some(shop.warehouse.id), 3)]);
    }

    /// Staff serve waiting work out of its turn, once per key; what has no stock is refused.
    async fn staff_serve_waiting_work_out_of_turn(world: World) {
        let shop = Shop::open(&world).await;
        let coat = coat(&world, &shop).await;
        let (first, second) = (order(&shop, coat, 1).await.unwrap(), order(&shop, coat, 1).await.unwrap());
        let id = heads(&world, second).await[0].id;
        let manager = manager(&world).await;
        let input = ReleaseByHand { id, idempotency_key: "key".to_owned() };
        let refused = release_by_hand(&manager, input.clone()).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InsufficientStock);
        world.stock(&shop.store, coat, 1).await;
        let done = release_by_hand(&manager, input.clone()).await.unwrap();
        assert_eq!(done.location_id, Some(shop.store.id));
        assert_eq!(release_by_hand(&manager, input).await.unwrap().id, id, "the same key answers the same");
        let again = ReleaseByHand { id, idempotency_key: "another".to_owned() };
        assert_eq!(release_by_hand(&manager, again).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(places(&shop, first).await, [(None, 1)]);
        let clerk = world.staff_at(shop.store.id, &[Permission::FulfillmentWork]).await;
        let theirs = ReleaseByHand { id: heads(&world, first).await[0].id, idempotency_key: "clerk".to_owned() };
        assert_eq!(release_by_hand(&clerk, theirs).await.unwrap_err().code(), ErrorCode::Forbidden);
    }

    /// The list of waiting work goes by promise, forwards and backwards, and ends when it is served.
    async fn waiting_work_is_listed_by_promise(world: World) {
        let shop = Shop::open(&world).await;
        let coat = coat(&world, &shop).await;
        let day = (world.now() + TimeDelta::days(9)).date_naive();
        let game = world.product("game").price(&shop.online, 1_000).with(|variant| {
            variant.inventory_policy = InventoryPolicy::Preorder;
            variant.preorder_ships_on = Some(day);
        });
        let game = game.create().await.id();
        let late = order(&shop, coat, 1).await.unwrap();
        let early = order(&shop, game, 1).await.unwrap();
        let lines = [(coat, 1, DeliveryMethod::Ship, None), (game, 1, DeliveryMethod::Ship, None)];
        let (cart, ctx) = shop.cart(&lines).await;
        let both = buy(&ctx, cart, 2_550, "key").await.unwrap().order.id;
        let manager = manager(&world).await;
        let list = |filter: ParkedFilter, first, after: Option<String>| {
            let manager = manager.clone();
            async move {
                let request = PageRequest::new(Some(first), after.as_deref(), None, None).unwrap();
                parking::page(&manager, &filter, &request).await.unwrap()
            }
        };
        let all = list(ParkedFilter::default(), 10, None).await;
        let orders: Vec<OrderId> = all.rows.iter().map(|(_, row)| row.order_id).collect();
        assert_eq!(orders, [early, both, late, both], "what has a day first, then by age");
        let one = list(ParkedFilter::default(), 2, None).await;
        let two = list(ParkedFilter::default(), 2, Some(one.rows[1].0.encode())).await;
        let paged: Vec<OrderId> = one.rows.iter().chain(&two.rows).map(|(_, row)| row.order_id).collect();
        assert_eq!((paged, two.has_next), (orders.clone(), false));
        let request = PageRequest::new(None, None, Some(3), Some(&all.rows[3].0.encode())).unwrap();
        let back = parking::page(&manager, &ParkedFilter::default(), &request).await.unwrap();
        assert_eq!(back.rows.iter().map(|(_, row)| row.order_id).collect::<Vec<_>>(), orders[..3]);
        let backorders = ParkedFilter { reasons: vec![ParkingReason::Backorder] };
        assert_eq!(parking::count(&manager, &backorders).await.unwrap(), 2);
        arrive(&world, &shop.warehouse, coat, 2).await;
        work(&world).await;
        assert_eq!(parking::count(&manager, &backorders).await.unwrap(), 0);
    }
}
