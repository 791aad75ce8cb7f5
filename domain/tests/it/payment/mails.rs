//! What customers are written about money: once per fact, with the figures of the books.

use chrono::TimeDelta;
use domain::fulfillment::pay_link::{OpenLink, PayLink, open_link, pay_link};
use domain::order::capture_payment::{CapturePayment, capture_payment};
use domain::order::credit_note;
use domain::order::refund::{self, ConfirmRefund, CreateRefund, RefundWish, confirm_refund, create_refund};
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::pickup::unpaid::attend_due;
use domain::{Ctx, Permission};
use entity::money::Money;
use entity::words::{CancelReason, Gateway, ManualMethod, RefundDestination, RefundReason, TestOutcome};
use entity::{channel, message, order};
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;
use support::{World, both_databases};

use super::bank::work;
use super::{complete, manual, the_payment};
use crate::fulfillment::shop::{Shop, buy, yen};

/// Everything that was written beside the confirmation, in its order.
async fn mails(world: &World) -> Vec<message::Model> {
    work(&world.ctx()).await;
    let mut found = message::Entity::find().order_by_asc(message::Column::Id).all(world.db()).await.unwrap();
    found.retain(|mail| mail.template != "order_confirmation");
    found
}

async fn names(world: &World) -> Vec<String> {
    let mut names: Vec<String> = mails(world).await.into_iter().map(|mail| mail.template).collect();
    names.sort();
    names
}

/// The only mail of a template, whose two parts say all of this.
async fn says(world: &World, template: &str, all: &[&str]) {
    let found: Vec<_> = mails(world).await.into_iter().filter(|mail| mail.template == template).collect();
    let mail = found.last().unwrap_or_else(|| panic!("no {template}"));
    for text in all {
        let html = mail.html.replace("&#x2f;", "/");
        assert!(mail.text.contains(text) && html.contains(text), "{template} does not say {text}:\n{}", mail.text);
    }
    assert!(!mail.text.contains("mail-") && !mail.html.contains("mail-"), "{}", mail.text);
}

fn told(minor: i64) -> String {
    yen(minor).formatted("ja")
}

async fn ordered(world: &World, method: ManualMethod) -> (Shop, order::Model) {
    let shop = Shop::open(world).await;
    let bank = json!({ "ja": "ひとつ銀行 渋谷支店\n普通 1234567", "en": "Hitotsu Bank" });
    let update = channel::Entity::update_many().col_expr(channel::Column::PaymentInstructions, Expr::value(bank));
    update.exec(world.db()).await.unwrap();
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
    let (cart, ctx) = shop.cart_of(shirt.id(), 1).await;
    let order = complete(&ctx, cart, 1_550, manual(method)).await.unwrap().order;
    (shop, order)
}

async fn cashier(world: &World) -> Ctx {
    let all = [Permission::PaymentsCapture, Permission::OrdersRead, Permission::OrdersCancel, Permission::RefundsIssue];
    world.staff(&all).await
}

async fn came(world: &World, amount: Option<Money>, key: &str) {
    let payment_id = the_payment(world).await.id;
    let input = CapturePayment { payment_id, amount, idempotency_key: key.to_owned() };
    capture_payment(&cashier(world).await, input).await.unwrap();
}

fn cancellation(order: &order::Model) -> CancelOrder {
    CancelOrder {
        order_id: order.id,
        lines: Vec::new(),
        reason: CancelReason::Customer,
        note: None,
        notify: true,
        expected_version: None,
        idempotency_key: "cancel".to_owned(),
    }
}

