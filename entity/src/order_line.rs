//! One thing bought, with the price and tax agreed.

use sea_orm::entity::prelude::*;

use crate::id::{LocationId, OrderId, OrderLineId, TaxClassId, VariantId};
use crate::words::DeliveryMethod;

/// One thing bought, with the price and tax agreed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderLineId,
    /// The order.
    pub order_id: OrderId,
    /// Order, from 1.
    pub position: i32,
    /// What.
    pub variant_id: VariantId,
    /// Product title when bought, in the order's language.
    pub title: String,
    /// Variant title when bought.
    pub variant_title: String,
    /// SKU when bought.
    pub sku: Option<String>,
    /// Units ordered.
    pub quantity: i64,
    /// Minor units, as priced in the channel.
    pub unit_price: i64,
    /// unit_price × quantity.
    pub subtotal: i64,
    /// Its share of all discounts.
    pub discount: i64,
    /// Its tax class.
    pub tax_class_id: TaxClassId,
    /// Its rate, parts per million.
    pub tax_rate_ppm: i32,
    /// Its share of the order's tax at that rate.
    pub tax: i64,
    /// What the customer pays for it, tax included.
    pub total: i64,
    /// How it reaches the customer.
    pub delivery: DeliveryMethod,
    /// Where it is collected.
    pub pickup_location_id: Option<LocationId>,
    /// Units that left.
    pub fulfilled: i64,
    /// Units canceled.
    pub canceled: i64,
    /// Units asked to come back.
    pub return_requested: i64,
    /// Units that came back.
    pub received_back: i64,
    /// Public metadata.
    pub metadata: Json,
    /// The revision of the order that brought it, from 1: its totals were computed with the lines of that revision.
    pub revision: i32,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
    /// Its tax class.
    #[sea_orm(
        belongs_to = "super::tax_class::Entity",
        from = "Column::TaxClassId",
        to = "super::tax_class::Column::Id"
    )]
    TaxClass,
    /// Where it is collected.
    #[sea_orm(
        belongs_to = "super::location::Entity",
        from = "Column::PickupLocationId",
        to = "super::location::Column::Id"
    )]
    PickupLocation,
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl Related<super::tax_class::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::TaxClass.def()
    }
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::PickupLocation.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
