//! A count of a location or a part of it.

use sea_orm::entity::prelude::*;

use crate::id::{LocationId, StaffId, StockCountId};
use crate::words::{StockCountKind, StockCountStatus};

/// A count of a location or a part of it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_count")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockCountId,
    /// Number for people.
    pub number: String,
    /// Where.
    pub location_id: LocationId,
    /// Named goods or everything.
    pub kind: StockCountKind,
    /// Lifecycle.
    pub status: StockCountStatus,
    /// Whether counters see what is expected.
    pub blind: bool,
    /// For the counters.
    pub note: String,
    /// Which counting it is; a recount begins the next.
    pub round: i32,
    /// When counting ended.
    pub submitted_at: Option<DateTimeUtc>,
    /// When the variance was posted.
    pub accepted_at: Option<DateTimeUtc>,
    /// Who accepted it.
    pub accepted_by: Option<StaffId>,
    /// When it was given up.
    pub canceled_at: Option<DateTimeUtc>,
    /// Grows with each change.
    pub version: i32,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Where.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
    /// Who accepted it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::AcceptedBy", to = "super::staff::Column::Id")]
    AcceptedBy,
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::AcceptedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
