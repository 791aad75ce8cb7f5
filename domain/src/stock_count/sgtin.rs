//! SGTIN-96: what an RFID tag on a consumer product says, by the GS1 EPC Tag Data Standard (release 2.1), section 14.6.1:
//! header `0x30` (8 bits), filter (3), partition (3), company prefix and indicator with item reference (44 together, cut
//! by the partition), serial (38).

use crate::catalog::barcode::check_digit;

/// Header of the SGTIN-96 (table 14-1).
const HEADER: u128 = 0x30;
/// Digits of the company prefix and of the indicator with the item reference.
const DIGITS: u32 = 13;
/// Bits of both.
const BITS: u32 = 44;
/// Bits of the serial number.
const SERIAL_BITS: u32 = 38;
/// Partition table (table 14-2): bits and digits of the company prefix, by partition value.
const PARTITIONS: [(u32, u32); 7] = [(40, 12), (37, 11), (34, 10), (30, 9), (27, 8), (24, 7), (20, 6)];

/// A serialized GTIN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sgtin {
    /// GTIN-14 with its check digit.
    pub gtin: String,
    /// Serial number, 0 to 2³⁸ − 1.
    pub serial: u64,
}

/// An EPC as hexadecimal digits of 96 bits, without spaces and in capitals; `None` for anything else.
#[must_use]
pub fn normalized(text: &str) -> Option<String> {
    // Readers put spaces between words; anything longer than that is not worth walking through.
    if text.len() > 64 {
        return None;
    }
    let hex: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let digits = hex.len() == 24 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| hex.to_ascii_uppercase())
}

/// Decodes an EPC in hexadecimal; `None` when it is no SGTIN-96: another header, a partition that does not exist, or
/// numbers with more digits than the partition allows.
#[must_use]
pub fn decode(hex: &str) -> Option<Sgtin> {
    let bits = u128::from_str_radix(&normalized(hex)?, 16).ok()?;
    if bits >> 88 != HEADER {
        return None;
    }
    let partition = usize::try_from((bits >> 82) & 0b111).ok()?;
    let (prefix_bits, prefix_digits) = *PARTITIONS.get(partition)?;
    let (item_bits, item_digits) = (BITS - prefix_bits, DIGITS - prefix_digits);
    let numbers = (bits >> SERIAL_BITS) & mask(BITS);
    let (prefix, item) = (numbers >> item_bits, numbers & mask(item_bits));
    let serial = u64::try_from(bits & mask(SERIAL_BITS)).ok()?;
    if prefix >= 10_u128.pow(prefix_digits) || item >= 10_u128.pow(item_digits) {
        return None;
    }
    // The indicator leads the item reference in the tag, and the company prefix in the GTIN (section 7.3.1).
    let item_scale = 10_u128.pow(item_digits - 1);
    let (indicator, reference) = (item / item_scale, item % item_scale);
    let digits = width(prefix_digits);
    let reference =
        if item_digits > 1 { format!("{reference:0>rest$}", rest = width(item_digits - 1)) } else { String::new() };
    let body = format!("{indicator}{prefix:0>digits$}{reference}");
    let check = char::from(check_digit(body.as_bytes())?);
    Some(Sgtin { gtin: format!("{body}{check}"), serial })
}

const fn mask(bits: u32) -> u128 {
    (1 << bits) - 1
}

fn width(digits: u32) -> usize {
    usize::try_from(digits).unwrap_or(0)
}

