//! The stores with a till in each, somebody who has an account, and what moves money.

use entity::words::IdentifierKind;
use serde_json::{Value, json};

use crate::harness::{Caller, TestApp};
use crate::stores::place::{Place, act, refused, till};

/// What is asked of a cart.
pub(crate) const CART: &str = "cart { id codes subtotal { amount } discountTotal { amount } shippingTotal { amount }
    total { amount currencyCode } discounts { title code amount { amount } }
    discountsNotApplied { code reason missing { amount } } problems { code promotionCode } }";
/// What is asked of an order that was placed.
const ORDER: &str = "orderToken order { id number paymentStatus total { amount } discountTotal { amount }
    lines { id quantity total { gross { amount } } }
    payments { id gateway dueAt amount { amount } captured { amount } }
    fulfillmentOrders { id status locationId } pickups { id } }";
const PASSWORD: &str = "correct horse battery staple";
/// Whose account it is.
pub(crate) const HANAKO: &str = "hanako@example.jp";

/// The stores, and who comes there.
pub(crate) struct Desk {
    pub(crate) place: Place,
    /// Stands at a till in Umeda, signed in by PIN.
    pub(crate) far: Caller,
    /// Hanako, signed in at the web shop.
    pub(crate) hanako: Caller,
    pub(crate) hanako_id: String,
}

/// A cart, and who holds it.
pub(crate) struct Cart {
    pub(crate) buyer: Caller,
    pub(crate) id: String,
    pub(crate) seen: Value,
}

/// An order, and who may read it.
pub(crate) struct Ordered {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) seen: Value,
    pub(crate) holder: Caller,
}

/// Yen as an input.
pub(crate) fn yen(amount: i64) -> Value {
    json!({ "amount": amount.to_string(), "currencyCode": "JPY" })
}

/// Money of an answer in minor units of yen.
pub(crate) fn amount(money: &Value) -> i64 {
    money["amount"].as_str().unwrap_or_else(|| panic!("no money: {money}")).parse().unwrap()
}

/// An amount as papers and mails print it, without its sign.
pub(crate) fn printed(amount: i64) -> String {
    let digits = amount.to_string();
    let (head, tail) = digits.split_at(digits.len().saturating_sub(3));
    if head.is_empty() { tail.to_owned() } else { format!("{head},{tail}") }
}

impl Desk {
    pub(crate) async fn open(app: &TestApp) -> Self {
        let place = Place::open(app).await;
        let far = till(app, &place.boss, &place.other, &place.pos, "clerk-umeda@staff.example").await;
        let hash = domain::access::password::hash(&app.world().ctx(), PASSWORD).await.unwrap();
        let hanako = app.world().new_customer("佐藤", "花子").verified(IdentifierKind::Email, HANAKO);
        let row = hanako.with(|row| row.password_hash = Some(hash)).create().await;
        let hanako = sign_in(app).await;
        Self { place, far, hanako, hanako_id: row.id.to_string() }
    }

    /// Signs everybody in again, after hours that no session outlives.
    pub(crate) async fn next_day(&mut self, app: &TestApp) {
        self.place.boss = crate::stores::place::sign_in(app, "boss@staff.example").await;
        self.hanako = sign_in(app).await;
    }

    /// A gift card of so many yen that staff give away; its account and code.
    pub(crate) async fn gift_card(&self, worth: i64) -> (String, String) {
        let input = json!({
            "channelId": self.place.online.id.to_string(), "amount": yen(worth), "reason": "a prize",
            "idempotencyKey": format!("card {worth}"),
        });
        let made = act(&self.place.boss, "giftCardIssue", "GiftCardIssueInput", "account { id } code", input).await;
        (made["account"]["id"].as_str().unwrap().to_owned(), made["code"].as_str().unwrap().to_owned())
    }

    /// What is on a gift card, as anybody sees it.
    pub(crate) async fn on_card(&self, code: &str) -> i64 {
        let document = "query($code: String!) { giftCardBalance(code: $code) { balance { amount } } }";
        let seen = self.place.app.shop().ask(document, json!({ "code": code })).await;
        amount(&seen["giftCardBalance"]["balance"])
    }

    /// A promotion of a tenth of the order by a code, with more of its settings; its id.
    pub(crate) async fn promotion(&self, code: &str, more: &[(&str, Value)]) -> String {
        let boss = &self.place.boss;
        let mut input = json!({
            "name": "Autumn", "titles": [{ "locale": "ja", "title": "秋の特典" }], "triggeredBy": "CODE",
            "target": "ORDER", "value": "PERCENT", "percentPpm": 100_000, "stacking": "COMBINE",
        });
        for (name, value) in more {
            input[*name] = value.clone();
        }
        let made = act(boss, "promotionUpsert", "PromotionUpsertInput", "promotion { id }", input).await;
        let id = made["promotion"]["id"].as_str().unwrap().to_owned();
        let input = json!({ "promotionId": id, "codes": [code] });
        act(boss, "promotionCodesCreate", "PromotionCodesCreateInput", "promotionCodes { code }", input).await;
        act(boss, "promotionActivate", "PromotionTargetInput", "promotion { active }", json!({ "id": id })).await;
        id
    }

