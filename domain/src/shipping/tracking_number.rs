//! Tracking numbers as people type and scan them.

use unicode_normalization::UnicodeNormalization;

use crate::kernel::{Error, ErrorCode, Result};

/// Shortest and longest number that a carrier gives.
const LENGTH: std::ops::RangeInclusive<usize> = 4..=40;

/// A tracking number without spaces and hyphens, in capitals; full-width characters become plain ones.
/// Error: `INVALID` at `path` for anything but 4 to 40 letters and digits.
pub fn normalized(path: &str, text: &str) -> Result<String> {
    let refused = || Error::invalid(ErrorCode::Invalid, path);
    if text.len() > 400 {
        return Err(refused());
    }
    let number: String = text
        .nfkc()
        .flat_map(char::to_uppercase)
        .filter(|character| !character.is_whitespace() && !matches!(character, '-' | '‐' | '−' | 'ー'))
        .collect();
    let plain = number.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if plain && LENGTH.contains(&number.len()) { Ok(number) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_in_many_spellings_is_one() {
        for text in ["1234-5678-9012", " 1234 5678 9012 ", "１２３４－５６７８－９０１２"] {
            assert_eq!(normalized("trackingNumber", text).expect("a number"), "123456789012");
        }
        assert_eq!(normalized("trackingNumber", "1z999aa10123456784").expect("a number"), "1Z999AA10123456784");
    }

    #[test]
    fn nonsense_is_no_number() {
        for text in ["", "12", "123_456", "12345678\u{0}", "http://x.example/1", &"1".repeat(41), &"1".repeat(9_999)] {
            assert_eq!(normalized("trackingNumber", text).expect_err("nonsense").code(), ErrorCode::Invalid);
        }
    }
}
