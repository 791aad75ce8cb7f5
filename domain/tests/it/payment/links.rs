//! Links by which the rest of an order is paid.

use domain::fulfillment::look_link::{LinkState, look};
use domain::fulfillment::pay_link::{OpenLink, PayLink, open_link, pay_link};
use domain::kernel::network_gateway::IntentStatus;
use domain::order::gateway_news::{News, Notice, receive};
use domain::order::refund::{CreateRefund, RefundWish, create_refund};
use domain::{Ctx, ErrorCode, Permission};
use entity::payment;
use entity::words::{Gateway, ManualMethod, OrderPaymentStatus, TestOutcome};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use support::{World, both_databases, race};

use super::bank::{Bank, work};
use super::{complete, manual, order_now};
use crate::fulfillment::shop::{Shop, yen};

/// An order that nobody has paid, and staff who may open links.
async fn unpaid(world: &World) -> (entity::order::Model, Ctx) {
    let shop = Shop::open(world).await;
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
    let (cart, ctx) = shop.cart_of(shirt.id(), 1).await;
    let order = complete(&ctx, cart, 1_550, manual(ManualMethod::Other)).await.unwrap().order;
    (order, world.staff(&[Permission::PaymentsCapture, Permission::OrdersRead]).await)
}

/// Links over all of an order and over ¥600 of it.
async fn both(staff: &Ctx, order: &entity::order::Model) -> (String, String) {
    let whole = open_link(staff, link(order, 1_550)).await.unwrap().token;
    (whole, open_link(staff, link(order, 600)).await.unwrap().token)
}

/// A card's form is opened for all of an order, `first` is paid by other means, and only then the buyer agrees. What the
/// bank took, and how the link stands.
async fn agreed_after(world: &World, first: i64) -> (i64, LinkState) {
    let (order, staff) = unpaid(world).await;
    let token = open_link(&staff, link(&order, 1_550)).await.unwrap().token;
    let part = OpenLink { idempotency_key: "part".to_owned(), ..link(&order, first) };
    let part = open_link(&staff, part).await.unwrap().token;
    let bank = Bank::default();
    let guest = Ctx { services: bank.services(world), ..world.guest() };
    pay_link(&guest, pay(&token, Gateway::Stripe)).await.unwrap();
    pay_link(&guest, pay(&part, Gateway::Test)).await.unwrap();
    bank.agree();
    pay_link(&guest, pay(&token, Gateway::Stripe)).await.unwrap();
    work(&guest).await;
    assert_eq!(
        (bank.only().capturable, order_now(world, order.id).await.payment_status),
        (0, OrderPaymentStatus::Paid)
    );
    (bank.only().captured, look(&guest, &token).await.unwrap().unwrap().state)
}

fn link(order: &entity::order::Model, amount: i64) -> OpenLink {
    OpenLink { order_id: order.id, amount: yen(amount), notify: true, idempotency_key: format!("link-{amount}") }
}

fn pay(token: &str, gateway: Gateway) -> PayLink {
    PayLink { token: token.to_owned(), gateway, test_outcome: TestOutcome::Approve }
}

