//! What the templates make of money, in every language.

#![allow(clippy::unwrap_used, reason = "tests")]

use entity::words::ChannelKind;

use super::money_view::{MoneyMail, MoneyRow};
use super::order_view::date_time;
use super::render::{self, Seller};
use super::render_tests::{at, channel, filled, snapshot};
use crate::kernel::language::Language;

fn mail(name: &str, language: Language) -> MoneyMail {
    let row = |label: &str, value: &str| MoneyRow { label: language.text(label, &[]), value: value.to_owned() };
    let note = |key: &str, amount: &str| language.text(key, &[("amount", amount.to_owned())]);
    let goods = vec!["南部鉄器 急須 黒 / 0.6L × 2".to_owned(), "Tea & <Cake> set × 1".to_owned()];
    let until = date_time(at(), chrono_tz::Asia::Tokyo, language);
    let empty = MoneyMail { number: "H-100234".to_owned(), person: "髙﨑 花子".to_owned(), ..MoneyMail::default() };
    let link = Some("https://shop.example/pay/secret".to_owned());
    let instructions = vec!["ひとつ銀行 渋谷支店 <b>".to_owned(), "普通 1234567".to_owned()];
    match name {
        "refund_issued" => MoneyMail {
            rows: vec![
                MoneyRow { label: "Tea & <Cake> set × 1".to_owned(), value: "¥1,000".to_owned() },
                row("mail-money-shipping", "¥550"),
                row("mail-money-fee", "-¥300"),
                row("mail-money-refund", "¥1,250"),
                row("mail-credit-note", "ONLINE-CN000012"),
            ],
            notes: vec![note("mail-refund-waiting-transfer", "¥850"), note("mail-refund-done-gift-card", "¥400")],
            ..empty
        },
        "refund_executed" => MoneyMail {
            rows: vec![row("mail-money-refund", "¥850"), row("mail-credit-note", "ONLINE-CN000012")],
            notes: vec![note("mail-refund-done-transfer", "¥850")],
            ..empty
        },
        "payment_received" => MoneyMail {
            rows: vec![
                row("mail-money-received", "¥1,000"),
                row("mail-money-by", &language.text("mail-means-bank-transfer", &[])),
                row("mail-money-due", "¥550"),
                row("mail-pay-until", &until),
            ],
            ..empty
        },
        "payment_failed" => MoneyMail {
            rows: vec![
                row("mail-money-to-pay", "¥1,550"),
                row("mail-money-by", &language.text("mail-means-stripe", &[])),
            ],
            notes: vec![note("mail-payment-failed-pay", "")],
            link,
            ..empty
        },
        "payment_reminder" => MoneyMail {
            lines: goods,
            rows: vec![row("mail-money-to-pay", "¥1,550"), row("mail-pay-until", &until)],
            instructions,
            link,
            ..empty
        },
        "payment_expired" => MoneyMail {
            lines: goods,
            rows: vec![row("mail-money-refund", "¥500")],
            notes: vec![note("mail-money-nothing-due", ""), note("mail-refund-waiting-transfer", "¥500")],
            ..empty
        },
        _ => MoneyMail { rows: vec![row("mail-money-to-pay", "¥550"), row("mail-pay-until", &until)], link, ..empty },
    }
}

#[test]
fn every_money_template_in_every_language() {
    let seller = Seller::of(&channel(ChannelKind::Online));
    let names = [
        "refund_issued",
        "refund_executed",
        "payment_received",
        "payment_failed",
        "payment_reminder",
        "payment_expired",
        "payment_link",
    ];
    for language in Language::ALL {
        for name in names {
            let rendered = filled(render::money(name, language, &mail(name, language), &seller));
            snapshot(&format!("{name}.{}", language.tag()), &rendered);
            assert!(!rendered.html.contains("<Cake>") && !rendered.html.contains("<b>"), "{name}");
            assert!(!rendered.subject.contains("secret"), "{name}");
        }
    }
}

/// Every sentence and every means has its words in both languages: a missing one would show its name.
#[test]
fn nothing_is_without_words() {
    let ways = ["card", "cash", "transfer", "gift-card", "store-credit", "points", "exchange"];
    let means = [
        "bank-transfer",
        "convenience-store",
        "cash-on-delivery",
        "manual",
        "cash",
        "card-terminal",
        "test",
        "gift-card",
        "store-credit",
        "points",
        "stripe",
        "exchange",
    ];
    let names = ["done", "waiting"].into_iter().flat_map(|state| ways.map(|way| format!("mail-refund-{state}-{way}")));
    let names = names.chain(means.iter().flat_map(|it| [format!("mail-means-{it}"), format!("mail-gateway-{it}")]));
    for name in names {
        for language in Language::ALL {
            let text = language.text(&name, &[("amount", "¥7".to_owned())]);
            assert!(!text.contains(&name) && !text.contains("Unknown"), "{name} in {}", language.tag());
            assert!(!name.starts_with("mail-refund") || text.contains("¥7"), "{text}");
        }
    }
}
