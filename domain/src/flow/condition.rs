//! For whom a flow starts and which way a branch goes: pure, over facts that were read before.

use std::collections::BTreeSet;

use entity::id::{CategoryId, CollectionId, ProductId};
use entity::words::DeliveryMethod;
use serde::{Deserialize, Serialize};

use super::facts::Facts;
use crate::messaging::policy;

/// What must hold, all of it; what is left out asks for nothing, of a list one entry is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// In one of these channels, by code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// Sold or collected at one of these locations, by code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<String>,
    /// Sent to one of these countries; without an address, sold in one (ISO 3166-1 alpha-2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<String>,
    /// Writes one of these languages (BCP 47; `en` holds for `en-GB` too).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locales: Vec<String>,
    /// With one of these products.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub product_ids: Vec<ProductId>,
    /// With a product of one of these categories or below.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub category_ids: Vec<CategoryId>,
    /// With a product of one of these collections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collection_ids: Vec<CollectionId>,
    /// Of a total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
    /// Whether it is the customer's first order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_order: Option<bool>,
    /// The customer has placed at least so many orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_orders: Option<u32>,
    /// The customer has one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The customer has none of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without_tags: Vec<String>,
    /// Something reaches the customer on one of these ways.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delivery: Vec<DeliveryMethod>,
    /// Whether all of the order reached the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<bool>,
    /// Whether a link in a message of this run was followed; in branches only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clicked: Option<bool>,
}

/// A range of totals, in minor units of a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// ISO 4217; totals in other currencies do not fit.
    pub currency: String,
    /// At least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// At most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
}

impl Conditions {
    /// The first thing that does not hold; `None` when all does.
    #[must_use]
    pub fn refusal(&self, facts: &Facts) -> Option<&'static str> {
        let one_of = |wanted: &[String], have: Option<&str>| {
            wanted.is_empty() || have.is_some_and(|have| wanted.iter().any(|one| one == have))
        };
        let overlap = |wanted: &[String], have: &BTreeSet<String>| wanted.iter().any(|one| have.contains(one));
        let rules: [(&'static str, bool); 14] = [
            ("CHANNEL", one_of(&self.channels, facts.channel.as_ref().map(|channel| channel.code.as_str()))),
            ("LOCATION", self.locations.is_empty() || overlap(&self.locations, &facts.locations)),
            ("COUNTRY", one_of(&self.countries, facts.country.as_deref())),
            ("LOCALE", self.locales.is_empty() || self.locales.iter().any(|tag| speaks(&facts.locale, tag))),
            ("GOODS", self.has_goods(facts)),
            ("TOTAL", self.total.as_ref().is_none_or(|total| total.holds(facts))),
            ("FIRST_ORDER", self.first_order.is_none_or(|wanted| wanted == facts.is_first_order)),
            ("ORDERS", self.min_orders.is_none_or(|least| facts.orders >= i64::from(least))),
            ("TAG", self.tags.is_empty() || overlap(&self.tags, &facts.tags)),
            ("TAG", !overlap(&self.without_tags, &facts.tags)),
            ("DELIVERY", self.delivery.is_empty() || self.delivery.iter().any(|way| facts.delivery.contains(way))),
            ("RECEIVED", self.received.is_none_or(|wanted| wanted == facts.is_received)),
            ("CLICKED", self.clicked.is_none_or(|wanted| wanted == facts.is_clicked)),
            ("CUSTOMER", !facts.is_gone),
        ];
        rules.into_iter().find(|(_, holds)| !holds).map(|(name, _)| name)
    }

    /// Why nothing starts; `None` when it may. Where nobody may be written to, nothing does, whatever is asked for.
    #[must_use]
    pub fn bars(&self, facts: &Facts) -> Option<&'static str> {
        let forbidden = facts.channel.as_ref().is_some_and(|channel| !policy::writes(channel.kind));
        if forbidden { Some(policy::MARKETPLACE) } else { self.refusal(facts) }
    }

    fn has_goods(&self, facts: &Facts) -> bool {
        let asks = !(self.product_ids.is_empty() && self.category_ids.is_empty() && self.collection_ids.is_empty());
        !asks
            || self.product_ids.iter().any(|id| facts.products.contains(id))
            || self.category_ids.iter().any(|id| facts.categories.contains(id))
            || self.collection_ids.iter().any(|id| facts.collections.contains(id))
    }

    /// Whether products must be looked at.
    pub(super) fn asks_for_goods(&self) -> bool {
        !(self.product_ids.is_empty() && self.category_ids.is_empty() && self.collection_ids.is_empty())
    }
}

impl Total {
    fn holds(&self, facts: &Facts) -> bool {
        facts.order.as_ref().is_some_and(|order| {
            order.currency.code() == self.currency
                && self.from.is_none_or(|least| order.total >= least)
                && self.to.is_none_or(|most| order.total <= most)
        })
    }
}

/// Whether a locale is of a language, or of exactly that region.
fn speaks(locale: &str, wanted: &str) -> bool {
    locale == wanted || locale.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_names_itself() {
        let facts = Facts {
            locale: "en-GB".to_owned(),
            country: Some("GB".to_owned()),
            tags: ["vip".to_owned()].into(),
            orders: 2,
            ..Facts::default()
        };
        let refusal = |conditions: Conditions| conditions.refusal(&facts);
        let one = |text: &str| vec![text.to_owned()];
        assert_eq!(refusal(Conditions::default()), None);
        assert_eq!(refusal(Conditions { locales: one("en"), ..Default::default() }), None);
        assert_eq!(refusal(Conditions { locales: one("e"), ..Default::default() }), Some("LOCALE"));
        assert_eq!(refusal(Conditions { countries: one("JP"), ..Default::default() }), Some("COUNTRY"));
        assert_eq!(refusal(Conditions { channels: one("web"), ..Default::default() }), Some("CHANNEL"));
        assert_eq!(refusal(Conditions { locations: one("x"), ..Default::default() }), Some("LOCATION"));
        assert_eq!(refusal(Conditions { tags: one("vip"), ..Default::default() }), None);
        assert_eq!(refusal(Conditions { without_tags: one("vip"), ..Default::default() }), Some("TAG"));
        assert_eq!(refusal(Conditions { min_orders: Some(2), ..Default::default() }), None);
        assert_eq!(refusal(Conditions { min_orders: Some(3), ..Default::default() }), Some("ORDERS"));
        assert_eq!(refusal(Conditions { first_order: Some(true), ..Default::default() }), Some("FIRST_ORDER"));
        assert_eq!(refusal(Conditions { received: Some(true), ..Default::default() }), Some("RECEIVED"));
        let total = Total { currency: "JPY".to_owned(), from: None, to: None };
        assert_eq!(refusal(Conditions { total: Some(total), ..Default::default() }), Some("TOTAL"));
        let goods = Conditions { product_ids: vec![ProductId(uuid::Uuid::nil())], ..Default::default() };
        assert_eq!(goods.refusal(&facts), Some("GOODS"));
        let gone = Facts { is_gone: true, ..Facts::default() };
        assert_eq!(Conditions::default().refusal(&gone), Some("CUSTOMER"));
    }
}
