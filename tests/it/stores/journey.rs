//! From two clicks to two hand-overs: one thing is sent after a store gave it back, one is collected.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::mails::mail_to;
use super::place::{Bought, Place, act, refused};
use crate::harness::{Caller, TestApp, over_http};

/// The carrier's secret of the harness.
const SECRET: &[u8] = b"a secret that Yamato signs with in tests";
const WHY: &str = "query($id: ID!) { routingDecision(orderId: $id) { occasion rule fulfillmentOrder { id status }
    outcome { location { code } quantity } candidates { location { code } covers reason } } }";

async fn decisions(place: &Place, bought: &Bought) -> Vec<Value> {
    let all = place.boss.ask(WHY, json!({ "id": bought.id })).await;
    all["routingDecision"].as_array().unwrap().clone()
}

/// What a decision says of a place.
fn verdict<'a>(decision: &'a Value, code: &str) -> &'a str {
    let candidates = decision["candidates"].as_array().unwrap();
    candidates.iter().find(|one| one["location"]["code"] == code).unwrap()["reason"].as_str().unwrap()
}

/// The store cannot find it: the work goes elsewhere, with a decision, and never comes back. Returns the new work.
async fn given_back(place: &Place, bought: &Bought) -> String {
    let work = bought.work_by("SHIP");
    let queue = "query($of: String!) { fulfillmentOrders(filter: { orderNumber: $of, methods: [SHIP] }) { nodes {
        id status supportedActions location { code } order { number } lines { variant { sku } quantity } } } }";
    let seen = place.clerk.ask(queue, json!({ "of": bought.number })).await["fulfillmentOrders"]["nodes"].clone();
    assert_eq!((&seen[0]["id"], &seen[0]["location"]["code"]), (&work["id"], &json!("shibuya")));
    assert_eq!(seen[0]["lines"], json!([{ "variant": { "sku": "cup" }, "quantity": 1 }]));
    let nothing = place.neighbor.ask(queue, json!({ "of": bought.number })).await;
    assert_eq!(nothing["fulfillmentOrders"]["nodes"], json!([]), "another store does not see it");
    let input = json!({ "fulfillmentOrderId": work["id"], "reason": "NOT_FOUND", "idempotencyKey": "gone" });
    assert_eq!(
        refused(&place.neighbor, "fulfillmentOrderReject", "FulfillmentOrderRejectInput", input.clone()).await,
        ["NOT_FOUND"]
    );
    let selection = "fulfillmentOrder { status } rerouted { id status location { code } } replayed";
    let kind = "FulfillmentOrderRejectInput";
    let done = act(&place.clerk, "fulfillmentOrderReject", kind, selection, input.clone()).await;
    assert_eq!(done["fulfillmentOrder"]["status"], "CANCELED");
    assert_eq!(done["rerouted"][0]["location"]["code"], "umeda");
    let again = act(&place.clerk, "fulfillmentOrderReject", kind, selection, input).await;
    assert_eq!((&again["rerouted"], &again["replayed"]), (&done["rerouted"], &json!(true)));
    let decision = decisions(place, bought).await.pop().unwrap();
    assert_eq!((&decision["occasion"], &decision["fulfillmentOrder"]["id"]), (&json!("REJECTION"), &work["id"]));
    assert_eq!((verdict(&decision, "shibuya"), verdict(&decision, "umeda")), ("rejected_before", "chosen"));
    done["rerouted"][0]["id"].as_str().unwrap().to_owned()
}

/// Accept, fetch by a list, pack, dispatch with a number. Returns the parcel's id.
async fn sent(place: &Place, clerk: &Caller, work: &str) -> String {
    let which = json!({ "fulfillmentOrders": [{ "id": work }] });
    let foreign = refused(&place.clerk, "fulfillmentOrderAccept", "FulfillmentOrdersInput", which.clone()).await;
    assert_eq!(foreign, ["NOT_FOUND"]);
    act(clerk, "fulfillmentOrderAccept", "FulfillmentOrdersInput", "fulfillmentOrders { status }", which.clone()).await;
    let early = json!({ "fulfillmentOrders": [{ "id": work }], "idempotencyKey": "early" });
    assert!(
        !refused(clerk, "fulfillmentOrderPack", "FulfillmentOrderPackInput", early).await.is_empty(),
        "not picked yet"
    );

    let input = json!({
        "locationId": place.other.id.to_string(), "fulfillmentOrderIds": [work], "idempotencyKey": "walk",
    });
    let selection = "pickList { id lines { variant { sku } quantity } }";
    let list = act(clerk, "pickListCreate", "PickListCreateInput", selection, input).await["pickList"].clone();
    assert_eq!(list["lines"], json!([{ "variant": { "sku": "cup" }, "quantity": 1 }]));
    let input = json!({
        "pickListId": list["id"], "lines": [{ "code": "cup", "quantity": 1 }], "idempotencyKey": "fetched",
    });
    act(clerk, "pickListPick", "PickListPickInput", "pickList { id }", input).await;
    act(clerk, "pickListFinish", "PickListEndInput", "pickList { status }", json!({ "pickListId": list["id"] })).await;

    let input = json!({
        "fulfillmentOrders": [{ "id": work }], "label": { "carrier": "YAMATO", "weightGrams": 800 }, "idempotencyKey": "box",
    });
    let selection = "shipment { id carrier orders { number } lines { title quantity }
        documents { packingSlipHtml { url } labelPdf { url } } }";
    let packed = act(clerk, "fulfillmentOrderPack", "FulfillmentOrderPackInput", selection, input).await;
    let parcel = packed["shipment"].clone();
    for paper in ["packingSlipHtml", "labelPdf"] {
        let url = parcel["documents"][paper]["url"].as_str().unwrap();
        let path = &url[url.find("/documents/").unwrap()..];
        assert_eq!(reqwest::get(place.app.url(path)).await.unwrap().status(), 200, "{url}");
    }
    let input = json!({ "shipmentId": parcel["id"], "trackingNumber": "4120-1234-5673", "idempotencyKey": "off" });
    let selection = "shipment { trackingNumber trackingUrl shippedAt }";
    let left = act(clerk, "shipmentDispatch", "ShipmentDispatchInput", selection, input).await;
    assert_eq!(left["shipment"]["trackingNumber"], "412012345673");
    assert!(left["shipment"]["shippedAt"].is_string());
    parcel["id"].as_str().unwrap().to_owned()
}

