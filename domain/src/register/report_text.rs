//! A report for a printer of 42 columns.

use super::receipt::rate_text;
use super::receipt_text::{COLUMNS, center, pair};
use super::report::{RateSum, Report, Sum, TenderSum};
use crate::kernel::language::Language;

pub(super) fn render(report: &Report, language: Language) -> String {
    let mut paper = Paper { report, language, lines: Vec::new() };
    paper.head();
    paper.sales();
    paper.credits();
    paper.cash();
    paper.drawer();
    paper.lines.join("\n") + "\n"
}

struct Paper<'a> {
    report: &'a Report,
    language: Language,
    lines: Vec<String>,
}

impl Paper<'_> {
    fn say(&self, name: &str) -> String {
        self.language.text(&format!("report-{name}"), &[])
    }

    fn rule(&mut self) {
        self.lines.push("-".repeat(COLUMNS));
    }

    fn pair(&mut self, name: &str, value: &str) {
        self.lines.push(pair(&self.say(name), value));
    }

    fn sum(&mut self, name: &str, sum: Sum) {
        let left = format!("{} ({})", self.say(name), sum.count);
        self.lines.push(pair(&left, &self.report.money(sum.amount)));
    }

    fn head(&mut self) {
        let report = self.report;
        self.lines.push(center(&report.seller_name));
        self.lines.push(center(&report.location_name));
        if let Some(number) = &report.registration_number {
            self.lines.push(center(&format!("{} {number}", self.language.text("receipt-registration", &[]))));
        }
        self.lines.push(String::new());
        let title = report
            .z_number
            .map_or_else(|| self.say("x-title"), |number| format!("{} {number:06}", self.say("z-title")));
        self.lines.push(center(&title));
        if report.is_rescue {
            self.lines.push(center(&self.say("rescue")));
        }
        self.pair("register", &report.register_code);
        self.pair("session", &report.session_number.to_string());
        self.pair("opened", &report.opened_local);
        self.pair(if report.z_number.is_some() { "closed" } else { "made" }, &report.made_local);
        for (name, person) in [("opened-by", &report.opened_by), ("closed-by", &report.closed_by)] {
            if let Some(person) = person {
                self.pair(name, person);
            }
        }
        self.rule();
    }

    fn sales(&mut self) {
        let report = self.report;
        self.sum("sales", report.sales);
        self.rates(&report.taxes);
        self.sum("discounts", report.discounts);
        self.sum("voids", report.voids);
        self.tenders(&report.tenders);
        let numbers = report.first_receipt.zip(report.last_receipt);
        if let Some((first, last)) = numbers {
            self.pair("receipts", &format!("{first:06} - {last:06}"));
        }
        let complete = self.say(if report.is_complete { "complete" } else { "gaps" });
        self.pair("numbers", &complete);
        self.rule();
    }

    fn credits(&mut self) {
        let report = self.report;
        self.sum("credit-notes", report.credit_notes);
        self.rates(&report.credit_taxes);
        if !report.refunds.is_empty() {
            self.lines.push(self.say("refunds"));
        }
        self.tenders(&report.refunds);
        self.rule();
    }

    fn rates(&mut self, rates: &[RateSum]) {
        for rate in rates {
            let text = rate_text(rate.rate_ppm);
            let taxable = format!("  {} {text}", self.say("taxable"));
            self.lines.push(pair(&taxable, &self.report.money(rate.taxable)));
            self.lines.push(pair(&format!("  {} {text}", rate.name), &self.report.money(rate.tax)));
        }
    }

    fn tenders(&mut self, tenders: &[TenderSum]) {
        for tender in tenders {
            let name = tender_name(self.language, tender);
            let left = format!("  {name} ({})", tender.sum.count);
            self.lines.push(pair(&left, &self.report.money(tender.sum.amount)));
        }
    }

    fn cash(&mut self) {
        let report = self.report;
        for cash in &report.cash {
            self.sum(&cash_name(cash.kind.as_str()), cash.sum);
        }
        for line in &report.cash_moves {
            let left = format!("  {} {}", line.at_local.get(11..).unwrap_or_default(), line.reason);
            self.lines.push(pair(&left, &report.money(line.amount)));
            if let Some(person) = &line.approved_by {
                self.lines.push(format!("    {} {person}", self.say("approved-by")));
            }
        }
        self.rule();
    }

    fn drawer(&mut self) {
        let report = self.report;
        for piece in &report.pieces {
            let worth = report.money(piece.value.saturating_mul(piece.count));
            self.lines.push(pair(&format!("  {} x {}", report.money(piece.value), piece.count), &worth));
        }
        self.pair("expected", &report.money(report.expected));
        if let Some(counted) = report.counted {
            self.pair("counted", &report.money(counted));
        }
        if let Some(difference) = report.difference {
            self.pair("difference", &report.money(difference));
        }
        if let Some(reason) = &report.difference_reason {
            self.lines.push(format!("  {reason}"));
        }
    }
}

/// The name of a kind of cash in `locales/`, without its prefix.
pub(super) fn cash_name(kind: &str) -> String {
    format!("cash-{}", kind.to_lowercase())
}

/// The name of a tender, as receipts call it.
pub(super) fn tender_name(language: Language, tender: &TenderSum) -> String {
    let name = tender.gateway.as_str().to_lowercase().replace('_', "-");
    language.text(&format!("receipt-gateway-{name}"), &[])
}
