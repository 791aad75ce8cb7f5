//! Code 128 (ISO/IEC 15417): digits in pairs where all are digits, else letters, digits and signs of ASCII. Pure.

use crate::{Error, ErrorCode, Result};

/// Widths of bars and spaces of the values 0 to 105, in modules.
const PATTERNS: [&str; 106] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312",
    "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212",
    "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121",
    "111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331",
    "132131", "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131", "311123",
    "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111", "111224", "111422", "121124",
    "121421", "141122", "141221", "112214", "112412", "122114", "122411", "142112", "142211", "241211", "221114",
    "413111", "241112", "134111", "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112",
    "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232",
];
const STOP: &str = "2331112";
const START_B: usize = 104;
const START_C: usize = 105;
/// Longest text, so that a bar of a label stays wide enough to be read.
const LONGEST: usize = 40;

/// Widths of bars and spaces in turn, beginning with a bar, in modules; without the quiet zones of ten modules on both
/// sides. Error: `INVALID_TEXT` for an empty text, one of more than 40 characters, and anything but visible ASCII.
pub fn widths(text: &str) -> Result<Vec<u8>> {
    let invalid = || Error::invalid(ErrorCode::InvalidText, "barcode");
    if text.is_empty() || text.len() > LONGEST || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(invalid());
    }
    let values = values(text);
    let check = values.iter().enumerate().map(|(place, value)| value * place.max(1)).sum::<usize>() % 103;
    let symbols = values.iter().chain([&check]).filter_map(|value| PATTERNS.get(*value)).chain([&STOP]);
    Ok(symbols.flat_map(|pattern| pattern.bytes().map(|byte| byte - b'0')).collect())
}

/// The values of a text with its start, without the check.
fn values(text: &str) -> Vec<usize> {
    let pairs = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_digit());
    if pairs {
        let digits: Vec<usize> = text.bytes().map(|byte| usize::from(byte - b'0')).collect();
        let pair = |pair: &[usize]| pair.iter().fold(0, |sum, digit| sum * 10 + digit);
        std::iter::once(START_C).chain(digits.chunks(2).map(pair)).collect()
    } else {
        std::iter::once(START_B).chain(text.bytes().map(|byte| usize::from(byte - b' '))).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_pattern_has_eleven_modules_and_is_its_own() {
        for pattern in PATTERNS {
            assert_eq!(pattern.bytes().map(|byte| u32::from(byte - b'0')).sum::<u32>(), 11, "{pattern}");
            assert_eq!(pattern.len(), 6);
        }
        assert_eq!(PATTERNS.iter().collect::<BTreeSet<_>>().len(), PATTERNS.len());
    }

    /// The example of the symbology's usual description: `PJJ123C` in set B has the check 55.
    #[test]
    fn the_check_is_the_weighted_sum() {
        let bars = widths("PJJ123C").unwrap();
        let check: String = bars[8 * 6..9 * 6].iter().map(|width| char::from(b'0' + width)).collect();
        assert_eq!(check, PATTERNS[55]);
        assert_eq!(bars.len(), 9 * 6 + STOP.len());
    }

    #[test]
    fn digits_go_in_pairs() {
        assert_eq!(widths("412012345673").unwrap().len(), (1 + 6 + 1) * 6 + STOP.len());
        assert_eq!(values("1234"), [START_C, 12, 34]);
        for text in ["", "東京", "a\n", &"1".repeat(41)] {
            assert!(widths(text).is_err(), "{text}");
        }
    }
}
