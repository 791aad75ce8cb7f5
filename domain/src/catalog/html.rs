//! Descriptions written in HTML: cleaned when they come in, so that every page may show them as they are.

use crate::{Error, ErrorCode, Result};

/// Longest description in bytes (Shopify's own limit).
pub const MAX_BYTES: usize = 512 * 1024;

/// HTML without scripts, styles, event handlers and addresses other than of the web and mail. Plain text stays as it
/// is. Error: `TEXT_TOO_LONG` at `path`.
pub fn clean(path: &str, html: &str) -> Result<String> {
    if html.len() > MAX_BYTES {
        return Err(Error::invalid_with(ErrorCode::TextTooLong, path, vec![("max", MAX_BYTES.to_string())]));
    }
    let html = html.trim().replace('\0', "").replace("\r\n", "\n");
    if html.contains(['<', '>', '&']) { Ok(ammonia::clean(&html).trim().to_owned()) } else { Ok(html) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scripts_and_handlers_are_taken_out() {
        let dirty =
            "<p onclick=\"x()\">Warm<script>alert(1)</script> <a href=\"javascript:x()\">link</a><b>wool</b></p>";
        let clean = clean("descriptionHtml", dirty).expect("short");
        assert!(!clean.contains("script") && !clean.contains("onclick"), "{clean}");
        assert!(clean.contains("<b>wool</b>"));
    }

    #[test]
    fn plain_text_stays_and_floods_are_refused() {
        assert_eq!(clean("descriptionHtml", " 綿100%\r\n日本製\u{0} ").expect("short"), "綿100%\n日本製");
        assert!(clean("descriptionHtml", &"x".repeat(MAX_BYTES + 1)).is_err());
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(text in "[<>&a-z \"'=/]{0,60}") {
            let once = clean("d", &text).expect("short");
            prop_assert_eq!(clean("d", &once).expect("short"), once);
        }
    }
}
