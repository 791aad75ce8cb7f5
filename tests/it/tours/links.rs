//! Every link in the mails of an order's whole life, and whatever else lies in the demo's mailbox, opened on a phone.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::StatusCode;
use serde_json::{Value, json};
use support::World;

use super::Demo;
use crate::harness::{Browser, visitor};

/// A narrow and a wide phone, in CSS pixels.
const WIDTHS: [u32; 2] = [360, 412];
/// Who is written to in the tour after the purchase, and in which language. In each of them one person brings something
/// back, and one keeps it and is asked for a review.
const READERS: [(&str, &str); 4] = [
    ("hanako.sato0@example.com", "ja"),
    ("taro.suzuki1@example.com", "ja"),
    ("customer14@example.org", "en"),
    ("customer29@example.org", "en"),
];
/// Where links end: orders, pickups, reviews, surveys, preferences; in Japanese a return as well, which the demo begins with.
const PAGES: [(&str, &[&str]); 2] =
    [("en", &["o", "p", "review", "s", "u"]), ("ja", &["o", "p", "r", "review", "s", "u"])];

/// Opens them all with scripts off: each is there in the language of its mail, and fits the phone.
pub(super) async fn all_open(demo: &Demo, world: &World) {
    let mails = mails(demo).await;
    for (reader, lang) in READERS {
        let theirs: Vec<&Value> = mails.iter().filter(|mail| mail["to"] == reader).collect();
        assert!(theirs.len() > 5, "{reader} got {} mails", theirs.len());
        assert!(theirs.iter().all(|mail| language(mail) == lang), "{reader} reads {lang}");
    }
    let found: BTreeMap<String, &str> =
        mails.iter().flat_map(|mail| links(mail).into_iter().map(|url| (url, language(mail)))).collect();
    let Some(mut browser) = Browser::start_in(world).await else { return };
    let mut opened: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (url, lang) in found {
        if url.starts_with(demo.base()) {
            let page = open(&mut browser, &url, lang).await;
            opened.entry(lang).or_default().insert(page);
        } else {
            // A map or a carrier.
            assert!(url.starts_with("https://"), "{url} leads neither to us nor to others");
        }
    }
    for (lang, pages) in PAGES {
        assert!(pages.iter().all(|page| opened[lang].contains(*page)), "the pages of a life in {lang}: {opened:?}");
    }
}

/// What lies in the mailbox.
async fn mails(demo: &Demo) -> Vec<Value> {
    let answer = visitor().get(format!("{}/dev/mailbox.json", demo.base())).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let told: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    told["mails"].as_array().unwrap().clone()
}

/// The language of a mail, as its HTML says.
fn language(mail: &Value) -> &str {
    let html = mail["html"].as_str().unwrap();
    html.split("<html lang=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap()
}

/// The addresses in a mail: the same in both parts, and the one by which mail programs leave.
fn links(mail: &Value) -> BTreeSet<String> {
    let part = |name: &str| mail[name].as_str().unwrap();
    let in_html: BTreeSet<String> = part("html")
        .split("href=\"")
        .skip(1)
        .map(|rest| plain(rest.split('"').next().unwrap()))
        .filter(|url| url.starts_with("http"))
        .collect();
    let words = part("text").split_whitespace();
    let in_text: BTreeSet<String> = words.filter_map(|word| Some(word[word.find("http")?..].to_owned())).collect();
    assert!(!in_html.is_empty(), "{}: no link", mail["subject"]);
    assert_eq!(in_html, in_text, "{}: the links of the HTML part, and of the text", mail["subject"]);
    let in_headers = part("headers").split('<').filter_map(|rest| Some(rest.split_once('>')?.0));
    let in_headers = in_headers.filter(|url| url.starts_with("http")).map(str::to_owned);
    in_html.into_iter().chain(in_headers).collect()
}

/// An address without the escaping of HTML.
fn plain(url: &str) -> String {
    [("&#x2f;", "/"), ("&#x27;", "'"), ("&quot;", "\""), ("&amp;", "&")]
        .iter()
        .fold(url.to_owned(), |url, (escaped, sign)| url.replace(escaped, sign))
}

/// Opens a link, looks, and tells which page it led to.
async fn open(browser: &mut Browser, url: &str, lang: &str) -> String {
    browser.open(url).await;
    let seen = "[performance.getEntriesByType('navigation')[0].responseStatus, document.documentElement.lang]";
    assert_eq!(browser.value(seen).await, json!([200, lang]), "{url}");
    for width in WIDTHS {
        browser.width(width).await;
        let wide = browser.value("document.documentElement.scrollWidth").await.as_u64().unwrap();
        assert!(wide <= u64::from(width), "{url} is {wide} wide on a phone of {width}");
    }
    // The name of the shop, which stays as it is, stands after the dash.
    let title = browser.value("document.title.split(' – ')[0].trim()").await;
    let heading = browser
        .value(
            "[...document.querySelectorAll('h1')].filter(it => it.checkVisibility()).map(it => it.innerText).join('|')",
        )
        .await;
    for (what, said) in [("title", title), ("heading", heading)] {
        let said = said.as_str().unwrap();
        assert!(!said.is_empty() && !said.contains('|'), "{url}: one {what}, not {said:?}");
        assert_eq!(is_japanese(said), lang == "ja", "{url}: the {what} {said:?} in {lang}");
    }
    browser.value("location.pathname.split('/')[1]").await.as_str().unwrap().to_owned()
}

fn is_japanese(text: &str) -> bool {
    text.chars().any(|at| ('ぁ'..='ヿ').contains(&at) || ('一'..='龥').contains(&at))
}
