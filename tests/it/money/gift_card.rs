//! Gift cards as goods: sold, paid, mailed with their code, spent to the last yen.

use entity::id::TaxClassId;
use serde_json::{Value, json};
use support::Sku;

use super::desk::{Cart, Desk, HANAKO, amount, printed, yen};
use crate::harness::{TestApp, over_http};
use crate::stores::mails::mail_to;
use crate::stores::place::{act, refused};

const TARO: &str = "taro@example.jp";

/// A card of ¥3,000: no tax, nothing to send, nothing to count.
async fn product(desk: &Desk, app: &TestApp) -> Sku {
    let boss = &desk.place.boss;
    let input = json!({ "code": "none", "name": "No tax" });
    let class = act(boss, "taxClassUpsert", "TaxClassUpsertInput", "taxClass { id }", input).await;
    let input =
        json!({ "taxClass": "none", "country": "JP", "name": "不課税", "ratePpm": 0, "validFrom": "2020-01-01" });
    act(boss, "taxRateUpsert", "TaxRateUpsertInput", "taxRate { id }", input).await;
    let class: TaxClassId = class["taxClass"]["id"].as_str().unwrap().parse().unwrap();
    let product = app.world().product("gift-card").price(&desk.place.online, 3_000);
    let card = product.with(move |variant| {
        variant.tax_class_id = Some(class);
        variant.requires_shipping = false;
        variant.tracked = false;
    });
    let card = card.create().await;
    let input = json!({ "productId": card.product.id.to_string(), "isGiftCard": true, "validDays": 365 });
    act(boss, "giftCardProductSet", "GiftCardProductInput", "productId", input).await;
    card
}

/// Hanako buys one for Taro.
async fn given(desk: &Desk, card: &Sku, more: &[(&str, &str)]) -> Cart {
    let about =
        [("gift_card.recipient_email", TARO), ("gift_card.recipient_name", "太郎"), ("gift_card.sender_name", "花子")];
    let about: Vec<Value> =
        about.iter().chain(more).map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let line = json!({ "variantId": card.id().to_string(), "quantity": 1, "metadata": about });
    desk.cart(&desk.hanako, desk.place.basket(HANAKO, "ja", vec![line])).await
}

/// The code that a mail shows.
fn code(text: &str) -> String {
    let is_code = |word: &&str| word.len() == 24 && word.split('-').count() == 5;
    text.split_whitespace().find(is_code).unwrap_or_else(|| panic!("no code in {text}")).to_owned()
}

over_http! {
    /// Nobody can spend a card before it is paid; its mail has the code; two purchases empty it, and no third is paid.
    async fn a_card_is_sold_mailed_and_spent(app: TestApp) {
        let desk = Desk::open(&app).await;
        let card = product(&desk, &app).await;
        let cart = given(&desk, &card, &[("gift_card.message", "お誕生日おめでとう")]).await;
        assert_eq!(cart.total(), 3_000);
        let order = cart.buy(json!([{ "gateway": "MANUAL", "method": "BANK_TRANSFER" }])).await;
        app.run_jobs().await;
        assert!(app.smtp().mails().iter().all(|mail| mail.to != [TARO]), "nothing is mailed before it is paid");
        let input = json!({ "paymentId": order.seen["payments"][0]["id"], "idempotencyKey": "paid" });
        act(&desk.place.boss, "paymentCapture", "PaymentCaptureInput", "order { paymentStatus }", input).await;
        app.run_jobs().await;
        let (text, html) = mail_to(&app, TARO, "お誕生日おめでとう");
        let code = code(&text);
        assert!(text.contains(&printed(3_000)) && text.contains("花子") && html.contains(&code), "{text}");
        assert_eq!(desk.on_card(&code).await, 3_000);
        let listed = "{ storedValueAccounts(first: 5) { nodes { kind status codeHint balance { amount } } } }";
        let seen = desk.place.boss.ask(listed, json!({})).await["storedValueAccounts"]["nodes"][0].clone();
        assert_eq!((&seen["status"], amount(&seen["balance"])), (&json!("ACTIVE"), 3_000));
        assert!(code.ends_with(seen["codeHint"].as_str().unwrap()), "{seen}");

        // Taro spends it, typed as people type.
        let typed = code.to_lowercase().replace('-', " ");
        let cup = |desk: &Desk| desk.place.basket(TARO, "ja", vec![desk.place.collected(&desk.place.cup, 1)]);
        let cart = desk.cart(&app.shop(), cup(&desk)).await;
        let first = cart.buy(json!([{ "gateway": "GIFT_CARD", "code": typed }])).await;
        assert_eq!((&first.seen["paymentStatus"], desk.on_card(&code).await), (&json!("PAID"), 800));
        let cart = desk.cart(&app.shop(), cup(&desk)).await;
        let whole = json!([{ "gateway": "GIFT_CARD", "code": code, "amount": yen(2_200) }]);
        assert_eq!(cart.cannot_buy(whole).await, ["INSUFFICIENT_BALANCE"]);
        let second = cart.buy(json!([{ "gateway": "GIFT_CARD", "code": code }, { "gateway": "TEST" }])).await;
        let paid: Vec<i64> = second.seen["payments"].as_array().unwrap().iter().map(|one| amount(&one["amount"])).collect();
        assert_eq!((paid, desk.on_card(&code).await), (vec![800, 1_400], 0));
        app.run_jobs().await;
        let (text, _) = mail_to(&app, TARO, &second.number);
        assert!(text.contains(&printed(1_400)) && text.contains("800"), "{text}");

        // A canceled purchase gives the card its part back.
        let input = json!({ "orderId": second.id, "idempotencyKey": "not any more" });
        act(&second.holder, "orderCancel", "OrderCancelInput", "order { status paymentStatus }", input).await;
        assert_eq!(desk.on_card(&code).await, 800);
        app.run_jobs().await;
        desk.audit().await;
    }

    /// A card for a day to come is mailed on that day, not before; its buyer cannot take it back once it was used.
    async fn a_card_is_mailed_on_its_day(app: TestApp) {
        let mut desk = Desk::open(&app).await;
        let card = product(&desk, &app).await;
        let day = (app.world().now() + chrono::TimeDelta::days(3)).date_naive().to_string();
        let order = given(&desk, &card, &[("gift_card.deliver_on", &day)]).await.buy(json!([{ "gateway": "TEST" }])).await;
        let attend = async || {
            domain::stored_value::attend::attend_due(&app.world().ctx()).await.unwrap();
            app.run_jobs().await;
        };
        app.run_jobs().await;
        attend().await;
        let mailed = || app.smtp().mails().iter().filter(|mail| mail.to == [TARO]).count();
        assert_eq!(mailed(), 0);
        app.world().advance(chrono::TimeDelta::days(4));
        attend().await;
        attend().await;
        assert_eq!(mailed(), 1, "once");
        let code = code(&mail_to(&app, TARO, "花子").0);
        desk.next_day(&app).await;
        let cart = desk.place.basket(TARO, "ja", vec![desk.place.collected(&desk.place.cup, 1)]);
        desk.cart(&app.shop(), cart).await.buy(json!([{ "gateway": "GIFT_CARD", "code": code }])).await;
        let input = json!({ "orderId": order.id, "idempotencyKey": "back" });
        let codes = refused(&desk.place.boss, "orderCancel", "OrderCancelInput", input).await;
        assert!(!codes.is_empty(), "a card that was used is not taken back");
        app.run_jobs().await;
        desk.audit().await;
    }
}
