//! The log of messages where support works, and the button of mail programs, as a provider presses it.

use chrono::TimeDelta;
use domain::Permission;
use domain::access::{CreateApiKey, create_api_key};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::smtp::{Answer, Mail};

use super::learning::{hanako, signed, told, wants_offers};
use crate::harness::{Caller, TestApp, over_http};
use crate::must_hold::shop::{self, CART_COMPLETE, Shop};

const EMAIL: &str = "hanako@example.jp";
const OF_ORDER: &str = "query($by: OrderLookupInput!, $filter: MessageFilterInput!) { order(by: $by) {
    messages(first: 10, filter: $filter) { totalCount nodes {
        id status error reason attempts canResend recipient messageId events { kind detail } } } } }";
const OF_CUSTOMER: &str = "query($by: CustomerLookupInput!) { customer(by: $by) {
    messages(first: 10) { totalCount nodes { id status reason template } } } }";
const RESEND: &str = "mutation($input: MessageResendInput!) { messageResend(input: $input) {
    message { id status reason } replayed errors { code message path } } }";
const STOPS: &str = "query($filter: SuppressionFilterInput!) { suppressions(first: 10, filter: $filter) {
    nodes { id reason scope note messageId } } }";
const LIFT: &str = "mutation($input: SuppressionRemoveInput!) { suppressionRemove(input: $input) {
    suppressionId errors { code message path } } }";
const FIGURES: &str = "query($from: DateTime!, $until: DateTime!) {
    messageFigures(from: $from, until: $until, groupBy: [TEMPLATE]) {
        template queued sent failed suppressed delivered bounced } }";
const POLICY: &str = "mutation($input: MessagePolicySaveInput!) { messagePolicySave(input: $input) {
    messagePolicy { version } errors { code message path } } }";

/// Somebody with just these permissions, everywhere.
async fn desk(app: &TestApp, permissions: &[Permission]) -> Caller {
    let input = CreateApiKey {
        name: "desk".to_owned(),
        permissions: permissions.iter().map(|permission| permission.as_str().to_owned()).collect(),
        location_ids: Vec::new(),
        expires_at: None,
    };
    let key = create_api_key(&app.world().ctx(), input).await.unwrap();
    app.staff().header("authorization", &format!("Bearer {}", key.secret))
}

/// A guest's order.
async fn buy(app: &TestApp, shop: &Shop) -> Value {
    let buyer = shop.buyer(&app.shop(), EMAIL).await;
    buyer.caller.run("cartComplete", CART_COMPLETE, buyer.completion("log")).await["order"].clone()
}

/// The confirmations of an order, newest first, as support sees them.
async fn log(desk: &Caller, order: &Value) -> Vec<Value> {
    let variables = json!({ "by": { "id": order["id"] }, "filter": { "template": "order_confirmation" } });
    let seen = desk.ask(OF_ORDER, variables).await["order"]["messages"].clone();
    let nodes = seen["nodes"].as_array().unwrap().clone();
    assert_eq!(seen["totalCount"], json!(nodes.len()));
    nodes
}

/// Sends a message again; the new one.
async fn again(app: &TestApp, desk: &Caller, message: &Value, key: &str) -> Value {
    app.world().advance(TimeDelta::seconds(1));
    let input = json!({ "messageId": message["id"], "idempotencyKey": key });
    desk.run("messageResend", RESEND, input).await["message"].clone()
}

fn arrived(app: &TestApp, message_id: &Value) -> Vec<Mail> {
    let wanted = message_id.as_str().map(str::to_owned);
    app.smtp().mails().into_iter().filter(|mail| mail.header("Message-ID") == wanted).collect()
}

