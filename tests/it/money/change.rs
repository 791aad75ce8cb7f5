//! An order that changes after it was placed: shown, confirmed, and settled to the yen.

use serde_json::{Value, json};

use super::desk::{Desk, HANAKO, Ordered, amount, printed};
use crate::harness::over_http;
use crate::stores::mails::{link, mail_to};
use crate::stores::place::{act, refused};

const CHANGE: &str = "orderChange { id version status settlement difference { amount } before { total { amount } }
    after { total { amount } taxes { ratePpm tax { amount } } } removed { quantity amount { amount } }
    added { title quantity total { amount } } }";

async fn prepared(desk: &Desk, order: &Ordered, operations: Value) -> Value {
    let input = json!({ "orderId": order.id, "operations": operations, "reason": "the customer called" });
    let done = act(&desk.place.boss, "orderChangePrepare", "OrderChangePrepareInput", CHANGE, input).await;
    done["orderChange"].clone()
}

fn confirmation(change: &Value) -> Value {
    json!({ "orderChangeId": change["id"], "expectedVersion": change["version"], "idempotencyKey": change["id"] })
}

async fn confirmed(desk: &Desk, change: &Value) -> Value {
    let selection = "orderChange { status settlement } order { paymentStatus total { amount } taxes { tax { amount } }
        lines { title quantity canceledQuantity } refunds { amount { amount } reason
            creditNote { total { amount } text } } } replayed";
    let input = confirmation(change);
    act(&desk.place.boss, "orderChangeConfirm", "OrderChangeConfirmInput", selection, input).await
}

over_http! {
    /// One unit less: shown first, paid back once. Something more: a link by mail, paid by whoever holds it.
    async fn a_change_is_shown_and_then_settled(app: TestApp) {
        let desk = Desk::open(&app).await;
        let place = &desk.place;
        let input = place.basket(HANAKO, "ja", vec![place.sent(&place.cup, 2)]);
        let order = desk.cart(&desk.hanako, input).await.buy(json!([{ "gateway": "TEST" }])).await;
        app.run_jobs().await;
        let line = &order.seen["lines"][0]["id"];
        let less = prepared(&desk, &order, json!([{ "remove": { "orderLineId": line, "quantity": 1 } }])).await;
        assert_eq!((&less["settlement"], amount(&less["difference"])), (&json!("REFUND"), -2_200));
        assert_eq!((amount(&less["before"]["total"]), amount(&less["after"]["total"])), (4_950, 2_750));
        assert_eq!(amount(&order.read("total { amount }").await["total"]), 4_950, "showing touches nothing");
        let stale = prepared(&desk, &order, json!([{ "remove": { "orderLineId": line } }])).await;
        let done = confirmed(&desk, &less).await;
        let refund = &done["order"]["refunds"][0];
        assert_eq!((&done["order"]["paymentStatus"], amount(&refund["amount"])), (&json!("PARTIALLY_REFUNDED"), 2_200));
        assert!(refund["creditNote"]["text"].as_str().unwrap().contains(&printed(2_200)), "{refund}");
        let again = confirmed(&desk, &less).await;
        assert_eq!((&again["replayed"], again["order"]["refunds"].as_array().unwrap().len()), (&json!(true), 1));
        let late = refused(&place.boss, "orderChangeConfirm", "OrderChangeConfirmInput", confirmation(&stale)).await;
        assert_eq!(late, ["STALE_VERSION"]);
        app.run_jobs().await;
        let (text, html) = mail_to(&app, HANAKO, &printed(2_200));
        assert!(text.contains(&order.number) && text.contains(&printed(2_750)) && html.contains(&printed(2_750)), "{text}");

        let add = json!([{ "add": { "variantId": place.pot.id().to_string(), "quantity": 1, "delivery": "SHIP" } }]);
        let more = prepared(&desk, &order, add).await;
        assert_eq!((&more["settlement"], amount(&more["difference"])), (&json!("BALANCE_DUE"), 2_200));
        let done = confirmed(&desk, &more).await;
        assert_eq!((&done["orderChange"]["settlement"], &done["order"]["paymentStatus"]), (&json!("BALANCE_DUE"), &json!("PARTIALLY_PAID")));
        app.run_jobs().await;
        let (text, _) = mail_to(&app, HANAKO, "/pay/");
        assert!(text.contains(&printed(2_200)), "{text}");
        let token = link(&text, "/pay/").rsplit('/').next().unwrap().to_owned();
        let input = json!({ "token": token, "gateway": "TEST" });
        let paid = act(&app.shop(), "paymentLinkPay", "PaymentLinkPayInput", "payment { captured { amount } }", input).await;
        assert_eq!(amount(&paid["payment"]["captured"]), 2_200);
        app.run_jobs().await;
        let end = order.read("paymentStatus total { amount } taxes { tax { amount } }").await;
        assert_eq!((&end["paymentStatus"], amount(&end["total"])), (&json!("PARTIALLY_REFUNDED"), 7_150));
        desk.audit().await;
    }
}
