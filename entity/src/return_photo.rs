//! A picture of goods that come back.

use sea_orm::entity::prelude::*;

use crate::id::{ReturnId, ReturnLineId, ReturnPhotoId};

/// A picture of goods that come back.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "return_photo")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReturnPhotoId,
    /// The return.
    pub return_id: ReturnId,
    /// The line.
    pub return_line_id: Option<ReturnLineId>,
    /// Its media type.
    pub content_type: String,
    /// Bytes.
    pub size: i64,
    /// The picture in base64.
    pub data: String,
    /// When created.
    pub created_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The return.
    #[sea_orm(belongs_to = "super::returns::Entity", from = "Column::ReturnId", to = "super::returns::Column::Id")]
    Return,
    /// The line.
    #[sea_orm(
        belongs_to = "super::return_line::Entity",
        from = "Column::ReturnLineId",
        to = "super::return_line::Column::Id"
    )]
    ReturnLine,
}

impl Related<super::returns::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Return.def()
    }
}

impl Related<super::return_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ReturnLine.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
