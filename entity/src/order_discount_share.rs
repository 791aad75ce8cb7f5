//! What of a discount falls on a line.

use sea_orm::entity::prelude::*;

use crate::id::{OrderDiscountId, OrderLineId};

/// What of a discount falls on a line.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_discount_share")]
pub struct Model {
    /// The discount.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_discount_id: OrderDiscountId,
    /// The line.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_line_id: OrderLineId,
    /// Minor units.
    pub amount: i64,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The discount.
    #[sea_orm(
        belongs_to = "super::order_discount::Entity",
        from = "Column::OrderDiscountId",
        to = "super::order_discount::Column::Id"
    )]
    OrderDiscount,
    /// The line.
    #[sea_orm(
        belongs_to = "super::order_line::Entity",
        from = "Column::OrderLineId",
        to = "super::order_line::Column::Id"
    )]
    OrderLine,
}

impl Related<super::order_discount::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::OrderDiscount.def()
    }
}

impl Related<super::order_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::OrderLine.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
