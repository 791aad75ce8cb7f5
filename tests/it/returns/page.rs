//! A return that a guest asks for from the order's mail, follows by the link of the return's mails, and sends.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{TestApp, over_http};
use crate::money::desk::{Desk, Ordered, amount, printed, yen};
use crate::stores::mails::{link, mail_to};
use crate::stores::place::{act, refused};

const GUEST: &str = "taro@example.jp";
/// What sending back costs.
const FEE: i64 = 500;

/// Two pots, sent to a guest.
async fn bought(desk: &Desk, app: &TestApp) -> Ordered {
    let input = desk.place.basket(GUEST, "ja", vec![desk.place.sent(&desk.place.pot, 2)]);
    let mut shop = app.shop();
    shop = shop.header("accept-language", "ja");
    let order = desk.cart(&shop, input).await.buy(json!([{ "gateway": "TEST" }])).await;
    let work = &order.seen["fulfillmentOrders"][0];
    // The store in Shibuya comes first; the warehouse shall send it.
    let input = json!({
        "fulfillmentOrderId": work["id"], "locationId": desk.place.warehouse.id.to_string(), "idempotencyKey": "move",
    });
    let selection = "fulfillmentOrder { id location { code } }";
    let moved = act(&desk.place.boss, "fulfillmentOrderMove", "FulfillmentOrderMoveInput", selection, input).await;
    desk.send(&moved["fulfillmentOrder"]["id"]).await;
    order
}

/// One of them: asked for with the order's secret.
async fn asked(desk: &Desk, order: &Ordered) -> Value {
    let input = json!({
        "name": "Usual", "priority": 1, "windowDays": 30, "returnShippingFee": yen(FEE),
        "instructions": [{ "locale": "ja", "text": "箱に返品票を入れてください。" }],
    });
    act(&desk.place.boss, "returnPolicyUpsert", "ReturnPolicyUpsertInput", "policy { id }", input).await;
    let input = json!({
        "orderId": order.id, "lines": [{ "orderLineId": order.seen["lines"][0]["id"], "quantity": 1 }],
        "method": "CARRIER", "idempotencyKey": "one of two",
    });
    let nobody = desk.place.app.shop();
    let codes = nobody
        .send(
            "mutation($input: ReturnRequestInput!) { returnRequest(input: $input) { errors { code } } }",
            json!({ "input": input }),
        )
        .await;
    assert_eq!(codes.top_codes(), ["UNAUTHENTICATED"]);
    let selection = "return { id number status returnShippingFee { amount } supportedActions }";
    let done = act(&order.holder, "returnRequest", "ReturnRequestInput", selection, input).await["return"].clone();
    assert_eq!((&done["status"], amount(&done["returnShippingFee"])), (&json!("REQUESTED"), FEE));
    done
}

