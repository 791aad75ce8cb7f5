//! A part of a location where goods lie.

use sea_orm::entity::prelude::*;

use crate::id::{LocationId, StorageAreaId};

/// A part of a location where goods lie.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "storage_area")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StorageAreaId,
    /// The location.
    pub location_id: LocationId,
    /// Code on the shelf, such as `A-01`.
    pub code: String,
    /// Name for staff.
    pub name: String,
    /// The way a picker walks.
    pub position: i32,
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
    /// The location.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
