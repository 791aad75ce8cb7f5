//! Many buyers at once, on real connections.

use domain::register::sell::{SaleLine, Sell, sell};
use domain::{Error, ErrorCode, Permission};
use entity::words::{Gateway, TestOutcome};
use entity::{order, payment};
use sea_orm::{EntityTrait, PaginatorTrait};
use support::{World, both_databases, race};

use super::shop::{Shop, buy};
use domain::payment::tender::TenderInput;

fn is_shortage(error: &Error) -> bool {
    error.code() == ErrorCode::InsufficientStock
}

both_databases! {
    /// Every unit is sold and none twice, though each location runs out at another moment.
    async fn stock_over_two_locations_is_sold_to_the_last_unit(world: World) {
        let shop = Shop::open(&world).await;
        let shirt =
            world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 7).stock(&shop.store, 5).create().await;
        let mut carts = Vec::new();
        for _ in 0..40 {
            carts.push(shop.cart_of(shirt.id(), 1).await);
        }
        let answers = race(carts.len(), |number| {
            let (cart_id, ctx) = carts[number].clone();
            async move { buy(&ctx, cart_id, 1_550, "key").await.map(|done| done.order.id) }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 12);
        for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert!(is_shortage(error), "{error}");
        }
        assert_eq!(order::Entity::find().count(world.db()).await.unwrap(), 12);
    }

    /// The same cart completed by many makes one order and one payment, and all get the same answer.
    async fn one_cart_completed_by_many(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
        let answers = race(50, |number| {
            let ctx = ctx.clone();
            async move { buy(&ctx, cart_id, 1_550, &format!("key-{}", number % 3)).await }
        })
        .await;
        let orders: std::collections::BTreeSet<_> = answers
            .into_iter()
            .map(|answer| answer.map(|done| (done.order.id, done.order_token)).unwrap())
            .collect();
        assert_eq!(orders.len(), 1);
        assert_eq!(payment::Entity::find().count(world.db()).await.unwrap(), 1);
    }

    /// Carts that want the same two things in opposite order do not lock each other out.
    async fn opposite_carts_do_not_deadlock(world: World) {
        let shop = Shop::open(&world).await;
        let a = world.product("a").price(&shop.online, 1_000).stock(&shop.warehouse, 20).create().await.id();
        let b = world.product("b").price(&shop.online, 1_000).stock(&shop.warehouse, 20).create().await.id();
        let ship = entity::words::DeliveryMethod::Ship;
        let mut carts = Vec::new();
        for number in 0..20 {
            let (first, second) = if number % 2 == 0 { (a, b) } else { (b, a) };
            carts.push(shop.cart(&[(first, 1, ship, None), (second, 1, ship, None)]).await);
        }
        let answers = race(carts.len(), |number| {
            let (cart_id, ctx) = carts[number].clone();
            async move { buy(&ctx, cart_id, 2_550, "key").await.map(|done| done.order.id) }
        })
        .await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert_eq!(shop.level(&shop.warehouse, a).await, (20, 20));
    }

    /// The web and the till share one stock.
    async fn web_and_till_share_one_stock(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world
            .product("shirt")
            .price(&shop.online, 1_000)
            .price(&shop.pos, 1_000)
            .stock(&shop.store, 10)
            .create()
            .await;
        let clerk = world.staff_at(shop.store.id, &[Permission::PosSell]).await;
        let mut carts = Vec::new();
        for _ in 0..30 {
            carts.push(shop.cart_of(shirt.id(), 1).await);
        }
        let register_id = shop.register;
        let answers = race(60, |number| {
            let (cart, clerk) = (carts[number / 2].clone(), clerk.clone());
            let variant_id = shirt.id();
            async move {
                if number % 2 == 0 {
                    return buy(&cart.1, cart.0, 1_550, "key").await.map(|_| ());
                }
                let cash = TenderInput {
                    gateway: Gateway::Cash,
                    amount: None,
                    tendered: None,
                    reference: None,
                    test_outcome: TestOutcome::Approve, code: None, method: None,
                };
                let sale = Sell { units: Vec::new(),
                    reservation_code: None,
                    register_id: Some(register_id),
                    cart_id: None,
                    lines: vec![SaleLine { variant_id, quantity: 1 }],
                    customer_id: None,
                    email: None,
                    locale: None,
                    discounts: domain::register::sale_discounts::SaleDiscounts::default(),
                    expected_total: None,
                    payments: vec![cash],
                    idempotency_key: format!("sale-{number}"),
                };
                sell(&clerk, sale).await.map(|_| ())
            }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
        for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert!(is_shortage(error), "{error}");
        }
        let (on_hand, committed) = shop.level(&shop.store, shirt.id()).await;
        assert_eq!(on_hand - committed, 0);
    }
}
