//! The newest word of another system about one level, so that older words are ignored.

use sea_orm::entity::prelude::*;

use crate::id::{LocationId, VariantId};

/// The newest word of another system about one level, so that older words are ignored.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_snapshot")]
pub struct Model {
    /// Who said it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source: String,
    /// Where.
    #[sea_orm(primary_key, auto_increment = false)]
    pub location_id: LocationId,
    /// What.
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: VariantId,
    /// When it was true.
    pub snapshot_at: DateTimeUtc,
    /// Units on hand.
    pub quantity: i64,
    /// When we learned of it.
    pub received_at: DateTimeUtc,
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
