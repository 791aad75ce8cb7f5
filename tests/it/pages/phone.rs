//! The pages in a real browser of a phone's width with its scripts off, in both languages: what is to be done there is done
//! with a thumb.

use domain::messaging::PageLink;
use domain::survey::{Invite, invite};
use entity::id::OrderLineId;
use entity::words::SurveyVia;
use entity::{message, return_photo};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::links::{bought, large_pot, link, make_ready, order_id, policy, pots, reasons, send};
use crate::harness::{Browser, over_http};
use crate::money::desk::Desk;
use crate::stores::place::act;

/// A square picture without compression: of 1,200 pixels it has 4 MB.
fn picture(side: u32) -> Vec<u8> {
    let pixels = side * side * 3;
    let mut file = b"BM".to_vec();
    for number in [54 + pixels, 0, 54, 40, side, side] {
        file.extend(number.to_le_bytes());
    }
    file.extend([1, 0, 24, 0]);
    for number in [0, pixels, 2_835, 2_835, 0, 0] {
        file.extend(number.to_le_bytes());
    }
    file.extend((0..pixels).map(|at| (at / 3 % side / 8 * (at / 3 / side / 8)) as u8));
    file
}

over_http! {
    /// An order's life: looked at, asked back in part, exchanged instead; its receipt and its way into an account.
    async fn a_phone_follows_an_order(app: TestApp) {
        let desk = Desk::open(&app).await;
        let Some(mut browser) = Browser::start(&app).await else { return app.leaves_jobs() };
        policy(&desk).await;
        reasons(&desk).await;
        large_pot(&desk, 5).await;
        for (lang, ready, returned, agreed) in [
            ("ja", "お受け取りいただけます", "返品票", "交換を申し込む"),
            ("en", "Ready to collect", "Return slip", "Request this exchange"),
        ] {
            let order = bought(&desk, lang).await;
            let id = order_id(&order).uuid();
            let url = link(&app, PageLink::Order, id);
            browser.open(&url).await;
            browser.page(&format!("order-placed-{lang}"), lang).await;
            send(&desk, &order).await;
            make_ready(&desk, &order).await;
            browser.open(&url).await;
            let text = browser.page(&format!("order-{lang}"), lang).await;
            assert!(text.contains(ready) && text.contains(&order.number), "{text}");

            browser.open(&link(&app, PageLink::ReturnRequest, id)).await;
            browser.page(&format!("return-choose-{lang}"), lang).await;
            let field = json!(format!("units.{}", pots(&order)));
            browser.value(&format!("document.getElementsByName({field})[0].value = 1")).await;
            browser.press("button[value=preview]").await;
            browser.page(&format!("return-confirm-{lang}"), lang).await;
            browser.press("button[value=send]").await;
            let text = browser.page(&format!("return-slip-{lang}"), lang).await;
            assert!(text.contains(returned), "{text}");

            browser.press("main a[href^='/exchange/']").await;
            browser.page(&format!("exchange-choose-{lang}"), lang).await;
            browser.value("document.querySelector('select').selectedIndex = 1").await;
            browser.press("button[value=preview]").await;
            let text = browser.page(&format!("exchange-confirm-{lang}"), lang).await;
            assert!(text.contains(agreed), "{text}");
            browser.press("button[value=send]").await;
            let text = browser.page(&format!("exchange-slip-{lang}"), lang).await;
            assert!(text.contains(returned), "{text}");

            for (page, shot) in [(PageLink::Receipt, "receipt"), (PageLink::ClaimOrder, "claim")] {
                browser.open(&link(&app, page, id)).await;
                let text = browser.page(&format!("{shot}-{lang}"), lang).await;
                assert!(text.contains(&order.number), "{text}");
            }
            let mine = order.read("returns { id kind status }").await;
            let kinds: Vec<&str> = mine["returns"].as_array().unwrap().iter().filter_map(|it| it["kind"].as_str()).collect();
            assert_eq!(kinds, ["RETURN", "EXCHANGE"], "{mine}");
            let other = if lang == "ja" { "en" } else { "ja" };
            browser.open(&url).await;
            browser.press("header nav a").await;
            browser.page(&format!("order-from-{lang}-switched"), other).await;
        }
        app.run_jobs().await;
    }

    /// Pictures of phones are larger than we take: where scripts are on, the page makes them smaller.
    async fn a_phone_sends_a_large_picture(app: TestApp) {
        let desk = Desk::open(&app).await;
        let Some(mut browser) = Browser::start(&app).await else { return app.leaves_jobs() };
        let order = bought(&desk, "ja").await;
        send(&desk, &order).await;
        browser.scripts(true).await;
        browser.open(&link(&app, PageLink::ReturnRequest, order_id(&order).uuid())).await;
        let field = json!(format!("units.{}", pots(&order)));
        browser.value(&format!("document.getElementsByName({field})[0].value = 1")).await;
        browser.press("button[value=preview]").await;
        let file = std::env::temp_dir().join(format!("hitotsu-{}.bmp", app.world().new_uuid()));
        std::fs::write(&file, picture(1_200)).unwrap();
        browser.choose_file("input[type=file]", &file).await;
        std::fs::remove_file(&file).unwrap();
        let chosen = "[...document.querySelector('input[type=file]').files].map(it => [it.type, it.size < 1048576])";
        assert_eq!(browser.value(chosen).await, json!([["image/jpeg", true]]));
        browser.press("button[value=send]").await;
        assert!(browser.text("return-with-picture").await.contains("返品票"));
        let kept = return_photo::Entity::find().all(app.world().db()).await.unwrap();
        assert_eq!(kept.iter().map(|row| row.content_type.as_str()).collect::<Vec<_>>(), ["image/jpeg"]);
        app.run_jobs().await;
    }

    /// An order that nobody has begun to work on is canceled with two touches.
    async fn a_phone_cancels_an_order(app: TestApp) {
        let desk = Desk::open(&app).await;
        let Some(mut browser) = Browser::start(&app).await else { return app.leaves_jobs() };
        for (lang, told) in [("ja", "キャンセルされました"), ("en", "was canceled")] {
            let order = bought(&desk, lang).await;
            browser.open(&link(&app, PageLink::Order, order_id(&order).uuid())).await;
            browser.value("document.querySelector('summary').click()").await;
            browser.page(&format!("order-cancel-{lang}"), lang).await;
            browser.press("details button").await;
            let text = browser.page(&format!("order-canceled-{lang}"), lang).await;
            assert!(text.contains(told), "{text}");
            assert_eq!(order.read("status").await["status"], "CANCELED");
        }
        app.run_jobs().await;
    }

    /// What one says and wants: a survey, a review, what one hears of; and a card's balance, a cart, a page that is not there.
    async fn a_phone_says_what_its_owner_thinks(app: TestApp) {
        let desk = Desk::open(&app).await;
        let Some(mut browser) = Browser::start(&app).await else { return app.leaves_jobs() };
        let (_, code) = desk.gift_card(3_000).await;
        for (lang, answered, reviewed, noted, missing) in [
            ("ja", "ありがとうございました", "確認の後", "設定を保存しました", "ページが見つかりません"),
            ("en", "Thank you", "when we have looked at it", "Your wish is noted", "There is no such page"),
        ] {
            let order = bought(&desk, lang).await;
            let pickup = make_ready(&desk, &order).await;
            let proof = order.read("pickups { code }").await["pickups"][0]["code"].clone();
            let input = json!({ "pickupId": pickup, "code": proof, "idempotencyKey": format!("collected {lang}") });
            act(&desk.place.clerk, "pickupCollect", "PickupCollectInput", "pickup { status }", input).await;
            app.run_jobs().await;
            let id = order_id(&order);
            let ctx = app.world().ctx();
            let asked = ctx.write(|tx| async move {
                let asked = Invite {
                    survey_code: "nps",
                    order_id: Some(id),
                    customer_id: None,
                    via: SurveyVia::Mail,
                    dedupe_key: format!("phone {lang}"),
                    flow_run_id: None,
                    locale: lang.to_owned(),
                };
                invite(&tx, asked).await
            });
            let asked = asked.await.unwrap().unwrap();
            browser.open(&format!("{}?score=9", link(&app, PageLink::Survey, asked.id.uuid()))).await;
            browser.page(&format!("survey-{lang}"), lang).await;
            browser.press("main button").await;
            let text = browser.page(&format!("survey-answered-{lang}"), lang).await;
            assert!(text.contains(answered), "{text}");

            let lines = order.seen["lines"].as_array().unwrap();
            let cup = lines.iter().find(|line| line["quantity"] == 1).unwrap()["id"].as_str().unwrap();
            let cup: OrderLineId = cup.parse().unwrap();
            browser.open(&link(&app, PageLink::Review, cup.uuid())).await;
            browser.value("document.querySelector('input[value=\"5\"]').click()").await;
            browser.page(&format!("review-{lang}"), lang).await;
            browser.press("main button").await;
            let text = browser.page(&format!("review-written-{lang}"), lang).await;
            assert!(text.contains(reviewed), "{text}");

            let mails = message::Entity::find().filter(message::Column::OrderId.eq(id));
            let mail = mails.order_by_desc(message::Column::Id).one(app.world().db()).await.unwrap().unwrap();
            browser.open(&link(&app, PageLink::Preferences, mail.id.uuid())).await;
            browser.page(&format!("preferences-{lang}"), lang).await;
            browser.press("main button").await;
            let text = browser.page(&format!("preferences-saved-{lang}"), lang).await;
            assert!(text.contains(noted), "{text}");

            browser.open(&app.url(&format!("/gift-card?lang={lang}"))).await;
            browser.value(&format!("document.querySelector('#code').value = {}", json!(code))).await;
            browser.press("main button").await;
            let text = browser.page(&format!("gift-card-{lang}"), lang).await;
            assert!(text.contains("3,000"), "{text}");
            browser.value("document.querySelector('#code').value = 'wrong'").await;
            browser.press("main button").await;
            browser.page(&format!("gift-card-wrong-{lang}"), lang).await;

            browser.open(&app.url(&format!("/o/nonsense?lang={lang}"))).await;
            let text = browser.page(&format!("nothing-{lang}"), lang).await;
            assert!(text.contains(missing), "{text}");
        }
        app.run_jobs().await;
    }
}
