//! A cart that was left, on the page behind the link of its mail, and the way on with it in the shop.

use domain::messaging::PageLink;
use entity::id::CartId;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::html;
use super::links::{link, page};
use crate::harness::{Caller, TestApp, over_http, visitor};
use crate::money::desk::{Desk, HANAKO, printed};
use crate::stores::place::{act, refused};

/// What is asked of a cart that goes on.
const CART: &str = "cart { id email contactName phone shippingAddress { city } lines { title quantity } } cartToken";

/// The channel says where its shop is.
async fn storefront(desk: &Desk, url: &str) {
    let input = json!({
        "channelId": desk.place.online.id.to_string(), "color": "#1f2937", "textColor": "#ffffff", "storefrontUrl": url,
    });
    let boss = &desk.place.boss;
    act(boss, "channelBrandSave", "ChannelBrandSaveInput", "channelBrand { version }", input).await;
}

/// The code that the page hands over behind the address of the shop.
async fn handed_over(app: &TestApp, url: &str, shop: &str) -> String {
    let done = app.form(url, &[("action", "continue")]).send().await.unwrap();
    assert_eq!(done.status(), StatusCode::OK, "a page: no policy of ours holds where the shop leads to");
    assert_eq!(done.headers()["cache-control"], "no-store");
    assert_eq!(done.headers()["referrer-policy"], "same-origin");
    let shown = done.text().await.unwrap();
    html::check(&shown, "ja", "a cart that was handed over");
    let link = format!("<a class=\"button\" href=\"{shop}#cart=");
    let (_, rest) = shown.split_once(&link).unwrap_or_else(|| panic!("no {link} on\n{shown}"));
    let (code, rest) = rest.split_once('"').unwrap();
    assert!(rest.starts_with(" rel=\"noreferrer\">"), "{shown}");
    code.to_owned()
}

async fn go_on(caller: &Caller, code: &str) -> Value {
    act(caller, "cartContinue", "CartContinueInput", CART, json!({ "code": code })).await
}

over_http! {
    /// Without an address of the shop the page says in words where to go on; with one it hands the cart over: to the
    /// customer as it is, to anybody else the goods alone.
    async fn a_cart_goes_on_in_the_shop(app: TestApp) {
        let desk = Desk::open(&app).await;
        let cart = desk.cart(&desk.hanako, desk.place.basket(HANAKO, "ja", vec![desk.place.sent(&desk.place.cup, 2)])).await;
        let id: CartId = cart.id.parse().unwrap();
        let url = link(&app, PageLink::Cart, id.uuid());
        let shown = page(&url).await;
        assert!(shown.contains("cup × 2") && shown.contains(&printed(4_400)), "{shown}");
        assert!(shown.contains("店舗でお手続きください") && !shown.contains("<form"), "{shown}");
        let nowhere = app.form(&url, &[("action", "continue")]).send().await.unwrap();
        assert_eq!(nowhere.status(), StatusCode::UNPROCESSABLE_ENTITY);

        let shop = "https://shop.example.jp/ja";
        storefront(&desk, shop).await;
        let answer = visitor().get(&url).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("form-action 'self'; base-uri 'none'"), "{policy}");
        let shown = answer.text().await.unwrap();
        assert!(shown.contains("このカートで買い物を続ける"), "{shown}");
        html::check(&shown, "ja", "a cart that goes on");
        html::check(&page(&format!("{url}?lang=en")).await, "en", "a cart that goes on");

        // Nobody is signed in on the other device: the goods come along, and nothing about Hanako.
        let code = handed_over(&app, &url, shop).await;
        let guest = app.shop();
        let copy = go_on(&guest, &code).await;
        assert_ne!(copy["cart"]["id"], json!(cart.id));
        assert_eq!(copy["cart"]["lines"], json!([{ "title": "cup", "quantity": 2 }]));
        for person in ["email", "contactName", "phone", "shippingAddress"] {
            assert!(copy["cart"][person].is_null(), "{person}: {copy}");
        }
        let input = json!({ "code": code });
        assert_eq!(refused(&guest, "cartContinue", "CartContinueInput", input).await, ["INVALID_CODE"], "once");
        let holder = guest.header("x-cart-token", copy["cartToken"].as_str().unwrap());
        let seen = holder.ask("{ cart { id lines { quantity } } }", json!({})).await;
        assert_eq!(seen["cart"]["id"], copy["cart"]["id"]);

        // She signs in there: it is her cart again, and nothing doubled.
        let both = desk.hanako.header("x-cart-token", copy["cartToken"].as_str().unwrap());
        let document = "mutation { cartTakeOver { cart { id contactName lines { quantity } } errors { code } } }";
        let taken = both.ask(document, json!({})).await["cartTakeOver"].clone();
        assert_eq!(taken["errors"], json!([]), "{taken}");
        assert_eq!(taken["cart"]["id"], json!(cart.id));
        assert_eq!(taken["cart"]["lines"], json!([{ "quantity": 2 }]));

        // Signed in at once she goes on with the cart itself, and buys it.
        let same = go_on(&desk.hanako, &handed_over(&app, &url, shop).await).await;
        assert_eq!((&same["cart"]["id"], &same["cartToken"]), (&json!(cart.id), &Value::Null));
        assert_eq!(same["cart"]["email"], HANAKO);
        let late = handed_over(&app, &url, shop).await;
        cart.buy(json!([{ "gateway": "TEST" }])).await;
        let input = json!({ "code": late });
        assert_eq!(refused(&guest, "cartContinue", "CartContinueInput", input).await, ["CART_CLOSED"]);
        let shown = page(&url).await;
        assert!(shown.contains("ご注文済みです") && !shown.contains("<form"), "{shown}");
        let again = app.form(&url, &[("action", "continue")]).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::UNPROCESSABLE_ENTITY);
        html::check_failure(&again.text().await.unwrap(), "ja", "a cart that was bought");
        app.run_jobs().await;
        desk.audit().await;
    }
}
