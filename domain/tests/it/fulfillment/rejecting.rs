//! A location gives work back: what happens to stock, and who serves it then.

use domain::Ctx;
use domain::ErrorCode;
use domain::fulfillment::move_work::{MoveWork, move_work};
use domain::fulfillment::reject::{Reject, Rejected, reject};
use domain::fulfillment::split::{Split, split};
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, LocationId, VariantId};
use entity::words::{DeliveryMethod, OrderPaymentStatus, OrderStatus, RejectionEffect, RejectionReason};
use entity::{fulfillment_rejection, location, stock_level};
use sea_orm::EntityTrait;
use support::{World, both_databases};

use super::clerk::{CLERK, lines, numbers, order, order_lines, pack_lines, status, take, work_of};
use super::shop::Shop;

fn refusal(work: FulfillmentOrderId, reason: RejectionReason, key: &str) -> Reject {
    Reject {
        units: Vec::new(),
        fulfillment_order_id: work,
        lines: Vec::new(),
        reason,
        effect: None,
        note: None,
        expected_version: None,
        idempotency_key: key.to_owned(),
    }
}

async fn give_back(ctx: &Ctx, work: FulfillmentOrderId, reason: RejectionReason) -> Rejected {
    reject(ctx, refusal(work, reason, &work.to_string())).await.unwrap()
}

async fn level(world: &World, place: &location::Model, variant: VariantId) -> stock_level::Model {
    stock_level::Entity::find_by_id((place.id, variant)).one(world.db()).await.unwrap().unwrap()
}

async fn relocate(ctx: &Ctx, work: FulfillmentOrderId, to: LocationId) -> domain::Result<Option<LocationId>> {
    let input = MoveWork {
        fulfillment_order_id: work,
        location_id: to,
        expected_version: None,
        idempotency_key: to.to_string(),
    };
    move_work(ctx, input).await.map(|(work, _)| work.location_id)
}

async fn divide(
    ctx: &Ctx,
    work: FulfillmentOrderId,
    wanted: &[(FulfillmentOrderLineId, i64)],
    key: &str,
) -> domain::Result<FulfillmentOrderId> {
    let input = Split {
        fulfillment_order_id: work,
        lines: wanted.to_vec(),
        expected_version: None,
        idempotency_key: key.to_owned(),
    };
    split(ctx, input).await.map(|done| done.split_off.id)
}

