//! The return slip as PDF, A4: what goes into the parcel above, the address to stick on it below. Fonts are named and
//! not embedded, as on packing slips.

use entity::returns;

use super::access;
use super::slip::Slip;
use crate::kernel::Ctx;
use crate::messaging::Qr;
use crate::shipping::documents::sheet::{self, Sheet, wrapped};

const A4: (i64, i64) = (2_100, 2_970);
/// Blank space around the sheet.
const MARGIN: i64 = 150;
/// How wide text may be.
const WIDE: i64 = A4.0 - 2 * MARGIN;
/// Where the label begins on the first sheet.
const LABEL: i64 = 2_150;
/// Where the lines of further sheets end.
const BOTTOM: i64 = 2_800;
/// Side of a module of the QR code: 25 modules are 40 mm.
const MODULE: i64 = 16;

/// The file, and a name for it.
#[must_use]
pub fn render(slip: &Slip) -> (String, Vec<u8>) {
    let title = say(slip, "paper-return-slip");
    let safe: String = slip.number.chars().filter(|one| one.is_ascii_alphanumeric() || *one == '-').collect();
    let file = sheet::file(&format!("{title} {}", slip.number), A4.0, A4.1, sheets(slip, &title));
    (format!("return-{safe}.pdf"), file)
}

/// Where whoever may read the return finds it, while its link works; the address opens it without signing in. `None` of a
/// return without an order, too.
#[must_use]
pub fn url(ctx: &Ctx, row: &returns::Model) -> Option<String> {
    let is_there = row.order_id.is_some() && access::is_open(ctx, row);
    let base = &ctx.services.settings.public_url;
    is_there.then(|| format!("{base}/r/{}/{}/slip.pdf", row.id, access::visit_token(ctx, row.id)))
}

fn say(slip: &Slip, name: &str) -> String {
    slip.language.text(name, &[])
}

fn sheets(slip: &Slip, title: &str) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    let mut page = Sheet::new(A4.1);
    head(&mut page, slip, title);
    let mut end = if slip.to.is_empty() { BOTTOM } else { LABEL - 60 };
    if !slip.to.is_empty() {
        label(&mut page, slip);
    }
    let mut y = 700;
    for (row, size) in rows(slip) {
        if y > end {
            sheets.push(std::mem::replace(&mut page, Sheet::new(A4.1)));
            page.text(MARGIN, 180, 35, &format!("{title} {}", slip.number));
            (y, end) = (280, BOTTOM);
        }
        page.text(MARGIN, y, size, &row);
        y += size * 3 / 2;
    }
    sheets.push(page);
    sheets
}

/// Title, number, order and the code that a store or a warehouse scans.
fn head(page: &mut Sheet, slip: &Slip, title: &str) {
    page.text(MARGIN, 220, 64, title);
    page.text(MARGIN, 380, 90, &slip.number);
    page.text(MARGIN, 480, 38, &format!("{} {}", say(slip, "paper-order"), slip.order_number));
    if let Some(until) = &slip.until {
        page.text(MARGIN, 560, 38, &format!("{} {until}", say(slip, "paper-return-until")));
    }
    if let Some(qr) = Qr::of(&slip.number) {
        page.qr(A4.0 - MARGIN - qr.side() * MODULE, 150, MODULE, &qr);
    }
    page.bar(MARGIN, 620, WIDE, 4);
}

/// What is said between the head and the label: goods, what to do, and why it was refused; each with its size.
fn rows(slip: &Slip) -> Vec<(String, i64)> {
    let mut rows: Vec<(String, i64)> = Vec::new();
    let mut add = |text: &str, size: i64| rows.extend(wrapped(text, size, WIDE).into_iter().map(|row| (row, size)));
    add(&say(slip, "paper-item"), 30);
    for line in &slip.lines {
        add(line, 38);
    }
    for line in slip.instructions.iter().chain(&slip.reason) {
        add(line, 34);
    }
    if !slip.to.is_empty() {
        add(&say(slip, "paper-return-inside"), 34);
    }
    rows
}

/// Whom the parcel goes to, to cut off.
fn label(page: &mut Sheet, slip: &Slip) {
    page.bar(0, LABEL, A4.0, 2);
    page.text(MARGIN, LABEL + 70, 30, &say(slip, "paper-to"));
    let mut y = LABEL + 150;
    for line in slip.to.iter().flat_map(|line| wrapped(line, 52, 1_200)).take(8) {
        page.text(MARGIN, y, 52, &line);
        y += 75;
    }
    if let Some(qr) = Qr::of(&slip.number) {
        let left = A4.0 - MARGIN - qr.side() * MODULE;
        page.qr(left, LABEL + 80, MODULE, &qr);
        page.text(left, LABEL + 150 + qr.side() * MODULE, 40, &slip.number);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use entity::words::ReturnStatus;

    use super::*;
    use crate::kernel::language::Language;

    fn slip(lines: usize) -> Slip {
        Slip {
            language: Language::Ja,
            number: "R-000123".to_owned(),
            qr: None,
            order_number: "H100001".to_owned(),
            status: ReturnStatus::Approved,
            is_exchange: false,
            replaced_by: None,
            lines: vec!["オックスフォードシャツ 白 M × 1（サイズが合わない）".to_owned(); lines],
            instructions: vec!["箱に入れてお送りください。".to_owned()],
            to: vec!["有明倉庫".to_owned(), "〒135-0063".to_owned(), "東京都江東区有明3-1".to_owned()],
            until: Some("2026年12月5日".to_owned()),
            reason: None,
            is_awaited: true,
            can_send: true,
            can_cancel: true,
            parcel: None,
        }
    }

    fn count(pdf: &[u8], word: &str) -> usize {
        String::from_utf8_lossy(pdf).matches(word).count()
    }

    fn holds(pdf: &[u8], text: &str) -> bool {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        let upper = String::from_utf8_lossy(pdf).to_uppercase();
        upper.contains(&hex) || pdf.windows(bytes.len()).any(|part| part == bytes)
    }

    #[test]
    fn it_has_the_number_twice_and_where_it_goes() {
        let (name, pdf) = render(&slip(2));
        assert_eq!(name, "return-R-000123.pdf");
        assert!(pdf.starts_with(b"%PDF-1.7") && pdf.ends_with(b"%%EOF"));
        assert_eq!(count(&pdf, "(R-000123)"), 2);
        assert!(holds(&pdf, "返品票") && holds(&pdf, "有明倉庫") && holds(&pdf, "箱に入れてお送りください。"));
        assert_eq!(count(&pdf, "/Count 1"), 1);
        let squares = Qr::of("R-000123").unwrap().dark_runs().len();
        assert!(count(&pdf, " re\n") >= 2 * squares, "the code stands on both parts");
    }

    #[test]
    fn what_is_handed_in_has_no_label_and_many_goods_go_on() {
        let (_, pdf) = render(&Slip { to: Vec::new(), ..slip(1) });
        assert_eq!(count(&pdf, "(R-000123)"), 1);
        let (_, pdf) = render(&slip(90));
        assert!(count(&pdf, "/Count 1") == 0 && pdf.len() < 500_000);
    }
}