both_databases! {
    /// A link pays what is left, once, however many open it.
    async fn a_link_pays_once(world: World) {
        let (order, staff) = unpaid(&world).await;
        assert_eq!(open_link(&staff, link(&order, 1_551)).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        let nobody = world.staff(&[Permission::OrdersRead]).await;
        assert_eq!(open_link(&nobody, link(&order, 1_550)).await.unwrap_err().code(), ErrorCode::Forbidden);
        let token = open_link(&staff, link(&order, 1_550)).await.unwrap().token;
        assert_eq!(open_link(&staff, link(&order, 1_550)).await.unwrap().token, token, "the same key, the same link");
        let paid = race(6, |_| {
            let (guest, token) = (world.guest(), token.clone());
            async move { pay_link(&guest, pay(&token, Gateway::Test)).await.map(|paid| paid.payment.id) }
        })
        .await;
        let first = *paid[0].as_ref().unwrap();
        assert!(paid.iter().all(|paid| paid.as_ref().is_ok_and(|id| *id == first)), "{paid:?}");
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid);
        let tests = payment::Entity::find().filter(payment::Column::Gateway.eq(Gateway::Test));
        assert_eq!(tests.count(world.db()).await.unwrap(), 1);
    }

    /// A wrong secret and a link whose time is over pay nothing.
    async fn a_link_ends(world: World) {
        let (order, staff) = unpaid(&world).await;
        let token = open_link(&staff, link(&order, 500)).await.unwrap().token;
        let refused = pay_link(&world.guest(), pay("nonsense", Gateway::Test)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidCode);
        world.advance(chrono::TimeDelta::hours(73));
        let refused = pay_link(&world.guest(), pay(&token, Gateway::Test)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidCode);
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Unpaid);
    }

    /// A card pays a link: what it reserves is taken at once.
    async fn a_card_pays_a_link(world: World) {
        let (order, staff) = unpaid(&world).await;
        let token = open_link(&staff, link(&order, 1_550)).await.unwrap().token;
        let bank = Bank::default();
        let guest = Ctx { services: bank.services(&world), ..world.guest() };
        let begun = pay_link(&guest, pay(&token, Gateway::Stripe)).await.unwrap();
        assert!(begun.client_secret.is_some());
        bank.agree();
        pay_link(&guest, pay(&token, Gateway::Stripe)).await.unwrap();
        work(&guest).await;
        assert_eq!(bank.only().captured, 1_550);
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid);
    }

    /// Paid otherwise in part: a link asks for what is owed at that moment, and for nothing when that is nothing.
    async fn a_link_asks_for_what_is_owed(world: World) {
        let (order, staff) = unpaid(&world).await;
        let mut tokens = Vec::new();
        for amount in [1_550, 600, 1_000] {
            tokens.push(open_link(&staff, link(&order, amount)).await.unwrap().token);
        }
        let (whole, part, late) = (&tokens[0], &tokens[1], &tokens[2]);
        pay_link(&world.guest(), pay(part, Gateway::Test)).await.unwrap();
        let seen = look(&world.guest(), whole).await.unwrap().unwrap();
        assert_eq!((seen.state, seen.owed), (LinkState::Open, 950));
        let paid = pay_link(&world.guest(), pay(whole, Gateway::Test)).await.unwrap();
        assert_eq!((paid.payment.amount, paid.order.payment_status), (950, OrderPaymentStatus::Paid));
        let seen = look(&world.guest(), late).await.unwrap().unwrap();
        assert_eq!((seen.state, seen.owed), (LinkState::Settled, 0));
        let refused = pay_link(&world.guest(), pay(late, Gateway::Test)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidAmount);
    }

    /// Links that are paid at once never take more than the order costs, together.
    async fn links_at_once_never_overpay(world: World) {
        let (order, staff) = unpaid(&world).await;
        let mut tokens = Vec::new();
        for amount in [1_550, 1_549, 1_000, 999, 600, 500] {
            tokens.push(open_link(&staff, link(&order, amount)).await.unwrap().token);
        }
        race(6, |index| {
            let (guest, token) = (world.guest(), tokens[index].clone());
            async move { drop(pay_link(&guest, pay(&token, Gateway::Test)).await) }
        })
        .await;
        for token in &tokens {
            drop(pay_link(&world.guest(), pay(token, Gateway::Test)).await);
        }
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid);
    }

    /// The card's form was open when the order was paid in part: the intent is given up, and another asks for the rest.
    async fn an_intent_for_too_much_is_given_up(world: World) {
        let (order, staff) = unpaid(&world).await;
        let (token, part) = both(&staff, &order).await;
        let bank = Bank::default();
        let guest = Ctx { services: bank.services(&world), ..world.guest() };
        pay_link(&guest, pay(&token, Gateway::Stripe)).await.unwrap();
        pay_link(&guest, pay(&part, Gateway::Test)).await.unwrap();
        let seen = look(&guest, &token).await.unwrap().unwrap();
        assert_eq!((seen.state, seen.owed), (LinkState::Waiting, 950));
        let again = pay_link(&guest, pay(&token, Gateway::Stripe)).await.unwrap();
        assert_eq!((again.payment.amount, again.client_secret.as_deref()), (950, Some("pi_2_secret")));
        assert_eq!(bank.0.lock().unwrap().intents["pi_1"].status, IntentStatus::Canceled);
        bank.agree();
        pay_link(&guest, pay(&token, Gateway::Stripe)).await.unwrap();
        work(&guest).await;
        assert_eq!(bank.0.lock().unwrap().intents["pi_2"].captured, 950);
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid);
    }

    /// The buyer agreed to more than is owed by then: only what is owed is taken, the rest is let go.
    async fn no_more_is_taken_than_is_owed(world: World) {
        assert_eq!(agreed_after(&world, 600).await, (950, LinkState::Paid));
    }

    /// The buyer agreed when nothing was owed any more: all of it is let go.
    async fn nothing_is_taken_when_nothing_is_owed(world: World) {
        assert_eq!(agreed_after(&world, 1_550).await, (0, LinkState::Settled));
    }

    /// What a gateway took beyond what is owed is what it is: too much was paid, and it can go back as such.
    async fn what_was_taken_beyond_goes_back(world: World) {
        let (order, staff) = unpaid(&world).await;
        let (token, part) = both(&staff, &order).await;
        let bank = Bank::default();
        let guest = Ctx { services: bank.services(&world), ..world.guest() };
        pay_link(&guest, pay(&token, Gateway::Stripe)).await.unwrap();
        pay_link(&guest, pay(&part, Gateway::Test)).await.unwrap();
        for intent in bank.0.lock().unwrap().intents.values_mut() {
            (intent.status, intent.captured) = (IntentStatus::Captured, 1_550);
        }
        let notice = Notice {
            external_id: "evt_1".to_owned(),
            kind: "payment_intent.succeeded".to_owned(),
            payment_id: None,
            reference: Some("pi_1".to_owned()),
            money: Some((1_550, entity::money::Currency::JPY)),
            news: News::Payment,
        };
        receive(&guest.with_actor(domain::Actor::System), Gateway::Stripe, &notice).await.unwrap();
        work(&guest).await;
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Overpaid);
        let clerk = world.staff(&[Permission::RefundsIssue, Permission::OrdersRead]).await;
        let back = CreateRefund {
            wish: RefundWish {
                order_id: order.id,
                units: Vec::new(),
                shipping: None,
                amount: None,
                fee: None,
                claw_back: false,
                reason: entity::words::RefundReason::Overpaid,
            },
            note: None,
            destination: entity::words::RefundDestination::Original,
            register_id: None,
            expected_amount: Some(yen(600)),
            refund_amount_available: None,
            idempotency_key: "beyond".to_owned(),
        };
        create_refund(&Ctx { services: bank.services(&world), ..clerk }, back).await.unwrap();
        work(&guest).await;
        let order = order_now(&world, order.id).await;
        let balance = domain::order::refund::balance(world.db(), &order).await.unwrap();
        assert_eq!((balance.available, balance.overpaid, balance.left()), (1_550, 0, 0));
    }
}
