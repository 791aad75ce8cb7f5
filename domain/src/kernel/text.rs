//! Hygiene of texts that people type: what is refused, what is normalized, and how texts are folded for search.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::{Error, ErrorCode, Result};

/// Longest single-line text, in characters, unless a field says otherwise.
pub const LINE: usize = 255;
/// Longest note, in characters.
pub const NOTE: usize = 5_000;

/// A single line: trimmed, NFC, without control or bidi-override characters, at most `max` characters.
/// Errors: `INVALID_TEXT` or `TEXT_TOO_LONG` at `path`.
pub fn line(path: &str, text: &str, max: usize) -> Result<String> {
    checked(path, text, max, |character| character.is_control())
}

/// Like [`line()`], and not empty. Error: `REQUIRED`.
pub fn required_line(path: &str, text: &str, max: usize) -> Result<String> {
    let line = line(path, text, max)?;
    if line.is_empty() { Err(Error::invalid(ErrorCode::Required, path)) } else { Ok(line) }
}

/// Several lines: like [`line()`], but line feeds and tabs are kept and CRLF becomes LF.
pub fn note(path: &str, text: &str, max: usize) -> Result<String> {
    let text = text.replace("\r\n", "\n");
    checked(path, &text, max, |character| character.is_control() && !matches!(character, '\n' | '\t'))
}

/// A text in each language that has one: BCP 47 tag and text.
pub type Texts = Vec<(String, String)>;

/// Most languages of a text.
const LANGUAGES: usize = 50;

/// Texts by language as rows keep them; an empty text leaves its language out. Errors: `TOO_MANY`, `INVALID_LOCALE`, and
/// those of [`note`].
pub fn by_language(path: &str, texts: &Texts, max: usize) -> Result<Value> {
    if texts.len() > LANGUAGES {
        return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", LANGUAGES.to_string())]));
    }
    let mut all = serde_json::Map::new();
    for (index, (locale, text)) in texts.iter().enumerate() {
        if !super::language::is_locale(locale) {
            return Err(Error::invalid(ErrorCode::InvalidLocale, format!("{path}.{index}.locale")));
        }
        let text = note(&format!("{path}.{index}.text"), text, max)?;
        if !text.is_empty() {
            all.insert(locale.clone(), Value::String(text));
        }
    }
    Ok(Value::Object(all))
}

/// A text in a language: its own, that of its language, English, or any.
#[must_use]
pub fn in_language(texts: &Value, locale: &str) -> String {
    let language = locale.split('-').next().unwrap_or_default();
    let found = [locale, language, "en"].into_iter().find_map(|tag| texts.get(tag)?.as_str());
    let any = || texts.as_object().and_then(|all| all.values().next()).and_then(Value::as_str);
    found.or_else(any).unwrap_or_default().to_owned()
}

fn checked(path: &str, text: &str, max: usize, refused: impl Fn(char) -> bool) -> Result<String> {
    // Four bytes a character at most: this stops megabytes before they are walked through.
    if text.len() > max.saturating_mul(4) + 64 {
        return Err(too_long(path, max));
    }
    let text: String = text.trim().nfc().collect();
    if text.chars().any(|character| refused(character) || is_bidi_control(character)) {
        return Err(Error::invalid(ErrorCode::InvalidText, path));
    }
    if text.chars().count() > max {
        return Err(too_long(path, max));
    }
    Ok(text)
}

fn too_long(path: &str, max: usize) -> Error {
    Error::invalid_with(ErrorCode::TextTooLong, path, vec![("max", max.to_string())])
}

/// Characters that reorder what follows and can make a text lie about itself (Unicode TR 36).
const fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Folds a text for search: NFKC (full-width and half-width become one), lower case, katakana to hiragana.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .map(|character| match character {
            // The katakana block lies 0x60 above the hiragana block.
            'ァ'..='ヶ' => u32::from(character).checked_sub(0x60).and_then(char::from_u32).unwrap_or(character),
            _ => character,
        })
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// A code that people type, such as a coupon: NFKC, upper case, without spaces and hyphens inside.
#[must_use]
pub fn fold_code(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_uppercase)
        .filter(|character| !character.is_whitespace() && *character != '-')
        .collect()
}

/// Escapes the wildcards of LIKE; the statement must say `ESCAPE '\'`.
#[must_use]
pub fn like_escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_in_many_scripts_folds_to_one() {
        for text in ["カメラ", "ｶﾒﾗ", "かめら", " かめら "] {
            assert_eq!(fold(text), "かめら");
        }
        assert_eq!(fold("Ｃｏｔｔｏｎ　SHIRT"), "cotton shirt");
        assert_eq!(fold("髙﨑𠮷野"), "髙﨑𠮷野");
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(line("name", "a\u{0}b", 10).is_err());
        assert!(line("name", "a\r\nBcc: x", 20).is_err());
        assert!(line("name", "\u{202e}abc", 20).is_err());
        assert!(line("name", &"x".repeat(11), 10).is_err());
        assert!(line("name", &"x".repeat(10_000_000), 10).is_err());
        assert!(required_line("name", "   ", 10).is_err());
        assert_eq!(line("name", " 髙﨑 𠮷野 ", 10).expect("valid"), "髙﨑 𠮷野");
        assert_eq!(note("note", "a\r\nb", 10).expect("valid"), "a\nb");
    }

    #[test]
    fn codes_fold() {
        assert_eq!(fold_code("ｗｅｌｃｏｍｅ－10"), fold_code("WELCOME 10"));
    }
}
