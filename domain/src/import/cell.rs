//! Single cells: what merchants' spreadsheets make of numbers, flags and texts, and the guard against formulas.

use rust_decimal::Decimal;

/// A cell that a spreadsheet would run as a formula begins with one of these (OWASP, CSV injection).
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
const GUARD: char = '\'';

/// A text that no spreadsheet runs: an apostrophe goes before what looks like a formula (or like a guarded one, so that
/// [`unguard`] gives back exactly what was there).
#[must_use]
pub fn guard(text: &str) -> String {
    let risky = |c: char| FORMULA.contains(&c) || c == GUARD;
    if text.starts_with(risky) { format!("{GUARD}{text}") } else { text.to_owned() }
}

/// What [`guard`] was given; other texts stay as they are.
#[must_use]
pub fn unguard(text: &str) -> &str {
    match text.strip_prefix(GUARD) {
        Some(rest) if rest.starts_with(|c: char| FORMULA.contains(&c) || c == GUARD) => rest,
        _ => text,
    }
}

/// The cell does not hold a value of the wanted form; the caller knows where it stands and what to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not readable")]
pub struct NotReadable;

/// A flag: `true`, `yes`, `1`, `✓` … `None` for a blank cell. Error for anything else.
pub fn flag(text: &str) -> Result<Option<bool>, NotReadable> {
    match text.trim().to_lowercase().as_str() {
        "" => Ok(None),
        "true" | "yes" | "y" | "1" | "active" | "はい" => Ok(Some(true)),
        "false" | "no" | "n" | "0" | "inactive" | "いいえ" => Ok(Some(false)),
        _ => Err(NotReadable),
    }
}

/// An exact number as people write amounts: `1980`, `1,980.00`, `¥1,980`, `19,80` (a comma before two last digits).
/// `None` for a blank cell. Error for anything else, exponents included.
pub fn decimal(text: &str) -> Result<Option<Decimal>, NotReadable> {
    let text: String = text
        .chars()
        .map(|c| match c {
            '０'..='９' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
            '．' => '.',
            '，' => ',',
            other => other,
        })
        .filter(|c| !c.is_whitespace() && !matches!(c, '¥' | '￥' | '$' | '€' | '£' | '円'))
        .collect();
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() > 40 || !text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-')) {
        return Err(NotReadable);
    }
    let plain = match (text.rfind(','), text.rfind('.')) {
        (Some(_), Some(_)) | (None, _) => ungroup(&text)?,
        // One comma with one or two digits after it is a decimal comma; three are a group.
        (Some(comma), None) if text.matches(',').count() == 1 && text.len() - comma <= 3 => text.replace(',', "."),
        (Some(_), None) => ungroup(&text)?,
    };
    Decimal::from_str_exact(&plain).map(Some).map_err(|_| NotReadable)
}

/// Takes out commas that stand before groups of three digits.
fn ungroup(text: &str) -> Result<String, NotReadable> {
    let whole = text.split('.').next().unwrap_or_default();
    let fraction_has_comma = text.split('.').skip(1).any(|rest| rest.contains(','));
    let groups_fit = whole.split(',').skip(1).all(|group| group.len() == 3);
    if groups_fit && !fraction_has_comma { Ok(text.replace(',', "")) } else { Err(NotReadable) }
}

/// A whole number such as a stock quantity; `10.0` counts as 10. `None` for a blank cell.
pub fn whole(text: &str) -> Result<Option<i64>, NotReadable> {
    let Some(number) = decimal(text)? else { return Ok(None) };
    if number.fract().is_zero() {
        i64::try_from(number.trunc()).map(Some).map_err(|_| NotReadable)
    } else {
        Err(NotReadable)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, value) in [
            ("1980", "1980"),
            ("1,980.00", "1980.00"),
            ("¥1,980", "1980"),
            ("19,80", "19.80"),
            ("1,234,567", "1234567"),
            (" 0.5 ", "0.5"),
            ("１９８０円", "1980"),
        ] {
            assert_eq!(decimal(text).expect("a number").map(|n| n.to_string()).as_deref(), Some(value), "{text}");
        }
        for text in ["NaN", "1e400", "4.9E+12", "1,98,0", "--5", "1.2.3", "abc", "1.234,5", &"9".repeat(60)] {
            assert!(decimal(text).is_err(), "{text}");
        }
        assert_eq!(decimal("  "), Ok(None));
    }

    #[test]
    fn quantities_are_whole() {
        assert_eq!(whole("10.0"), Ok(Some(10)));
        assert_eq!(whole("-3"), Ok(Some(-3)));
        assert!(whole("1.5").is_err());
        assert!(whole("99999999999999999999").is_err());
    }

    #[test]
    fn formulas_are_guarded() {
        assert_eq!(guard("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(guard("-5 °C gloves"), "'-5 °C gloves");
        assert_eq!(guard("plain"), "plain");
        assert_eq!(unguard("'tis"), "'tis");
    }

    proptest! {
        #[test]
        fn guarding_can_be_undone(text in "['=+@a\\-\t ]{0,6}.{0,10}") {
            let guarded = guard(&text);
            prop_assert_eq!(unguard(&guarded), text.as_str());
            prop_assert!(!guarded.starts_with(|c| FORMULA.contains(&c)));
        }

        #[test]
        fn nothing_panics(text in ".{0,50}") {
            let _ = (decimal(&text), whole(&text), flag(&text));
        }
    }
}
