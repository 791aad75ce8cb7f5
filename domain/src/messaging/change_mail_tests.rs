//! What the templates make of changed orders, in every language.

#![allow(clippy::unwrap_used, reason = "tests")]

use entity::words::ChannelKind;

use super::change_view::ChangeMail;
use super::order_view::date_time;
use super::render::{self, Seller};
use super::render_tests::{at, channel, filled, snapshot};
use crate::kernel::language::Language;

fn mail(name: &str, language: Language) -> ChangeMail {
    let (is_change, is_canceled) = (name == "order_changed", name.ends_with("_canceled"));
    let is_delayed = name == "order_delayed";
    let goods = vec!["南部鉄器 急須 黒 / 0.6L × 2".to_owned(), "Tea & <Cake> set × 1".to_owned()];
    ChangeMail {
        number: "H-100234".to_owned(),
        person: "髙﨑 花子".to_owned(),
        removed: if is_change || is_canceled { goods.clone() } else { Vec::new() },
        added: if is_canceled { Vec::new() } else { goods },
        store: is_change.then(|| "渋谷店".to_owned()),
        address: if is_change { vec!["〒150-0001".to_owned(), "東京都渋谷区".to_owned()] } else { Vec::new() },
        total: is_change.then(|| "¥12,300".to_owned()),
        refund: is_canceled.then(|| "¥1,000".to_owned()),
        refund_parts: if is_canceled {
            vec!["¥600 went back to your card.".to_owned(), "¥400 are on your gift card again.".to_owned()]
        } else {
            Vec::new()
        },
        credit_note: is_canceled.then(|| "ONLINE-CN000012".to_owned()),
        fee: is_canceled.then(|| "¥300".to_owned()),
        claw_back: is_canceled.then(|| "¥200".to_owned()),
        given_back: is_change.then(|| "¥200".to_owned()),
        charged: None,
        due: (!is_canceled && !is_delayed).then(|| "¥2,300".to_owned()),
        reserves: name == "exchange_reserve_requested",
        until: (!is_canceled).then(|| date_time(at(), chrono_tz::Asia::Tokyo, language)),
        link: (!is_canceled).then(|| "https://shop.example/pay/secret".to_owned()),
    }
}

#[test]
fn every_change_template_in_every_language() {
    let seller = Seller::of(&channel(ChannelKind::Online));
    for language in Language::ALL {
        for name in [
            "order_changed",
            "order_units_canceled",
            "order_canceled",
            "order_delayed",
            "order_payment_requested",
            "exchange_reserve_requested",
        ] {
            let rendered = filled(render::order_change(name, language, &mail(name, language), &seller));
            snapshot(&format!("{name}.{}", language.tag()), &rendered);
            assert!(!rendered.html.contains("<Cake>") && rendered.text.contains("<Cake>"), "{name}");
            assert!(!rendered.subject.contains("secret"), "{name}");
        }
    }
}
