//! Cards over a stand-in for Stripe: from the buyer's browser to the money, and what Stripe tells by itself.

use data_encoding::HEXLOWER;
use domain::Permission;
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::StatusCode;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use sha2::Sha256;
use support::stripe::{StripeAnswer, StripeStandIn};
use support::{World, both_databases};

use crate::harness::TestApp;
use crate::must_hold::shop::{self, Buyer};

const SECRET: &str = "whsec_of_the_stand_in";
const START: &str = "mutation($input: CartPaymentStartInput!) { cartPaymentStart(input: $input) {
    payment { id gateway } clientSecret errors { code message path } } }";
const COMPLETE: &str = "mutation($input: CartCompleteInput!) { cartComplete(input: $input) {
    order { id paymentStatus } errors { code message path } } }";

struct Story {
    app: TestApp,
    stripe: StripeStandIn,
    buyer: Buyer,
}

impl Story {
    async fn begin(world: &World) -> Self {
        let stripe = StripeStandIn::start().await.unwrap();
        let settings = [
            ("HITOTSU_STRIPE_SECRET_KEY", "sk_test_stand_in".to_owned()),
            ("HITOTSU_STRIPE_WEBHOOK_SECRET", SECRET.to_owned()),
            ("HITOTSU_STRIPE_BASE_URL", stripe.url()),
        ];
        let app = TestApp::start_with(world, &settings).await;
        let shop = shop::open(world, 3).await;
        let buyer = shop.buyer(&app.shop(), "hana@example.jp").await;
        Self { app, stripe, buyer }
    }

    fn world(&self) -> &World {
        self.app.world()
    }

    /// Runs the jobs, a moment later: facts of one moment have no order.
    async fn jobs(&self) {
        self.world().advance(chrono::TimeDelta::seconds(1));
        self.app.run_jobs().await;
        self.world().advance(chrono::TimeDelta::seconds(1));
    }

    fn start(&self) -> Value {
        json!({ "cartId": self.buyer.cart_id, "expectedTotal": self.buyer.total, "gateway": "STRIPE",
            "idempotencyKey": "start" })
    }

    fn complete(&self) -> Value {
        json!({ "cartId": self.buyer.cart_id, "expectedTotal": self.buyer.total, "payments": [], "idempotencyKey": "buy" })
    }

    /// Buys by card; answers the order.
    async fn buy(&self) -> entity::order::Model {
        let started = self.buyer.caller.run("cartPaymentStart", START, self.start()).await;
        assert_eq!(started["clientSecret"], "pi_1_secret_x", "{started}");
        self.stripe.buyer_agrees();
        let done = self.buyer.caller.run("cartComplete", COMPLETE, self.complete()).await;
        assert_eq!(done["order"]["paymentStatus"], "AUTHORIZED", "{done}");
        self.jobs().await;
        self.order().await
    }

