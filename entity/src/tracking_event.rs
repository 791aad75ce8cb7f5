//! What a carrier said about a parcel; append-only.

use sea_orm::entity::prelude::*;

use crate::id::{ShipmentId, TrackingEventId};
use crate::words::{TrackingSource, TrackingStatus};

/// What a carrier said about a parcel; append-only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tracking_event")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TrackingEventId,
    /// The parcel.
    pub shipment_id: ShipmentId,
    /// What.
    pub status: TrackingStatus,
    /// In the carrier's words.
    pub description: String,
    /// Where.
    pub place: Option<String>,
    /// How we know.
    pub source: TrackingSource,
    /// The carrier's id of the event.
    pub external_id: Option<String>,
    /// When it happened.
    pub occurred_at: DateTimeUtc,
    /// When we learned of it.
    pub received_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The parcel.
    #[sea_orm(belongs_to = "super::shipment::Entity", from = "Column::ShipmentId", to = "super::shipment::Column::Id")]
    Shipment,
}

impl Related<super::shipment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Shipment.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
