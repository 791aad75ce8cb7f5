//! Goods that come from another location for a pickup.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::messaging::dispatch;
use domain::pickup::cancel::cancel;
use domain::pickup::choose::{Choose, choose, other_stores};
use domain::pickup::prepare::start;
use domain::pickup::ready::{MakeReady, fall_short, make_ready};
use domain::transfer::{self, CancelTransfer, DispatchTransfer, ReceiveTransfer, ReceivedUnits};
use domain::{Actor, Ctx, ErrorCode, Permission, Result};
use entity::id::{LocationId, OrderId, PickupId, TransferId};
use entity::words::{
    DeliveryMethod, FulfillmentOrderStatus, InventoryPolicy, OrderPaymentStatus, OrderStatus, PickupChoice,
    PickupStatus, PickupStockPolicy, TransferCancelOutcome, TransferStatus, UnitTracking,
};
use entity::{event, location, pickup, transfer as transfers};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder};
use support::{Sku, World, both_databases, race};

use super::counter::{Counter, all_there, gone};
use crate::fulfillment::shop::buy;

/// A counter whose store takes from elsewhere what it lacks.
pub(super) struct Fed {
    pub(super) counter: Counter,
    pub(super) worker: Ctx,
}

impl Fed {
    /// Ten shirts in the store, fifty in the warehouse.
    pub(super) async fn open(world: &World) -> Self {
        let mut counter = Counter::open(world).await;
        counter.shop.store.pickup_stock_policy = PickupStockPolicy::Any;
        let store = counter.shop.store.clone().into_active_model().reset_all();
        store.update(world.db()).await.unwrap();
        Self { counter, worker: world.staff(&[Permission::TransfersWork]).await }
    }

    pub(super) fn world(&self) -> &World {
        &self.counter.shop.world
    }

    /// An order of a cap that only the warehouse has: the transfer, and the pickup that waits.
    pub(super) async fn cap(&self, quantity: i64) -> (OrderId, pickup::Model, transfers::Model) {
        let cap = self.only_far("cap", quantity).await;
        self.order(&cap, quantity).await
    }

    pub(super) async fn only_far(&self, name: &str, quantity: i64) -> Sku {
        let shop = &self.counter.shop;
        let name = format!("{name}-{}", self.world().new_uuid());
        self.world().product(&name).price(&shop.online, 1_000).stock(&shop.warehouse, quantity).create().await
    }

    async fn order(&self, sku: &Sku, quantity: i64) -> (OrderId, pickup::Model, transfers::Model) {
        let order = self.bought(sku, quantity).await.unwrap();
        let waits = self.counter.of(order).await.into_iter().find(|it| it.status == PickupStatus::AwaitingTransfer);
        let waits = waits.expect("a pickup that waits");
        let transfer = self.transfers(&waits).await.remove(0);
        (order, waits, transfer)
    }

    async fn bought(&self, sku: &Sku, quantity: i64) -> Result<OrderId> {
        let shop = &self.counter.shop;
        let (cart, ctx) = shop.cart(&[(sku.id(), quantity, DeliveryMethod::Pickup, Some(shop.store.id))]).await;
        Ok(buy(&ctx, cart, 1_000 * quantity, "buy").await?.order.id)
    }

    pub(super) async fn transfers(&self, pickup: &pickup::Model) -> Vec<transfers::Model> {
        transfer::query::of_work(self.world().db(), &[pickup.fulfillment_order_id]).await.unwrap()
    }

    pub(super) async fn leave(&self, transfer_id: TransferId) {
        let input = DispatchTransfer {
            transfer_id,
            expected_version: None,
            lines: None,
            units: Vec::new(),
            carrier: None,
            tracking_number: None,
            idempotency_key: self.world().new_uuid().to_string(),
        };
        transfer::dispatch(&self.worker, input).await.unwrap();
    }

    pub(super) async fn come(&self, id: TransferId, came: Option<(i64, i64, i64)>) -> Result<()> {
        let line = transfer::query::lines(self.world().db(), &[id]).await.unwrap().remove(0);
        let lines = came.map(|(received, damaged, missing)| {
            let reason = Some("a wet box".to_owned());
            vec![ReceivedUnits { variant_id: line.variant_id, received, damaged, missing, reason }]
        });
        let idempotency_key = self.world().new_uuid().to_string();
        let input = ReceiveTransfer {
            transfer_id: id,
            expected_version: None,
            lines,
            numbers: domain::transfer::Numbers::default(),
            idempotency_key,
        };
        transfer::receive(&self.worker, input).await.map(|_| ())
    }

