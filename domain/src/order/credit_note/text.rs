//! A credit note as text of 42 columns.

use super::document::CreditNote;
use crate::kernel::language::Language;
use crate::messaging::order_view::rate;
use crate::tax::name_in;

/// Columns of 80 mm paper in font A.
const COLUMNS: usize = 42;

pub(super) fn render(note: &CreditNote, language: Language) -> String {
    let say = |name: &str| language.text(&format!("credit-note-{name}"), &[]);
    let rule = "-".repeat(COLUMNS);
    let mut out = vec![say("title"), note.seller_name.clone(), note.seller_address.clone()];
    out.retain(|line| !line.is_empty());
    if let Some(number) = &note.registration_number {
        out.push(format!("{} {number}", say("registration")));
    }
    out.push(rule.clone());
    out.push(pair(&say("number"), &note.number));
    out.push(pair(&say("order"), &note.order_number));
    out.push(pair(&say("ordered-on"), &note.ordered_on));
    out.push(pair(&say("returned-on"), &note.returned_on));
    out.push(rule.clone());
    for line in &note.lines {
        let mark = if line.reduced { say("reduced-mark") } else { String::new() };
        let title = if line.is_shipping { say("shipping") } else { line.title.clone() };
        out.push(format!("{title}{mark}"));
        out.push(pair(&format!("  × {}", line.quantity), &note.money(line.amount)));
    }
    let extras = [("goodwill", note.goodwill), ("fee", -note.fee), ("claw-back", -note.claw_back)];
    for (name, amount) in extras.into_iter().filter(|(_, amount)| *amount != 0) {
        let sign = if amount < 0 { "-" } else { "" };
        out.push(pair(&say(name), &format!("{sign}{}", note.money(amount.abs()))));
    }
    out.push(pair(&say("total"), &note.money(note.total)));
    for tax in &note.taxes {
        out.push(pair(&format!("({} {})", say("subject"), rate(tax.rate_ppm)), &note.money(tax.gross)));
        out.push(pair(&format!("({} {})", name_in(&tax.name, language), rate(tax.rate_ppm)), &note.money(tax.tax)));
    }
    out.push(rule);
    out.extend(note.tenders_told(language).iter().map(|(name, amount)| pair(name, &note.money(*amount))));
    if note.lines.iter().any(|line| line.reduced) {
        out.push(say("reduced-note"));
    }
    out.join("\n") + "\n"
}

/// Columns that a text takes: full-width letters take two (Unicode TR 11, as far as documents hold them).
fn width(text: &str) -> usize {
    let wide = |character: char| {
        matches!(u32::from(character),
            0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f
            | 0xff01..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd)
    };
    text.chars().map(|character| if wide(character) { 2 } else { 1 }).sum()
}

fn pair(left: &str, right: &str) -> String {
    let gap = COLUMNS.saturating_sub(width(left) + width(right)).max(1);
    format!("{left}{}{right}", " ".repeat(gap))
}
