//! A warehouse system with a key of its own: stock in whatever order it is told, work out, what was done in.

use serde_json::{Value, json};

use super::mails::mail_to;
use super::place::{Place, act, refused};
use crate::harness::{Caller, TestApp, over_http};

const SYNC: &str = "results { status onHand change errorCode } replayed";

/// A key that reaches the warehouse alone.
async fn system(app: &TestApp, place: &Place) -> Caller {
    let input = json!({
        "name": "WMS", "permissions": ["STOCK_SYNC"], "locationIds": [place.warehouse.id.to_string()],
    });
    let key = act(&place.boss, "apiKeyCreate", "ApiKeyCreateInput", "secret", input).await;
    app.staff().header("authorization", &format!("Bearer {}", key["secret"].as_str().unwrap()))
}

fn count(place: &Place, sku: &str, quantity: i64, at: &str) -> Value {
    json!({ "sku": sku, "locationId": place.warehouse.id.to_string(), "quantity": quantity, "snapshotAt": at })
}

fn sync(items: &[Value], policy: &str, key: &str) -> Value {
    json!({ "source": "wms", "mode": "ABSOLUTE", "errorPolicy": policy, "items": items, "idempotencyKey": key })
}

over_http! {
    /// Counts of the warehouse arrive out of order: the newest holds. One that is wrong stops all or only itself.
    async fn counts_arrive_in_any_order(app: TestApp) {
        let place = Place::open(&app).await;
        let system = system(&app, &place).await;
        let (early, late) = ("2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z");
        let newest = sync(&[count(&place, "cup", 8, late)], "REJECT_ALL", "newest");
        let done = act(&system, "stockSync", "StockSyncInput", SYNC, newest.clone()).await;
        assert_eq!((&done["results"][0]["status"], &done["results"][0]["onHand"]), (&json!("APPLIED"), &json!(18)), "{done}");
        assert_eq!(act(&system, "stockSync", "StockSyncInput", SYNC, newest).await["replayed"], true);
        let older = sync(&[count(&place, "cup", 30, early)], "REJECT_ALL", "older");
        assert_eq!(act(&system, "stockSync", "StockSyncInput", SYNC, older).await["results"][0]["status"], "STALE");
        assert_eq!(place.stock(&place.warehouse, &place.cup).await, (18, 18), "eight at noon, and ten that came after");

        let both = [count(&place, "pot", 7, late), count(&place, "no such thing", 1, late)];
        let all = sync(&both, "REJECT_ALL", "all");
        let document = format!("mutation($input: StockSyncInput!) {{ stockSync(input: $input) {{ {SYNC} errors {{ code }} }} }}");
        let answer = system.send(&document, json!({ "input": all })).await;
        assert_eq!(place.stock(&place.warehouse, &place.pot).await, (10, 10), "all or nothing: {answer:?}");
        let some = sync(&both, "SKIP_FAILED", "some");
        let done = act(&system, "stockSync", "StockSyncInput", SYNC, some).await;
        assert_eq!((&done["results"][0]["status"], &done["results"][1]["status"]), (&json!("APPLIED"), &json!("FAILED")));
        assert_eq!(place.stock(&place.warehouse, &place.pot).await, (17, 17));
        let elsewhere = json!({ "sku": "cup", "locationId": place.store.id.to_string(), "quantity": 1, "snapshotAt": late });
        let codes = refused(&system, "stockSync", "StockSyncInput", sync(&[elsewhere], "REJECT_ALL", "elsewhere")).await;
        assert_eq!(codes, ["NOT_FOUND"]);
        app.run_jobs().await;
    }

    /// The parcel is confirmed without that the work was taken on, and twice: it left once, and the customer can follow it.
    async fn a_confirmation_needs_nothing_before_it(app: TestApp) {
        let place = Place::open(&app).await;
        let system = system(&app, &place).await;
        let bought = place.buy("hanako@example.jp", "en", vec![place.sent(&place.cup, 1)]).await;
        let work = &bought.work_by("SHIP")["id"];
        let input = json!({
            "fulfillmentOrderId": work, "locationId": place.warehouse.id.to_string(), "idempotencyKey": "to the warehouse",
        });
        let moved = "fulfillmentOrder { status location { code } }";
        let done = act(&place.boss, "fulfillmentOrderMove", "FulfillmentOrderMoveInput", moved, input).await;
        assert_eq!(done["fulfillmentOrder"]["location"]["code"], "funabashi");

        let feed = "query($at: ID!) { fulfillmentOrderFeed(locationId: $at) { tasks { id orderNumber lines { sku remaining } } } }";
        let tasks = system.ask(feed, json!({ "at": place.warehouse.id.to_string() })).await["fulfillmentOrderFeed"]["tasks"].clone();
        let task = &tasks[0];
        assert_eq!((&task["orderNumber"], &task["lines"]), (&json!(bought.number), &json!([{ "sku": "cup", "remaining": 1 }])));
        let fact = json!({
            "externalId": "P-1", "fulfillmentOrderId": task["id"],
            "parcel": { "carrier": "YAMATO", "trackingNumber": "4120-1234-5673" },
        });
        let facts = json!({ "source": "wms", "confirmations": [fact] });
        let selection = "results { task { status } parcel { trackingNumber } replayed errors { code } }";
        let done = act(&system, "fulfillmentConfirm", "FulfillmentConfirmInput", selection, facts.clone()).await["results"][0].clone();
        assert_eq!((&done["task"]["status"], &done["errors"]), (&json!("CLOSED"), &json!([])), "{done}");
        let done = act(&system, "fulfillmentConfirm", "FulfillmentConfirmInput", selection, facts).await["results"][0].clone();
        assert_eq!(done["replayed"], true);
        assert_eq!(place.stock(&place.warehouse, &place.cup).await, (9, 9));
        app.run_jobs().await;
        let (text, _) = mail_to(&app, "hanako@example.jp", "412012345673");
        assert!(text.contains("https://"), "{text}");
        let after = bought.read("status shipments { trackingNumber }").await;
        assert_eq!(after, json!({ "status": "CLOSED", "shipments": [{ "trackingNumber": "412012345673" }] }));
    }
}
