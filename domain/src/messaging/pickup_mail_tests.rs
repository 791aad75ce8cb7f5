//! What the templates make of pickups and reservations, in every language.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use entity::location;
use entity::words::ChannelKind;

use super::order_view::date_time;
use super::pickup_mail::with_code;
use super::pickup_view::{PickupMail, map_url};
use super::render::{self, Seller};
use super::render_tests::{at, channel, filled, snapshot, store};
use super::store_view::StoreView;
use crate::kernel::language::Language;

/// A mail about what is collected, with everything that its template shows.
fn collected(name: &str, language: Language) -> PickupMail {
    let store = location::Model { latitude_e6: Some(35_658_034), longitude_e6: Some(139_701_636), ..store() };
    let code = matches!(name, "pickup_ready" | "pickup_reminder" | "store_reservation" | "store_reservation_reminder");
    let code = code.then(|| "K7WM3XPA".to_owned());
    let asks = name == "pickup_short";
    let about_order = name.starts_with("pickup_");
    let view = PickupMail {
        number: if about_order { "H-100234".to_owned() } else { String::new() },
        person: "髙﨑 花子".to_owned(),
        lines: vec!["南部鉄器 急須 黒 / 0.6L × 2".to_owned(), "Tea & <Cake> set".to_owned()],
        store: Some(StoreView::of(&store, language, at())),
        map: map_url(&store),
        until: (code.is_some() || asks).then(|| date_time(at(), chrono_tz::Asia::Tokyo, language)),
        link: (asks || (code.is_some() && about_order)).then(|| "https://shop.example/p/pickup_1/secret".to_owned()),
        refund: (name == "pickup_expired").then(|| "¥4,540".to_owned()),
        ..PickupMail::default()
    };
    match code {
        Some(code) => with_code(view, code),
        None => view,
    }
}

#[test]
fn every_pickup_template_in_every_language() {
    let seller = Seller::of(&channel(ChannelKind::Online));
    for language in Language::ALL {
        for name in [
            "pickup_preparing",
            "pickup_ready",
            "pickup_reminder",
            "pickup_expired",
            "pickup_collected",
            "pickup_short",
            "pickup_canceled",
            "store_reservation",
            "store_reservation_reminder",
            "store_reservation_expired",
        ] {
            let mail = collected(name, language);
            let rendered = filled(Ok(render::pickup(name, language, &mail, &seller)));
            snapshot(&format!("{name}.{}", language.tag()), &rendered);
            let pictures = super::inline::images(&rendered.html);
            assert_eq!(pictures.len(), usize::from(mail.code.is_some()), "{name}");
            assert!(!rendered.html.contains("aria-label=\"QR\""), "no table beside the image");
            assert!(!rendered.subject.contains("K7WM3XPA"), "a subject shows on a locked screen");
            assert!(!rendered.html.contains("<Cake>") && rendered.text.contains("<Cake>"), "{name}");
        }
    }
}
