//! One pickup on its page: being there, keeping it longer, choosing again.

use domain::messaging::PageLink;
use entity::id::{OrderId, PickupId};
use entity::pickup;
use entity::words::PickupChoice;
use reqwest::StatusCode;
use sea_orm::EntityTrait;
use serde_json::json;

use super::html;
use super::links::{link, page};
use crate::harness::{TestApp, over_http};
use crate::stores::mails::{link as mailed, mail_to};
use crate::stores::place::{Place, act};

/// The page of a pickup behind the link of the last mail to an address.
fn url(app: &TestApp, email: &str) -> String {
    let (text, _) = mail_to(app, email, "/p/pickup_");
    app.url(&mailed(&text, "/p/pickup_"))
}

async fn read(app: &TestApp, id: &str) -> pickup::Model {
    let id: PickupId = id.parse().unwrap();
    pickup::Entity::find_by_id(id).one(app.world().db()).await.unwrap().unwrap()
}

over_http! {
    /// Who is there says so, as often as they like; the goods are kept longer once, however often that is sent.
    async fn somebody_is_there(app: TestApp) {
        let place = Place::open(&app).await;
        let (_, id) = place.ready("ready@example.com", "ja").await;
        app.run_jobs().await;
        let url = url(&app, "ready@example.com");
        let shown = page(&url).await;
        assert!(shown.contains("到着しました") && shown.contains("3日延長"), "{shown}");
        let long = "あ".repeat(5_000);
        let refused = app.form(&url, &[("action", "arrive"), ("note", long.as_str())]).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let text = refused.text().await.unwrap();
        html::check_failure(&text, "ja", "a long note");
        let kept = format!("value=\"{long}\" aria-invalid=\"true\" aria-describedby=\"failure\"");
        assert!(text.contains(&kept), "what was typed stays, marked");
        assert_eq!(read(&app, &id).await.arrived_at, None);
        for _ in 0..2 {
            let there = app.form(&url, &[("action", "arrive"), ("note", "P3 <b>")]).send().await.unwrap();
            assert_eq!(there.status(), StatusCode::SEE_OTHER);
            let longer = app.form(&url, &[("action", "extend")]).send().await.unwrap();
            assert_eq!(longer.status(), StatusCode::SEE_OTHER);
        }
        let now = read(&app, &id).await;
        assert_eq!((now.arrival_note.as_deref(), now.extensions), (Some("P3 <b>"), 1));
        let shown = page(&url).await;
        assert!(shown.contains("伝えました") && !shown.contains("3日延長"), "{shown}");
        app.run_jobs().await;
    }

    /// What the address lacks is told as the form calls it, and what was written stays; a choice that is sent twice is made
    /// once.
    async fn somebody_chooses_again(app: TestApp) {
        let place = Place::open(&app).await;
        let bought = place.buy("short@example.com", "ja", vec![place.collected(&place.pot, 1)]).await;
        let id = bought.pickups[0]["id"].as_str().unwrap();
        act(&place.clerk, "pickupStart", "PickupInput", "pickup { status }", json!({ "pickupId": id })).await;
        let input = json!({ "pickupId": id, "idempotencyKey": "short" });
        act(&place.clerk, "pickupShort", "PickupReadyInput", "pickup { status }", input).await;
        app.run_jobs().await;
        let url = url(&app, "short@example.com");
        assert!(page(&url).await.contains("ほかの店舗で受け取る"));
        let address = [
            ("action", "choose"), ("choice", "SHIP"), ("family_name", "佐藤 <b>"), ("postal_code", "12"), ("line2", "301"),
        ];
        for (lang, told) in [("ja", "都道府県、市区町村、町名・番地"), ("en", "lacks: Prefecture, City, Street.")] {
            let refused = app.form(&format!("{url}?lang={lang}"), &address).send().await.unwrap();
            assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
            let text = refused.text().await.unwrap();
            html::check_failure(&text, lang, "an address that lacks much");
            for said in [told, "value=\"SHIP\" required checked", "佐藤 &#60;b&#62;", "value=\"12\"", "value=\"301\""] {
                assert!(text.contains(said), "{said} is not on\n{text}");
            }
            assert_eq!(text.matches("aria-invalid=\"true\"").count(), 4, "three that lack, and the postal code\n{text}");
        }
        for wrong in [&[][..], &[("choice", "x")], &[("choice", "OTHER_STORE")], &[("choice", "OTHER_STORE"), ("store", "x")]] {
            let form = [&[("action", "choose")][..], wrong].concat();
            let refused = app.form(&url, &form).send().await.unwrap();
            assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
            html::check_failure(&refused.text().await.unwrap(), "ja", "a choice that is none");
        }
        assert_eq!(read(&app, id).await.choice, None);
        for _ in 0..2 {
            let chosen = app.form(&url, &[("action", "choose"), ("choice", "WAIT")]).send().await.unwrap();
            assert_eq!(chosen.status(), StatusCode::SEE_OTHER, "{}", chosen.text().await.unwrap());
        }
        assert_eq!(read(&app, id).await.choice, Some(PickupChoice::Wait));
        let other = app.form(&url, &[("action", "choose"), ("choice", "CANCEL")]).send().await.unwrap();
        assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY, "another choice comes too late");
        app.run_jobs().await;
    }

    /// Another store or a parcel instead: the pages name where the goods are to be had, and no store where they are not.
    async fn what_was_chosen_instead_is_told(app: TestApp) {
        let place = Place::open(&app).await;
        let store = place.other.id.to_string();
        let elsewhere = [("action", "choose"), ("choice", "OTHER_STORE"), ("store", store.as_str())];
        let sent = [
            ("action", "choose"), ("choice", "SHIP"), ("family_name", "佐藤"), ("given_name", "花子"),
            ("postal_code", "530-0001"), ("region", "大阪府"), ("city", "大阪市北区"), ("line1", "梅田3-1-3"),
            ("phone", "+81664570002"),
        ];
        for (email, form) in [("other@example.com", &elsewhere[..]), ("ship@example.com", &sent[..])] {
            let bought = place.buy(email, "en", vec![place.collected(&place.pot, 1)]).await;
            let id = bought.pickups[0]["id"].as_str().unwrap();
            act(&place.clerk, "pickupStart", "PickupInput", "pickup { status }", json!({ "pickupId": id })).await;
            let input = json!({ "pickupId": id, "idempotencyKey": format!("short {email}") });
            act(&place.clerk, "pickupShort", "PickupReadyInput", "pickup { status }", input).await;
            app.run_jobs().await;
            let url = url(&app, email);
            assert!(page(&url).await.contains("shibuya"), "the store that could not find it");
            let order: OrderId = bought.id.parse().unwrap();
            let order = link(&app, PageLink::Order, order.uuid());
            assert!(page(&order).await.contains("Choose how to go on"));
            let chosen = app.form(&url, form).send().await.unwrap();
            assert_eq!(chosen.status(), StatusCode::SEE_OTHER, "{}", chosen.text().await.unwrap());
            app.run_jobs().await;
            let (shown, order) = (page(&url).await, page(&order).await);
            assert!(!shown.contains("shibuya") && !order.contains("shibuya"), "nobody is to go there\n{shown}\n{order}");
            if email.starts_with("ship") {
                assert!(order.contains("Changed to delivery") && !order.contains("Opening hours"), "{order}");
                continue;
            }
            assert!(shown.contains("umeda") && shown.contains("Opening hours"), "{shown}");
            let way = shown.split("href=\"/p/").nth(1).unwrap_or_else(|| panic!("no way on\n{shown}"));
            let way = way.split('"').next().unwrap();
            let new = page(&app.url(&format!("/p/{way}"))).await;
            assert!(new.contains("umeda") && new.contains("We are preparing your goods"), "{new}");
            let [here, gone] = ["Waiting to be prepared", "Moved to another store"].map(|said| order.find(said));
            assert!(here.is_some() && here < gone, "where to go comes first\n{order}");

            let promise = "We write as soon as they are ready";
            assert!(shown.contains(promise), "{shown}");
            let new = way.split('/').next().unwrap();
            act(&place.neighbor, "pickupStart", "PickupInput", "pickup { status }", json!({ "pickupId": new })).await;
            let input = json!({ "pickupId": new, "idempotencyKey": "ready elsewhere" });
            act(&place.neighbor, "pickupReady", "PickupReadyInput", "pickup { status }", input).await;
            app.run_jobs().await;
            let later = page(&url).await;
            assert!(later.contains("See where the new pickup stands") && !later.contains(promise), "{later}");
        }
    }

    /// In English the address is written as English readers know it, and the code stands beside "I am here".
    async fn a_pickup_has_all_that_is_needed_there(app: TestApp) {
        let place = Place::open(&app).await;
        let (bought, _) = place.ready("ready@example.com", "en").await;
        app.run_jobs().await;
        let code = bought.read("pickups { code }").await["pickups"][0]["code"].as_str().unwrap().to_owned();
        let shown = page(&url(&app, "ready@example.com")).await;
        for wanted in [code.as_str(), "role=\"img\"", "google.com/maps", "Opening hours", "I am here", "Japan"] {
            assert!(shown.contains(wanted), "{wanted} is not on\n{shown}");
        }
    }
}
