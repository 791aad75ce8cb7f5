//! Canceling units, and what goes back to whom.

use domain::fulfillment::complete_cart::{CompleteCart, complete_cart};
use domain::inventory::{Cause, Movement, post};
use domain::kernel::event::NewEvent;
use domain::order::cancel_units::cancel_units;
use domain::order::capture_payment::{CapturePayment, capture_payment, settle_test_payment};
use domain::order::refund::{self, ConfirmRefund, confirm_refund};
use domain::payment::tender::TenderInput;
use domain::{Error, ErrorCode, Permission};
use entity::id::{OrderId, OrderLineId, RefundId};
use entity::words::*;
use entity::{fulfillment_order, order};
use sea_orm::{ActiveValue::Set, EntityTrait};
use support::{World, both_databases};

use crate::fulfillment::shop::{Line, Shop, buy, yen};

/// Gives all work of an order up, as rejecting and expiring do.
async fn give_up(world: &World, id: OrderId) {
    let work = domain::fulfillment::query::of_orders(world.db(), &[id]).await.unwrap();
    let ids: Vec<_> = work.iter().map(|work| work.id).collect();
    let lines = domain::fulfillment::query::lines(world.db(), &ids).await.unwrap();
    for work in &work {
        let change = fulfillment_order::ActiveModel {
            id: Set(work.id),
            status: Set(FulfillmentOrderStatus::Canceled),
            ..Default::default()
        };
        fulfillment_order::Entity::update(change).exec(world.db()).await.unwrap();
    }
    let place = |id| work.iter().find(|work| work.id == id).and_then(|work| work.location_id).unwrap();
    let lines: Vec<_> = lines.iter().map(|line| (place(line.fulfillment_order_id), line.clone())).collect();
    let ctx = world.ctx();
    let release = ctx.write(|tx| {
        let lines = lines.clone();
        async move {
            let event_id = tx.event(NewEvent::new("work_given_up", "order", id.uuid()));
            let movements = lines.iter().map(|(location_id, line)| Movement {
                location_id: *location_id,
                variant_id: line.variant_id,
                kind: MovementKind::Released,
                from: Some(StockState::Committed),
                to: Some(StockState::Available),
                quantity: line.quantity,
                cause: Cause::of(CauseKind::FulfillmentOrderLine, line.id.uuid()),
                event_id,
            });
            post(&tx, &movements.collect::<Vec<_>>()).await
        }
    });
    release.await.unwrap();
}

async fn order(world: &World, id: OrderId) -> order::Model {
    domain::order::query::by_id(world.db(), id).await.unwrap().unwrap()
}

async fn cancel(world: &World, id: OrderId, units: &[(OrderLineId, i64)]) -> domain::Result<i64> {
    let order = order(world, id).await;
    let units = units.to_vec();
    let ctx = world.ctx();
    let refund = ctx.write(move |tx| {
        let (order, units) = (order.clone(), units.clone());
        async move { cancel_units(&tx, &order, &units, RefundReason::Canceled, Some("changed my mind")).await }
    });
    Ok(refund.await?.map_or(0, |refund| refund.amount))
}

/// What payments say: (kind, outcome, amount), oldest first.
async fn facts(shop: &Shop) -> Vec<(&'static str, &'static str, i64)> {
    let events = shop.payment_events().await;
    let mut events: Vec<_> = events.iter().collect();
    events.sort_by_key(|event| event.id);
    events.iter().map(|event| (event.kind.as_str(), event.outcome.as_str(), event.amount)).collect()
}

fn tender(gateway: Gateway, amount: Option<i64>, test_outcome: TestOutcome) -> TenderInput {
    TenderInput {
        gateway,
        amount: amount.map(yen),
        tendered: None,
        reference: None,
        test_outcome,
        code: None,
        method: None,
    }
}

/// An order of one line of units to ship, paid as said.
async fn paid_by(shop: &Shop, quantity: i64, payments: Vec<TenderInput>) -> (OrderId, OrderLineId) {
    let world = &shop.world;
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
    let (cart_id, ctx) = shop.cart_of(shirt.id(), quantity).await;
    let expected_total = yen(1_000 * quantity + 550);
    let input = CompleteCart { cart_id, expected_total, payments, idempotency_key: "buy".to_owned() };
    let order = complete_cart(&ctx, input).await.unwrap().order;
    give_up(world, order.id).await;
    let line = domain::order::query::lines(world.db(), &[order.id]).await.unwrap().remove(0);
    (order.id, line.id)
}

