//! A receipt as a page: printable, and readable on a phone.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context};

use super::receipt::{Receipt, rate_text};
use crate::kernel::language::Language;
use crate::tax::name_in;

const TEMPLATE: &str = include_str!("receipt.html.jinja");

pub(super) fn render(receipt: &Receipt, language: Language) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let paper = receipt.clone();
    environment.add_filter("money", move |minor: i64| paper.money(minor));
    environment.add_filter("rate", rate_text);
    environment.add_filter("tax_name", move |name: String| name_in(&name, language).to_owned());
    environment.add_function("say", move |name: &str| language.text(&format!("receipt-{name}"), &[]));
    let tenders: Vec<_> = receipt
        .tenders
        .iter()
        .map(|tender| {
            let name = tender.gateway.as_str().to_lowercase().replace('_', "-");
            (
                language.text(&format!("receipt-gateway-{name}"), &[]),
                tender.tendered.unwrap_or(tender.amount),
                tender.change,
            )
        })
        .collect();
    // The template is part of the program and tested; if it ever failed, the text receipt still says everything.
    environment
        .render_str(TEMPLATE, context! { receipt => Value::from(Serde(receipt)), tenders => Value::from(Serde(&tenders)), language => language.tag() })
        .unwrap_or_else(|_| receipt.text())
}

#[cfg(test)]
mod tests {
    use crate::register::receipt::{Receipt, ReceiptDiscount, ReceiptLine, ReceiptTax, ReceiptTender};
    use entity::money::Currency;
    use entity::words::Gateway;

    pub(super) fn example() -> Receipt {
        Receipt {
            locale: "ja".to_owned(),
            seller_name: "株式会社ひとつ".to_owned(),
            seller_address: "東京都渋谷区神南1-2-3".to_owned(),
            registration_number: Some("T1234567890123".to_owned()),
            location_name: "渋谷店".to_owned(),
            location_phone: "+81312345678".to_owned(),
            register_code: "SBY-1".to_owned(),
            number: 42,
            order_number: "P100042".to_owned(),
            issued_at: chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
            issued_local: "2026-11-18 20:26".to_owned(),
            currency: Currency::JPY,
            prices_include_tax: true,
            lines: vec![
                ReceiptLine {
                    title: "オックスフォードシャツ <b>M</b>".to_owned(),
                    sku: Some("SH-1".to_owned()),
                    quantity: 1,
                    unit_price: 5500,
                    amount: 5500,
                    discount: 0,
                    tax_rate_ppm: 100_000,
                    reduced: false,
                },
                ReceiptLine {
                    title: "煎茶 100g".to_owned(),
                    sku: None,
                    quantity: 2,
                    unit_price: 1080,
                    amount: 2160,
                    discount: 160,
                    tax_rate_ppm: 80_000,
                    reduced: true,
                },
            ],
            discount_total: 160,
            discounts: vec![ReceiptDiscount {
                title: "お茶の日".to_owned(),
                code: Some("TEA".to_owned()),
                amount: 160,
            }],
            taxes: vec![
                ReceiptTax { name: "消費税".to_owned(), rate_ppm: 100_000, taxable: 5000, tax: 500, gross: 5500 },
                ReceiptTax { name: "消費税".to_owned(), rate_ppm: 80_000, taxable: 1852, tax: 148, gross: 2000 },
            ],
            tax_total: 648,
            total: 7500,
            tenders: vec![
                ReceiptTender { gateway: Gateway::CardTerminal, amount: 5000, tendered: None, change: None },
                ReceiptTender { gateway: Gateway::Cash, amount: 2500, tendered: Some(3000), change: Some(500) },
            ],
        }
    }

    #[test]
    fn the_page_says_what_law_asks() {
        let html = example().html();
        for text in ["T1234567890123", "株式会社ひとつ", "¥7,500", "8%", "10%", "¥148", "¥500", "※"] {
            assert!(html.contains(text), "{text}");
        }
        assert!(html.contains("&lt;b&gt;") || html.contains("&#x3c;b"), "titles are escaped");
        assert!(!html.contains("<b>M</b>"));
    }

    #[test]
    fn the_paper_looks_the_same_as_before() {
        insta::assert_snapshot!("receipt_ja", example().text());
        insta::assert_snapshot!("receipt_en", Receipt { locale: "en".to_owned(), ..example() }.text());
        insta::assert_snapshot!("receipt_html_ja", example().html());
    }
}
