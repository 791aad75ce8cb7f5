//! What shipping the order pays for.

use sea_orm::entity::prelude::*;

use crate::id::{OrderId, OrderShippingId, ShippingMethodId};

/// What shipping the order pays for.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_shipping")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderShippingId,
    /// The order.
    pub order_id: OrderId,
    /// The method.
    pub method_id: Option<ShippingMethodId>,
    /// Name when bought.
    pub name: String,
    /// As priced, minor units.
    pub amount: i64,
    /// Its rate.
    pub tax_rate_ppm: i32,
    /// Its share of the tax at that rate.
    pub tax: i64,
    /// What the customer pays for it, tax included.
    pub total: i64,
    /// The day the customer asked for.
    pub delivery_on: Option<Date>,
    /// The time of day the customer asked for.
    pub delivery_slot: Option<String>,
    /// What discounts take from it, in minor units.
    pub discount: i64,
    /// The revision of the order that brought it, from 1.
    pub revision: i32,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// The method.
    #[sea_orm(
        belongs_to = "super::shipping_method::Entity",
        from = "Column::MethodId",
        to = "super::shipping_method::Column::Id"
    )]
    Method,
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::shipping_method::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Method.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
