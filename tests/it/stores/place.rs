//! Two stores and a warehouse, the people who work there, and a customer.

use domain::access::{CreateAdmin, create_admin};
use entity::{channel, location, shipping_method};
use serde_json::{Value, json};
use support::{Sku, World};

use crate::harness::{Caller, TestApp};

const PASSWORD: &str = "correct horse battery staple";

/// Two stores, a warehouse and a web shop that all of them serve, the store in Shibuya first.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) app: TestApp,
    pub(crate) store: location::Model,
    pub(crate) other: location::Model,
    pub(crate) warehouse: location::Model,
    pub(crate) online: channel::Model,
    /// The tills' channel, at both stores.
    pub(crate) pos: channel::Model,
    pub(crate) method: shipping_method::Model,
    /// Three in each store, ten in the warehouse.
    pub(crate) cup: Sku,
    /// Three in each store, ten in the warehouse.
    pub(crate) pot: Sku,
    pub(crate) boss: Caller,
    /// Manages the store in Shibuya.
    pub(crate) manager: Caller,
    /// Stands at a till in Shibuya, signed in by PIN.
    pub(crate) clerk: Caller,
    /// Works in the other store.
    pub(crate) neighbor: Caller,
    /// Works in the warehouse.
    pub(crate) picker: Caller,
}

/// An order as its guest holds it.
#[derive(Clone, Debug)]
pub(crate) struct Bought {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) work: Vec<Value>,
    pub(crate) pickups: Vec<Value>,
    /// Reads the order by its secret.
    pub(crate) guest: Caller,
}

/// Sends `field(input:)` with an input type and a selection; the payload must have no errors.
pub(crate) async fn act(caller: &Caller, field: &str, kind: &str, selection: &str, input: Value) -> Value {
    caller.run(field, &mutation(field, kind, selection), input).await
}

/// The same, refused; returns the codes.
pub(crate) async fn refused(caller: &Caller, field: &str, kind: &str, input: Value) -> Vec<String> {
    caller.send(&mutation(field, kind, "__typename"), json!({ "input": input })).await.codes(field)
}

fn mutation(field: &str, kind: &str, selection: &str) -> String {
    format!(
        "mutation($input: {kind}!) {{ {field}(input: $input) {{ {selection} errors {{ __typename code message path }} }} }}"
    )
}

pub(crate) async fn sign_in(app: &TestApp, email: &str) -> Caller {
    let input = json!({ "email": email, "password": PASSWORD });
    let done = act(&app.staff(), "staffSignIn", "StaffSignInInput", "session { accessToken }", input).await;
    app.staff().header("authorization", &format!("Bearer {}", done["session"]["accessToken"].as_str().unwrap()))
}

/// Hired by the boss with one role at one place.
async fn hire(app: &TestApp, boss: &Caller, role: &str, at: &location::Model) -> Caller {
    let email = format!("{role}-{}@staff.example", at.code);
    let input = json!({
        "email": email, "name": role, "locale": "ja", "password": PASSWORD, "pin": "2468",
        "roles": [{ "role": role, "locationId": at.id.to_string() }],
    });
    act(boss, "staffUpsert", "StaffUpsertInput", "staff { id }", input).await;
    sign_in(app, &email).await
}

/// A till in the store, on which somebody signs in by PIN.
pub(crate) async fn till(
    app: &TestApp,
    boss: &Caller,
    store: &location::Model,
    pos: &channel::Model,
    email: &str,
) -> Caller {
    let input = json!({
        "code": format!("till-{}", store.code), "name": "レジ1", "locationId": store.id.to_string(), "channelId": pos.id.to_string(),
    });
    let register = act(boss, "registerUpsert", "RegisterUpsertInput", "register { id }", input).await;
    let input = json!({ "registerId": register["register"]["id"] });
    let pairing = act(boss, "devicePairingCreate", "DevicePairingCreateInput", "code", input).await;
    let input = json!({ "code": pairing["code"], "name": "iPad" });
    let paired = act(&app.staff(), "devicePair", "DevicePairInput", "deviceToken", input).await;
    let device = app.staff().header("x-device-token", paired["deviceToken"].as_str().unwrap());
    let input = json!({ "email": email, "pin": "2468" });
    let done = act(&device, "staffPinSignIn", "StaffPinSignInInput", "session { accessToken }", input).await;
    device.header("authorization", &format!("Bearer {}", done["session"]["accessToken"].as_str().unwrap()))
}

impl Place {
    /// Opens it.
    pub(crate) async fn open(app: &TestApp) -> Self {
        let world = app.world();
        let store = world.location("shibuya").create().await;
        let (other, warehouse) = (world.store("umeda").await, world.warehouse("funabashi").await);
        let online =
            world.channel("online-jp").served_by(&store).served_by(&other).served_by(&warehouse).create().await;
        let pos = world.channel("pos-jp").pos().served_by(&store).served_by(&other).create().await;
        let method = world.shipping_method(&online, "takuhai", 550).await.create().await;
        let boss = CreateAdmin { email: "boss@staff.example".into(), name: "Boss".into(), password: PASSWORD.into() };
        create_admin(&world.ctx(), boss).await.unwrap();
        let boss = sign_in(app, "boss@staff.example").await;
        hire(app, &boss, "clerk", &store).await;
        let clerk = till(app, &boss, &store, &pos, "clerk-shibuya@staff.example").await;
        let places = [&store, &other, &warehouse];
        Self {
            cup: sku(world, [&online, &pos], "cup", &places).await,
            pot: sku(world, [&online, &pos], "pot", &places).await,
            manager: hire(app, &boss, "manager", &store).await,
            neighbor: hire(app, &boss, "clerk", &other).await,
            picker: hire(app, &boss, "warehouse", &warehouse).await,
            app: app.clone(),
            store,
            other,
            warehouse,
            online,
            pos,
            method,
            boss,
            clerk,
        }
    }

