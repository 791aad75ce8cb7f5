//! What an order takes, makes and refuses.

use domain::fulfillment::complete_cart::{CompleteCart, complete_cart};
use domain::order::query::{self, OrderLookup};
use domain::{Actor, Error, ErrorCode};
use entity::words::{
    DeliveryMethod, InventoryPolicy, OrderFulfillmentStatus, OrderPaymentStatus, OrderPickupStatus, OrderStatus,
    TestOutcome,
};
use entity::{cart, event, order_tax};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use support::{World, both_databases};

use super::shop::{Shop, buy, test_payment, yen};

both_databases! {
    /// The whole of it: totals, tax per rate, stock at the nearest location, payment, events.
    async fn an_order_is_placed_whole(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_100).stock(&shop.warehouse, 5).create().await;
        let tea = world.product("tea").reduced_tax().price(&shop.online, 1_080).stock(&shop.warehouse, 5).create().await;
        let ship = DeliveryMethod::Ship;
        let (cart_id, ctx) = shop.cart(&[(shirt.id(), 2, ship, None), (tea.id(), 1, ship, None)]).await;

        let done = buy(&ctx, cart_id, 2_200 + 1_080 + 550, "key-1").await.unwrap();

        let order = &done.order;
        assert_eq!((order.subtotal, order.shipping_total, order.total), (3_280, 550, 3_830));
        assert_eq!(order.status, OrderStatus::Open);
        assert_eq!(order.payment_status, OrderPaymentStatus::Paid);
        assert_eq!(order.fulfillment_status, OrderFulfillmentStatus::Unfulfilled);
        let taxes = order_tax::Entity::find().filter(order_tax::Column::OrderId.eq(order.id)).all(world.db()).await.unwrap();
        let mut taxes: Vec<_> = taxes.iter().map(|tax| (tax.rate_ppm, tax.taxable, tax.tax)).collect();
        taxes.sort_unstable();
        assert_eq!(taxes, [(80_000, 1_000, 80), (100_000, 2_500, 250)]);
        assert_eq!(shop.level(&shop.warehouse, shirt.id()).await, (5, 2));
        assert_eq!(shop.work(order.id).await, [(Some(shop.warehouse.id), "OPEN".to_owned(), 3)]);
        let closed = cart::Entity::find_by_id(cart_id).one(world.db()).await.unwrap().unwrap();
        assert_eq!(closed.status.as_str(), "COMPLETED");
        let placed = event::Entity::find().filter(event::Column::Kind.eq("order_placed")).count(world.db()).await.unwrap();
        assert_eq!(placed, 1);
    }

    /// Asking again with the same key, or with another one, gives the same order.
    async fn a_cart_makes_one_order(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
        let first = buy(&ctx, cart_id, 1_550, "key-1").await.unwrap();
        let again = buy(&ctx, cart_id, 1_550, "key-1").await.unwrap();
        let other_key = buy(&ctx, cart_id, 1_550, "key-2").await.unwrap();
        assert!(!first.replayed && again.replayed && other_key.replayed);
        assert_eq!((first.order.id, &first.order_token), (again.order.id, &again.order_token));
        assert_eq!(first.order.id, other_key.order.id);
        let other_body = buy(&ctx, cart_id, 1, "key-1").await.unwrap_err();
        assert_eq!(other_body.code(), ErrorCode::IdempotencyKeyReused);
        assert_eq!(shop.level(&shop.warehouse, shirt.id()).await, (5, 1));
    }

    /// The guest's secret opens this order and no other; without it there is nothing to see.
    async fn a_guest_reads_the_order_by_its_secret(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
        let mine = buy(&ctx, cart_id, 1_550, "key").await.unwrap().order;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
        let theirs = buy(&ctx, cart_id, 1_550, "key").await.unwrap().order;
        let holder = world.ctx().with_actor(Actor::Guest { cart_id: None, order_id: Some(mine.id) });
        assert!(query::find(&holder, OrderLookup::Id(mine.id)).await.unwrap().is_some());
        assert!(query::find(&holder, OrderLookup::Id(theirs.id)).await.unwrap().is_none());
        assert!(query::find(&holder, OrderLookup::Number(theirs.number.clone())).await.unwrap().is_none());
        assert!(query::find(&world.guest(), OrderLookup::Id(mine.id)).await.is_err());
        let stranger = world.new_customer("Sato", "Jun").create().await;
        assert!(query::find(&world.customer(stranger.id), OrderLookup::Id(mine.id)).await.unwrap().is_none());
    }

    /// Nothing is left behind by what is refused.
    async fn a_refused_order_changes_nothing(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 2).await;
        let refused = buy(&ctx, cart_id, 2_550, "key").await.unwrap_err();
        let Error::Several(errors) = refused else { panic!("{refused}") };
        assert!(matches!(errors[..], [Error::InsufficientStock { requested: 2, available: 1, .. }]), "{errors:?}");
        let wrong_total = buy(&ctx, cart_id, 2_549, "key").await.unwrap_err();
        assert!(matches!(wrong_total, Error::PriceChanged { .. }));
        let stranger = buy(&world.guest(), cart_id, 2_550, "key").await.unwrap_err();
        assert_eq!(stranger.code(), ErrorCode::NotFound);
        assert_eq!(shop.level(&shop.warehouse, shirt.id()).await, (1, 0));
        assert!(shop.payment_events().await.is_empty());
        assert_eq!(entity::order::Entity::find().count(world.db()).await.unwrap(), 0);
        assert_eq!(entity::idempotency_key::Entity::find().count(world.db()).await.unwrap(), 0);
    }

    /// Two locations with one unit each serve an order of two, each with its own work.
    async fn an_order_splits_when_no_location_has_it_all(world: World) {
        let shop = Shop::open(&world).await;
        let shirt =
            world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).stock(&shop.store, 1).create().await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 2).await;
        let order = buy(&ctx, cart_id, 2_550, "key").await.unwrap().order;
        let mut expected =
            vec![(Some(shop.warehouse.id), "OPEN".to_owned(), 1), (Some(shop.store.id), "OPEN".to_owned(), 1)];
        expected.sort();
        assert_eq!(shop.work(order.id).await, expected);
        let decisions = domain::routing::query::of_order(world.db(), order.id).await.unwrap();
        assert_eq!(decisions[0].rule, "fewest_splits");
        assert_eq!(domain::routing::decision::verdicts(&decisions[0]).len(), 2);
    }

    /// A pickup takes stock of its store and nowhere else.
    async fn a_pickup_takes_stock_of_its_store(world: World) {
        let shop = Shop::open(&world).await;
        let shirt =
            world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 9).stock(&shop.store, 1).create().await;
        let pickup = |quantity| [(shirt.id(), quantity, DeliveryMethod::Pickup, Some(shop.store.id))];
        let (cart_id, ctx) = shop.cart(&pickup(2)).await;
        assert!(buy(&ctx, cart_id, 2_000, "key").await.is_err());
        let (cart_id, ctx) = shop.cart(&pickup(1)).await;
        let order = buy(&ctx, cart_id, 1_000, "key").await.unwrap().order;
        assert_eq!(order.pickup_status, OrderPickupStatus::Preparing);
        assert_eq!(shop.level(&shop.store, shirt.id()).await, (1, 1));
    }

    /// A bundle takes its parts; what sells beyond stock waits without a location, up to its limit.
    async fn bundles_and_backorders(world: World) {
        let shop = Shop::open(&world).await;
        let cup = world.product("cup").price(&shop.online, 500).stock(&shop.warehouse, 4).create().await;
        let pot = world.product("pot").price(&shop.online, 900).stock(&shop.warehouse, 4).create().await;
        let set = world.product("set").price(&shop.online, 1_000).component(&cup, 2).component(&pot, 1).create().await;
        let (cart_id, ctx) = shop.cart_of(set.id(), 2).await;
        buy(&ctx, cart_id, 2_550, "key").await.unwrap();
        assert_eq!(shop.level(&shop.warehouse, cup.id()).await, (4, 4));
        assert_eq!(shop.level(&shop.warehouse, pot.id()).await, (4, 2));
        let (cart_id, ctx) = shop.cart_of(set.id(), 1).await;
        assert!(buy(&ctx, cart_id, 1_550, "key").await.is_err());

        let coat = world.product("coat").price(&shop.online, 1_000).stock(&shop.warehouse, 1).with(|variant| {
            variant.inventory_policy = InventoryPolicy::Backorder;
            variant.backorder_limit = Some(2);
        });
        let coat = coat.create().await;
        let (cart_id, ctx) = shop.cart_of(coat.id(), 3).await;
        let order = buy(&ctx, cart_id, 3_550, "key").await.unwrap().order;
        assert_eq!(
            shop.work(order.id).await,
            [(None, "SCHEDULED".to_owned(), 2), (Some(shop.warehouse.id), "OPEN".to_owned(), 1)]
        );
        let (cart_id, ctx) = shop.cart_of(coat.id(), 1).await;
        assert!(buy(&ctx, cart_id, 1_550, "key").await.is_err());
    }

    /// A cart without contact, address or shipping method is told all of it at once.
    async fn what_is_missing_is_told_at_once(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
        let bare = cart::ActiveModel {
            id: sea_orm::ActiveValue::Set(cart_id),
            email: sea_orm::ActiveValue::Set(None),
            shipping_address: sea_orm::ActiveValue::Set(None),
            shipping_method_id: sea_orm::ActiveValue::Set(None),
            ..Default::default()
        };
        cart::Entity::update(bare).exec(world.db()).await.unwrap();
        let input = CompleteCart {
            cart_id,
            expected_total: yen(1_000),
            payments: test_payment(TestOutcome::Approve),
            idempotency_key: "key".to_owned(),
        };
        let Error::Several(errors) = complete_cart(&ctx, input).await.unwrap_err() else { panic!("one error") };
        let codes: Vec<_> = errors.iter().map(Error::code).collect();
        for code in [ErrorCode::ContactRequired, ErrorCode::ShippingAddressRequired, ErrorCode::ShippingMethodRequired] {
            assert!(codes.contains(&code), "{codes:?}");
        }
    }

    /// The final call of a purchase sends few statements, and as many for twenty lines as for one: cart, key, lines, channel,
    /// rates, locations, stock, number, levels, and everything that is written.
    async fn placing_takes_few_statements(world: World) {
        let shop = Shop::open(&world).await;
        let mut lines = Vec::new();
        for number in 0..20 {
            let sku = world.product(&format!("p{number}")).price(&shop.online, 1_000).stock(&shop.warehouse, 5);
            lines.push((sku.create().await.id(), 1, DeliveryMethod::Ship, None));
        }
        let (small, small_ctx) = shop.cart(&lines[..1]).await;
        let (large, large_ctx) = shop.cart(&lines).await;
        buy(&small_ctx, small, 1_550, "key").await.unwrap();
        buy(&large_ctx, large, 20_550, "key").await.unwrap();
        let (small, large) = (small_ctx.statements.get(), large_ctx.statements.get());
        assert_eq!((small, large), (10, 10), "one line, and twenty");
    }
}
