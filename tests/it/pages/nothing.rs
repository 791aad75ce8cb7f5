//! Addresses that are none: people get a page in the shop's name, programs what every such address answers.

use domain::channel;
use reqwest::StatusCode;

use super::html;
use crate::harness::{TestApp, over_http, visitor};
use crate::money::desk::Desk;

/// How addresses of pages begin.
const FIRST: [&str; 14] = [
    "o",
    "p",
    "r",
    "s",
    "u",
    "pay",
    "return",
    "exchange",
    "receipt",
    "claim",
    "gift-card",
    "review",
    "back-in-stock",
    "cart",
];

async fn asked(app: &TestApp, path: &str, accept: &str) -> (StatusCode, String, String) {
    let answer = visitor().get(app.url(path)).header("accept", accept).send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status(), kind, answer.text().await.unwrap())
}

over_http! {
    /// A link that is broken, cut or too long leads people to a page that says whom they can ask, in both languages.
    async fn people_are_told_in_the_name_of_the_shop(app: TestApp) {
        let _desk = Desk::open(&app).await;
        app.run_jobs().await;
        let shop = channel::query::default_online(app.world().db()).await.unwrap().unwrap();
        assert!(shop.mail_from.contains('@'), "somebody to write to");
        for first in FIRST {
            for path in [format!("/{first}/"), format!("/{first}/x/y/z/more"), format!("/{first}/nonsense")] {
                for lang in ["ja", "en"] {
                    let path = format!("{path}?lang={lang}");
                    let (status, kind, text) = asked(&app, &path, "text/html,application/xhtml+xml,*/*;q=0.8").await;
                    assert_eq!((status, kind.as_str()), (StatusCode::NOT_FOUND, "text/html; charset=utf-8"), "{path}");
                    assert!(text.contains(&shop.seller_name), "{path}: who it is\n{text}");
                    assert!(text.contains(&format!("href=\"mailto:{}\"", shop.mail_from)), "{path}: whom to ask\n{text}");
                    html::check(&text, lang, &path);
                }
            }
        }
    }

    /// Programs read errors in one form; what begins otherwise than pages do is no page of ours.
    async fn programs_get_what_they_read(app: TestApp) {
        for (path, accept) in [
            ("/claim/", "application/json"),
            ("/o/x/y", "*/*"),
            ("/nonsense", "text/html"),
            ("/ox/y/z", "text/html"),
        ] {
            let (status, kind, text) = asked(&app, path, accept).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
            assert!(kind.starts_with("application/json") && text.contains("NOT_FOUND"), "{path}: {kind} {text}");
        }
    }

    /// Without any shop there is nobody's name to tell it in, and it is told all the same.
    async fn a_page_is_missing_without_a_shop(app: TestApp) {
        let (status, kind, text) = asked(&app, "/o/x/y", "text/html").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(kind.starts_with("text/html") && text.contains("There is no such page"), "{text}");
    }
}