both_databases! {
    /// Too busy: the goods are free there again, and the next location sends them.
    async fn a_busy_store_keeps_its_stock(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world
            .product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).stock(&shop.store, 9).create().await;
        let clerk = world.staff(CLERK).await;
        let (order_id, work) = shop.ordered_one(mug.id(), 2).await;
        let first = work_of(&world, order_id).await[0].location_id.unwrap();
        let done = give_back(&clerk, work, RejectionReason::TooBusy).await;
        assert_eq!((status(&world, work).await.as_str(), numbers(&world, work).await), ("CANCELED", (2, 0, 0, 0, 2)));
        assert_eq!(done.rerouted.len(), 1);
        let second = done.rerouted[0].location_id.unwrap();
        assert_ne!(first, second);
        assert!(reject(&clerk, refusal(work, RejectionReason::TooBusy, &work.to_string())).await.unwrap().replayed);
        for place in [&shop.warehouse, &shop.store] {
            let committed = if place.id == second { 2 } else { 0 };
            assert_eq!(shop.level(place, mug.id()).await, (9, committed));
        }
        assert_eq!(order(&world, order_id).await.status, OrderStatus::Open);

        // Nobody is left to ask: it waits for staff, and never goes back by itself or by hand.
        let done = give_back(&clerk, done.rerouted[0].id, RejectionReason::Closed).await;
        let parked = &done.rerouted[0];
        assert_eq!((parked.location_id, parked.status.as_str()), (None, "SCHEDULED"));
        world.audit().await;
        for place in [first, second] {
            let refused = relocate(&clerk, parked.id, place).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::RejectedThere);
        }
        let rows = fulfillment_rejection::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row.quantity == 2 && row.stock_effect == RejectionEffect::Nothing));
    }

    /// Damaged goods still lie there, but nobody sells them.
    async fn damaged_goods_are_set_aside(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world
            .product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).stock(&shop.store, 9).create().await;
        let clerk = world.staff(CLERK).await;
        let (order_id, work) = shop.ordered_one(mug.id(), 3).await;
        let place = if work_of(&world, order_id).await[0].location_id == Some(shop.store.id) {
            &shop.store
        } else {
            &shop.warehouse
        };
        take(&clerk, work).await;
        let line = lines(&world, work).await[0].id;
        let input = Reject { lines: vec![(line, 1)], ..refusal(work, RejectionReason::Damaged, "one") };
        let done = reject(&clerk, input).await.unwrap();
        assert_eq!((done.work.status.as_str(), numbers(&world, work).await), ("IN_PROGRESS", (3, 0, 0, 0, 1)));
        let found = level(&world, place, mug.id()).await;
        assert_eq!((found.on_hand, found.committed, found.damaged), (9, 2, 1));
        assert_eq!(lines(&world, done.rerouted[0].id).await[0].quantity, 1);
        pack_lines(&clerk, &[work], &[], "rest").await.unwrap();
        assert_eq!(status(&world, work).await, "PACKED");
        let refused = reject(&clerk, refusal(work, RejectionReason::Damaged, "late")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidTransition);
    }

    /// What cannot be found is gone: also for the others who wait for it there; what is picked was found.
    async fn what_is_gone_is_gone_for_all(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let tea = world.product("tea").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff(CLERK).await;
        let (_, first) = shop.ordered_one(mug.id(), 1).await;
        let ship = DeliveryMethod::Ship;
        let (both_order, both) = shop.ordered(&[(mug.id(), 2, ship, None), (tea.id(), 1, ship, None)]).await;
        let (_, picked) = shop.ordered_one(mug.id(), 2).await;
        take(&clerk, picked).await;
        let input = domain::fulfillment::pick::PickWork {
            fulfillment_order_id: picked,
            lines: Vec::new(),
            expected_version: None,
            idempotency_key: "pick".to_owned(),
        };
        domain::fulfillment::pick::pick(&clerk, input).await.unwrap();
        world.stock(&shop.store, mug.id(), 9).await;
        let done = give_back(&clerk, first, RejectionReason::NotFound).await;
        assert_eq!(done.rerouted.len(), 2, "{:?}", done.rerouted);
        assert!(done.rerouted.iter().all(|work| work.location_id == Some(shop.store.id)));
        let found = level(&world, &shop.warehouse, mug.id()).await;
        assert_eq!((found.on_hand, found.committed), (2, 2));
        assert_eq!(numbers(&world, picked).await, (2, 2, 0, 0, 0));
        let left = lines(&world, both[0].id).await;
        assert_eq!(left.iter().map(|line| line.quantity - line.rejected).sum::<i64>(), 1);
        assert_eq!(work_of(&world, both_order).await.len(), 2);
        pack_lines(&clerk, &[picked], &[], "pack").await.unwrap();
    }

    /// One part of a bundle is missing: the whole unit goes elsewhere, the other parts are free again.
    async fn bundles_are_given_back_whole(world: World) {
        let shop = Shop::open(&world).await;
        let cup = world.product("cup").stock(&shop.warehouse, 20).stock(&shop.store, 20).create().await;
        let plate = world.product("plate").stock(&shop.warehouse, 20).stock(&shop.store, 20).create().await;
        let set = world.product("set").price(&shop.online, 1_000).component(&cup, 2).component(&plate, 1).create().await;
        let clerk = world.staff(CLERK).await;
        let (order_id, work) = shop.ordered_one(set.id(), 3).await;
        let first = work_of(&world, order_id).await[0].location_id;
        let place = if first == Some(shop.store.id) { &shop.store } else { &shop.warehouse };
        let all = lines(&world, work).await;
        let cups = all.iter().find(|line| line.variant_id == cup.id()).unwrap().id;
        let input = Reject {
            lines: vec![(cups, 3)],
            effect: Some(RejectionEffect::Quantity),
            ..refusal(work, RejectionReason::NotFound, "three cups")
        };
        let done = reject(&clerk, input).await.unwrap();
        let rejected: Vec<_> = lines(&world, work).await.iter().map(|line| (line.variant_id, line.rejected)).collect();
        assert!(rejected.contains(&(cup.id(), 4)) && rejected.contains(&(plate.id(), 2)), "{rejected:?}");
        let found = (level(&world, place, cup.id()).await, level(&world, place, plate.id()).await);
        assert_eq!((found.0.on_hand, found.0.committed, found.1.on_hand, found.1.committed), (17, 2, 20, 1));
        let elsewhere = lines(&world, done.rerouted[0].id).await;
        assert_eq!(elsewhere.iter().map(|line| line.quantity).sum::<i64>(), 6);
        for (quantity, wanted) in [(0, ErrorCode::InvalidQuantity), (9, ErrorCode::InvalidQuantity)] {
            let input = Reject { lines: vec![(cups, quantity)], ..refusal(work, RejectionReason::Other, "bad") };
            assert_eq!(reject(&clerk, input).await.unwrap_err().code(), wanted);
        }
    }

    /// Work moves with its stock, to a place that has it.
    async fn work_moves_by_name(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 5).stock(&shop.store, 2).create().await;
        let clerk = world.staff(CLERK).await;
        let here = world.staff_at(shop.warehouse.id, CLERK).await;
        let (_, work) = shop.ordered_one(mug.id(), 3).await;
        assert_eq!(relocate(&here, work, shop.store.id).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(relocate(&clerk, work, shop.store.id).await.unwrap_err().code(), ErrorCode::InsufficientStock);
        assert_eq!(relocate(&clerk, work, shop.warehouse.id).await.unwrap_err().code(), ErrorCode::Invalid);
        world.stock(&world.store("KYT").await, mug.id(), 4).await;
        let kyoto = location::Entity::find().all(world.db()).await.unwrap().into_iter().find(|row| row.code == "KYT").unwrap();
        assert_eq!(relocate(&clerk, work, kyoto.id).await.unwrap(), Some(kyoto.id));
        assert_eq!(relocate(&clerk, work, kyoto.id).await.unwrap(), Some(kyoto.id), "the same key");
        assert_eq!((shop.level(&shop.warehouse, mug.id()).await, shop.level(&kyoto, mug.id()).await), ((5, 0), (4, 3)));
        take(&clerk, work).await;
        assert_eq!(relocate(&clerk, work, shop.warehouse.id).await.unwrap_err().code(), ErrorCode::InvalidTransition);
    }

    /// Two pieces of work of one; not all of it, and no halves of bundles.
    async fn work_is_split(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let cup = world.product("cup").stock(&shop.warehouse, 20).create().await;
        let plate = world.product("plate").stock(&shop.warehouse, 20).create().await;
        let set = world.product("set").price(&shop.online, 1_000).component(&cup, 2).component(&plate, 1).create().await;
        let clerk = world.staff(CLERK).await;
        let ship = DeliveryMethod::Ship;
        let (order_id, work) = shop.ordered(&[(mug.id(), 3, ship, None), (set.id(), 2, ship, None)]).await;
        let id = work[0].id;
        let all = lines(&world, id).await;
        let line = |variant| all.iter().find(|line| line.variant_id == variant).unwrap().id;
        let (mugs, cups, plates) = (line(mug.id()), line(cup.id()), line(plate.id()));
        for bad in [vec![(mugs, 4)], vec![(mugs, 0)], vec![(cups, 2)], vec![(cups, 1), (plates, 1)], vec![(mugs, 3), (cups, 4), (plates, 2)]] {
            assert_eq!(divide(&clerk, id, &bad, "bad").await.unwrap_err().code(), ErrorCode::InvalidQuantity, "{bad:?}");
        }
        let new = divide(&clerk, id, &[(mugs, 3), (cups, 2), (plates, 1)], "split").await.unwrap();
        assert_eq!(divide(&clerk, id, &[(mugs, 3), (cups, 2), (plates, 1)], "split").await.unwrap(), new);
        world.audit().await;
        let units = |lines: Vec<entity::fulfillment_order_line::Model>| lines.iter().map(|line| line.quantity).sum::<i64>();
        assert_eq!((units(lines(&world, id).await), units(lines(&world, new).await)), (3, 6));
        for work in [id, new] {
            take(&clerk, work).await;
            let parcel = pack_lines(&clerk, &[work], &[], &work.to_string()).await.unwrap().shipment;
            super::clerk::send(&clerk, parcel.id, &work.to_string()).await.unwrap();
        }
        assert_eq!(order(&world, order_id).await.status, OrderStatus::Closed);
    }

    /// Units, then the rest of an order are canceled; money and stock come back.
    async fn orders_are_canceled(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff(CLERK).await;
        let (id, work) = shop.ordered_one(mug.id(), 3).await;
        let line = order_lines(&world, id).await[0].id;
        let cancel = |lines: Vec<_>, key: &str| CancelOrder {
            order_id: id,
            lines,
            reason: entity::words::CancelReason::Customer,
 notify: false,
 note: Some("changed their mind".to_owned()),
            expected_version: None,
            idempotency_key: key.to_owned(),
        };
        assert_eq!(cancel_order(&clerk, cancel(vec![(line, 4)], "bad")).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        take(&clerk, work).await;
        let done = cancel_order(&clerk, cancel(vec![(line, 1)], "one")).await.unwrap();
        assert_eq!(done.refund.unwrap().amount, 1_000);
        assert!(cancel_order(&clerk, cancel(vec![(line, 1)], "one")).await.unwrap().replayed);
        assert_eq!((numbers(&world, work).await, shop.level(&shop.warehouse, mug.id()).await), ((3, 0, 0, 0, 1), (9, 2)));
        let work_line = lines(&world, work).await[0].id;
        let parcel = pack_lines(&clerk, &[work], &[(work_line, 1)], "pack").await.unwrap().shipment;
        assert_eq!(cancel_order(&clerk, cancel(Vec::new(), "packed")).await.unwrap_err().code(), ErrorCode::UnpackFirst);
        domain::shipping::unpack::unpack(&clerk, parcel.id, None).await.unwrap();
        let done = cancel_order(&clerk, cancel(Vec::new(), "all")).await.unwrap();
        assert_eq!((done.order.status, done.order.payment_status), (OrderStatus::Canceled, OrderPaymentStatus::Refunded));
        assert_eq!(done.refund.unwrap().amount, 2_550);
        assert_eq!(shop.level(&shop.warehouse, mug.id()).await, (9, 0));
        assert_eq!(cancel_order(&clerk, cancel(Vec::new(), "more")).await.unwrap_err().code(), ErrorCode::InvalidTransition);

        let (sent, work) = shop.ordered_one(mug.id(), 2).await;
        take(&clerk, work).await;
        let work_line = lines(&world, work).await[0].id;
        let parcel = pack_lines(&clerk, &[work], &[(work_line, 1)], "pack 2").await.unwrap().shipment;
        super::clerk::send(&clerk, parcel.id, "send 2").await.unwrap();
        let input = CancelOrder { order_id: sent, ..cancel(Vec::new(), "sent") };
        assert_eq!(cancel_order(&clerk, input).await.unwrap_err().code(), ErrorCode::AlreadyDispatched);
    }
}
