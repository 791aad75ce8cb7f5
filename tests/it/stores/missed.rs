//! What goes wrong with pickups: nobody comes, or the store falls short and the customer chooses again on the page.

use domain::jobs::Schedule;
use reqwest::StatusCode;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use super::mails::{link, mail_to};
use super::place::{Bought, Place, act, sign_in};
use crate::harness::over_http;

const ORDER: &str = "status paymentStatus pickupStatus
    payments { captured { amount } refunded { amount } events { kind outcome amount { amount } } }
    refunds { amount { amount } pendingAmount { amount } reason }
    pickups { status choice location { code } } fulfillmentOrders { method status location { code } parkedAs }";

/// An order of which the store finds nothing; its pickup and the address of the page in the mail.
async fn short(place: &Place, email: &str, locale: &str) -> (Bought, String) {
    let bought = place.buy(email, locale, vec![place.collected(&place.pot, 1)]).await;
    let pickup = &bought.pickups[0]["id"];
    act(&place.clerk, "pickupStart", "PickupInput", "pickup { status }", json!({ "pickupId": pickup })).await;
    let input = json!({ "pickupId": pickup, "idempotencyKey": format!("short {pickup}") });
    let done = act(&place.clerk, "pickupShort", "PickupReadyInput", "pickup { status }", input).await;
    assert_eq!(done["pickup"]["status"], "SHORT");
    place.app.run_jobs().await;
    let (text, _) = mail_to(&place.app, email, "/p/pickup_");
    let path = link(&text, "/p/pickup_");
    (bought, place.app.url(&path))
}

/// Sends the form of the page, after reading the page changed nothing.
async fn choose(place: &Place, bought: &Bought, url: &str, form: &[(&str, &str)]) -> Value {
    let browser = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let before = bought.read(ORDER).await;
    for _ in 0..2 {
        assert_eq!(browser.get(url).send().await.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(bought.read(ORDER).await, before, "reading changes nothing");
    let form = [&[("action", "choose")], form].concat();
    let done = place.app.form(url, &form).send().await.unwrap();
    assert_eq!(done.status(), StatusCode::SEE_OTHER, "{}", done.text().await.unwrap());
    let page = browser.get(url).send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("name=\"choice\""), "chosen is chosen: {page}");
    bought.read(ORDER).await
}

over_http! {
    /// Nobody comes: after the last day the goods are free again, the money is back, and the customer is told.
    async fn nobody_comes_and_goods_and_money_go_back(app: TestApp) {
        let place = Place::open(&app).await;
        let (bought, _) = place.ready("hanako@example.jp", "ja").await;
        assert_eq!(place.stock(&place.store, &place.pot).await, (2, 3));
        app.run_jobs().await;
        place.boss.ask("mutation { clockAdvance(duration: \"P30D\") }", json!({})).await;
        Schedule::plant(&app.world().ctx()).await.unwrap();
        app.run_jobs().await;
        let now = bought.read(ORDER).await;
        assert_eq!((&now["pickups"][0]["status"], &now["status"]), (&json!("EXPIRED"), &json!("CANCELED")), "{now}");
        assert_eq!(now["paymentStatus"], "REFUNDED", "{now}");
        let payment = &now["payments"][0];
        assert_eq!((&payment["captured"], &payment["refunded"]), (&json!({ "amount": "2200" }), &json!({ "amount": "2200" })));
        let refund = json!({ "kind": "REFUND", "outcome": "SUCCESS", "amount": { "amount": "2200" } });
        assert!(payment["events"].as_array().unwrap().contains(&refund), "{payment}");
        assert_eq!(now["refunds"][0]["amount"]["amount"], "2200");
        let boss = sign_in(&app, "boss@staff.example").await;
        let place = Place { boss, ..place };
        assert_eq!(place.stock(&place.store, &place.pot).await, (3, 3));
        let (text, _) = mail_to(&app, "hanako@example.jp", "お受け取りが期限までに");
        assert!(text.contains("返金"), "{text}");
        app.run_jobs().await;
    }

    /// Another store has it: the customer collects it there.
    async fn the_customer_chooses_another_store(app: TestApp) {
        let place = Place::open(&app).await;
        let (bought, url) = short(&place, "other@example.com", "en").await;
        let store = place.other.id.to_string();
        let after = choose(&place, &bought, &url, &[("choice", "OTHER_STORE"), ("store", &store)]).await;
        let pickups = after["pickups"].as_array().unwrap();
        let there = |pickup: &&Value| pickup["location"]["code"] == "umeda" && pickup["status"] == "ASSIGNED";
        assert!(pickups.iter().any(|pickup| there(&pickup)), "{after}");
        assert_eq!(after["pickupStatus"], "PREPARING", "{after}");
        app.run_jobs().await;
    }

    /// It is sent instead, to the address that the customer types.
    async fn the_customer_has_it_sent(app: TestApp) {
        let place = Place::open(&app).await;
        let (bought, url) = short(&place, "ship@example.com", "en").await;
        let address = [
            ("choice", "SHIP"), ("family_name", "佐藤"), ("given_name", "花子"), ("postal_code", "530-0001"),
            ("region", "大阪府"), ("city", "大阪市北区"), ("line1", "梅田3-1-3"), ("phone", "+81664570002"),
        ];
        let after = choose(&place, &bought, &url, &address).await;
        let work = after["fulfillmentOrders"].as_array().unwrap();
        let sent = |work: &&Value| work["method"] == "SHIP" && work["status"] == "OPEN" && work["location"]["code"] != "shibuya";
        assert!(work.iter().any(|work| sent(&work)), "{after}");
        app.run_jobs().await;
    }

    /// The customer waits; the next delivery to the store is for them.
    async fn the_customer_waits_for_the_next_delivery(app: TestApp) {
        let place = Place::open(&app).await;
        let (bought, url) = short(&place, "wait@example.com", "en").await;
        let free = place.stock(&place.store, &place.pot).await.0;
        let after = choose(&place, &bought, &url, &[("choice", "WAIT")]).await;
        assert_ne!(after["pickups"][0]["status"], "SHORT", "{after}");
        let input = json!({
            "locationId": place.store.id.to_string(), "reason": "delivery", "idempotencyKey": "delivery",
            "lines": [{ "variantId": place.pot.id().to_string(), "quantity": 2 }],
        });
        act(&place.clerk, "stockReceive", "StockReceiveInput", "__typename", input).await;
        app.run_jobs().await;
        let after = bought.read(ORDER).await;
        assert_eq!(after["pickups"][0]["status"], "ASSIGNED", "{after}");
        assert!(place.stock(&place.store, &place.pot).await.0 <= free + 1, "one of them is promised");
    }

    /// The customer wants the money.
    async fn the_customer_wants_the_money(app: TestApp) {
        let place = Place::open(&app).await;
        let (bought, url) = short(&place, "money@example.com", "en").await;
        let after = choose(&place, &bought, &url, &[("choice", "CANCEL")]).await;
        app.run_jobs().await;
        let after_jobs = bought.read(ORDER).await;
        assert_eq!((&after["status"], &after_jobs["paymentStatus"]), (&json!("CANCELED"), &json!("REFUNDED")), "{after_jobs}");
    }
}
