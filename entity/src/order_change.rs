//! A change of an order: previewed, then confirmed once.

use sea_orm::entity::prelude::*;

use crate::id::{OrderChangeId, OrderId, PaymentLinkId, RefundId, StaffId};
use crate::words::{OrderChangeSettlement, OrderChangeStatus};

/// A change of an order: previewed, then confirmed once.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_change")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderChangeId,
    /// The order.
    pub order_id: OrderId,
    /// The version of the order it was made for.
    pub order_version: i32,
    /// The revision it became, from 2; 0 before.
    pub revision: i32,
    /// Lifecycle.
    pub status: OrderChangeStatus,
    /// What changes.
    pub operations: Json,
    /// Totals before and after.
    pub preview: Json,
    /// What the order costs more, minor units; negative when less.
    pub difference: i64,
    /// How the difference is settled.
    pub settlement: OrderChangeSettlement,
    /// Why.
    pub reason: String,
    /// Who prepared it.
    pub staff_id: Option<StaffId>,
    /// The link by which the rest is paid.
    pub payment_link_id: Option<PaymentLinkId>,
    /// What went back.
    pub refund_id: Option<RefundId>,
    /// When.
    pub confirmed_at: Option<DateTimeUtc>,
    /// Grows with each change.
    pub version: i32,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// Who prepared it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::StaffId", to = "super::staff::Column::Id")]
    Staff,
    /// The link by which the rest is paid.
    #[sea_orm(
        belongs_to = "super::payment_link::Entity",
        from = "Column::PaymentLinkId",
        to = "super::payment_link::Column::Id"
    )]
    PaymentLink,
    /// What went back.
    #[sea_orm(belongs_to = "super::refund::Entity", from = "Column::RefundId", to = "super::refund::Column::Id")]
    Refund,
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Staff.def()
    }
}

impl Related<super::payment_link::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::PaymentLink.def()
    }
}

impl Related<super::refund::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Refund.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
