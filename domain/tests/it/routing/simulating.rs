//! Trying rules on past orders.

use chrono::TimeDelta;
use domain::ErrorCode;
use domain::fulfillment::simulate::{Load, Simulate, simulate};
use domain::routing::Rule;
use domain::routing::rule::Filter;
use entity::routing_decision;
use entity::words::{RoutingFallback, RoutingSort};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, PaginatorTrait};
use support::{World, both_databases};

use super::{manager, order};
use crate::fulfillment::shop::Shop;

fn past(world: &World, shop: &Shop, rules: Vec<Rule>) -> Simulate {
    Simulate {
        channel_id: shop.online.id,
        placed_from: world.now() - TimeDelta::days(1),
        placed_before: world.now() + TimeDelta::seconds(1),
        rules,
        limit: 500,
    }
}

both_databases! {
    /// The rules of today change nothing; one that keeps orders whole parks the split one; nothing is written.
    async fn rules_are_tried_on_past_orders(world: World) {
        let shop = Shop::open(&world).await;
        let manager = manager(&world).await;
        let cap =
            world.product("cap").price(&shop.online, 1_000).stock(&shop.warehouse, 2).stock(&shop.store, 2).create().await;
        let single = order(&shop, cap.id(), 1).await.unwrap();
        let split = order(&shop, cap.id(), 3).await.unwrap();
        let same = simulate(&manager, &past(&world, &shop, Vec::new())).await.unwrap();
        assert_eq!((same.orders, same.with_current_stock, same.changed.len()), (2, 0, 0));
        assert_eq!((same.splits_before, same.splits_after), (1, 1));
        let whole = Rule {
            name: "whole".to_owned(),
            allow_partial: false,
            fallback: RoutingFallback::Queue,
            ..Rule::default_rule()
        };
        let kept = simulate(&manager, &past(&world, &shop, vec![whole])).await.unwrap();
        assert_eq!((kept.splits_after, kept.parked_before, kept.parked_after), (0, 0, 1));
        assert_eq!(kept.changed, [split]);
        let balanced = Rule {
            filters: vec![Filter::StockLeft { units: 1 }],
            sorts: vec![RoutingSort::StockBalance],
            fallback: RoutingFallback::Cancel,
            ..Rule::default_rule()
        };
        let balanced = simulate(&manager, &past(&world, &shop, vec![balanced])).await.unwrap();
        assert_eq!(balanced.canceled, 1, "one unit of three stays in each place");
        let units: i64 = balanced.loads.values().map(|load: &Load| load.units_before).sum();
        assert_eq!(units, 4);
        assert_eq!(routing_decision::Entity::find().count(world.db()).await.unwrap(), 2);
        assert!(kept.changed.iter().all(|order| *order != single));
    }

    /// A decision that kept no stock is replayed against the stock of today, and the answer says so.
    async fn old_decisions_use_the_stock_of_today(world: World) {
        let shop = Shop::open(&world).await;
        let cap = world.product("cap").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let placed = order(&shop, cap.id(), 1).await.unwrap();
        let row = domain::routing::query::of_order(world.db(), placed).await.unwrap().remove(0);
        let mut outcome = row.outcome.clone();
        for candidate in outcome["candidates"].as_array_mut().unwrap() {
            candidate.as_object_mut().unwrap().remove("available");
        }
        let mut old = row.into_active_model();
        old.outcome = Set(outcome);
        old.update(world.db()).await.unwrap();
        let manager = manager(&world).await;
        let none_left = simulate(&manager, &past(&world, &shop, Vec::new())).await.unwrap();
        assert_eq!((none_left.with_current_stock, none_left.parked_after), (1, 1));
        world.stock(&shop.store, cap.id(), 1).await;
        let elsewhere = simulate(&manager, &past(&world, &shop, Vec::new())).await.unwrap();
        assert_eq!((elsewhere.parked_after, elsewhere.changed), (0, vec![placed]));
    }

    /// A call is bounded.
    async fn bounds_are_kept(world: World) {
        let shop = Shop::open(&world).await;
        let manager = manager(&world).await;
        let fine = past(&world, &shop, Vec::new());
        for wrong in [Simulate { limit: 501, ..fine.clone() }, Simulate { limit: 0, ..fine.clone() }] {
            assert_eq!(simulate(&manager, &wrong).await.unwrap_err().code(), ErrorCode::TooMany);
        }
        let backwards = Simulate { placed_before: fine.placed_from, ..fine };
        assert_eq!(simulate(&manager, &backwards).await.unwrap_err().code(), ErrorCode::Invalid);
    }
}
