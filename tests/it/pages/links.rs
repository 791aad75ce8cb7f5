//! Orders in the state that pages are about, and the links to their pages.

use chrono::TimeDelta;
use domain::messaging::PageLink;
use domain::messaging::page_links::token;
use entity::id::{OrderId, PriceId, VariantId};
use entity::{price, variant};
use reqwest::StatusCode;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{TestApp, visitor};
use crate::money::desk::{Desk, Ordered, yen};
use crate::stores::place::act;

/// Who buys.
pub(crate) const GUEST: &str = "hanako@example.jp";
/// What sending back costs.
pub(crate) const FEE: i64 = 500;

/// The link to a page, as it works for so long.
pub(crate) fn link_for(app: &TestApp, page: PageLink, id: Uuid, how_long: TimeDelta) -> String {
    let secrets = app.world().services().secrets.clone();
    app.url(&format!("/{}/{}", page.path(), token(&secrets, page, id, app.world().now() + how_long)))
}

/// The link to a page, for a month.
pub(crate) fn link(app: &TestApp, page: PageLink, id: Uuid) -> String {
    link_for(app, page, id, TimeDelta::days(30))
}

/// What a page answers.
pub(crate) async fn look(url: &str) -> (StatusCode, String) {
    let answer = visitor().get(url).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

/// The page, which must be there; it is told in a few words where it is not.
pub(crate) async fn page(url: &str) -> String {
    let (status, text) = look(url).await;
    assert_eq!(status, StatusCode::OK, "{url}\n{text}");
    text
}

/// Page and statements that it took.
pub(crate) async fn counted(url: &str) -> (String, u64) {
    let answer = visitor().get(url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{url}");
    let statements = answer.headers()["x-sql-statements"].to_str().unwrap().parse().unwrap();
    (answer.text().await.unwrap(), statements)
}

/// A guest's order: two pots by parcel, a cup to collect in Shibuya.
pub(crate) async fn bought(desk: &Desk, locale: &str) -> Ordered {
    let place = &desk.place;
    let lines = vec![place.sent(&place.pot, 2), place.collected(&place.cup, 1)];
    let cart = desk.cart(&place.app.shop(), place.basket(GUEST, locale, lines)).await;
    cart.buy(json!([{ "gateway": "TEST" }])).await
}

/// Id of an order.
pub(crate) fn order_id(order: &Ordered) -> OrderId {
    order.id.parse().unwrap()
}

/// Sends what goes by parcel, from the warehouse.
pub(crate) async fn send(desk: &Desk, order: &Ordered) {
    let seen = order.read("fulfillmentOrders { id method status }").await;
    let work = seen["fulfillmentOrders"].as_array().unwrap().iter().find(|work| work["method"] == "SHIP").unwrap();
    let input = json!({
        "fulfillmentOrderId": work["id"], "locationId": desk.place.warehouse.id.to_string(),
        "idempotencyKey": format!("move {}", order.id),
    });
    let selection = "fulfillmentOrder { id }";
    let boss = &desk.place.boss;
    let moved = act(boss, "fulfillmentOrderMove", "FulfillmentOrderMoveInput", selection, input).await;
    desk.send(&moved["fulfillmentOrder"]["id"]).await;
}

/// The cup lies ready in the store; the pickup's id.
pub(crate) async fn make_ready(desk: &Desk, order: &Ordered) -> String {
    let pickup = order.seen["pickups"][0]["id"].as_str().unwrap().to_owned();
    let clerk = &desk.place.clerk;
    let input = json!({ "pickupId": pickup });
    act(clerk, "pickupStart", "PickupInput", "pickup { status }", input).await;
    let input = json!({ "pickupId": pickup, "idempotencyKey": format!("ready {pickup}") });
    act(clerk, "pickupReady", "PickupReadyInput", "pickup { status }", input).await;
    pickup
}

/// What the shop asks for goods that come back.
pub(crate) async fn policy(desk: &Desk) {
    let input = json!({ "name": "Usual", "priority": 1, "windowDays": 30, "returnShippingFee": yen(FEE) });
    act(&desk.place.boss, "returnPolicyUpsert", "ReturnPolicyUpsertInput", "policy { id }", input).await;
}

/// Why goods come back: because they do not please, or because they are broken, which needs a picture.
pub(crate) async fn reasons(desk: &Desk) {
    for (code, title, broken) in [("NOT_LIKED", "気に入らない", false), ("BROKEN", "壊れている", true)] {
        let input = json!({
            "code": code, "titles": [{ "locale": "ja", "text": title }, { "locale": "en", "text": code }],
            "isClaim": broken, "sellerPays": broken, "needsPhoto": broken,
        });
        act(&desk.place.boss, "returnReasonUpsert", "ReturnReasonUpsertInput", "reason { code }", input).await;
    }
}

/// One of the pots is asked back, by the API.
pub(crate) async fn asked_back(order: &Ordered) -> Value {
    let input = json!({
        "orderId": order.id, "lines": [{ "orderLineId": pots(order), "quantity": 1 }],
        "method": "CARRIER", "idempotencyKey": "back",
    });
    act(&order.holder, "returnRequest", "ReturnRequestInput", "return { id number }", input).await["return"].clone()
}

/// A large pot: another variant of the same product, for as much, so many of them in the warehouse.
pub(crate) async fn large_pot(desk: &Desk, units: i64) -> VariantId {
    let (world, pot) = (desk.place.app.world(), &desk.place.pot.variant);
    let id = VariantId(world.new_uuid());
    let large = variant::Model {
        id,
        position: pot.position + 1,
        title: "large".to_owned(),
        sku: Some(format!("pot-{id}")),
        ..pot.clone()
    };
    let row = large.into_active_model().reset_all();
    variant::Entity::insert(row).exec_without_returning(world.db()).await.unwrap();
    let prices = price::Entity::find().filter(price::Column::VariantId.eq(pot.id)).all(world.db()).await.unwrap();
    for row in prices {
        let row = price::Model { id: PriceId(world.new_uuid()), variant_id: id, ..row };
        price::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    }
    if units > 0 {
        world.stock(&desk.place.warehouse, id, units).await;
    }
    id
}

/// Id of the line of pots.
pub(crate) fn pots(order: &Ordered) -> &str {
    let lines = order.seen["lines"].as_array().unwrap();
    lines.iter().find(|line| line["quantity"] == 2).unwrap()["id"].as_str().unwrap()
}
