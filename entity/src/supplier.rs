//! Who sells to the retailer.

use sea_orm::entity::prelude::*;

use crate::id::SupplierId;

/// Who sells to the retailer.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "supplier")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SupplierId,
    /// Stable code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Where orders go.
    pub email: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Usual days until delivery.
    pub lead_days: Option<i32>,
    /// Whether it may be ordered from.
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
