//! Names in addresses, such as `ocean-blue-shirt`: what is accepted, and how one is made from a title.

use unicode_normalization::UnicodeNormalization;

use crate::kernel::text;
use crate::{Error, ErrorCode, Result};

/// A name in addresses as people type it: trimmed, NFC, lower case; letters and digits of any script, `-`, `_` and `.`.
/// Errors: `REQUIRED`, `INVALID`, `TEXT_TOO_LONG` at `path`.
pub fn check(path: &str, slug: &str) -> Result<String> {
    let slug = text::required_line(path, slug, text::LINE)?.to_lowercase();
    // Marks are parts of letters in many scripts, so what is refused is named instead of what is allowed.
    let is_refused = |c: char| c.is_whitespace() || (c.is_ascii_punctuation() && !matches!(c, '-' | '_' | '.'));
    // `.` and `..` mean folders in addresses (RFC 3986, section 5.2.4).
    if slug.chars().any(is_refused) || slug.chars().all(|c| c == '.') {
        return Err(Error::invalid(ErrorCode::Invalid, path));
    }
    Ok(slug)
}

/// A name in addresses made from a title: letters and digits are kept, all else becomes single hyphens. Empty when the
/// title has neither.
#[must_use]
pub fn from_title(title: &str) -> String {
    let mut slug = String::with_capacity(title.len());
    for character in title.nfkc().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn titles_become_names() {
        assert_eq!(from_title("  Ocean Blue -- Shirt! "), "ocean-blue-shirt");
        assert_eq!(from_title("有機緑茶　１００ｇ"), "有機緑茶-100g");
        assert_eq!(from_title("!!!"), "");
    }

    #[test]
    fn addresses_cannot_be_tricked() {
        for slug in ["a/b", "a b", "..", "", "a?b", "a#b", "a%2f", "<b>", "a\u{0}b", "\u{202e}a"] {
            assert!(check("slug", slug).is_err(), "{slug}");
        }
        assert_eq!(check("slug", " Ocean-Blue_1.0 ").expect("valid"), "ocean-blue_1.0");
        assert_eq!(check("slug", "緑茶").expect("valid"), "緑茶");
    }

    proptest! {
        #[test]
        fn what_a_title_makes_is_accepted(title in ".{0,60}") {
            let slug = from_title(&title);
            prop_assume!(!slug.is_empty());
            prop_assert!(check("slug", &slug).is_ok());
        }
    }
}
