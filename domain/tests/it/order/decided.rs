//! Refunds of goods that came back, fees, kindness, and what becomes of their parts.

use domain::fulfillment::complete_cart::{CompleteCart, complete_cart};
use domain::order::credit_note;
use domain::order::refund::{self, ConfirmRefund, NewRefund, confirm_refund, fail_refund, retry_refund};
use domain::payment::tender::TenderInput;
use domain::{Ctx, ErrorCode, Permission};
use entity::id::{OrderId, OrderLineId};
use entity::refund as refund_row;
use entity::words::*;
use support::{World, both_databases};

use crate::fulfillment::shop::{Line, Shop, buy, yen};

/// What a test gives back.
pub(crate) fn back(units: &[(OrderLineId, i64)]) -> NewRefund {
    NewRefund {
        units: units.to_vec(),
        shipping: 0,
        fee: 0,
        reason: RefundReason::Other,
        note: None,
        return_id: None,
        destination: RefundDestination::Original,
        session: None,
    }
}

/// Issues a refund as commands do: in a transaction that locks the order and refreshes it.
pub(crate) async fn issue(world: &World, id: OrderId, new: NewRefund) -> domain::Result<refund_row::Model> {
    let ctx: Ctx = world.ctx();
    ctx.write(move |tx| {
        let new = new.clone();
        async move {
            let order = domain::order::query::by_id(&tx, id).await?.unwrap();
            refund::issue(&tx, &order, new).await
        }
    })
    .await
}

async fn bought(shop: &Shop, key: &str, lines: &[(i64, i64, bool)]) -> (OrderId, Vec<OrderLineId>, i64) {
    let world = &shop.world;
    let (mut wanted, mut total): (Vec<Line>, i64) = (Vec::new(), 550);
    for (number, (price, quantity, reduced)) in lines.iter().enumerate() {
        let product = world.product(&format!("{key}{number}")).price(&shop.online, *price).stock(&shop.warehouse, 50);
        let product = if *reduced { product.reduced_tax() } else { product };
        wanted.push((product.create().await.id(), *quantity, DeliveryMethod::Ship, None));
        total += price * quantity;
    }
    let (cart_id, ctx) = shop.cart(&wanted).await;
    let order = buy(&ctx, cart_id, total, key).await.unwrap().order;
    let rows = domain::order::query::lines(world.db(), &[order.id]).await.unwrap();
    (order.id, rows.iter().map(|line| line.id).collect(), total)
}

fn step(refund: &refund_row::Model, key: &str) -> ConfirmRefund {
    ConfirmRefund {
        refund_id: refund.id,
        payment_id: None,
        reference: None,
        register_id: None,
        idempotency_key: key.to_owned(),
    }
}

