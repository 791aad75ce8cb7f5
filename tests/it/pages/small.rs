//! Pages with one thing to do: gift cards, surveys, reviews, and back in stock.

use chrono::TimeDelta;
use domain::flow::back_in_stock::{Subscribe, subscribe};
use domain::messaging::PageLink;
use domain::survey::{Invite, invite};
use entity::id::OrderLineId;
use entity::words::{ReviewStatus, SurveyVia};
use entity::{back_in_stock, product_review, survey_answer};
use reqwest::StatusCode;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;

use super::doors::closed;
use super::links::{GUEST, bought, link, make_ready, order_id, page};
use crate::harness::{over_http, visitor};
use crate::money::desk::{Desk, printed, yen};
use crate::stores::mails::{link as mailed, mail_to};
use crate::stores::place::act;

over_http! {
    /// The code is typed however people type it; who guesses must wait, here as in the API.
    async fn a_gift_card_tells_its_balance(app: TestApp) {
        let desk = Desk::open(&app).await;
        let (_, code) = desk.gift_card(3_000).await;
        let url = app.url("/gift-card");
        assert!(page(&url).await.contains("name=\"code\""));
        let typed = code.to_lowercase().replace('-', " ");
        let shown = app.form(&url, &[("code", typed.as_str())]).send().await.unwrap();
        assert_eq!(shown.status(), StatusCode::OK);
        let shown = shown.text().await.unwrap();
        assert!(shown.contains(&printed(3_000)) && !shown.contains(&code), "{shown}");
        let empty = app.form(&url, &[("code", " ")]).send().await.unwrap();
        assert_eq!(empty.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let mut last = StatusCode::OK;
        for guess in 0..300 {
            let guess = format!("ABCD-EFGH-JKMN-PQRS-{guess:04}");
            last = app.form(&url, &[("code", guess.as_str())]).send().await.unwrap().status();
            if last == StatusCode::TOO_MANY_REQUESTS {
                break;
            }
            assert_eq!(last, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "who guesses must wait");
        app.run_jobs().await;
    }

    /// The mail that brings a card leads to its balance, as it is now, in the language of the mail, until the card runs out.
    async fn the_mail_of_a_gift_card_leads_to_its_balance(app: TestApp) {
        let desk = Desk::open(&app).await;
        let end = (app.world().now() + TimeDelta::days(20)).to_rfc3339();
        for (locale, label, heading) in
            [("ja", "残高を確認する", "ギフトカードの残高"), ("en", "See your balance", "Balance of a gift card")]
        {
            let to = format!("{locale}@example.jp");
            let input = json!({
                "channelId": desk.place.online.id.to_string(), "amount": yen(3_000), "reason": "a prize", "locale": locale,
                "recipientEmail": to, "expiresAt": end, "idempotencyKey": locale,
            });
            let made = act(&desk.place.boss, "giftCardIssue", "GiftCardIssueInput", "account { id } code", input).await;
            app.run_jobs().await;
            let (text, html) = mail_to(&app, &to, label);
            let path = mailed(&text, "/gift-card/");
            assert!(html.replace("&#x2f;", "/").contains(&path) && html.contains(label), "{html}");
            let url = app.url(&path);
            let shown = page(&format!("{url}?lang={locale}")).await;
            assert!(shown.contains(heading) && shown.contains(&printed(3_000)), "{shown}");
            let code = made["code"].as_str().unwrap();
            assert!(!shown.contains(code) && !shown.contains("<form"), "the page tells no code: {shown}");
            let basket = desk.place.basket(GUEST, locale, vec![desk.place.collected(&desk.place.cup, 1)]);
            let tender = json!([{ "gateway": "GIFT_CARD", "code": code }]);
            desk.cart(&app.shop(), basket).await.buy(tender).await;
            let shown = page(&url).await;
            assert!(shown.contains("¥800<") && !shown.contains(&printed(3_000)), "{shown}");
            app.run_jobs().await;
        }
        let (text, _) = mail_to(&app, "ja@example.jp", "残高を確認する");
        let url = app.url(&mailed(&text, "/gift-card/"));
        app.world().advance(TimeDelta::days(20));
        page(&url).await;
        app.world().advance(TimeDelta::seconds(1));
        closed(&url).await;
        app.leaves_jobs();
    }

    /// Asked once, answered once; a link with a score only ticks it.
    async fn a_survey_is_answered(app: TestApp) {
        let desk = Desk::open(&app).await;
        let order = order_id(&bought(&desk, "ja").await);
        app.run_jobs().await;
        let ctx = app.world().ctx();
        let asked = ctx.write(|tx| async move {
            let asked = Invite {
                survey_code: "nps",
                order_id: Some(order),
                customer_id: None,
                via: SurveyVia::Mail,
                dedupe_key: "small".to_owned(),
                flow_run_id: None,
                locale: "ja".to_owned(),
            };
            invite(&tx, asked).await
        });
        let asked = asked.await.unwrap().unwrap();
        let url = link(&app, PageLink::Survey, asked.id.uuid());
        let ticked = page(&format!("{url}?score=9")).await;
        assert!(ticked.contains("value=\"9\" required checked"), "{ticked}");
        let answers = || survey_answer::Entity::find().count(app.world().db());
        assert_eq!(answers().await.unwrap(), 0, "a link answers nothing");
        for (score, comment) in [("", "only words"), ("11", ""), ("x", "")] {
            let refused = app.form(&url, &[("q.score", score), ("q.comment", comment)]).send().await.unwrap();
            assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{score}");
            let text = refused.text().await.unwrap();
            assert!(text.contains("aria-invalid=\"true\"") && text.contains(comment), "{text}");
        }
        let said = [("q.score", "3"), ("q.comment", "遅い <b>")];
        let at_once = futures::future::join_all((0..2).map(|_| app.form(&url, &said).send())).await;
        for done in at_once.into_iter().chain([app.form(&url, &said).send().await]) {
            assert_eq!(done.unwrap().status(), StatusCode::SEE_OTHER, "two at once, and one after");
        }
        assert_eq!(answers().await.unwrap(), 1);
        assert!(page(&url).await.contains("ありがとうございました"));
        app.run_jobs().await;
    }

    /// Bought here, reviewed once, shown when staff have looked at it.
    async fn something_bought_is_reviewed(app: TestApp) {
        let desk = Desk::open(&app).await;
        let order = bought(&desk, "ja").await;
        let cup = order.seen["lines"].as_array().unwrap().iter().find(|line| line["quantity"] == 1).unwrap();
        let line: OrderLineId = cup["id"].as_str().unwrap().parse().unwrap();
        let url = link(&app, PageLink::Review, line.uuid());
        assert!(page(&url).await.contains("お届け後"), "it is not there yet");
        let early = app.form(&url, &[("rating", "5")]).send().await.unwrap();
        assert_eq!(early.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let pickup = make_ready(&desk, &order).await;
        app.run_jobs().await;
        let code = order.read("pickups { code }").await["pickups"][0]["code"].clone();
        let input = json!({ "pickupId": pickup, "code": code, "idempotencyKey": "collected" });
        act(&desk.place.clerk, "pickupCollect", "PickupCollectInput", "pickup { status }", input).await;
        app.run_jobs().await;
        assert!(page(&format!("{url}?rating=4")).await.contains("value=\"4\" required checked"));
        let refused = app.form(&url, &[("title", "とても <b>"), ("body", "よい")]).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text().await.unwrap().contains("とても &#60;b&#62;"), "what was written stays");
        let said = [("rating", "4"), ("title", "とても"), ("body", "よい")];
        let at_once = futures::future::join_all((0..2).map(|_| app.form(&url, &said).send())).await;
        for done in at_once.into_iter().chain([app.form(&url, &said).send().await]) {
            assert_eq!(done.unwrap().status(), StatusCode::SEE_OTHER, "two at once, and one after");
        }
        let rows = product_review::Entity::find().all(app.world().db()).await.unwrap();
        assert_eq!((rows.len(), rows[0].rating, rows[0].status), (1, 4, ReviewStatus::Pending));
        assert!(page(&url).await.contains("確認の後"));
        app.run_jobs().await;
    }

    /// Who waits for something gives it up by a button, not by looking; after its time the link opens nothing.
    async fn nobody_waits_against_their_will(app: TestApp) {
        let desk = Desk::open(&app).await;
        let wish = Subscribe {
            variant_id: desk.place.cup.id(),
            channel_id: desk.place.online.id,
            email: GUEST.to_owned(),
            locale: Some("ja".to_owned()),
            quantity: None,
        };
        let wish = subscribe(&app.world().guest(), wish).await.unwrap();
        let url = link(&app, PageLink::BackInStock, wish.id.uuid());
        let canceled = || async {
            let row = back_in_stock::Entity::find_by_id(wish.id).one(app.world().db()).await.unwrap().unwrap();
            row.canceled_at.is_some()
        };
        assert!(page(&url).await.contains("cup"));
        assert!(!canceled().await);
        for _ in 0..2 {
            let done = app.form(&url, &[("action", "cancel")]).send().await.unwrap();
            assert_eq!(done.status(), StatusCode::SEE_OTHER);
            assert!(canceled().await);
        }
        assert!(page(&url).await.contains("取り消しました"));
        app.world().advance(TimeDelta::days(31));
        assert_eq!(visitor().get(&url).send().await.unwrap().status(), StatusCode::NOT_FOUND);
        app.leaves_jobs();
    }
}
