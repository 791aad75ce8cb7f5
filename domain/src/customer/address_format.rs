//! Postal addresses, country by country: which parts are needed and how a postal code looks.
//!
//! Countries without a rule of their own need a recipient, a city and a street; their postal code is free.

use entity::address::Address;
use unicode_normalization::UnicodeNormalization;

use super::{identifier, prefecture};
use crate::kernel::{Error, ErrorCode, Result, country, text};
use crate::location::GeoPoint;

/// Longest part of an address, in characters.
const MAX_PART: usize = 100;

/// What a country asks for.
struct Format {
    country: &'static str,
    /// Forms of the postal code: `N` a digit, `A` a letter, all else as it is. Empty: free, and not required.
    postal_codes: &'static [&'static str],
    region: Region,
    city_required: bool,
}

enum Region {
    Optional,
    Required,
    OneOf(&'static [&'static str]),
}

const fn format(country: &'static str, postal_codes: &'static [&'static str], region: Region) -> Format {
    Format { country, postal_codes, region, city_required: true }
}

/// Postal code forms as the Universal Postal Union lists them (UPU addressing systems, 2024).
const FORMATS: [Format; 36] = [
    format("US", &["NNNNN", "NNNNN-NNNN"], Region::OneOf(&US_STATES)),
    format("CA", &["ANA NAN"], Region::OneOf(&CA_PROVINCES)),
    format("AU", &["NNNN"], Region::OneOf(&AU_STATES)),
    format("GB", &["AN NAA", "ANN NAA", "AAN NAA", "AANN NAA", "ANA NAA", "AANA NAA"], Region::Optional),
    format("CN", &["NNNNNN"], Region::Required),
    format("BR", &["NNNNN-NNN"], Region::Required),
    format("MX", &["NNNNN"], Region::Required),
    format("IN", &["NNNNNN"], Region::Required),
    format("KR", &["NNNNN"], Region::Optional),
    format("TW", &["NNN", "NNNNN", "NNNNNN"], Region::Optional),
    format("TH", &["NNNNN"], Region::Optional),
    format("MY", &["NNNNN"], Region::Optional),
    format("PH", &["NNNN"], Region::Optional),
    format("ID", &["NNNNN"], Region::Optional),
    format("VN", &["NNNNN", "NNNNNN"], Region::Optional),
    format("NZ", &["NNNN"], Region::Optional),
    format("DE", &["NNNNN"], Region::Optional),
    format("FR", &["NNNNN"], Region::Optional),
    format("IT", &["NNNNN"], Region::Optional),
    format("ES", &["NNNNN"], Region::Optional),
    format("NL", &["NNNN AA"], Region::Optional),
    format("BE", &["NNNN"], Region::Optional),
    format("LU", &["NNNN"], Region::Optional),
    format("AT", &["NNNN"], Region::Optional),
    format("CH", &["NNNN"], Region::Optional),
    format("DK", &["NNNN"], Region::Optional),
    format("NO", &["NNNN"], Region::Optional),
    format("SE", &["NNN NN"], Region::Optional),
    format("FI", &["NNNNN"], Region::Optional),
    format("PL", &["NN-NNN"], Region::Optional),
    format("CZ", &["NNN NN"], Region::Optional),
    format("PT", &["NNNN-NNN"], Region::Optional),
    format("GR", &["NNN NN"], Region::Optional),
    // A city and a country in one.
    Format { country: "SG", postal_codes: &["NNNNNN"], region: Region::Optional, city_required: false },
    Format { country: "HK", postal_codes: &[], region: Region::Optional, city_required: false },
    Format { country: "MC", postal_codes: &["NNNNN"], region: Region::Optional, city_required: false },
];

const US_STATES: [&str; 60] = [
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
    "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR",
    "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "AS", "GU", "MP", "PR", "VI", "UM",
    "AA", "AE", "AP",
];
const CA_PROVINCES: [&str; 13] = ["AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"];
const AU_STATES: [&str; 8] = ["ACT", "NSW", "NT", "QLD", "SA", "TAS", "VIC", "WA"];

/// Checks an address and brings it into the form that is kept: texts trimmed, country in capitals, postal code in the
/// country's form, Japanese prefecture by its name, furigana in katakana, phone in E.164.
///
/// Errors, all at once: `INVALID_COUNTRY`, `ADDRESS_INCOMPLETE` (with the parts), `INVALID_POSTAL_CODE`, `INVALID` for
/// the region and furigana, `INVALID_PHONE`, `INVALID_TEXT`, `TEXT_TOO_LONG`; paths begin with `path`.
pub fn check(path: &str, address: Address) -> Result<Address> {
    let mut address = cleaned(path, address)?;
    if !country::is_country(&address.country) {
        return Err(Error::invalid(ErrorCode::InvalidCountry, format!("{path}.country")));
    }
    let mut errors = Vec::new();
    let missing = missing_parts(&address);
    if !missing.is_empty() {
        let parts = vec![("parts", missing.join(", "))];
        errors.push(Error::invalid_with(ErrorCode::AddressIncomplete, path, parts));
    }
    keep(&mut errors, &mut address.postal_code, |code| postal_code(path, &address.country, code));
    keep(&mut errors, &mut address.region, |region| checked_region(path, &address.country, region));
    keep(&mut errors, &mut address.family_name_kana, |kana| furigana(&format!("{path}.familyNameKana"), kana));
    keep(&mut errors, &mut address.given_name_kana, |kana| furigana(&format!("{path}.givenNameKana"), kana));
    keep(&mut errors, &mut address.phone, |phone| {
        identifier::normalize_phone_at(&format!("{path}.phone"), phone, &address.country)
    });
    if !GeoPoint::is_sound_in(&address) {
        errors.push(Error::invalid(ErrorCode::Invalid, format!("{path}.point")));
    }
    match errors.len() {
        0 => Ok(address),
        1 => Err(errors.remove(0)),
        _ => Err(Error::Several(errors)),
    }
}

/// Whether the address has a point on Earth, or none.
/// Replaces a part that is given by its checked form, or notes what is wrong with it.
fn keep(errors: &mut Vec<Error>, part: &mut String, check: impl FnOnce(&str) -> Result<String>) {
    if part.is_empty() {
        return;
    }
    match check(part) {
        Ok(checked) => *part = checked,
        Err(error) => errors.push(error),
    }
}

fn cleaned(path: &str, address: Address) -> Result<Address> {
    let line = |name: &str, value: &str| text::line(&format!("{path}.{name}"), value, MAX_PART);
    Ok(Address {
        family_name: line("familyName", &address.family_name)?,
        given_name: line("givenName", &address.given_name)?,
        family_name_kana: line("familyNameKana", &address.family_name_kana)?,
        given_name_kana: line("givenNameKana", &address.given_name_kana)?,
        company: line("company", &address.company)?,
        country: line("country", &address.country)?.to_ascii_uppercase(),
        postal_code: line("postalCode", &address.postal_code)?,
        region: line("region", &address.region)?,
        city: line("city", &address.city)?,
        line1: line("line1", &address.line1)?,
        line2: line("line2", &address.line2)?,
        phone: line("phone", &address.phone)?,
        latitude_e6: address.latitude_e6,
        longitude_e6: address.longitude_e6,
    })
}

fn format_of(country: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.country == country)
}

