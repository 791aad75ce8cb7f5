//! What may come back, until when, and what it costs: pure, over rules and facts that were read before.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{CategoryId, ChannelId, ProductId};
use entity::words::{ReturnMethod, ReturnRefusal};
use entity::{return_policy, return_reason};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// For what a policy holds; an empty list asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditions {
    /// Sold in one of these channels.
    pub channel_ids: Vec<ChannelId>,
    /// Sent to, or sold in, one of these countries (ISO 3166-1 alpha-2).
    pub countries: Vec<String>,
    /// Of one of these categories or below.
    pub category_ids: Vec<CategoryId>,
    /// One of these products.
    pub product_ids: Vec<ProductId>,
}

/// A policy, read for use.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its row.
    pub row: return_policy::Model,
    /// For what it holds.
    pub conditions: Conditions,
    /// How goods may come back; every way when empty.
    pub methods: Vec<ReturnMethod>,
}

impl Rule {
    /// Reads a row. Error: `Bug` for one that this program did not write.
    pub fn of(row: return_policy::Model) -> Result<Self> {
        let bad = |error: serde_json::Error| Error::Bug(format!("return policy {}: {error}", row.id));
        let conditions = serde_json::from_value(row.conditions.clone()).map_err(bad)?;
        let methods: Vec<String> = serde_json::from_value(row.methods.clone()).map_err(bad)?;
        let methods = methods.iter().filter_map(|method| method.parse().ok()).collect();
        Ok(Self { row, conditions, methods })
    }

    fn holds_for(&self, goods: &Goods) -> bool {
        let Conditions { channel_ids, countries, category_ids, product_ids } = &self.conditions;
        (channel_ids.is_empty() || channel_ids.contains(&goods.channel_id))
            && (countries.is_empty() || countries.contains(&goods.country))
            && (category_ids.is_empty() || category_ids.iter().any(|id| goods.categories.contains(id)))
            && (product_ids.is_empty() || goods.product_id.is_some_and(|id| product_ids.contains(&id)))
    }
}

/// What was sold, as far as rules ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// Where it was bought.
    pub channel_id: ChannelId,
    /// Where it went (ISO 3166-1 alpha-2).
    pub country: String,
    /// Its category and those above.
    pub categories: BTreeSet<CategoryId>,
    /// The product.
    pub product_id: Option<ProductId>,
    /// When the last of it reached the customer; `None` before.
    pub since: Option<DateTime<Utc>>,
    /// Units that reached the customer and are not on their way back.
    pub free: i64,
    /// Units that reached the customer.
    pub fulfilled: i64,
}

/// How somebody wants to bring it back.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    /// On which way; any when `None`.
    pub method: Option<ReturnMethod>,
    /// Whether it was used.
    pub used: bool,
}

/// The policy that holds: the first by priority that fits. `None`: everything may come back, at no cost.
#[must_use]
pub fn rule_for<'a>(rules: &'a [Rule], goods: &Goods) -> Option<&'a Rule> {
    let fitting = rules.iter().filter(|rule| rule.row.active && rule.holds_for(goods));
    fitting.min_by_key(|rule| (rule.row.priority, rule.row.id))
}

/// Until when it may come back; `None` for ever, or while it has not arrived.
#[must_use]
pub fn until(rule: Option<&Rule>, goods: &Goods) -> Option<DateTime<Utc>> {
    let days = rule?.row.window_days?;
    Some(goods.since? + TimeDelta::days(i64::from(days)))
}

/// Why it cannot come back; `None` when it can.
#[must_use]
pub fn refusal(rule: Option<&Rule>, goods: &Goods, wish: Wish, now: DateTime<Utc>) -> Option<ReturnRefusal> {
    if goods.fulfilled == 0 {
        return Some(ReturnRefusal::NotFulfilled);
    }
    if goods.free <= 0 {
        return Some(ReturnRefusal::AlreadyReturned);
    }
    let rule = rule?;
    if rule.row.final_sale {
        return Some(ReturnRefusal::FinalSale);
    }
    if until(Some(rule), goods).is_some_and(|until| until < now) {
        return Some(ReturnRefusal::WindowOver);
    }
    if rule.row.needs_unused && wish.used {
        return Some(ReturnRefusal::Used);
    }
    let offered = |method: ReturnMethod| rule.methods.is_empty() || rule.methods.contains(&method);
    wish.method.is_some_and(|method| !offered(method)).then_some(ReturnRefusal::MethodNotOffered)
}

/// What is kept of `worth` minor units for taking it back; rounded down, in the customer's favor.
#[must_use]
pub fn restocking_fee(rule: Option<&Rule>, reason: Option<&return_reason::Model>, worth: i64) -> i64 {
    let waived = reason.is_some_and(|reason| reason.waives_restocking);
    let ppm = rule.filter(|_| !waived).map_or(0, |rule| i64::from(rule.row.restocking_ppm));
    // In parts, so that no product of money and millions overflows.
    (worth / 1_000_000) * ppm + (worth % 1_000_000) * ppm / 1_000_000
}

