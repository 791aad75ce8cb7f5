//! What customers say, over HTTP: a survey by its link and at a till, and reviews from the queue to the storefront.

use chrono::TimeDelta;
use domain::messaging::page_links::{self, PageLink};
use entity::id::OrderLineId;
use serde_json::{Value, json};

use crate::harness::{TestApp, over_http};
use crate::money::desk::{Desk, HANAKO, Ordered, yen};
use crate::stores::place::{act, refused};

/// Hanako buys a cup, which the warehouse sends.
async fn bought(desk: &Desk) -> Ordered {
    let input = desk.place.basket(HANAKO, "ja", vec![desk.place.sent(&desk.place.cup, 1)]);
    let order = desk.cart(&desk.hanako, input).await.buy(json!([{ "gateway": "TEST" }])).await;
    let input = json!({
        "fulfillmentOrderId": order.seen["fulfillmentOrders"][0]["id"], "idempotencyKey": "move",
        "locationId": desk.place.warehouse.id.to_string(),
    });
    let selection = "fulfillmentOrder { id }";
    let moved = act(&desk.place.boss, "fulfillmentOrderMove", "FulfillmentOrderMoveInput", selection, input).await;
    desk.send(&moved["fulfillmentOrder"]["id"]).await;
    order
}

fn line(order: &Ordered) -> String {
    order.seen["lines"][0]["id"].as_str().unwrap().to_owned()
}

async fn nps(desk: &Desk) -> Value {
    let all =
        desk.place.boss.ask("{ surveys { id code kind questions { id text(locale: \"ja\") } } }", json!({})).await;
    let found = all["surveys"].as_array().unwrap().iter().find(|survey| survey["code"] == "nps");
    found.unwrap_or_else(|| panic!("no NPS: {all}")).clone()
}

const ANSWER: &str = "mutation($input: SurveyAnswerGiveInput!) { surveyAnswer(input: $input) {
    survey { state thanks(locale: \"ja\") } errors { code message path } } }";

/// A low score by the link, a rule that holds, a mail to staff, the list, the figures.
async fn by_link(app: &TestApp, desk: &Desk, order: &Ordered) {
    let boss = &desk.place.boss;
    let survey = nps(desk).await;
    let rule = json!({
        "surveyId": survey["id"], "name": "Call back", "maxScore": 6, "words": ["割れ"], "recipients": ["desk@staff.example"],
    });
    act(boss, "surveyAlertSave", "SurveyAlertSaveInput", "alert { id words }", rule).await;
    let wish = json!({ "surveyCode": "nps", "orderId": order.id, "via": "API", "idempotencyKey": "ask" });
    let selection = "invitation { id order { number } carrier } url token replayed";
    let asked = act(boss, "surveyInvite", "SurveyInviteInput", selection, wish.clone()).await;
    let again = act(boss, "surveyInvite", "SurveyInviteInput", selection, wish).await;
    assert_eq!((&again["token"], &again["replayed"]), (&asked["token"], &json!(true)));
    assert_eq!(asked["invitation"]["carrier"], "YAMATO");
    let token = asked["token"].as_str().unwrap();
    assert!(asked["url"].as_str().unwrap().ends_with(&format!("/s/{token}")), "{asked}");
    let shop = app.shop();
    let look =
        "query($token: String!) { survey(token: $token) { state kind questions { id text(locale: \"ja\") max } } }";
    let seen = shop.ask(look, json!({ "token": token })).await;
    assert_eq!((&seen["survey"]["state"], &seen["survey"]["questions"][0]["max"]), (&json!("OPEN"), &json!(10)));
    for wrong in ["nonsense", &token[1..], &format!("{token}A")] {
        assert_eq!(shop.ask(look, json!({ "token": wrong })).await["survey"], Value::Null);
    }
    let input = json!({ "token": token, "answers": [
        { "questionId": "score", "score": 2 }, { "questionId": "comment", "text": "カップが割れていました。花子" } ] });
    let done = shop.run("surveyAnswer", ANSWER, input.clone()).await;
    assert_eq!(done["survey"]["state"], "ANSWERED");
    assert!(done["survey"]["thanks"].as_str().unwrap().contains("ありがとう"));
    let again = shop.send(ANSWER, json!({ "input": input })).await;
    assert_eq!(again.codes("surveyAnswer"), ["ALREADY_ANSWERED"]);
    app.run_jobs().await;
    let mails = app.smtp().mails();
    assert_eq!(mails.iter().filter(|mail| mail.to == ["desk@staff.example"]).count(), 1);
    let list = "{ surveyAnswers(filter: { alerted: true }) { totalCount nodes { score comment
        values { questionId score text } alerts { name } invitation { order { number } channel { code } } } } }";
    let found = boss.ask(list, json!({})).await["surveyAnswers"].clone();
    assert_eq!((&found["totalCount"], &found["nodes"][0]["score"]), (&json!(1), &json!(2)));
    assert_eq!(found["nodes"][0]["alerts"], json!([{ "name": "Call back" }]));
    assert_eq!(found["nodes"][0]["invitation"]["order"]["number"], order.number.as_str());
    let today = (app.world().now() + TimeDelta::hours(9)).date_naive().to_string();
    let trend = "query($id: ID!, $day: Date!, $by: SurveyTrendBy!) { surveyTrend(surveyId: $id, from: $day, to: $day, by: $by) {
        week id name invited answered n responseRate { value low high } nps { value low } mean { value } promoters detractors } }";
    for by in ["WEEK", "CHANNEL", "LOCATION", "CARRIER", "CATEGORY"] {
        let variables = json!({ "id": survey["id"], "day": today, "by": by });
        let figures = boss.ask(trend, variables).await["surveyTrend"].clone();
        assert_eq!(figures.as_array().unwrap().len(), 1, "{by}: {figures}");
        let one = &figures[0];
        assert_eq!((&one["invited"], &one["n"], &one["detractors"]), (&json!(1), &json!(1), &json!(1)), "{by}");
        assert_eq!((&one["nps"]["value"], &one["nps"]["low"]), (&json!("-100"), &Value::Null), "{by}");
        assert_eq!((&one["mean"]["value"], &one["responseRate"]["value"]), (&json!("2"), &json!("1")));
        let name = match by {
            "CHANNEL" => json!(desk.place.online.name),
            "CARRIER" => json!("YAMATO"),
            _ => Value::Null,
        };
        assert_eq!(one["name"], name, "{by}");
    }
    filtered(desk, &survey, &today).await;
}

