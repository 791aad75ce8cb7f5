//! A real browser of a phone's width without scripts, driven over the DevTools protocol. Where no Chromium is installed the
//! tests say so. `HITOTSU_SHOTS=/folder` keeps what pages look like.

use std::panic::Location;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use support::World;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use uuid::Uuid;

use super::{Socket, TestApp};

/// A phone.
pub(crate) const WIDTH: u32 = 390;

/// A browser with one page, whose scripts are off.
pub(crate) struct Browser {
    // Killed when it is dropped.
    _process: Child,
    page: Socket,
    profile: PathBuf,
    asked: u64,
}

impl Browser {
    /// `None` when there is none on this machine; which test did not run is told.
    #[track_caller]
    pub(crate) fn start(app: &TestApp) -> impl Future<Output = Option<Self>> {
        Self::start_in(app.world())
    }

    /// The same without a server of ours.
    #[track_caller]
    pub(crate) fn start_in(world: &World) -> impl Future<Output = Option<Self>> {
        // Not every test runs on a thread of its name: the place tells which one it is.
        Self::launch(Location::caller(), world.new_uuid())
    }

    async fn launch(test: &Location<'_>, id: Uuid) -> Option<Self> {
        let profile = std::env::temp_dir().join(format!("hitotsu-chromium-{id}"));
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
            eprintln!("SKIPPED, Chromium is not installed: the test at {test} opened no page");
            return None;
        };
        if !has_japanese_font() {
            eprintln!("INCOMPLETE, no Japanese font is installed: the test at {test} saw boxes for letters");
        }
        hitotsu::adapters::use_ring();
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
        browser.width(WIDTH).await;
        browser.ask("Page.enable", json!({})).await;
        browser.scripts(false).await;
        Some(browser)
    }

    /// Another phone, in CSS pixels.
    pub(crate) async fn width(&mut self, width: u32) {
        let phone = json!({ "width": width, "height": 844, "deviceScaleFactor": 1, "mobile": true });
        self.ask("Emulation.setDeviceMetricsOverride", phone).await;
    }

    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> Value {
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
    pub(crate) async fn until_loaded(&mut self, method: &str, params: Value) {
        self.asked += 1;
        let asked = self.asked;
        self.page.say(&json!({ "id": asked, "method": method, "params": params })).await;
        while self.page.hear().await.unwrap()["method"] != "Page.loadEventFired" {}
    }

    pub(crate) async fn open(&mut self, url: &str) {
        self.until_loaded("Page.navigate", json!({ "url": url })).await;
    }

    /// The value of an expression on the page.
    pub(crate) async fn value(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true });
        let result = self.ask("Runtime.evaluate", params).await;
        assert!(result["exceptionDetails"].is_null(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// Whether pages may run scripts.
    pub(crate) async fn scripts(&mut self, on: bool) {
        self.ask("Emulation.setScriptExecutionDisabled", json!({ "value": !on })).await;
    }

    async fn dark(&mut self, on: bool) {
        let value = if on { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.ask("Emulation.setEmulatedMedia", features).await;
    }

    /// Presses a button or follows a link, and waits for the page behind it.
    pub(crate) async fn press(&mut self, selector: &str) {
        let click = format!("document.querySelector({}).click()", json!(selector));
        self.until_loaded("Runtime.evaluate", json!({ "expression": click })).await;
    }

    /// Chooses a file for a field, and waits until the page's script has done with it.
    pub(crate) async fn choose_file(&mut self, selector: &str, file: &Path) {
        let field = json!({ "expression": format!("document.querySelector({})", json!(selector)) });
        let field = self.ask("Runtime.evaluate", field).await["result"]["objectId"].clone();
        self.ask("DOM.setFileInputFiles", json!({ "files": [file], "objectId": field })).await;
        let until = "new Promise(done => { const look = () => document.querySelector('button[disabled]')
            ? requestAnimationFrame(look) : done(true); requestAnimationFrame(look); })";
        self.ask("Runtime.evaluate", json!({ "expression": until, "awaitPromise": true })).await;
    }

    /// What is read on the page, after looking that it fits a phone: nothing is cut off, every field has a name, and what
    /// is touched is large enough for a thumb.
    pub(crate) async fn text(&mut self, shot: &str) -> String {
        let width = self.value("document.documentElement.scrollWidth").await;
        assert!(width.as_u64().unwrap() <= u64::from(WIDTH), "{shot} is {width} wide");
        let nameless = "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')]
            .filter(field => !field.labels?.length && !field.ariaLabel).length";
        assert_eq!(self.value(nameless).await, 0, "{shot}: a field without a name");
        let small = "[...document.querySelectorAll('button,summary,select,textarea,input:not([type=hidden])')]
            .map(it => ['radio', 'checkbox'].includes(it.type) ? it.closest('label') : it)
            .filter(it => it.checkVisibility() && it.offsetHeight < 44).map(it => it.outerHTML).join()";
        assert_eq!(self.value(small).await, "", "{shot}: too small for a thumb");
        self.keep(shot).await;
        self.value("document.body.innerText").await.as_str().unwrap().to_owned()
    }

    /// The same for a page of ours, in light and dark: landmarks, one heading, a language, and text that can be read
    /// (WCAG 2.2, 1.3.1, 1.4.3, 2.4.2, 3.1.1).
    pub(crate) async fn page(&mut self, shot: &str, lang: &str) -> String {
        let frame = "[document.documentElement.lang, document.querySelectorAll('h1').length,
            ['header', 'main', 'footer'].every(it => document.querySelectorAll(it).length === 1),
            document.title.length > 0, document.scripts.length === 0 || !!document.querySelector('form[data-photos]')]";
        assert_eq!(self.value(frame).await, json!([lang, 1, true, true, true]), "{shot}");
        for dark in [true, false] {
            self.dark(dark).await;
            let pale = self.value(PALE).await;
            assert_eq!(pale, "", "{shot}: cannot be read{}", if dark { " in the dark" } else { "" });
            if dark {
                self.keep(&format!("{shot}-dark")).await;
            }
        }
        self.text(shot).await
    }

    pub(crate) async fn keep(&mut self, shot: &str) {
        let Some(folder) = std::env::var_os("HITOTSU_SHOTS") else { return };
        let params = json!({ "format": "png", "captureBeyondViewport": true });
        let image = self.ask("Page.captureScreenshot", params).await;
        let image = data_encoding::BASE64.decode(image["data"].as_str().unwrap().as_bytes()).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{shot}.png")), image).unwrap();
    }
}

