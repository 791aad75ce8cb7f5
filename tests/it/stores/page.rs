//! The pages of pickups and payments in a real browser of a phone's width, in both languages.

use serde_json::json;

use super::mails::{link, mail_to};
use super::place::{Bought, Place, act};
use crate::harness::{Browser, WIDTH, over_http};

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
