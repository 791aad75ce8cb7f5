//! What may come back, and until when.

use sea_orm::entity::prelude::*;

use crate::id::ReturnPolicyId;
use crate::money::Currency;

/// What may come back, and until when.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "return_policy")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReturnPolicyId,
    /// Name shown to staff.
    pub name: String,
    /// The smallest first; the first that fits holds.
    pub priority: i32,
    /// For which channels, countries, categories and products it holds.
    pub conditions: Json,
    /// Days from delivery or collection; no end when empty.
    pub window_days: Option<i32>,
    /// Whether nothing comes back.
    pub final_sale: bool,
    /// Whether only unused goods come back.
    pub needs_unused: bool,
    /// Fee, as a share of what was paid, parts per million.
    pub restocking_ppm: i32,
    /// What sending back costs the customer, in minor units, when he pays.
    pub return_shipping_fee: Option<i64>,
    /// Currency of the fee.
    pub currency: Option<Currency>,
    /// How goods may come back.
    pub methods: Json,
    /// What the customer is told, by language.
    pub instructions: Json,
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
