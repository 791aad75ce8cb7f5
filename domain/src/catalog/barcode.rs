//! Barcodes: GTIN-8, GTIN-12 (UPC-A), GTIN-13 (EAN, JAN) and GTIN-14.

use crate::{Error, ErrorCode, Result};

/// Lengths that a GTIN may have (GS1 General Specifications, section 1.4).
const LENGTHS: [usize; 4] = [8, 12, 13, 14];

/// A barcode without spaces and hyphens, when its length and check digit are right (GS1 General Specifications,
/// section 7.9.1). Full-width digits are read as digits. Error: `INVALID_BARCODE` at `barcode`.
pub fn check(text: &str) -> Result<String> {
    let refused = || Error::invalid(ErrorCode::InvalidBarcode, "barcode");
    // A GTIN has 14 digits; anything much longer is not worth walking through.
    if text.len() > 128 {
        return Err(refused());
    }
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{3000}')).map(narrow).collect();
    if is_gtin(&digits) { Ok(digits) } else { Err(refused()) }
}

/// Whether a text is a GTIN: digits of a known length, with the right last one.
#[must_use]
pub fn is_gtin(text: &str) -> bool {
    let Some((last, body)) = text.as_bytes().split_last() else { return false };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && LENGTHS.contains(&text.len()) && check_digit(body) == Some(*last)
}

/// The check digit of a GTIN's other digits, as a character; `None` unless all are digits.
#[must_use]
pub fn check_digit(body: &[u8]) -> Option<u8> {
    // From the right, digits weigh 3, 1, 3, 1 …; the check digit fills the sum up to the next ten.
    let mut sum = 0_u32;
    for (place, byte) in body.iter().rev().enumerate() {
        let digit = char::from(*byte).to_digit(10)?;
        sum = sum.checked_add(if place.is_multiple_of(2) { digit * 3 } else { digit })?;
    }
    u8::try_from((10 - sum % 10) % 10).ok().map(|digit| digit + b'0')
}

/// The ways in which one GTIN may be stored or scanned: a UPC-A of 12 digits is an EAN-13 with a zero in front, and
/// GTIN-14 pads further. The text itself comes first.
#[must_use]
pub fn equivalents(text: &str) -> Vec<String> {
    let Ok(code) = check(text) else { return vec![text.to_owned()] };
    let bare = code.trim_start_matches('0');
    let mut forms = vec![code.clone()];
    for length in LENGTHS {
        let form = format!("{bare:0>length$}");
        if form.len() == length && !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// Full-width digits (as Japanese keyboards type them) become digits.
fn narrow(character: char) -> char {
    match character {
        '０'..='９' => u32::from(character).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(character),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn right_codes_of_every_length_pass() {
        // GTIN-8, UPC-A, JAN (prefix 49) and GTIN-14.
        for code in ["96385074", "036000291452", "4901234567894", "4006381333931", "10012345678902"] {
            assert_eq!(check(code).expect("a valid code"), code);
        }
    }

    #[test]
    fn typed_forms_are_cleaned() {
        assert_eq!(check(" 4-901234-567894 ").expect("valid"), "4901234567894");
        assert_eq!(check("４９０１２３４５６７８９４").expect("valid"), "4901234567894");
    }

    #[test]
    fn wrong_digits_lengths_and_letters_are_refused() {
        let long = "1".repeat(10_000_000);
        for code in [
            "4901234567893",
            "490123456789",
            "",
            "0",
            "49012345678941",
            "ISBN4901234567894",
            "490123456789\u{661}",
            &long,
        ] {
            assert_eq!(check(code).expect_err("refused").code(), ErrorCode::InvalidBarcode);
        }
    }

    #[test]
    fn a_upc_is_found_however_it_was_scanned() {
        let forms = equivalents("036000291452");
        assert_eq!(forms, ["036000291452", "0036000291452", "00036000291452"]);
        assert!(equivalents("0036000291452").contains(&"036000291452".to_owned()));
        assert_eq!(equivalents("not a code"), ["not a code"]);
    }

    proptest! {
        #[test]
        fn changing_one_digit_is_noticed(body in "[0-9]{12}", place in 0_usize..13, change in 1_u8..10) {
            let mut code = body.clone().into_bytes();
            code.push(check_digit(&code).expect("digits"));
            prop_assert!(is_gtin(std::str::from_utf8(&code).expect("digits")));
            let digit = code.get_mut(place).expect("in range");
            *digit = (*digit - b'0' + change) % 10 + b'0';
            prop_assert!(!is_gtin(std::str::from_utf8(&code).expect("digits")));
        }

        #[test]
        fn nothing_panics(text in ".{0,40}") {
            let _ = check(&text);
            prop_assert_eq!(equivalents(&text).is_empty(), false);
        }
    }
}