both_databases! {
    /// Confirmed with the bank account, a part, a reminder of the rest, the rest; canceled, and handed out later.
    async fn a_transfer_from_the_reminder_to_the_refund(world: World) {
        let (_, order) = ordered(&world, ManualMethod::BankTransfer).await;
        work(&world.ctx()).await;
        let confirmed = message::Entity::find().one(world.db()).await.unwrap().unwrap();
        assert!(confirmed.text.contains("普通 1234567") && confirmed.text.contains("お支払い期限"), "{}", confirmed.text);
        came(&world, Some(yen(1_000)), "a").await;
        says(&world, "payment_received", &[&told(1_000), &told(550), "銀行振込", &order.number]).await;
        world.advance(TimeDelta::hours(49));
        attend_due(&world.ctx()).await.unwrap();
        says(&world, "payment_reminder", &[&told(550), "shirt × 1", "普通 1234567"]).await;
        came(&world, None, "b").await;
        says(&world, "payment_received", &[&told(550), "すべてお支払い済み"]).await;
        let cashier = cashier(&world).await;
        let refund = cancel_order(&cashier, cancellation(&order)).await.unwrap().refund.unwrap();
        let note = credit_note::of_refunds(world.db(), &[refund.id]).await.unwrap().remove(0).number;
        says(&world, "order_canceled", &[&told(refund.amount), "お振り込みいたします", &note]).await;
        let before = ["order_canceled", "payment_received", "payment_received", "payment_reminder"];
        assert_eq!(names(&world).await, before, "the canceled mail says the refund");
        let refund_id = refund.id;
        let handed = ConfirmRefund { refund_id, payment_id: None, reference: None, register_id: None, idempotency_key: "x".to_owned() };
        confirm_refund(&cashier, handed).await.unwrap();
        says(&world, "refund_executed", &[&told(1_550), "お振り込みいたしました", &note]).await;
        assert_eq!(names(&world).await.len(), 5, "one mail per fact");
    }

    /// Nobody paid in time: one mail tells the end and what comes back.
    async fn an_unpaid_order_is_told_to_be_over(world: World) {
        let (_, _) = ordered(&world, ManualMethod::ConvenienceStore).await;
        came(&world, Some(yen(500)), "a").await;
        world.advance(TimeDelta::hours(73));
        attend_due(&world.ctx()).await.unwrap();
        says(&world, "payment_expired", &["shirt × 1", &told(500), "お振り込みいたします"]).await;
        assert_eq!(names(&world).await, ["payment_expired", "payment_received"]);
    }

    /// A kindness goes back at once: one mail, with the number of its credit note.
    async fn a_refund_is_told_once(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 1).create().await;
        let (cart, ctx) = shop.cart_of(shirt.id(), 1).await;
        let order = buy(&ctx, cart, 1_550, "buy").await.unwrap().order;
        assert!(names(&world).await.is_empty(), "a card that was charged at once is told with the order");
        let wish = RefundWish {
            order_id: order.id,
            units: Vec::new(),
            shipping: None,
            amount: Some(yen(300)),
            fee: None,
            claw_back: false,
            reason: RefundReason::Goodwill,
        };
        let input = CreateRefund {
            wish,
            note: None,
            destination: RefundDestination::Original,
            register_id: None,
            refund_amount_available: None,
            expected_amount: None,
            idempotency_key: "refund".to_owned(),
        };
        create_refund(&cashier(&world).await, input).await.unwrap();
        let issued = refund::of_orders(world.db(), &[order.id]).await.unwrap().remove(0);
        let note = credit_note::of_refunds(world.db(), &[issued.id]).await.unwrap().remove(0).number;
        says(&world, "refund_issued", &[&told(issued.amount), &note, "カードに返金いたしました"]).await;
        assert_eq!(names(&world).await, ["refund_issued"]);
    }

    /// The rest of an order by a link: asked for by mail, paid by the address of that mail, thanked for.
    async fn a_link_is_mailed_and_works(world: World) {
        let (_, order) = ordered(&world, ManualMethod::Other).await;
        let open = |notify, amount, key: &str| {
            OpenLink { order_id: order.id, amount: yen(amount), notify, idempotency_key: key.to_owned() }
        };
        let cashier = cashier(&world).await;
        let url = open_link(&cashier, open(true, 1_500, "a")).await.unwrap().url;
        open_link(&cashier, open(false, 1_550, "b")).await.unwrap();
        says(&world, "payment_link", &[&told(1_500), &url]).await;
        assert_eq!(names(&world).await, ["payment_link"], "nobody is told of the second");
        let token = url.rsplit('/').next().unwrap().to_owned();
        let pay = PayLink { token, gateway: Gateway::Test, test_outcome: TestOutcome::Approve };
        pay_link(&world.guest(), pay).await.unwrap();
        says(&world, "payment_received", &[&told(1_500), &told(50)]).await;
        assert_eq!(names(&world).await, ["payment_link", "payment_received"]);
    }
}
