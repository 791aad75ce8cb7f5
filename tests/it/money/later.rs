//! Paid later: goods wait for the money, a reminder, the end; or the money comes.

use serde_json::{Value, json};

use super::desk::{Cart, Desk, HANAKO, amount, yen};
use crate::harness::over_http;
use crate::stores::place::{act, refused};

async fn basket(desk: &Desk) -> Cart {
    let input = desk.place.basket(HANAKO, "ja", vec![desk.place.collected(&desk.place.pot, 1)]);
    desk.cart(&desk.hanako, input).await
}

/// How often something happened to an order.
async fn told(desk: &Desk, id: &str, kind: &str) -> usize {
    let id = id.parse::<entity::id::OrderId>().unwrap().uuid().to_string();
    let document = "query($filter: EventFilterInput!) { events(filter: $filter, first: 50) { nodes { kind } } }";
    let filter = json!({ "aggregateId": id, "kind": kind });
    let seen = desk.place.boss.ask(document, json!({ "filter": filter })).await;
    seen["events"]["nodes"].as_array().unwrap().len()
}

async fn state(desk: &Desk, id: &str) -> Value {
    let document = "query($by: OrderLookupInput!) { order(by: $by) { status paymentStatus
        fulfillmentOrders { status holdReason } refunds { amount { amount } } } }";
    desk.place.boss.ask(document, json!({ "by": { "id": id } })).await["order"].clone()
}

over_http! {
    /// A transfer in two parts lets the goods go; another order is reminded of once and ends unpaid, its stock free.
    async fn goods_wait_for_the_money(app: TestApp) {
        let mut desk = Desk::open(&app).await;
        let transfer = || json!([{ "gateway": "MANUAL", "method": "BANK_TRANSFER" }]);
        let (paid, unpaid) = (basket(&desk).await.buy(transfer()).await, basket(&desk).await.buy(transfer()).await);
        for order in [&paid, &unpaid] {
            assert_eq!(order.seen["paymentStatus"], "UNPAID");
            let due = order.seen["payments"][0]["dueAt"].as_str().unwrap();
            let due: chrono::DateTime<chrono::Utc> = due.parse().unwrap();
            assert_eq!(due, app.world().now() + chrono::TimeDelta::hours(72));
            let work = &state(&desk, &order.id).await["fulfillmentOrders"][0];
            assert_eq!((&work["status"], &work["holdReason"]), (&json!("ON_HOLD"), &json!("AWAITING_PAYMENT")));
        }
        assert_eq!(desk.place.stock(&desk.place.store, &desk.place.pot).await, (1, 3), "both are promised");
        app.run_jobs().await;
        let came = |part: Option<i64>, key: &str| {
            json!({ "paymentId": paid.seen["payments"][0]["id"], "amount": part.map(yen), "idempotencyKey": key })
        };
        let kind = "PaymentCaptureInput";
        let boss = &desk.place.boss;
        assert_eq!(refused(boss, "paymentCapture", kind, came(Some(9_999), "typo")).await, ["INVALID_AMOUNT"]);
        let selection = "order { paymentStatus }";
        let part = act(boss, "paymentCapture", kind, selection, came(Some(1_000), "part")).await;
        assert_eq!(part["order"]["paymentStatus"], "PARTIALLY_PAID");
        let rest = act(boss, "paymentCapture", kind, selection, came(None, "rest")).await;
        assert_eq!(rest["order"]["paymentStatus"], "PAID");
        app.run_jobs().await;
        assert_eq!(state(&desk, &paid.id).await["fulfillmentOrders"][0]["status"], "OPEN");

        let attend = async || {
            domain::pickup::unpaid::attend_due(&app.world().ctx()).await.unwrap();
            app.run_jobs().await;
        };
        app.world().advance(chrono::TimeDelta::hours(49));
        attend().await;
        attend().await;
        desk.next_day(&app).await;
        assert_eq!(told(&desk, &unpaid.id, "payment_reminded").await, 1, "once");
        assert_eq!(told(&desk, &paid.id, "payment_reminded").await, 0);
        assert_eq!(state(&desk, &unpaid.id).await["status"], "OPEN");
        app.world().advance(chrono::TimeDelta::hours(24));
        attend().await;
        attend().await;
        desk.next_day(&app).await;
        let end = state(&desk, &unpaid.id).await;
        assert_eq!((&end["status"], &end["refunds"]), (&json!("CANCELED"), &json!([])));
        assert_eq!(told(&desk, &unpaid.id, "payment_overdue").await, 1);
        assert_eq!(state(&desk, &paid.id).await["status"], "OPEN");
        assert_eq!(desk.place.stock(&desk.place.store, &desk.place.pot).await, (2, 3), "one is free again");
        let document = "query($by: OrderKey!) { order(by: $by) { payments { captured { amount } } } }";
        let mine = desk.hanako.ask(document, json!({ "by": { "id": paid.id } })).await;
        assert_eq!(amount(&mine["order"]["payments"][0]["captured"]), 2_200);
        app.run_jobs().await;
        desk.audit().await;
    }
}
