//! Units that were looked at, and what happens to them; append-only.

use sea_orm::entity::prelude::*;

use crate::id::{EventId, LocationId, ReturnItemId, ReturnLineId, ReturnPhotoId, StaffId};
use crate::words::Disposition;

/// Units that were looked at, and what happens to them; append-only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "return_item")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReturnItemId,
    /// The line.
    pub return_line_id: ReturnLineId,
    /// Units.
    pub quantity: i64,
    /// What happens to them.
    pub disposition: Disposition,
    /// Where they are.
    pub location_id: LocationId,
    /// What was seen.
    pub note: String,
    /// What was seen, as a picture.
    pub return_photo_id: Option<ReturnPhotoId>,
    /// Who looked.
    pub staff_id: Option<StaffId>,
    /// The event it belongs to.
    pub event_id: EventId,
    /// When.
    pub occurred_at: DateTimeUtc,
    /// Whether they count for money.
    pub pays: bool,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The line.
    #[sea_orm(
        belongs_to = "super::return_line::Entity",
        from = "Column::ReturnLineId",
        to = "super::return_line::Column::Id"
    )]
    ReturnLine,
    /// Where they are.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
    /// What was seen, as a picture.
    #[sea_orm(
        belongs_to = "super::return_photo::Entity",
        from = "Column::ReturnPhotoId",
        to = "super::return_photo::Column::Id"
    )]
    ReturnPhoto,
    /// Who looked.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::StaffId", to = "super::staff::Column::Id")]
    Staff,
}

impl Related<super::return_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ReturnLine.def()
    }
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl Related<super::return_photo::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ReturnPhoto.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Staff.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
