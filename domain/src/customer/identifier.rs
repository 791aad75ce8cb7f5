//! What identifies a customer, and the one form in which each kind is kept and compared.

use std::str::FromStr;

use entity::words::IdentifierKind;
use unicode_normalization::UnicodeNormalization;

use crate::kernel::country::is_country;
use crate::kernel::{Error, ErrorCode, Result, email, text};

/// An e-mail address as it is kept: NFKC, lower case. Error: `INVALID_EMAIL` at `email`.
pub fn normalize_email(email: &str) -> Result<String> {
    email::normalize("email", email)
}

/// A phone number in E.164, such as `+81312345678`; national numbers are read as of `country` (ISO 3166-1 alpha-2).
/// Error: `INVALID_PHONE` at `phone`.
pub fn normalize_phone(phone: &str, country: &str) -> Result<String> {
    normalize_phone_at("phone", phone, country)
}

/// Like [`normalize_phone`], with the error at `path`.
pub fn normalize_phone_at(path: &str, phone: &str, country: &str) -> Result<String> {
    let refused = || Error::invalid(ErrorCode::InvalidPhone, path);
    if phone.len() > 100 {
        return Err(refused());
    }
    // Full-width digits and the many dashes of Japanese input.
    let phone: String = phone
        .nfkc()
        .map(|c| if matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' | '\u{ff70}') { '-' } else { c })
        .collect();
    let well_formed = phone.chars().all(|c| c.is_ascii_digit() || " +-().".contains(c));
    let country = country.to_ascii_uppercase();
    if !well_formed || !(country.is_empty() || is_country(&country)) {
        return Err(refused());
    }
    let country = phonenumber::country::Id::from_str(&country).ok();
    let number = phonenumber::parse(country, phone.trim()).map_err(|_| refused())?;
    if !number.is_valid() {
        return Err(refused());
    }
    Ok(number.format().mode(phonenumber::Mode::E164).to_string())
}

/// A loyalty card number as it is kept: letters and digits, upper case, 6 to 32 of them. A number of 13 digits that
/// begins with 2 (GS1 restricted circulation, as printed on cards) must have the right check digit.
/// Error: `INVALID_BARCODE` at `path`.
pub fn normalize_card_at(path: &str, card: &str) -> Result<String> {
    let refused = || Error::invalid(ErrorCode::InvalidBarcode, path);
    if card.len() > 200 {
        return Err(refused());
    }
    let card = text::fold_code(card);
    let well_formed = (6..=32).contains(&card.len()) && card.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_gs1 = card.len() == 13 && card.starts_with('2') && card.bytes().all(|b| b.is_ascii_digit());
    if well_formed && (!is_gs1 || has_gs1_check_digit(&card)) { Ok(card) } else { Err(refused()) }
}

/// GS1 General Specifications §7.9: weights 3 and 1 from the right, the sum a multiple of ten.
fn has_gs1_check_digit(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(position, byte)| u32::from(byte.saturating_sub(b'0')) * if position % 2 == 0 { 1 } else { 3 })
        .sum();
    sum.is_multiple_of(10)
}

/// A loyalty card number with a check digit, for giving out new cards: `seed` is 12 digits beginning with 2.
#[must_use]
pub fn card_number(seed: &str) -> Option<String> {
    (0..10)
        .map(|digit| format!("{seed}{digit}"))
        .find(|card| normalize_card_at("", card).is_ok_and(|card| card.len() == 13))
}

/// Any identifier in the one form in which it is kept. Errors: `INVALID_EMAIL`, `INVALID_PHONE`, `INVALID_BARCODE`,
/// `INVALID_TEXT`, `REQUIRED` at `path`.
pub fn normalize(path: &str, kind: IdentifierKind, value: &str, country: &str) -> Result<String> {
    match kind {
        IdentifierKind::Email => email::normalize(path, value),
        IdentifierKind::Phone => normalize_phone_at(path, value, country),
        IdentifierKind::LoyaltyCard => normalize_card_at(path, value),
        IdentifierKind::Line => line_user(path, value),
        IdentifierKind::External => text::required_line(path, value, text::LINE),
    }
}

/// A LINE user id: `U` and 32 hexadecimal digits, as LINE's Messaging API gives it.
fn line_user(path: &str, value: &str) -> Result<String> {
    let id = text::required_line(path, value, 64)?;
    let hex = id.strip_prefix('U').filter(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()));
    match hex {
        Some(hex) => Ok(format!("U{}", hex.to_ascii_lowercase())),
        None => Err(Error::invalid(ErrorCode::Invalid, path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_become_e164() {
        for text in ["03-1234-5678", "０３－１２３４－５６７８", "+81 3 1234 5678", "(03) 1234ー5678"] {
            assert_eq!(normalize_phone(text, "JP").expect(text), "+81312345678");
        }
        assert_eq!(normalize_phone("090-1234-5678", "jp").expect("valid"), "+819012345678");
        assert_eq!(normalize_phone("030 901820", "DE").expect("valid"), "+4930901820");
    }

    #[test]
    fn what_is_no_phone_is_refused() {
        for text in ["", "1", "090", "0000000000", "abc", "090-1234-5678 ext 5", "+81\u{0}9012345678", &"9".repeat(101)]
        {
            assert_eq!(normalize_phone(text, "JP").expect_err(text).code(), ErrorCode::InvalidPhone);
        }
        assert!(normalize_phone("03-1234-5678", "").is_err(), "a national number needs a country");
    }

    #[test]
    fn cards_are_folded_and_checked() {
        let card = card_number("200000000012").expect("a card");
        assert_eq!(card.len(), 13);
        assert_eq!(normalize_card_at("card", &format!(" {card} ")).expect("valid"), card);
        assert_eq!(normalize_card_at("card", "abc-123").expect("valid"), "ABC123");
        for text in ["", "12345", "カード番号です", &"1".repeat(33)] {
            assert_eq!(normalize_card_at("card", text).expect_err(text).code(), ErrorCode::InvalidBarcode);
        }
    }

    #[test]
    fn a_wrong_check_digit_is_refused() {
        let card = card_number("212345678901").expect("a card");
        let valid = (0..10).filter(|digit| normalize_card_at("card", &format!("212345678901{digit}")).is_ok()).count();
        assert_eq!(valid, 1, "{card}");
    }
}
