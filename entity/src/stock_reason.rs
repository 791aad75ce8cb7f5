//! Why people change stock by hand.

use sea_orm::entity::prelude::*;

use crate::id::StockReasonId;

/// Why people change stock by hand.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_reason")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockReasonId,
    /// Stable code.
    pub code: String,
    /// Name for staff.
    pub name: String,
    /// Names by language.
    pub translations: Json,
    /// Whether it may be chosen.
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
