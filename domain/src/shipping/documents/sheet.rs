//! Sheets of a PDF: text, lines and bars in tenths of a millimeter from the upper left corner. Only whole numbers come
//! in; the file format's points are made in one place.

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::messaging::Qr;

/// Half-width katakana, which take half the width of the others.
const HALF: std::ops::RangeInclusive<char> = '\u{ff61}'..='\u{ff9f}';
/// Widths of Helvetica from space to tilde, in thousandths of the size (Adobe's font metrics).
const HELVETICA: [i64; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];
const LATIN: Name<'static> = Name(b"L");
const JAPANESE: Name<'static> = Name(b"J");
const CATALOG: i32 = 1;
const TREE: i32 = 2;
const LATIN_FONT: i32 = 3;
const JAPANESE_FONT: i32 = 4;
const CID_FONT: i32 = 5;
const DESCRIPTOR: i32 = 6;
const INFO: i32 = 7;
const FIRST_PAGE: i32 = 8;

/// Whether a character is set in Helvetica.
const fn is_latin(character: char) -> bool {
    matches!(character, ' '..='~')
}

/// How wide a text is, in thousandths of its size.
pub(crate) fn width(text: &str) -> i64 {
    text.chars()
        .map(|character| match usize::try_from(u32::from(character).wrapping_sub(0x20)) {
            Ok(place) if is_latin(character) => HELVETICA.get(place).copied().unwrap_or(556),
            _ if HALF.contains(&character) => 500,
            _ => 1_000,
        })
        .sum()
}

/// A text in lines of at most so many tenths of a millimeter; a long word is broken.
pub(crate) fn wrapped(text: &str, size: i64, most: i64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for character in text.chars() {
        line.push(character);
        if width(&line) * size / 1_000 > most {
            let last = line.pop();
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            line.extend(last);
        }
    }
    lines.push(line);
    lines.retain(|line| !line.is_empty());
    lines
}

/// A sheet of paper.
pub(crate) struct Sheet {
    content: Content,
    height: i64,
}

/// Points of hundredths of a millimeter.
#[expect(clippy::float_arithmetic, clippy::as_conversions, reason = "PDF counts in points, 72 to 25.4 mm")]
fn finely(hundredths: i64) -> f32 {
    (hundredths as f32) * 72.0 / 2_540.0
}

fn points(tenths: i64) -> f32 {
    finely(tenths * 10)
}

impl Sheet {
    pub(crate) fn new(height: i64) -> Self {
        Self { content: Content::new(), height }
    }

    /// A line of text whose baseline begins here; the size is in tenths of a millimeter, too.
    pub(crate) fn text(&mut self, x: i64, y: i64, size: i64, text: &str) {
        let mut at = x;
        let mut run = String::new();
        let mut latin = true;
        for character in text.chars() {
            if is_latin(character) != latin && !run.is_empty() {
                at += self.run(at, y, size, &std::mem::take(&mut run), latin);
            }
            latin = is_latin(character);
            run.push(character);
        }
        if !run.is_empty() {
            self.run(at, y, size, &run, latin);
        }
    }

    fn run(&mut self, x: i64, y: i64, size: i64, text: &str, latin: bool) -> i64 {
        let bytes: Vec<u8> =
            if latin { text.bytes().collect() } else { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
        let font = if latin { LATIN } else { JAPANESE };
        self.content.begin_text();
        self.content.set_font(font, points(size));
        self.content.next_line(points(x), points(self.height - y));
        self.content.show(Str(&bytes));
        self.content.end_text();
        width(text) * size / 1_000
    }

    /// Text that ends here.
    pub(crate) fn text_right(&mut self, x: i64, y: i64, size: i64, text: &str) {
        self.text(x - width(text) * size / 1_000, y, size, text);
    }

    /// A filled box.
    pub(crate) fn bar(&mut self, x: i64, y: i64, width: i64, height: i64) {
        self.content.rect(points(x), points(self.height - y - height), points(width), points(height));
        self.content.fill_nonzero();
    }

    /// A QR code of square modules, `module` tenths of a millimeter wide; the quiet zone around it is the caller's.
    pub(crate) fn qr(&mut self, x: i64, y: i64, module: i64, code: &Qr) {
        for run in code.dark_runs() {
            self.bar(x + run.column * module, y + run.row * module, run.modules * module, module);
        }
    }

    /// Bars and spaces in turn, `module` hundredths of a millimeter a module.
    pub(crate) fn barcode(&mut self, x: i64, y: i64, module: i64, height: i64, widths: &[u8]) {
        let mut modules = 10;
        for (place, wide) in widths.iter().enumerate() {
            let wide = i64::from(*wide);
            if place % 2 == 0 {
                let (left, top) = (finely(x * 10 + modules * module), points(self.height - y - height));
                self.content.rect(left, top, finely(wide * module), points(height));
            }
            modules += wide;
        }
        self.content.fill_nonzero();
    }
}

/// The file of sheets of one size, in tenths of a millimeter.
pub(crate) fn file(title: &str, width: i64, height: i64, sheets: Vec<Sheet>) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let count = i32::try_from(sheets.len()).unwrap_or(i32::MAX);
    let page = |place: i32| Ref::new(FIRST_PAGE + 2 * place);
    let stream = |place: i32| Ref::new(FIRST_PAGE + 2 * place + 1);
    pdf.catalog(Ref::new(CATALOG)).pages(Ref::new(TREE));
    pdf.pages(Ref::new(TREE)).kids((0..count).map(page)).count(count);
    pdf.document_info(Ref::new(INFO)).title(TextStr(title)).producer(TextStr("Hitotsu"));
    for (place, sheet) in (0..count).zip(sheets) {
        let mut one = pdf.page(page(place));
        one.media_box(Rect::new(0.0, 0.0, points(width), points(height)));
        one.parent(Ref::new(TREE));
        one.contents(stream(place));
        let mut resources = one.resources();
        resources.fonts().pair(LATIN, Ref::new(LATIN_FONT)).pair(JAPANESE, Ref::new(JAPANESE_FONT));
        resources.finish();
        one.finish();
        pdf.stream(stream(place), &sheet.content.finish());
    }
    fonts(&mut pdf);
    pdf.finish()
}

/// Fonts by name: nothing is embedded, a reader takes its own.
fn fonts(pdf: &mut Pdf) {
    let name = Name(b"KozMinPr6N-Regular");
    let encoding = Name(b"UniJIS-UTF16-H");
    let info = || SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Japan1"), supplement: 6 };
    pdf.type1_font(Ref::new(LATIN_FONT)).base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
    pdf.type0_font(Ref::new(JAPANESE_FONT))
        .base_font(Name(b"KozMinPr6N-Regular-UniJIS-UTF16-H"))
        .encoding_predefined(encoding)
        .descendant_font(Ref::new(CID_FONT));
    let mut font = pdf.cid_font(Ref::new(CID_FONT));
    font.subtype(CidFontType::Type0).base_font(name).system_info(info()).font_descriptor(Ref::new(DESCRIPTOR));
    font.default_width(1_000.0);
    // Half-width katakana (Adobe Technical Note 5078).
    font.widths().same(327, 389, 500.0);
    font.finish();
    pdf.font_descriptor(Ref::new(DESCRIPTOR))
        .name(name)
        .flags(FontFlags::SERIF | FontFlags::SYMBOLIC)
        .bbox(Rect::new(-437.0, -340.0, 1_144.0, 1_317.0))
        .italic_angle(0.0)
        .ascent(880.0)
        .descent(-120.0)
        .cap_height(742.0)
        .stem_v(80.0);
}
