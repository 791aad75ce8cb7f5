//! What a shipping method asks for a parcel: flat or by weight, free over an amount, in some countries. Pure.

use entity::words::ShippingRateKind;
use entity::{shipping_method, shipping_rate};

/// What is shipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    /// Weight of everything that is shipped.
    pub weight_grams: i64,
    /// What the shipped goods cost after discounts, as priced, in minor units.
    pub goods: i64,
    /// ISO 3166-1 alpha-2 of the address; `None` while it is not known.
    pub country: Option<String>,
}

/// What the method asks for the parcel in minor units; `None` when it does not take it: it is not offered, does not go
/// to the country, or the parcel is heavier than its last tier. Without a country every method that is offered answers.
#[must_use]
pub fn charge(method: &shipping_method::Model, tiers: &[shipping_rate::Model], parcel: &Parcel) -> Option<i64> {
    if !method.active || !parcel.country.as_deref().is_none_or(|country| goes_to(method, country)) {
        return None;
    }
    let amount = match method.kind {
        ShippingRateKind::Flat => method.amount,
        ShippingRateKind::ByWeight => tiers
            .iter()
            .filter(|tier| parcel.weight_grams <= tier.max_weight_grams)
            .min_by_key(|tier| tier.max_weight_grams)
            .map(|tier| tier.amount)?,
    };
    Some(if method.free_over.is_some_and(|enough| parcel.goods >= enough) { 0 } else { amount })
}

/// Whether the method goes to a country; a method that names none goes everywhere.
fn goes_to(method: &shipping_method::Model, country: &str) -> bool {
    method.countries.0.is_empty() || method.countries.0.iter().any(|served| served.eq_ignore_ascii_case(country))
}

#[cfg(test)]
mod tests {
    use entity::id::{ChannelId, ShippingMethodId, ShippingRateId, TaxClassId};
    use entity::text_list::TextList;
    use uuid::Uuid;

    use super::*;

    fn method(kind: ShippingRateKind) -> shipping_method::Model {
        shipping_method::Model {
            id: ShippingMethodId(Uuid::nil()),
            channel_id: ChannelId(Uuid::nil()),
            code: "post".to_owned(),
            name: "Post".to_owned(),
            translations: serde_json::json!({}),
            kind,
            amount: 550,
            free_over: Some(5_000),
            countries: TextList(vec!["JP".to_owned()]),
            tax_class_id: TaxClassId(Uuid::nil()),
            min_days: 1,
            max_days: 2,
            position: 1,
            active: true,
            carrier: None,
            service: None,
            delivery_slots: TextList::default(),
            lead_days: 0,
        }
    }

    fn tier(max_weight_grams: i64, amount: i64) -> shipping_rate::Model {
        let (id, method_id) = (ShippingRateId(Uuid::nil()), ShippingMethodId(Uuid::nil()));
        shipping_rate::Model { id, method_id, max_weight_grams, amount }
    }

    fn parcel(weight_grams: i64, goods: i64) -> Parcel {
        Parcel { weight_grams, goods, country: Some("JP".to_owned()) }
    }

    #[test]
    fn a_flat_rate_is_free_from_its_limit_on() {
        let flat = method(ShippingRateKind::Flat);
        assert_eq!(charge(&flat, &[], &parcel(1, 4_999)), Some(550));
        assert_eq!(charge(&flat, &[], &parcel(1, 5_000)), Some(0));
    }

    #[test]
    fn weight_finds_the_lightest_tier_that_carries_it() {
        let by_weight = method(ShippingRateKind::ByWeight);
        let tiers = [tier(5_000, 900), tier(1_000, 500), tier(2_000, 700)];
        assert_eq!(charge(&by_weight, &tiers, &parcel(1_000, 1)), Some(500));
        assert_eq!(charge(&by_weight, &tiers, &parcel(1_001, 1)), Some(700));
        assert_eq!(charge(&by_weight, &tiers, &parcel(5_001, 1)), None);
        assert_eq!(charge(&by_weight, &tiers, &parcel(5_001, 9_999)), None, "free or not, it is too heavy");
    }

    #[test]
    fn a_method_goes_only_where_it_says() {
        let mut flat = method(ShippingRateKind::Flat);
        let abroad = Parcel { country: Some("US".to_owned()), ..parcel(1, 1) };
        assert_eq!(charge(&flat, &[], &abroad), None);
        assert_eq!(charge(&flat, &[], &Parcel { country: None, ..parcel(1, 1) }), Some(550));
        flat.countries.0.clear();
        assert_eq!(charge(&flat, &[], &abroad), Some(550));
        flat.active = false;
        assert_eq!(charge(&flat, &[], &abroad), None);
    }
}
