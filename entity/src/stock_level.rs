//! The counters of one variant at one location; a cache of the movements.

use sea_orm::entity::prelude::*;

use crate::id::{LocationId, StorageAreaId, VariantId};

/// The counters of one variant at one location; a cache of the movements.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_level")]
pub struct Model {
    /// Where.
    #[sea_orm(primary_key, auto_increment = false)]
    pub location_id: LocationId,
    /// What.
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: VariantId,
    /// All units that lie there.
    pub on_hand: i64,
    /// Promised to open work.
    pub committed: i64,
    /// Put aside.
    pub reserved: i64,
    /// Damaged.
    pub damaged: i64,
    /// Waiting for inspection.
    pub quality_control: i64,
    /// Kept back.
    pub safety_stock: i64,
    /// On its way here; outside on_hand.
    pub incoming: i64,
    /// When last changed.
    pub updated_at: DateTimeUtc,
    /// Where it lies.
    pub storage_area_id: Option<StorageAreaId>,
    /// Units on hand whose serial or lot number is known.
    pub numbered: i64,
    /// Units that ever came or went; grows with every change of on_hand.
    pub turnover: i64,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Where.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