/// Names of the parts that the country needs and the address lacks.
fn missing_parts(address: &Address) -> Vec<&'static str> {
    let japan = address.country == "JP";
    let format = format_of(&address.country);
    let needs_postal_code = japan || format.is_some_and(|format| !format.postal_codes.is_empty());
    let needs_region = japan || format.is_some_and(|format| !matches!(format.region, Region::Optional));
    let needs_city = format.is_none_or(|format| format.city_required);
    let nobody = address.family_name.is_empty() && address.given_name.is_empty() && address.company.is_empty();
    [
        ("familyName", nobody),
        ("postalCode", needs_postal_code && address.postal_code.is_empty()),
        ("region", needs_region && address.region.is_empty()),
        ("city", needs_city && address.city.is_empty()),
        ("line1", address.line1.is_empty()),
    ]
    .into_iter()
    .filter_map(|(name, missing)| missing.then_some(name))
    .collect()
}

/// A postal code in the country's own form, such as `150-0001`. Error: `INVALID_POSTAL_CODE`.
pub(crate) fn postal_code(path: &str, country: &str, code: &str) -> Result<String> {
    let refused = || Error::invalid(ErrorCode::InvalidPostalCode, format!("{path}.postalCode"));
    let folded: String = code.nfkc().flat_map(char::to_uppercase).collect();
    let forms: &[&str] =
        if country == "JP" { &["NNN-NNNN"] } else { format_of(country).map_or(&[], |f| f.postal_codes) };
    if forms.is_empty() {
        let fine = folded.len() <= 16 && folded.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-'));
        return if fine { Ok(folded) } else { Err(refused()) };
    }
    let bare: Vec<char> = folded.chars().filter(|c| !is_separator(*c)).collect();
    forms.iter().find_map(|form| fill(form, &bare)).ok_or_else(refused)
}

