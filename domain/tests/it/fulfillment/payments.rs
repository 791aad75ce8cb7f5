//! Paying for an order: gateways that approve, decline, keep silent and answer late.

use domain::fulfillment::complete_cart::{CompleteCart, complete_cart};
use domain::fulfillment::start_payment::{StartPayment, start_payment};
use domain::order::capture_payment::{CapturePayment, capture_payment, settle_test_payment};
use domain::payment::tender::TenderInput;
use domain::{Error, ErrorCode, Permission};
use entity::words::{Gateway, OrderPaymentStatus, TestOutcome};
use entity::{order, payment, stock_hold};
use sea_orm::{EntityTrait, PaginatorTrait};
use support::{World, both_databases};

use super::shop::{Shop, buy, test_payment, yen};

fn start(cart_id: entity::id::CartId, outcome: TestOutcome, key: &str) -> StartPayment {
    StartPayment {
        cart_id,
        expected_total: yen(1_550),
        gateway: Gateway::Test,
        test_outcome: outcome,
        idempotency_key: key.to_owned(),
    }
}

both_databases! {
    /// A declined or silent gateway places nothing; the cart can be paid again.
    async fn a_declined_payment_places_nothing(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
        for (outcome, code) in
            [(TestOutcome::Decline, ErrorCode::PaymentDeclined), (TestOutcome::TimeOut, ErrorCode::PaymentUnavailable)]
        {
            let input = CompleteCart {
                cart_id,
                expected_total: yen(1_550),
                payments: test_payment(outcome),
                idempotency_key: "key".to_owned(),
            };
            assert_eq!(complete_cart(&ctx, input).await.unwrap_err().code(), code);
        }
        assert_eq!(shop.level(&shop.warehouse, shirt.id()).await, (1, 0));
        assert!(buy(&ctx, cart_id, 1_550, "key").await.is_ok());
    }

    /// A payment that was started holds the stock, and the order captures it.
    async fn a_started_payment_holds_and_is_captured(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (mine, ctx) = shop.cart_of(shirt.id(), 1).await;
        let (other, other_ctx) = shop.cart_of(shirt.id(), 1).await;
        let started = start_payment(&ctx, start(mine, TestOutcome::Approve, "pay")).await.unwrap();
        let again = start_payment(&ctx, start(mine, TestOutcome::Approve, "pay")).await.unwrap();
        assert_eq!((started.payment.id, again.replayed), (again.payment.id, true));
        assert_eq!(stock_hold::Entity::find().count(world.db()).await.unwrap(), 1);
        let refused = buy(&other_ctx, other, 1_550, "key").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InsufficientStock);

        let input =
            CompleteCart { cart_id: mine, expected_total: yen(1_550), payments: vec![], idempotency_key: "key".to_owned() };
        let order = complete_cart(&ctx, input).await.unwrap().order;
        assert_eq!(order.payment_status, OrderPaymentStatus::Paid);
        let facts: Vec<_> = shop.payment_events().await.iter().map(|event| (event.kind.as_str(), event.amount)).collect();
        assert_eq!(facts, [("AUTHORIZE", 1_550), ("CAPTURE", 1_550)]);
        let paid = payment::Entity::find_by_id(started.payment.id).one(world.db()).await.unwrap().unwrap();
        assert_eq!(paid.order_id, Some(order.id));
        assert_eq!(stock_hold::Entity::find().count(world.db()).await.unwrap(), 0);
    }

    /// A hold that nobody completes stops counting by itself.
    async fn an_expired_hold_counts_for_nothing(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (mine, ctx) = shop.cart_of(shirt.id(), 1).await;
        let (other, other_ctx) = shop.cart_of(shirt.id(), 1).await;
        start_payment(&ctx, start(mine, TestOutcome::Approve, "pay")).await.unwrap();
        world.advance(chrono::TimeDelta::hours(2));
        assert!(buy(&other_ctx, other, 1_550, "key").await.is_ok());
        assert_eq!(buy(&ctx, mine, 1_550, "key").await.unwrap_err().code(), ErrorCode::InsufficientStock);
    }

    /// A decline at the start is kept as a fact and told again.
    async fn a_decline_at_the_start_is_a_fact(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
        for _ in 0..2 {
            let declined = start_payment(&ctx, start(cart_id, TestOutcome::Decline, "pay")).await.unwrap_err();
            assert!(matches!(declined, Error::PaymentDeclined { .. }));
        }
        let facts: Vec<_> = shop.payment_events().await.iter().map(|event| event.outcome.as_str()).collect();
        assert_eq!(facts, ["FAILURE"]);
    }

    /// A late approval pays the order, once.
    async fn a_late_approval_pays_the_order(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
        let input = CompleteCart {
            cart_id,
            expected_total: yen(1_550),
            payments: test_payment(TestOutcome::PendingThenApprove),
            idempotency_key: "key".to_owned(),
        };
        let order = complete_cart(&ctx, input).await.unwrap().order;
        assert_eq!(order.payment_status, OrderPaymentStatus::Unpaid);
        let payment = payment::Entity::find().one(world.db()).await.unwrap().unwrap();
        settle_test_payment(&world.ctx(), payment.id).await.unwrap();
        settle_test_payment(&world.ctx(), payment.id).await.unwrap();
        let order = order::Entity::find_by_id(order.id).one(world.db()).await.unwrap().unwrap();
        assert_eq!(order.payment_status, OrderPaymentStatus::Paid);
        let captured = shop.payment_events().await.iter().filter(|event| event.outcome.as_str() == "SUCCESS").count();
        assert_eq!(captured, 1);
    }

    /// Staff confirm a bank transfer in parts; more than is missing is refused.
    async fn staff_confirm_a_transfer(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 1).await;
        let manual = TenderInput {
            gateway: Gateway::Manual,
            amount: None,
            tendered: None,
            reference: None,
            test_outcome: TestOutcome::Approve, code: None, method: None,
        };
        let input = CompleteCart {
            cart_id,
            expected_total: yen(1_550),
            payments: vec![manual],
            idempotency_key: "key".to_owned(),
        };
        complete_cart(&ctx, input).await.unwrap();
        let payment_id = payment::Entity::find().one(world.db()).await.unwrap().unwrap().id;
        let staff = world.staff(&[Permission::PaymentsCapture, Permission::OrdersRead]).await;
        let came = |amount, key: &str| CapturePayment { payment_id, amount, idempotency_key: key.to_owned() };
        let clerk = world.staff(&[Permission::OrdersRead]).await;
        assert!(capture_payment(&clerk, came(None, "a")).await.is_err());
        let (order, _) = capture_payment(&staff, came(Some(yen(1_000)), "a")).await.unwrap();
        assert_eq!(order.payment_status, OrderPaymentStatus::PartiallyPaid);
        let (order, replayed) = capture_payment(&staff, came(Some(yen(1_000)), "a")).await.unwrap();
        assert!(replayed && order.payment_status == OrderPaymentStatus::PartiallyPaid);
        assert!(capture_payment(&staff, came(Some(yen(551)), "b")).await.is_err());
        let (order, _) = capture_payment(&staff, came(None, "b")).await.unwrap();
        assert_eq!(order.payment_status, OrderPaymentStatus::Paid);
    }
}
