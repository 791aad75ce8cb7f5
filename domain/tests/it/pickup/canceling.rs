//! Canceling orders of which something is to be collected.

use domain::pickup::cancel_order::{CancelOrder, Keeps, cancel_order, cancel_order_for};
use domain::pickup::prepare::start;
use domain::pickup::ready::make_ready;
use domain::{Error, ErrorCode};
use entity::id::{OrderId, PickupId};
use entity::words::{DeliveryMethod, OrderPaymentStatus, OrderPickupStatus, OrderStatus, PickupStatus, TransferStatus};
use support::{World, both_databases};

use super::bringing::Fed;
use super::counter::{Counter, all_there};
use crate::fulfillment::shop::{buy, yen};

fn all_of(order_id: OrderId) -> CancelOrder {
    CancelOrder {
        order_id,
        lines: Vec::new(),
        reason: entity::words::CancelReason::Customer,
        notify: false,
        note: None,
        expected_version: None,
        idempotency_key: format!("all-{order_id}"),
    }
}

/// An order of three in each state from which a pickup can be canceled.
async fn in_every_state(fed: &Fed) -> Vec<(OrderId, PickupId, PickupStatus)> {
    let counter = &fed.counter;
    counter.deliver(&counter.shop.store, 20).await;
    let mut all = Vec::new();
    let (order, id) = counter.order(3).await;
    all.push((order, id));
    let (order, id) = counter.order(3).await;
    start(&counter.clerk, id, None).await.unwrap();
    all.push((order, id));
    let (order, id, _) = counter.ready(3).await;
    all.push((order, id));
    let (order, short) = counter.short(3, 3).await;
    all.push((order, short.id));
    let (order, waits, _) = fed.cap(3).await;
    all.push((order, waits.id));
    let (order, arrived, transfer) = fed.cap(3).await;
    fed.leave(transfer.id).await;
    fed.come(transfer.id, None).await.unwrap();
    fed.tell().await;
    all.push((order, arrived.id));
    let mut told = Vec::new();
    for (order, id) in all {
        told.push((order, id, counter.pickup(id).await.status));
    }
    told
}

