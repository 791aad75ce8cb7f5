//! Discounts that what stays of an order does not earn any more when it is changed or units of it are canceled, and
//! shipping that was free.

use domain::order::refund;
use domain::order_change::Operation;
use domain::order_change::confirm::{ConfirmChange, Confirmed, confirm};
use domain::order_change::prepare::{PrepareChange, prepare};
use domain::order_change::query::preview;
use domain::payment::tender::TenderInput;
use domain::pickup::cancel_order::{CancelOrder, Keeps, cancel_mine, cancel_order, cancel_order_for};
use domain::promotion::conditions::Conditions;
use domain::promotion::offer::Benefit;
use domain::promotion::upsert::UpsertPromotion;
use domain::{Ctx, ErrorCode};
use entity::id::{OrderId, OrderLineId};
use entity::order_change;
use entity::words::*;
use support::{Sku, World, both_databases};

use super::keeping::{clerk, refunded, three};
use super::{plain, running};
use crate::fulfillment::shop::{Shop, buy, test_payment, yen};
use crate::stored_value::{hand_in, send};

const LEAVES: DeliveryMethod = DeliveryMethod::Ship;

fn remove(order_line_id: OrderLineId, quantity: i64) -> Operation {
    Operation::Remove { order_line_id, quantity: Some(quantity) }
}

fn add(sku: &Sku, quantity: i64) -> Operation {
    Operation::AddLine { variant_id: sku.id(), quantity, delivery: LEAVES, pickup_location_id: None, unit_price: None }
}

async fn prepared(clerk: &Ctx, order_id: OrderId, operations: &[Operation], waive: bool) -> order_change::Model {
    let input = PrepareChange {
        order_id,
        operations: operations.to_vec(),
        reason: "the customer called".to_owned(),
        expected_version: None,
        waive_claw_back: waive,
    };
    prepare(clerk, input).await.unwrap().change
}

async fn done(clerk: &Ctx, change: &order_change::Model, payments: Vec<TenderInput>) -> Confirmed {
    let input = ConfirmChange {
        order_change_id: change.id,
        expected_version: None,
        payments,
        notify: true,
        idempotency_key: change.id.to_string(),
    };
    confirm(clerk, input).await.unwrap()
}

/// What is due after what is kept, and what was paid and did not go back.
async fn balance(world: &World, id: OrderId) -> (i64, i64) {
    let order = domain::order::query::by_id(world.db(), id).await.unwrap().unwrap();
    let balance = refund::balance(world.db(), &order).await.unwrap();
    (balance.due, balance.available)
}

fn cancellation(order_id: OrderId, lines: &[(OrderLineId, i64)], key: &str) -> CancelOrder {
    CancelOrder {
        order_id,
        lines: lines.to_vec(),
        reason: CancelReason::Customer,
        notify: true,
        note: None,
        expected_version: None,
        idempotency_key: key.to_owned(),
    }
}

/// Three shirts of ¥1,000 and shipping of ¥550, which is free from ¥2,500 on.
async fn sent_for_nothing(world: &World) -> (Shop, OrderId, OrderLineId) {
    let shop = Shop::open(world).await;
    let conditions = Conditions { minimum_amount: Some(2_500), ..Conditions::default() };
    let free = UpsertPromotion {
        target: PromotionTarget::Shipping,
        conditions,
        ..plain("送料無料", PromotionTrigger::Automatic, Benefit::Free)
    };
    running(world, free).await;
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
    let (cart_id, buyer) = shop.cart_of(shirt.id(), 3).await;
    let id = buy(&buyer, cart_id, 3_000, "buy").await.unwrap().order.id;
    let line = domain::order::query::lines(world.db(), &[id]).await.unwrap()[0].id;
    (shop, id, line)
}

