//! Texts as label programs take them: Shift_JIS (Windows-31J), measured in its bytes, never cut inside a character.

use encoding_rs::SHIFT_JIS;
use unicode_normalization::UnicodeNormalization;

/// What stands for a character that Shift_JIS does not have: the mark that Japanese typesetters use for a missing type.
pub const MISSING: char = '〓';

/// A text that can be written in Shift_JIS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fitted {
    /// The text.
    pub text: String,
    /// Characters that had to be replaced by [`MISSING`].
    pub missing: Vec<char>,
}

/// How many bytes a text has in Shift_JIS. It must be [`fit`].
#[must_use]
pub fn width(text: &str) -> usize {
    SHIFT_JIS.encode(text).0.len()
}

/// The bytes of a text that is [`fit`].
#[must_use]
pub fn encode(text: &str) -> Vec<u8> {
    SHIFT_JIS.encode(text).0.into_owned()
}

fn is_known(character: char) -> bool {
    let mut buffer = [0; 4];
    !SHIFT_JIS.encode(character.encode_utf8(&mut buffer)).2
}

/// Replaces what Shift_JIS does not have: by its twin (`〜` → `～`, `𠮷` → `吉`), by what it decomposes to (`é` → `e`),
/// else by [`MISSING`], and says which. Control characters become spaces.
#[must_use]
pub fn fit(text: &str) -> Fitted {
    let mut fitted = Fitted::default();
    for character in text.nfc() {
        match character {
            _ if character.is_control() => fitted.text.push(' '),
            _ if is_known(character) => fitted.text.push(character),
            _ => match stand_in(character) {
                Some(other) => fitted.text.push_str(&other),
                None => {
                    fitted.text.push(MISSING);
                    fitted.missing.push(character);
                }
            },
        }
    }
    fitted
}

fn stand_in(character: char) -> Option<String> {
    let twin = match character {
        '〜' => '～',
        '—' => '―',
        '‖' => '∥',
        '–' | '‐' | '‑' => '-',
        '¢' => '￠',
        '£' => '￡',
        '¬' => '￢',
        '\u{a0}' | '\u{2003}' | '\u{2009}' => ' ',
        '𠮷' => '吉',
        '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' => return Some(String::new()),
        _ => {
            let base: String = character.nfkd().filter(|part| is_known(*part)).collect();
            return (!base.is_empty()).then_some(base);
        }
    };
    Some(twin.to_string())
}

/// The longest start of a text that has at most so many bytes, and the rest.
#[must_use]
pub fn split(text: &str, bytes: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        let mut buffer = [0; 4];
        used += width(character.encode_utf8(&mut buffer));
        if used > bytes {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// A text that no spreadsheet takes for a formula: a first character that would begin one becomes its full-width twin,
/// which a label prints alike. An apostrophe, as is usual elsewhere, would be printed.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut characters = text.chars();
    let first = match characters.next() {
        Some('=') => '＝',
        Some('+') => '＋',
        Some('-') => '－',
        Some('@') => '＠',
        Some(_) | None => return text.to_owned(),
    };
    std::iter::once(first).chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_shift_jis_lacks_is_replaced_or_told() {
        assert_eq!(fit("髙﨑 ①"), Fitted { text: "髙﨑 ①".into(), missing: vec![] });
        assert_eq!(fit("10〜12𠮷野é"), Fitted { text: "10～12吉野e".into(), missing: vec![] });
        assert_eq!(fit("a😀b"), Fitted { text: "a〓b".into(), missing: vec!['😀'] });
        assert_eq!(fit("a\u{200b}b\nc").text, "ab c");
    }

    #[test]
    fn a_cut_never_halves_a_character() {
        assert_eq!(split("東京都渋谷区", 5), ("東京", "都渋谷区"));
        assert_eq!(split("ｱｲｳ", 2), ("ｱｲ", "ｳ"));
        assert_eq!(split("abc", 10), ("abc", ""));
    }

    #[test]
    fn formulas_lose_their_sting() {
        for text in ["=1+1", "+81", "-x", "@SUM"] {
            assert!(!harmless(text).starts_with(['=', '+', '-', '@']), "{text}");
            assert_eq!(harmless(text).chars().count(), text.chars().count());
        }
        assert_eq!(harmless("a=1"), "a=1");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_can_be_written(text in ".{0,60}", bytes in 1_usize..40) {
            let fitted = fit(&text).text;
            prop_assert!(!SHIFT_JIS.encode(&fitted).2, "{:?}", fitted);
            let (start, rest) = split(&fitted, bytes);
            prop_assert!(width(start) <= bytes);
            prop_assert_eq!(format!("{start}{rest}"), fitted);
        }
    }
}