/// What sending it back costs the customer, minor units: nothing when it is brought, or when the shop pays.
#[must_use]
pub fn shipping_fee(rule: Option<&Rule>, reason: Option<&return_reason::Model>, method: ReturnMethod) -> i64 {
    let seller_pays = reason.is_some_and(|reason| reason.seller_pays);
    match method {
        ReturnMethod::Carrier if !seller_pays => rule.and_then(|rule| rule.row.return_shipping_fee).unwrap_or(0),
        ReturnMethod::Carrier | ReturnMethod::Store | ReturnMethod::None => 0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use entity::id::{ReturnPolicyId, ReturnReasonId};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap() + TimeDelta::days(day)
    }

    fn goods() -> Goods {
        Goods {
            channel_id: ChannelId(Uuid::nil()),
            country: "JP".to_owned(),
            categories: BTreeSet::new(),
            product_id: None,
            since: Some(at(0)),
            free: 2,
            fulfilled: 3,
        }
    }

    fn rule(priority: i32, conditions: &Conditions, change: impl FnOnce(&mut return_policy::Model)) -> Rule {
        let mut row = return_policy::Model {
            id: ReturnPolicyId(Uuid::from_u128(1)),
            name: "usual".to_owned(),
            priority,
            conditions: json!(conditions),
            window_days: Some(30),
            final_sale: false,
            needs_unused: false,
            restocking_ppm: 0,
            return_shipping_fee: None,
            currency: None,
            methods: json!([]),
            instructions: json!({}),
            active: true,
            version: 1,
            created_at: at(0),
            updated_at: at(0),
        };
        change(&mut row);
        Rule::of(row).unwrap()
    }

    #[test]
    fn the_window_is_counted_from_arrival_and_its_last_moment_counts() {
        let rule = rule(1, &Conditions::default(), |_| {});
        let asked = |day| refusal(Some(&rule), &goods(), Wish::default(), at(day));
        assert_eq!((asked(0), asked(30)), (None, None));
        assert_eq!(asked(31), Some(ReturnRefusal::WindowOver));
        let waiting = Goods { since: None, ..goods() };
        assert_eq!(refusal(Some(&rule), &waiting, Wish::default(), at(99)), None, "nothing arrived, no window runs");
    }

    #[test]
    fn each_reason_is_told() {
        let final_sale = rule(1, &Conditions::default(), |row| row.final_sale = true);
        let strict = rule(1, &Conditions::default(), |row| {
            row.needs_unused = true;
            row.methods = json!(["STORE"]);
        });
        let used = Wish { used: true, method: None };
        let sent = Wish { used: false, method: Some(ReturnMethod::Carrier) };
        let ask = |rule: &Rule, goods: &Goods, wish| refusal(Some(rule), goods, wish, at(1));
        assert_eq!(ask(&final_sale, &goods(), Wish::default()), Some(ReturnRefusal::FinalSale));
        assert_eq!(ask(&strict, &goods(), used), Some(ReturnRefusal::Used));
        assert_eq!(ask(&strict, &goods(), sent), Some(ReturnRefusal::MethodNotOffered));
        assert_eq!(ask(&strict, &Goods { free: 0, ..goods() }, used), Some(ReturnRefusal::AlreadyReturned));
        let early = Goods { fulfilled: 0, free: 0, ..goods() };
        assert_eq!(ask(&strict, &early, used), Some(ReturnRefusal::NotFulfilled));
        assert_eq!(refusal(None, &goods(), used, at(9_999)), None, "without rules everything may come back");
    }

    #[test]
    fn the_first_that_fits_holds() {
        let abroad = Conditions { countries: vec!["US".to_owned()], ..Conditions::default() };
        let toys = CategoryId(Uuid::from_u128(7));
        let toy = Conditions { category_ids: vec![toys], ..Conditions::default() };
        let rules = [
            rule(9, &Conditions::default(), |row| row.name = "rest".to_owned()),
            rule(1, &abroad, |row| row.name = "abroad".to_owned()),
            rule(2, &toy, |row| row.name = "toys".to_owned()),
            rule(0, &Conditions::default(), |row| row.active = false),
        ];
        let name = |goods: &Goods| rule_for(&rules, goods).map(|rule| rule.row.name.clone()).unwrap();
        assert_eq!(name(&goods()), "rest");
        assert_eq!(name(&Goods { country: "US".to_owned(), ..goods() }), "abroad");
        assert_eq!(name(&Goods { categories: BTreeSet::from([toys]), ..goods() }), "toys");
    }

    #[test]
    fn fees_follow_the_reason() {
        let rule = rule(1, &Conditions::default(), |row| {
            row.restocking_ppm = 150_000;
            row.return_shipping_fee = Some(800);
        });
        let ours = return_reason::Model {
            id: ReturnReasonId(Uuid::nil()),
            code: "DAMAGED".to_owned(),
            titles: json!({}),
            customer_visible: true,
            is_claim: true,
            seller_pays: true,
            waives_restocking: true,
            needs_photo: false,
            position: 1,
            active: true,
            version: 1,
            created_at: at(0),
            updated_at: at(0),
        };
        assert_eq!(restocking_fee(Some(&rule), None, 1_999), 299);
        assert_eq!(restocking_fee(Some(&rule), None, 4_000_000_000_000_000_000), 600_000_000_000_000_000);
        assert_eq!(restocking_fee(Some(&rule), Some(&ours), 1_999), 0);
        assert_eq!(shipping_fee(Some(&rule), None, ReturnMethod::Carrier), 800);
        assert_eq!(shipping_fee(Some(&rule), Some(&ours), ReturnMethod::Carrier), 0);
        assert_eq!(shipping_fee(Some(&rule), None, ReturnMethod::Store), 0);
    }
}
