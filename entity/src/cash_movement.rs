//! Cash that moved in or out of a drawer; append-only.

use sea_orm::entity::prelude::*;

use crate::id::{CashMovementId, EventId, OrderId, PaymentId, RegisterSessionId, StaffId};
use crate::words::CashMovementKind;

/// Cash that moved in or out of a drawer; append-only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cash_movement")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CashMovementId,
    /// The session.
    pub register_session_id: RegisterSessionId,
    /// Why.
    pub kind: CashMovementKind,
    /// Minor units; negative when it left the drawer.
    pub amount: i64,
    /// In words.
    pub reason: Option<String>,
    /// The sale or what was given back.
    pub order_id: Option<OrderId>,
    /// The tender.
    pub payment_id: Option<PaymentId>,
    /// Who.
    pub staff_id: Option<StaffId>,
    /// Who allowed it.
    pub approved_by: Option<StaffId>,
    /// The event it belongs to.
    pub event_id: EventId,
    /// When.
    pub occurred_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The session.
    #[sea_orm(
        belongs_to = "super::register_session::Entity",
        from = "Column::RegisterSessionId",
        to = "super::register_session::Column::Id"
    )]
    RegisterSession,
    /// The sale or what was given back.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// The tender.
    #[sea_orm(belongs_to = "super::payment::Entity", from = "Column::PaymentId", to = "super::payment::Column::Id")]
    Payment,
    /// Who.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::StaffId", to = "super::staff::Column::Id")]
    Staff,
    /// Who allowed it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::ApprovedBy", to = "super::staff::Column::Id")]
    ApprovedBy,
    /// The event it belongs to.
    #[sea_orm(belongs_to = "super::event::Entity", from = "Column::EventId", to = "super::event::Column::Id")]
    Event,
}

impl Related<super::register_session::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RegisterSession.def()
    }
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::payment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Payment.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Staff.def()
    }
}

impl Related<super::event::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Event.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
