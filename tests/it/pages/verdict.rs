//! Pages that tell how something ended: a survey that is over, a review that is not shown.

use chrono::TimeDelta;
use domain::messaging::PageLink;
use domain::survey::{self, Invite, invite};
use entity::id::{OrderLineId, ProductReviewId};
use entity::survey_answer;
use entity::words::{ReviewStatus, SurveyVia};
use reqwest::StatusCode;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::html;
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

    /// Whose review is not shown reads why, and may say it in other words until it is shown.
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
        let said = [("rating", "1"), ("title", "Rude"), ("body", "Mr. Sato was rude."), ("author", "Hana")];
        let done = app.form(&url, &said).send().await.unwrap();
        assert_eq!(done.status(), StatusCode::SEE_OTHER);
        let waiting = page(&url).await;
        assert!(!waiting.contains("Why it is not shown") && waiting.contains("Name: Hana"), "{waiting}");
        let row = entity::product_review::Entity::find().one(app.world().db()).await.unwrap().unwrap();
        let id: ProductReviewId = row.id;
        let reject = json!({ "reviewId": id.to_string(), "publish": false, "reason": "It names <b>a person</b>." });
        act(&desk.place.boss, "reviewModerate", "ReviewModerateInput", "review { status }", reject.clone()).await;
        let shown = page(&url).await;
        assert!(shown.contains("Why it is not shown") && shown.contains("class=\"error\" role=\"status\""), "{shown}");
        assert!(shown.contains("It names &#60;b&#62;a person&#60;/b&#62;."), "plain text: {shown}");
        for kept in ["<details open>", "value=\"1\" required checked", "value=\"Rude\"", "Mr. Sato was rude.</textarea>"] {
            assert!(shown.contains(kept), "{kept} is not on\n{shown}");
        }
        html::check(&shown, "en", "a review that was rejected");
        let version = shown.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap();

        let long = "x".repeat(4_001);
        let wrong = [("version", version), ("title", long.as_str()), ("body", long.as_str()), ("author", long.as_str())];
        let refused = app.form(&url, &[&wrong[..], &[("rating", "2")][..]].concat()).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let text = refused.text().await.unwrap();
        html::check_failure(&text, "en", "a review that is too long");
        for said in ["Title: Use at most 120", "In your words: Use at most 4000", "Name: Use at most 60"] {
            assert!(text.contains(&format!("<p>{said} characters.</p>")), "{said}: {text}");
        }
        assert_eq!(text.matches("aria-invalid=\"true\"").count(), 3, "all that is wrong, at once: {text}");
        let unstarred = app.form(&url, &[("version", version), ("title", "Slow")]).send().await.unwrap();
        assert!(unstarred.text().await.unwrap().contains("Please choose one."));

        let better = [("version", version), ("rating", "2"), ("title", "Slow"), ("body", "It took\r\nlong.")];
        for _ in 0..2 {
            let done = app.form(&url, &better).send().await.unwrap();
            assert_eq!(done.status(), StatusCode::SEE_OTHER, "the same page sent twice says it once");
        }
        let stale = app.form(&url, &[("version", version), ("rating", "5")]).send().await.unwrap();
        assert_eq!(stale.status(), StatusCode::UNPROCESSABLE_ENTITY, "something else, on top of what was not seen");
        assert!(stale.text().await.unwrap().contains("something changed meanwhile"));
        let row = entity::product_review::Entity::find().one(app.world().db()).await.unwrap().unwrap();
        assert_eq!((row.rating, row.body.as_str(), row.status), (2, "It took\nlong.", ReviewStatus::Pending));
        let again = page(&url).await;
        assert!(again.contains("It is shown when we have looked at it") && !again.contains("It names"), "{again}");

        act(&desk.place.boss, "reviewModerate", "ReviewModerateInput", "review { status }", reject).await;
        assert!(page(&url).await.contains("It names"));
        let input = json!({ "reviewId": id.to_string(), "publish": true });
        act(&desk.place.boss, "reviewModerate", "ReviewModerateInput", "review { status }", input).await;
        let published = page(&url).await;
        assert!(!published.contains("It names") && !published.contains("name=\"version\""), "{published}");
        let late = [("version", "9"), ("rating", "5")];
        assert_eq!(app.form(&url, &late).send().await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
        app.run_jobs().await;
    }
}
