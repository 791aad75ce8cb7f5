//! Tax of an order at one rate, as law asks it on the invoice.

use sea_orm::entity::prelude::*;

use crate::id::OrderId;

/// Tax of an order at one rate, as law asks it on the invoice.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_tax")]
pub struct Model {
    /// The order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    /// The rate, parts per million.
    #[sea_orm(primary_key, auto_increment = false)]
    pub rate_ppm: i32,
    /// Name on documents.
    pub name: String,
    /// Sum that the rate applies to, minor units, without tax.
    pub taxable: i64,
    /// Tax, minor units, rounded once.
    pub tax: i64,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