both_databases! {
    /// One of three is taken away and two do not reach ¥2,500: shown, kept, and given back when a shirt more earns it again.
    async fn a_change_keeps_it_until_another_earns_it(world: World) {
        let (shop, id, line) = three(&world).await;
        let clerk = clerk(&world).await;
        let cup = world.product("cup").price(&shop.online, 600).stock(&shop.warehouse, 50).create().await;
        let less = prepared(&clerk, id, &[remove(line, 1)], false).await;
        let shown = preview(&less).unwrap();
        assert_eq!((less.difference, shown.claw_back), (-700, 200));
        assert_eq!((shown.before.total, shown.after.total, shown.after.claw_back), (3_250, 2_550, 200));
        let kept = done(&clerk, &less, Vec::new()).await.refund.unwrap();
        assert_eq!((kept.amount, kept.fee_amount, kept.claw_back_amount), (700, 200, 200));
        assert_eq!(balance(&world, id).await, (2_550, 2_550));

        let more = prepared(&clerk, id, &[add(&cup, 1)], false).await;
        let shown = preview(&more).unwrap();
        assert_eq!((more.difference, more.settlement, shown.claw_back), (400, OrderChangeSettlement::BalanceDue, -200));
        let confirmed = done(&clerk, &more, Vec::new()).await;
        assert_eq!(confirmed.order.payment_status, OrderPaymentStatus::PartiallyPaid);
        assert_eq!(refunded(&world, id).await, [(700, 200), (0, -200)]);
        assert_eq!(balance(&world, id).await, (2_950, 2_550));
        // All of it goes back as it was paid.
        let gone = cancel_order(&clerk, cancellation(id, &[], "all")).await.unwrap();
        assert_eq!(gone.refund.unwrap().amount, 2_550);
        assert_eq!((gone.order.status, balance(&world, id).await), (OrderStatus::Canceled, (0, 0)));
    }

    /// What is given back pays for what is added; what is left of it goes back.
    async fn what_is_earned_again_goes_back(world: World) {
        let (shop, id, line) = three(&world).await;
        let clerk = clerk(&world).await;
        let pin = world.product("pin").price(&shop.online, 50).stock(&shop.warehouse, 50).create().await;
        let less = prepared(&clerk, id, &[remove(line, 1)], false).await;
        done(&clerk, &less, Vec::new()).await;
        let more = prepared(&clerk, id, &[add(&pin, 10)], false).await;
        assert_eq!(more.difference, 300);
        done(&clerk, &more, test_payment(TestOutcome::Approve)).await;
        assert_eq!(balance(&world, id).await, (2_850, 2_850));
        let row = domain::order::query::by_id(world.db(), id).await.unwrap().unwrap();
        assert_eq!(row.payment_status, OrderPaymentStatus::PartiallyRefunded);

        // Taken away again, ten pins are worth more than the ¥200 that are kept of them; three shirts would earn it.
        let lines = domain::order::query::lines(world.db(), &[id]).await.unwrap();
        let pins = lines.iter().find(|line| line.variant_id == pin.id()).unwrap().id;
        let away = prepared(&clerk, id, &[remove(pins, 10)], false).await;
        assert_eq!((away.difference, preview(&away).unwrap().claw_back), (-300, 200));
        done(&clerk, &away, Vec::new()).await;
        assert_eq!(refunded(&world, id).await, [(700, 200), (0, -200), (300, 200)]);
        assert_eq!(balance(&world, id).await, (2_550, 2_550));
        let gone = cancel_order(&clerk, cancellation(id, &[], "all")).await.unwrap();
        assert_eq!((gone.refund.unwrap().amount, balance(&world, id).await), (2_550, (0, 0)));
    }

    /// Discounts that are earned again beyond what is added go back to the tenders.
    async fn cheap_goods_may_earn_it(world: World) {
        let shop = Shop::open(&world).await;
        let conditions = Conditions { minimum_amount: Some(2_050), ..Conditions::default() };
        let ten = UpsertPromotion { conditions, ..plain("秋", PromotionTrigger::Automatic, Benefit::Percent(100_000)) };
        running(&world, ten).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let pin = world.product("pin").price(&shop.online, 50).stock(&shop.warehouse, 50).create().await;
        let (cart_id, buyer) = shop.cart_of(shirt.id(), 3).await;
        let id = buy(&buyer, cart_id, 3_250, "buy").await.unwrap().order.id;
        let line = domain::order::query::lines(world.db(), &[id]).await.unwrap()[0].id;
        let clerk = clerk(&world).await;
        done(&clerk, &prepared(&clerk, id, &[remove(line, 1)], false).await, Vec::new()).await;
        let more = prepared(&clerk, id, &[add(&pin, 1)], false).await;
        assert_eq!((more.difference, more.settlement), (-150, OrderChangeSettlement::Refund));
        let given = done(&clerk, &more, Vec::new()).await;
        assert_eq!(given.refund.map(|it| (it.amount, it.fee_amount, it.claw_back_amount)), Some((150, -200, -200)));
        assert_eq!(balance(&world, id).await, (2_400, 2_400));
        let notes = domain::order::credit_note::of_orders(world.db(), &[id]).await.unwrap();
        let papers: Vec<_> = notes.iter().map(|note| domain::order::credit_note::parse(note).unwrap()).collect();
        assert_eq!(papers.iter().map(|paper| (paper.total, paper.fee, paper.claw_back)).collect::<Vec<_>>(), [(700, 0, 200), (150, 0, -150)]);
        let gone = cancel_order(&clerk, cancellation(id, &[], "all")).await.unwrap();
        assert_eq!((gone.refund.unwrap().amount, balance(&world, id).await), (2_400, (0, 0)));
    }

    /// What comes counts when the promotion is about it, and what is kept may be due.
    async fn what_is_added_counts(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let coat = world.product("coat").price(&shop.online, 1_500).stock(&shop.warehouse, 50).create().await;
        let conditions = Conditions { minimum_amount: Some(2_500), products: [shirt.product.id].into(), ..Conditions::default() };
        running(&world, UpsertPromotion { conditions, ..plain("秋", PromotionTrigger::Automatic, Benefit::Percent(100_000)) }).await;
        let (cart_id, buyer) = shop.cart_of(shirt.id(), 3).await;
        let id = buy(&buyer, cart_id, 3_250, "buy").await.unwrap().order.id;
        let line = domain::order::query::lines(world.db(), &[id]).await.unwrap()[0].id;
        let clerk = clerk(&world).await;
        let same = prepared(&clerk, id, &[remove(line, 1), add(&shirt, 1)], false).await;
        assert_eq!((same.difference, preview(&same).unwrap().claw_back), (100, 0));
        let waived = prepared(&clerk, id, &[remove(line, 1)], true).await;
        assert_eq!((waived.difference, preview(&waived).unwrap().claw_back), (-900, 0));
        let other = prepared(&clerk, id, &[remove(line, 1), add(&coat, 1)], false).await;
        assert_eq!((other.difference, preview(&other).unwrap().claw_back), (800, 200));
        let confirmed = done(&clerk, &other, Vec::new()).await;
        assert_eq!(confirmed.order.payment_status, OrderPaymentStatus::PartiallyPaid);
        assert_eq!(refunded(&world, id).await, [(0, 200)]);
        assert_eq!(balance(&world, id).await, (4_050, 3_250));
        let gone = cancel_order(&clerk, cancellation(id, &[], "all")).await.unwrap();
        assert_eq!((gone.refund.unwrap().amount, balance(&world, id).await), (3_250, (0, 0)));
    }

    /// Canceled units give back what they are worth without the discounts of the rest; staff waive it, and the seller's own
    /// reasons keep nothing. Nobody keeps more than the units are worth.
    async fn cancellations_keep_it(world: World) {
        let (_, id, line) = three(&world).await;
        let clerk = clerk(&world).await;
        let buyer = world.ctx().with_actor(domain::kernel::Actor::Guest { cart_id: None, order_id: Some(id) });
        let kept = cancel_mine(&buyer, cancellation(id, &[(line, 1)], "one")).await.unwrap().refund.unwrap();
        assert_eq!((kept.amount, kept.fee_amount, kept.claw_back_amount), (700, 200, 200));
        assert_eq!(balance(&world, id).await, (2_550, 2_550));
        let next = cancel_order(&clerk, cancellation(id, &[(line, 1)], "two")).await.unwrap().refund.unwrap();
        assert_eq!((next.amount, next.claw_back_amount), (1_000, -100));
        let rest = cancel_order(&clerk, cancellation(id, &[], "all")).await.unwrap();
        assert_eq!((rest.refund.unwrap().amount, rest.order.payment_status), (1_550, OrderPaymentStatus::Refunded));
    }

    /// Staff waive it, and the seller's own reasons keep nothing.
    async fn cancellations_waive_it(world: World) {
        let (_, id, line) = three(&world).await;
        let clerk = clerk(&world).await;
        let waived = Keeps { fee: None, waive_claw_back: true };
        let one = cancellation(id, &[(line, 1)], "one");
        let kept = cancel_order_for(&clerk, one.clone(), waived).await.unwrap().refund.unwrap();
        assert_eq!((kept.amount, kept.claw_back_amount), (900, 0));
        let other = cancel_order_for(&clerk, one, Keeps::default()).await.unwrap_err();
        assert_eq!(other.code(), ErrorCode::IdempotencyKeyReused);
    }

    /// The seller cannot send it, and keeps nothing of it.
    async fn sellers_reasons_keep_nothing(world: World) {
        let (_, id, line) = three(&world).await;
        let clerk = clerk(&world).await;
        let input = CancelOrder { reason: CancelReason::Inventory, ..cancellation(id, &[(line, 1)], "one") };
        let kept = cancel_order(&clerk, input).await.unwrap().refund.unwrap();
        assert_eq!((kept.amount, kept.claw_back_amount), (900, 0));
    }

    /// A fee and the discounts are kept together, and each is told.
    async fn a_fee_beside_discounts(world: World) {
        let (_, id, line) = three(&world).await;
        let clerk = clerk(&world).await;
        let input = CancelOrder { note: Some("packed twice".to_owned()), ..cancellation(id, &[(line, 1)], "one") };
        let keeps = |minor| Keeps { fee: Some(yen(minor)), waive_claw_back: false };
        let beyond = cancel_order_for(&clerk, input.clone(), keeps(701)).await.unwrap_err();
        assert_eq!(beyond.code(), ErrorCode::InvalidAmount, "the discounts come first");
        let kept = cancel_order_for(&clerk, input, keeps(700)).await.unwrap();
        assert_eq!(kept.refund.map(|it| (it.amount, it.fee_amount, it.claw_back_amount)), Some((0, 900, 200)));
        assert_eq!(kept.order.payment_status, OrderPaymentStatus::Paid);
        assert_eq!(balance(&world, id).await, (3_250, 3_250));
    }

    /// Shipping that was free is kept of what comes back when the rest does not earn it, and goes back with the last unit.
    async fn free_shipping_is_kept(world: World) {
        let (shop, id, line) = sent_for_nothing(&world).await;
        send(&world, id).await;
        for _ in 0..3 {
            hand_in(&world, &shop, id, (line, 1)).await.unwrap();
        }
        assert_eq!(refunded(&world, id).await, [(450, 550), (1_000, 0), (1_550, -550)]);
        assert_eq!(balance(&world, id).await, (0, 0));
    }

    /// The same when units are taken away or canceled before anything is sent.
    async fn free_shipping_of_what_is_not_sent(world: World) {
        let (_, id, line) = sent_for_nothing(&world).await;
        let clerk = clerk(&world).await;
        let less = prepared(&clerk, id, &[remove(line, 1)], false).await;
        assert_eq!((less.difference, preview(&less).unwrap().claw_back), (-450, 550));
        done(&clerk, &less, Vec::new()).await;
        assert_eq!(balance(&world, id).await, (2_550, 2_550));
        let rest = cancel_order(&clerk, cancellation(id, &[(line, 2)], "two")).await.unwrap();
        assert_eq!((rest.refund.unwrap().amount, rest.order.payment_status), (2_550, OrderPaymentStatus::Refunded));
        assert_eq!(refunded(&world, id).await, [(450, 550), (2_550, -550)]);
    }

    /// Shipping that is not owed any more is not kept: what stays is collected.
    async fn shipping_that_is_off_is_not_kept(world: World) {
        let shop = Shop::open(&world).await;
        let conditions = Conditions { minimum_amount: Some(2_500), ..Conditions::default() };
        let free = UpsertPromotion { target: PromotionTarget::Shipping, conditions, ..plain("送料無料", PromotionTrigger::Automatic, Benefit::Free) };
        running(&world, free).await;
        let sent = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let here = world.product("cap").price(&shop.online, 1_500).stock(&shop.store, 50).create().await;
        let lines = [(sent.id(), 1, LEAVES, None), (here.id(), 1, DeliveryMethod::Pickup, Some(shop.store.id))];
        let (cart_id, buyer) = shop.cart(&lines).await;
        let id = buy(&buyer, cart_id, 2_500, "buy").await.unwrap().order.id;
        let rows = domain::order::query::lines(world.db(), &[id]).await.unwrap();
        let line = rows.iter().find(|line| line.variant_id == sent.id()).unwrap().id;
        let kept = cancel_order(&clerk(&world).await, cancellation(id, &[(line, 1)], "one")).await.unwrap().refund.unwrap();
        assert_eq!((kept.amount, kept.claw_back_amount), (1_000, 0));
    }
}
