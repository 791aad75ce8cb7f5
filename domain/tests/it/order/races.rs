//! Refunds against everything else that moves the money of an order: whatever comes first, no yen goes back twice.

use std::sync::Arc;

use domain::order::capture_payment::{CapturePayment, capture_payment};
use domain::order::refund::{self, CreateRefund, RefundWish, create_refund};
use domain::payment::sums::Sums;
use domain::payment::tender::TenderInput;
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::{Ctx, ErrorCode, Permission};
use entity::id::{OrderId, OrderLineId, VariantId};
use entity::words::*;
use support::{World, both_databases, race};

use crate::fulfillment::shop::{Shop, buy, test_payment, yen};

/// Rounds of each race.
const ROUNDS: usize = 12;

fn full(order_id: OrderId, line: OrderLineId, units: i64, shipping: i64, key: &str) -> CreateRefund {
    CreateRefund {
        wish: RefundWish {
            order_id,
            units: vec![(line, units)],
            shipping: Some(yen(shipping)),
            amount: None,
            fee: None,
            claw_back: false,
            reason: RefundReason::Goodwill,
        },
        note: None,
        destination: RefundDestination::Original,
        register_id: None,
        expected_amount: None,
        refund_amount_available: None,
        idempotency_key: format!("{key}-{order_id}"),
    }
}

async fn clerk(world: &World) -> Ctx {
    let may = [Permission::RefundsIssue, Permission::OrdersRead, Permission::OrdersCancel, Permission::PaymentsCapture];
    world.staff(&may).await
}

async fn goods(shop: &Shop) -> VariantId {
    let shirt = shop.world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 100);
    shirt.create().await.id()
}

async fn line_of(world: &World, id: OrderId) -> OrderLineId {
    domain::order::query::lines(world.db(), &[id]).await.unwrap()[0].id
}

async fn sums(world: &World, id: OrderId) -> Sums {
    let payments = domain::payment::query::of_orders(world.db(), &[id]).await.unwrap();
    let ids: Vec<_> = payments.iter().map(|payment| payment.id).collect();
    Sums::of(&domain::payment::query::events(world.db(), &ids).await.unwrap())
}

