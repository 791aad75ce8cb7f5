//! A report as a page.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context};

use super::receipt::rate_text;
use super::report::{Report, TenderSum};
use super::report_text::{cash_name, tender_name};
use crate::kernel::language::Language;

const TEMPLATE: &str = include_str!("report.html.jinja");

pub(super) fn render(report: &Report, language: Language) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let paper = report.clone();
    environment.add_filter("money", move |minor: i64| paper.money(minor));
    environment.add_filter("rate", rate_text);
    environment.add_function("say", move |name: &str| language.text(&format!("report-{name}"), &[]));
    let named = |tenders: &[TenderSum]| -> Vec<(String, i64, i64)> {
        tenders.iter().map(|it| (tender_name(language, it), it.sum.count, it.sum.amount)).collect()
    };
    let (tenders, refunds) = (named(&report.tenders), named(&report.refunds));
    let cash: Vec<(String, i64, i64)> =
        report.cash.iter().map(|it| (cash_name(it.kind.as_str()), it.sum.count, it.sum.amount)).collect();
    let values = context! {
        report => Value::from(Serde(report)), tenders => Value::from(Serde(&tenders)),
        refunds => Value::from(Serde(&refunds)), cash => Value::from(Serde(&cash)), language => language.tag(),
    };
    // The template is part of the program and tested; if it ever failed, the text still says everything.
    environment.render_str(TEMPLATE, values).unwrap_or_else(|_| report.text())
}

#[cfg(test)]
mod tests {
    use entity::money::Currency;
    use entity::words::{CashMovementKind, Gateway};

    use crate::drawer::Pieces;
    use crate::register::report::{CashLine, CashSum, RateSum, Report, Sum, TenderSum};

    fn sum(count: i64, amount: i64) -> Sum {
        Sum { count, amount }
    }

    fn example(locale: &str) -> Report {
        let rate = |rate_ppm, taxable, tax| RateSum { name: "消費税".to_owned(), rate_ppm, taxable, tax };
        let tender = |gateway, count, amount| TenderSum { gateway, sum: sum(count, amount) };
        let cash = |kind, count, amount| CashSum { kind, sum: sum(count, amount) };
        Report {
            locale: locale.to_owned(),
            seller_name: "株式会社ひとつ".to_owned(),
            registration_number: Some("T1234567890123".to_owned()),
            location_name: "渋谷店".to_owned(),
            register_code: "SBY-1".to_owned(),
            session_number: 12,
            is_rescue: false,
            z_number: Some(11),
            currency: Currency::JPY,
            opened_local: "2026-11-21 09:45".to_owned(),
            opened_by: Some("佐藤 花子".to_owned()),
            made_at: chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap_or_default(),
            made_local: "2026-11-21 20:10".to_owned(),
            closed_by: Some("田中 一郎".to_owned()),
            sales: sum(3, 15_500),
            taxes: vec![rate(100_000, 10_000, 1_000), rate(80_000, 4_167, 333)],
            tenders: vec![tender(Gateway::Cash, 2, 10_000), tender(Gateway::CardTerminal, 1, 5_500)],
            discounts: sum(1, 500),
            credit_notes: sum(1, 1_080),
            credit_taxes: vec![rate(80_000, 1_000, 80)],
            refunds: vec![tender(Gateway::Cash, 1, 1_080)],
            voids: sum(0, 0),
            cash: vec![
                cash(CashMovementKind::Float, 1, 30_000),
                cash(CashMovementKind::Out, 1, -2_000),
                cash(CashMovementKind::Sale, 2, 10_000),
                cash(CashMovementKind::Refund, 1, -1_080),
            ],
            cash_moves: vec![CashLine {
                kind: CashMovementKind::Out,
                amount: -2_000,
                reason: "切手 <b>84円</b>".to_owned(),
                at_local: "2026-11-21 12:30".to_owned(),
                staff: Some("佐藤 花子".to_owned()),
                approved_by: Some("田中 一郎".to_owned()),
            }],
            expected: 36_920,
            counted: Some(36_900),
            difference: Some(-20),
            difference_reason: Some("釣り銭の誤り".to_owned()),
            pieces: vec![Pieces { value: 10_000, count: 3 }, Pieces { value: 100, count: 69 }],
            first_receipt: Some(41),
            last_receipt: Some(43),
            is_complete: true,
        }
    }

    #[test]
    fn the_page_escapes_what_people_wrote() {
        let html = example("ja").html();
        assert!(!html.contains("<b>84"));
        for text in ["T1234567890123", "渋谷店", "¥36,920", "¥36,900", "8%", "10%", "000041", "釣り銭の誤り"]
        {
            assert!(html.contains(text), "{text}");
        }
    }

    #[test]
    fn the_paper_looks_the_same_as_before() {
        insta::assert_snapshot!("z_report_ja", example("ja").text());
        insta::assert_snapshot!("z_report_en", example("en").text());
        let x = Report {
            z_number: None,
            counted: None,
            difference: None,
            difference_reason: None,
            closed_by: None,
            pieces: Vec::new(),
            ..example("en")
        };
        insta::assert_snapshot!("x_report_en", x.text());
        insta::assert_snapshot!("z_report_html_ja", example("ja").html());
    }
}
