//! Units to pick, with how far they are.

use sea_orm::entity::prelude::*;

use crate::id::{FulfillmentOrderId, FulfillmentOrderLineId, OrderLineId, VariantId};

/// Units to pick, with how far they are.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "fulfillment_order_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FulfillmentOrderLineId,
    /// The work.
    pub fulfillment_order_id: FulfillmentOrderId,
    /// The line it serves.
    pub order_line_id: OrderLineId,
    /// What to pick; a component for bundles.
    pub variant_id: VariantId,
    /// Units to pick.
    pub quantity: i64,
    /// Units picked.
    pub picked: i64,
    /// Units packed.
    pub packed: i64,
    /// Units that left.
    pub fulfilled: i64,
    /// Units the location could not give.
    pub rejected: i64,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The work.
    #[sea_orm(
        belongs_to = "super::fulfillment_order::Entity",
        from = "Column::FulfillmentOrderId",
        to = "super::fulfillment_order::Column::Id"
    )]
    FulfillmentOrder,
    /// The line it serves.
    #[sea_orm(
        belongs_to = "super::order_line::Entity",
        from = "Column::OrderLineId",
        to = "super::order_line::Column::Id"
    )]
    OrderLine,
    /// What to pick; a component for bundles.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
}

impl Related<super::fulfillment_order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FulfillmentOrder.def()
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

impl ActiveModelBehavior for ActiveModel {}