    /// The code of what kept a call from being done.
    async fn refused(&self, field: &str, document: &str, input: Value) -> String {
        let payload = self.buyer.caller.ask(document, json!({ "input": input })).await[field].clone();
        payload["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    }

    async fn order(&self) -> entity::order::Model {
        entity::order::Entity::find().one(self.world().db()).await.unwrap().unwrap()
    }

    async fn facts(&self) -> Vec<String> {
        let rows = entity::payment_event::Entity::find().order_by_asc(entity::payment_event::Column::Id);
        let rows = rows.all(self.world().db()).await.unwrap();
        rows.iter().map(|row| format!("{} {}", row.kind, row.outcome)).collect()
    }

    async fn cancel(&self, order: &entity::order::Model) {
        let staff = self.world().staff(&[Permission::OrdersCancel, Permission::OrdersRead]).await;
        let idempotency_key = "cancel".to_owned();
        let input = CancelOrder {
            reason: entity::words::CancelReason::Customer,
            notify: false,
            order_id: order.id,
            lines: vec![],
            note: None,
            expected_version: None,
            idempotency_key,
        };
        cancel_order(&staff, input).await.unwrap();
        self.jobs().await;
    }

    async fn post(&self, secret: &str, body: &Value) -> StatusCode {
        let (stamp, body) = (self.world().now().timestamp(), body.to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{stamp}.{body}").as_bytes());
        let signature = format!("t={stamp},v1={}", HEXLOWER.encode(&mac.finalize().into_bytes()));
        let request = reqwest::Client::new().post(self.app.url("/webhooks/payments/stripe"));
        request.header("stripe-signature", signature).body(body).send().await.unwrap().status()
    }

    /// Stripe tells something, and it is handled.
    async fn told(&self, id: &str, kind: &str, object: Value) {
        let event = json!({ "id": id, "type": kind, "livemode": false, "data": { "object": object } });
        assert_eq!(self.post(SECRET, &event).await, StatusCode::OK);
        self.jobs().await;
    }
}

both_databases! {
    /// A card pays an order: reserved in the browser, taken once by a job; yen have no decimals.
    async fn a_card_pays(world: World) {
        let story = Story::begin(&world).await;
        let order = story.buy().await;
        assert_eq!(order.payment_status.as_str(), "PAID");
        let intents = story.stripe.intents();
        assert_eq!((intents.len(), &intents[0]["amount_received"], &intents[0]["currency"]), (1, &json!(1_100), &json!("jpy")));
        assert_eq!(intents[0]["capture_method"], "manual");
        story.app.finish().await;
    }

    /// A bank that says no, and one that asks the buyer first: no order without money.
    async fn a_declined_card_buys_nothing(world: World) {
        let story = Story::begin(&world).await;
        story.stripe.script([StripeAnswer::Decline]);
        let refused = story.refused("cartPaymentStart", START, story.start()).await;
        assert_eq!(refused, "PAYMENT_DECLINED");
        let mut again = story.start();
        again["idempotencyKey"] = json!("again");
        story.buyer.caller.run("cartPaymentStart", START, again).await;
        story.stripe.bank_asks();
        assert_eq!(story.refused("cartComplete", COMPLETE, story.complete()).await, "PAYMENT_MISMATCH");
        story.jobs().await;
        story.app.finish().await;
    }

    /// Stripe took the money and its answer got lost: asked again with the same key, it took it once.
    async fn an_answer_that_gets_lost_charges_once(world: World) {
        let story = Story::begin(&world).await;
        story.buyer.caller.run("cartPaymentStart", START, story.start()).await;
        story.stripe.buyer_agrees();
        story.buyer.caller.run("cartComplete", COMPLETE, story.complete()).await;
        story.stripe.script([StripeAnswer::HangUpAfterwards]);
        story.jobs().await;
        assert_eq!(story.order().await.payment_status.as_str(), "AUTHORIZED");
        world.advance(chrono::TimeDelta::minutes(5));
        story.jobs().await;
        assert_eq!(story.order().await.payment_status.as_str(), "PAID");
        assert_eq!(story.stripe.intents()[0]["amount_received"], 1_100);
        assert_eq!(story.facts().await.iter().filter(|fact| *fact == "CAPTURE SUCCESS").count(), 1);
        story.app.finish().await;
    }

    /// News that come before our own answer, twice, and late: the money is counted once.
    async fn news_come_before_the_answer(world: World) {
        let story = Story::begin(&world).await;
        story.buyer.caller.run("cartPaymentStart", START, story.start()).await;
        story.stripe.buyer_agrees();
        let intent = story.stripe.intents()[0].clone();
        for id in ["evt_1", "evt_1", "evt_2"] {
            story.told(id, "payment_intent.amount_capturable_updated", intent.clone()).await;
        }
        story.buyer.caller.run("cartComplete", COMPLETE, story.complete()).await;
        story.jobs().await;
        story.told("evt_0", "payment_intent.created", intent).await;
        assert_eq!(story.order().await.payment_status.as_str(), "PAID");
        assert_eq!(
            story.facts().await,
            ["AUTHORIZE PENDING", "AUTHORIZE SUCCESS", "CAPTURE PENDING", "CAPTURE SUCCESS"]
        );
        story.app.finish().await;
    }

    /// A refund that is on its way ends when Stripe says so; one that fails is told.
    async fn refunds_end_when_stripe_says_so(world: World) {
        let story = Story::begin(&world).await;
        let order = story.buy().await;
        story.stripe.script([StripeAnswer::PendingRefund]);
        story.cancel(&order).await;
        assert_eq!(story.facts().await[4..], ["REFUND PENDING"]);
        let mut refund = story.stripe.refunds()[0].clone();
        refund["status"] = json!("succeeded");
        story.told("evt_1", "refund.updated", refund.clone()).await;
        story.told("evt_2", "charge.refund.updated", refund).await;
        assert_eq!(story.facts().await[4..], ["REFUND PENDING", "REFUND SUCCESS"]);
        assert_eq!(story.order().await.payment_status.as_str(), "REFUNDED");
        story.app.finish().await;
    }

    /// A refund that Stripe cannot carry out is recorded as failed, and nothing went back.
    async fn a_failed_refund_is_a_fact(world: World) {
        let story = Story::begin(&world).await;
        let order = story.buy().await;
        story.stripe.script([StripeAnswer::FailedRefund]);
        story.cancel(&order).await;
        assert_eq!(story.facts().await[4..], ["REFUND PENDING", "REFUND FAILURE"]);
        story.app.finish().await;
    }

    /// Nobody else can tell us anything, and what is of another account or kind changes nothing.
    async fn only_stripe_is_believed(world: World) {
        let story = Story::begin(&world).await;
        let order = story.buy().await;
        let dispute = json!({ "id": "dp_1", "payment_intent": "pi_1", "amount": 1_100, "currency": "jpy", "status": "lost" });
        let event = |account: Option<&str>, livemode: bool| {
            json!({ "id": format!("evt_{account:?}_{livemode}"), "type": "charge.dispute.closed", "account": account,
                "livemode": livemode, "data": { "object": dispute } })
        };
        assert_eq!(story.post("whsec_wrong", &event(None, false)).await, StatusCode::UNAUTHORIZED);
        assert_eq!(story.post(SECRET, &json!([])).await, StatusCode::BAD_REQUEST);
        assert_eq!(story.post(SECRET, &event(Some("acct_9"), false)).await, StatusCode::OK);
        assert_eq!(story.post(SECRET, &event(None, true)).await, StatusCode::OK);
        story.told("evt_x", "customer.created", json!({ "id": "cus_1", "email": "hana@example.jp" })).await;
        assert_eq!(story.order().await.payment_status.as_str(), "PAID");
        story.told("evt_y", "charge.dispute.closed", dispute.clone()).await;
        assert_eq!(story.order().await.payment_status.as_str(), "REFUNDED");
        let kept = entity::gateway_event::Entity::find().all(world.db()).await.unwrap();
        assert!(kept.iter().all(|row| !row.payload.to_string().contains("hana@")), "no personal data is kept");
        assert_eq!((kept.len(), order.payment_status.as_str()), (4, "PAID"));
        story.app.finish().await;
    }

    /// The same news in eight requests at once, and then under another id: the money is gone once.
    async fn news_that_come_eight_times_count_once(world: World) {
        let story = Story::begin(&world).await;
        story.buy().await;
        let dispute = json!({ "id": "dp_1", "payment_intent": "pi_1", "amount": 1_100, "currency": "jpy", "status": "lost" });
        let event = |id: &str| {
            json!({ "id": id, "type": "charge.dispute.closed", "livemode": false, "data": { "object": dispute } })
        };
        let (same, other) = (event("evt_1"), event("evt_2"));
        let said = futures::future::join_all((0..8).map(|_| story.post(SECRET, &same))).await;
        assert!(said.iter().all(|status| *status == StatusCode::OK), "{said:?}");
        assert_eq!(story.post(SECRET, &other).await, StatusCode::OK);
        story.jobs().await;
        let facts = story.facts().await;
        assert_eq!(facts.iter().filter(|fact| *fact == "CHARGEBACK SUCCESS").count(), 1, "{facts:?}");
        assert_eq!(story.order().await.payment_status.as_str(), "REFUNDED");
        let kept = entity::gateway_event::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(kept.len(), 2, "each is kept once");
        story.app.finish().await;
    }
}
