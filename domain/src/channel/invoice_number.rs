//! The registration number of a qualified invoice issuer in Japan: `T` and 13 digits, of which the first checks the
//! others (Consumption Tax Act, art. 57-2; the check digit is that of the corporate number, Ministry of Finance
//! Ordinance No. 70 of 2014, art. 2).

use unicode_normalization::UnicodeNormalization;

use crate::{Error, ErrorCode, Result};

/// A registration number as receipts show it; full-width forms, spaces and hyphens are cleaned up.
/// Error: `INVALID` at `path` for a wrong form or check digit.
pub fn checked(path: &str, number: &str) -> Result<String> {
    let invalid = || Error::invalid(ErrorCode::Invalid, path);
    if number.len() > 100 {
        return Err(invalid());
    }
    let number: String =
        number.nfkc().flat_map(char::to_uppercase).filter(|c| !c.is_whitespace() && *c != '-').collect();
    let digits = number.strip_prefix('T').ok_or_else(invalid)?;
    let values: Vec<u32> = digits.chars().map_while(|digit| digit.to_digit(10)).collect();
    match values.split_first() {
        Some((check, rest)) if digits.len() == 13 && rest.len() == 12 && *check == check_digit(rest) => Ok(number),
        _ => Err(invalid()),
    }
}

/// 9 − (Σ digit × weight mod 9), where weights from the right are 1, 2, 1, 2, …
fn check_digit(rest: &[u32]) -> u32 {
    let sum: u32 = rest.iter().rev().zip([1, 2].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    9 - sum % 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_numbers_pass_and_typing_errors_do_not() {
        // The National Tax Agency's own corporate number, and the Digital Agency's.
        for number in
            ["T7000012050002", "t7000012050002", "Ｔ７００００１２０５０００２", "T7-0000-1205-0002", "T8000012010038"]
        {
            assert!(checked("number", number).is_ok(), "{number}");
        }
        assert_eq!(checked("number", "ｔ7000012050002").ok().as_deref(), Some("T7000012050002"));
        for number in [
            "T7000012050003",
            "T7000012500002",
            "7000012050002",
            "T700001205000",
            "T70000120500020",
            "",
            "T700001205000X",
        ] {
            assert!(checked("number", number).is_err(), "{number}");
        }
    }
}