    /// What happened reaches its handlers.
    pub(super) async fn tell(&self) {
        tell(self.world()).await;
    }

    pub(super) async fn work(&self, pickup: &pickup::Model) -> entity::fulfillment_order::Model {
        entity::fulfillment_order::Entity::find_by_id(pickup.fulfillment_order_id)
            .one(self.world().db())
            .await
            .unwrap()
            .unwrap()
    }

    /// On hand, committed, put aside.
    async fn units(&self, place: LocationId, sku: &Sku) -> (i64, i64, i64) {
        let level = domain::inventory::query::level(self.world().db(), (place, sku.id())).await.unwrap();
        level.map_or((0, 0, 0), |level| (level.on_hand, level.committed, level.reserved))
    }

    fn canceling(&self, transfer_id: TransferId, outcome: Option<TransferCancelOutcome>) -> CancelTransfer {
        let reason = Some("the van broke down".to_owned());
        let idempotency_key = self.world().new_uuid().to_string();
        CancelTransfer { transfer_id, expected_version: None, outcome, reason, idempotency_key }
    }
}

/// Hands every event to the handlers, in order.
pub(super) async fn tell(world: &World) {
    let mut seen = 0;
    loop {
        let events = event::Entity::find().order_by_asc(event::Column::Id).all(world.db()).await.unwrap();
        if events.len() == seen {
            return;
        }
        seen = events.len();
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        let handlers =
            [domain::pickup::brought::HANDLER, domain::pickup::cascade::HANDLER, domain::pickup::follow::HANDLER];
        dispatch::run(&world.ctx(), &handlers, &ids).await.unwrap();
    }
}

async fn serve(counter: &Counter, world: &World, store: &location::Model, priority: i32) {
    let row = entity::channel_location::Model { channel_id: counter.shop.online.id, location_id: store.id, priority };
    let row = row.into_active_model().reset_all();
    entity::channel_location::Entity::insert(row).exec_without_returning(world.db()).await.unwrap();
}