both_databases! {
    /// Whole orders, whatever the state of their pickup: the pickup ends, all stock is free, all money goes back.
    async fn orders_are_canceled_in_every_state(world: World) {
        use PickupStatus as P;
        let fed = Fed::open(&world).await;
        let orders = in_every_state(&fed).await;
        let states: Vec<_> = orders.iter().map(|(.., status)| *status).collect();
        assert_eq!(states, [P::Assigned, P::Picking, P::Ready, P::Short, P::AwaitingTransfer, P::Arrived]);
        for (order, id, status) in orders {
            let done = cancel_order(&fed.counter.clerk, all_of(order)).await.unwrap();
            assert_eq!((done.order.status, done.order.payment_status), (OrderStatus::Canceled, OrderPaymentStatus::Refunded), "{status}");
            assert_eq!(done.order.pickup_status, OrderPickupStatus::None, "{status}");
            let pickup = fed.counter.pickup(id).await;
            assert_eq!((pickup.status, pickup.code_hash.clone()), (P::Canceled, None), "{status}");
            let open = fed.transfers(&pickup).await.into_iter().filter(|it| it.status == TransferStatus::Ready).count();
            assert_eq!(open, 0, "{status}");
            world.audit().await;
        }
        assert_eq!(fed.counter.shelf().await.1, 0);
    }

    /// One of three: the rest goes on in its state.
    async fn units_are_canceled_in_every_state(world: World) {
        let fed = Fed::open(&world).await;
        for (order, id, status) in in_every_state(&fed).await {
            let line = fed.counter.line(order).await;
            let one = CancelOrder { lines: vec![(line, 1)], idempotency_key: format!("one-{order}"), ..all_of(order) };
            let done = cancel_order(&fed.counter.clerk, one.clone()).await.unwrap();
            assert_eq!((done.order.status, done.refund.unwrap().amount), (OrderStatus::Open, 1_000), "{status}");
            assert_eq!(fed.counter.pickup(id).await.status, status);
            let work = fed.counter.pickup(id).await.fulfillment_order_id;
            let rows = domain::fulfillment::query::lines(world.db(), &[work]).await.unwrap();
            assert_eq!(rows.iter().map(|row| row.quantity).sum::<i64>(), 2, "{status}");
            world.audit().await;
            assert!(cancel_order(&fed.counter.clerk, one).await.unwrap().replayed);
            if status == PickupStatus::AwaitingTransfer {
                let transfer = fed.transfers(&fed.counter.pickup(id).await).await.remove(0);
                fed.leave(transfer.id).await;
                fed.come(transfer.id, None).await.unwrap();
                fed.tell().await;
                assert_eq!(fed.counter.pickup(id).await.status, PickupStatus::Arrived);
            }
            let too_many = CancelOrder { lines: vec![(line, 3)], idempotency_key: format!("more-{order}"), ..all_of(order) };
            assert_eq!(cancel_order(&fed.counter.clerk, too_many).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
            let done = cancel_order(&fed.counter.clerk, all_of(order)).await.unwrap();
            assert_eq!(done.order.status, OrderStatus::Canceled, "{status}");
            world.audit().await;
        }
    }

    /// An order of both kinds: the parcel and the pickup go, what was collected stays sold.
    async fn parcels_and_pickups_go_together(world: World) {
        let counter = Counter::open(&world).await;
        let shop = &counter.shop;
        let lines = [(counter.shirt.id(), 2, DeliveryMethod::Pickup, Some(shop.store.id)), (counter.shirt.id(), 1, DeliveryMethod::Ship, None)];
        let (cart, ctx) = shop.cart(&lines).await;
        let order = buy(&ctx, cart, 3_550, "buy").await.unwrap().order.id;
        let done = cancel_order(&counter.clerk, all_of(order)).await.unwrap();
        assert_eq!((done.order.status, done.refund.unwrap().amount), (OrderStatus::Canceled, 3_550));
        assert_eq!(counter.shelf().await, (10, 0));

        let (order, id) = counter.order(2).await;
        start(&counter.clerk, id, None).await.unwrap();
        let ready = make_ready(&counter.clerk, all_there(id)).await.unwrap();
        counter.hand_over(&counter.code(&ready), "till").await.unwrap();
        let closed = cancel_order(&counter.clerk, all_of(order)).await.unwrap_err();
        assert!(matches!(closed, Error::InvalidTransition { .. }), "{closed:?}");
    }

    /// A fee is kept of what goes back, with its reason, and the units add up with those that go back without one.
    async fn a_fee_is_kept(world: World) {
        let fed = Fed::open(&world).await;
        fed.counter.deliver(&fed.counter.shop.store, 20).await;
        let clerk = &fed.counter.clerk;
        let (order, _) = fed.counter.order(3).await;
        let line = fed.counter.line(order).await;
        let one = |key: &str, note: Option<&str>| CancelOrder {
            lines: vec![(line, 1)],
            note: note.map(str::to_owned),
            idempotency_key: key.to_owned(),
            ..all_of(order)
        };
        let keeps = |fee| Keeps { fee: Some(fee), ..Keeps::default() };
        let refused = |note: Option<&'static str>, fee| {
            let input = one("no", note);
            async move { cancel_order_for(clerk, input, keeps(fee)).await.unwrap_err().code() }
        };
        assert_eq!(refused(None, yen(100)).await, ErrorCode::Required);
        assert_eq!(refused(Some(" "), yen(100)).await, ErrorCode::Required);
        for fee in [i64::MIN, -1, 1_001, i64::MAX] {
            assert_eq!(refused(Some("late"), yen(fee)).await, ErrorCode::InvalidAmount, "{fee}");
        }
        let euro = entity::money::Money::new(100, entity::money::Currency::EUR);
        assert_eq!(refused(Some("late"), euro).await, ErrorCode::CurrencyMismatch);
        let kept = cancel_order_for(clerk, one("one", Some("late")), keeps(yen(300))).await.unwrap().refund.unwrap();
        assert_eq!((kept.amount, kept.fee_amount, kept.note.as_deref()), (700, 300, Some("late")));
        let again = cancel_order_for(clerk, one("one", Some("late")), keeps(yen(300))).await.unwrap();
        assert!(again.replayed);
        let other = cancel_order_for(clerk, one("one", Some("late")), keeps(yen(200))).await.unwrap_err();
        assert_eq!(other.code(), ErrorCode::IdempotencyKeyReused);
        // A fee as large as the unit's worth leaves nothing to go back, and is written all the same.
        let all = cancel_order_for(clerk, one("two", Some("late again")), keeps(yen(1_000))).await.unwrap();
        assert_eq!(all.refund.map(|it| (it.amount, it.fee_amount, it.note)), Some((0, 1_000, Some("late again".to_owned()))));
        let balance = domain::order::refund::balance(fed.counter.shop.world.db(), &all.order).await.unwrap();
        assert_eq!((balance.due, balance.available, balance.overpaid), (2_300, 2_300, 0));
        let rest = cancel_order(clerk, all_of(order)).await.unwrap();
        assert_eq!(rest.refund.unwrap().amount, 1_000);
        assert_eq!((rest.order.status, rest.order.payment_status), (OrderStatus::Canceled, OrderPaymentStatus::PartiallyRefunded));
    }
}
