//! Store credit and points: given, seen, spent, given back.

use serde_json::{Value, json};

use super::desk::{Desk, HANAKO, amount, printed, yen};
use crate::harness::over_http;
use crate::stores::mails::mail_to;
use crate::stores::place::act;

const ME: &str = "{ me { storeCredit { balance { amount } entries { kind change } }
    points { points spendable { amount } entries { kind change } } } }";

async fn me(desk: &Desk) -> Value {
    desk.hanako.ask(ME, json!({})).await["me"].clone()
}

/// Kinds and changes of an account's entries, the oldest first.
fn entries(account: &Value) -> Vec<(String, i64)> {
    let all = account["entries"].as_array().unwrap().iter();
    let mut all: Vec<_> =
        all.map(|entry| (entry["kind"].as_str().unwrap().to_owned(), entry["change"].as_i64().unwrap())).collect();
    all.sort();
    all
}

over_http! {
    /// Staff give credit for some trouble; it pays a part of the next order, and comes back when that is canceled.
    async fn store_credit_pays_and_comes_back(app: TestApp) {
        let desk = Desk::open(&app).await;
        let input = json!({
            "customerId": desk.hanako_id, "channelId": desk.place.online.id.to_string(), "amount": yen(1_000),
            "reason": "for the trouble", "idempotencyKey": "trouble",
        });
        let selection = "account { id kind balance { amount } }";
        let given = act(&desk.place.boss, "storeCreditIssue", "StoreCreditIssueInput", selection, input.clone()).await;
        let again = act(&desk.place.boss, "storeCreditIssue", "StoreCreditIssueInput", selection, input).await;
        assert_eq!((&given["account"], amount(&given["account"]["balance"])), (&again["account"], 1_000));
        app.run_jobs().await;
        let (text, _) = mail_to(&app, HANAKO, &printed(1_000));
        assert!(!text.contains("for the trouble"), "reasons are for staff: {text}");
        assert_eq!(amount(&me(&desk).await["storeCredit"][0]["balance"]), 1_000);

        let basket = desk.place.basket(HANAKO, "ja", vec![desk.place.collected(&desk.place.cup, 1)]);
        let nobody = desk.cart(&app.shop(), basket.clone()).await;
        let mixed = json!([{ "gateway": "STORE_CREDIT" }, { "gateway": "TEST" }]);
        assert!(!nobody.cannot_buy(mixed.clone()).await.is_empty(), "a guest has no credit");
        let cart = desk.cart(&desk.hanako, basket).await;
        let order = cart.buy(mixed).await;
        assert_eq!(order.seen["paymentStatus"], "PAID");
        assert_eq!(amount(&me(&desk).await["storeCredit"][0]["balance"]), 0);
        let input = json!({ "orderId": order.id, "idempotencyKey": "not any more" });
        let selection = "order { paymentStatus payments { gateway refunded { amount } } }";
        let done = act(&desk.hanako, "orderCancel", "OrderCancelInput", selection, input).await;
        assert_eq!(done["order"]["paymentStatus"], "REFUNDED");
        let credit = me(&desk).await["storeCredit"][0].clone();
        assert_eq!(amount(&credit["balance"]), 1_000);
        let wanted = [("CAPTURE", -1_000), ("ISSUE", 1_000), ("REFUND", 1_000)];
        assert_eq!(entries(&credit), wanted.map(|(kind, change)| (kind.to_owned(), change)));
        app.run_jobs().await;
        desk.audit().await;
    }

    /// A purchase earns points that wait; when they may be used they pay; what comes back takes its points along.
    async fn points_are_earned_spent_and_taken_along(app: TestApp) {
        let mut desk = Desk::open(&app).await;
        let input = json!({
            "channelId": desk.place.online.id.to_string(), "earnAmount": yen(100), "earnPoints": 1, "redeemPoints": 1,
            "redeemAmount": yen(1), "pendingDays": 14, "expireDays": 365,
        });
        act(&desk.place.boss, "loyaltyProgramUpsert", "LoyaltyProgramInput", "program { version }", input).await;
        let line = |quantity: i64| {
            let mut line = desk.place.sent(&desk.place.pot, quantity);
            line["delivery"] = json!("PICKUP");
            line["pickupLocationId"] = json!(desk.place.store.id.to_string());
            line
        };
        let basket = desk.place.basket(HANAKO, "ja", vec![line(2)]);
        let order = desk.cart(&desk.hanako, basket).await.buy(json!([{ "gateway": "TEST" }])).await;
        app.run_jobs().await;
        let points = me(&desk).await["points"][0].clone();
        assert_eq!((&points["points"], amount(&points["spendable"])), (&json!(44), 0), "earned, and waiting");

        // Handed over; after two weeks they may be spent.
        let pickup = &order.seen["pickups"][0]["id"];
        act(&desk.place.clerk, "pickupStart", "PickupInput", "pickup { status }", json!({ "pickupId": pickup })).await;
        let input = json!({ "pickupId": pickup, "idempotencyKey": "ready" });
        act(&desk.place.clerk, "pickupReady", "PickupReadyInput", "pickup { status }", input).await;
        app.run_jobs().await;
        let code = order.read("pickups { code }").await["pickups"][0]["code"].clone();
        let input = json!({ "code": code, "idempotencyKey": "over" });
        act(&desk.place.clerk, "pickupCollect", "PickupCollectInput", "pickup { status }", input).await;
        app.run_jobs().await;
        app.world().advance(chrono::TimeDelta::days(15));
        desk.next_day(&app).await;
        domain::stored_value::attend::attend_due(&app.world().ctx()).await.unwrap();
        app.run_jobs().await;
        assert_eq!(amount(&me(&desk).await["points"][0]["spendable"]), 44);
        let basket = desk.place.basket(HANAKO, "ja", vec![desk.place.collected(&desk.place.cup, 1)]);
        let spent = desk.cart(&desk.hanako, basket).await.buy(json!([{ "gateway": "POINTS" }, { "gateway": "TEST" }])).await;
        let paid: Vec<i64> = spent.seen["payments"].as_array().unwrap().iter().map(|one| amount(&one["amount"])).collect();
        assert_eq!(paid, [44, 2_156]);
        app.run_jobs().await;
        let points = me(&desk).await["points"][0].clone();
        assert_eq!(points["points"], 21, "what points paid earns none");

        // The second order is given up: its points go, and those that paid come back.
        let input = json!({ "orderId": spent.id, "idempotencyKey": "not any more" });
        act(&desk.hanako, "orderCancel", "OrderCancelInput", "order { status }", input).await;
        app.run_jobs().await;
        let points = me(&desk).await["points"][0].clone();
        assert_eq!((&points["points"], amount(&points["spendable"])), (&json!(44), 44), "{points}");
        desk.audit().await;
    }
}
