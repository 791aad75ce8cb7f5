//! A receipt for a printer of 42 columns.

use super::receipt::{Receipt, ReceiptDiscount, rate_text};
use crate::kernel::language::Language;
use crate::tax::name_in;

/// Columns of 80 mm paper in font A.
pub(super) const COLUMNS: usize = 42;

pub(super) fn render(receipt: &Receipt, language: Language) -> String {
    let say = |name: &str| language.text(&format!("receipt-{name}"), &[]);
    let rule = "-".repeat(COLUMNS);
    let mut out = Vec::new();
    out.push(center(&receipt.seller_name));
    out.push(center(&receipt.location_name));
    out.extend(
        [&receipt.seller_address, &receipt.location_phone]
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(|text| center(text)),
    );
    if let Some(number) = &receipt.registration_number {
        out.push(center(&format!("{} {number}", say("registration"))));
    }
    out.push(String::new());
    out.push(center(&say("title")));
    out.push(pair(&receipt.issued_local, &format!("{}-{:06}", receipt.register_code, receipt.number)));
    out.push(pair(&say("order"), &receipt.order_number));
    out.push(rule.clone());
    for line in &receipt.lines {
        let mark = if line.reduced { say("reduced-mark") } else { String::new() };
        out.push(format!("{}{mark}", line.title));
        let count = format!("  {} x {}", line.quantity, receipt.money(line.unit_price));
        out.push(pair(&count, &receipt.money(line.amount)));
        if line.discount > 0 {
            out.push(pair(&format!("  {}", say("discount")), &receipt.money(-line.discount)));
        }
    }
    out.push(rule.clone());
    if !receipt.discounts.is_empty() {
        out.push(say("discounts"));
        let row = |it: &ReceiptDiscount| pair(&format!("  {}", it.label()), &receipt.money(-it.amount));
        out.extend(receipt.discounts.iter().map(row));
        out.push(rule.clone());
    }
    if !receipt.prices_include_tax {
        out.push(pair(&say("tax"), &receipt.money(receipt.tax_total)));
    }
    out.push(pair(&say("total"), &receipt.money(receipt.total)));
    for tax in &receipt.taxes {
        out.push(pair(&format!("({} {})", say("subject"), rate_text(tax.rate_ppm)), &receipt.money(tax.gross)));
        let name = name_in(&tax.name, language);
        out.push(pair(&format!("({name} {})", rate_text(tax.rate_ppm)), &receipt.money(tax.tax)));
    }
    out.push(rule);
    for tender in &receipt.tenders {
        let name = language
            .text(&format!("receipt-gateway-{}", tender.gateway.as_str().to_lowercase().replace('_', "-")), &[]);
        out.push(pair(&name, &receipt.money(tender.tendered.unwrap_or(tender.amount))));
        if let Some(change) = tender.change {
            out.push(pair(&say("change"), &receipt.money(change)));
        }
    }
    if receipt.lines.iter().any(|line| line.reduced) {
        out.push(String::new());
        out.push(say("reduced-note"));
    }
    out.push(String::new());
    out.push(center(&say("thanks")));
    out.join("\n") + "\n"
}

/// Columns that a text takes: full-width letters take two.
fn width(text: &str) -> usize {
    text.chars().map(|character| if is_wide(character) { 2 } else { 1 }).sum()
}

/// East Asian wide and full-width letters (Unicode TR 11), as far as receipts hold them.
fn is_wide(character: char) -> bool {
    matches!(u32::from(character),
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f
        | 0xff01..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd)
}

pub(super) fn center(text: &str) -> String {
    format!("{}{text}", " ".repeat(COLUMNS.saturating_sub(width(text)) / 2))
}

pub(super) fn pair(left: &str, right: &str) -> String {
    let gap = COLUMNS.saturating_sub(width(left) + width(right)).max(1);
    format!("{left}{}{right}", " ".repeat(gap))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_letters_take_two_columns() {
        assert_eq!(width("合計¥100"), 8);
        assert_eq!(width(&pair("合計", "¥100")), COLUMNS);
    }
}
