//! A till, from pairing to the receipt.

use domain::access::{CreateAdmin, create_admin};
use entity::id::RegisterId;
use entity::{order, payment, register};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, PaginatorTrait};
use serde_json::{Value, json};
use support::{World, race};

use crate::harness::{Answer, Caller, TestApp, over_http};
use crate::must_hold::shop::{self, Buyer, CART_COMPLETE, Shop};

const PASSWORD: &str = "correct horse battery staple";
const SIGN_IN: &str = "mutation($input: StaffSignInInput!) { staffSignIn(input: $input) {
    session { accessToken } errors { code message path } } }";
const STAFF_UPSERT: &str = "mutation($input: StaffUpsertInput!) { staffUpsert(input: $input) {
    staff { id } errors { code message path } } }";
const PAIRING: &str = "mutation($input: DevicePairingCreateInput!) { devicePairingCreate(input: $input) {
    code errors { code message path } } }";
const PAIR: &str = "mutation($input: DevicePairInput!) { devicePair(input: $input) {
    device { id } deviceToken errors { code message path } } }";
const PIN_SIGN_IN: &str = "mutation($input: StaffPinSignInInput!) { staffPinSignIn(input: $input) {
    session { accessToken } errors { code message path } } }";
const SCAN: &str = "query($code: String!) { posScan(code: $code) { __typename ... on Variant { id sku } } }";
const SALE: &str = "mutation($input: PosSaleInput!) { posSale(input: $input) {
    order { id number status total { amount } payments { gateway amount { amount } } }
    receipt { number text html tenders { gateway amount { amount } tendered { amount } change { amount } } }
    replayed errors { __typename code message path } } }";

async fn register(world: &World, shop: &Shop) -> RegisterId {
    let row = register::Model {
        id: RegisterId(world.new_uuid()),
        code: "shibuya-1".to_owned(),
        name: "1".to_owned(),
        location_id: shop.store.id,
        channel_id: shop.pos.id,
        last_receipt_number: 0,
        active: true,
        created_at: world.now(),
        last_z_number: 0,
        requires_session: false,
        cash_limit: None,
    };
    let id = row.id;
    register::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    id
}

/// A paired till with a clerk signed in by PIN, all over HTTP.
async fn till(app: &TestApp, shop: &Shop) -> Caller {
    let boss = CreateAdmin { email: "boss@staff.example".into(), name: "Boss".into(), password: PASSWORD.into() };
    create_admin(&app.world().ctx(), boss).await.unwrap();
    let token = |payload: &Value| format!("Bearer {}", payload["session"]["accessToken"].as_str().unwrap());
    let input = json!({ "email": "boss@staff.example", "password": PASSWORD });
    let boss = app.staff().run("staffSignIn", SIGN_IN, input).await;
    let boss = app.staff().header("authorization", &token(&boss));
    let clerk = json!({
        "email": "clerk@staff.example", "name": "Sato", "locale": "ja", "pin": "2468",
        "roles": [{ "role": "clerk", "locationId": shop.store.id.to_string() }],
    });
    boss.run("staffUpsert", STAFF_UPSERT, clerk).await;
    let register_id = register(app.world(), shop).await.to_string();
    let pairing = boss.run("devicePairingCreate", PAIRING, json!({ "registerId": register_id })).await;
    let pair = json!({ "code": pairing["code"], "name": "iPad" });
    let paired = app.staff().run("devicePair", PAIR, pair.clone()).await;
    assert_eq!(app.staff().send(PAIR, json!({ "input": pair })).await.codes("devicePair").len(), 1, "used up");
    let device = app.staff().header("x-device-token", paired["deviceToken"].as_str().unwrap());
    let wrong = json!({ "input": { "email": "clerk@staff.example", "pin": "8642" } });
    assert_eq!(device.send(PIN_SIGN_IN, wrong).await.codes("staffPinSignIn").len(), 1);
    let pin = json!({ "email": "clerk@staff.example", "pin": "2468" });
    let clerk = device.run("staffPinSignIn", PIN_SIGN_IN, pin).await;
    device.header("authorization", &token(&clerk))
}

fn yen(amount: i64) -> Value {
    json!({ "amount": amount.to_string(), "currencyCode": "JPY" })
}

/// Bought, or told that the stock is gone, and nothing else. Returns whether it was bought.
fn sold(field: &str, answer: &Answer) -> bool {
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert!(answer.body["errors"].is_null(), "{answer:#?}");
    let payload = &answer.body["data"][field];
    if payload["order"].is_null() {
        assert_eq!(payload["errors"][0]["__typename"], "InsufficientStockError", "{answer:#?}");
        assert_eq!(answer.codes(field), ["INSUFFICIENT_STOCK"]);
    }
    !payload["order"].is_null()
}

