//! A paired till.

use sea_orm::entity::prelude::*;

use crate::id::{DeviceId, RegisterId};

/// A paired till.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "device")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeviceId,
    /// Name shown to staff.
    pub name: String,
    /// The till it is.
    pub register_id: RegisterId,
    /// SHA-256 of the device secret.
    pub secret_hash: String,
    /// When paired.
    pub paired_at: DateTimeUtc,
    /// Last request.
    pub last_seen_at: Option<DateTimeUtc>,
    /// Refused from then on.
    pub revoked_at: Option<DateTimeUtc>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The till it is.
    #[sea_orm(belongs_to = "super::register::Entity", from = "Column::RegisterId", to = "super::register::Column::Id")]
    Register,
}

impl Related<super::register::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Register.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
