//! Promotion codes with limits: who is first gets it, who comes too late sees the price of now.

use serde_json::{Value, json};

use super::desk::{CART, Cart, Desk, HANAKO, amount, printed, yen};
use crate::harness::over_http;
use crate::stores::mails::mail_to;
use crate::stores::place::{act, refused};

const TARO: &str = "taro@example.jp";

async fn basket(desk: &Desk, email: &str, quantity: i64, codes: &[&str]) -> Cart {
    let mut input = desk.place.basket(email, "ja", vec![desk.place.collected(&desk.place.cup, quantity)]);
    input["codes"] = json!(codes);
    desk.cart(&desk.place.app.shop(), input).await
}

async fn used(desk: &Desk, id: &str) -> Value {
    let document = "query($id: ID!) { promotion(id: $id) { used codes(first: 5) { nodes { code used } } } }";
    desk.place.boss.ask(document, json!({ "id": id })).await["promotion"].clone()
}

fn test() -> Value {
    json!([{ "gateway": "TEST" }])
}

over_http! {
    /// One use in all: the second buyer is told, pays the price of now, and gets the code when the first gives up.
    async fn a_code_works_as_often_as_it_may(app: TestApp) {
        let desk = Desk::open(&app).await;
        let id = desk.promotion("AUTUMN", &[("usageLimit", json!(1))]).await;
        let (first, second) = (basket(&desk, HANAKO, 1, &["autumn"]).await, basket(&desk, TARO, 1, &["ＡＵＴＵＭＮ"]).await);
        assert_eq!((first.total(), second.total()), (1_980, 1_980), "both may hope");
        let order = first.buy(test()).await;
        assert_eq!(amount(&order.seen["discountTotal"]), 220);
        app.run_jobs().await;
        let (text, html) = mail_to(&app, HANAKO, &order.number);
        for wanted in ["秋の特典", &printed(220), &printed(1_980)] {
            assert!(text.contains(wanted) && html.contains(wanted), "{wanted} is not in {text}");
        }
        assert_eq!(second.cannot_buy(test()).await, ["PRICE_CHANGED"]);
        let input = json!({ "cartId": second.id, "code": "AUTUMN" });
        assert_eq!(refused(&second.buyer, "cartCodeApply", "CartCodeInput", input).await, ["CODE_USED_UP"]);
        let told = used(&desk, &id).await;
        assert_eq!(told, json!({ "used": 1, "codes": { "nodes": [{ "code": "AUTUMN", "used": 1 }] } }));

        let input = json!({ "orderId": order.id, "idempotencyKey": "not any more" });
        act(&order.holder, "orderCancel", "OrderCancelInput", "order { status }", input).await;
        assert_eq!(used(&desk, &id).await["used"], 0);
        let now = basket(&desk, TARO, 1, &["AUTUMN"]).await;
        assert_eq!(now.total(), 1_980);
        now.buy(test()).await;
        app.run_jobs().await;
        desk.audit().await;
    }

    /// Once per customer, from an amount on; unknown and stopped codes are told apart; what does not fit yet stays.
    async fn a_code_says_why_it_does_not_apply(app: TestApp) {
        let desk = Desk::open(&app).await;
        let conditions = json!({ "minimumAmount": yen(4_000) });
        let id = desk.promotion("TWO", &[("customerLimit", json!(1)), ("conditions", conditions), ("currencyCode", json!("JPY"))]).await;
        let cart = basket(&desk, HANAKO, 1, &[]).await;
        let apply = |code: &str| json!({ "cartId": cart.id, "code": code });
        assert_eq!(refused(&cart.buyer, "cartCodeApply", "CartCodeInput", apply("THREE")).await, ["CODE_NOT_ACCEPTED"]);
        let seen = act(&cart.buyer, "cartCodeApply", "CartCodeInput", CART, apply("two")).await["cart"].clone();
        assert_eq!((amount(&seen["discountTotal"]), &seen["problems"][0]["code"]), (0, &json!("CODE_NOT_APPLICABLE")));
        let why = &seen["discountsNotApplied"][0];
        assert_eq!((&why["reason"], amount(&why["missing"])), (&json!("BELOW_MINIMUM"), 1_800));
        let line = json!({ "cartId": cart.id, "lines": [desk.place.collected(&desk.place.cup, 1)] });
        let seen = act(&cart.buyer, "cartLineAdd", "CartLineAddInput", CART, line).await["cart"].clone();
        assert_eq!((amount(&seen["discountTotal"]), &seen["problems"]), (440, &json!([])), "now it fits");
        let cart = Cart { seen, ..cart };
        let order = cart.buy(test()).await;
        assert_eq!(amount(&order.seen["total"]), 3_960);

        let again = basket(&desk, HANAKO, 1, &[]).await;
        let input = json!({ "cartId": again.id, "lines": [desk.place.collected(&desk.place.pot, 1)] });
        act(&again.buyer, "cartLineAdd", "CartLineAddInput", CART, input).await;
        let input = json!({ "cartId": again.id, "code": "TWO" });
        let codes = refused(&again.buyer, "cartCodeApply", "CartCodeInput", input).await;
        assert_eq!(codes, ["CODE_USED_UP"], "once per customer");

        act(&desk.place.boss, "promotionDeactivate", "PromotionTargetInput", "promotion { active }", json!({ "id": id })).await;
        let late = basket(&desk, TARO, 1, &[]).await;
        let input = json!({ "cartId": late.id, "code": "TWO" });
        assert_eq!(refused(&late.buyer, "cartCodeApply", "CartCodeInput", input).await, ["CODE_EXPIRED"]);
        app.run_jobs().await;
        desk.audit().await;
    }
}
