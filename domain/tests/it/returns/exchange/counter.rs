//! Goods back and new goods in one call at a till.

use domain::drawer::{self, open};
use domain::register::receipt::parse;
use domain::register::sell::sell;
use domain::returns::counter::{ReturnAtCounter, return_at_counter};
use domain::returns::exchange::counter::{CounterExchange, ExchangeAtCounter, exchange_at_counter};
use domain::{ErrorCode, Permission};
use entity::order;
use entity::words::*;
use sea_orm::{EntityTrait, PaginatorTrait};
use support::{World, both_databases, race};

use super::{Floor, floor, money, pay};
use crate::drawer::{opening, tender};

const ORIGINAL: RefundDestination = RefundDestination::Original;
const EXCHANGE: RefundDestination = RefundDestination::Exchange;
const DONE: PaymentOutcome = PaymentOutcome::Success;

async fn nothing_happened(floor: &Floor, orders: u64) {
    assert_eq!(order::Entity::find().count(floor.world().db()).await.unwrap(), orders);
    assert_eq!(floor.bought.refunded().await, Vec::<i64>::new());
    assert_eq!(floor.bought.sold().await.1.received_back, 0);
}

fn code(answer: domain::Result<CounterExchange>) -> ErrorCode {
    answer.unwrap_err().code()
}

