//! Screens of a store that stay true: what staff are told over sockets, and what staff of another store are not.

use serde_json::{Value, json};

use super::place::{Place, act};
use crate::harness::{Caller, OURS, Socket, TestApp, over_http};

const ARRIVALS: &str = "subscription($at: ID!) { pickupArrivals(locationId: $at) { id arrivalNote order { number } } }";
const WORK: &str = "subscription($at: ID!) { fulfillmentOrderChanged(locationId: $at) {
    event fulfillmentOrder { id status location { code } } } }";

/// A socket of a member of staff that listens to something at a place.
async fn listen(app: &TestApp, who: &Caller, document: &str, at: &entity::location::Model) -> Socket {
    let (mut socket, _) = Socket::open(app.address(), "/graphql/staff/ws", OURS).await;
    introduce(&mut socket, who).await;
    let payload = json!({ "query": document, "variables": { "at": at.id.to_string() } });
    socket.say(&json!({ "type": "subscribe", "id": "1", "payload": payload })).await;
    // What was asked before is done before.
    socket.say(&json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await.unwrap()["type"], "pong");
    socket
}

/// Says who listens; a till says so, too.
async fn introduce(socket: &mut Socket, who: &Caller) {
    let mut payload = json!({ "Authorization": who.header_value("authorization") });
    if let Some(device) = who.sends("x-device-token") {
        payload["X-Device-Token"] = json!(device);
    }
    socket.say(&json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(socket.hear().await.unwrap()["type"], "connection_ack");
}

/// The data of the next message.
async fn told(socket: &mut Socket, field: &str) -> Value {
    let said = socket.hear().await.unwrap();
    assert_eq!(said["type"], "next", "{said}");
    said["payload"]["data"][field].clone()
}

over_http! {
    /// A customer says to be there: the store's screen hears it at once, and only that store's.
    async fn an_arrival_is_told_to_its_store(app: TestApp) {
        let place = Place::open(&app).await;
        let (bought, pickup) = place.ready("hanako@example.jp", "ja").await;
        let mut here = listen(&app, &place.clerk, ARRIVALS, &place.store).await;
        let mut elsewhere = listen(&app, &place.neighbor, ARRIVALS, &place.other).await;
        let mut everywhere = listen(&app, &place.boss, ARRIVALS, &place.store).await;
        let input = json!({ "pickupId": pickup, "note": "P3, 白い車" });
        act(&bought.guest, "pickupArrived", "PickupArrivedInput", "pickup { arrivedAt }", input).await;
        for socket in [&mut here, &mut everywhere] {
            let arrival = told(socket, "pickupArrivals").await;
            assert_eq!((&arrival["id"], &arrival["arrivalNote"]), (&json!(pickup), &json!("P3, 白い車")));
            assert_eq!(arrival["order"]["number"], json!(bought.number));
        }
        // The neighbors' first message is about their own customer.
        let lines = vec![json!({
            "variantId": place.pot.id().to_string(), "delivery": "PICKUP", "pickupLocationId": place.other.id.to_string(),
        })];
        let theirs = place.buy("taro@example.jp", "ja", lines).await;
        let input = json!({ "pickupId": theirs.pickups[0]["id"] });
        act(&place.neighbor, "pickupStart", "PickupInput", "pickup { status }", input).await;
        let input = json!({ "pickupId": theirs.pickups[0]["id"], "idempotencyKey": "theirs" });
        act(&place.neighbor, "pickupReady", "PickupReadyInput", "pickup { status }", input).await;
        let input = json!({ "pickupId": theirs.pickups[0]["id"] });
        act(&theirs.guest, "pickupArrived", "PickupArrivedInput", "pickup { arrivedAt }", input).await;
        assert_eq!(told(&mut elsewhere, "pickupArrivals").await["id"], theirs.pickups[0]["id"]);
        app.run_jobs().await;
    }

    /// The queue of a store tells of work that comes, is taken and leaves; staff of another store cannot listen to it.
    async fn a_queue_tells_what_happens_in_it(app: TestApp) {
        let place = Place::open(&app).await;
        let mut here = listen(&app, &place.clerk, WORK, &place.store).await;
        let mut there = listen(&app, &place.neighbor, WORK, &place.other).await;
        let mut spy = listen_refused(&app, &place.neighbor, &place.store).await;
        let bought = place.buy("hanako@example.jp", "ja", vec![place.sent(&place.cup, 1)]).await;
        let work = &bought.work_by("SHIP")["id"];
        let change = told(&mut here, "fulfillmentOrderChanged").await;
        assert_eq!((&change["fulfillmentOrder"]["id"], &change["fulfillmentOrder"]["status"]), (work, &json!("OPEN")), "{change}");
        let input = json!({ "fulfillmentOrderId": work, "reason": "TOO_BUSY", "idempotencyKey": "busy" });
        let kind = "FulfillmentOrderRejectInput";
        let done = act(&place.clerk, "fulfillmentOrderReject", kind, "rerouted { id location { code } }", input).await;
        assert_eq!(done["rerouted"][0]["location"]["code"], "umeda");
        let gone = told(&mut here, "fulfillmentOrderChanged").await;
        assert!(gone["event"].as_str().unwrap().starts_with("fulfillment_order_"), "{gone}");
        let came = told(&mut there, "fulfillmentOrderChanged").await;
        assert_eq!(came["fulfillmentOrder"]["id"], done["rerouted"][0]["id"], "{came}");
        spy.say(&json!({ "type": "ping" })).await;
        assert_eq!(spy.hear().await.unwrap()["type"], "pong", "nothing but that");
        app.run_jobs().await;
    }
}

/// Whoever does not work at a place cannot listen to it.
async fn listen_refused(app: &TestApp, who: &Caller, at: &entity::location::Model) -> Socket {
    let (mut socket, _) = Socket::open(app.address(), "/graphql/staff/ws", OURS).await;
    introduce(&mut socket, who).await;
    for (number, document) in ["1", "2"].iter().zip([ARRIVALS, WORK]) {
        let payload = json!({ "query": document, "variables": { "at": at.id.to_string() } });
        socket.say(&json!({ "type": "subscribe", "id": number, "payload": payload })).await;
        let said = socket.hear().await.unwrap();
        assert!(said.to_string().contains("NOT_FOUND"), "{said}");
        let end = socket.hear().await.unwrap();
        assert_eq!(end["type"], "complete", "{end}");
    }
    socket
}
