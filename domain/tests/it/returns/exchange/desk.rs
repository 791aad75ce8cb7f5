//! Goods first: new ones wait until the old ones were looked at.

use domain::order::refund;
use domain::returns::access::visit_token;
use domain::returns::decide::{self, ApproveReturn};
use domain::returns::exchange::cancel::{CancelExchange, cancel};
use domain::returns::exchange::create::{CreateExchange, create};
use domain::returns::exchange::instead::{Instead, instead};
use domain::returns::exchange::preview::{PreviewExchange, preview};
use domain::returns::exchange::settle::{SettleExchange, settle};
use domain::returns::exchange::{NewGoods, attend, query};
use domain::returns::request::request;
use domain::returns::{slip, upsert};
use domain::{ErrorCode, Permission};
use entity::words::*;
use entity::{payment_link, returns};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use support::{World, both_databases};

use super::super::flow::{manager, rules};
use super::{floor, money, pay, work};
use crate::fulfillment::shop::yen;

const WAIT: ExchangeMode = ExchangeMode::AwaitingReturn;

both_databases! {
    /// A guest's return from before that says store credit becomes an exchange like any other: what is left goes back to
    /// the tender.
    async fn a_guests_return_to_store_credit_is_exchanged_instead(world: World) {
        let floor = floor(&world, 1).await;
        let asked = request(&floor.bought.guest, floor.bought.wish(1)).await.unwrap().row;
        let before = returns::Model { refund_to: RefundDestination::StoreCredit, ..asked };
        let id = before.id;
        before.into_active_model().reset_all().update(world.db()).await.unwrap();
        let input = Instead {
            return_id: id,
            goods: floor.wish(WAIT, &[(floor.large.id(), 1)]).goods,
            expected_difference: money(0),
            idempotency_key: floor.bought.key(),
        };
        let done = instead(&floor.bought.guest, input).await.unwrap();
        assert_eq!((done.row.status, done.back.status), (ExchangeStatus::AwaitingReturn, ReturnStatus::Requested));
        assert_eq!(done.back.refund_to, RefundDestination::Original);
    }

    /// The customer asks, staff approve, the goods come, the new ones are placed by themselves: one for one.
    async fn even_asked_by_the_customer(world: World) {
        let floor = floor(&world, 1).await;
        let wish = floor.wish(WAIT, &[(floor.large.id(), 1)]);
        let seen = PreviewExchange {
            order_id: wish.order_id,
            lines: wish.lines.clone(),
            goods: wish.goods.clone(),
            method: ReturnMethod::Carrier,
        };
        let shown = preview(&floor.bought.guest, &seen).await.unwrap();
        assert_eq!((shown.credit, shown.total, shown.difference, shown.tax_total), (1_000, 1_000, 0, 90));
        let done = create(&floor.bought.guest, CreateExchange { expected_difference: money(0), ..wish.clone() }).await.unwrap();
        assert_eq!((done.row.status, done.back.status), (ExchangeStatus::AwaitingReturn, ReturnStatus::Requested));
        let again = create(&floor.bought.guest, CreateExchange { expected_difference: money(0), ..wish }).await.unwrap();
        assert!(again.replayed && again.row.id == done.row.id);
        assert!(query::visible(&floor.bought.guest, done.row.id, None).await.unwrap().is_some());
        assert!(query::visible(&world.guest(), done.row.id, None).await.unwrap().is_none());
        decide::approve(&floor.clerk, done.back.id, None, ApproveReturn::default()).await.unwrap();
        floor.come(done.back.id, Disposition::Restock).await;
        assert_eq!(floor.row(&done).await.status, ExchangeStatus::AwaitingReturn, "the job does it");
        work(&world).await;
        let row = floor.row(&done).await;
        assert_eq!((row.status, row.credit), (ExchangeStatus::Completed, 1_000));
        assert_eq!(floor.back(&done).await.status, ReturnStatus::Closed);
        assert_eq!(floor.paid(row.order_id).await, [(Gateway::Exchange, 1_000)]);
        let new = floor.order(row.order_id).await;
        assert_eq!((new.payment_status, new.total, new.shipping_total), (OrderPaymentStatus::Paid, 1_000, 0));
        assert_eq!(new.email, floor.bought.sold().await.0.email);
        let work_of = floor.bought.shop.work(new.id).await;
        assert_eq!((work_of.len(), work_of[0].1.as_str()), (1, "OPEN"));
    }

    /// Fees that are waived with the approval are not told as a part of the difference any more.
    async fn waived_fees_are_not_told(world: World) {
        let floor = floor(&world, 1).await;
        upsert::policy(&manager(&world).await, rules()).await.unwrap();
        let done = create(&floor.bought.guest, floor.wish(WAIT, &[(floor.coat.id(), 1)])).await.unwrap();
        let token = visit_token(&world.ctx(), done.back.id);
        let told = async |minor: i64| {
            let slip = slip::read(&world.guest(), done.back.id, Some(&token)).await.unwrap().unwrap();
            let amount = yen(minor).formatted(slip.language.tag());
            assert!(slip.lines.iter().any(|line| line.contains(&amount)), "{amount}: {:?}", slip.lines);
        };
        assert_eq!(floor.row(&done).await.credit, 1_000 - 100 - 500);
        told(1_100).await;
        let waived = ApproveReturn { waive_fees: true, ..ApproveReturn::default() };
        decide::approve(&floor.clerk, done.back.id, None, waived).await.unwrap();
        let row = floor.row(&done).await;
        assert_eq!((row.status, row.credit), (ExchangeStatus::AwaitingReturn, 1_000));
        told(500).await;
        floor.come(done.back.id, Disposition::Restock).await;
        work(&world).await;
        let row = floor.row(&done).await;
        assert_eq!((row.status, row.credit), (ExchangeStatus::Completed, 1_000), "as it was told");
    }

    /// Dearer: the goods wait for the rest, which a link asks for; staff may take it when they settle.
    async fn dearer_waits_for_the_rest(world: World) {
        let floor = floor(&world, 2).await;
        let goods = [(floor.coat.id(), 1)];
        let by_link = create(&floor.clerk, floor.wish(WAIT, &goods)).await.unwrap();
        assert_eq!(by_link.back.status, ReturnStatus::Approved);
        floor.come(by_link.back.id, Disposition::Restock).await;
        work(&world).await;
        let row = floor.row(&by_link).await;
        let new = floor.order(row.order_id).await;
        assert_eq!((new.payment_status, new.total), (OrderPaymentStatus::PartiallyPaid, 1_500));
        assert_eq!(floor.bought.shop.work(new.id).await[0].1, "ON_HOLD");
        let link = payment_link::Entity::find().one(world.db()).await.unwrap().unwrap();
        assert_eq!((link.order_id, link.amount), (new.id, 500));
        let told = entity::message::Entity::find().all(world.db()).await.unwrap();
        assert!(told.iter().any(|mail| mail.order_id == Some(new.id) && mail.text.contains("/pay/")));
        let at_the_desk = create(&floor.clerk, floor.wish(WAIT, &goods)).await.unwrap();
        let now = |key: &str| SettleExchange {
            exchange_id: at_the_desk.row.id,
            expected_version: None,
            payments: vec![pay(Gateway::Test)],
            register_id: None,
            idempotency_key: key.to_owned(),
        };
        let early = settle(&floor.clerk, now("early")).await.unwrap_err();
        assert_eq!(early.code(), ErrorCode::InvalidTransition);
        floor.come(at_the_desk.back.id, Disposition::Damaged).await;
        let done = settle(&floor.clerk, now("now")).await.unwrap();
        assert_eq!(floor.paid(done.row.order_id).await, [(Gateway::Exchange, 1_000), (Gateway::Test, 500)]);
        assert_eq!(floor.order(done.row.order_id).await.payment_status, OrderPaymentStatus::Paid);
        assert!(settle(&floor.clerk, now("now")).await.unwrap().replayed);
        work(&world).await;
    }

    /// Cheaper, several for one, from a store that serves nobody online: it sends them, and the rest goes back.
    async fn cheaper_from_the_stock_of_another_store(world: World) {
        let floor = floor(&world, 1).await;
        let far = world.store("FAR").await;
        let sock = world.product("sock").price(&floor.bought.shop.online, 300).stock(&far, 2).create().await;
        let goods = vec![NewGoods {
            variant_id: sock.id(),
            quantity: 2,
            delivery: DeliveryMethod::Ship,
            location_id: Some(far.id),
            unit_price: None,
        }];
        let refused = create(&floor.bought.guest, CreateExchange { goods: goods.clone(), ..floor.wish(WAIT, &[]) }).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Invalid, "customers do not say where from");
        let wish = CreateExchange { goods, expected_difference: money(-400), ..floor.wish(WAIT, &[]) };
        let done = create(&floor.clerk, wish).await.unwrap();
        floor.come(done.back.id, Disposition::Restock).await;
        work(&world).await;
        let row = floor.row(&done).await;
        assert_eq!((row.status, row.credit), (ExchangeStatus::Completed, 600));
        let works = floor.bought.shop.work(row.order_id.unwrap()).await;
        assert_eq!(works, [(Some(far.id), "OPEN".to_owned(), 2)]);
        let gone: Vec<_> = floor.gone(floor.bought.order).await.into_iter().map(|it| (it.1, it.3)).collect();
        assert_eq!(gone, [(RefundDestination::Original, 400), (RefundDestination::Exchange, 600)]);
        let balance = refund::balance(world.db(), &floor.order(row.order_id).await).await.unwrap();
        assert_eq!((balance.due, balance.available, balance.overpaid), (600, 600, 0));
    }

    /// What is short waits, and is tried again; given up, the old goods give their money.
    async fn short_goods_wait_or_are_given_up(world: World) {
        let floor = floor(&world, 2).await;
        let shop = &floor.bought.shop;
        let rare = world.product("rare").price(&shop.online, 1_000).create().await;
        let mut waiting = Vec::new();
        for _ in 0..2 {
            let done = create(&floor.clerk, floor.wish(WAIT, &[(rare.id(), 1)])).await.unwrap();
            floor.come(done.back.id, Disposition::Restock).await;
            work(&world).await;
            assert_eq!(floor.row(&done).await.status, ExchangeStatus::AwaitingReturn);
            waiting.push(done);
        }
        let waits = entity::event::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(waits.iter().filter(|event| event.kind == "exchange_waits").count(), 2);
        world.stock(&shop.warehouse, rare.id(), 1).await;
        attend::attend_due(&world.ctx()).await.unwrap();
        let rows = [floor.row(&waiting[0]).await, floor.row(&waiting[1]).await];
        assert_eq!(rows.iter().filter(|row| row.status == ExchangeStatus::Completed).count(), 1);
        let left = rows.iter().find(|row| row.status == ExchangeStatus::AwaitingReturn).unwrap();
        let input = CancelExchange {
            exchange_id: left.id,
            expected_version: None,
            register_id: None,
            idempotency_key: "no".to_owned(),
        };
        let ended = cancel(&floor.clerk, input.clone()).await.unwrap();
        assert_eq!((ended.row.status, ended.back.status), (ExchangeStatus::Canceled, ReturnStatus::Closed));
        assert!(cancel(&floor.clerk, input).await.unwrap().replayed);
        let gone: Vec<_> = floor.gone(floor.bought.order).await.into_iter().map(|it| (it.1, it.3)).collect();
        assert_eq!(gone, [(RefundDestination::Exchange, 1_000), (RefundDestination::Original, 1_000)]);
    }

    /// Declined or given up before anything came: there is no exchange either. Nothing in the parcel: no new goods.
    async fn it_ends_with_its_return(world: World) {
        let floor = floor(&world, 3).await;
        let goods = [(floor.large.id(), 1)];
        let asked = create(&floor.bought.guest, floor.wish(WAIT, &goods)).await.unwrap();
        decide::decline(&floor.clerk, asked.back.id, None, "no").await.unwrap();
        assert_eq!(floor.row(&asked).await.status, ExchangeStatus::Canceled);
        let asked = create(&floor.bought.guest, floor.wish(WAIT, &goods)).await.unwrap();
        decide::cancel(&floor.bought.guest, asked.back.id, None, None).await.unwrap();
        assert_eq!(floor.row(&asked).await.status, ExchangeStatus::Canceled);
        let empty = create(&floor.clerk, floor.wish(WAIT, &goods)).await.unwrap();
        floor.come(empty.back.id, Disposition::Missing).await;
        work(&world).await;
        let row = floor.row(&empty).await;
        assert_eq!((row.status, row.order_id), (ExchangeStatus::Canceled, None));
        assert_eq!(floor.bought.refunded().await, Vec::<i64>::new());
    }

    /// What staff agreed on holds, also when the price changes or the goods are taken off sale meanwhile.
    async fn the_agreed_price_holds(world: World) {
        let floor = floor(&world, 2).await;
        let agreed = |floor: &super::Floor, price| {
            let mut wish = floor.wish(WAIT, &[(floor.coat.id(), 1)]);
            wish.goods[0].unit_price = price;
            wish
        };
        let seller = world.staff(&[Permission::ReturnsWork]).await;
        let refused = create(&seller, agreed(&floor, Some(yen(1_000)))).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden, "another price takes the right to give discounts");
        let below = create(&floor.clerk, agreed(&floor, Some(yen(-1)))).await.unwrap_err();
        assert_eq!(below.code(), ErrorCode::InvalidAmount);
        let done = create(&floor.clerk, agreed(&floor, Some(yen(1_000)))).await.unwrap();
        floor.come(done.back.id, Disposition::Restock).await;
        work(&world).await;
        assert_eq!(floor.order(floor.row(&done).await.order_id).await.total, 1_000);
    }
}
