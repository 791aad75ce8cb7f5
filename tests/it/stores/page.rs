//! The page of a pickup in a real browser of a phone's width, in both languages. Where no Chromium is installed the tests
//! say so. `HITOTSU_SHOTS=/folder` keeps what the pages and mails look like.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::mails::{link, mail_to};
use super::place::{Bought, Place, act};
use crate::harness::{Socket, TestApp, over_http};

/// A phone.
const WIDTH: u32 = 390;

/// A browser with one page.
struct Browser {
    // Killed when it is dropped.
    _process: Child,
    page: Socket,
    profile: PathBuf,
    asked: u64,
}

impl Browser {
    /// `None` when there is none on this machine.
    async fn start(app: &TestApp) -> Option<Self> {
        let profile = std::env::temp_dir().join(format!("hitotsu-chromium-{}", app.world().new_uuid()));
        let mut command = Command::new("chromium");
        command.args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ]);
        command.args(["--no-first-run", "--remote-debugging-port=0", "about:blank"]);
        command.arg(format!("--user-data-dir={}", profile.display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let Ok(mut process) = command.spawn() else {
            eprintln!("Chromium is not installed: the page was not opened");
            return None;
        };
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("Chromium listens");
            if let Some(rest) = line.strip_prefix("DevTools listening on ws://") {
                break rest.split('/').next().unwrap().to_owned();
            }
        };
        let http = reqwest::Client::new();
        let pages: Value = serde_json::from_str(
            &http.get(format!("http://{address}/json/list")).send().await.unwrap().text().await.unwrap(),
        )
        .unwrap();
        let page = pages.as_array().unwrap().iter().find(|page| page["type"] == "page").unwrap();
        let url = page["webSocketDebuggerUrl"].as_str().unwrap();
        let path = &url[url.find("/devtools/").unwrap()..];
        let (page, _) = Socket::open(address.parse().unwrap(), path, "").await;
        let mut browser = Self { _process: process, page, profile, asked: 0 };
        let phone = json!({ "width": WIDTH, "height": 844, "deviceScaleFactor": 1, "mobile": true });
        browser.ask("Emulation.setDeviceMetricsOverride", phone).await;
        browser.ask("Page.enable", json!({})).await;
        Some(browser)
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        self.page.say(&json!({ "id": self.asked, "method": method, "params": params })).await;
        loop {
            let said = self.page.hear().await.unwrap();
            if said["id"] == self.asked {
                assert!(said["error"].is_null(), "{method}: {said}");
                return said["result"].clone();
            }
        }
    }

    /// Does what leads to another page, and waits until that is there.
    async fn until_loaded(&mut self, method: &str, params: Value) {
        self.asked += 1;
        let asked = self.asked;
        self.page.say(&json!({ "id": asked, "method": method, "params": params })).await;
        while self.page.hear().await.unwrap()["method"] != "Page.loadEventFired" {}
    }

    async fn open(&mut self, url: &str) {
        self.until_loaded("Page.navigate", json!({ "url": url })).await;
    }

    /// The value of an expression on the page.
    async fn value(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true });
        let result = self.ask("Runtime.evaluate", params).await;
        assert!(result["exceptionDetails"].is_null(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// What is read on the page, after looking that it fits a phone: nothing is cut off, and every field has a name.
    async fn text(&mut self, shot: &str) -> String {
        let width = self.value("document.documentElement.scrollWidth").await;
        assert!(width.as_u64().unwrap() <= u64::from(WIDTH), "{shot} is {width} wide");
        let nameless = "[...document.querySelectorAll('input:not([type=hidden]),select')]
            .filter(field => !field.labels?.length && !field.ariaLabel).length";
        assert_eq!(self.value(nameless).await, 0, "{shot}: a field without a name");
        let small = "[...document.querySelectorAll('button')].filter(button => button.offsetHeight < 44).length";
        assert_eq!(self.value(small).await, 0, "{shot}: a button too small for a thumb");
        self.keep(shot).await;
        self.value("document.body.innerText").await.as_str().unwrap().to_owned()
    }

    async fn keep(&mut self, shot: &str) {
        let Some(folder) = std::env::var_os("HITOTSU_SHOTS") else { return };
        let params = json!({ "format": "png", "captureBeyondViewport": true });
        let image = self.ask("Page.captureScreenshot", params).await;
        let image = data_encoding::BASE64.decode(image["data"].as_str().unwrap().as_bytes()).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{shot}.png")), image).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// An order that the store could not make ready, and the page to choose again.
async fn short(place: &Place, locale: &str) -> (Bought, String) {
    let email = format!("short-{locale}@example.com");
    let bought = place.buy(&email, locale, vec![place.collected(&place.pot, 1)]).await;
    let pickup = &bought.pickups[0]["id"];
    act(&place.clerk, "pickupStart", "PickupInput", "pickup { status }", json!({ "pickupId": pickup })).await;
    let input = json!({ "pickupId": pickup, "idempotencyKey": format!("short {pickup}") });
    act(&place.clerk, "pickupShort", "PickupReadyInput", "pickup { status }", input).await;
    place.app.run_jobs().await;
    let (text, _) = mail_to(&place.app, &email, "/p/pickup_");
    (bought, place.app.url(&link(&text, "/p/pickup_")))
}

over_http! {
    /// The customer opens the link on a phone and chooses another store with a thumb.
    async fn a_phone_chooses_another_store(app: TestApp) {
        let place = Place::open(&app).await;
        let Some(mut browser) = Browser::start(&app).await else { return app.leaves_jobs() };
        for (locale, words) in [("ja", ["ほかの店舗", "返金"]), ("en", ["another store", "money back"])] {
            let (bought, url) = short(&place, locale).await;
            browser.open(&url).await;
            let text = browser.text(&format!("choose-{locale}")).await;
            assert!(words.iter().all(|word| text.contains(word)) && text.contains(&bought.number), "{text}");
            assert!(text.contains("pot"), "what it is about: {text}");
            let click = "document.querySelector('input[value=OTHER_STORE]').click();
                document.querySelector('button').click()";
            browser.until_loaded("Runtime.evaluate", json!({ "expression": click })).await;
            browser.text(&format!("chosen-{locale}")).await;
            let pickups = bought.read("pickups { status location { code } }").await["pickups"].clone();
            assert!(pickups.to_string().contains("umeda"), "{pickups}");
        }
        app.run_jobs().await;
    }

    /// The customer opens a payment link on a phone and pays with a thumb.
    async fn a_phone_pays_the_rest(app: TestApp) {
        let place = Place::open(&app).await;
        let Some(mut browser) = Browser::start(&app).await else { return app.leaves_jobs() };
        for (locale, owed, thanks) in [("ja", "お支払い額", "ありがとうございました"), ("en", "To be paid", "Thank you")] {
            let email = format!("pays-{locale}@example.com");
            let bought = place.buy_unpaid(&email, locale, vec![place.collected(&place.pot, 1)]).await;
            let total = bought.read("total { amount currencyCode }").await["total"].clone();
            let input = json!({ "orderId": bought.id, "amount": total, "idempotencyKey": bought.id });
            act(&place.boss, "paymentLinkCreate", "PaymentLinkCreateInput", "url", input).await;
            app.run_jobs().await;
            let (text, _) = mail_to(&app, &email, "/pay/");
            browser.open(&app.url(&link(&text, "/pay/"))).await;
            let text = browser.text(&format!("pay-{locale}")).await;
            assert!(text.contains(owed) && text.contains(&bought.number) && text.contains("pot"), "{text}");
            let click = "document.querySelector('button').click()";
            browser.until_loaded("Runtime.evaluate", json!({ "expression": click })).await;
            let text = browser.text(&format!("paid-{locale}")).await;
            assert!(text.contains(thanks), "{text}");
            assert_eq!(bought.read("paymentStatus").await["paymentStatus"], "PAID");
        }
        app.run_jobs().await;
    }

    /// The customer stands before the store, says so, and keeps the goods longer.
    async fn a_phone_says_that_its_owner_is_there(app: TestApp) {
        let place = Place::open(&app).await;
        let Some(mut browser) = Browser::start(&app).await else { return app.leaves_jobs() };
        for (locale, told) in [("ja", "伝えました"), ("en", "knows that you are there")] {
            let email = format!("ready-{locale}@example.com");
            let (bought, _) = place.ready(&email, locale).await;
            app.run_jobs().await;
            let (text, html) = mail_to(&app, &email, "/p/pickup_");
            browser.open(&app.url(&link(&text, "/p/pickup_"))).await;
            browser.text(&format!("ready-{locale}")).await;
            let click = "document.querySelector('input[name=note]').value = 'P3'; document.querySelector('button').click()";
            browser.until_loaded("Runtime.evaluate", json!({ "expression": click })).await;
            let text = browser.text(&format!("arrived-{locale}")).await;
            assert!(text.contains(told), "{text}");
            let arrival = place.boss.ask("{ pickups(filter: { arrived: true }) { nodes { arrivalNote order { number } } } }", json!({})).await;
            let of = json!({ "arrivalNote": "P3", "order": { "number": bought.number } });
            assert!(arrival["pickups"]["nodes"].as_array().unwrap().contains(&of), "{arrival}");
            let file = std::env::temp_dir().join(format!("hitotsu-mail-{}.html", app.world().new_uuid()));
            std::fs::write(&file, html).unwrap();
            browser.open(&format!("file://{}", file.display())).await;
            let width = browser.value("document.documentElement.scrollWidth").await;
            assert!(width.as_u64().unwrap() <= u64::from(WIDTH), "the mail is {width} wide");
            browser.keep(&format!("mail-ready-{locale}")).await;
            std::fs::remove_file(file).unwrap();
        }
        app.run_jobs().await;
    }
}
