//! The short code by which a cart is taken to a till, and its form in a QR code.

use crate::kernel::text;

/// Characters of a code; 30^8 codes, of which one works for a day.
pub const LENGTH: usize = 8;
/// What the payload of a QR code begins with, so that a scanner tells it from a barcode.
const SCHEME: &str = "HITOTSU-CART:";

/// The text of the QR code.
#[must_use]
pub fn payload(code: &str) -> String {
    format!("{SCHEME}{code}")
}

/// Whether a scanned text is the QR code of a cart.
#[must_use]
pub fn is_payload(scanned: &str) -> bool {
    scanned.trim().get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
}

/// The code as it is kept, from what was typed or scanned: `abcd-2345`, full-width letters and the QR payload all read
/// as `ABCD2345`.
#[must_use]
pub fn read(typed: &str) -> String {
    // A code is a handful of characters; megabytes are not folded.
    let typed: String = typed.trim().chars().take(100).collect();
    let code = if is_payload(&typed) { typed.get(SCHEME.len()..).unwrap_or_default() } else { &typed };
    text::fold_code(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_and_scanned_codes_read_alike() {
        for typed in ["ABCD2345", "abcd-2345", " ａｂｃｄ 2345 ", "hitotsu-cart:ABCD2345", &payload("ABCD2345")] {
            assert_eq!(read(typed), "ABCD2345", "{typed}");
        }
        assert!(is_payload(&payload("ABCD2345")) && !is_payload("4901234567894") && !is_payload("é"));
        assert_eq!(read(&"あ".repeat(1_000_000)).chars().count(), 100);
    }
}
