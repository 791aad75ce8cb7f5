//! Goods that a customer collects; one per fulfillment order by pickup.

use sea_orm::entity::prelude::*;

use crate::id::{FulfillmentOrderId, LocationId, OrderId, PickupId};
use crate::words::{PickupChoice, PickupProof, PickupStatus};

/// Goods that a customer collects; one per fulfillment order by pickup.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "pickup")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PickupId,
    /// The work.
    pub fulfillment_order_id: FulfillmentOrderId,
    /// The order.
    pub order_id: OrderId,
    /// The store.
    pub location_id: LocationId,
    /// Lifecycle.
    pub status: PickupStatus,
    /// SHA-256 of the one-time code, while there is one.
    pub code_hash: Option<String>,
    /// Which code it is; a new one voids the one before.
    pub code_number: i32,
    /// Who else may collect.
    pub collector_name: Option<String>,
    /// When it became ready.
    pub ready_at: Option<DateTimeUtc>,
    /// Until when it waits in the store.
    pub expires_at: Option<DateTimeUtc>,
    /// How often that was prolonged.
    pub extensions: i32,
    /// When the customer was reminded.
    pub reminded_at: Option<DateTimeUtc>,
    /// When the customer said to be there.
    pub arrived_at: Option<DateTimeUtc>,
    /// Parking space, color of the car.
    pub arrival_note: Option<String>,
    /// When the last unit was collected.
    pub collected_at: Option<DateTimeUtc>,
    /// Name of who collected.
    pub collected_by: Option<String>,
    /// How they proved it.
    pub proof: Option<PickupProof>,
    /// Until when the customer may choose again after a short pick.
    pub choice_expires_at: Option<DateTimeUtc>,
    /// What was chosen.
    pub choice: Option<PickupChoice>,
    /// Grows with each change.
    pub version: i32,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
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
    /// The order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// The store.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
}

impl Related<super::fulfillment_order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FulfillmentOrder.def()
    }
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
