//! A short-lived code that pairs one till.

use sea_orm::entity::prelude::*;

use crate::id::{DevicePairingId, RegisterId, StaffId};

/// A short-lived code that pairs one till.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "device_pairing")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DevicePairingId,
    /// The till it is for.
    pub register_id: RegisterId,
    /// SHA-256 of the code.
    pub code_hash: String,
    /// Who made it.
    pub created_by: Option<StaffId>,
    /// When.
    pub created_at: DateTimeUtc,
    /// Until when it works.
    pub expires_at: DateTimeUtc,
    /// When it was used.
    pub used_at: Option<DateTimeUtc>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The till it is for.
    #[sea_orm(belongs_to = "super::register::Entity", from = "Column::RegisterId", to = "super::register::Column::Id")]
    Register,
    /// Who made it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::CreatedBy", to = "super::staff::Column::Id")]
    CreatedBy,
}

impl Related<super::register::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Register.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::CreatedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
