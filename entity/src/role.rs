//! A named set of permissions.

use sea_orm::entity::prelude::*;

use crate::id::RoleId;

/// A named set of permissions.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "role")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoleId,
    /// Stable name.
    pub code: String,
    /// Name shown to staff.
    pub name: String,
    /// List of permission names.
    pub permissions: Json,
    /// The permissions that the product gave it last; null for roles of merchants, and for those that were edited before
    /// that was kept.
    pub given: Option<Json>,
    /// Grows with each change.
    pub version: i32,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
