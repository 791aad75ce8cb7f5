//! Pages that tell how something ended: a survey that is over, a review that is not shown.

use chrono::TimeDelta;
use domain::messaging::PageLink;
use domain::survey::{self, Invite, invite};
use entity::id::{OrderLineId, ProductReviewId};
use entity::survey_answer;
use entity::words::SurveyVia;
use reqwest::StatusCode;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::links::{bought, link, look, make_ready, order_id, page};
use crate::harness::over_http;
use crate::money::desk::Desk;
use crate::stores::place::act;

const ANSWER: &str = "mutation($input: SurveyAnswerGiveInput!) { surveyAnswer(input: $input) {
    survey { state } errors { code message path } } }";
const LOOK: &str = "query($token: String!) { survey(token: $token) { state } }";

over_http! {
    /// Who follows the link of a survey after its day reads that it is over, on the page and in the API, for a month.
    async fn a_survey_that_is_over_says_so(app: TestApp) {
        let desk = Desk::open(&app).await;
        let order = order_id(&bought(&desk, "en").await);
        app.run_jobs().await;
        let ctx = app.world().ctx();
        let asked = ctx.write(|tx| async move {
            let asked = Invite {
                survey_code: "nps",
                order_id: Some(order),
                customer_id: None,
                via: SurveyVia::Page,
                dedupe_key: "verdict".to_owned(),
                flow_run_id: None,
                locale: "en".to_owned(),
            };
            invite(&tx, asked).await
        });
        let asked = asked.await.unwrap().unwrap();
        app.run_jobs().await;
        let token = survey::link(&app.world().services(), &asked).rsplit('/').next().unwrap().to_owned();
        let url = app.url(&format!("/s/{token}"));
        assert!(page(&url).await.contains("name=\"q.score\""));
        app.world().advance(asked.expires_at - app.world().now() + TimeDelta::seconds(1));
        let shown = page(&url).await;
        assert!(shown.contains("This survey is over.") && !shown.contains("q.score"), "{shown}");
        let shop = app.shop();
        let seen = shop.ask(LOOK, json!({ "token": token })).await["survey"].clone();
        assert_eq!(seen["state"], "EXPIRED");
        let input = json!({ "token": token, "answers": [{ "questionId": "score", "score": 9 }] });
        let codes = shop.send(ANSWER, json!({ "input": input })).await.codes("surveyAnswer");
        assert_eq!(codes, ["INVALID_CODE"]);
        assert_eq!(survey_answer::Entity::find().count(app.world().db()).await.unwrap(), 0);
        app.world().advance(TimeDelta::days(30));
        assert_eq!(look(&url).await.0, StatusCode::NOT_FOUND);
        assert_eq!(shop.ask(LOOK, json!({ "token": token })).await["survey"], Value::Null);
    }

    /// Whose review is not shown reads why.
    async fn a_review_that_is_not_shown_says_why(app: TestApp) {
        let desk = Desk::open(&app).await;
        let order = bought(&desk, "en").await;
        let cup = order.seen["lines"].as_array().unwrap().iter().find(|line| line["quantity"] == 1).unwrap();
        let line: OrderLineId = cup["id"].as_str().unwrap().parse().unwrap();
        let pickup = make_ready(&desk, &order).await;
        app.run_jobs().await;
        let code = order.read("pickups { code }").await["pickups"][0]["code"].clone();
        let input = json!({ "pickupId": pickup, "code": code, "idempotencyKey": "collected" });
        act(&desk.place.clerk, "pickupCollect", "PickupCollectInput", "pickup { status }", input).await;
        app.run_jobs().await;
        let url = link(&app, PageLink::Review, line.uuid());
        let done = app.form(&url, &[("rating", "1"), ("title", "Rude"), ("body", "Mr. Sato was rude.")]).send().await.unwrap();
        assert_eq!(done.status(), StatusCode::SEE_OTHER);
        assert!(!page(&url).await.contains("Why it is not shown"));
        let row = entity::product_review::Entity::find().one(app.world().db()).await.unwrap().unwrap();
        let id: ProductReviewId = row.id;
        let input = json!({ "reviewId": id.to_string(), "publish": false, "reason": "It names <b>a person</b>." });
        act(&desk.place.boss, "reviewModerate", "ReviewModerateInput", "review { status }", input).await;
        let shown = page(&url).await;
        assert!(shown.contains("Why it is not shown"), "{shown}");
        assert!(shown.contains("It names &#60;b&#62;a person&#60;/b&#62;."), "plain text: {shown}");
        let input = json!({ "reviewId": id.to_string(), "publish": true });
        act(&desk.place.boss, "reviewModerate", "ReviewModerateInput", "review { status }", input).await;
        assert!(!page(&url).await.contains("It names"));
        app.run_jobs().await;
    }
}
