//! What another system said of a stock level, with what it changed here. Append-only.

use sea_orm::entity::prelude::*;

use crate::id::{EventId, LocationId, StockSyncEntryId, VariantId};
use crate::words::StockSyncKind;

/// What another system said of a stock level, with what it changed here. Append-only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_sync_entry")]
pub struct Model {
    /// Time-ordered id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockSyncEntryId,
    /// Who said it.
    pub source: String,
    /// Where.
    pub location_id: LocationId,
    /// What.
    pub variant_id: VariantId,
    /// What was said.
    pub kind: StockSyncKind,
    /// When it was true there.
    pub stated_at: DateTimeUtc,
    /// Units on hand, or by how many they changed there.
    pub quantity: i64,
    /// By how many units on hand changed here.
    pub applied: i64,
    /// The event that the movements name.
    pub event_id: EventId,
    /// When we learned of it; the movements' time.
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
