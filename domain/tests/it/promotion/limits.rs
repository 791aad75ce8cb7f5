//! Limits hold, however many buy at once.

use domain::cart::codes::apply_code;
use domain::promotion::codes::{CreateCodes, create_codes};
use domain::promotion::offer::Benefit;
use domain::promotion::upsert::UpsertPromotion;
use domain::{ErrorCode, Result};
use entity::cart;
use entity::words::PromotionTrigger;
use sea_orm::{ActiveValue::Set, EntityTrait};
use support::{World, both_databases, race};

use super::{coded, plain, running, target, used};
use crate::fulfillment::shop::{Shop, buy};

/// How many got the discounted price; the others must have been told that the price changed.
fn winners(answers: &[Result<()>]) -> usize {
    for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(error.code(), ErrorCode::PriceChanged, "{error}");
    }
    answers.iter().filter(|answer| answer.is_ok()).count()
}

both_databases! {
    /// Fifty buyers for ten uses: ten get it, the others are told the price without.
    async fn ten_uses_for_fifty_buyers(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 100).create().await;
        let limited = UpsertPromotion {
            usage_limit: Some(10),
            ..plain("先着", PromotionTrigger::Automatic, Benefit::Fixed(500))
        };
        let row = running(&world, limited).await;
        let mut carts = Vec::new();
        for _ in 0..50 {
            carts.push(shop.cart_of(shirt.id(), 1).await);
        }
        let answers = race(50, |number| {
            let (cart_id, buyer) = carts[number].clone();
            async move { buy(&buyer, cart_id, 1_050, "key").await.map(|_| ()) }
        })
        .await;
        assert_eq!(winners(&answers), 10);
        assert_eq!(used(&world, row.id).await, 10);
        // Who lost buys at the price of now.
        let lost = answers.iter().position(Result::is_err).unwrap();
        let (cart_id, buyer) = carts[lost].clone();
        buy(&buyer, cart_id, 1_550, "again").await.unwrap();
    }

    /// A code that serves three orders, and twenty who type it.
    async fn three_uses_of_a_code(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 100).create().await;
        let row = running(&world, plain("code", PromotionTrigger::Code, Benefit::Fixed(500))).await;
        let codes = CreateCodes {
            promotion_id: row.id,
            codes: vec!["THREE".to_owned()],
            count: 0,
            prefix: String::new(),
            usage_limit: Some(3),
        };
        create_codes(&world.ctx(), codes).await.unwrap();
        let mut carts = Vec::new();
        for _ in 0..20 {
            let (cart_id, buyer) = shop.cart_of(shirt.id(), 1).await;
            apply_code(&buyer, target(cart_id), "three").await.unwrap();
            carts.push((cart_id, buyer));
        }
        let answers = race(20, |number| {
            let (cart_id, buyer) = carts[number].clone();
            async move { buy(&buyer, cart_id, 1_050, "key").await.map(|_| ()) }
        })
        .await;
        assert_eq!((winners(&answers), used(&world, row.id).await), (3, 3));
    }

    /// A code that serves one order, and thirty who type it: one gets it, and the others hear that the price changed.
    async fn one_use_of_a_code_for_thirty(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 100).create().await;
        let once = UpsertPromotion {
            usage_limit: Some(1),
            ..plain("一回", PromotionTrigger::Code, Benefit::Fixed(500))
        };
        let row = coded(&world, "ONCE-EVER", once).await;
        let mut carts = Vec::new();
        for _ in 0..30 {
            let (cart_id, buyer) = shop.cart_of(shirt.id(), 1).await;
            apply_code(&buyer, target(cart_id), "once ever").await.unwrap();
            carts.push((cart_id, buyer));
        }
        let answers = race(30, |number| {
            let (cart_id, buyer) = carts[number].clone();
            async move { buy(&buyer, cart_id, 1_050, "key").await.map(|_| ()) }
        })
        .await;
        assert_eq!((winners(&answers), used(&world, row.id).await), (1, 1));
        let orders = entity::order::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(orders.iter().map(|order| order.discount_total).collect::<Vec<_>>(), [500]);
    }

    /// One guest with many carts uses once what one customer may use once; another guest may, too.
    async fn once_per_customer(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 100).create().await;
        let once = UpsertPromotion {
            customer_limit: Some(1),
            ..plain("一人一回", PromotionTrigger::Code, Benefit::Fixed(500))
        };
        let row = coded(&world, "ONCE", once).await;
        let mut carts = Vec::new();
        for _ in 0..10 {
            let (cart_id, buyer) = shop.cart_of(shirt.id(), 1).await;
            apply_code(&buyer, target(cart_id), "once").await.unwrap();
            carts.push((cart_id, buyer));
        }
        let answers = race(10, |number| {
            let (cart_id, buyer) = carts[number].clone();
            async move { buy(&buyer, cart_id, 1_050, "key").await.map(|_| ()) }
        })
        .await;
        assert_eq!((winners(&answers), used(&world, row.id).await), (1, 1));
        let (cart_id, buyer) = shop.cart_of(shirt.id(), 1).await;
        assert_eq!(apply_code(&buyer, target(cart_id), "once").await.unwrap_err().code(), ErrorCode::CodeUsedUp);
        let other = cart::ActiveModel { id: Set(cart_id), email: Set(Some("taro@example.jp".to_owned())), ..Default::default() };
        cart::Entity::update(other).exec(world.db()).await.unwrap();
        apply_code(&buyer, target(cart_id), "once").await.unwrap();
        buy(&buyer, cart_id, 1_050, "key").await.unwrap();
        assert_eq!(used(&world, row.id).await, 2);
    }
}