/// The weeks of one channel, carrier or store: only what was asked about these.
async fn filtered(desk: &Desk, survey: &Value, day: &str) {
    let weeks = "query($id: ID!, $day: Date!, $of: SurveyTrendFilterInput!) {
        surveyTrend(surveyId: $id, from: $day, to: $day, by: WEEK, filter: $of) { invited } }";
    for (of, invited) in [
        (json!({}), 1),
        (json!({ "carriers": ["YAMATO"], "channelIds": [desk.place.online.id.to_string()] }), 1),
        (json!({ "carriers": ["SAGAWA"] }), 0),
        (json!({ "locationIds": [desk.place.warehouse.id.to_string()] }), 0),
    ] {
        let found = desk.place.boss.ask(weeks, json!({ "id": survey["id"], "day": day, "of": of })).await;
        assert_eq!(found["surveyTrend"][0]["invited"], invited, "{of}");
    }
}

/// A sale at a till, and what its buyer taps on the screen.
async fn at_the_till(desk: &Desk) {
    let survey = json!({ "code": "counter", "name": "Counter", "kind": "CSAT", "atTill": true });
    let saved = act(&desk.place.boss, "surveySave", "SurveySaveInput", "survey { id version }", survey).await;
    let input = json!({ "openingFloat": yen(30_000), "idempotencyKey": "open" });
    act(&desk.far, "registerSessionOpen", "RegisterSessionOpenInput", "session { id }", input).await;
    let input = json!({
        "lines": [{ "variantId": desk.place.cup.id().to_string(), "quantity": 1 }],
        "payments": [{ "gateway": "CASH", "tendered": yen(3_000) }], "idempotencyKey": "sale",
    });
    let sale = act(&desk.far, "posSale", "PosSaleInput", "order { id }", input).await["order"]["id"].clone();
    let after = "query($id: ID!) { surveyAfterSale(orderId: $id) { id code alerts { id } questions { id } } }";
    let asked = desk.far.ask(after, json!({ "id": sale })).await["surveyAfterSale"].clone();
    assert_eq!((&asked["id"], &asked["code"]), (&saved["survey"]["id"], &json!("counter")));
    let tapped = |key: &str, score: i64| {
        json!({
            "orderId": sale, "surveyId": asked["id"], "idempotencyKey": key,
            "answers": [{ "questionId": "score", "score": score }],
        })
    };
    let (field, kind) = ("surveyAnswerAtTill", "SurveyAnswerAtTillInput");
    let first = act(&desk.far, field, kind, "answeredAt", tapped("tap", 5)).await;
    assert_eq!(act(&desk.far, field, kind, "answeredAt", tapped("tap", 5)).await, first, "the same answer again");
    assert_eq!(refused(&desk.far, field, kind, tapped("tap", 4)).await, ["IDEMPOTENCY_KEY_REUSED"]);
    assert_eq!(refused(&desk.far, field, kind, tapped("other", 5)).await, ["ALREADY_ANSWERED"]);
    assert_eq!(desk.far.ask(after, json!({ "id": sale })).await["surveyAfterSale"], Value::Null);
}

const CREATE: &str = "mutation($input: ReviewCreateInput!) { reviewCreate(input: $input) {
    review { id status version customerId } errors { code message path } } }";
const PRODUCT: &str =
    "query($slug: String!) { product(by: { slug: $slug }) { rating { count mean distribution { rating count } }
    reviews(first: 2) { title body author status reply orderLineId } } }";