/// Spaces and the dashes that people type for a hyphen.
const fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '〒' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}')
}

/// Puts bare characters into a form, if they fit exactly.
fn fill(form: &str, bare: &[char]) -> Option<String> {
    let mut rest = bare.iter();
    let filled: Option<String> = form
        .chars()
        .map(|place| match place {
            'N' => rest.next().copied().filter(char::is_ascii_digit),
            'A' => rest.next().copied().filter(char::is_ascii_uppercase),
            literal => Some(literal),
        })
        .collect();
    filled.filter(|_| rest.next().is_none())
}

fn checked_region(path: &str, country: &str, region: &str) -> Result<String> {
    let refused = || Error::invalid(ErrorCode::Invalid, format!("{path}.region"));
    if country == "JP" {
        return prefecture::find(region).map(str::to_owned).ok_or_else(refused);
    }
    match format_of(country).map(|format| &format.region) {
        Some(Region::OneOf(codes)) => {
            let code = region.to_ascii_uppercase();
            let code = code.strip_prefix(country).and_then(|rest| rest.strip_prefix('-')).unwrap_or(&code);
            codes.iter().find(|known| **known == code).map(|known| (*known).to_owned()).ok_or_else(refused)
        }
        Some(Region::Optional | Region::Required) | None => Ok(region.to_owned()),
    }
}