both_databases! {
    /// Unit by unit in any order, two rates and shipping: money and tax come to exactly what was charged, and every
    /// credit note says the same as its refund.
    async fn returned_units_give_exactly_what_was_paid(world: World) {
        let shop = Shop::open(&world).await;
        let (id, lines, total) = bought(&shop, "a", &[(1_001, 3, false), (333, 2, true)]).await;
        let mut units = vec![lines[0], lines[0], lines[0], lines[1], lines[1]];
        let mut returned = 0;
        while !units.is_empty() {
            let pick = world.services().random.below(units.len() as u64) as usize;
            let unit = units.swap_remove(pick);
            let shipping = if units.is_empty() { 550 } else { 0 };
            returned += issue(&world, id, NewRefund { shipping, ..back(&[(unit, 1)]) }).await.unwrap().amount;
        }
        assert_eq!(returned, total);
        let notes = credit_note::of_orders(world.db(), &[id]).await.unwrap();
        let refunds = refund::of_orders(world.db(), &[id]).await.unwrap();
        let mut tax: std::collections::BTreeMap<i32, i64> = std::collections::BTreeMap::new();
        for (number, (note, refund)) in notes.iter().zip(&refunds).enumerate() {
            let paper = credit_note::parse(note).unwrap();
            assert_eq!((paper.total, note.refund_id), (refund.amount, refund.id));
            assert!(note.number.ends_with(&format!("CN{:06}", number + 1)), "{}", note.number);
            assert_eq!(paper.taxes.iter().map(|tax| tax.gross).sum::<i64>(), refund.amount);
            assert_eq!(paper.tenders.iter().map(|tender| tender.amount).sum::<i64>(), refund.amount);
            assert!(paper.html().contains(&paper.money(refund.amount)) && paper.text().contains(&paper.money(refund.amount)));
            for rate in &paper.taxes {
                *tax.entry(rate.rate_ppm).or_default() += rate.tax;
            }
        }
        let charged = domain::order::query::taxes(world.db(), &[id]).await.unwrap();
        assert_eq!(tax, charged.iter().map(|tax| (tax.rate_ppm, tax.tax)).collect());
        assert_eq!(issue(&world, id, back(&[(lines[0], 1)])).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        world.without_audit();
    }

    /// A fee is kept of the goods, never of shipping; the rest of the order is as it was.
    async fn fees_are_kept_of_goods(world: World) {
        let shop = Shop::open(&world).await;
        let (id, lines, _) = bought(&shop, "f", &[(1_000, 2, false)]).await;
        let first = issue(&world, id, NewRefund { fee: 300, ..back(&[(lines[0], 1)]) }).await.unwrap();
        assert_eq!((first.amount, first.fee_amount), (700, 300));
        let second = issue(&world, id, NewRefund { fee: 5_000, shipping: 550, ..back(&[(lines[0], 1)]) }).await.unwrap();
        assert_eq!((second.amount, second.fee_amount, second.shipping_amount), (550, 1_000, 550));
        let paper = credit_note::parse(&credit_note::of_refunds(world.db(), &[first.id]).await.unwrap()[0]).unwrap();
        assert_eq!((paper.total, paper.fee, paper.taxes[0].gross), (700, 300, 1_000));
        let more = NewRefund { shipping: 1, ..back(&[]) };
        assert_eq!(issue(&world, id, more).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        let canceled = NewRefund { reason: RefundReason::Canceled, ..back(&[(lines[0], 1)]) };
        assert_eq!(issue(&world, id, canceled).await.unwrap_err().code(), ErrorCode::Invalid);
        world.without_audit();
    }

    /// A part that fails keeps its money set aside until it is tried again; it never goes back twice.
    async fn failed_parts_wait_to_be_tried_again(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let (cart_id, ctx) = shop.cart_of(shirt.id(), 2).await;
        let payments = vec![TenderInput {
            gateway: Gateway::Manual, amount: None, tendered: None, reference: None, test_outcome: TestOutcome::Approve,
            code: None, method: None,
        }];
        let input = CompleteCart { cart_id, expected_total: yen(2_550), payments, idempotency_key: "b".to_owned() };
        let id = complete_cart(&ctx, input).await.unwrap().order.id;
        let clerk = world.staff(&[Permission::PaymentsCapture, Permission::RefundsIssue, Permission::OrdersRead]).await;
        let payment_id = domain::payment::query::of_orders(world.db(), &[id]).await.unwrap()[0].id;
        let capture = domain::order::capture_payment::CapturePayment { payment_id, amount: None, idempotency_key: "c".to_owned() };
        domain::order::capture_payment::capture_payment(&clerk, capture).await.unwrap();

        let line = domain::order::query::lines(world.db(), &[id]).await.unwrap()[0].id;
        let decided = issue(&world, id, back(&[(line, 2)])).await.unwrap();
        fail_refund(&clerk, step(&decided, "1")).await.unwrap();
        assert_eq!(fail_refund(&clerk, step(&decided, "2")).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(confirm_refund(&clerk, step(&decided, "3")).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        let order = domain::order::query::by_id(world.db(), id).await.unwrap().unwrap();
        assert_eq!(refund::balance(world.db(), &order).await.unwrap().available, 550, "only shipping is left");
        retry_refund(&clerk, step(&decided, "4")).await.unwrap();
        assert_eq!(retry_refund(&clerk, step(&decided, "5")).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        let (order, replayed) = confirm_refund(&clerk, step(&decided, "6")).await.unwrap();
        assert_eq!((order.payment_status, replayed), (OrderPaymentStatus::PartiallyRefunded, false));
        assert!(confirm_refund(&clerk, step(&decided, "6")).await.unwrap().1);
    }
}