over_http! {
    /// A survey by its link, with an alarm; and one on the screen of a till.
    async fn surveys_are_answered(app: TestApp) {
        domain::survey::ready_made::plant(&app.world().ctx()).await.unwrap();
        let desk = Desk::open(&app).await;
        let order = bought(&desk).await;
        app.run_jobs().await;
        by_link(&app, &desk, &order).await;
        at_the_till(&desk).await;
        app.run_jobs().await;
        desk.audit().await;
    }

    /// Too early, then written, read by staff, published, answered, and shown on the storefront in few statements.
    async fn reviews_reach_the_storefront(app: TestApp) {
        let mut desk = Desk::open(&app).await;
        let order = bought(&desk).await;
        app.run_jobs().await;
        let review = json!({ "orderLineId": line(&order), "rating": 4, "author": "花子", "title": "軽い", "body": "<b>毎朝</b>使います。" });
        let early = desk.hanako.send(CREATE, json!({ "input": review })).await;
        assert_eq!(early.codes("reviewCreate"), ["NOT_REVIEWABLE"]);
        app.world().advance(TimeDelta::days(8));
        desk.next_day(&app).await;
        app.run_jobs().await;
        let stranger = app.shop().send(CREATE, json!({ "input": review })).await;
        assert_eq!(stranger.top_codes(), ["UNAUTHENTICATED"]);
        let written = desk.hanako.run("reviewCreate", CREATE, review.clone()).await;
        assert_eq!((&written["review"]["status"], &written["review"]["customerId"]), (&json!("PENDING"), &Value::Null));
        let twice = desk.hanako.send(CREATE, json!({ "input": review })).await;
        assert_eq!(twice.codes("reviewCreate"), ["ALREADY_REVIEWED"]);
        let services = app.world().services();
        let id: OrderLineId = line(&order).parse().unwrap();
        let until = app.world().now() + TimeDelta::days(1);
        let token = page_links::token(&services.secrets, PageLink::Review, id.uuid(), until);
        let look = "query($token: String) { reviewable(token: $token) { refusal productId review { status version } } }";
        let seen = app.shop().ask(look, json!({ "token": token })).await["reviewable"].clone();
        assert_eq!(seen["review"], json!({ "status": "PENDING", "version": 1 }));
        assert_eq!(app.shop().ask(look, json!({ "token": "nonsense" })).await["reviewable"], Value::Null);
        let edit = "mutation($input: ReviewEditInput!) { reviewEdit(input: $input) {
            review { version rating } errors { code message path } } }";
        let other = json!({ "token": token, "expectedVersion": 1, "rating": 5, "author": "花子", "title": "軽い", "body": "<b>毎朝</b>使います。" });
        assert_eq!(app.shop().run("reviewEdit", edit, other).await["review"], json!({ "version": 2, "rating": 5 }));
        let slug = json!({ "slug": desk.place.cup.product.slug });
        let shop = app.shop().header("x-channel", &desk.place.online.code);
        assert_eq!(shop.ask(PRODUCT, slug.clone()).await["product"]["rating"]["count"], 0);
        let queue = "{ reviews(filter: { statuses: [PENDING] }) { totalCount nodes { id version orderLineId customerId } } }";
        let boss = &desk.place.boss;
        let waiting = boss.ask(queue, json!({})).await["reviews"].clone();
        assert_eq!((&waiting["totalCount"], &waiting["nodes"][0]["orderLineId"]), (&json!(1), &json!(line(&order))));
        let id = &waiting["nodes"][0]["id"];
        let publish = json!({ "reviewId": id, "expectedVersion": 2, "publish": true });
        act(boss, "reviewModerate", "ReviewModerateInput", "review { status }", publish).await;
        let reply = json!({ "reviewId": id, "reply": "ありがとうございます。" });
        act(boss, "reviewReply", "ReviewReplyInput", "review { reply }", reply).await;
        let product = shop.ask(PRODUCT, slug).await["product"].clone();
        assert_eq!((&product["rating"]["count"], &product["rating"]["mean"]), (&json!(1), &json!("5")));
        assert_eq!(product["rating"]["distribution"][0], json!({ "rating": 5, "count": 1 }));
        let shown = &product["reviews"][0];
        assert_eq!((&shown["body"], &shown["reply"]), (&json!("<b>毎朝</b>使います。"), &json!("ありがとうございます。")));
        assert_eq!(shown["orderLineId"], Value::Null);
        let withdraw = "mutation($input: ReviewWithdrawInput!) { reviewWithdraw(input: $input) { errors { code } } }";
        let late = app.shop().send(withdraw, json!({ "input": { "token": token } })).await;
        assert_eq!(late.codes("reviewWithdraw"), ["INVALID_TRANSITION"]);
        let list = "{ products(first: 24) { nodes { rating { count } reviews(first: 3) { title } } } }";
        shop.ask(list, json!({})).await;
        let answer = shop.send(list, json!({})).await;
        assert!(answer.statements.unwrap() <= 6, "{answer:?}");
        let all = "query($id: ID!) { productReviews(productId: $id, rating: 5) { totalCount nodes { title } } }";
        let all = shop.ask(all, json!({ "id": desk.place.cup.product.id.to_string() })).await["productReviews"].clone();
        assert_eq!(all, json!({ "totalCount": 1, "nodes": [{ "title": "軽い" }] }));
        app.run_jobs().await;
        desk.audit().await;
    }
}
