//! Units that a location gave back; it is not asked for them again.

use sea_orm::entity::prelude::*;

use crate::id::{FulfillmentOrderId, FulfillmentRejectionId, LocationId, OrderId, OrderLineId, VariantId};
use crate::words::{RejectionEffect, RejectionReason};

/// Units that a location gave back; it is not asked for them again.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "fulfillment_rejection")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FulfillmentRejectionId,
    /// The order.
    pub order_id: OrderId,
    /// The line.
    pub order_line_id: OrderLineId,
    /// What was to be picked.
    pub variant_id: VariantId,
    /// The work it was rejected from.
    pub fulfillment_order_id: FulfillmentOrderId,
    /// Who rejected it.
    pub location_id: LocationId,
    /// Units.
    pub quantity: i64,
    /// Why.
    pub reason: RejectionReason,
    /// What it did to stock.
    pub stock_effect: RejectionEffect,
    /// In the clerk's words.
    pub note: Option<String>,
    /// When.
    pub rejected_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// The line.
    #[sea_orm(
        belongs_to = "super::order_line::Entity",
        from = "Column::OrderLineId",
        to = "super::order_line::Column::Id"
    )]
    OrderLine,
    /// What was to be picked.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
    /// The work it was rejected from.
    #[sea_orm(
        belongs_to = "super::fulfillment_order::Entity",
        from = "Column::FulfillmentOrderId",
        to = "super::fulfillment_order::Column::Id"
    )]
    FulfillmentOrder,
    /// Who rejected it.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::order_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::OrderLine.def()
    }
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl Related<super::fulfillment_order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FulfillmentOrder.def()
    }
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
