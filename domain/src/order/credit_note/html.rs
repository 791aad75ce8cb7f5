//! A credit note as a page: printable, and readable on a phone.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context};

use super::document::CreditNote;
use crate::kernel::language::Language;
use crate::messaging::order_view::rate;
use crate::tax::name_in;

const TEMPLATE: &str = include_str!("credit_note.html.jinja");

pub(super) fn render(note: &CreditNote, language: Language) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let paper = note.clone();
    environment.add_filter("money", move |minor: i64| paper.money(minor));
    environment.add_filter("rate", rate);
    environment.add_filter("tax_name", move |name: String| name_in(&name, language).to_owned());
    environment.add_function("say", move |name: &str| language.text(&format!("credit-note-{name}"), &[]));
    let tenders = note.tenders_told(language);
    let values = context! {
        note => Value::from(Serde(note)), tenders => Value::from(Serde(&tenders)), language => language.tag()
    };
    // The template is part of the program and tested; if it ever failed, the text still says everything.
    environment.render_named_str("credit_note.html", TEMPLATE, values).unwrap_or_else(|_| note.text())
}

#[cfg(test)]
mod tests {
    use entity::money::Currency;
    use entity::words::{Gateway, RefundDestination, RefundReason};

    use crate::order::credit_note::{CreditNote, CreditNoteLine, CreditNoteTax, CreditNoteTender};

    fn example(locale: &str) -> CreditNote {
        let line = |title: &str, amount, tax, tax_rate_ppm, is_shipping| CreditNoteLine {
            title: title.to_owned(),
            sku: None,
            quantity: 1,
            amount,
            tax,
            tax_rate_ppm,
            reduced: tax_rate_ppm < 100_000,
            is_shipping,
        };
        let tax = |rate_ppm, taxable, tax| CreditNoteTax {
            name: "消費税".to_owned(),
            rate_ppm,
            taxable,
            tax,
            gross: taxable + tax,
        };
        CreditNote {
            locale: locale.to_owned(),
            seller_name: "株式会社ひとつ".to_owned(),
            seller_address: "東京都渋谷区神南1-2-3".to_owned(),
            registration_number: Some("T1234567890123".to_owned()),
            number: "WEB-CN000007".to_owned(),
            order_number: "W100042".to_owned(),
            ordered_on: "2026-11-01".to_owned(),
            returned_on: "2026-11-18".to_owned(),
            issued_at: chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
            currency: Currency::JPY,
            reason: RefundReason::Returned,
            lines: vec![
                line("オックスフォードシャツ <b>M</b>", 5_500, 500, 100_000, false),
                line("煎茶 100g", 1_080, 80, 80_000, false),
                line("", 550, 50, 100_000, true),
            ],
            goodwill: 0,
            fee: 300,
            claw_back: 0,
            taxes: vec![tax(100_000, 5_500, 550), tax(80_000, 1_000, 80)],
            tax_total: 630,
            total: 6_830,
            tenders: vec![
                CreditNoteTender {
                    gateway: Gateway::GiftCard,
                    destination: RefundDestination::Original,
                    amount: 1_000,
                },
                CreditNoteTender { gateway: Gateway::Cash, destination: RefundDestination::StoreCredit, amount: 5_830 },
            ],
        }
    }

    #[test]
    fn the_page_says_what_law_asks() {
        let html = example("ja").html();
        for text in ["T1234567890123", "株式会社ひとつ", "2026-11-01", "2026-11-18", "¥6,830", "¥550", "¥80", "8%", "※"]
        {
            assert!(html.contains(text), "{text}");
        }
        assert!(!html.contains("<b>M</b>"), "titles are escaped");
    }

    #[test]
    fn the_paper_looks_the_same_as_before() {
        insta::assert_snapshot!("credit_note_ja", example("ja").text());
        insta::assert_snapshot!("credit_note_en", example("en").text());
        insta::assert_snapshot!("credit_note_html_ja", example("ja").html());
    }
}
