//! The page behind the links of mails about pickups, in front of a real server.

use domain::pickup::code::{choice_token, visit_token};
use domain::pickup::prepare::start;
use domain::pickup::query;
use domain::pickup::ready::{MakeReady, ShortLine, fall_short, make_ready};
use domain::{Ctx, Permission};
use entity::id::{OrderId, PickupId};
use entity::pickup;
use entity::words::{PickupChoice, PickupStatus};
use reqwest::StatusCode;
use reqwest::redirect::Policy;

use crate::harness::{TestApp, over_http};
use crate::must_hold::shop::{self, CART_COMPLETE};

/// A guest's order to collect, at a store with a clerk.
async fn bought(app: &TestApp) -> (Ctx, pickup::Model) {
    let shop = shop::open(app.world(), 5).await;
    let buyer = shop.buyer(&app.shop(), "hanako@example.jp").await;
    let done = buyer.caller.run("cartComplete", CART_COMPLETE, buyer.completion("buy")).await;
    let order: OrderId = done["order"]["id"].as_str().unwrap().parse().unwrap();
    let clerk = app.world().staff_at(shop.store.id, &[Permission::FulfillmentWork]).await;
    let pickup = query::of_orders(app.world().db(), &[order]).await.unwrap().remove(0);
    (clerk, pickup)
}

async fn now(app: &TestApp, id: PickupId) -> pickup::Model {
    query::by_id(app.world().db(), id).await.unwrap().unwrap()
}

fn ready(pickup: &pickup::Model, short: Vec<ShortLine>) -> MakeReady {
    MakeReady {
        units: Vec::new(),
        missing_units: Vec::new(),
        pickup_id: pickup.id,
        short,
        expected_version: None,
        idempotency_key: "ready".to_owned(),
    }
}

fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).build().unwrap()
}

over_http! {
    /// The store fell short: the page offers what there is, takes one answer without scripts, and other pages cannot give it.
    async fn a_customer_chooses_on_the_page(app: TestApp) {
        let (clerk, pickup) = bought(&app).await;
        fall_short(&clerk, ready(&pickup, Vec::new())).await.unwrap();
        let short = now(&app, pickup.id).await;
        let token = choice_token(&app.world().services().secrets, &short).unwrap();
        let url = app.url(&format!("/p/{}/{token}", pickup.id));
        let browser = browser();
        let answer = browser.get(&url).send().await.unwrap();
        assert_eq!(answer.headers()["referrer-policy"], "same-origin", "forms need their origin");
        assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("form-action 'self'"));
        let page = answer.text().await.unwrap();
        assert!(page.contains("value=\"SHIP\"") && page.contains("value=\"CANCEL\"") && !page.contains("<script"), "{page}");
        assert!(!page.contains("OTHER_STORE"), "no other store has it");

        let send = |form: &'static [(&'static str, &'static str)]| app.form(&url, form);
        let forged = browser.post(&url).form(&[("action", "choose"), ("choice", "CANCEL")]);
        let forged = forged.header("origin", "https://evil.example");
        assert_eq!(forged.send().await.unwrap().status(), StatusCode::FORBIDDEN);
        for nonsense in [&[("action", "choose")][..], &[("action", "choose"), ("choice", "X")], &[("action", "x")]] {
            let answer = app.form(&url, nonsense).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{nonsense:?}");
        }
        let no_address = send(&[("action", "choose"), ("choice", "SHIP")]).send().await.unwrap();
        assert_eq!(no_address.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(now(&app, pickup.id).await.status, PickupStatus::Short);
        let done = send(&[("action", "choose"), ("choice", "CANCEL")]).send().await.unwrap();
        assert_eq!(done.status(), StatusCode::SEE_OTHER);
        let after = now(&app, pickup.id).await;
        assert_eq!((after.status, after.choice), (PickupStatus::Canceled, Some(PickupChoice::Cancel)));
        let again = send(&[("action", "choose"), ("choice", "WAIT")]).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::UNPROCESSABLE_ENTITY);
        for wrong in [format!("/p/{}/x", pickup.id), "/p/x/y".to_owned(), format!("/p/{}/{token}", PickupId(app.world().new_uuid()))] {
            assert_eq!(browser.get(app.url(&wrong)).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{wrong}");
        }
        app.run_jobs().await;
    }

    /// Ready: the page says "I am here" to the store and keeps the goods longer, once.
    async fn a_customer_arrives_by_the_page(app: TestApp) {
        let (clerk, pickup) = bought(&app).await;
        start(&clerk, pickup.id, None).await.unwrap();
        make_ready(&clerk, ready(&pickup, Vec::new())).await.unwrap();
        let url = app.url(&format!("/p/{}/{}", pickup.id, visit_token(&app.world().services().secrets, pickup.id)));
        let browser = browser();
        let send = |form: &'static [(&'static str, &'static str)]| app.form(&url, form).send();
        assert_eq!(send(&[("action", "arrive"), ("note", "P3 <b>")]).await.unwrap().status(), StatusCode::SEE_OTHER);
        assert_eq!(now(&app, pickup.id).await.arrival_note.as_deref(), Some("P3 <b>"));
        for _ in 0..2 {
            assert_eq!(send(&[("action", "extend")]).await.unwrap().status(), StatusCode::SEE_OTHER);
        }
        assert_eq!(now(&app, pickup.id).await.extensions, 1, "sent twice, it is kept longer once");
        let page = browser.get(&url).send().await.unwrap().text().await.unwrap();
        assert!(!page.contains("name=\"action\" value=\"extend\""), "{page}");
        app.run_jobs().await;
    }
}