/// What a mail program finds in the header: the path of the address at this server.
fn button(mail: &Mail) -> String {
    assert_eq!(mail.header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    let header = mail.header("List-Unsubscribe").unwrap();
    let url = header.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap();
    url.strip_prefix("https://shop.example").unwrap().to_owned()
}

/// The channel may ask and advertise.
async fn allow_offers(app: &TestApp, channel_id: &str) {
    let input = json!({
        "channelId": channel_id, "quietFrom": "21:00", "quietUntil": "09:00", "timeZone": "Asia/Tokyo",
        "capCount": 9, "capDays": 7, "trackOpens": false,
        "consentWording": [{ "locale": "ja", "text": "お知らせを受け取ります。" }],
    });
    desk(app, &[Permission::PlacesWrite]).await.run("messagePolicySave", POLICY, input).await;
}

over_http! {
    /// Queued, sent, bounced, stopped; support finds out why on the order, lets the address through and sends it again.
    async fn support_mends_a_bounce_on_the_order(app: TestApp) {
        let world = app.world().clone();
        let from = world.now();
        let shop = shop::open(&world, 5).await;
        let support = desk(&app, &[Permission::OrdersRead, Permission::MessagesRead, Permission::MessagesSend]).await;
        app.smtp().script([Answer::Refuse(451)]);
        let order = buy(&app, &shop).await;
        app.run_jobs().await;
        let [waits] = log(&support, &order).await.try_into().unwrap();
        assert_eq!((&waits["status"], &waits["error"], &waits["attempts"]), (&json!("QUEUED"), &json!("SMTP 451"), &json!(1)));
        assert_eq!(waits["canResend"], json!(false));
        world.advance(TimeDelta::minutes(1));
        app.run_jobs().await;
        let [sent] = log(&support, &order).await.try_into().unwrap();
        assert_eq!((&sent["status"], &sent["recipient"], &sent["error"]), (&json!("SENT"), &json!(EMAIL), &Value::Null));
        assert_eq!(arrived(&app, &sent["messageId"]).len(), 1);
        let bounce = json!({ "events": [{ "kind": "BOUNCED", "messageId": sent["messageId"], "code": "5.1.1", "id": "b-1" }] });
        for expected in ["recorded", "known"] {
            let (status, answer) = told(signed(&app, "neutral", &bounce.to_string())).await;
            assert_eq!((status, &answer[expected]), (StatusCode::ACCEPTED, &json!(1)), "{answer}");
        }
        let [bounced] = log(&support, &order).await.try_into().unwrap();
        assert_eq!(bounced["events"], json!([{ "kind": "BOUNCED", "detail": "5.1.1" }]));
        let kept = again(&app, &support, &sent, "too early").await;
        assert_eq!((&kept["status"], &kept["reason"]), (&json!("SUPPRESSED"), &json!("SUPPRESSED_ADDRESS")));
        assert_eq!(log(&support, &order).await[0]["reason"], json!("SUPPRESSED_ADDRESS"), "the log says why");
        let of_address = json!({ "filter": { "address": "Hanako@Example.jp" } });
        let stops = support.ask(STOPS, of_address.clone()).await["suppressions"]["nodes"].clone();
        let because = json!([{ "id": stops[0]["id"], "reason": "BOUNCE", "scope": "ALL", "note": "5.1.1", "messageId": sent["id"] }]);
        assert_eq!(stops, because);
        support.run("suppressionRemove", LIFT, json!({ "id": stops[0]["id"] })).await;
        assert_eq!(support.ask(STOPS, of_address).await["suppressions"]["nodes"], json!([]));
        let second = again(&app, &support, &sent, "now").await;
        assert_eq!(second["status"], json!("QUEUED"));
        app.run_jobs().await;
        let all = log(&support, &order).await;
        let states: Vec<_> = all.iter().map(|message| message["status"].as_str().unwrap()).collect();
        assert_eq!(states, ["SENT", "SUPPRESSED", "SENT"]);
        assert_eq!(arrived(&app, &all[0]["messageId"]).len(), 1);
        assert_ne!(all[0]["messageId"], sent["messageId"], "servers drop copies of one that they have seen");
        let span = json!({ "from": from, "until": world.now() + TimeDelta::seconds(1) });
        let figures = support.ask(FIGURES, span).await["messageFigures"].clone();
        let mine = figures.as_array().unwrap().iter().find(|row| row["template"] == "order_confirmation").unwrap();
        let expected = json!({
            "template": "order_confirmation", "queued": 0, "sent": 2, "failed": 0, "suppressed": 1, "delivered": 0, "bounced": 1,
        });
        assert_eq!(mine, &expected);
        let variables = json!({ "by": { "id": order["id"] }, "filter": {} });
        let reader = desk(&app, &[Permission::OrdersRead]).await;
        assert_eq!(reader.send(OF_ORDER, variables).await.top_codes(), ["FORBIDDEN"], "orders are not messages");
        app.run_jobs().await;
    }

    /// A mailbox provider presses the button of a real mail: no cookie, no page, no form of ours. From then on no offer goes,
    /// and receipts do.
    async fn a_provider_presses_the_button_of_a_mail(app: TestApp) {
        let world = app.world().clone();
        let (id, offer) = hanako(&world).await;
        allow_offers(&app, &offer.channel_id.unwrap().to_string()).await;
        let support = desk(&app, &[Permission::OrdersRead, Permission::CustomersRead, Permission::MessagesRead, Permission::MessagesSend]).await;
        let offer = json!({ "id": offer.id.to_string() });
        let first = again(&app, &support, &offer, "first").await;
        assert_eq!((&first["status"], &first["reason"]), (&json!("QUEUED"), &Value::Null));
        app.run_jobs().await;
        let [mail] = app.smtp().mails().try_into().unwrap();
        let path = button(&mail);
        let provider = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        // Scanners look at every address of a mail before its reader does.
        for looked in [provider.get(app.url(&path)), provider.head(app.url(&path))] {
            assert_eq!(looked.send().await.unwrap().status(), StatusCode::SEE_OTHER);
        }
        assert!(wants_offers(&world, id).await, "looking ends nothing");
        world.advance(TimeDelta::minutes(1));
        let pressed = provider
            .post(app.url(&path))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("List-Unsubscribe=One-Click")
            .send()
            .await
            .unwrap();
        assert_eq!(pressed.status(), StatusCode::OK);
        assert!(pressed.headers().get("set-cookie").is_none() && pressed.text().await.unwrap().is_empty());
        assert!(!wants_offers(&world, id).await);
        world.advance(TimeDelta::minutes(2));
        let next = again(&app, &support, &offer, "next").await;
        assert_eq!((&next["status"], &next["reason"]), (&json!("SUPPRESSED"), &json!("NO_CONSENT")));
        let shop = shop::open(&world, 5).await;
        let order = buy(&app, &shop).await;
        app.run_jobs().await;
        let [receipt] = log(&support, &order).await.try_into().unwrap();
        assert_eq!(receipt["status"], json!("SENT"));
        let [receipt] = arrived(&app, &receipt["messageId"]).try_into().unwrap();
        assert_eq!((receipt.to, receipt.data.contains("List-Unsubscribe")), (vec![EMAIL.to_owned()], false));
        let theirs = support.ask(OF_CUSTOMER, json!({ "by": { "id": id.to_string() } })).await["customer"]["messages"].clone();
        let states: Vec<_> = theirs["nodes"].as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap()).collect();
        assert_eq!((&theirs["totalCount"], states), (&json!(3), vec!["SUPPRESSED", "SENT", "SENT"]));
    }

    /// Amazon's own address is taken note of; an address of anybody else is refused, and nobody is called.
    async fn a_subscription_is_confirmed_by_a_person(app: TestApp) {
        let ask = async |url: &str| {
            let body = json!({ "Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": url }).to_string();
            let request = reqwest::Client::new().post(app.url("/webhooks/mail/ses")).body(body);
            told(request.basic_auth("sns", Some("a secret of SES in tests"))).await
        };
        let (status, answer) = ask("https://sns.ap-northeast-1.amazonaws.com/?Action=ConfirmSubscription&Token=t").await;
        assert_eq!((status, &answer["received"]), (StatusCode::ACCEPTED, &json!(0)), "{answer}");
        // Not even this server, which would answer.
        for url in [app.url("/health/live"), "https://sns.example/x".to_owned(), "https://169.254.169.254/latest".to_owned()] {
            assert_eq!(ask(&url).await.0, StatusCode::BAD_REQUEST, "{url}");
        }
    }
}
