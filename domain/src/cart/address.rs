//! Checking the addresses of a cart.

use entity::address::Address;

use crate::kernel::text;
use crate::{Error, ErrorCode, Result};

/// An address with every part trimmed and free of control characters. Errors: `INVALID_COUNTRY`, `ADDRESS_INCOMPLETE`
/// without a recipient, a town or a street, `INVALID_TEXT`, `TEXT_TOO_LONG`, at paths below `path`.
pub(crate) fn check(path: &str, mut address: Address) -> Result<Address> {
    address.country = address.country.trim().to_ascii_uppercase();
    if address.country.len() != 2 || !address.country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Error::invalid(ErrorCode::InvalidCountry, format!("{path}.country")));
    }
    for (name, part) in [
        ("familyName", &mut address.family_name),
        ("givenName", &mut address.given_name),
        ("familyNameKana", &mut address.family_name_kana),
        ("givenNameKana", &mut address.given_name_kana),
        ("company", &mut address.company),
        ("postalCode", &mut address.postal_code),
        ("region", &mut address.region),
        ("city", &mut address.city),
        ("line1", &mut address.line1),
        ("line2", &mut address.line2),
        ("phone", &mut address.phone),
    ] {
        *part = text::line(&format!("{path}.{name}"), part, text::LINE)?;
    }
    let recipient = !(address.family_name.is_empty() && address.company.is_empty());
    if recipient && !address.line1.is_empty() && !address.city.is_empty() {
        Ok(address)
    } else {
        Err(Error::invalid(ErrorCode::AddressIncomplete, path))
    }
}
