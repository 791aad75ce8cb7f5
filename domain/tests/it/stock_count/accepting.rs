//! Who accepts, and what is posted.

use chrono::TimeDelta;
use domain::inventory::hold::{PutAside, put_aside};
use domain::inventory::unit::NumberedUnits;
use domain::inventory::{ReceiveLine, ReceiveStock, receive};
use domain::stock_count::{AcceptCount, Recount, accept, recount};
use domain::{Error, ErrorCode, Permission};
use entity::words::StockState::{Available, Damaged, SafetyStock};
use entity::words::{CauseKind, StockCountStatus, UnitTracking};
use entity::{stock_level, stock_movement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{World, both_databases};

use super::{ACCEPTOR, COUNTER, accept_it, counted, line_of, lines, on_hand};
use crate::fulfillment::shop::{Shop, buy};
use crate::inventory::{posted, shift};

both_databases! {
    /// Somebody else accepts: the variance is posted once, with the line as its cause.
    async fn somebody_else_accepts(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 5).create().await.id();
        let cup = world.product("cup").stock(&store, 3).create().await.id();
        let pot = world.product("pot").stock(&store, 1).create().await.id();
        let clerk = world.staff_at(store.id, &[Permission::CountsWork, Permission::CountsAccept]).await;
        let count = counted(&clerk, store.id, &[(tea, 4), (cup, 5), (pot, 1)]).await;
        assert_eq!(accept_it(&clerk, count.id, "a").await.unwrap_err().code(), ErrorCode::CountedByYourself);
        let counter_only = world.staff_at(store.id, COUNTER).await;
        assert_eq!(accept_it(&counter_only, count.id, "a").await.unwrap_err().code(), ErrorCode::Forbidden);
        let elsewhere = world.staff_at(world.store("ginza").await.id, ACCEPTOR).await;
        assert_eq!(accept_it(&elsewhere, count.id, "a").await.unwrap_err().code(), ErrorCode::NotFound);
        let manager = world.staff_at(store.id, ACCEPTOR).await;
        let done = accept_it(&manager, count.id, "a").await.unwrap();
        assert_eq!((done.count.status, done.count.accepted_by), (StockCountStatus::Accepted, manager.actor.staff_id()));
        assert!(accept_it(&manager, count.id, "a").await.unwrap().replayed);
        assert_eq!(accept_it(&manager, count.id, "b").await.unwrap_err().code(), ErrorCode::InvalidTransition);
        for (variant, units, variance) in [(tea, 4, -1), (cup, 5, 2), (pot, 1, 0)] {
            assert_eq!(on_hand(&world, store.id, variant).await, units);
            assert_eq!(line_of(&world, count.id, variant).await.accepted_variance, Some(variance));
        }
        let posted = stock_movement::Entity::find()
            .filter(stock_movement::Column::CauseKind.eq(CauseKind::CountLine))
            .all(world.db())
            .await
            .unwrap();
        assert_eq!(posted.len(), 2);
    }

    /// What nobody counted is left out of a directed count; what is not known there may be found.
    async fn what_nobody_counted_is_left_out(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 5).create().await.id();
        let cup = world.product("cup").create().await.id();
        let clerk = world.staff_at(store.id, COUNTER).await;
        let goods = domain::stock_count::Selection::Variants(vec![tea, cup]);
        let (count, session) = super::begun(&clerk, store.id, Some(goods), "k").await;
        super::found(&clerk, session, vec![super::scan(cup, 3)], "k").await.unwrap();
        super::submitted(&clerk, count.id, false).await.unwrap();
        accept_it(&world.staff(ACCEPTOR).await, count.id, "a").await.unwrap();
        assert_eq!((on_hand(&world, store.id, tea).await, on_hand(&world, store.id, cup).await), (5, 3));
        assert_eq!(line_of(&world, count.id, tea).await.accepted_variance, None);
    }

    /// Free units go first, then the buffer; put-aside units whose time is over are free.
    async fn missing_units_come_from_what_is_free(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 10).create().await.id();
        posted(&world.ctx(), vec![shift(store.id, tea, Available, SafetyStock, 3)]).await.unwrap();
        let clerk = world.staff_at(store.id, &[Permission::CountsWork, Permission::StockHold]).await;
        let aside = PutAside { location_id: store.id, variant_id: tea, quantity: 5, note: None, expires_at: world.now() + TimeDelta::hours(1), idempotency_key: "h".to_owned() };
        put_aside(&clerk, aside).await.unwrap();
        let count = counted(&clerk, store.id, &[(tea, 2)]).await;
        world.advance(TimeDelta::hours(2));
        let done = accept_it(&world.staff(ACCEPTOR).await, count.id, "a").await.unwrap();
        assert!(done.problems.is_empty());
        let level = stock_level::Entity::find_by_id((store.id, tea)).one(world.db()).await.unwrap().unwrap();
        assert_eq!((level.on_hand, level.reserved, level.safety_stock), (2, 0, 2), "one of the buffer was needed");
    }

    /// Promised units stand in the way of one line: it is told with its work, the others are posted, and accepting again
    /// posts the rest.
    async fn promised_units_stand_in_the_way(world: World) {
        let shop = Shop::open(&world).await;
        let tea = world.product("tea").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await.id();
        let cup = world.product("cup").stock(&shop.warehouse, 5).create().await.id();
        let (cart, guest) = shop.cart_of(tea, 3).await;
        let order = buy(&guest, cart, 3_550, "buy").await.unwrap();
        posted(&world.ctx(), vec![shift(shop.warehouse.id, tea, Available, Damaged, 1)]).await.unwrap();
        let clerk = world.staff(COUNTER).await;
        let count = counted(&clerk, shop.warehouse.id, &[(tea, 3), (cup, 4)]).await;
        let manager = world.staff(ACCEPTOR).await;
        let first = accept_it(&manager, count.id, "a").await.unwrap();
        assert_eq!((first.count.status, first.problems.len()), (StockCountStatus::Submitted, 1));
        let problem = &first.problems[0];
        assert_eq!((problem.line.variant_id, problem.quantity), (tea, 2));
        assert_eq!((problem.level.available(), problem.level.committed, problem.level.damaged), (1, 3, 1));
        let work: Vec<_> = domain::fulfillment::query::of_orders(world.db(), &[order.order.id]).await.unwrap().iter().map(|work| work.id).collect();
        assert_eq!(problem.work, work);
        assert_eq!((on_hand(&world, shop.warehouse.id, tea).await, on_hand(&world, shop.warehouse.id, cup).await), (5, 4), "whole lines only");
        // A line that is posted cannot be counted again.
        let cup_line = line_of(&world, count.id, cup).await.id;
        let refused = recount(&clerk, Recount { count_id: count.id, lines: vec![cup_line], expected_version: None }).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })));
        posted(&world.ctx(), vec![shift(shop.warehouse.id, tea, Damaged, Available, 1)]).await.unwrap();
        let second = accept_it(&manager, count.id, "b").await.unwrap();
        assert_eq!((second.count.status, second.problems.len()), (StockCountStatus::Accepted, 0));
        assert_eq!(on_hand(&world, shop.warehouse.id, tea).await, 3);
        assert!(lines(&world, count.id).await.iter().all(|line| line.accepted_variance.is_some()));
    }

    /// When every unit has a number, the missing ones must be named.
    async fn missing_serial_numbers_are_named(world: World) {
        let store = world.store("shibuya").await;
        let camera = world.product("camera").with(|row| row.unit_tracking = UnitTracking::Serial).create().await.id();
        let unit = |code: &str| NumberedUnits { variant_id: camera, code: code.to_owned(), quantity: 1, expires_on: None, fulfillment_order_line_id: None };
        let delivery = ReceiveStock {
            location_id: store.id,
            lines: vec![ReceiveLine { variant_id: camera, quantity: 2, state: Available }],
            reason: "delivery".to_owned(),
            reason_code: None,
            units: vec![unit("A"), unit("B")],
            idempotency_key: "d".to_owned(),
        };
        receive(&world.staff(&[Permission::StockReceive]).await, delivery).await.unwrap();
        let count = counted(&world.staff(COUNTER).await, store.id, &[(camera, 1)]).await;
        let manager = world.staff(ACCEPTOR).await;
        let refused = accept_it(&manager, count.id, "a").await.unwrap();
        assert_eq!((refused.problems.len(), refused.problems[0].level.numbered), (1, 2));
        let named = |units, key: &str| AcceptCount { found_units: Vec::new(), count_id: count.id, missing_units: units, expected_version: None, idempotency_key: key.to_owned() };
        assert_eq!(accept(&manager, named(vec![unit("C")], "b")).await.unwrap_err().code(), ErrorCode::NotFound);
        let done = accept(&manager, named(vec![unit("B")], "c")).await.unwrap();
        assert!(done.problems.is_empty());
        let level = stock_level::Entity::find_by_id((store.id, camera)).one(world.db()).await.unwrap().unwrap();
        assert_eq!((level.on_hand, level.numbered), (1, 1));
    }
}
