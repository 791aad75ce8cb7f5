//! Previewing and deciding refunds as staff.

use domain::order::refund::{self, CreateRefund, RefundWish, create_refund, suggested};
use domain::{Ctx, ErrorCode, Permission};
use entity::id::{OrderId, OrderLineId};
use entity::words::*;
use support::{World, both_databases, race};

use crate::fulfillment::shop::{Shop, buy, yen};

async fn order_of(shop: &Shop, quantity: i64) -> (OrderId, OrderLineId) {
    let world = &shop.world;
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
    let (cart_id, ctx) = shop.cart_of(shirt.id(), quantity).await;
    let id = buy(&ctx, cart_id, 1_000 * quantity + 550, "buy").await.unwrap().order.id;
    let line = domain::order::query::lines(world.db(), &[id]).await.unwrap()[0].id;
    (id, line)
}

async fn clerk(world: &World) -> Ctx {
    world.staff(&[Permission::RefundsIssue, Permission::OrdersRead]).await
}

fn wish(order_id: OrderId, units: &[(OrderLineId, i64)], amount: i64) -> RefundWish {
    RefundWish {
        order_id,
        units: units.to_vec(),
        shipping: None,
        amount: (amount > 0).then(|| yen(amount)),
        fee: None,
        claw_back: false,
        reason: RefundReason::Goodwill,
    }
}

fn create(wish: RefundWish, key: &str) -> CreateRefund {
    CreateRefund {
        wish,
        note: None,
        destination: RefundDestination::Original,
        register_id: None,
        expected_amount: None,
        refund_amount_available: None,
        idempotency_key: key.to_owned(),
    }
}

both_databases! {
    /// What the preview says is what goes back, and only once; another amount than staff saw is refused.
    async fn what_was_seen_goes_back(world: World) {
        let shop = Shop::open(&world).await;
        let (id, line) = order_of(&shop, 2).await;
        let clerk = clerk(&world).await;
        let wanted = RefundWish { fee: Some(yen(100)), ..wish(id, &[(line, 1)], 50) };
        let seen = suggested(&clerk, &wanted).await.unwrap();
        assert_eq!((seen.amount, seen.fee, seen.refund_amount_available, seen.shipping_available), (950, 100, 2_550, 550));
        assert_eq!(seen.tenders.iter().map(|(_, _, amount)| *amount).sum::<i64>(), 950);
        let other = CreateRefund { expected_amount: Some(yen(951)), ..create(wanted.clone(), "1") };
        assert_eq!(create_refund(&clerk, other).await.unwrap_err().code(), ErrorCode::RefundMismatch);
        let other = CreateRefund { refund_amount_available: Some(yen(1)), ..create(wanted.clone(), "2") };
        assert_eq!(create_refund(&clerk, other).await.unwrap_err().code(), ErrorCode::RefundMismatch);
        let exact = CreateRefund {
            expected_amount: Some(yen(950)), refund_amount_available: Some(yen(2_550)), ..create(wanted, "3")
        };
        let (order, decided, _) = create_refund(&clerk, exact.clone()).await.unwrap();
        assert_eq!((decided.unwrap().amount, order.payment_status), (950, OrderPaymentStatus::PartiallyRefunded));
        assert!(create_refund(&clerk, exact).await.unwrap().2);
        assert_eq!(refund::of_orders(world.db(), &[id]).await.unwrap().len(), 1);
        let nothing = create(wish(id, &[], 0), "4");
        assert_eq!(create_refund(&clerk, nothing).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        let canceled = RefundWish { reason: RefundReason::Canceled, ..wish(id, &[(line, 1)], 0) };
        assert_eq!(create_refund(&clerk, create(canceled, "5")).await.unwrap_err().code(), ErrorCode::Invalid);
        let overpaid = RefundWish { reason: RefundReason::Overpaid, ..wish(id, &[], 10) };
        assert_eq!(create_refund(&clerk, create(overpaid, "6")).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        let stranger = world.staff(&[Permission::OrdersRead]).await;
        assert_eq!(create_refund(&stranger, create(wish(id, &[], 1), "7")).await.unwrap_err().code(), ErrorCode::Forbidden);
    }

    /// Thirty clients give everything back at once: one of them does.
    async fn a_full_refund_happens_once(world: World) {
        let shop = Shop::open(&world).await;
        let (id, line) = order_of(&shop, 3).await;
        let clerk = clerk(&world).await;
        let answers = race(30, |number| {
            let clerk = clerk.clone();
            let full = RefundWish { shipping: Some(yen(550)), ..wish(id, &[(line, 3)], 0) };
            async move { create_refund(&clerk, create(full, &format!("k{number}"))).await }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        let refunds = refund::of_orders(world.db(), &[id]).await.unwrap();
        assert_eq!(refunds.iter().map(|refund| refund.amount).collect::<Vec<_>>(), [3_550]);
        let order = domain::order::query::by_id(world.db(), id).await.unwrap().unwrap();
        assert_eq!(order.payment_status, OrderPaymentStatus::Refunded);
    }
}
