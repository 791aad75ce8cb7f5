//! A discount or another price that staff give in a cart.

use sea_orm::entity::prelude::*;

use crate::id::{CartAdjustmentId, CartId, CartLineId, StaffId};
use crate::words::DiscountKind;

/// A discount or another price that staff give in a cart.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cart_adjustment")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CartAdjustmentId,
    /// The cart.
    pub cart_id: CartId,
    /// The line; the whole cart when empty.
    pub cart_line_id: Option<CartLineId>,
    /// Discount or price.
    pub kind: DiscountKind,
    /// A share, in parts per million.
    pub percent_ppm: Option<i32>,
    /// An amount, minor units; of a price: the new price of a unit.
    pub amount: Option<i64>,
    /// Why.
    pub reason: String,
    /// Who gave it.
    pub staff_id: Option<StaffId>,
    /// Who allowed it.
    pub approved_by: Option<StaffId>,
    /// When created.
    pub created_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The cart.
    #[sea_orm(belongs_to = "super::cart::Entity", from = "Column::CartId", to = "super::cart::Column::Id")]
    Cart,
    /// The line; the whole cart when empty.
    #[sea_orm(
        belongs_to = "super::cart_line::Entity",
        from = "Column::CartLineId",
        to = "super::cart_line::Column::Id"
    )]
    CartLine,
    /// Who gave it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::StaffId", to = "super::staff::Column::Id")]
    Staff,
    /// Who allowed it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::ApprovedBy", to = "super::staff::Column::Id")]
    ApprovedBy,
}

impl Related<super::cart::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Cart.def()
    }
}

impl Related<super::cart_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::CartLine.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Staff.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
