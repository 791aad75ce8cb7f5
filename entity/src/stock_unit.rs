//! A serial number, or a lot at a location.

use sea_orm::entity::prelude::*;

use crate::id::{FulfillmentOrderLineId, LocationId, ShipmentId, StockUnitId, TransferId, VariantId};
use crate::words::{StockUnitStatus, UnitTracking};

/// A serial number, or a lot at a location.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_unit")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockUnitId,
    /// What.
    pub variant_id: VariantId,
    /// Serial or lot number.
    pub code: String,
    /// Whether it is one unit or a lot.
    pub tracking: UnitTracking,
    /// Where it is in its life.
    pub status: StockUnitStatus,
    /// Where it lies.
    pub location_id: Option<LocationId>,
    /// Units; 1 for a serial number.
    pub quantity: i64,
    /// Best before, of a lot.
    pub expires_on: Option<Date>,
    /// What it left for.
    pub fulfillment_order_line_id: Option<FulfillmentOrderLineId>,
    /// When first seen.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
    /// The parcel that it was packed into.
    pub shipment_id: Option<ShipmentId>,
    /// The transfer that it is under way with, or was lost with.
    pub transfer_id: Option<TransferId>,
    /// When a customer took it along, at a till or a counter.
    pub handed_over_at: Option<DateTimeUtc>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
    /// Where it lies.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
    /// What it left for.
    #[sea_orm(
        belongs_to = "super::fulfillment_order_line::Entity",
        from = "Column::FulfillmentOrderLineId",
        to = "super::fulfillment_order_line::Column::Id"
    )]
    FulfillmentOrderLine,
    /// The parcel that it was packed into.
    #[sea_orm(belongs_to = "super::shipment::Entity", from = "Column::ShipmentId", to = "super::shipment::Column::Id")]
    Shipment,
    /// The transfer that it is under way with.
    #[sea_orm(belongs_to = "super::transfer::Entity", from = "Column::TransferId", to = "super::transfer::Column::Id")]
    Transfer,
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl Related<super::fulfillment_order_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FulfillmentOrderLine.def()
    }
}

impl Related<super::shipment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Shipment.def()
    }
}

impl Related<super::transfer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Transfer.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
