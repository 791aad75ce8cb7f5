//! From the order to the customer's hands, or back to the shelf.

use chrono::TimeDelta;
use domain::pickup::arrive::arrive;
use domain::pickup::cancel::cancel;
use domain::pickup::code::visit_token;
use domain::pickup::collect::{Collect, Proof, collect};
use domain::pickup::expire::expire_due;
use domain::pickup::extend::extend;
use domain::pickup::prepare::{put_back, start, unready};
use domain::pickup::ready::make_ready;
use domain::pickup::remind::remind_due;
use domain::pickup::renew_code::renew_code;
use domain::{Actor, ErrorCode, Permission};
use entity::words::{OrderPaymentStatus, OrderPickupStatus, OrderStatus, PickupProof, PickupStatus, RefundReason};
use support::{World, both_databases};

use super::counter::{Counter, all_there};

both_databases! {
    /// Prepared, put back, prepared again, ready with a code, collected with it: stock left, the order is done.
    async fn a_pickup_is_collected_with_its_code(world: World) {
        let counter = Counter::open(&world).await;
        let (order, id) = counter.order(2).await;
        assert_eq!(counter.pickup(id).await.status, PickupStatus::Assigned);
        start(&counter.clerk, id, None).await.unwrap();
        put_back(&counter.clerk, id, None).await.unwrap();
        start(&counter.clerk, id, Some(3)).await.unwrap();
        let ready = make_ready(&counter.clerk, all_there(id)).await.unwrap();
        assert_eq!(make_ready(&counter.clerk, all_there(id)).await.unwrap(), ready, "the same key does it once");
        assert_eq!(counter.seen(order).await.pickup_status, OrderPickupStatus::Ready);
        // Seven days from Saturday, at closing time in Tokyo.
        assert_eq!(ready.expires_at.unwrap().to_rfc3339(), "2026-11-28T11:00:00+00:00");
        let code = counter.code(&ready);
        assert!(!serde_json::to_string(&ready.code_hash).unwrap().contains(&code));

        let typed = format!(" {}-{} ", code[..4].to_lowercase(), &code[4..]);
        let done = counter.hand_over(&typed, "till").await.unwrap();
        assert_eq!((done.status, done.proof), (PickupStatus::Collected, Some(PickupProof::Code)));
        assert_eq!(counter.hand_over(&code, "till").await.unwrap_err().code(), ErrorCode::IdempotencyKeyReused);
        assert_eq!(counter.hand_over(&typed, "till").await.unwrap().id, id, "the answer is repeated");
        assert_eq!(counter.hand_over(&code, "other till").await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(counter.shelf().await, (8, 0));
        let order = counter.seen(order).await;
        assert_eq!((order.status, order.pickup_status), (OrderStatus::Closed, OrderPickupStatus::Collected));
    }

    /// One of three now, the rest later; more than is there is refused.
    async fn part_may_be_collected(world: World) {
        let counter = Counter::open(&world).await;
        let (order, id, code) = counter.ready(3).await;
        let line = counter.line(order).await;
        let part = |count, key: &str| Collect { lines: vec![(line, count)], ..counter.with_code(&code, key) };
        for wrong in [0, -1, 4, i64::MAX] {
            let refused = collect(&counter.clerk, part(wrong, "wrong")).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::InvalidQuantity, "{wrong}");
        }
        assert_eq!(collect(&counter.clerk, part(1, "first")).await.unwrap().status, PickupStatus::Ready);
        assert_eq!(counter.shelf().await, (9, 2));
        assert_eq!(counter.seen(order).await.pickup_status, OrderPickupStatus::PartiallyCollected);
        let refused = collect(&counter.clerk, part(3, "too many")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidQuantity);
        assert_eq!(counter.hand_over(&code, "rest").await.unwrap().status, PickupStatus::Collected);
        assert_eq!((counter.shelf().await, counter.pickup(id).await.status), ((8 - 1, 0), PickupStatus::Collected));
    }

    /// A person is known by name; a stranger gets nothing.
    async fn a_named_person_may_collect(world: World) {
        let counter = Counter::open(&world).await;
        let (_, id, _) = counter.ready(1).await;
        let person = |name: &str| Collect { units: Vec::new(),
            pickup_id: Some(id),
            location_id: None,
            proof: Proof::Person(name.to_owned()),
            lines: Vec::new(),
            idempotency_key: format!("for {name}"),
        };
        assert_eq!(collect(&counter.clerk, person("佐藤 次郎")).await.unwrap_err().code(), ErrorCode::InvalidCode);
        let done = collect(&counter.clerk, person("花子　山田")).await.unwrap();
        assert_eq!((done.proof, done.collected_by.as_deref()), (Some(PickupProof::NamedPerson), Some("花子　山田")));
    }

    /// A new code voids the old one; guesses run into the throttle; other stores' staff see nothing.
    async fn codes_are_guarded(world: World) {
        let counter = Counter::open(&world).await;
        let (_, id, code) = counter.ready(1).await;
        let renewed = renew_code(&counter.clerk, id, None).await.unwrap();
        assert_eq!(counter.hand_over(&code, "old").await.unwrap_err().code(), ErrorCode::InvalidCode);
        let stranger = world.staff_at(counter.shop.warehouse.id, &[Permission::FulfillmentWork]).await;
        let new = counter.code(&renewed);
        assert_eq!(collect(&stranger, counter.with_code(&new, "stranger")).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(collect(&world.guest(), counter.with_code(&new, "guest")).await.unwrap_err().code(), ErrorCode::Unauthenticated);
        let mut throttled = 0;
        for number in 0..40 {
            let refused = counter.hand_over(&format!("2222222{}", number % 8 + 2), "guess").await.unwrap_err();
            throttled += usize::from(refused.code() == ErrorCode::Throttled);
        }
        assert!(throttled > 20, "{throttled}");
        assert_eq!(counter.hand_over(&new, "locked").await.unwrap_err().code(), ErrorCode::Throttled);
        world.advance(TimeDelta::minutes(16));
        assert_eq!(counter.hand_over(&new, "right").await.unwrap().status, PickupStatus::Collected);
    }

    /// Nobody came: reminded once at a decent hour, then goods and money go back.
    async fn what_nobody_collects_goes_back(world: World) {
        let counter = Counter::open(&world).await;
        let (order, id, code) = counter.ready(2).await;
        let line = counter.line(order).await;
        collect(&counter.clerk, Collect { lines: vec![(line, 1)], ..counter.with_code(&code, "one") }).await.unwrap();
        let ctx = world.ctx();
        assert_eq!((remind_due(&ctx).await.unwrap(), expire_due(&ctx).await.unwrap()), (0, 0));
        // Friday, 21:30 in Tokyo: within a day of the end, but nobody is written to at night.
        world.advance(TimeDelta::days(6) + TimeDelta::minutes(12 * 60 + 30));
        assert_eq!(remind_due(&ctx).await.unwrap(), 0);
        world.advance(TimeDelta::hours(11));
        assert_eq!((remind_due(&ctx).await.unwrap(), remind_due(&ctx).await.unwrap()), (1, 0));
        assert_eq!(expire_due(&ctx).await.unwrap(), 0);
        world.advance(TimeDelta::hours(12));
        assert_eq!((expire_due(&ctx).await.unwrap(), expire_due(&ctx).await.unwrap()), (1, 0));
        assert_eq!(counter.pickup(id).await.status, PickupStatus::Expired);
        assert_eq!(counter.shelf().await, (9, 0));
        let refunds = domain::order::refund::of_orders(world.db(), &[order]).await.unwrap();
        assert_eq!((refunds.len(), refunds[0].amount, refunds[0].reason), (1, 1_000, RefundReason::PickupExpired));
        let order = counter.seen(order).await;
        assert_eq!((order.payment_status, order.status), (OrderPaymentStatus::PartiallyRefunded, OrderStatus::Closed));
        assert_eq!(counter.hand_over(&code, "too late").await.unwrap_err().code(), ErrorCode::InvalidCode);
    }

    /// The customer extends once by the link of the mail, staff more often; a link of another pickup opens nothing.
    async fn a_pickup_may_be_extended(world: World) {
        let counter = Counter::open(&world).await;
        let (order, id, _) = counter.ready(1).await;
        let (_, other, _) = counter.ready(1).await;
        let secrets = &world.services().secrets;
        let (token, wrong) = (visit_token(secrets, id), visit_token(secrets, other));
        let guest = world.guest();
        assert_eq!(extend(&guest, id, Some(&wrong), None).await.unwrap_err().code(), ErrorCode::InvalidCode);
        assert_eq!(extend(&guest, id, None, None).await.unwrap_err().code(), ErrorCode::NotFound);
        let longer = extend(&guest, id, Some(&token), None).await.unwrap();
        assert_eq!(longer.expires_at.unwrap().to_rfc3339(), "2026-12-01T11:00:00+00:00");
        let holder = world.ctx().with_actor(Actor::Guest { cart_id: None, order_id: Some(order) });
        assert_eq!(extend(&holder, id, None, None).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        extend(&counter.clerk, id, None, None).await.unwrap();
        extend(&counter.clerk, id, None, None).await.unwrap();
        assert_eq!(extend(&counter.clerk, id, None, None).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(counter.pickup(id).await.extensions, 3);
    }

    /// "I am here" is seen; what is not ready cannot be waited for at the curb.
    async fn the_customer_arrives_at_the_curb(world: World) {
        let counter = Counter::open(&world).await;
        let (order, id) = counter.order(1).await;
        let holder = world.ctx().with_actor(Actor::Guest { cart_id: None, order_id: Some(order) });
        assert_eq!(arrive(&holder, id, None, Some("P3")).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        start(&counter.clerk, id, None).await.unwrap();
        make_ready(&counter.clerk, all_there(id)).await.unwrap();
        let there = arrive(&holder, id, None, Some(" P3, 青い車 ")).await.unwrap();
        assert_eq!((there.arrival_note.as_deref(), there.arrived_at), (Some("P3, 青い車"), Some(world.now())));
        let stranger = world.new_customer("Sato", "Jun").create().await;
        assert_eq!(arrive(&world.customer(stranger.id), id, None, None).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(arrive(&holder, id, None, Some(&"x".repeat(300))).await.unwrap_err().code(), ErrorCode::TextTooLong);
    }

    /// Taken back before it was collected: the code works no more; canceled, stock and money go back.
    async fn what_was_ready_is_taken_back_and_canceled(world: World) {
        let counter = Counter::open(&world).await;
        let (order, id, code) = counter.ready(1).await;
        unready(&counter.clerk, id, None).await.unwrap();
        assert_eq!(counter.hand_over(&code, "void").await.unwrap_err().code(), ErrorCode::InvalidCode);
        cancel(&counter.clerk, id, None).await.unwrap();
        assert_eq!(counter.shelf().await, (10, 0));
        let order = counter.seen(order).await;
        assert_eq!((order.status, order.payment_status), (OrderStatus::Canceled, OrderPaymentStatus::Refunded));
        assert_eq!(cancel(&counter.clerk, id, None).await.unwrap_err().code(), ErrorCode::InvalidTransition);
    }
}
