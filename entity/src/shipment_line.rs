//! Units in a parcel.

use sea_orm::entity::prelude::*;

use crate::id::{FulfillmentOrderLineId, ShipmentId, ShipmentLineId};

/// Units in a parcel.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "shipment_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShipmentLineId,
    /// The parcel.
    pub shipment_id: ShipmentId,
    /// The work.
    pub fulfillment_order_line_id: FulfillmentOrderLineId,
    /// Units.
    pub quantity: i64,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The parcel.
    #[sea_orm(belongs_to = "super::shipment::Entity", from = "Column::ShipmentId", to = "super::shipment::Column::Id")]
    Shipment,
    /// The work.
    #[sea_orm(
        belongs_to = "super::fulfillment_order_line::Entity",
        from = "Column::FulfillmentOrderLineId",
        to = "super::fulfillment_order_line::Column::Id"
    )]
    FulfillmentOrderLine,
}

impl Related<super::shipment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Shipment.def()
    }
}

impl Related<super::fulfillment_order_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FulfillmentOrderLine.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