/// Encodes a serialized GTIN as an EPC in hexadecimal, for printing tags. `company_digits` are the digits of the company
/// prefix (6 to 12), `filter` is 0 to 7. `None` for what is no GTIN-14 or does not fit.
#[must_use]
pub fn encode(sgtin: &Sgtin, company_digits: u32, filter: u8) -> Option<String> {
    let (partition, (_, prefix_digits)) =
        (0_u128..).zip(PARTITIONS).find(|(_, (_, digits))| *digits == company_digits)?;
    let item_bits = BITS - PARTITIONS.get(usize::try_from(partition).ok()?)?.0;
    let fits = sgtin.gtin.len() == 14 && crate::catalog::barcode::is_gtin(&sgtin.gtin);
    if !fits || filter > 7 || u128::from(sgtin.serial) > mask(SERIAL_BITS) {
        return None;
    }
    let end = 1 + width(prefix_digits);
    let prefix: u128 = sgtin.gtin.get(1..end)?.parse().ok()?;
    let item: u128 = format!("{}{}", sgtin.gtin.get(..1)?, sgtin.gtin.get(end..13)?).parse().ok()?;
    let bits = (HEADER << 88)
        | (u128::from(filter) << 85)
        | (partition << 82)
        | (((prefix << item_bits) | item) << SERIAL_BITS)
        | u128::from(sgtin.serial);
    Some(format!("{bits:024X}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The standard's own example: GTIN 80614141123458, serial 6789, company prefix 0614141, filter 3
    /// (`urn:epc:tag:sgtin-96:3.0614141.812345.6789`).
    const EXAMPLE: &str = "3074257BF7194E4000001A85";

    #[test]
    fn the_example_of_the_standard_is_read() {
        let read = decode(EXAMPLE).expect("an SGTIN-96");
        assert_eq!(read, Sgtin { gtin: "80614141123458".to_owned(), serial: 6_789 });
        assert_eq!(encode(&read, 7, 3).as_deref(), Some(EXAMPLE));
        assert_eq!(decode(" 3074 257b f719 4e40 0000 1a85 "), Some(read), "as readers print it");
    }

    #[test]
    fn the_longest_and_the_shortest_prefix_are_read() {
        for (gtin, digits) in [("10614141000415", 12), ("04901234567894", 6), ("00614141999996", 7)] {
            let tag = Sgtin { gtin: gtin.to_owned(), serial: 274_877_906_943 };
            let hex = encode(&tag, digits, 1).expect("it fits");
            assert_eq!(decode(&hex), Some(tag), "{hex}");
        }
    }

    #[test]
    fn other_tags_are_not_taken_for_goods() {
        let sscc = "3174257BF4499602D2000000";
        let partition_seven = "307C257BF7194E4000001A85";
        // A company prefix of seven digits that says 10,000,000 and more.
        let too_large = format!("{:024X}", (0x30_u128 << 88) | (5 << 82) | (0xFF_FFFF_u128 << 58));
        for hex in [sscc, partition_seven, &too_large, "", "3074", "zz74257BF7194E4000001A85", &"3".repeat(10_000)] {
            assert_eq!(decode(hex), None, "{hex}");
        }
        assert_eq!(encode(&Sgtin { gtin: "80614141123459".to_owned(), serial: 1 }, 7, 3), None, "wrong check digit");
        assert_eq!(encode(&Sgtin { gtin: "80614141123458".to_owned(), serial: 1 << 38 }, 7, 3), None);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(body in "[0-9]{13}", digits in 6_u32..=12, filter in 0_u8..8, serial in 0_u64..(1 << 38)) {
            let check = char::from(check_digit(body.as_bytes()).expect("digits"));
            let tag = Sgtin { gtin: format!("{body}{check}"), serial };
            let hex = encode(&tag, digits, filter).expect("every GTIN-14 fits");
            prop_assert_eq!(decode(&hex), Some(tag));
        }

        #[test]
        fn whatever_is_decoded_is_a_gtin(low in any::<u128>(), partition in 0_u128..8) {
            let bits = (HEADER << 88) | (partition << 82) | (low & mask(82));
            if let Some(read) = decode(&format!("{bits:024X}")) {
                prop_assert!(crate::catalog::barcode::is_gtin(&read.gtin) && read.gtin.len() == 14);
            }
        }

        #[test]
        fn nothing_panics(text in ".{0,40}") {
            let _ = decode(&text);
        }
    }
}
