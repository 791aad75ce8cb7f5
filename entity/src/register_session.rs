//! One opening-to-closing of a drawer.

use sea_orm::entity::prelude::*;

use crate::id::{RegisterId, RegisterSessionId, StaffId};
use crate::words::RegisterSessionStatus;

/// One opening-to-closing of a drawer.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "register_session")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegisterSessionId,
    /// The till.
    pub register_id: RegisterId,
    /// Counts the sessions of the till, from 1, without gaps.
    pub number: i64,
    /// Lifecycle.
    pub status: RegisterSessionStatus,
    /// Whether it takes up sales that came after their session was closed.
    pub is_rescue: bool,
    /// Who opened it.
    pub opened_by: Option<StaffId>,
    /// When.
    pub opened_at: DateTimeUtc,
    /// Change money at the opening, minor units.
    pub opening_float: i64,
    /// What should be in the drawer now, minor units: the sum of its movements.
    pub cash: i64,
    /// Who closed it.
    pub closed_by: Option<StaffId>,
    /// When.
    pub closed_at: Option<DateTimeUtc>,
    /// What must be in the drawer at closing.
    pub expected: Option<i64>,
    /// What was counted.
    pub counted: Option<i64>,
    /// counted − expected.
    pub difference: Option<i64>,
    /// Why they differ.
    pub difference_reason: Option<String>,
    /// What was counted: pieces by value.
    pub denominations: Option<Json>,
    /// Number of the Z report, without gaps per till.
    pub z_number: Option<i64>,
    /// The Z report as it was printed.
    pub z_report: Option<Json>,
    /// Grows with each change.
    pub version: i32,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The till.
    #[sea_orm(belongs_to = "super::register::Entity", from = "Column::RegisterId", to = "super::register::Column::Id")]
    Register,
    /// Who opened it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::OpenedBy", to = "super::staff::Column::Id")]
    OpenedBy,
    /// Who closed it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::ClosedBy", to = "super::staff::Column::Id")]
    ClosedBy,
}

impl Related<super::register::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Register.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::OpenedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
