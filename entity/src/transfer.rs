//! Goods on their way from one location to another.

use sea_orm::entity::prelude::*;

use crate::id::{FulfillmentOrderId, LocationId, TransferId};
use crate::words::{Carrier, TransferCancelOutcome, TransferStatus};

/// Goods on their way from one location to another.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "transfer")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TransferId,
    /// Number for people.
    pub number: String,
    /// Who sends.
    pub from_location_id: LocationId,
    /// Who receives.
    pub to_location_id: LocationId,
    /// Lifecycle.
    pub status: TransferStatus,
    /// The pickup that waits for it.
    pub fulfillment_order_id: Option<FulfillmentOrderId>,
    /// Who carries it.
    pub carrier: Option<Carrier>,
    /// The carrier's number.
    pub tracking_number: Option<String>,
    /// Id in another system.
    pub external_reference: Option<String>,
    /// For the people who pack and receive.
    pub note: String,
    /// When it should arrive.
    pub expected_at: Option<DateTimeUtc>,
    /// When it left.
    pub dispatched_at: Option<DateTimeUtc>,
    /// When it ended.
    pub closed_at: Option<DateTimeUtc>,
    /// What became of goods under way when it was canceled.
    pub cancel_outcome: Option<TransferCancelOutcome>,
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
    /// Who sends.
    #[sea_orm(
        belongs_to = "super::location::Entity",
        from = "Column::FromLocationId",
        to = "super::location::Column::Id"
    )]
    FromLocation,
    /// Who receives.
    #[sea_orm(
        belongs_to = "super::location::Entity",
        from = "Column::ToLocationId",
        to = "super::location::Column::Id"
    )]
    ToLocation,
    /// The pickup that waits for it.
    #[sea_orm(
        belongs_to = "super::fulfillment_order::Entity",
        from = "Column::FulfillmentOrderId",
        to = "super::fulfillment_order::Column::Id"
    )]
    FulfillmentOrder,
}

impl Related<super::fulfillment_order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FulfillmentOrder.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
