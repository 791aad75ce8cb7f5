//! A cart that staff prepare for a customer.

use sea_orm::entity::prelude::*;

use crate::id::{CartId, CustomerId, StaffId};

/// A cart that staff prepare for a customer.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "draft_order")]
pub struct Model {
    /// The cart.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cart_id: CartId,
    /// Number that people say.
    pub number: String,
    /// Who prepares it.
    pub staff_id: Option<StaffId>,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
    /// For whom. The cart itself belongs to nobody until it is ordered, so that the customer's own carts stay apart.
    pub customer_id: Option<CustomerId>,
    /// Grows with each change.
    pub version: i32,
    /// When it is given up by itself.
    pub expires_at: Option<DateTimeUtc>,
    /// Until when its stock is held.
    pub reserved_until: Option<DateTimeUtc>,
    /// When it was given up.
    pub discarded_at: Option<DateTimeUtc>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The cart.
    #[sea_orm(belongs_to = "super::cart::Entity", from = "Column::CartId", to = "super::cart::Column::Id")]
    Cart,
    /// Who prepares it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::StaffId", to = "super::staff::Column::Id")]
    Staff,
}

impl Related<super::cart::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Cart.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Staff.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
