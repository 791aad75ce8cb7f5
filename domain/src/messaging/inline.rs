//! Pictures inside a message, such as the QR of a pickup code: made when the mail leaves, so that no row keeps one. The
//! message names them by Content-ID (RFC 2392), which holds the code; it stands beside the code in the body and is
//! wiped together with it.

use data_encoding::BASE64;
use fast_qr::{QRBuilder, QRCode};

/// Begins the name of a picture in the attribute of an image; values of people are escaped and hold no such quote.
const SOURCE: &str = "src=\"cid:qr.";
/// Ends it.
const DOMAIN: &str = "@inline";
/// Longest code.
const LONGEST: usize = 64;
/// White modules around a code, which readers need (ISO/IEC 18004).
const QUIET: usize = 4;
/// Pixels of a module, one bit each: a module is a byte of a row.
const SCALE: usize = 8;

/// A picture that goes with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineImage {
    /// Its name in the HTML part, without `cid:`.
    pub content_id: String,
    /// Its type.
    pub content_type: &'static str,
    /// The picture.
    pub bytes: Vec<u8>,
}

/// The address of a code's QR in the HTML of a message; `None` for a code that no picture is made of.
pub(crate) fn qr_source(code: &str) -> Option<String> {
    (is_code(code) && qr_png(code).is_some()).then(|| format!("cid:qr.{code}{DOMAIN}"))
}

/// The pictures that the HTML of a message names, each once.
#[must_use]
pub fn images(html: &str) -> Vec<InlineImage> {
    let mut codes: Vec<&str> = html.split(SOURCE).skip(1).filter_map(code_at).collect();
    codes.sort_unstable();
    codes.dedup();
    let image = |code: &str| {
        let bytes = qr_png(code)?;
        Some(InlineImage { content_id: format!("qr.{code}{DOMAIN}"), content_type: "image/png", bytes })
    };
    codes.into_iter().filter_map(image).collect()
}

/// The HTML with its pictures inside, for programs that are no mail programs.
#[must_use]
pub fn embedded(html: &str) -> String {
    images(html).iter().fold(html.to_owned(), |html, image| {
        let data = format!("\"data:{};base64,{}\"", image.content_type, BASE64.encode(&image.bytes));
        html.replace(&format!("\"cid:{}\"", image.content_id), &data)
    })
}

/// The code at the start of what follows [`SOURCE`].
fn code_at(rest: &str) -> Option<&str> {
    let code = rest.split_once('"')?.0.strip_suffix(DOMAIN)?;
    is_code(code).then_some(code)
}

fn is_code(code: &str) -> bool {
    (1..=LONGEST).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A QR code as PNG: black and white, one bit a pixel.
fn qr_png(code: &str) -> Option<Vec<u8>> {
    let qr = QRBuilder::new(code).build().ok()?;
    let side = qr.size + 2 * QUIET;
    let mut pixels = Vec::with_capacity(side * SCALE * (side + 1));
    for row in 0..side {
        // Each row begins with its filter, which is none.
        let line: Vec<u8> = std::iter::once(0)
            .chain((0..side).map(|column| if is_dark(&qr, row, column) { 0 } else { 0xff }))
            .collect();
        for _ in 0..SCALE {
            pixels.extend_from_slice(&line);
        }
    }
    let side = u32::try_from(side * SCALE).ok()?;
    let mut head = Vec::new();
    head.extend_from_slice(&side.to_be_bytes());
    head.extend_from_slice(&side.to_be_bytes());
    // One bit, grey, the usual compression, filter and order.
    head.extend_from_slice(&[1, 0, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut png, *b"IHDR", &head)?;
    chunk(&mut png, *b"IDAT", &stored(&pixels)?)?;
    chunk(&mut png, *b"IEND", &[])?;
    Some(png)
}

fn is_dark(qr: &QRCode, row: usize, column: usize) -> bool {
    let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < qr.size);
    match (inside(row), inside(column)) {
        (Some(row), Some(column)) => qr.data.get(row * qr.size + column).is_some_and(|module| module.value()),
        _ => false,
    }
}

/// A piece of a PNG: length, name, content, checksum.
fn chunk(png: &mut Vec<u8>, name: [u8; 4], content: &[u8]) -> Option<()> {
    png.extend_from_slice(&u32::try_from(content.len()).ok()?.to_be_bytes());
    let named = [name.as_slice(), content].concat();
    png.extend_from_slice(&named);
    png.extend_from_slice(&crc32(&named).to_be_bytes());
    Some(())
}

/// Bytes in the format of zlib, not compressed (RFC 1950, RFC 1951 §3.2.4): a code's picture has a few kilobytes.
fn stored(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).ok()?;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend_from_slice(&adler32(bytes).to_be_bytes());
    Some(out)
}

/// The checksum of PNG (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

/// The checksum of zlib (RFC 1950 §8.2).
fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    (high << 16) | low
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The checksums of their specifications' examples.
    #[test]
    fn checksums() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn a_message_names_its_pictures() {
        let source = qr_source("K7WM3XPA").unwrap_or_default();
        let html = format!("<img src=\"{source}\" alt=\"x\"><img src=\"{source}\">");
        let [image] = images(&html).try_into().unwrap_or_else(|_| panic!("one picture"));
        assert_eq!((image.content_id.as_str(), source.as_str()), ("qr.K7WM3XPA@inline", "cid:qr.K7WM3XPA@inline"));
        assert!(image.bytes.starts_with(b"\x89PNG") && image.bytes.len() < 8_000, "{}", image.bytes.len());
        assert!(embedded(&html).contains("src=\"data:image/png;base64,iVBOR"));
        assert!(!embedded(&html).contains("cid:"));
    }

    #[test]
    fn texts_of_people_name_none() {
        for html in
            ["cid:qr.ABCD@inline", "&quot;cid:qr.ABCD@inline&quot;", "\"cid:qr.@inline\"", "\"cid:qr.A B@inline\""]
        {
            assert!(images(html).is_empty(), "{html}");
        }
        assert_eq!(qr_source("<b>"), None);
    }
}
