//! The papers as PDF: A4 for the slip, A6 for the label.

use super::code128;
use super::paper::{Kind, Paper, PaperLine};
use super::sheet::{self, Sheet, wrapped};

const A4: (i64, i64) = (2_100, 2_970);
const A6: (i64, i64) = (1_050, 1_480);
/// Blank space around an A4 sheet.
const MARGIN: i64 = 150;
/// Where the lines of a sheet end.
const BOTTOM: i64 = 2_600;

/// The file.
pub(super) fn render(kind: Kind, paper: &Paper) -> Vec<u8> {
    let title = format!("{} {}", paper.title, paper.reference);
    match kind {
        Kind::PackingSlip => sheet::file(&title, A4.0, A4.1, slip(paper)),
        Kind::Label => sheet::file(&title, A6.0, A6.1, vec![label(paper)]),
    }
}

fn slip(paper: &Paper) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    let (mut page, mut y) = first(paper);
    for line in &paper.lines {
        let rows = rows(line);
        let height = i64::try_from(rows.len()).unwrap_or(1) * 55 + 25;
        if y + height > BOTTOM {
            sheets.push(std::mem::replace(&mut page, Sheet::new(A4.1)));
            page.text(MARGIN, 180, 35, &format!("{} {}", paper.title, paper.reference));
            y = heading(&mut page, paper, 230);
        }
        for (place, row) in (0_i64..).zip(&rows) {
            page.text(MARGIN, y + 45 + place * 55, 38, row);
        }
        page.text(1_300, y + 45, 34, &line.sku);
        page.text_right(A4.0 - MARGIN, y + 45, 38, &line.quantity.to_string());
        y += height;
        page.bar(MARGIN, y, A4.0 - 2 * MARGIN, 2);
    }
    page.text(MARGIN, y + 60, 38, &paper.words.total);
    page.text_right(A4.0 - MARGIN, y + 60, 38, &paper.units.to_string());
    page.text(MARGIN, y + 150, 34, &paper.words.thanks);
    if let Ok(widths) = code128::widths(&paper.barcode) {
        page.barcode(MARGIN - 25, y + 190, 25, 120, &widths);
        page.text(MARGIN, y + 350, 30, &paper.barcode);
    }
    sheets.push(page);
    sheets
}

/// The first sheet down to the heading of the lines.
fn first(paper: &Paper) -> (Sheet, i64) {
    let mut page = Sheet::new(A4.1);
    page.text(MARGIN, 220, 64, &paper.title);
    let mut y = 330;
    for line in paper.recipient.iter().flat_map(|line| wrapped(line, 45, 950)) {
        page.text(MARGIN, y, 45, &line);
        y += 65;
    }
    let mut right = 330;
    for line in paper.seller.iter().flat_map(|line| wrapped(line, 34, 750)) {
        page.text(1_200, right, 34, &line);
        right += 52;
    }
    y = y.max(right) + 40;
    let facts = [
        (&paper.words.order, &paper.order_numbers),
        (&paper.words.ordered_on, &paper.ordered_on),
        (&paper.words.parcel, &paper.reference),
        (&paper.words.packed_on, &paper.packed_on),
        (&paper.words.carrier, &paper.carrier),
        (&paper.words.tracking_number, &paper.tracking_number),
        (&paper.words.delivery, &paper.delivery),
    ];
    for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        page.text(MARGIN, y, 34, name);
        for line in wrapped(value, 34, 1_200) {
            page.text(560, y, 34, &line);
            y += 52;
        }
    }
    y = heading(&mut page, paper, y + 40);
    (page, y)
}

fn heading(page: &mut Sheet, paper: &Paper, y: i64) -> i64 {
    page.text(MARGIN, y + 40, 32, &paper.words.item);
    page.text(1_300, y + 40, 32, &paper.words.sku);
    page.text_right(A4.0 - MARGIN, y + 40, 32, &paper.words.quantity);
    page.bar(MARGIN, y + 60, A4.0 - 2 * MARGIN, 5);
    y + 65
}

fn rows(line: &PaperLine) -> Vec<String> {
    let mut rows = wrapped(&line.title, 38, 1_100);
    rows.extend(wrapped(&line.variant, 38, 1_100));
    rows
}