over_http! {
    /// Pairing, PIN, scan, a split payment with change, the receipt; the same again sells nothing twice.
    async fn a_sale_from_pairing_to_the_receipt(app: TestApp) {
        let world = app.world();
        let shop = shop::open(world, 10).await;
        let barcode = |variant: &mut entity::variant::Model| variant.barcode = Some("4901234567894".to_owned());
        let tea = world.product("tea").with(barcode).reduced_tax().price(&shop.pos, 540).stock(&shop.store, 5).create().await;
        let till = till(&app, &shop).await;

        let scanned = till.ask(SCAN, json!({ "code": "4901234567894" })).await;
        assert_eq!(scanned["posScan"], json!({ "__typename": "Variant", "id": tea.id().to_string(), "sku": "tea" }));
        assert_eq!(till.ask(SCAN, json!({ "code": "4900000000000" })).await["posScan"], Value::Null);

        let sale = json!({
            "lines": [
                { "variantId": shop.sku.id().to_string(), "quantity": 2 },
                { "variantId": tea.id().to_string(), "quantity": 1 },
            ],
            "expectedTotal": yen(2_740),
            "payments": [
                { "gateway": "CASH", "amount": yen(740), "tendered": yen(1_000) },
                { "gateway": "CARD_TERMINAL", "amount": yen(2_000), "reference": "terminal-0001" },
            ],
            "idempotencyKey": "sale-1",
        });
        let done = till.run("posSale", SALE, sale.clone()).await;
        assert_eq!((&done["order"]["total"]["amount"], &done["replayed"]), (&json!("2740"), &json!(false)));
        assert_eq!(done["receipt"]["tenders"][0], json!({
            "gateway": "CASH", "amount": { "amount": "740" }, "tendered": { "amount": "1000" }, "change": { "amount": "260" },
        }));
        assert_eq!(done["receipt"]["tenders"][1]["amount"]["amount"], "2000");
        assert_eq!(done["order"]["payments"].as_array().unwrap().len(), 2);
        let text = done["receipt"]["text"].as_str().unwrap();
        for part in ["T1234567890123", "tote", "tea", "2,740", "260"] {
            assert!(text.contains(part), "{part} is not on\n{text}");
        }
        let html = done["receipt"]["html"].as_str().unwrap();
        assert!(html.starts_with("<!doctype html>") && html.contains("T1234567890123") && !html.contains("<script"), "{html}");

        let again = till.run("posSale", SALE, sale.clone()).await;
        assert_eq!(again["replayed"], true);
        assert_eq!((&again["order"], &again["receipt"]), (&done["order"], &done["receipt"]));
        let mut other = sale.clone();
        other["lines"][0]["quantity"] = json!(1);
        let refused = till.send(SALE, json!({ "input": other })).await;
        assert_eq!(refused.codes("posSale"), ["IDEMPOTENCY_KEY_REUSED"]);
        let mut wrong_total = sale;
        (wrong_total["idempotencyKey"], wrong_total["expectedTotal"]) = (json!("sale-2"), yen(2_741));
        let refused = till.send(SALE, json!({ "input": wrong_total })).await;
        assert_eq!(refused.codes("posSale"), ["PRICE_CHANGED"]);
        assert_eq!(order::Entity::find().count(world.db()).await.unwrap(), 1);
        assert_eq!(payment::Entity::find().count(world.db()).await.unwrap(), 2);
        app.run_jobs().await;
    }

    /// Half of two hundred buyers come through the web, half stand at the till: fifty units make fifty orders.
    async fn web_and_till_share_fifty_units_over_http(app: TestApp) {
        let shop = shop::open(app.world(), 50).await;
        let till = till(&app, &shop).await;
        let mut buyers: Vec<Buyer> = Vec::new();
        for number in 0..100 {
            buyers.push(shop.buyer(&app.shop(), &format!("buyer{number}@example.com")).await);
        }
        let sold = race(200, |number| {
            let (till, buyer, variant) = (till.clone(), buyers[number / 2].clone(), shop.sku.id().to_string());
            async move {
                if number.is_multiple_of(2) {
                    let input = buyer.completion(&format!("buy-{number}"));
                    return sold("cartComplete", &buyer.caller.send(CART_COMPLETE, json!({ "input": input })).await);
                }
                let input = json!({
                    "lines": [{ "variantId": variant, "quantity": 1 }],
                    "payments": [{ "gateway": "CASH", "tendered": yen(2_000) }],
                    "idempotencyKey": format!("sale-{number}"),
                });
                sold("posSale", &till.send(SALE, json!({ "input": input })).await)
            }
        })
        .await;
        assert_eq!(sold.iter().filter(|sold| **sold).count(), 50);
        assert_eq!(order::Entity::find().count(app.world().db()).await.unwrap(), 50);
        app.run_jobs().await;
    }
}
