//! A shelf is counted by one person and accepted by another.

use serde_json::{Value, json};

use super::place::{Place, act, refused};
use crate::harness::{Caller, over_http};

const COUNT: &str = "stockCount { id number status blind supportedActions progress { lines counted }
    lines { nodes { variant { sku } expected counted variance acceptedVariance } } }";

/// Counts two cups and three pots on a shelf, where three and three should lie. Returns the count's id.
async fn counted(place: &Place, who: &Caller, area: &Value, key: &str) -> String {
    let input = json!({
        "locationId": place.store.id.to_string(), "blind": true, "selection": { "storageAreaId": area }, "idempotencyKey": key,
    });
    let made = act(who, "stockCountCreate", "StockCountCreateInput", COUNT, input).await["stockCount"].clone();
    assert_eq!((&made["status"], &made["progress"]["lines"]), (&json!("OPEN"), &json!(2)), "{made}");
    let input = json!({ "stockCountId": made["id"], "storageAreaId": area });
    let session =
        act(who, "stockCountStart", "StockCountStartInput", "session { id storageArea { code } }", input).await;
    assert_eq!(session["session"]["storageArea"]["code"], "A-1");
    let scans = ["cup", "pot", "cup", "pot", "pot"].map(|code| json!({ "code": code }));
    let input =
        json!({ "sessionId": session["session"]["id"], "entries": scans, "idempotencyKey": format!("{key} scans") });
    let record = "lines { variant { sku } counted expected variance } replayed";
    let found = act(who, "stockCountRecord", "StockCountRecordInput", record, input.clone()).await;
    assert!(found["lines"].as_array().unwrap().iter().all(|line| line["expected"].is_null()), "blind: {found}");
    assert_eq!(act(who, "stockCountRecord", "StockCountRecordInput", record, input).await["replayed"], true);
    let unknown = json!({
        "sessionId": session["session"]["id"], "entries": [{ "code": "no such thing" }], "idempotencyKey": format!("{key} unknown"),
    });
    assert_eq!(refused(who, "stockCountRecord", "StockCountRecordInput", unknown).await.len(), 1);
    let input = json!({ "stockCountId": made["id"] });
    let done = act(who, "stockCountSubmit", "StockCountSubmitInput", COUNT, input).await["stockCount"].clone();
    assert_eq!(done["status"], "SUBMITTED", "{done}");
    made["id"].as_str().unwrap().to_owned()
}

async fn shelf(place: &Place) -> Value {
    let input = json!({ "locationId": place.store.id.to_string(), "code": "A-1", "name": "Shelf 1", "position": 1 });
    let area = act(&place.manager, "storageAreaUpsert", "StorageAreaUpsertInput", "storageArea { id }", input).await;
    let input = json!({
        "locationId": place.store.id.to_string(), "storageAreaId": area["storageArea"]["id"],
        "variantIds": [place.cup.id().to_string(), place.pot.id().to_string()],
    });
    act(&place.manager, "storageAreaAssign", "StorageAreaAssignInput", "__typename", input).await;
    area["storageArea"]["id"].clone()
}

over_http! {
    /// The clerk counts blind, the manager sees the variance and accepts it; the stock follows.
    async fn a_shelf_is_counted_and_accepted(app: TestApp) {
        let place = Place::open(&app).await;
        let area = shelf(&place).await;
        let count = counted(&place, &place.clerk, &area, "count").await;
        let accept = json!({ "stockCountId": count, "idempotencyKey": "accept" });
        let document = "mutation($input: StockCountAcceptInput!) { stockCountAccept(input: $input) { errors { code } } }";
        let mine = place.clerk.send(document, json!({ "input": accept })).await;
        assert_eq!(mine.top_codes(), ["FORBIDDEN"]);
        let selection = format!("{COUNT} problems {{ free }} replayed");
        let done = act(&place.manager, "stockCountAccept", "StockCountAcceptInput", &selection, accept.clone()).await;
        assert_eq!((&done["stockCount"]["status"], &done["problems"]), (&json!("ACCEPTED"), &json!([])), "{done}");
        let lines = done["stockCount"]["lines"]["nodes"].as_array().unwrap();
        let cups = lines.iter().find(|line| line["variant"]["sku"] == "cup").unwrap();
        assert_eq!((&cups["expected"], &cups["counted"], &cups["acceptedVariance"]), (&json!(3), &json!(2), &json!(-1)));
        assert_eq!(place.stock(&place.store, &place.cup).await, (2, 2));
        assert_eq!(place.stock(&place.store, &place.pot).await, (3, 3));
        let again = act(&place.manager, "stockCountAccept", "StockCountAcceptInput", &selection, accept).await;
        assert_eq!(again["replayed"], true);
        assert_eq!(place.stock(&place.store, &place.cup).await, (2, 2));
        app.run_jobs().await;
    }

    /// Who counted does not accept, whatever they may do; somebody else does.
    async fn who_counted_does_not_accept(app: TestApp) {
        let place = Place::open(&app).await;
        let area = shelf(&place).await;
        let count = counted(&place, &place.manager, &area, "count").await;
        let accept = json!({ "stockCountId": count, "idempotencyKey": "accept" });
        let codes = refused(&place.manager, "stockCountAccept", "StockCountAcceptInput", accept.clone()).await;
        assert_eq!(codes, ["COUNTED_BY_YOURSELF"]);
        assert_eq!(place.stock(&place.store, &place.cup).await, (3, 3));
        act(&place.boss, "stockCountAccept", "StockCountAcceptInput", "stockCount { status }", accept).await;
        assert_eq!(place.stock(&place.store, &place.cup).await, (2, 2));
        app.run_jobs().await;
    }
}
