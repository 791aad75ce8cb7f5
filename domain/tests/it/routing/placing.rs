//! Placing orders in a channel with rules.

use domain::routing::location_group::{self, UpsertGroup};
use domain::routing::rule::Filter;
use domain::routing::upsert_rule::UpsertRule;
use domain::routing::{decision, query};
use domain::{Error, ErrorCode};
use entity::id::OrderId;
use entity::words::{InventoryPolicy, ParkingReason, RoutingFallback, RoutingOccasion, RoutingSort};
use entity::{location, order, routing_decision};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, PaginatorTrait};
use support::{World, both_databases, race};

use super::{add, heads, keep_whole, manager, order, places, rule};
use crate::fulfillment::shop::Shop;

async fn decision_of(world: &World, order: OrderId) -> routing_decision::Model {
    query::of_order(world.db(), order).await.unwrap().pop().expect("a decision")
}

fn is_shortage(error: &Error) -> bool {
    error.code() == ErrorCode::InsufficientStock
}

both_databases! {
    /// Two last units in two stores and an order of two: split when the rule splits.
    async fn two_last_units_in_two_stores_are_sent_apart(world: World) {
        let shop = Shop::open(&world).await;
        let rule = add(&world, rule(&shop, "near", Vec::new(), &[RoutingSort::Proximity])).await;
        let cap =
            world.product("cap").price(&shop.online, 1_000).stock(&shop.warehouse, 1).stock(&shop.store, 1).create().await;
        let placed = order(&shop, cap.id(), 2).await.unwrap();
        let mut expected = vec![(Some(shop.warehouse.id), 1), (Some(shop.store.id), 1)];
        expected.sort();
        assert_eq!(places(&shop, placed).await, expected);
        let decision = decision_of(&world, placed).await;
        assert_eq!((decision.rule.as_str(), decision.rule_id, decision.occasion), ("near", Some(rule.id), RoutingOccasion::Placement));
        let reasons: Vec<_> = decision::verdicts(&decision).into_iter().map(|verdict| verdict.reason).collect();
        assert_eq!(reasons, ["chosen", "chosen"]);
        assert_eq!(decision::verdicts(&decision)[0].available.get(&cap.id()), Some(&1), "the stock that was seen");
    }

    /// Two last units in two stores and an order of two: kept whole by waiting when the rule keeps orders whole, and then
    /// nobody else gets them.
    async fn two_last_units_in_two_stores_wait_to_be_whole(world: World) {
        let shop = Shop::open(&world).await;
        keep_whole(&world, &shop).await;
        let cap =
            world.product("cap").price(&shop.online, 1_000).stock(&shop.warehouse, 1).stock(&shop.store, 1).create().await;
        let placed = order(&shop, cap.id(), 2).await.unwrap();
        assert_eq!(places(&shop, placed).await, [(None, 2)]);
        let head = heads(&world, placed).await.remove(0);
        assert_eq!(head.parked_as, Some(ParkingReason::Unfillable));
        assert!(head.fulfill_by.is_some(), "it was promised as any parcel");
        let reasons: Vec<_> =
            decision::verdicts(&decision_of(&world, placed).await).into_iter().map(|verdict| verdict.reason).collect();
        assert_eq!(reasons, ["not_all", "not_all"]);
        assert!(is_shortage(&order(&shop, cap.id(), 1).await.unwrap_err()));
    }

    /// Many orders of two over two stores with five units: whatever waits and whatever is committed, no unit is promised
    /// to two orders.
    async fn waiting_units_are_never_promised_twice(world: World) {
        let shop = Shop::open(&world).await;
        keep_whole(&world, &shop).await;
        let cap =
            world.product("cap").price(&shop.online, 1_000).stock(&shop.warehouse, 1).stock(&shop.store, 4).create().await;
        let answers = race(12, |number| {
            let (shop, cap) = (shop.clone(), cap.id());
            async move { order(&shop, cap, if number % 2 == 0 { 2 } else { 3 }).await }
        })
        .await;
        let mut promised = 0;
        for answer in &answers {
            match answer {
                Ok(order) => promised += places(&shop, *order).await.iter().map(|(_, units)| units).sum::<i64>(),
                Err(error) => assert!(is_shortage(error), "{error}"),
            }
        }
        assert!((3..=5).contains(&promised), "{promised} units promised of five");
    }

    /// Two buyers of two over two stores with a last unit each, and a third at the same time: one gets both, sent apart.
    async fn two_last_units_are_sent_apart_to_one_buyer(world: World) {
        let shop = Shop::open(&world).await;
        add(&world, rule(&shop, "near", Vec::new(), &[RoutingSort::Proximity])).await;
        for round in 0..10 {
            let cap = world.product(&format!("cap-{round}")).price(&shop.online, 1_000);
            let cap = cap.stock(&shop.warehouse, 1).stock(&shop.store, 1).create().await;
            let answers = race(3, |_| {
                let (shop, cap) = (shop.clone(), cap.id());
                async move { order(&shop, cap, 2).await }
            })
            .await;
            let (placed, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
            assert_eq!((placed.len(), refused.len()), (1, 2));
            assert!(refused.iter().all(|answer| answer.as_ref().is_err_and(is_shortage)));
            let mut expected = vec![(Some(shop.warehouse.id), 1), (Some(shop.store.id), 1)];
            expected.sort();
            assert_eq!(places(&shop, *placed[0].as_ref().unwrap()).await, expected);
        }
    }

    /// A group keeps the stores out, the daily limit then sends orders on, and what a rule cancels is not sold.
    async fn filters_decide_who_serves(world: World) {
        let shop = Shop::open(&world).await;
        let manager = manager(&world).await;
        let group = location_group::upsert(&manager, UpsertGroup {
            id: None,
            expected_version: None,
            code: "warehouses".to_owned(),
            name: "Warehouses".to_owned(),
            location_ids: [shop.warehouse.id].into(),
        })
        .await
        .unwrap();
        let mut limited = shop.warehouse.clone().into_active_model();
        limited.daily_order_limit = sea_orm::ActiveValue::Set(Some(1));
        limited.update(world.db()).await.unwrap();
        let own = Filter::LocationGroup { group_ids: [group.id].into(), except: false };
        let others = Filter::LocationGroup { group_ids: [group.id].into(), except: true };
        add(&world, UpsertRule {
            fallback: RoutingFallback::NextRule,
            ..rule(&shop, "warehouse", vec![own, Filter::DailyLimit], &[])
        })
        .await;
        add(&world, UpsertRule {
            fallback: RoutingFallback::Cancel,
            ..rule(&shop, "stores", vec![others, Filter::StockLeft { units: 7 }], &[])
        })
        .await;
        let cap =
            world.product("cap").price(&shop.online, 1_000).stock(&shop.warehouse, 9).stock(&shop.store, 9).create().await;
        let first = order(&shop, cap.id(), 1).await.unwrap();
        assert_eq!(places(&shop, first).await, [(Some(shop.warehouse.id), 1)]);
        let second = order(&shop, cap.id(), 2).await.unwrap();
        assert_eq!(places(&shop, second).await, [(Some(shop.store.id), 2)]);
        let decision = decision_of(&world, second).await;
        let tried: Vec<_> = decision::tried(&decision).into_iter().map(|tried| (tried.rule, tried.placed)).collect();
        assert_eq!(tried, [("warehouse".to_owned(), 0), ("stores".to_owned(), 2)]);
        // The store keeps seven, the warehouse has had its order of the day.
        assert!(is_shortage(&order(&shop, cap.id(), 2).await.unwrap_err()));
        assert_eq!(order::Entity::find().count(world.db()).await.unwrap(), 2);
        world.advance(chrono::TimeDelta::days(1));
        let next_day = order(&shop, cap.id(), 1).await.unwrap();
        assert_eq!(places(&shop, next_day).await, [(Some(shop.warehouse.id), 1)]);
    }

    /// Many orders of different goods in one instant: the warehouse gets as many as its day allows, and whoever is canceled
    /// makes room for another.
    async fn a_daily_limit_holds_in_a_race(world: World) {
        let shop = Shop::open(&world).await;
        let mut limited = shop.warehouse.clone().into_active_model();
        limited.daily_order_limit = sea_orm::ActiveValue::Set(Some(3));
        limited.update(world.db()).await.unwrap();
        let mut unlimited = shop.store.clone().into_active_model();
        unlimited.daily_order_limit = sea_orm::ActiveValue::Set(None);
        unlimited.update(world.db()).await.unwrap();
        add(&world, rule(&shop, "limit", vec![Filter::DailyLimit], &[RoutingSort::Priority])).await;
        let mut goods = Vec::new();
        for number in 0..12 {
            let one = world.product(&format!("p{number}")).price(&shop.online, 1_000);
            goods.push(one.stock(&shop.warehouse, 9).stock(&shop.store, 9).create().await.id());
        }
        let answers = race(12, |number| {
            let (shop, good) = (shop.clone(), goods[number]);
            async move { order(&shop, good, 1).await.unwrap() }
        })
        .await;
        let mut there = Vec::new();
        for answer in answers {
            match places(&shop, answer).await.as_slice() {
                [(Some(place), 1)] if *place == shop.warehouse.id => there.push(answer),
                [(Some(place), 1)] if *place == shop.store.id => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(there.len(), 3, "orders of the warehouse's day");
        super::reject(&world, &shop.warehouse, there[0]).await;
        let answers = race(4, |number| {
            let (shop, good) = (shop.clone(), goods[number]);
            async move { order(&shop, good, 1).await.unwrap() }
        })
        .await;
        let mut more = 0;
        for answer in answers {
            more += places(&shop, answer).await.iter().filter(|(place, _)| *place == Some(shop.warehouse.id)).count();
        }
        assert_eq!(more, 1, "the place of the order that was given back");
    }

    /// What came in first goes out first.
    async fn the_oldest_stock_serves_first(world: World) {
        let shop = Shop::open(&world).await;
        add(&world, rule(&shop, "oldest", Vec::new(), &[RoutingSort::StockAge])).await;
        let cap = world.product("cap").price(&shop.online, 1_000).stock(&shop.store, 1).create().await;
        world.advance(chrono::TimeDelta::hours(1));
        world.stock(&shop.warehouse, cap.id(), 5).await;
        world.advance(chrono::TimeDelta::hours(1));
        let first = order(&shop, cap.id(), 1).await.unwrap();
        assert_eq!(places(&shop, first).await, [(Some(shop.store.id), 1)]);
        let second = order(&shop, cap.id(), 1).await.unwrap();
        assert_eq!(places(&shop, second).await, [(Some(shop.warehouse.id), 1)]);
    }

    /// A pre-order waits for its day although stock is there.
    async fn a_preorder_waits_for_its_day(world: World) {
        let shop = Shop::open(&world).await;
        let day = (world.now() + chrono::TimeDelta::days(3)).date_naive();
        let game = world.product("game").price(&shop.online, 1_000).stock(&shop.warehouse, 5).with(|variant| {
            variant.inventory_policy = InventoryPolicy::Preorder;
            variant.preorder_ships_on = Some(day);
        });
        let game = game.create().await;
        let placed = order(&shop, game.id(), 1).await.unwrap();
        assert_eq!(places(&shop, placed).await, [(None, 1)]);
        assert_eq!(heads(&world, placed).await[0].parked_as, Some(ParkingReason::Preorder));
        super::work(&world).await;
        assert_eq!(places(&shop, placed).await, [(None, 1)]);
        world.advance(chrono::TimeDelta::days(3));
        domain::jobs::Schedule::plant(&world.ctx()).await.unwrap();
        super::work(&world).await;
        assert_eq!(places(&shop, placed).await, [(Some(shop.warehouse.id), 1)]);
        assert_eq!(shop.level(&shop.warehouse, game.id()).await, (5, 1));
    }

    /// Fifty candidates, every filter and sort: as many statements as with two, whatever the lines.
    async fn routing_over_fifty_locations_takes_few_statements(world: World) {
        let shop = Shop::open(&world).await;
        let manager = manager(&world).await;
        let mut channel = world.channel("wide");
        let mut places: Vec<location::Model> = Vec::new();
        for number in 0..50 {
            let place = world.location(&format!("L{number}")).with(|row| row.daily_order_limit = Some(100)).create().await;
            channel = channel.served_by(&place);
            places.push(place);
        }
        let wide = channel.create().await;
        let shipping = world.shipping_method(&wide, "standard", 550).await.create().await;
        let wide_shop = Shop { online: wide, shipping: shipping.id, ..shop };
        let group = location_group::upsert(&manager, UpsertGroup {
            id: None,
            expected_version: None,
            code: "all".to_owned(),
            name: "All".to_owned(),
            location_ids: places.iter().map(|place| place.id).collect(),
        })
        .await
        .unwrap();
        let filters = vec![
            Filter::LocationGroup { group_ids: [group.id].into(), except: false },
            Filter::Distance { max_meters: 1_000_000 },
            Filter::StockLeft { units: 1 },
            Filter::DailyLimit,
            Filter::OpenToday { minutes: 30 },
            Filter::ShipBy { minutes: 30 },
        ];
        add(&world, rule(&wide_shop, "everything", filters, RoutingSort::ALL)).await;
        let mut lines = Vec::new();
        for number in 0..8 {
            let mut sku = world.product(&format!("p{number}")).price(&wide_shop.online, 1_000);
            for place in &places {
                sku = sku.stock(place, 3);
            }
            lines.push((sku.create().await.id(), 1, entity::words::DeliveryMethod::Ship, None));
        }
        let (small, small_ctx) = wide_shop.cart(&lines[..1]).await;
        let (large, large_ctx) = wide_shop.cart(&lines).await;
        crate::fulfillment::shop::buy(&small_ctx, small, 1_550, "key").await.unwrap();
        crate::fulfillment::shop::buy(&large_ctx, large, 8_550, "key").await.unwrap();
        let (small, large) = (small_ctx.statements.get(), large_ctx.statements.get());
        // Ten without rules; rules, locks of stock and of locations, stock once more, groups, orders of the day and ages are
        // seven. SQLite has one writer and locks no stock.
        let is_postgres = world.db().get_database_backend() == sea_orm::DatabaseBackend::Postgres;
        let wanted = if is_postgres { 17 } else { 16 };
        assert_eq!((small, large), (wanted, wanted), "one line, and eight, over fifty locations");
    }
}
