//! The page behind a payment link, in front of a real server.

use chrono::TimeDelta;
use domain::fulfillment::pay_link::{OpenLink, open_link};
use domain::messaging::PageLink;
use domain::messaging::page_links::token;
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::{Ctx, Permission};
use entity::id::OrderId;
use entity::money::{Currency, Money};
use entity::words::{CancelReason, OrderPaymentStatus};
use entity::{channel, order, payment};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use support::stripe::StripeStandIn;
use support::{World, both_databases};

use crate::harness::{TestApp, over_http};
use crate::must_hold::shop::{self, CART_COMPLETE};

/// An order of ¥1,100 that nobody paid, and staff.
async fn unpaid(app: &TestApp) -> (OrderId, Ctx) {
    let shop = shop::open(app.world(), 5).await;
    let buyer = shop.buyer(&app.shop(), "hanako@example.jp").await;
    let mut input = buyer.completion("buy");
    input["payments"] = json!([{ "gateway": "MANUAL", "method": "OTHER" }]);
    let done = buyer.caller.run("cartComplete", CART_COMPLETE, input).await;
    let staff = [Permission::PaymentsCapture, Permission::OrdersRead, Permission::OrdersCancel];
    (done["order"]["id"].as_str().unwrap().parse().unwrap(), app.world().staff(&staff).await)
}

async fn link(app: &TestApp, staff: &Ctx, order_id: OrderId, amount: i64) -> String {
    let amount = Money::new(amount, Currency::JPY);
    let input = OpenLink { order_id, amount, notify: false, idempotency_key: format!("link {}", amount.minor) };
    app.url(&format!("/pay/{}", open_link(staff, input).await.unwrap().token))
}

fn browser() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

