//! A logistics provider with a key of its own location, over HTTP.

use domain::Permission;
use domain::access::{CreateApiKey, create_api_key};
use entity::fulfillment_order;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::harness::{Caller, TestApp, over_http};
use crate::must_hold::shop::{self, CART_COMPLETE, CART_CREATE, Shop};

const METHOD: &str = "mutation($input: CartShippingMethodSetInput!) { cartShippingMethodSet(input: $input) {
    cart { total { amount currencyCode } } errors { code message path } } }";
const SYNC: &str = include_str!("../../../graphql/operations/staff/32_stock_sync.graphql");
const FEED: &str = include_str!("../../../graphql/operations/staff/33_work_feed.graphql");
const ACKNOWLEDGE: &str = include_str!("../../../graphql/operations/staff/34_work_acknowledge.graphql");
const CONFIRM: &str = include_str!("../../../graphql/operations/staff/35_work_confirm.graphql");

async fn key(app: &TestApp, location: entity::id::LocationId) -> Caller {
    let input = CreateApiKey {
        name: "ACME".to_owned(),
        permissions: vec![Permission::StockSync.as_str().to_owned()],
        location_ids: vec![location],
        expires_at: None,
    };
    let key = create_api_key(&app.world().ctx(), input).await.unwrap();
    app.staff().header("authorization", &format!("Bearer {}", key.secret))
}

/// Buys one unit, to be sent.
async fn buy(app: &TestApp, shop: &Shop) {
    let method = app.world().shipping_method(&shop.online, "standard", 550).await.create().await;
    let caller = app.shop().header("x-channel", &shop.online.code);
    let address = json!({
        "familyName": "佐藤", "givenName": "花子", "country": "JP", "postalCode": "150-0001", "region": "東京都",
        "city": "渋谷区", "line1": "神宮前1-2-3", "phone": "+81312345678",
    });
    let lines = json!([{ "variantId": shop.sku.id().to_string(), "quantity": 1 }]);
    let input = json!({ "email": "buyer@example.com", "lines": lines, "shippingAddress": address });
    let created = caller.run("cartCreate", CART_CREATE, input).await;
    let caller = caller.header("x-cart-token", created["cartToken"].as_str().unwrap());
    let chosen = json!({ "cartId": created["cart"]["id"], "shippingMethodId": method.id.to_string() });
    let cart = caller.run("cartShippingMethodSet", METHOD, chosen).await;
    let input = json!({
        "cartId": created["cart"]["id"],
        "expectedTotal": cart["cart"]["total"],
        "payments": [{ "gateway": "TEST" }],
        "idempotencyKey": "external",
    });
    caller.run("cartComplete", CART_COMPLETE, input).await;
}

over_http! {
    /// Sync, poll, take on, ship: the examples of the documentation, with a key that reaches one location.
    async fn a_provider_syncs_and_ships(app: TestApp) {
        let world = app.world();
        let shop = shop::open(world, 5).await;
        buy(&app, &shop).await;
        let work = fulfillment_order::Entity::find().one(world.db()).await.unwrap().unwrap();
        let place = work.location_id.unwrap();
        let provider = key(&app, place).await;
        let other = key(&app, world.store("elsewhere").await.id).await;

        let item = json!({ "sku": shop.sku.variant.sku, "locationId": place.to_string(), "quantity": 2, "reason": "found" });
        let input = json!({ "source": "acme", "mode": "DELTA", "items": [item], "idempotencyKey": "k" });
        let done = provider.run("stockSync", SYNC, input.clone()).await;
        assert_eq!((&done["results"][0]["status"], &done["results"][0]["change"]), (&json!("APPLIED"), &json!(2)), "{done}");
        assert_eq!(provider.run("stockSync", SYNC, input.clone()).await["replayed"], true);
        let refused = other.send(SYNC, json!({ "input": input })).await;
        assert_eq!(refused.codes("stockSync"), ["NOT_FOUND"]);
        assert_eq!(app.staff().send(SYNC, json!({ "input": input })).await.top_codes(), ["UNAUTHENTICATED"]);

        let poll = |caller: Caller| async move {
            caller.ask(FEED, json!({ "locationId": place.to_string() })).await["fulfillmentOrderFeed"].clone()
        };
        assert_eq!(poll(other.clone()).await, Value::Null);
        let feed = poll(provider.clone()).await;
        let task = &feed["tasks"][0];
        assert_eq!((&task["id"], &task["status"]), (&json!(work.id.to_string()), &json!("OPEN")));
        assert!(!task.to_string().contains("buyer@example.com"), "no more of a person than a parcel needs");
        assert!(task["recipient"]["address"]["postalCode"].is_string());

        let items = json!({ "items": [{ "fulfillmentOrderId": task["id"], "externalReference": "ACME-1" }] });
        let done = provider.run("fulfillmentOrderAcknowledge", ACKNOWLEDGE, items.clone()).await;
        assert_eq!(done["results"][0]["task"]["status"], "IN_PROGRESS", "{done}");
        let done = other.run("fulfillmentOrderAcknowledge", ACKNOWLEDGE, items).await;
        assert_eq!(done["results"][0]["errors"][0]["code"], "NOT_FOUND");

        let fact = json!({ "externalId": "P-1", "fulfillmentOrderId": task["id"], "parcel": { "carrier": "YAMATO" } });
        let facts = json!({ "source": "acme", "confirmations": [fact] });
        let done = other.run("fulfillmentConfirm", CONFIRM, facts.clone()).await;
        assert_eq!(done["results"][0]["errors"][0]["code"], "NOT_FOUND");
        let done = provider.run("fulfillmentConfirm", CONFIRM, facts.clone()).await;
        assert_eq!((&done["results"][0]["task"]["status"], &done["results"][0]["errors"]), (&json!("CLOSED"), &json!([])));
        assert_eq!(provider.run("fulfillmentConfirm", CONFIRM, facts).await["results"][0]["replayed"], true);
        app.leaves_jobs();
    }
}
