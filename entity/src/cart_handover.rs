//! A code by which a storefront goes on with a cart, once.

use sea_orm::entity::prelude::*;

use crate::id::CartId;

/// A code by which a storefront goes on with a cart, once.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cart_handover")]
pub struct Model {
    /// SHA-256 of the code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_hash: String,
    /// Which cart.
    pub cart_id: CartId,
    /// The cart that goes on with its goods; none while nobody does, and when its owner took it up as it is.
    pub continued_as: Option<CartId>,
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
    /// Which cart.
    #[sea_orm(belongs_to = "super::cart::Entity", from = "Column::CartId", to = "super::cart::Column::Id")]
    Cart,
}

impl Related<super::cart::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Cart.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
