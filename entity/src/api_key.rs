//! A key by which an app calls the staff API.

use sea_orm::entity::prelude::*;

use crate::id::{ApiKeyId, StaffId};

/// A key by which an app calls the staff API.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiKeyId,
    /// What uses it.
    pub name: String,
    /// First characters, to recognise it.
    pub prefix: String,
    /// SHA-256 of the key.
    pub token_hash: String,
    /// List of permission names.
    pub permissions: Json,
    /// Who made it.
    pub created_by: Option<StaffId>,
    /// When.
    pub created_at: DateTimeUtc,
    /// Until when it works.
    pub expires_at: Option<DateTimeUtc>,
    /// Last request.
    pub last_used_at: Option<DateTimeUtc>,
    /// Refused from then on.
    pub revoked_at: Option<DateTimeUtc>,
    /// List of location ids that it is limited to; empty is everywhere.
    pub location_ids: Json,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who made it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::CreatedBy", to = "super::staff::Column::Id")]
    CreatedBy,
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::CreatedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
