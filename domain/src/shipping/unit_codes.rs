//! Serial and lot numbers that a packer reads: what they must be. Which unit a number belongs to, and that it left, is
//! kept with the units of `inventory`.

use std::collections::BTreeSet;

use entity::id::FulfillmentOrderLineId;

use crate::kernel::{Error, ErrorCode, Result, text};

/// Longest number, in characters.
const MAX_CODE: usize = 100;

/// Numbers of units in a parcel, read from the goods.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UnitCodes {
    /// The line of work they were packed for.
    pub fulfillment_order_line_id: FulfillmentOrderLineId,
    /// Units that were packed.
    pub quantity: i64,
    /// Serial or lot numbers.
    pub codes: Vec<String>,
}

/// Tidies the numbers of one line. Errors at `path`: `INVALID_TEXT`, `TEXT_TOO_LONG`, `TOO_MANY` for more numbers than
/// units, `ALREADY_EXISTS` for one read twice.
pub(super) fn checked(path: &str, codes: &[String], quantity: i64) -> Result<Vec<String>> {
    if i64::try_from(codes.len()).is_ok_and(|read| read > quantity) {
        return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", quantity.to_string())]));
    }
    let mut seen = BTreeSet::new();
    let mut tidy = Vec::with_capacity(codes.len());
    for (index, code) in codes.iter().enumerate() {
        let code = text::required_line(&format!("{path}.{index}"), code, MAX_CODE)?;
        if !seen.insert(code.clone()) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, format!("{path}.{index}")));
        }
        tidy.push(code);
    }
    Ok(tidy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_once_and_no_more_than_there_are_units() {
        let codes = |list: &[&str]| list.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
        assert_eq!(checked("codes", &codes(&[" SN1 ", "SN2"]), 2).expect("two numbers"), ["SN1", "SN2"]);
        let refused = |list: &[&str], quantity| checked("codes", &codes(list), quantity).expect_err("refused").code();
        assert_eq!(refused(&["SN1", "SN2"], 1), ErrorCode::TooMany);
        assert_eq!(refused(&["SN1", "SN1"], 2), ErrorCode::AlreadyExists);
        assert_eq!(refused(&[" "], 2), ErrorCode::Required);
    }
}
