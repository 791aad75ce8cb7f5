//! A promotion as the engine reads it.

use chrono::{DateTime, Utc};
use entity::id::{PromotionCodeId, PromotionId};
use entity::money::Currency;
use entity::words::{PromotionStacking, PromotionTarget, PromotionTrigger, PromotionValue};
use entity::{promotion, promotion_code};
use serde_json::Value;

use super::conditions::Conditions;
use crate::catalog::display;
use crate::{Error, Result};

/// How much an offer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Benefit {
    /// A share in parts per million, rounded half up to the minor unit.
    Percent(i32),
    /// Minor units: per unit on lines, once on an order or its shipping.
    Fixed(i64),
    /// All of it.
    Free,
}

/// A promotion with the code by which it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The promotion.
    pub id: PromotionId,
    /// Its version when it was read.
    pub version: i32,
    /// Name for staff, and for customers without a title in their language.
    pub name: String,
    /// Titles by language.
    pub titles: Value,
    /// What makes it apply.
    pub trigger: PromotionTrigger,
    /// From what it takes.
    pub target: PromotionTarget,
    /// How much.
    pub benefit: Benefit,
    /// The currency of its amounts; of any when `None`.
    pub currency: Option<Currency>,
    /// The most it takes from one order, minor units.
    pub maximum: Option<i64>,
    /// With which others it goes.
    pub stacking: PromotionStacking,
    /// The smallest first.
    pub priority: i32,
    /// When it applies.
    pub conditions: Conditions,
    /// Not before.
    pub starts_at: Option<DateTime<Utc>>,
    /// Not from then on.
    pub ends_at: Option<DateTime<Utc>>,
    /// Orders at most.
    pub usage_limit: Option<i64>,
    /// Orders of one customer at most.
    pub customer_limit: Option<i64>,
    /// Orders that used it.
    pub used: i64,
    /// Orders of this customer that used it.
    pub used_by_customer: i64,
    /// Whether it holds.
    pub active: bool,
    /// The code by which it was found.
    pub code: Option<OfferCode>,
}

/// The code by which an offer was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferCode {
    /// The code's row.
    pub id: PromotionCodeId,
    /// As it is kept.
    pub code: String,
    /// Orders at most.
    pub usage_limit: Option<i64>,
    /// Orders that used it.
    pub used: i64,
    /// Whether it holds.
    pub active: bool,
}

impl From<&promotion_code::Model> for OfferCode {
    fn from(row: &promotion_code::Model) -> Self {
        Self { id: row.id, code: row.code.clone(), usage_limit: row.usage_limit, used: row.used, active: row.active }
    }
}

impl Offer {
    /// Reads a row. Error: `INTERNAL` for one that no command can have written.
    pub fn of(row: &promotion::Model, code: Option<&promotion_code::Model>) -> Result<Self> {
        Ok(Self {
            id: row.id,
            version: row.version,
            name: row.name.clone(),
            titles: row.titles.clone(),
            trigger: row.triggered_by,
            target: row.target,
            benefit: benefit(row)?,
            currency: row.currency,
            maximum: row.maximum,
            stacking: row.stacking,
            priority: row.priority,
            conditions: conditions(row)?,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            usage_limit: row.usage_limit,
            customer_limit: row.customer_limit,
            used: row.used,
            used_by_customer: 0,
            active: row.active,
            code: code.map(OfferCode::from),
        })
    }

    /// Its name in a language.
    #[must_use]
    pub fn title(&self, locale: &str) -> String {
        display::name(locale, &self.name, &self.titles).to_owned()
    }
}

/// The conditions of a row. Error: `INTERNAL` for what no command can have written.
pub fn conditions(row: &promotion::Model) -> Result<Conditions> {
    serde_json::from_value(row.conditions.clone()).map_err(|error| Error::Bug(format!("promotion {}: {error}", row.id)))
}

fn benefit(row: &promotion::Model) -> Result<Benefit> {
    match (row.value, row.percent_ppm, row.amount) {
        (PromotionValue::Percent, Some(ppm), _) => Ok(Benefit::Percent(ppm)),
        (PromotionValue::Fixed, _, Some(amount)) => Ok(Benefit::Fixed(amount)),
        (PromotionValue::Free, _, _) => Ok(Benefit::Free),
        (PromotionValue::Percent, None, _) | (PromotionValue::Fixed, _, None) => {
            Err(Error::Bug(format!("promotion {} takes nothing", row.id)))
        }
    }
}
