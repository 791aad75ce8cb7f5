//! A promotion: when it applies, from what it takes, and how much.

use sea_orm::entity::prelude::*;

use crate::id::PromotionId;
use crate::money::Currency;
use crate::words::{PromotionStacking, PromotionTarget, PromotionTrigger, PromotionValue};

/// A promotion: when it applies, from what it takes, and how much.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "promotion")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PromotionId,
    /// Name shown to staff.
    pub name: String,
    /// Name shown to customers, by language.
    pub titles: Json,
    /// What makes it apply.
    pub triggered_by: PromotionTrigger,
    /// From what it takes.
    pub target: PromotionTarget,
    /// How it takes.
    pub value: PromotionValue,
    /// The share in parts per million.
    pub percent_ppm: Option<i32>,
    /// The amount in minor units.
    pub amount: Option<i64>,
    /// Its currency.
    pub currency: Option<Currency>,
    /// The most it takes from one order, in minor units.
    pub maximum: Option<i64>,
    /// With which others it goes.
    pub stacking: PromotionStacking,
    /// The smallest first.
    pub priority: i32,
    /// When it applies.
    pub conditions: Json,
    /// Not before.
    pub starts_at: Option<DateTimeUtc>,
    /// Not from then on.
    pub ends_at: Option<DateTimeUtc>,
    /// Orders at most.
    pub usage_limit: Option<i64>,
    /// Orders of one customer at most.
    pub customer_limit: Option<i64>,
    /// Orders that used it.
    pub used: i64,
    /// Whether it holds.
    pub active: bool,
    /// Grows with each change.
    pub version: i32,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
