//! One link of a rotating chain; using a used one revokes the family.

use sea_orm::entity::prelude::*;

use crate::id::{CustomerId, DeviceId, RefreshTokenId, StaffId};
use crate::words::SubjectKind;

/// One link of a rotating chain; using a used one revokes the family.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefreshTokenId,
    /// The sign-in it descends from.
    pub family_id: Uuid,
    /// Whom it signs in.
    pub subject_kind: SubjectKind,
    /// The customer.
    pub customer_id: Option<CustomerId>,
    /// The member of staff.
    pub staff_id: Option<StaffId>,
    /// On which till.
    pub device_id: Option<DeviceId>,
    /// SHA-256 of the token.
    pub token_hash: String,
    /// When.
    pub issued_at: DateTimeUtc,
    /// Until when it works.
    pub expires_at: DateTimeUtc,
    /// When it was exchanged.
    pub used_at: Option<DateTimeUtc>,
    /// When it was given up.
    pub revoked_at: Option<DateTimeUtc>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The customer.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// The member of staff.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::StaffId", to = "super::staff::Column::Id")]
    Staff,
    /// On which till.
    #[sea_orm(belongs_to = "super::device::Entity", from = "Column::DeviceId", to = "super::device::Column::Id")]
    Device,
}

impl Related<super::customer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Customer.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Staff.def()
    }
}

impl Related<super::device::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Device.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