async fn confirm(world: &World, refund_id: RefundId, key: &str) -> domain::Result<(order::Model, bool)> {
    let clerk = world.staff(&[Permission::RefundsIssue, Permission::OrdersRead]).await;
    let input = ConfirmRefund {
        refund_id,
        payment_id: None,
        reference: None,
        register_id: None,
        idempotency_key: key.to_owned(),
    };
    confirm_refund(&clerk, input).await
}

both_databases! {
    /// Unit by unit in a random order, two tax rates, a discount-less odd price and shipping: the sum is what was paid,
    /// never a yen more on the way, and shipping goes back with the last unit to ship.
    async fn units_one_by_one_give_exactly_what_was_paid(world: World) {
        let shop = Shop::open(&world).await;
        let ship = DeliveryMethod::Ship;
        for round in 0..4_u64 {
            let mut quantities = Vec::new();
            let mut lines: Vec<Line> = Vec::new();
            let mut total = 550;
            for number in 0..3_u64 {
                let random = &world.services().random;
                let (price, quantity) = (1 + random.below(3_333) as i64, 1 + random.below(4) as i64);
                let name = format!("p{round}{number}");
                let product = world.product(&name).price(&shop.online, price).stock(&shop.warehouse, 50);
                let product = if number == 1 { product.reduced_tax() } else { product };
                lines.push((product.create().await.id(), quantity, ship, None));
                quantities.push(quantity);
                total += price * quantity;
            }
            let (cart_id, ctx) = shop.cart(&lines).await;
            let bought = buy(&ctx, cart_id, total, &format!("buy-{round}")).await.unwrap().order;
            give_up(&world, bought.id).await;
            let rows = domain::order::query::lines(world.db(), &[bought.id]).await.unwrap();
            let mut units: Vec<OrderLineId> =
                rows.iter().flat_map(|line| std::iter::repeat_n(line.id, line.quantity as usize)).collect();
            let mut returned = 0;
            while !units.is_empty() {
                let pick = world.services().random.below(units.len() as u64) as usize;
                returned += cancel(&world, bought.id, &[(units.swap_remove(pick), 1)]).await.unwrap();
                assert!(returned <= total - if units.is_empty() { 0 } else { 550 }, "round {round}");
            }
            assert_eq!(returned, total, "round {round}");
            assert_eq!(cancel(&world, bought.id, &[(rows[0].id, 1)]).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        }
        // The statuses are brought up by whoever cancels; here nobody did.
        world.without_audit();
    }

    /// Two tenders: the last one captured pays first; what a person must hand out waits for staff.
    async fn money_goes_back_in_reverse_order_of_capture(world: World) {
        let shop = Shop::open(&world).await;
        let payments = vec![
            tender(Gateway::Manual, Some(2_000), TestOutcome::Approve),
            tender(Gateway::Test, None, TestOutcome::Approve),
        ];
        let (id, line) = paid_by(&shop, 3, payments).await;
        let clerk = world.staff(&[Permission::PaymentsCapture, Permission::OrdersRead]).await;
        let manual = domain::payment::query::of_orders(world.db(), &[id]).await.unwrap();
        let manual = manual.iter().find(|payment| payment.gateway == Gateway::Manual).unwrap().id;
        let capture = CapturePayment { payment_id: manual, amount: None, idempotency_key: "c".to_owned() };
        world.advance(chrono::TimeDelta::minutes(1));
        capture_payment(&clerk, capture).await.unwrap();

        // The transfer came last, so it goes back first.
        assert_eq!(cancel(&world, id, &[(line, 1)]).await.unwrap(), 1_000);
        assert_eq!(facts(&shop).await.last(), Some(&("REFUND", "PENDING", 1_000)));
        assert_eq!(cancel(&world, id, &[(line, 2)]).await.unwrap(), 2_550);
        let all = facts(&shop).await;
        assert_eq!(all[all.len() - 2..], [("REFUND", "PENDING", 1_000), ("REFUND", "SUCCESS", 1_550)]);

        let refunds = refund::of_orders(world.db(), &[id]).await.unwrap();
        assert_eq!(refunds.iter().map(|refund| (refund.amount, refund.shipping_amount)).collect::<Vec<_>>(), [(1_000, 0), (2_550, 550)]);
        let (after, replayed) = confirm(&world, refunds[0].id, "k1").await.unwrap();
        assert_eq!((after.payment_status, after.status, replayed), (OrderPaymentStatus::PartiallyRefunded, OrderStatus::Canceled, false));
        assert!(matches!(confirm(&world, refunds[0].id, "k2").await, Err(Error::InvalidTransition { .. })));
        let (after, _) = confirm(&world, refunds[1].id, "k3").await.unwrap();
        assert_eq!(after.payment_status, OrderPaymentStatus::Refunded);
        let stranger = world.staff(&[Permission::OrdersRead]).await;
        let input = ConfirmRefund { refund_id: refunds[0].id, payment_id: None, reference: None, register_id: None, idempotency_key: "x".to_owned() };
        assert_eq!(confirm_refund(&stranger, input).await.unwrap_err().code(), ErrorCode::Forbidden);
    }

    /// Nothing was paid: nothing goes back, and what was expected is expected no more.
    async fn an_unpaid_order_gives_nothing_back(world: World) {
        let shop = Shop::open(&world).await;
        let (id, line) = paid_by(&shop, 2, vec![tender(Gateway::Test, None, TestOutcome::PendingThenApprove)]).await;
        assert_eq!(cancel(&world, id, &[(line, 1)]).await.unwrap(), 0);
        assert_eq!(facts(&shop).await, [("CAPTURE", "PENDING", 2_550)]);
        assert_eq!(cancel(&world, id, &[(line, 1)]).await.unwrap(), 0);
        assert_eq!(facts(&shop).await.last(), Some(&("CAPTURE", "FAILURE", 2_550)));
        let payment = domain::payment::query::of_orders(world.db(), &[id]).await.unwrap().remove(0);
        settle_test_payment(&world.ctx(), payment.id).await.unwrap();
        assert_eq!(facts(&shop).await.len(), 2);
        world.without_audit();
    }

    /// Half was paid: what goes back is what was paid beyond what the rest costs.
    async fn of_a_half_paid_order_goes_back_what_is_too_much(world: World) {
        let shop = Shop::open(&world).await;
        let (id, line) = paid_by(&shop, 3, vec![tender(Gateway::Manual, None, TestOutcome::Approve)]).await;
        let clerk = world.staff(&[Permission::PaymentsCapture, Permission::OrdersRead]).await;
        let payment = domain::payment::query::of_orders(world.db(), &[id]).await.unwrap().remove(0).id;
        let capture = CapturePayment { payment_id: payment, amount: Some(yen(2_000)), idempotency_key: "c".to_owned() };
        capture_payment(&clerk, capture).await.unwrap();
        assert_eq!(cancel(&world, id, &[(line, 1)]).await.unwrap(), 0, "2,550 are due, 2,000 were paid");
        assert_eq!(cancel(&world, id, &[(line, 1)]).await.unwrap(), 450, "1,550 are due");
        assert_eq!(cancel(&world, id, &[(line, 1)]).await.unwrap(), 1_550);
        let refunds = refund::of_orders(world.db(), &[id]).await.unwrap();
        for (number, refund) in refunds.iter().enumerate() {
            confirm(&world, refund.id, &format!("k{number}")).await.unwrap();
        }
        assert_eq!(order(&world, id).await.payment_status, OrderPaymentStatus::Refunded);
    }

    /// Lines of other orders and too many units are refused, and nothing is half done.
    async fn what_is_not_there_cannot_be_canceled(world: World) {
        let shop = Shop::open(&world).await;
        let (id, line) = paid_by(&shop, 2, vec![tender(Gateway::Test, None, TestOutcome::Approve)]).await;
        for units in [vec![(line, 3)], vec![(line, 1), (line, 2)], vec![(line, 0)], vec![(line, -1)], vec![(line, i64::MAX), (line, 1)]] {
            let refused = cancel(&world, id, &units).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::InvalidQuantity, "{units:?}");
        }
        let stranger = OrderLineId(world.new_uuid());
        assert_eq!(cancel(&world, id, &[(line, 1), (stranger, 1)]).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(cancel(&world, id, &[]).await.unwrap(), 0);
        assert!(refund::of_orders(world.db(), &[id]).await.unwrap().is_empty());
    }
}
