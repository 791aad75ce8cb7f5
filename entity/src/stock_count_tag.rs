//! An RFID tag that was read in a count, once however often it answers.

use sea_orm::entity::prelude::*;

use crate::id::{StockCountId, VariantId};

/// An RFID tag that was read in a count, once however often it answers.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_count_tag")]
pub struct Model {
    /// The count.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stock_count_id: StockCountId,
    /// In which counting.
    #[sea_orm(primary_key, auto_increment = false)]
    pub round: i32,
    /// The tag's EPC in hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub epc: String,
    /// What it is; null when nobody sells it.
    pub variant_id: Option<VariantId>,
    /// Its serial number.
    pub serial: Option<String>,
    /// When.
    pub read_at: DateTimeUtc,
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
    /// What it is; null when nobody sells it.
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