async fn page(app: &TestApp, path: &str) -> (StatusCode, String) {
    let answer = reqwest::get(app.url(path)).await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

over_http! {
    /// Asked for, approved with instructions, followed by the link, sent, received, looked at, paid back minus the fee.
    async fn a_return_by_its_mailed_link(app: TestApp) {
        let desk = Desk::open(&app).await;
        let order = bought(&desk, &app).await;
        let asked = asked(&desk, &order).await;
        let (id, number) = (&asked["id"], asked["number"].as_str().unwrap());
        app.run_jobs().await;
        mail_to(&app, GUEST, number);

        let input = json!({ "returnId": id, "destinationLocationId": desk.place.other.id.to_string() });
        let selection = "return { status expectedBy }";
        let approved = act(&desk.place.boss, "returnApprove", "ReturnApproveInput", selection, input).await;
        assert_eq!(approved["return"]["status"], "APPROVED");
        app.run_jobs().await;
        let (text, html) = mail_to(&app, GUEST, "箱に返品票を入れてください。");
        assert!(text.contains(number) && html.contains(number), "{text}");
        let path = link(&text, "/r/");
        let (status, shown) = page(&app, &path).await;
        assert_eq!(status, StatusCode::OK);
        for wanted in [number, order.number.as_str(), "箱に返品票を入れてください。", "pot"] {
            assert!(shown.contains(wanted), "{wanted} is not on {shown}");
        }
        let document = "query($id: ID!) { return(id: $id) { slipUrl } }";
        let slip = desk.place.boss.ask(document, json!({ "id": id })).await["return"]["slipUrl"].clone();
        assert!(slip.as_str().unwrap().ends_with(&format!("{path}/slip.pdf")), "{slip}");
        assert!(shown.contains("/slip.pdf"));
        let paper = reqwest::get(app.url(&format!("{path}/slip.pdf"))).await.unwrap();
        let kind = paper.headers()[reqwest::header::CONTENT_TYPE].clone();
        assert_eq!((paper.status(), kind.to_str().unwrap()), (StatusCode::OK, "application/pdf"));
        assert!(paper.bytes().await.unwrap().starts_with(b"%PDF-1.7"));
        assert_eq!(page(&app, &format!("{path}x/slip.pdf")).await.0, StatusCode::NOT_FOUND);
        let wrong = format!("{}x", path.strip_suffix(char::is_alphanumeric).unwrap_or(&path));
        assert_eq!(page(&app, &wrong).await.0, StatusCode::NOT_FOUND);

        let token = path.rsplit('/').next().unwrap();
        let nobody = app.shop();
        let input = json!({ "returnId": id, "token": "nonsense", "carrier": "yamato" });
        assert_eq!(refused(&nobody, "returnSend", "ReturnSendInput", input).await, ["INVALID_CODE"]);
        // Staff say it for a customer who called, and not over what somebody else changed meanwhile.
        let input = json!({ "returnId": id, "expectedVersion": 99, "carrier": "ヤマト運輸" });
        assert_eq!(refused(&desk.place.boss, "returnSend", "ReturnSendInput", input).await, ["STALE_VERSION"]);
        let input = json!({ "returnId": id, "token": token, "carrier": "ヤマト運輸", "trackingNumber": "412012345673" });
        let sent = act(&nobody, "returnSend", "ReturnSendInput", "return { status trackingNumber }", input).await;
        assert_eq!(sent["return"], json!({ "status": "IN_TRANSIT", "trackingNumber": "412012345673" }));

        let document = "query($id: ID!) { return(id: $id) { status lines { id quantity } } }";
        let waits = desk.place.neighbor.ask(document, json!({ "id": id })).await["return"].clone();
        let line = &waits["lines"][0]["id"];
        let input = json!({
            "returnId": id, "locationId": desk.place.other.id.to_string(),
            "lines": [{ "returnLineId": line, "quantity": 1 }], "idempotencyKey": "came",
        });
        act(&desk.place.neighbor, "returnReceive", "ReturnReceiveInput", "return { status }", input).await;
        let input = json!({
            "returnId": id, "items": [{ "returnLineId": line, "quantity": 1, "disposition": "RESTOCK" }],
            "idempotencyKey": "looked",
        });
        let selection = "return { status order { refunds { amount { amount } feeAmount { amount }
            creditNote { total { amount } fee { amount } text } } } }";
        let done = act(&desk.place.neighbor, "returnInspect", "ReturnInspectInput", selection, input).await;
        let refund = &done["return"]["order"]["refunds"][0];
        assert_eq!((amount(&refund["amount"]), amount(&refund["feeAmount"])), (2_200 - FEE, FEE));
        let note = &refund["creditNote"];
        assert_eq!((amount(&note["total"]), amount(&note["fee"])), (2_200 - FEE, FEE));
        let paper = note["text"].as_str().unwrap();
        assert!(paper.contains(&printed(2_200 - FEE)) && paper.contains(&printed(FEE)), "{paper}");
        app.run_jobs().await;

        // The link tells it, and so does the order's own secret.
        let document = "query($id: ID!, $token: String) { return(id: $id, token: $token) { status } }";
        let seen = nobody.ask(document, json!({ "id": id, "token": token })).await;
        let mine = order.read("returns { status } refunds { amount { amount } }").await;
        assert_eq!(seen["return"]["status"], mine["returns"][0]["status"]);
        assert_eq!(amount(&mine["refunds"][0]["amount"]), 2_200 - FEE);
        assert_eq!(desk.place.stock(&desk.place.other, &desk.place.pot).await, (4, 4));
        desk.audit().await;
    }
}
