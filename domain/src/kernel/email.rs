//! E-mail addresses: one form in which they are kept and compared.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::{Error, ErrorCode, Result};

/// Longest address, in bytes (RFC 5321 §4.5.3.1.3, less the angle brackets).
const MAX_ADDRESS: usize = 254;
/// Longest part before the `@`, in bytes (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// Longest domain, in bytes (RFC 5321 §4.5.3.1.2, RFC 1035 §2.3.4 in text form).
const MAX_DOMAIN: usize = 253;

/// Carriers that gave out addresses with dots in a row or before the `@` until 2009. They are no dot-atoms, and real
/// people have them to this day.
const CARRIERS: [&str; 5] = ["docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp", "vodafone.ne.jp"];

/// An address as it is kept: NFKC, lower case. Error: `INVALID_EMAIL` at `path`.
pub fn normalize(path: &str, email: &str) -> Result<String> {
    let refused = || Error::invalid(ErrorCode::InvalidEmail, path);
    if email.len() > MAX_ADDRESS * 4 {
        return Err(refused());
    }
    let email: String = email.trim().nfkc().flat_map(char::to_lowercase).collect();
    let (local, domain) = email.rsplit_once('@').ok_or_else(refused)?;
    let is_local_part = is_local_part(local) || (is_of_carrier(domain) && is_with_dots(local));
    let valid = email.len() <= MAX_ADDRESS && is_local_part && is_domain(domain);
    if valid { Ok(email) } else { Err(refused()) }
}

/// An address as it stands in a mail and its envelope: with the part before the `@` in quotes where its dots are not
/// where a dot-atom has them (RFC 5321 §4.1.2). Any other address stays as it is.
#[must_use]
pub fn sendable(address: &str) -> Cow<'_, str> {
    match address.rsplit_once('@') {
        Some((local, domain)) if !is_local_part(local) && is_with_dots(local) => {
            Cow::Owned(format!("\"{local}\"@{domain}"))
        }
        Some(_) | None => Cow::Borrowed(address),
    }
}

/// Whether a domain is one of the carriers', or of those that `vodafone.ne.jp` had by region.
fn is_of_carrier(domain: &str) -> bool {
    CARRIERS
        .iter()
        .any(|carrier| domain.strip_suffix(*carrier).is_some_and(|region| region.is_empty() || region.ends_with('.')))
}

/// What the carriers gave out: letters, digits and a few signs, and dots anywhere but in front.
fn is_with_dots(local: &str) -> bool {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "._-+/?".contains(sign);
    local.len() <= MAX_LOCAL
        && local.starts_with(|first: char| first.is_ascii_alphanumeric())
        && local.chars().all(is_sign)
}

/// A dot-atom (RFC 5322 §3.2.3) or its internationalized form (RFC 6531). Quoted local parts are refused: nobody has
/// one, and header injection lives there.
fn is_local_part(local: &str) -> bool {
    let is_atom_character = |c: char| {
        c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c) || (!c.is_ascii() && c.is_alphanumeric())
    };
    !local.is_empty()
        && local.len() <= MAX_LOCAL
        && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_character))
}

/// At least two labels of letters, digits and inner hyphens (RFC 1123 §2.1), the last one not a number.
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || (!c.is_ascii() && c.is_alphanumeric()))
    };
    let top_is_a_name = |top: &str| top.chars().any(|c| !c.is_ascii_digit());
    domain.len() <= MAX_DOMAIN
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && domain.rsplit('.').next().is_some_and(top_is_a_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_form() {
        for text in ["Hanako@Example.JP", " hanako@example.jp ", "ｈａｎａｋｏ＠example.jp"] {
            assert_eq!(normalize("email", text).expect("valid"), "hanako@example.jp");
        }
        assert_eq!(normalize("email", "花子@例え.jp").expect("valid"), "花子@例え.jp");
    }

    #[test]
    fn carriers_gave_out_dots_anywhere() {
        for (text, sent) in [
            ("A..b@docomo.ne.jp", "\"a..b\"@docomo.ne.jp"),
            ("a.@ezweb.ne.jp", "\"a.\"@ezweb.ne.jp"),
            ("a.-b..@t.vodafone.ne.jp", "\"a.-b..\"@t.vodafone.ne.jp"),
            ("a.b@docomo.ne.jp", "a.b@docomo.ne.jp"),
            ("a.b@example.jp", "a.b@example.jp"),
        ] {
            let kept = normalize("email", text).expect(text);
            assert_eq!(kept, text.to_lowercase());
            assert_eq!(sendable(&kept), sent);
        }
        for text in ["a..b@example.jp", "a..b@notdocomo.ne.jp", ".a@docomo.ne.jp", "a..\"@docomo.ne.jp", "a.. @au.com"]
        {
            assert_eq!(normalize("email", text).expect_err(text).code(), ErrorCode::InvalidEmail);
        }
        for odd in ["", "@", "webhook", "\"a\"..@au.com", "a..\r\nb@au.com"] {
            assert_eq!(sendable(odd), odd, "nothing else is touched");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long_local = format!("{}@example.jp", "x".repeat(65));
        let long_domain = format!("x@{}jp", "a.".repeat(130));
        for text in [
            "",
            "@",
            "a@",
            "@b.jp",
            "a@b",
            "a b@c.jp",
            "a@b..jp",
            ".a@b.jp",
            "a.@b.jp",
            "a@-b.jp",
            "a@1.2.3.4",
            "a@[::1]",
            "\"a b\"@c.jp",
            "a@b.jp\r\nBcc: x@y.z",
            "a\u{0}@b.jp",
            "a@b.jp,c@d.jp",
            "<a@b.jp>",
            "a@b.jp\u{202e}",
            &long_local,
            &long_domain,
            &"x".repeat(1_000_000),
        ] {
            assert_eq!(normalize("email", text).expect_err(text).code(), ErrorCode::InvalidEmail);
        }
    }
}
