//! Work for one location by one method.

use sea_orm::entity::prelude::*;

use crate::id::{FulfillmentOrderId, LocationId, OrderId};
use crate::words::{DeliveryMethod, FulfillmentOrderStatus, ParkingReason};

/// Work for one location by one method.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "fulfillment_order")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FulfillmentOrderId,
    /// The order.
    pub order_id: OrderId,
    /// Who works on it; null waits for stock.
    pub location_id: Option<LocationId>,
    /// How.
    pub method: DeliveryMethod,
    /// Lifecycle.
    pub status: FulfillmentOrderStatus,
    /// Why it is on hold.
    pub hold_reason: Option<String>,
    /// The promise.
    pub fulfill_by: Option<DateTimeUtc>,
    /// Grows with each change.
    pub version: i32,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
    /// Why it waits without a location.
    pub parked_as: Option<ParkingReason>,
    /// The hold's reason in words.
    pub hold_note: Option<String>,
    /// When the location took the work.
    pub accepted_at: Option<DateTimeUtc>,
    /// When all was packed, or ready to collect.
    pub packed_at: Option<DateTimeUtc>,
    /// When it ended.
    pub closed_at: Option<DateTimeUtc>,
    /// Id in a warehouse system.
    pub external_reference: Option<String>,
    /// When the location got it; daily limits count it.
    pub routed_at: Option<DateTimeUtc>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// Who works on it; null waits for stock.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