    /// A line to be sent.
    pub(crate) fn sent(&self, sku: &Sku, quantity: i64) -> Value {
        json!({ "variantId": sku.id().to_string(), "quantity": quantity, "delivery": "SHIP" })
    }

    /// A line to be collected in Shibuya.
    pub(crate) fn collected(&self, sku: &Sku, quantity: i64) -> Value {
        json!({
            "variantId": sku.id().to_string(), "quantity": quantity, "delivery": "PICKUP",
            "pickupLocationId": self.store.id.to_string(),
        })
    }

    /// A cart as it is sent, with an address and a way to ship when something is to be sent.
    pub(crate) fn basket(&self, email: &str, locale: &str, lines: Vec<Value>) -> Value {
        let address = json!({
            "familyName": "佐藤", "givenName": "花子", "country": "JP", "postalCode": "150-0001", "region": "東京都",
            "city": "渋谷区", "line1": "神宮前1-2-3", "phone": "+81312345678",
        });
        let is_sent = lines.iter().any(|line| line["delivery"] == "SHIP");
        let mut input = json!({ "email": email, "contactName": "佐藤 花子", "locale": locale, "lines": lines });
        if is_sent {
            input["shippingAddress"] = address;
            input["shippingMethodId"] = json!(self.method.id.to_string());
        }
        input
    }

    /// A guest buys through the web: cart, way to ship when something is sent, payment.
    pub(crate) async fn buy(&self, email: &str, locale: &str, lines: Vec<Value>) -> Bought {
        self.buy_by(email, locale, lines, json!({ "gateway": "TEST" })).await
    }

    /// The same, to be paid later.
    pub(crate) async fn buy_unpaid(&self, email: &str, locale: &str, lines: Vec<Value>) -> Bought {
        self.buy_by(email, locale, lines, json!({ "gateway": "MANUAL", "method": "OTHER" })).await
    }

    async fn buy_by(&self, email: &str, locale: &str, lines: Vec<Value>, payment: Value) -> Bought {
        let shop = self.app.shop().header("x-channel", &self.online.code);
        let input = self.basket(email, locale, lines);
        let selection = "cart { id total { amount currencyCode } problems { code } } cartToken";
        let made = act(&shop, "cartCreate", "CartCreateInput", selection, input).await;
        assert_eq!(made["cart"]["problems"], json!([]), "{made}");
        let buyer = shop.header("x-cart-token", made["cartToken"].as_str().unwrap());
        let input = json!({
            "cartId": made["cart"]["id"], "expectedTotal": made["cart"]["total"],
            "payments": [payment], "idempotencyKey": made["cart"]["id"],
        });
        let selection = "orderToken order { id number fulfillmentOrders { id method status locationId fulfillBy }
            pickups { id status } }";
        let done = act(&buyer, "cartComplete", "CartCompleteInput", selection, input).await;
        let order = &done["order"];
        Bought {
            id: order["id"].as_str().unwrap().to_owned(),
            number: order["number"].as_str().unwrap().to_owned(),
            work: order["fulfillmentOrders"].as_array().unwrap().clone(),
            pickups: order["pickups"].as_array().unwrap().clone(),
            guest: self.app.shop().header("x-order-token", done["orderToken"].as_str().unwrap()),
        }
    }

    /// Free units and all units of something at a place, as staff see them.
    pub(crate) async fn stock(&self, at: &location::Model, sku: &Sku) -> (i64, i64) {
        let document =
            "query($filter: StockLevelFilter!) { stockLevels(filter: $filter) { nodes { available onHand } } }";
        let filter = json!({ "locationIds": [at.id.to_string()], "variantIds": [sku.id().to_string()] });
        let level = self.boss.ask(document, json!({ "filter": filter })).await["stockLevels"]["nodes"][0].clone();
        (level["available"].as_i64().unwrap(), level["onHand"].as_i64().unwrap())
    }

    /// A pickup of one unit in Shibuya that lies ready; the order and the pickup's id.
    pub(crate) async fn ready(&self, email: &str, locale: &str) -> (Bought, String) {
        let bought = self.buy(email, locale, vec![self.collected(&self.pot, 1)]).await;
        let pickup = bought.pickups[0]["id"].as_str().unwrap().to_owned();
        let input = json!({ "pickupId": pickup });
        let done = act(&self.clerk, "pickupStart", "PickupInput", "pickup { status }", input).await;
        assert_eq!(done["pickup"]["status"], "PICKING");
        let input = json!({ "pickupId": pickup, "idempotencyKey": format!("ready {pickup}") });
        let done = act(&self.clerk, "pickupReady", "PickupReadyInput", "pickup { status }", input).await;
        assert_eq!(done["pickup"]["status"], "READY");
        (bought, pickup)
    }
}

async fn sku(world: &World, [online, pos]: [&channel::Model; 2], code: &str, at: &[&location::Model; 3]) -> Sku {
    let product = world.product(code).price(online, 2_200).price(pos, 2_200);
    product.stock(at[0], 3).stock(at[1], 3).stock(at[2], 10).create().await
}

impl Bought {
    /// The order as its guest reads it.
    pub(crate) async fn read(&self, selection: &str) -> Value {
        self.guest.ask(&format!("{{ order {{ {selection} }} }}"), json!({})).await["order"].clone()
    }

    /// The id of its work by a method.
    pub(crate) fn work_by(&self, method: &str) -> &Value {
        self.work.iter().find(|work| work["method"] == method).unwrap()
    }
}
