//! Other goods for those that come back, from the request to the settled money, with the mails that tell of it.

use chrono::TimeDelta;
use domain::messaging::{PageLink, page_links};
use entity::id::OrderId;
use reqwest::StatusCode;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use support::stripe::StripeStandIn;
use support::{Sku, World, both_databases};

use crate::harness::{TestApp, over_http};
use crate::money::desk::{Desk, HANAKO, Ordered, amount, printed, yen};
use crate::stores::mails::{link, mail_to};
use crate::stores::place::act;

/// What is bought, and what is wanted for it.
const OLD: i64 = 3_300;
const NEW: i64 = 4_400;
/// What the new goods cost more.
const MORE: i64 = NEW - OLD;

struct Story {
    app: TestApp,
    desk: Desk,
    lamp: Sku,
    order: Ordered,
}

impl Story {
    /// Hanako bought a vase, and has it.
    async fn begin(app: TestApp) -> Self {
        let desk = Desk::open(&app).await;
        let place = &desk.place;
        let goods = |code: &str, price: i64| app.world().product(code).price(&place.online, price);
        let vase = goods("vase", OLD).stock(&place.warehouse, 5).create().await;
        let lamp = goods("lamp", NEW).stock(&place.warehouse, 5).create().await;
        let input = place.basket(HANAKO, "ja", vec![place.sent(&vase, 1)]);
        let order = desk.cart(&desk.hanako, input).await.buy(json!([{ "gateway": "TEST" }])).await;
        desk.send(&order.seen["fulfillmentOrders"][0]["id"]).await;
        let story = Self { app, desk, lamp, order };
        story.jobs().await;
        story
    }

    /// Runs the jobs, a moment later: facts of one moment have no order.
    async fn jobs(&self) {
        self.app.world().advance(TimeDelta::seconds(1));
        self.app.run_jobs().await;
        self.app.world().advance(TimeDelta::seconds(1));
    }

    /// The vase for a lamp.
    fn wish(&self) -> Value {
        json!({
            "orderId": self.order.id, "method": "CARRIER", "idempotencyKey": "wish",
            "lines": [{ "orderLineId": self.order.seen["lines"][0]["id"], "quantity": 1 }],
            "goods": [{ "variantId": self.lamp.id().to_string(), "quantity": 1 }], "expectedDifference": yen(MORE),
        })
    }

    /// Staff agree that the lamp goes out first, secured by a card; the exchange.
    async fn in_advance(&self) -> Value {
        let mut input = self.wish();
        input["mode"] = json!("ADVANCE");
        input["payments"] = json!([{ "gateway": "STRIPE" }]);
        let selection =
            "exchange { id status guaranteePaymentId orderId return { id number expectedBy lines { id } } }";
        let done = act(&self.desk.place.boss, "exchangeCreate", "ExchangeCreateInput", selection, input).await;
        self.jobs().await;
        done["exchange"].clone()
    }

    /// The vase comes to the warehouse and is looked at.
    async fn comes(&self, back: &Value) {
        let (boss, line) = (&self.desk.place.boss, &back["lines"][0]["id"]);
        let input = json!({
            "returnId": back["id"], "locationId": self.desk.place.warehouse.id.to_string(),
            "lines": [{ "returnLineId": line, "quantity": 1 }], "idempotencyKey": "came",
        });
        act(boss, "returnReceive", "ReturnReceiveInput", "return { status }", input).await;
        let input = json!({
            "returnId": back["id"], "idempotencyKey": "look",
            "items": [{ "returnLineId": line, "quantity": 1, "disposition": "RESTOCK" }],
        });
        act(boss, "returnInspect", "ReturnInspectInput", "return { status }", input).await;
        self.jobs().await;
        self.jobs().await;
    }

    /// The exchange with the order of the lamp, as staff see them.
    async fn seen(&self, id: &Value) -> Value {
        let document = "query($id: ID!) { exchange(id: $id) { status dueAt credit { amount } return { status }
            order { id number paymentStatus total { amount } fulfillmentOrders { id status holdReason }
                payments { gateway amount { amount } captured { amount } refunded { amount } } } } }";
        self.desk.place.boss.ask(document, json!({ "id": id })).await["exchange"].clone()
    }

    /// The mail to Hanako about something that has a link to pay.
    fn to_pay(&self) -> (String, String) {
        let (text, html) = mail_to(&self.app, HANAKO, "/pay/");
        let path = link(&text, "/pay/");
        assert!(html.replace("&#x2f;", "/").contains(&path), "{html}");
        (text, self.app.url(&path))
    }

    /// The page of an order.
    fn order_page(&self, id: &Value) -> String {
        let id: OrderId = id.as_str().unwrap().parse().unwrap();
        let until = self.app.world().now() + TimeDelta::days(30);
        let secrets = self.app.world().services().secrets.clone();
        self.app.url(&format!("/o/{}", page_links::token(&secrets, PageLink::Order, id.uuid(), until)))
    }

    /// What went back of the first order.
    async fn gone(&self) -> Value {
        let document =
            "query($by: OrderLookupInput!) { order(by: $by) { returns { status } refunds { amount { amount } } } }";
        let by = json!({ "by": { "id": self.order.id } });
        self.desk.place.boss.ask(document, by).await["order"].clone()
    }
}

fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).build().unwrap()
}

async fn page(url: &str) -> String {
    let answer = browser().get(url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.text().await.unwrap()
}

async fn send(app: &TestApp, url: &str, action: &str) -> StatusCode {
    app.form(url, &[("action", action)]).send().await.unwrap().status()
}

/// What was taken of an order, by gateway in the order of the payments.
fn taken(order: &Value) -> Vec<(String, i64, i64)> {
    let all = order["payments"].as_array().unwrap().iter();
    let of = |payment: &Value| {
        let gateway = payment["gateway"].as_str().unwrap().to_owned();
        (gateway, amount(&payment["captured"]), amount(&payment["refunded"]))
    };
    let mut taken: Vec<_> = all.map(of).collect();
    taken.sort();
    taken
}

fn contains(text: &str, wanted: &[&str]) {
    for part in wanted {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

over_http! {
    /// Goods first: Hanako asks, the shop allows it, the vase comes, a link asks for the rest, and the lamp leaves.
    async fn goods_first(app: TestApp) {
        let story = Box::pin(Story::begin(app)).await;
        let preview = "query($input: ExchangePreviewInput!) { exchangePreview(input: $input) {
            credit { amount } total { amount } difference { amount } } }";
        let mut asked = story.wish();
        for field in ["idempotencyKey", "expectedDifference"] {
            asked.as_object_mut().unwrap().remove(field);
        }
        let shown = story.order.holder.ask(preview, json!({ "input": asked })).await["exchangePreview"].clone();
        assert_eq!([&shown["credit"], &shown["total"], &shown["difference"]].map(amount), [OLD, NEW, MORE]);
        let selection = "exchange { id status return { id number status lines { id } } } replayed";
        let wish = async || {
            act(&story.order.holder, "exchangeRequest", "ExchangeRequestInput", selection, story.wish()).await
        };
        let exchange = wish().await["exchange"].clone();
        assert_eq!((&exchange["status"], &exchange["return"]["status"]), (&json!("AWAITING_RETURN"), &json!("REQUESTED")));
        assert_eq!(wish().await["replayed"], true);
        story.jobs().await;
        let number = exchange["return"]["number"].as_str().unwrap();
        contains(&mail_to(&story.app, HANAKO, number).0, &["vase × 1", "/r/"]);
        let boss = &story.desk.place.boss;
        let input = json!({ "returnId": exchange["return"]["id"] });
        act(boss, "returnApprove", "ReturnApproveInput", "return { status }", input).await;
        story.jobs().await;
        contains(&mail_to(&story.app, HANAKO, number).0, &["返品", &story.order.number]);

        story.comes(&exchange["return"]).await;
        let seen = story.seen(&exchange["id"]).await;
        assert_eq!((&seen["status"], amount(&seen["credit"])), (&json!("COMPLETED"), OLD));
        assert_eq!((&seen["return"]["status"], &seen["order"]["paymentStatus"]), (&json!("CLOSED"), &json!("PARTIALLY_PAID")));
        let work = &seen["order"]["fulfillmentOrders"][0];
        assert_eq!((&work["status"], &work["holdReason"]), (&json!("ON_HOLD"), &json!("AWAITING_PAYMENT")));
        let (told, url) = story.to_pay();
        contains(&told, &["lamp", &printed(MORE), seen["order"]["number"].as_str().unwrap()]);
        contains(&page(&url).await, &[&printed(NEW), &printed(OLD), &printed(MORE)]);
        let pay = &url[url.find("/pay/").unwrap()..];
        let [old, new] = [&json!(story.order.id), &seen["order"]["id"]].map(|id| story.order_page(id));
        contains(&page(&new).await, &["一部お支払い済み", "未払い額", &printed(MORE), "お支払い期限", pay]);
        let shown = page(&old).await;
        contains(&shown, &["交換の代金に充当", &printed(OLD), "交換品：lamp × 1", "交換品のご注文を見る"]);
        assert!(!shown.contains("<dt>返金"), "nothing went back to anybody\n{shown}");
        assert_eq!(send(&story.app, &url, "test").await, StatusCode::SEE_OTHER);
        contains(&page(&url).await, &["ありがとうございました"]);
        story.jobs().await;
        assert!(!page(&new).await.contains("未払い額"), "it is paid");

        let seen = story.seen(&exchange["id"]).await;
        assert_eq!(seen["order"]["paymentStatus"], "PAID");
        assert_eq!(taken(&seen["order"]), [("EXCHANGE".to_owned(), OLD, 0), ("TEST".to_owned(), MORE, 0)]);
        contains(&mail_to(&story.app, HANAKO, seen["order"]["number"].as_str().unwrap()).0, &[&printed(MORE)]);
        let gone = story.gone().await;
        assert_eq!((gone["refunds"].as_array().unwrap().len(), amount(&gone["refunds"][0]["amount"])), (1, OLD));
        story.desk.send(&seen["order"]["fulfillmentOrders"][0]["id"]).await;
        story.jobs().await;
        story.desk.audit().await;
    }
}

async fn with_stripe(world: &World) -> (Story, StripeStandIn) {
    let stripe = StripeStandIn::start().await.unwrap();
    let settings = [
        ("HITOTSU_STRIPE_SECRET_KEY", "sk_test_stand_in".to_owned()),
        ("HITOTSU_STRIPE_PUBLISHABLE_KEY", "pk_test_stand_in".to_owned()),
        ("HITOTSU_STRIPE_BASE_URL", stripe.url()),
    ];
    (Box::pin(Story::begin(TestApp::start_with(world, &settings).await)).await, stripe)
}

/// Hanako reserves the lamp's price on her card, by the link of the mail; the lamp leaves.
async fn secured(story: &Story, stripe: &StripeStandIn) -> Value {
    let exchange = story.in_advance().await;
    assert_eq!(exchange["status"], "PLACED");
    let (told, url) = story.to_pay();
    contains(&told, &["lamp × 1", &printed(NEW), "ご利用枠"]);
    let shown = page(&url).await;
    contains(&shown, &[&printed(NEW), "確保する額", "value=\"card\""]);
    assert!(!shown.contains("value=\"test\""), "only a card reserves: {shown}");
    assert!(stripe.intents().is_empty(), "whoever looks reserves nothing");
    assert_eq!(send(&story.app, &url, "card").await, StatusCode::SEE_OTHER);
    contains(&page(&url).await, &["data-client-secret=\"pi_1_secret_x\"", "を確保する"]);
    assert_eq!(stripe.intents()[0]["capture_method"], "manual");
    let seen = story.seen(&exchange["id"]).await;
    assert_eq!(seen["order"]["fulfillmentOrders"][0]["holdReason"], "AWAITING_PAYMENT");
    stripe.buyer_agrees();
    contains(&page(&url).await, &["ご利用枠を確保いたしました"]);
    story.jobs().await;
    let seen = story.seen(&exchange["id"]).await;
    assert_eq!(
        (&seen["order"]["paymentStatus"], &stripe.intents()[0]["amount_received"]),
        (&json!("AUTHORIZED"), &json!(0))
    );
    let due: chrono::DateTime<chrono::Utc> = seen["dueAt"].as_str().unwrap().parse().unwrap();
    assert!(due < story.app.world().now() + TimeDelta::days(7), "before the bank lets it go");
    story.desk.send(&seen["order"]["fulfillmentOrders"][0]["id"]).await;
    story.jobs().await;
    assert_eq!(stripe.intents()[0]["amount_received"], 0, "what left is not taken");
    exchange
}

both_databases! {
    /// In advance: secured by a card, the lamp leaves; the vase comes, and only the difference is taken.
    async fn new_goods_first(world: World) {
        let (story, stripe) = Box::pin(with_stripe(&world)).await;
        let exchange = secured(&story, &stripe).await;
        story.comes(&exchange["return"]).await;
        let seen = story.seen(&exchange["id"]).await;
        assert_eq!((&seen["status"], amount(&seen["credit"])), (&json!("COMPLETED"), OLD));
        assert_eq!((&seen["order"]["paymentStatus"], &seen["return"]["status"]), (&json!("PAID"), &json!("CLOSED")));
        assert_eq!(taken(&seen["order"]), [("EXCHANGE".to_owned(), OLD, 0), ("STRIPE".to_owned(), MORE, 0)]);
        let intent = &stripe.intents()[0];
        assert_eq!((&intent["amount_received"], &intent["amount_capturable"]), (&json!(MORE), &json!(0)));
        assert_eq!((stripe.intents().len(), stripe.refunds().len()), (1, 0));
        story.desk.audit().await;
        story.app.finish().await;
    }

    /// In advance, and nothing comes: all of it is taken before the bank lets it go. What comes later gives its money.
    async fn new_goods_and_nothing_back(world: World) {
        let (mut story, stripe) = Box::pin(with_stripe(&world)).await;
        let exchange = secured(&story, &stripe).await;
        world.advance(TimeDelta::days(6) + TimeDelta::hours(13));
        domain::returns::exchange::attend::attend_due(&world.ctx()).await.unwrap();
        story.jobs().await;
        story.desk.next_day(&story.app).await;
        let seen = story.seen(&exchange["id"]).await;
        assert_eq!((&seen["status"], &seen["order"]["paymentStatus"]), (&json!("DEFAULTED"), &json!("PAID")));
        assert_eq!(taken(&seen["order"]), [("STRIPE".to_owned(), NEW, 0)]);
        assert_eq!(stripe.intents()[0]["amount_received"], NEW);
        story.comes(&exchange["return"]).await;
        let gone = story.gone().await;
        assert_eq!((&gone["returns"][0]["status"], amount(&gone["refunds"][0]["amount"])), (&json!("INSPECTED"), OLD));
        contains(&mail_to(&story.app, HANAKO, &story.order.number).0, &[&printed(OLD), "返金"]);
        story.desk.audit().await;
        story.app.finish().await;
    }
}