both_databases! {
    /// Everything refunded by one, everything canceled by another: all that was paid goes back, once.
    async fn refunded_or_canceled(world: World) {
        let shop = Shop::open(&world).await;
        let (shirt, clerk) = (goods(&shop).await, clerk(&world).await);
        for round in 0..ROUNDS {
            let (cart_id, ctx) = shop.cart_of(shirt, 3).await;
            let id = buy(&ctx, cart_id, 3_550, "buy").await.unwrap().order.id;
            let line = line_of(&world, id).await;
            let answers = race(2, |number| {
                let clerk = clerk.clone();
                async move {
                    if (number + round) % 2 == 0 {
                        create_refund(&clerk, full(id, line, 3, 550, "refund")).await.map(|_| ())
                    } else {
                        let input = CancelOrder {
                            order_id: id,
                            lines: Vec::new(),
                            reason: CancelReason::Customer,
                            notify: false,
                            note: None,
                            expected_version: None,
                            idempotency_key: format!("cancel-{id}"),
                        };
                        cancel_order(&clerk, input).await.map(|_| ())
                    }
                }
            })
            .await;
            let (refunded, canceled) = (&answers[round % 2], &answers[(round + 1) % 2]);
            assert!(canceled.is_ok(), "{canceled:?}");
            let refusal = refunded.as_ref().err().map(domain::Error::code);
            assert!(matches!(refusal, None | Some(ErrorCode::InvalidQuantity)), "{refusal:?}");
            let refunds = refund::of_orders(world.db(), &[id]).await.unwrap();
            assert_eq!(refunds.iter().map(|refund| refund.amount).collect::<Vec<_>>(), [3_550]);
            assert_eq!((sums(&world, id).await.captured, sums(&world, id).await.refunded), (3_550, 3_550));
            let order = domain::order::query::by_id(world.db(), id).await.unwrap().unwrap();
            assert_eq!((order.status, order.payment_status), (OrderStatus::Canceled, OrderPaymentStatus::Refunded));
            assert_eq!(shop.level(&shop.warehouse, shirt).await, (100, 0));
        }
    }

    /// Half is paid, the rest comes in while all is refunded: what goes back is what was there, and what comes after it
    /// can still go back.
    async fn refunded_while_money_comes_in(world: World) {
        let shop = Shop::open(&world).await;
        let (shirt, clerk) = (goods(&shop).await, clerk(&world).await);
        for round in 0..ROUNDS {
            let (cart_id, ctx) = shop.cart_of(shirt, 2).await;
            let halves = vec![
                TenderInput { amount: Some(yen(1_000)), ..test_payment(TestOutcome::Approve).remove(0) },
                TenderInput { gateway: Gateway::Manual, ..test_payment(TestOutcome::Approve).remove(0) },
            ];
            let input = domain::fulfillment::complete_cart::CompleteCart {
                cart_id,
                expected_total: yen(2_550),
                payments: halves,
                idempotency_key: "buy".to_owned(),
            };
            let id = domain::fulfillment::complete_cart::complete_cart(&ctx, input).await.unwrap().order.id;
            let line = line_of(&world, id).await;
            let payments = domain::payment::query::of_orders(world.db(), &[id]).await.unwrap();
            let manual = payments.iter().find(|payment| payment.gateway == Gateway::Manual).unwrap().id;
            let answers = race(2, |number| {
                let clerk = clerk.clone();
                async move {
                    if (number + round) % 2 == 0 {
                        create_refund(&clerk, full(id, line, 2, 550, "refund")).await.map(|_| ())
                    } else {
                        let key = format!("capture-{id}");
                        let input = CapturePayment { payment_id: manual, amount: None, idempotency_key: key };
                        capture_payment(&clerk, input).await.map(|_| ())
                    }
                }
            })
            .await;
            assert!(answers[round % 2].is_ok(), "{:?}", answers[round % 2]);
            let refusal = answers[(round + 1) % 2].as_ref().err().map(domain::Error::code);
            assert!(matches!(refusal, None | Some(ErrorCode::InvalidAmount)), "{refusal:?}");
            let order = domain::order::query::by_id(world.db(), id).await.unwrap().unwrap();
            let balance = refund::balance(world.db(), &order).await.unwrap();
            let refunds = refund::of_orders(world.db(), &[id]).await.unwrap();
            let decided: i64 = refunds.iter().map(|refund| refund.amount).sum();
            let captured = sums(&world, id).await.captured;
            assert!(decided == 1_000 || decided == 2_550, "{decided}");
            assert_eq!((balance.due, balance.available), (0, captured - decided));
            assert!(sums(&world, id).await.refunded <= captured);
        }
    }

    /// Ten refund unit by unit while ten others cancel unit by unit: every unit once.
    async fn unit_by_unit_from_both_sides(world: World) {
        let shop = Shop::open(&world).await;
        let (shirt, clerk) = (goods(&shop).await, Arc::new(clerk(&world).await));
        let (cart_id, ctx) = shop.cart_of(shirt, 10).await;
        let id = buy(&ctx, cart_id, 10_550, "buy").await.unwrap().order.id;
        let line = line_of(&world, id).await;
        let answers = race(20, |number| {
            let clerk = Arc::clone(&clerk);
            async move {
                if number % 2 == 0 {
                    let one = full(id, line, 1, 0, &format!("refund-{number}"));
                    create_refund(&clerk, one).await.map(|_| ()).map_err(|error| error.code())
                } else {
                    let input = CancelOrder {
                        order_id: id,
                        lines: vec![(line, 1)],
                        reason: CancelReason::Customer,
                        notify: false,
                        note: None,
                        expected_version: None,
                        idempotency_key: format!("cancel-{number}"),
                    };
                    cancel_order(&clerk, input).await.map(|_| ()).map_err(|error| error.code())
                }
            }
        })
        .await;
        for refusal in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert!(matches!(refusal, ErrorCode::InvalidQuantity | ErrorCode::InvalidTransition), "{refusal:?}");
        }
        let refunds = refund::of_orders(world.db(), &[id]).await.unwrap();
        let goods: i64 = refunds.iter().map(|refund| refund.amount - refund.shipping_amount).sum();
        assert_eq!(goods, 10_000);
        assert!(sums(&world, id).await.refunded <= 10_550);
    }
}