/// The carrier says that it arrived.
async fn delivered(app: &TestApp) {
    let now = app.world().now();
    let event = json!({
        "id": "evt-9", "trackingNumber": "412012345673", "status": "DELIVERED", "occurredAt": now.to_rfc3339(),
        "description": "配達完了",
    });
    let (at, body) = (now.timestamp(), json!({ "events": [event] }).to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.update(format!("{at}.{body}").as_bytes());
    let answer = reqwest::Client::new()
        .post(app.url("/webhooks/carriers/yamato"))
        .header("content-type", "application/json")
        .header("x-hitotsu-timestamp", at)
        .header("x-hitotsu-signature", format!("v1={}", HEXLOWER.encode(&mac.finalize().into_bytes())))
        .body(body)
        .send();
    assert_eq!(answer.await.unwrap().status(), 202);
}

/// The store makes the rest ready; the code of the mail opens it, once, and no other does.
async fn collected(place: &Place, bought: &Bought) {
    let (app, clerk) = (&place.app, &place.clerk);
    let pickup = &bought.pickups[0]["id"];
    act(clerk, "pickupStart", "PickupInput", "pickup { status }", json!({ "pickupId": pickup })).await;
    let input = json!({ "pickupId": pickup, "idempotencyKey": "ready" });
    act(clerk, "pickupReady", "PickupReadyInput", "pickup { status }", input).await;
    app.run_jobs().await;
    let code = bought.read("pickups { code }").await["pickups"][0]["code"].as_str().unwrap().to_owned();
    let (text, html) = mail_to(app, "hanako@example.jp", &code);
    assert!(text.contains("shibuya") && html.contains(&code), "{text}");
    assert!(html.contains("<svg") || html.contains("<img") || html.contains("<table"), "a QR code: {html}");

    let hand_over = |code: &str, key: &str| json!({ "code": code, "idempotencyKey": key });
    let wrong = refused(clerk, "pickupCollect", "PickupCollectInput", hand_over("AAAAAAAA", "wrong")).await;
    assert_eq!(wrong, ["INVALID_CODE"]);
    let elsewhere = json!({ "code": code, "locationId": place.other.id.to_string(), "idempotencyKey": "elsewhere" });
    assert_eq!(refused(&place.neighbor, "pickupCollect", "PickupCollectInput", elsewhere).await, ["INVALID_CODE"]);
    let selection = "pickup { status proof collectedAt fulfillmentOrderId }";
    let done = act(clerk, "pickupCollect", "PickupCollectInput", selection, hand_over(&code, "over")).await;
    assert_eq!((&done["pickup"]["status"], &done["pickup"]["proof"]), (&json!("COLLECTED"), &json!("CODE")));
    let again = refused(clerk, "pickupCollect", "PickupCollectInput", hand_over(&code, "twice")).await;
    assert!(!again.is_empty(), "a code works once");
}

over_http! {
    /// Two things bought online: the reason of the routing, a rejection, another store, tracking, a code, the end.
    async fn one_is_sent_and_one_is_collected(app: TestApp) {
        let place = Place::open(&app).await;
        let lines = vec![place.sent(&place.cup, 1), place.collected(&place.pot, 1)];
        let bought = place.buy("hanako@example.jp", "ja", lines).await;
        let why = decisions(&place, &bought).await;
        assert_eq!((why.len(), &why[0]["occasion"]), (1, &json!("PLACEMENT")));
        assert_eq!((verdict(&why[0], "shibuya"), verdict(&why[0], "umeda")), ("chosen", "outranked"), "{}", why[0]);

        let work = given_back(&place, &bought).await;
        assert_eq!(place.stock(&place.other, &place.cup).await, (2, 3));
        sent(&place, &place.neighbor, &work).await;
        assert_eq!(place.stock(&place.other, &place.cup).await, (2, 2));
        app.run_jobs().await;
        let (shipped, _) = mail_to(&app, "hanako@example.jp", "412012345673");
        assert!(shipped.contains("https://jizen.kuronekoyamato.co.jp/") && shipped.contains("412012345673"), "{shipped}");
        assert!(!shipped.contains("残りの商品"), "the rest is collected, not sent: {shipped}");
        delivered(&app).await;
        app.run_jobs().await;
        mail_to(&app, "hanako@example.jp", "お届けが完了");

        collected(&place, &bought).await;
        assert_eq!(place.stock(&place.store, &place.pot).await, (2, 2));
        app.run_jobs().await;
        let end = bought.read("status fulfillmentStatus pickupStatus paymentStatus shipments { trackingStatus trackingUrl }").await;
        assert_eq!(end["shipments"][0]["trackingStatus"], "DELIVERED");
        let words = [&end["status"], &end["fulfillmentStatus"], &end["pickupStatus"], &end["paymentStatus"]];
        assert_eq!(words, ["CLOSED", "FULFILLED", "COLLECTED", "PAID"]);
    }
}
