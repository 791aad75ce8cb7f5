//! A tender.

use sea_orm::entity::prelude::*;

use crate::id::{CartId, OrderId, PaymentId};
use crate::money::Currency;
use crate::words::Gateway;

/// A tender.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    /// The order it pays.
    pub order_id: Option<OrderId>,
    /// The cart it was started for.
    pub cart_id: Option<CartId>,
    /// Who moves the money.
    pub gateway: Gateway,
    /// ISO 4217.
    pub currency: Currency,
    /// Amount meant to be paid, minor units.
    pub amount: i64,
    /// Cash handed over, minor units.
    pub tendered: Option<i64>,
    /// Cash given back, minor units.
    pub change: Option<i64>,
    /// What the customer or terminal calls it.
    pub reference: Option<String>,
    /// Brand and last four digits at most; never a card number.
    pub metadata: Json,
    /// When started.
    pub created_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The order it pays.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// The cart it was started for.
    #[sea_orm(belongs_to = "super::cart::Entity", from = "Column::CartId", to = "super::cart::Column::Id")]
    Cart,
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::cart::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Cart.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
