//! One person counting one area.

use sea_orm::entity::prelude::*;

use crate::id::{StaffId, StockCountId, StockCountSessionId, StorageAreaId};

/// One person counting one area.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_count_session")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockCountSessionId,
    /// The count.
    pub stock_count_id: StockCountId,
    /// The area.
    pub storage_area_id: Option<StorageAreaId>,
    /// Who counts.
    pub staff_id: Option<StaffId>,
    /// In which counting.
    pub round: i32,
    /// When it began.
    pub started_at: DateTimeUtc,
    /// When it ended.
    pub closed_at: Option<DateTimeUtc>,
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
    /// The area.
    #[sea_orm(
        belongs_to = "super::storage_area::Entity",
        from = "Column::StorageAreaId",
        to = "super::storage_area::Column::Id"
    )]
    StorageArea,
    /// Who counts.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::StaffId", to = "super::staff::Column::Id")]
    Staff,
}

impl Related<super::stock_count::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::StockCount.def()
    }
}

impl Related<super::storage_area::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::StorageArea.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Staff.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