async fn page(browser: &Client, url: &str) -> String {
    let answer = browser.get(url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.text().await.unwrap()
}

async fn now(app: &TestApp, id: OrderId) -> order::Model {
    order::Entity::find_by_id(id).one(app.world().db()).await.unwrap().unwrap()
}

over_http! {
    /// Shows what is owed, takes one payment without scripts, and nobody pays from another page.
    async fn a_link_is_paid_on_its_page(app: TestApp) {
        let (id, staff) = unpaid(&app).await;
        let bank = json!({ "ja": "ひとつ銀行 <普通> 1234567" });
        let told = channel::Entity::update_many().col_expr(channel::Column::PaymentInstructions, Expr::value(bank));
        told.exec(app.world().db()).await.unwrap();
        let url = link(&app, &staff, id, 600).await;
        let browser = browser();
        let answer = browser.get(&url).send().await.unwrap();
        assert_eq!(answer.headers()["referrer-policy"], "same-origin");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("form-action 'self'") && !policy.contains("script-src"), "{policy}");
        let shown = answer.text().await.unwrap();
        let number = now(&app, id).await.number;
        for text in [number.as_str(), "tote × 1", "600", "1,100", "お支払い期限", "&#60;普通&#62; 1234567"] {
            assert!(shown.contains(text), "{text} is not in\n{shown}");
        }
        assert!(!shown.contains("<script") && !shown.contains("value=\"card\""), "no card without Stripe's key");

        let send = |action: &'static str| app.form(&url, &[("action", action)]);
        let forged = browser.post(&url).header("origin", "https://evil.example").form(&[("action", "test")]);
        assert_eq!(forged.send().await.unwrap().status(), StatusCode::FORBIDDEN);
        for wrong in ["", "card", "MANUAL", "x"] {
            assert_eq!(send(wrong).send().await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
        assert_eq!(now(&app, id).await.payment_status, OrderPaymentStatus::Unpaid);
        assert_eq!(send("test").send().await.unwrap().status(), StatusCode::SEE_OTHER);
        assert_eq!(send("test").send().await.unwrap().status(), StatusCode::SEE_OTHER, "again is the same payment");
        assert_eq!(payment::Entity::find().count(app.world().db()).await.unwrap(), 2, "the order's and the link's");
        assert_eq!(now(&app, id).await.payment_status, OrderPaymentStatus::PartiallyPaid);
        assert!(page(&browser, &url).await.contains("ありがとうございました"));

        // The page of the order says how to pay while something is owed, and no longer.
        let secrets = app.world().services().secrets.clone();
        let until = app.world().now() + TimeDelta::days(1);
        let due = payment::Entity::update_many().col_expr(payment::Column::DueAt, Expr::value(Some(until)));
        due.exec(app.world().db()).await.unwrap();
        let shown_at = app.url(&format!("/o/{}", token(&secrets, PageLink::Order, id.uuid(), until)));
        assert!(page(&browser, &shown_at).await.contains("&#60;普通&#62;"), "how the rest is paid");
        let rest = link(&app, &staff, id, 500).await;
        assert_eq!(app.form(&rest, &[("action", "test")]).send().await.unwrap().status(), StatusCode::SEE_OTHER);
        assert!(!page(&browser, &shown_at).await.contains("&#60;普通&#62;"), "nothing is owed");
        app.run_jobs().await;
    }

    /// Over, canceled, paid otherwise, unknown: each is told, and none takes money.
    async fn what_cannot_be_paid_says_why(app: TestApp) {
        let (id, staff) = unpaid(&app).await;
        let (part, whole) = (link(&app, &staff, id, 500).await, link(&app, &staff, id, 1_100).await);
        let browser = browser();
        assert_eq!(app.form(&part, &[("action", "test")]).send().await.unwrap().status(), StatusCode::SEE_OTHER);
        let shown = page(&browser, &whole).await;
        assert!(shown.contains("600</dd>"), "only what is owed: {shown}");
        let rest = link(&app, &staff, id, 600).await;
        app.world().advance(TimeDelta::hours(73));
        assert!(page(&browser, &rest).await.contains("使えなくなりました"));
        assert_eq!(app.form(&rest, &[("action", "test")]).send().await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
        let another = link(&app, &staff, id, 590).await;
        let input = CancelOrder {
            order_id: id,
            lines: Vec::new(),
            reason: CancelReason::Customer,
            note: None,
            notify: false,
            expected_version: None,
            idempotency_key: "cancel".to_owned(),
        };
        cancel_order(&staff, input).await.unwrap();
        assert!(page(&browser, &another).await.contains("キャンセルされました"));
        for wrong in ["/pay/x", "/pay/%00", "/pay/%F0%9F%92%B4"] {
            let answer = browser.get(app.url(wrong)).header("accept-language", "en").send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{wrong}");
            assert!(answer.text().await.unwrap().contains("There is no such payment link"));
            let sent = app.form(&app.url(wrong), &[("action", "test")]).send().await.unwrap();
            assert_eq!(sent.status(), StatusCode::NOT_FOUND);
        }
        app.run_jobs().await;
    }

    /// Paid otherwise meanwhile: the page asks for what is left, and then for nothing, and takes nothing more.
    async fn it_asks_for_what_is_owed(app: TestApp) {
        let (id, staff) = unpaid(&app).await;
        let (part, whole) = (link(&app, &staff, id, 500).await, link(&app, &staff, id, 1_100).await);
        let late = link(&app, &staff, id, 1_000).await;
        let browser = browser();
        let pay = |url: &str| app.form(url, &[("action", "test")]).send();
        assert_eq!(pay(&part).await.unwrap().status(), StatusCode::SEE_OTHER);
        assert_eq!(pay(&whole).await.unwrap().status(), StatusCode::SEE_OTHER);
        assert_eq!(now(&app, id).await.payment_status, OrderPaymentStatus::Paid, "not a yen more");
        assert!(page(&browser, &whole).await.contains("ありがとうございました"));
        let shown = page(&browser, &late).await;
        assert!(shown.contains("お支払いいただく金額はございません") && !shown.contains("<form"), "{shown}");
        assert_eq!(pay(&late).await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
        app.run_jobs().await;
    }
}

both_databases! {
    /// A card: the page has what Stripe's script needs and no field for a number; when the buyer agreed it is paid, once.
    async fn a_card_is_typed_into_stripes_frame(world: World) {
        let stripe = StripeStandIn::start().await.unwrap();
        let settings = [
            ("HITOTSU_STRIPE_SECRET_KEY", "sk_test_stand_in".to_owned()),
            ("HITOTSU_STRIPE_PUBLISHABLE_KEY", "pk_test_stand_in".to_owned()),
            ("HITOTSU_STRIPE_BASE_URL", stripe.url()),
        ];
        let app = TestApp::start_with(&world, &settings).await;
        let (id, staff) = unpaid(&app).await;
        let url = link(&app, &staff, id, 1_100).await;
        let browser = browser();
        assert!(page(&browser, &url).await.contains("value=\"card\""));
        assert_eq!(app.form(&url, &[("action", "card")]).send().await.unwrap().status(), StatusCode::SEE_OTHER);
        let answer = browser.get(&url).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("script-src 'self' https://js.stripe.com") && !policy.contains("unsafe-eval"), "{policy}");
        let shown = answer.text().await.unwrap();
        assert!(shown.contains("data-publishable-key=\"pk_test_stand_in\""), "{shown}");
        assert!(shown.contains("data-client-secret=\"pi_1_secret_x\"") && shown.contains("<noscript>"), "{shown}");
        assert!(!shown.contains("sk_test") && !shown.contains("<input type=\"text\""), "{shown}");
        let script = browser.get(app.url("/pay-card.js")).send().await.unwrap();
        assert!(script.headers()["content-type"].to_str().unwrap().starts_with("text/javascript"));
        stripe.buyer_agrees();
        assert!(page(&browser, &url).await.contains("ありがとうございました"));
        world.advance(TimeDelta::seconds(1));
        app.run_jobs().await;
        assert_eq!(now(&app, id).await.payment_status, OrderPaymentStatus::Paid);
        assert_eq!(stripe.intents().len(), 1);
        app.finish().await;
    }
}
