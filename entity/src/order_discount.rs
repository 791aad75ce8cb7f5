//! A discount that an order was given, with its reason.

use sea_orm::entity::prelude::*;

use crate::id::{OrderDiscountId, OrderId, PromotionId, StaffId};
use crate::words::{DiscountKind, PromotionTarget};

/// A discount that an order was given, with its reason.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_discount")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderDiscountId,
    /// The order.
    pub order_id: OrderId,
    /// Order, from 1.
    pub position: i32,
    /// Where it comes from.
    pub kind: DiscountKind,
    /// From what it takes.
    pub target: PromotionTarget,
    /// Name shown to the customer.
    pub title: String,
    /// The promotion.
    pub promotion_id: Option<PromotionId>,
    /// The code that was entered.
    pub code: Option<String>,
    /// What it takes, minor units.
    pub amount: i64,
    /// Why staff gave it.
    pub reason: Option<String>,
    /// Who gave it.
    pub staff_id: Option<StaffId>,
    /// Who allowed it.
    pub approved_by: Option<StaffId>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// The promotion.
    #[sea_orm(
        belongs_to = "super::promotion::Entity",
        from = "Column::PromotionId",
        to = "super::promotion::Column::Id"
    )]
    Promotion,
    /// Who gave it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::StaffId", to = "super::staff::Column::Id")]
    Staff,
    /// Who allowed it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::ApprovedBy", to = "super::staff::Column::Id")]
    ApprovedBy,
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::promotion::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Promotion.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Staff.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
