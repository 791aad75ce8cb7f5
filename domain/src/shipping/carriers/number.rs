//! Tracking numbers: how people type them, what each carrier's look like, and where they can be followed.

use std::sync::LazyLock;

use entity::words::Carrier;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use crate::kernel::language::Language;
use crate::{Error, ErrorCode, Result};

/// Longest tracking number of any carrier, in characters.
const LONGEST: usize = 40;

/// What we know of a carrier.
#[derive(Debug, Deserialize)]
struct Info {
    carrier: Carrier,
    names: Names,
    numbers: Vec<Form>,
    url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Names {
    en: String,
    ja: String,
}

/// A form that numbers of a carrier have.
#[derive(Debug, Deserialize)]
struct Form {
    form: Shape,
    lengths: Vec<usize>,
    check: Check,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Shape {
    Digits,
    LettersAndDigits,
    /// Two letters, nine digits, two letters of the country (UPU standard S10).
    S10,
    /// `1Z` and sixteen letters and digits.
    Ups,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Check {
    None,
    /// The last digit is the rest of the number before it divided by seven.
    Mod7,
    /// UPU standard S10-12: weights 8 6 4 2 3 5 9 7, eleven minus the rest.
    S10,
}

static CARRIERS: LazyLock<Vec<Info>> =
    LazyLock::new(|| serde_json::from_str(include_str!("carriers.json")).unwrap_or_default());

fn info(carrier: Carrier) -> Option<&'static Info> {
    CARRIERS.iter().find(|info| info.carrier == carrier)
}

/// What a carrier is called.
#[must_use]
pub fn name(carrier: Carrier, language: Language) -> &'static str {
    info(carrier).map_or(carrier.as_str(), |info| match language {
        Language::En => info.names.en.as_str(),
        Language::Ja => info.names.ja.as_str(),
    })
}

/// A tracking number as the carrier writes it: NFKC, capitals, without spaces, dots and hyphens, of a length and with
/// a check digit that the carrier's numbers have. Error: `INVALID_TRACKING_NUMBER` at `path`.
pub fn normalize(carrier: Carrier, text: &str, path: &str) -> Result<String> {
    let invalid = || Error::invalid(ErrorCode::InvalidTrackingNumber, path);
    if text.len() > LONGEST * 8 {
        return Err(invalid());
    }
    let number: String = text
        .nfkc()
        .flat_map(char::to_uppercase)
        .filter(|character| !(character.is_whitespace() || matches!(character, '-' | '.' | '‐'..='―' | '−' | 'ー')))
        .collect();
    let plain = (4..=LONGEST).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let forms = info(carrier).map_or(&[][..], |info| info.numbers.as_slice());
    if plain && (forms.is_empty() || forms.iter().any(|form| form.fits(&number))) { Ok(number) } else { Err(invalid()) }
}

impl Form {
    fn fits(&self, number: &str) -> bool {
        let shape = match self.form {
            Shape::Digits => number.bytes().all(|byte| byte.is_ascii_digit()),
            Shape::LettersAndDigits => true,
            Shape::S10 => is_s10(number),
            Shape::Ups => number.starts_with("1Z"),
        };
        let check = match self.check {
            Check::None => true,
            Check::Mod7 => is_mod7(number),
            Check::S10 => s10_check(number),
        };
        shape && check && self.lengths.contains(&number.len())
    }
}

fn digits(number: &str) -> impl Iterator<Item = u64> + '_ {
    number.chars().filter_map(|character| character.to_digit(10)).map(u64::from)
}

/// Yamato, Sagawa and Japan Post: the first eleven digits modulo seven.
fn is_mod7(number: &str) -> bool {
    let Some((body, last)) = number.len().checked_sub(1).and_then(|at| number.split_at_checked(at)) else {
        return false;
    };
    let rest = digits(body).fold(0, |rest, digit| (rest * 10 + digit) % 7);
    digits(last).next() == Some(rest)
}

fn is_s10(number: &str) -> bool {
    let letter = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_uppercase());
    let mut bytes = number.bytes();
    let (first, second) = (bytes.next(), bytes.next());
    let middle: Vec<u8> = bytes.by_ref().take(9).collect();
    let (third, fourth) = (bytes.next(), bytes.next());
    [first, second, third, fourth].into_iter().all(letter)
        && middle.len() == 9
        && middle.iter().all(u8::is_ascii_digit)
        && bytes.next().is_none()
}

fn s10_check(number: &str) -> bool {
    let all: Vec<u64> = digits(number).collect();
    let sum: u64 = all.iter().zip([8, 6, 4, 2, 3, 5, 9, 7]).map(|(digit, weight)| digit * weight).sum();
    let check = match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        check => check,
    };
    all.get(8) == Some(&check)
}

/// Where a parcel can be followed: the shipment's own address, else the carrier's for its number.
#[must_use]
pub fn url(shipment: &entity::shipment::Model, language: Language) -> Option<String> {
    if let Some(own) = &shipment.tracking_url {
        return Some(own.clone());
    }
    let number = shipment.tracking_number.as_deref()?;
    let pattern = info(shipment.carrier)?.url.as_deref()?;
    // Numbers are letters and digits alone: nothing in them needs escaping.
    Some(pattern.replace("{number}", number).replace("{language}", language.tag()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_carrier_is_described() {
        for carrier in Carrier::ALL {
            assert!(info(*carrier).is_some(), "{carrier}");
            assert!(!name(*carrier, Language::Ja).is_empty());
        }
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for text in ["4120-1234-567%", "４１２０－１２３４－５６７%", " 4120 1234 567% ", "4120ー1234ー567%"]
        {
            let text = text.replace('%', &(41_201_234_567_u64 % 7).to_string());
            let wanted = format!("41201234567{}", 41_201_234_567_u64 % 7);
            assert_eq!(normalize(Carrier::Yamato, &text, "n").unwrap(), wanted, "{text}");
        }
        assert_eq!(normalize(Carrier::Ups, "1z999aa10123456784", "n").unwrap(), "1Z999AA10123456784");
        assert_eq!(normalize(Carrier::JapanPost, "RR 473 124 829 FI", "n").unwrap(), "RR473124829FI");
    }

    #[test]
    fn a_wrong_check_digit_is_refused() {
        for carrier in [Carrier::Yamato, Carrier::Sagawa, Carrier::JapanPost] {
            let good = (0..10).filter(|digit| normalize(carrier, &format!("12345678901{digit}"), "n").is_ok()).count();
            assert_eq!(good, 1, "{carrier}");
            assert!(normalize(carrier, &format!("12345678901{}", 12_345_678_901_u64 % 7), "n").is_ok());
        }
        assert!(normalize(Carrier::JapanPost, "RR473124828FI", "n").is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in
            ["", "12", "1234567890123456789012345678901234567890123", "12345<script>", "１２３\u{0}", "https://x"]
        {
            for carrier in Carrier::ALL {
                assert!(normalize(*carrier, text, "n").is_err(), "{carrier} {text}");
            }
        }
        assert!(normalize(Carrier::Yamato, &"1".repeat(1_000_000), "n").is_err());
        assert!(normalize(Carrier::Other, "AB-12 345", "n").is_ok());
    }
}
