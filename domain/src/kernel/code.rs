//! Stable names that people give to things, such as `tokyo-shibuya`: short, plain and safe in a header or a file name.

use super::{Error, ErrorCode, Result, text};

/// Longest code.
const MAX: usize = 64;

/// A code of 1 to 64 ASCII letters, digits, `.`, `_` and `-`, beginning with a letter or digit.
/// Errors: `REQUIRED`, `TEXT_TOO_LONG`, `INVALID_TEXT` at `path`.
pub fn checked(path: &str, code: &str) -> Result<String> {
    let code = text::required_line(path, code, MAX)?;
    let starts_well = code.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
    let plain = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if starts_well && plain { Ok(code) } else { Err(Error::invalid(ErrorCode::InvalidText, path)) }
}

/// The reference of a thing in another system; empty is none. Errors: `TEXT_TOO_LONG`, `INVALID_TEXT` at `path`.
pub fn external_reference(path: &str, reference: Option<&str>) -> Result<Option<String>> {
    let reference = reference.map(|reference| text::line(path, reference, text::LINE)).transpose()?;
    Ok(reference.filter(|reference| !reference.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_plain() {
        assert!(["tokyo-shibuya", "A", "1.2_3"].into_iter().all(|code| checked("code", code).is_ok()));
        for code in ["", " ", "-a", "a b", "渋谷", "a/b", "a\nb", &"a".repeat(65)] {
            assert!(checked("code", code).is_err(), "{code}");
        }
    }
}