/// A reading in full-width katakana; hiragana and half-width katakana are converted. Error: `INVALID` at `path` for
/// anything else.
pub(crate) fn furigana(path: &str, reading: &str) -> Result<String> {
    let katakana: Option<String> = reading
        .nfkc()
        .map(|c| match c {
            'ぁ'..='ゖ' => u32::from(c).checked_add(0x60).and_then(char::from_u32),
            'ァ'..='ヺ' | 'ー' | '・' | ' ' => Some(c),
            _ => None,
        })
        .collect();
    katakana.ok_or_else(|| Error::invalid(ErrorCode::Invalid, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokyo() -> Address {
        Address {
            family_name: "髙﨑".to_owned(),
            given_name: "花子".to_owned(),
            family_name_kana: "たかさき".to_owned(),
            given_name_kana: "ﾊﾅｺ".to_owned(),
            country: "jp".to_owned(),
            postal_code: "〒１５０ー０００１".to_owned(),
            region: "東京".to_owned(),
            city: "渋谷区".to_owned(),
            line1: "神宮前1-2-3".to_owned(),
            phone: "03-1234-5678".to_owned(),
            ..Address::default()
        }
    }

    fn code_of(address: Address) -> ErrorCode {
        check("input.address", address).expect_err("refused").code()
    }

    #[test]
    fn a_japanese_address_gets_its_form() {
        let checked = check("address", tokyo()).expect("valid");
        assert_eq!(checked.country, "JP");
        assert_eq!(checked.postal_code, "150-0001");
        assert_eq!(checked.region, "東京都");
        assert_eq!((checked.family_name_kana.as_str(), checked.given_name_kana.as_str()), ("タカサキ", "ハナコ"));
        assert_eq!(checked.phone, "+81312345678");
        assert_eq!(check("address", checked.clone()).expect("valid"), checked, "checking twice changes nothing");
    }

    #[test]
    fn what_japan_needs_is_asked_for_at_once() {
        let bare = Address { country: "JP".to_owned(), ..Address::default() };
        let Err(Error::Invalid { code, values, .. }) = check("address", bare) else { panic!("refused") };
        assert_eq!(code, ErrorCode::AddressIncomplete);
        assert_eq!(values, vec![("parts", "familyName, postalCode, region, city, line1".to_owned())]);
    }

    #[test]
    fn wrong_parts_are_told_together() {
        let wrong = Address { postal_code: "12345".to_owned(), region: "Atlantis".to_owned(), ..tokyo() };
        let Err(Error::Several(errors)) = check("address", wrong) else { panic!("several") };
        let paths: Vec<&str> = errors.iter().map(Error::path).collect();
        assert_eq!(paths, ["address.postalCode", "address.region"]);
    }

    #[test]
    fn readings_are_kana() {
        assert_eq!(code_of(Address { family_name_kana: "高崎".to_owned(), ..tokyo() }), ErrorCode::Invalid);
    }

    #[test]
    fn countries_have_their_own_postal_codes() {
        for (country, typed, kept) in [
            ("US", "10001", "10001"),
            ("US", "100011234", "10001-1234"),
            ("CA", "k1a0b1", "K1A 0B1"),
            ("GB", "sw1a1aa", "SW1A 1AA"),
            ("GB", "M1 1AE", "M1 1AE"),
            ("DE", "10115", "10115"),
            ("NL", "1012ab", "1012 AB"),
            ("PL", "00001", "00-001"),
            ("SE", "11122", "111 22"),
            ("ZW", "", ""),
            ("IE", "D02 X285", "D02 X285"),
        ] {
            assert_eq!(postal_code("a", country, typed).expect(typed), kept);
        }
        for (country, typed) in
            [("US", "1234"), ("US", "1234A"), ("DE", "1011"), ("GB", "12345"), ("JP", "150-00011"), ("JP", "abc-defg")]
        {
            assert_eq!(postal_code("a", country, typed).expect_err(typed).code(), ErrorCode::InvalidPostalCode);
        }
    }

    #[test]
    fn a_point_lies_on_earth() {
        let at = |latitude_e6, longitude_e6| Address { latitude_e6, longitude_e6, ..tokyo() };
        let checked = check("a", at(Some(35_658_034), Some(139_701_636))).expect("valid");
        assert_eq!((checked.latitude_e6, checked.longitude_e6), (Some(35_658_034), Some(139_701_636)));
        for (latitude, longitude) in
            [(Some(90_000_001), Some(0)), (Some(0), Some(-180_000_001)), (Some(0), None), (None, Some(0))]
        {
            let error = check("a", at(latitude, longitude)).expect_err("refused");
            assert_eq!((error.code(), error.path()), (ErrorCode::Invalid, "a.point"));
        }
    }

    #[test]
    fn american_states_are_codes() {
        let office = Address {
            company: "Example Inc.".to_owned(),
            country: "US".to_owned(),
            postal_code: "94105".to_owned(),
            region: "us-ca".to_owned(),
            city: "San Francisco".to_owned(),
            line1: "1 Market St".to_owned(),
            ..Address::default()
        };
        assert_eq!(check("a", office.clone()).expect("valid").region, "CA");
        assert_eq!(code_of(Address { region: "California!".to_owned(), ..office.clone() }), ErrorCode::Invalid);
        assert_eq!(code_of(Address { region: String::new(), ..office.clone() }), ErrorCode::AddressIncomplete);
        assert_eq!(code_of(Address { country: "XX".to_owned(), ..office.clone() }), ErrorCode::InvalidCountry);
        assert_eq!(code_of(Address { line1: "a\r\nb".to_owned(), ..office }), ErrorCode::InvalidText);
    }
}
