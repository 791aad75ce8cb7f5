//! What was expected and counted of one variant.

use sea_orm::entity::prelude::*;

use crate::id::{StockCountId, StockCountLineId, VariantId};

/// What was expected and counted of one variant.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_count_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockCountLineId,
    /// The count.
    pub stock_count_id: StockCountId,
    /// What.
    pub variant_id: VariantId,
    /// The counting in which it is to be counted.
    pub round: i32,
    /// Units on hand by the ledger at the last count of it.
    pub expected: Option<i64>,
    /// Units found.
    pub counted: Option<i64>,
    /// Whether stock moved between two counts of it, so that it is to be counted again.
    pub unsettled: bool,
    /// How much had gone through the stock level at the first count of it; grown since then, it is unsettled.
    pub turnover: Option<i64>,
    /// What was posted.
    pub accepted_variance: Option<i64>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The count.
    #[sea_orm(
        belongs_to = "super::stock_count::Entity",
        from = "Column::StockCountId",
        to = "super::stock_count::Column::Id"
    )]
    StockCount,
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
}

impl Related<super::stock_count::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::StockCount.def()
    }
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
