//! Which country's tax applies: one pure rule.

use entity::address::Address;

/// A country, and a part of it when rates differ there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 3166-2 subdivision or the local name.
    pub region: Option<String>,
}

/// Where goods change hands decides: the shipping address when something is shipped, else the location that hands the
/// goods over (a pickup store or the till's store), else the country of the channel. One place serves the whole order;
/// an address without a country is passed over.
#[must_use]
pub fn place(shipping: Option<&Address>, counter: Option<&Address>, tax_country: &str) -> Place {
    let of = |address: &Address| {
        let country = address.country.trim().to_ascii_uppercase();
        let region = Some(address.region.trim().to_owned()).filter(|region| !region.is_empty());
        (!country.is_empty()).then_some(Place { country, region })
    };
    shipping
        .and_then(of)
        .or_else(|| counter.and_then(of))
        .unwrap_or_else(|| Place { country: tax_country.to_ascii_uppercase(), region: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(country: &str, region: &str) -> Address {
        Address { country: country.to_owned(), region: region.to_owned(), ..Address::default() }
    }

    #[test]
    fn the_address_goes_before_the_counter_and_the_counter_before_the_channel() {
        let (japan, california) = (address("jp", ""), address("US", "US-CA"));
        assert_eq!(place(Some(&california), Some(&japan), "DE").region.as_deref(), Some("US-CA"));
        assert_eq!(place(None, Some(&japan), "DE"), Place { country: "JP".to_owned(), region: None });
        assert_eq!(place(Some(&address("", "")), None, "de").country, "DE");
    }
}