both_databases! {
    /// From the order to the counter: put aside at the sender, on its way, there, promised, ready, collected.
    async fn goods_come_and_are_collected(world: World) {
        let fed = Fed::open(&world).await;
        let (store, warehouse) = (fed.counter.shop.store.id, fed.counter.shop.warehouse.id);
        let cap = fed.only_far("cap", 3).await;
        let (order, waits, transfer) = fed.order(&cap, 2).await;
        assert_eq!(fed.counter.of(order).await.len(), 1);
        assert_eq!((transfer.status, transfer.from_location_id, transfer.to_location_id), (TransferStatus::Ready, warehouse, store));
        assert_eq!((fed.units(warehouse, &cap).await, fed.units(store, &cap).await), ((3, 0, 2), (0, 0, 0)));
        let work = fed.work(&waits).await;
        assert_eq!((work.status, work.location_id, work.parked_as), (FulfillmentOrderStatus::Scheduled, Some(store), None));
        assert!(work.fulfill_by.unwrap() >= world.now() + TimeDelta::days(2), "{:?}", work.fulfill_by);
        assert_eq!(transfer.expected_at, Some(world.now() + TimeDelta::days(2)));
        assert_eq!(start(&fed.counter.clerk, waits.id, None).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        fed.tell().await;
        assert_eq!(fed.counter.pickup(waits.id).await.status, PickupStatus::AwaitingTransfer);

        fed.leave(transfer.id).await;
        fed.come(transfer.id, Some((1, 0, 0))).await.unwrap();
        fed.tell().await;
        assert_eq!(fed.units(store, &cap).await, (1, 0, 1), "kept until all of it is there");
        assert_eq!(fed.counter.pickup(waits.id).await.status, PickupStatus::AwaitingTransfer);
        fed.come(transfer.id, None).await.unwrap();
        world.audit().await;
        fed.tell().await;
        assert_eq!(fed.units(store, &cap).await, (2, 2, 0));
        assert_eq!(fed.counter.pickup(waits.id).await.status, PickupStatus::Arrived);
        assert_eq!(fed.work(&waits).await.status, FulfillmentOrderStatus::Open);
        start(&fed.counter.clerk, waits.id, None).await.unwrap();
        let ready = make_ready(&fed.counter.clerk, all_there(waits.id)).await.unwrap();
        fed.counter.hand_over(&fed.counter.code(&ready), "till").await.unwrap();
        assert_eq!(fed.units(store, &cap).await, (0, 0, 0));
        assert_eq!(fed.counter.seen(order).await.status, OrderStatus::Closed);
    }

    /// What the store has is promised at once, what it lacks comes from as few others as may be.
    async fn the_store_gives_what_it_has(world: World) {
        let fed = Fed::open(&world).await;
        let shop = &fed.counter.shop;
        let (near, far) = (world.store("GNZ").await, world.store("UEN").await);
        serve(&fed.counter, &world, &near, 3).await;
        serve(&fed.counter, &world, &far, 4).await;
        let tea = world.product("tea").price(&shop.online, 1_000).stock(&shop.store, 1).stock(&near, 1).stock(&far, 3);
        let tea = tea.create().await;
        let (order, waits, _) = fed.order(&tea, 3).await;
        let mut all = fed.counter.of(order).await;
        all.sort_by_key(|pickup| pickup.status.to_string());
        let states: Vec<_> = all.iter().map(|pickup| pickup.status).collect();
        assert_eq!(states, [PickupStatus::Assigned, PickupStatus::AwaitingTransfer]);
        assert_eq!(fed.units(shop.store.id, &tea).await, (1, 1, 0));
        assert_eq!(fed.units(far.id, &tea).await, (3, 0, 2), "one sender has it all");
        assert_eq!(fed.transfers(&waits).await.len(), 1);
        let (order, waits, _) = fed.order(&tea, 2).await;
        assert_eq!((fed.counter.of(order).await.len(), fed.transfers(&waits).await.len()), (1, 2));
        assert_eq!(fed.bought(&tea, 1).await.unwrap_err().code(), ErrorCode::InsufficientStock);
        for transfer in fed.transfers(&waits).await {
            fed.leave(transfer.id).await;
            fed.come(transfer.id, None).await.unwrap();
            fed.tell().await;
        }
        assert_eq!(fed.counter.pickup(waits.id).await.status, PickupStatus::Arrived);
        assert_eq!(fed.units(shop.store.id, &tea).await, (3, 3, 0));
    }

    /// What is offered is what can be ordered: others that do not send count for nothing, nor do goods with numbers.
    async fn what_nobody_can_send_is_not_offered(world: World) {
        let fed = Fed::open(&world).await;
        let shop = &fed.counter.shop;
        let shy = world.location("shy").with(|row| row.fulfills_online = false).create().await;
        serve(&fed.counter, &world, &shy, 3).await;
        let tea = world.product("tea").price(&shop.online, 1_000).stock(&shop.warehouse, 2).stock(&shy, 5).create().await;
        let camera = world.product("camera").price(&shop.online, 1_000).stock(&shop.warehouse, 2)
            .with(|row| row.unit_tracking = UnitTracking::Serial).create().await;
        let offer = async |sku: &Sku| {
            let offers = domain::inventory::pickup::pickup(world.db(), shop.online.id, &[sku.id()], world.now()).await.unwrap();
            let offer = offers.into_iter().find(|offer| offer.location.id == shop.store.id).unwrap();
            (offer.local, offer.transferable)
        };
        assert_eq!((offer(&tea).await, offer(&camera).await), ((Some(0), 2), (Some(0), 0)));
        assert_eq!(fed.bought(&camera, 1).await.unwrap_err().code(), ErrorCode::InsufficientStock);
        assert_eq!(fed.bought(&tea, 3).await.unwrap_err().code(), ErrorCode::InsufficientStock);
        fed.bought(&tea, 1).await.unwrap();
        assert_eq!(offer(&tea).await, (Some(0), 1), "what was put aside is promised");
        fed.bought(&tea, 1).await.unwrap();
        assert_eq!(offer(&tea).await, (Some(0), 0));
    }

    /// A store that gives only what it has is not sent anything; nor does anybody wait at a store for goods that come
    /// some day.
    async fn a_local_store_gets_nothing(world: World) {
        let fed = Fed::open(&world).await;
        let shop = &fed.counter.shop;
        let later = world.product("later").price(&shop.online, 1_000).with(|row| row.inventory_policy = InventoryPolicy::Backorder).create().await;
        assert_eq!(fed.bought(&later, 1).await.unwrap_err().code(), ErrorCode::InsufficientStock);
        let store = location::Model { pickup_stock_policy: PickupStockPolicy::Local, ..shop.store.clone() };
        store.into_active_model().reset_all().update(world.db()).await.unwrap();
        let cap = fed.only_far("cap", 2).await;
        assert_eq!(fed.bought(&cap, 1).await.unwrap_err().code(), ErrorCode::InsufficientStock);
    }

    /// Some units are damaged, others missing: those that came are prepared, about the others the customer chooses.
    async fn what_does_not_come_is_short(world: World) {
        let fed = Fed::open(&world).await;
        let (order, waits, transfer) = fed.cap(3).await;
        fed.leave(transfer.id).await;
        fed.come(transfer.id, Some((1, 1, 1))).await.unwrap();
        fed.tell().await;
        assert_eq!(fed.counter.pickup(waits.id).await.status, PickupStatus::Arrived);
        let short = fed.counter.of(order).await.into_iter().find(|it| it.status == PickupStatus::Short).unwrap();
        let lines = domain::fulfillment::query::lines(world.db(), &[short.fulfillment_order_id]).await.unwrap();
        assert_eq!((lines.len(), lines[0].quantity, lines[0].rejected), (1, 2, 2));
        let holder = world.ctx().with_actor(Actor::Guest { cart_id: None, order_id: Some(order) });
        let give_up = Choose { pickup_id: short.id, token: None, choice: PickupChoice::Cancel, location_id: None, address: None };
        choose(&holder, give_up).await.unwrap();
        let seen = fed.counter.seen(order).await;
        assert_eq!((seen.status, seen.payment_status), (OrderStatus::Open, OrderPaymentStatus::PartiallyRefunded));
    }

    /// Nothing came, or the transfer was canceled before and after it left.
    async fn a_transfer_that_fails_asks_the_customer(world: World) {
        let fed = Fed::open(&world).await;
        let (_, nothing, first) = fed.cap(2).await;
        fed.leave(first.id).await;
        fed.come(first.id, Some((0, 0, 2))).await.unwrap();
        let (_, kept, second) = fed.cap(2).await;
        transfer::cancel(&fed.worker, fed.canceling(second.id, None)).await.unwrap();
        let (_, back, third) = fed.cap(2).await;
        fed.leave(third.id).await;
        fed.come(third.id, Some((1, 0, 0))).await.unwrap();
        let outcome = Some(TransferCancelOutcome::WriteBack);
        transfer::cancel(&fed.worker, fed.canceling(third.id, outcome)).await.unwrap();
        fed.tell().await;
        for short in [&nothing, &kept] {
            assert_eq!(fed.counter.pickup(short.id).await.status, PickupStatus::Short);
            assert_eq!(fed.work(short).await.status, FulfillmentOrderStatus::OnHold);
        }
        assert_eq!(fed.counter.pickup(back.id).await.status, PickupStatus::Arrived, "one of two came");
    }

    /// Given up while it waits: what has not left stays and is free, what is on its way arrives as the store's own, what
    /// lies there is free.
    async fn a_pickup_is_given_up_while_it_waits(world: World) {
        let fed = Fed::open(&world).await;
        let (store, warehouse) = (fed.counter.shop.store.id, fed.counter.shop.warehouse.id);
        let cap = fed.only_far("cap", 4).await;
        let (order, ready, transfer) = fed.order(&cap, 2).await;
        cancel(&fed.counter.clerk, ready.id, None).await.unwrap();
        assert_eq!(fed.units(warehouse, &cap).await, (4, 0, 0));
        assert_eq!(fed.transfers(&ready).await[0].status, TransferStatus::Canceled);
        let seen = fed.counter.seen(order).await;
        assert_eq!((seen.status, seen.payment_status), (OrderStatus::Canceled, OrderPaymentStatus::Refunded));
        assert_eq!(transfer.status, TransferStatus::Ready);

        let (_, waits, transfer) = fed.order(&cap, 3).await;
        fed.leave(transfer.id).await;
        fed.come(transfer.id, Some((1, 0, 0))).await.unwrap();
        assert_eq!(fed.units(store, &cap).await, (1, 0, 1));
        cancel(&fed.counter.clerk, waits.id, None).await.unwrap();
        assert_eq!(fed.units(store, &cap).await, (1, 0, 0));
        world.audit().await;
        fed.come(transfer.id, None).await.unwrap();
        fed.tell().await;
        assert_eq!(fed.units(store, &cap).await, (3, 0, 0));
        assert_eq!(fed.counter.pickup(waits.id).await.status, PickupStatus::Canceled);
    }

    /// The store says that it will not come: all of it, never a part of what is not there yet.
    async fn a_store_gives_up_waiting(world: World) {
        let fed = Fed::open(&world).await;
        let (order, waits, _) = fed.cap(2).await;
        let line = fed.counter.line(order).await;
        let part = MakeReady { short: vec![gone(line, 1)], ..all_there(waits.id) };
        assert_eq!(fall_short(&fed.counter.clerk, part).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        let all = MakeReady { idempotency_key: "all".to_owned(), ..all_there(waits.id) };
        assert_eq!(fall_short(&fed.counter.clerk, all).await.unwrap().status, PickupStatus::Short);
        assert_eq!(fed.transfers(&waits).await[0].status, TransferStatus::Canceled);
    }

    /// Nobody had it when the customer chose to wait; then the warehouse gets it: it is sent for, once, and collected.
    async fn who_waits_is_brought_what_arrives_elsewhere(world: World) {
        let fed = Fed::open(&world).await;
        let cap = fed.only_far("cap", 3).await;
        let (order, waits, transfer) = fed.order(&cap, 3).await;
        fed.leave(transfer.id).await;
        fed.come(transfer.id, Some((0, 0, 3))).await.unwrap();
        fed.tell().await;
        let holder = world.ctx().with_actor(Actor::Guest { cart_id: None, order_id: Some(order) });
        let wait = Choose { pickup_id: waits.id, token: None, choice: PickupChoice::Wait, location_id: None, address: None };
        assert_eq!(choose(&holder, wait).await.unwrap().status, PickupStatus::Assigned);
        assert_eq!(fed.work(&waits).await.location_id, None);
        let receive = |units, key: &str| domain::inventory::ReceiveStock {
            location_id: fed.counter.shop.warehouse.id,
            lines: vec![domain::inventory::ReceiveLine { variant_id: cap.id(), quantity: units, state: entity::words::StockState::Available }],
            reason: "delivery".to_owned(),
            idempotency_key: key.to_owned(),
            reason_code: None,
            units: Vec::new(),
        };
        let release = || domain::fulfillment::parking::Release { variant_ids: [cap.id()].into(), after: None };
        domain::inventory::receive(&world.ctx(), receive(2, "two")).await.unwrap();
        assert_eq!(domain::fulfillment::parking::run(&world.ctx(), &release()).await.unwrap(), 0, "all of it or nothing");
        domain::inventory::receive(&world.ctx(), receive(2, "four")).await.unwrap();
        assert_eq!(domain::fulfillment::parking::run(&world.ctx(), &release()).await.unwrap(), 1);
        assert_eq!(domain::fulfillment::parking::run(&world.ctx(), &release()).await.unwrap(), 0, "sent for once");
        world.audit().await;
        fed.tell().await;
        assert_eq!(fed.counter.pickup(waits.id).await.status, PickupStatus::AwaitingTransfer);
        let sent = fed.transfers(&waits).await.into_iter().find(|it| it.status == TransferStatus::Ready).unwrap();
        fed.leave(sent.id).await;
        fed.come(sent.id, None).await.unwrap();
        fed.tell().await;
        assert_eq!(fed.counter.pickup(waits.id).await.status, PickupStatus::Arrived);
        start(&fed.counter.clerk, waits.id, None).await.unwrap();
        let ready = MakeReady { idempotency_key: "ready".to_owned(), ..all_there(waits.id) };
        assert_eq!(make_ready(&fed.counter.clerk, ready).await.unwrap().status, PickupStatus::Ready);
    }

    /// A store fell short: the customer waits there for what others bring, or goes to another store that is brought it.
    async fn a_short_pickup_is_brought(world: World) {
        let fed = Fed::open(&world).await;
        let (shirt, store) = (fed.counter.shirt.id(), fed.counter.shop.store.id);
        let (_, short) = fed.counter.short(10, 10).await;
        let holder = |order| world.ctx().with_actor(Actor::Guest { cart_id: None, order_id: Some(order) });
        let wait = Choose { pickup_id: short.id, token: None, choice: PickupChoice::Wait, location_id: None, address: None };
        let waits = choose(&holder(short.order_id), wait.clone()).await.unwrap();
        assert_eq!(waits.status, PickupStatus::AwaitingTransfer);
        assert_eq!(fed.counter.shop.level(&fed.counter.shop.store, shirt).await, (0, 0));
        let transfer = fed.transfers(&waits).await.remove(0);
        fed.leave(transfer.id).await;
        fed.come(transfer.id, Some((0, 0, 10))).await.unwrap();
        fed.tell().await;
        assert_eq!(fed.counter.pickup(waits.id).await.status, PickupStatus::Short);

        let other = world.location("GNZ").with(|row| row.pickup_stock_policy = PickupStockPolicy::Any).create().await;
        serve(&fed.counter, &world, &other, 3).await;
        let stores = other_stores(&world.ctx(), &waits).await.unwrap();
        assert_eq!(stores.iter().map(|store| store.id).collect::<Vec<_>>(), [other.id]);
        let there = Choose { choice: PickupChoice::OtherStore, location_id: Some(other.id), ..wait };
        choose(&holder(short.order_id), there).await.unwrap();
        let new = fed.counter.of(short.order_id).await.into_iter().find(|it| it.location_id == other.id).unwrap();
        assert_eq!(new.status, PickupStatus::AwaitingTransfer);
        let transfer = fed.transfers(&new).await.remove(0);
        assert_ne!(transfer.to_location_id, store);
        fed.leave(transfer.id).await;
        fed.come(transfer.id, None).await.unwrap();
        fed.tell().await;
        assert_eq!(fed.counter.pickup(new.id).await.status, PickupStatus::Arrived);
    }

    /// The last pieces: orders for two stores and a parcel race; nobody is promised what another has. Then arrivals race
    /// with the customers who give up: goods or money, nothing lost.
    async fn orders_arrivals_and_cancels_race(world: World) {
        let fed = Arc::new(Fed::open(&world).await);
        for _ in 0..10 {
            let cap = fed.only_far("cap", 4).await;
            let racers = Arc::clone(&fed);
            let sku = Arc::new(cap);
            let of = Arc::clone(&sku);
            let bought = race(6, move |number| {
                let (fed, sku) = (Arc::clone(&racers), Arc::clone(&of));
                async move {
                    if number % 3 == 2 {
                        let (cart, ctx) = fed.counter.shop.cart_of(sku.id(), 1).await;
                        buy(&ctx, cart, 1_550, "ship").await.map(|done| (done.order.id, false))
                    } else {
                        fed.bought(&sku, 1).await.map(|id| (id, true))
                    }
                }
            }).await;
            assert_eq!(bought.iter().filter(|done| done.is_ok()).count(), 4, "{bought:?}");
            world.audit().await;
            let mut waiting: Vec<(PickupId, TransferId)> = Vec::new();
            for (order, is_pickup) in bought.into_iter().flatten() {
                if is_pickup {
                    let pickup = fed.counter.of(order).await.remove(0);
                    let transfer = fed.transfers(&pickup).await.remove(0).id;
                    fed.leave(transfer).await;
                    waiting.push((pickup.id, transfer));
                }
            }
            let racers = Arc::clone(&fed);
            let pairs = Arc::new(waiting);
            let those = Arc::clone(&pairs);
            let answers = race(pairs.len() * 2, move |number| {
                let (fed, pairs) = (Arc::clone(&racers), Arc::clone(&those));
                async move {
                    let (pickup, transfer) = pairs[number / 2];
                    if (number + number / 2) % 2 == 0 {
                        cancel(&fed.counter.clerk, pickup, None).await.map(|_| ())
                    } else {
                        fed.come(transfer, None).await
                    }
                }
            }).await;
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
            world.audit().await;
            fed.tell().await;
            let parcels = 4 - i64::try_from(pairs.len()).unwrap();
            assert_eq!(fed.units(fed.counter.shop.store.id, &sku).await, (4 - parcels, 0, 0));
            for (pickup, _) in pairs.iter() {
                assert_eq!(fed.counter.pickup(*pickup).await.status, PickupStatus::Canceled);
            }
        }
    }
}