    /// A cart of somebody; guests get their token.
    pub(crate) async fn cart(&self, buyer: &Caller, input: Value) -> Cart {
        let shop = buyer.header("x-channel", &self.place.online.code);
        let made = act(&shop, "cartCreate", "CartCreateInput", &format!("{CART} cartToken"), input).await;
        let buyer = match made["cartToken"].as_str() {
            Some(token) => shop.header("x-cart-token", token),
            None => shop,
        };
        Cart { buyer, id: made["cart"]["id"].as_str().unwrap().to_owned(), seen: made["cart"].clone() }
    }

    /// Picks, packs and dispatches a piece of work of the warehouse.
    pub(crate) async fn send(&self, work: &Value) {
        let picker = &self.place.picker;
        let which = json!({ "fulfillmentOrders": [{ "id": work }] });
        let selection = "fulfillmentOrders { status lines { id quantity } }";
        let taken = act(picker, "fulfillmentOrderAccept", "FulfillmentOrdersInput", selection, which.clone()).await;
        let lines = taken["fulfillmentOrders"][0]["lines"].as_array().unwrap().iter();
        let lines: Vec<Value> =
            lines.map(|line| json!({ "fulfillmentOrderLineId": line["id"], "quantity": line["quantity"] })).collect();
        let input = json!({ "fulfillmentOrderId": work, "lines": lines, "idempotencyKey": format!("pick {work}") });
        act(picker, "fulfillmentOrderPick", "FulfillmentOrderPickInput", "fulfillmentOrder { id }", input).await;
        let input = json!({
            "fulfillmentOrders": [{ "id": work }], "label": { "carrier": "YAMATO" }, "idempotencyKey": format!("box {work}"),
        });
        let packed = act(picker, "fulfillmentOrderPack", "FulfillmentOrderPackInput", "shipment { id }", input).await;
        let input = json!({ "shipmentId": packed["shipment"]["id"], "idempotencyKey": format!("off {work}") });
        act(picker, "shipmentDispatch", "ShipmentDispatchInput", "shipment { shippedAt }", input).await;
    }

    /// The audit as staff ask for it: every check holds.
    pub(crate) async fn audit(&self) {
        let found =
            self.place.boss.ask("{ audit { holds checks { name holds findings { detail } } } }", json!({})).await;
        assert_eq!(found["audit"]["holds"], true, "{found:#}");
    }
}

impl Cart {
    fn completion(&self, payments: &Value, key: &str) -> Value {
        json!({
            "cartId": self.id, "expectedTotal": self.seen["total"], "payments": payments, "idempotencyKey": key,
        })
    }

    /// What it costs.
    pub(crate) fn total(&self) -> i64 {
        amount(&self.seen["total"])
    }

    /// Buys it.
    pub(crate) async fn buy(&self, payments: Value) -> Ordered {
        let input = self.completion(&payments, &format!("buy {}", self.id));
        let done = act(&self.buyer, "cartComplete", "CartCompleteInput", ORDER, input).await;
        let order = &done["order"];
        Ordered {
            id: order["id"].as_str().unwrap().to_owned(),
            number: order["number"].as_str().unwrap().to_owned(),
            seen: order.clone(),
            holder: self.buyer.header("x-order-token", done["orderToken"].as_str().unwrap()),
        }
    }

    /// It cannot be bought so: the codes.
    pub(crate) async fn cannot_buy(&self, payments: Value) -> Vec<String> {
        let input = self.completion(&payments, &format!("try {} {}", self.id, payments.to_string().len()));
        refused(&self.buyer, "cartComplete", "CartCompleteInput", input).await
    }
}

impl Ordered {
    /// The order as its buyer reads it.
    pub(crate) async fn read(&self, selection: &str) -> Value {
        let document = format!("query($by: OrderKey!) {{ order(by: $by) {{ {selection} }} }}");
        self.holder.ask(&document, json!({ "by": { "id": self.id } })).await["order"].clone()
    }
}

async fn sign_in(app: &TestApp) -> Caller {
    let input = json!({ "email": HANAKO, "password": PASSWORD });
    let done = act(&app.shop(), "customerSignIn", "CustomerSignInInput", "session { accessToken }", input).await;
    app.shop().header("authorization", &format!("Bearer {}", done["session"]["accessToken"].as_str().unwrap()))
}
