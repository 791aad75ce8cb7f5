//! Every page there is, one property at a time.

use domain::messaging::PageLink;
use reqwest::StatusCode;
use serde_json::json;

use super::doors::{doors, state};
use super::html::{self, tags};
use super::links::{counted, link, look, order_id, page, policy, pots, send};
use crate::harness::{Browser, TestApp, over_http, visitor};
use crate::money::desk::Desk;
use crate::stores::place::act;

/// The narrowest phone (WCAG 2.2, 1.4.10 asks for 320 at 400 %).
const NARROW: u32 = 360;
/// What takes the focus.
const STOPS: &str = "a[href],button,summary,input:not([type=hidden]),select,textarea";

/// A page.
struct Stop {
    url: String,
    /// What it says in Japanese, and in English.
    says: [&'static str; 2],
    /// Most statements that it takes.
    statements: u64,
    /// Whether something can be done there.
    acts: bool,
}

/// What is known of the pages of links.
const fn known(page: PageLink) -> ([&'static str; 2], u64) {
    match page {
        PageLink::Order => (["お受け取りいただけます", "Ready to collect"], 27),
        PageLink::ReturnRequest => (["返品のお申し込み", "Return something"], 23),
        PageLink::ClaimOrder => (["ご注文を会員アカウントに追加する", "Add your order to an account"], 4),
        PageLink::Receipt => (["ご購入明細", "Receipt"], 15),
        PageLink::Survey => (["アンケート", "Your opinion"], 8),
        PageLink::Review => (["レビューを書く", "Your review"], 12),
        PageLink::Preferences => (["配信の設定", "What you hear from us"], 8),
        PageLink::GiftCard => (["ギフトカードの残高", "Balance of a gift card"], 8),
        PageLink::Exchange => (["返金の代わりに交換する", "Exchange instead of money back"], 27),
        PageLink::BackInStock => (["再入荷のお知らせ", "Back in stock"], 8),
        PageLink::Cart => (["ショッピングカート", "Your cart"], 20),
    }
}

/// All pages, each about something: those of links, and those behind secrets of other kinds.
async fn stops(app: &TestApp, desk: &Desk) -> Vec<Stop> {
    let doors = doors(app, desk).await;
    let mut stops: Vec<Stop> = Vec::new();
    for door in &doors {
        let (says, statements) = known(door.page);
        stops.push(Stop { url: link(app, door.page, door.id), says, statements, acts: door.form.is_some() });
    }
    let order = page(&stops[0].url).await;
    let behind = |start: &str| {
        let rest = order.split(&format!("href=\"{start}")).nth(1).unwrap_or_else(|| panic!("no {start} on\n{order}"));
        app.url(&format!("{start}{}", rest.split('"').next().unwrap()))
    };
    let later = desk.place.buy_unpaid("later@example.jp", "ja", vec![desk.place.sent(&desk.place.cup, 1)]).await;
    let total = later.read("total { amount currencyCode }").await["total"].clone();
    let input = json!({ "orderId": later.id, "amount": total, "idempotencyKey": later.id });
    let made = act(&desk.place.boss, "paymentLinkCreate", "PaymentLinkCreateInput", "url", input).await;
    let pay = made["url"].as_str().unwrap();
    let pay = app.url(&pay[pay.find("/pay/").unwrap()..]);
    let more = [
        (behind("/p/"), ["店舗での受け取り", "Your pickup"], 12, true),
        (behind("/r/"), ["返品票", "Return slip"], 22, true),
        (pay, ["お支払い期限", "Please pay by"], 14, true),
        (app.url("/gift-card"), ["カードのコード", "Code of the card"], 4, true),
    ];
    stops.extend(more.map(|(url, says, statements, acts)| Stop { url, says, statements, acts }));
    app.run_jobs().await;
    stops
}

over_http! {
    /// Each is there in both languages, and in one at a time.
    async fn every_page_speaks_two_languages(app: TestApp) {
        let desk = Desk::open(&app).await;
        for stop in stops(&app, &desk).await {
            let [ja, en] = stop.says;
            for (lang, said, not) in [("ja", ja, en), ("en", en, ja)] {
                let shown = page(&format!("{}?lang={lang}", stop.url)).await;
                assert!(shown.contains(said) && !shown.contains(not), "{} in {lang}\n{shown}", stop.url);
                html::check(&shown, lang, &stop.url);
            }
        }
    }

    /// Nobody keeps them, finds them, frames them, or learns their address.
    async fn every_page_keeps_its_secret(app: TestApp) {
        let desk = Desk::open(&app).await;
        let stops = stops(&app, &desk).await;
        let mut urls: Vec<String> = stops.iter().map(|stop| stop.url.clone()).collect();
        let slip = urls.iter().find(|url| url.contains("/r/")).unwrap();
        urls.extend([format!("{slip}/slip.pdf"), app.url("/o/nonsense"), app.url("/pay/nonsense")]);
        for url in urls {
            let answer = visitor().get(&url).send().await.unwrap();
            let headers = answer.headers().clone();
            for (name, value) in [
                ("cache-control", "no-store"),
                ("referrer-policy", "same-origin"),
                ("x-robots-tag", "noindex, nofollow"),
                ("x-content-type-options", "nosniff"),
            ] {
                assert_eq!(headers.get(name).map(|it| it.to_str().unwrap()), Some(value), "{url}: {name}");
            }
            assert!(!headers.contains_key("set-cookie"), "{url}");
            let policy = headers["content-security-policy"].to_str().unwrap();
            for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"] {
                assert!(policy.contains(part), "{url}: {policy}");
            }
            assert!(!policy.contains("script-src"), "{url}: {policy}");
            if url.ends_with(".pdf") {
                continue;
            }
            let shown = answer.text().await.unwrap();
            let secret = url.rsplit('/').next().unwrap();
            for tag in tags(&shown) {
                assert!(tag.name != "script" && tag.name != "iframe", "{url}: {}", tag.name);
                assert!(tag.attributes.keys().all(|name| !name.starts_with("on")), "{url}: {:?}", tag.attributes);
                let leads = tag.get("href").or(tag.get("src")).unwrap_or_default();
                if leads.starts_with("http") {
                    assert!(!leads.contains(secret), "{url} tells its secret to {leads}");
                    assert!(tag.name != "a" || tag.get("rel") == Some("noreferrer"), "{url}: {leads}");
                }
                assert!(!leads.starts_with("javascript:") && !leads.starts_with("data:"), "{url}: {leads}");
            }
        }
    }

    /// Looking at all of them, whatever is asked for beside, leaves every table as it was; a wrong secret opens none.
    async fn looking_at_every_page_changes_nothing(app: TestApp) {
        let desk = Desk::open(&app).await;
        let stops = stops(&app, &desk).await;
        let before = state(app.world()).await;
        for stop in &stops {
            for query in ["", "?lang=xx", "?action=cancel&action=arrive&choice=CANCEL&reason=x&score=1&lang=en"] {
                page(&format!("{}{query}", stop.url)).await;
            }
            // What looks whether a link still works.
            let head = visitor().head(&stop.url).send().await.unwrap();
            assert_eq!((head.status(), head.bytes().await.unwrap().len()), (StatusCode::OK, 0), "{}", stop.url);
            if stop.url.ends_with("/gift-card") {
                continue;
            }
            for wrong in [format!("{}x", stop.url), stop.url[..stop.url.len() - 1].to_owned()] {
                let (status, text) = look(&format!("{wrong}?lang=ja")).await;
                assert_eq!(status, StatusCode::NOT_FOUND, "{wrong}");
                html::check(&text, "ja", &wrong);
            }
        }
        assert_eq!(state(app.world()).await, before);
    }

    /// A form counts with the origin and the seal of its page; where nothing can be done, none is taken. What is refused
    /// is told in the language of the page, and announced.
    async fn every_form_is_guarded_and_answered(app: TestApp) {
        let desk = Desk::open(&app).await;
        let stops = stops(&app, &desk).await;
        let before = state(app.world()).await;
        for stop in &stops {
            let url = &stop.url;
            let sealed = app.form(url, &[("action", "x")]);
            if !stop.acts {
                assert_eq!(sealed.send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED, "{url}");
                continue;
            }
            let seal = app.seal(url);
            let bare = [("action", "arrive"), ("code", "x")];
            let sealed_only = [("action", "arrive"), ("seal", seal.as_str())];
            let from_here = visitor().post(url).header("origin", app.origin()).form(&bare);
            assert_eq!(from_here.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{url} without a seal");
            let from_nowhere = visitor().post(url).form(&sealed_only);
            assert_eq!(from_nowhere.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{url} without an origin");
            for lang in ["ja", "en"] {
                let refused = app.form(&format!("{url}?lang={lang}"), &[("action", "x")]).send().await.unwrap();
                assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{url}");
                html::check_failure(&refused.text().await.unwrap(), lang, url);
            }
        }
        assert_eq!(state(app.world()).await, before);
    }

    /// Each takes few statements.
    async fn every_page_is_cheap(app: TestApp) {
        let desk = Desk::open(&app).await;
        let mut dear = Vec::new();
        for stop in stops(&app, &desk).await {
            let (_, statements) = counted(&stop.url).await;
            if statements > stop.statements {
                dear.push(format!("{}: {statements}, not {}", stop.url, stop.statements));
            }
        }
        assert!(dear.is_empty(), "{dear:#?}");
    }

    /// An order of ten lines takes as many statements as one of two.
    async fn long_orders_are_no_dearer(app: TestApp) {
        let desk = Desk::open(&app).await;
        policy(&desk).await;
        let place = &desk.place;
        let mut taken = Vec::new();
        for length in [2_usize, 10] {
            let mut lines = vec![place.sent(&place.pot, 2)];
            for line in 1..length {
                let product = app.world().product(&format!("dish-{length}-{line}")).price(&place.online, 500);
                let dish = product.stock(&place.store, 3).stock(&place.warehouse, 3).create().await;
                lines.push(place.sent(&dish, 1));
            }
            let basket = place.basket("long@example.jp", "ja", lines.clone());
            let order = desk.cart(&app.shop(), basket).await.buy(json!([{ "gateway": "TEST" }])).await;
            send(&desk, &order).await;
            let input = json!({
                "orderId": order.id, "lines": [{ "orderLineId": pots(&order), "quantity": 1 }],
                "method": "CARRIER", "idempotencyKey": order.id,
            });
            let back = act(&order.holder, "returnRequest", "ReturnRequestInput", "return { id }", input).await;
            let left = desk.cart(&app.shop(), place.basket("left@example.jp", "ja", lines)).await;
            app.run_jobs().await;
            let id = order_id(&order).uuid();
            let back: entity::id::ReturnId = back["return"]["id"].as_str().unwrap().parse().unwrap();
            let cart: entity::id::CartId = left.id.parse().unwrap();
            let mut counts = Vec::new();
            for (page, id) in [
                (PageLink::Order, id),
                (PageLink::ReturnRequest, id),
                (PageLink::Receipt, id),
                (PageLink::Exchange, back.uuid()),
                (PageLink::Cart, cart.uuid()),
            ] {
                counts.push((page, counted(&link(&app, page, id)).await.1));
            }
            taken.push(counts);
        }
        for (short, long) in taken[0].iter().zip(&taken[1]) {
            assert!(long.1 <= short.1, "{short:?} became {long:?}");
        }
    }

    /// On the narrowest phone with scripts off, in both languages, by day and by night: nothing is cut off, everything can
    /// be read and touched, and the keyboard's way is seen.
    async fn every_page_fits_the_narrowest_phone(app: TestApp) {
        let desk = Desk::open(&app).await;
        let Some(mut browser) = Browser::start(&app).await else { return app.leaves_jobs() };
        let phone = json!({ "width": NARROW, "height": 740, "deviceScaleFactor": 1, "mobile": true });
        browser.ask("Emulation.setDeviceMetricsOverride", phone).await;
        browser.ask("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
        let small = format!(
            "[...document.querySelectorAll('{STOPS}')].filter(it => it.checkVisibility())
                .map(it => ['radio', 'checkbox'].includes(it.type) ? it.closest('label') : it)
                .filter(it => Math.min(it.getBoundingClientRect().width, it.getBoundingClientRect().height) < 24)
                .map(it => it.outerHTML).join()"
        );
        let urls: Vec<String> = stops(&app, &desk).await.into_iter().map(|stop| stop.url).collect();
        for (index, url) in urls.iter().enumerate() {
            for lang in ["ja", "en"] {
                browser.open(&format!("{url}?lang={lang}")).await;
                browser.page(&format!("narrow-{index}-{lang}"), lang).await;
                let width = browser.value("document.documentElement.scrollWidth").await;
                assert!(width.as_u64().unwrap() <= u64::from(NARROW), "{url} in {lang} is {width} wide");
                assert_eq!(browser.value(&small).await, "", "{url} in {lang}: too small (2.5.8)");
                keyboard(&mut browser, &format!("{url} in {lang}")).await;
            }
        }
    }
}

/// Walks through a page by the tab key: where it stands is seen (2.4.7).
async fn keyboard(browser: &mut Browser, what: &str) {
    let most = browser.value(&format!("document.querySelectorAll('{STOPS}').length")).await.as_u64().unwrap();
    let stands = "(() => {
        const it = document.activeElement;
        if (!it || it === document.body) return null;
        const ring = at => { const style = getComputedStyle(at);
            return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; };
        return [it, it.closest('label')].some(at => at && ring(at)) ? '' : it.outerHTML;
    })()";
    let mut passed = 0;
    for _ in 0..most {
        for kind in ["keyDown", "keyUp"] {
            let key = json!({ "type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9 });
            browser.ask("Input.dispatchKeyEvent", key).await;
        }
        let found = browser.value(stands).await;
        if found.is_null() {
            break;
        }
        assert_eq!(found, "", "{what}: the focus is not seen (2.4.7)");
        passed += 1;
    }
    assert!(passed >= 2, "{what}: the keyboard reached {passed} places");
}