both_databases! {
    /// One for one: no money moves, the goods do, both orders say why, and the same key does it once.
    async fn even(world: World) {
        let floor = floor(&world, 1).await;
        let input = ExchangeAtCounter { expected_difference: money(0), ..floor.swap(&[(floor.large.id(), 1)], vec![]) };
        let done = exchange_at_counter(&floor.clerk, input.clone()).await.unwrap();
        assert_eq!((done.exchanged.row.status, done.exchanged.row.credit), (ExchangeStatus::Completed, 1_000));
        assert_eq!(done.exchanged.back.status, ReturnStatus::Closed);
        assert_eq!((done.sold.order.status, done.sold.order.payment_status), (OrderStatus::Closed, OrderPaymentStatus::Paid));
        assert_eq!(floor.paid(done.exchanged.row.order_id).await, [(Gateway::Exchange, 1_000)]);
        assert_eq!(floor.gone(floor.bought.order).await, [(Gateway::Test, EXCHANGE, DONE, 1_000)]);
        assert_eq!(floor.bought.level(&floor.bought.shop.store).await.unwrap().on_hand, 1, "it lies where it came");
        assert_eq!(floor.bought.shop.level(&floor.bought.shop.store, floor.large.id()).await, (4, 0));
        let receipt = parse(&done.sold.receipt).unwrap();
        assert_eq!(receipt.tenders.iter().map(|it| (it.gateway, it.amount)).collect::<Vec<_>>(), [(Gateway::Exchange, 1_000)]);
        assert!(receipt.text().contains("1,000") && receipt.html().contains("1,000"));
        let again = exchange_at_counter(&floor.clerk, input).await.unwrap();
        assert!(again.exchanged.replayed);
        assert_eq!((again.exchanged.row.id, again.sold.order.id), (done.exchanged.row.id, done.sold.order.id));
        assert_eq!(again.sold.receipt.id, done.sold.receipt.id);
        assert_eq!(order::Entity::find().count(world.db()).await.unwrap(), 2);
    }

    /// Dearer: the customer pays the rest in cash into the open drawer; bought beside it, too.
    async fn dearer_in_cash(world: World) {
        let floor = floor(&world, 1).await;
        let (session, _) = open(&floor.clerk, opening(&floor.bought.shop, 10_000, "open")).await.unwrap();
        let goods = [(floor.coat.id(), 1), (floor.cap.id(), 2)];
        let wrong = ExchangeAtCounter { expected_difference: money(500), ..floor.swap(&goods, vec![pay(Gateway::Cash)]) };
        assert_eq!(code(exchange_at_counter(&floor.clerk, wrong).await), ErrorCode::RefundMismatch);
        assert_eq!(code(exchange_at_counter(&floor.clerk, floor.swap(&goods, vec![])).await), ErrorCode::PaymentMismatch);
        nothing_happened(&floor, 1).await;
        let input = ExchangeAtCounter {
            expected_difference: money(1_300),
            ..floor.swap(&goods, vec![tender(Gateway::Cash, Some(2_000))])
        };
        let done = exchange_at_counter(&floor.clerk, input).await.unwrap();
        assert_eq!(done.sold.order.total, 2_300);
        assert_eq!(floor.paid(done.exchanged.row.order_id).await, [(Gateway::Exchange, 1_000), (Gateway::Cash, 1_300)]);
        let drawer = drawer::query::by_id(world.db(), session.id).await.unwrap().unwrap();
        assert_eq!(drawer.cash, 11_300);
        assert_eq!(done.exchanged.back.register_session_id, Some(session.id));
    }

    /// Cheaper: what is left of cash comes out of the drawer, when enough is in it.
    async fn cheaper_gives_cash_back(world: World) {
        let floor = floor(&world, 1).await;
        let shop = &floor.bought.shop;
        let (session, _) = open(&floor.clerk, opening(shop, 100, "open")).await.unwrap();
        let coat = sell(&floor.clerk, domain::register::sell::Sell {
            idempotency_key: "coat".to_owned(),
            ..floor.sale(&[(floor.coat.id(), 1)], vec![pay(Gateway::Cash)])
        });
        let coat = coat.await.unwrap().order;
        let line = domain::order::query::lines(world.db(), &[coat.id]).await.unwrap().remove(0).id;
        let mut input = floor.swap(&[(floor.cap.id(), 1)], vec![]);
        input.back.order_id = coat.id;
        input.back.lines[0].order_line_id = Some(line);
        let input = ExchangeAtCounter { expected_difference: money(-1_100), ..input };
        let out = crate::drawer::cash(shop, CashMovementKind::Drop, 1_000, "drop");
        domain::drawer::move_cash(&floor.clerk, out).await.unwrap();
        assert_eq!(code(exchange_at_counter(&floor.clerk, input.clone()).await), ErrorCode::InsufficientCash);
        let back = crate::drawer::cash(shop, CashMovementKind::In, 1_000, "in");
        domain::drawer::move_cash(&floor.clerk, back).await.unwrap();
        let done = exchange_at_counter(&floor.clerk, input).await.unwrap();
        assert_eq!(done.exchanged.row.credit, 400);
        assert_eq!(done.refund.unwrap().amount, 1_500);
        let gone = floor.gone(coat.id).await;
        assert_eq!(gone, [(Gateway::Cash, ORIGINAL, DONE, 1_100), (Gateway::Cash, EXCHANGE, DONE, 400)]);
        let drawer = drawer::query::by_id(world.db(), session.id).await.unwrap().unwrap();
        assert_eq!(drawer.cash, 500);
    }

    /// Several for one, paid by card at first: what is left goes back to the card.
    async fn several_for_one(world: World) {
        let floor = floor(&world, 1).await;
        let done = exchange_at_counter(&floor.clerk, floor.swap(&[(floor.cap.id(), 2)], vec![])).await.unwrap();
        assert_eq!(done.exchanged.row.credit, 800);
        let gone = floor.gone(floor.bought.order).await;
        assert_eq!(gone, [(Gateway::Test, ORIGINAL, DONE, 200), (Gateway::Test, EXCHANGE, DONE, 800)]);
        let notes = domain::order::credit_note::of_orders(world.db(), &[floor.bought.order]).await.unwrap();
        let note = domain::order::credit_note::parse(&notes[0]).unwrap();
        assert_eq!(note.tenders.iter().map(|it| (it.destination, it.amount)).collect::<Vec<_>>(), [(ORIGINAL, 200), (EXCHANGE, 800)]);
    }

    /// One shirt, eight counters: one of them exchanges it, the others do nothing.
    async fn a_unit_is_exchanged_once(world: World) {
        let floor = std::sync::Arc::new(floor(&world, 1).await);
        let answers = race(8, |number| {
            let floor = std::sync::Arc::clone(&floor);
            async move {
                let new = if number % 2 == 0 { floor.large.id() } else { floor.cap.id() };
                let input = floor.swap(&[(new, 1)], vec![]);
                exchange_at_counter(&floor.clerk, input).await.map(|done| done.sold.order.id).map_err(|error| error.code())
            }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        assert_eq!(floor.bought.refunded().await, [1_000]);
        assert_eq!(order::Entity::find().count(world.db()).await.unwrap(), 2);
    }

    /// Four shirts, one coat: it goes to one of four counters.
    async fn the_last_of_the_new_goods_is_given_once(world: World) {
        let floor = std::sync::Arc::new(floor(&world, 4).await);
        let shop = &floor.bought.shop;
        let rare = world.product("rare").price(&shop.pos, 1_000).stock(&shop.store, 1).create().await;
        let rare = rare.id();
        let answers = race(4, |_| {
            let floor = std::sync::Arc::clone(&floor);
            async move {
                let input = floor.swap(&[(rare, 1)], vec![]);
                exchange_at_counter(&floor.clerk, input).await.map(|_| ()).map_err(|error| error.code())
            }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        assert!(answers.iter().filter_map(|it| it.as_ref().err()).all(|code| *code == ErrorCode::InsufficientStock), "{answers:?}");
        assert_eq!(floor.bought.sold().await.1.received_back, 1);
    }

    /// Who may only sell, or only take back, may not exchange; nor may anybody elsewhere, or put money into nothing.
    async fn not_by_everybody(world: World) {
        let floor = floor(&world, 1).await;
        let input = || floor.swap(&[(floor.large.id(), 1)], vec![]);
        for permission in [Permission::PosSell, Permission::ReturnsWork] {
            let only = world.staff(&[permission]).await;
            assert_eq!(code(exchange_at_counter(&only, input()).await), ErrorCode::Forbidden);
        }
        let both = [Permission::PosSell, Permission::ReturnsWork];
        let elsewhere = world.staff_at(floor.bought.shop.warehouse.id, &both).await;
        assert_eq!(code(exchange_at_counter(&elsewhere, input()).await), ErrorCode::NotFound);
        let mut nowhere = input();
        nowhere.back.refund_to = EXCHANGE;
        assert_eq!(code(exchange_at_counter(&floor.clerk, nowhere).await), ErrorCode::Invalid);
        let nothing = ExchangeAtCounter { sale: floor.sale(&[], vec![]), ..input() };
        assert_eq!(code(exchange_at_counter(&floor.clerk, nothing).await), ErrorCode::CartEmpty);
        let lost = ReturnAtCounter {
            refund_to: EXCHANGE,
            ..floor.bought.handed_in(floor.bought.shop.store.id, &[(1, Disposition::Restock)])
        };
        assert_eq!(return_at_counter(&floor.clerk, lost).await.unwrap_err().code(), ErrorCode::Invalid);
        nothing_happened(&floor, 1).await;
    }

    /// Store credit is somebody's: of an order without a customer nothing can go there, and when nothing is left, nothing
    /// has to.
    async fn credit_of_nobody_hinders_no_even_exchange(world: World) {
        let floor = floor(&world, 1).await;
        let to_credit = |goods| {
            let mut input = floor.swap(&[(goods, 1)], vec![]);
            input.back.refund_to = RefundDestination::StoreCredit;
            input
        };
        assert_eq!(code(exchange_at_counter(&floor.clerk, to_credit(floor.cap.id())).await), ErrorCode::Required);
        nothing_happened(&floor, 1).await;
        let done = exchange_at_counter(&floor.clerk, to_credit(floor.large.id())).await.unwrap();
        assert_eq!(done.exchanged.row.status, ExchangeStatus::Completed);
        assert_eq!(floor.gone(floor.bought.order).await, [(Gateway::Test, EXCHANGE, DONE, 1_000)]);
    }

    /// What was exchanged comes back: what goods had paid becomes store credit of whoever is known, and waits else.
    async fn what_goods_paid_comes_back_as_credit(world: World) {
        let floor = floor(&world, 2).await;
        let store = floor.bought.shop.store.id;
        let person = world.new_customer("Sato", "Hanako").create().await;
        for (known, outcome) in [(Some(person.id), DONE), (None, PaymentOutcome::Pending)] {
            let mut input = floor.swap(&[(floor.large.id(), 1)], vec![]);
            input.sale.customer_id = known;
            let new = exchange_at_counter(&floor.clerk, input).await.unwrap().sold.order;
            let line = domain::order::query::lines(world.db(), &[new.id]).await.unwrap().remove(0).id;
            let mut back = floor.bought.handed_in(store, &[(1, Disposition::Restock)]);
            back.order_id = new.id;
            back.lines[0].order_line_id = Some(line);
            return_at_counter(&floor.clerk, back).await.unwrap();
            let gone = floor.gone(new.id).await;
            assert_eq!(gone, [(Gateway::Exchange, RefundDestination::StoreCredit, outcome, 1_000)]);
        }
        let account = domain::stored_value::account::of_customer(
            world.db(), person.id, StoredValueKind::StoreCredit, entity::money::Currency::JPY,
        );
        assert_eq!(account.await.unwrap().unwrap().balance, 1_000);
    }
}