fn label(paper: &Paper) -> Sheet {
    let mut page = Sheet::new(A6.1);
    let (left, wide) = (60, A6.0 - 120);
    page.text(left, 110, 45, &paper.carrier);
    let mut y = 170;
    if !paper.delivery.is_empty() {
        page.text(left, y, 32, &format!("{} {}", paper.words.delivery, paper.delivery));
        y += 40;
    }
    page.bar(left, y, wide, 4);
    y = block(&mut page, &paper.words.to, &paper.recipient, y, 48);
    if !paper.phone.is_empty() {
        page.text(left, y, 32, &format!("{} {}", paper.words.phone, paper.phone));
        y += 40;
    }
    page.bar(left, y, wide, 4);
    y = block(&mut page, &paper.words.from, &paper.sender, y, 32);
    page.bar(left, y, wide, 4);
    if let Ok(widths) = code128::widths(&paper.barcode) {
        let modules: i64 = widths.iter().map(|width| i64::from(*width)).sum::<i64>() + 20;
        page.barcode(left, 1_180, (wide * 10 / modules).min(40), 160, &widths);
    }
    page.text(left, 1_390, 36, &paper.barcode);
    page.text_right(A6.0 - 60, 1_430, 26, &format!("{} {}", paper.words.parcel, paper.reference));
    page
}

fn block(page: &mut Sheet, name: &str, lines: &[String], y: i64, size: i64) -> i64 {
    let mut y = y + 45;
    page.text(60, y, 24, name);
    for line in lines.iter().flat_map(|line| wrapped(line, size, A6.0 - 120)) {
        y += size * 14 / 10;
        // Nothing may run into the barcode.
        if y < 1_130 {
            page.text(60, y, size, &line);
        }
    }
    y + 40
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::kernel::language::Language;
    use crate::shipping::documents::paper::tests::example;

    fn count(pdf: &[u8], word: &str) -> usize {
        String::from_utf8_lossy(pdf).matches(word).count()
    }

    /// A text as it stands in the file: UTF-16 in hexadecimal or as bytes.
    fn holds(pdf: &[u8], text: &str) -> bool {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        let upper = String::from_utf8_lossy(pdf).to_uppercase();
        upper.contains(&hex) || pdf.windows(bytes.len()).any(|part| part == bytes)
    }

    #[test]
    fn a_slip_of_one_line_has_one_sheet_and_its_texts() {
        let pdf = render(Kind::PackingSlip, &example(Kind::PackingSlip, Language::Ja));
        assert!(pdf.starts_with(b"%PDF-1.7") && pdf.ends_with(b"%%EOF"));
        assert_eq!(count(&pdf, "/Type /Page\n") + count(&pdf, "/Type /Page "), 1);
        assert!(holds(&pdf, "納品書"));
        assert!(count(&pdf, "(SH-1)") == 2, "both lines");
        assert!(count(&pdf, "UniJIS-UTF16-H") >= 1 && count(&pdf, "FontFile") == 0);
    }

    #[test]
    fn many_lines_go_on_more_sheets() {
        let mut paper = example(Kind::PackingSlip, Language::Ja);
        paper.lines = vec![paper.lines.first().cloned().unwrap(); 60];
        let pdf = render(Kind::PackingSlip, &paper);
        let sheets = count(&pdf, "/Type /Page\n") + count(&pdf, "/Type /Page ");
        assert!((3..=6).contains(&sheets), "{sheets}");
        assert!(count(&pdf, &format!("/Count {sheets}")) == 1);
    }

    #[test]
    fn a_label_holds_the_address_however_long() {
        let mut paper = example(Kind::Label, Language::Ja);
        assert!(holds(&render(Kind::Label, &paper), "髙﨑"));
        paper.recipient = vec!["寿限無".repeat(200)];
        assert!(render(Kind::Label, &paper).len() < 100_000);
    }

    #[test]
    fn texts_break_where_they_must() {
        assert_eq!(wrapped("東京都渋谷区", 100, 300), ["東京都", "渋谷区"]);
        assert_eq!(wrapped("", 100, 300), Vec::<String>::new());
        assert_eq!(wrapped("ab", 100, 1_000), ["ab"]);
    }
}