/// Whether Japanese is shown as it is read, as far as that is known.
fn has_japanese_font() -> bool {
    let found = std::process::Command::new("fc-list").arg(":lang=ja").output();
    found.is_ok_and(|fonts| !fonts.stdout.is_empty())
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// Texts whose contrast with what lies behind them is too low: 4.5 to 1, 3 to 1 for large ones.
const PALE: &str = r"(() => {
    const parse = text => { const parts = text.match(/[\d.]+/g).map(Number); return { rgb: parts.slice(0, 3), a: parts[3] ?? 1 }; };
    const linear = part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const light = rgb => 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
    const ground = element => {
        for (let at = element; at; at = at.parentElement) {
            const color = parse(getComputedStyle(at).backgroundColor);
            if (color.a === 1) return color.rgb;
        }
        return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
    };
    const pale = [];
    for (const element of document.querySelectorAll('body *')) {
        const said = [...element.childNodes].filter(it => it.nodeType === 3).map(it => it.data).join('').trim();
        if (!said || !element.checkVisibility() || element.disabled || element.closest('option')) continue;
        const style = getComputedStyle(element);
        const [one, other] = [light(parse(style.color).rgb), light(ground(element))];
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        if (ratio < (large ? 3 : 4.5)) pale.push(`${said.slice(0, 30)} ${ratio.toFixed(2)}`);
    }
    return pale.join('; ');
})()";
