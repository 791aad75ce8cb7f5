//! A location in a group.

use sea_orm::entity::prelude::*;

use crate::id::{LocationGroupId, LocationId};

/// A location in a group.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "location_group_member")]
pub struct Model {
    /// The group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub location_group_id: LocationGroupId,
    /// The location.
    #[sea_orm(primary_key, auto_increment = false)]
    pub location_id: LocationId,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The group.
    #[sea_orm(
        belongs_to = "super::location_group::Entity",
        from = "Column::LocationGroupId",
        to = "super::location_group::Column::Id"
    )]
    LocationGroup,
    /// The location.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
}

impl Related<super::location_group::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::LocationGroup.def()
    }
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
