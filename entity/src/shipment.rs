//! A parcel.

use sea_orm::entity::prelude::*;

use crate::id::{LocationId, ShipmentId};
use crate::words::{Carrier, TrackingStatus};

/// A parcel.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "shipment")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShipmentId,
    /// Who sends it.
    pub location_id: LocationId,
    /// Who carries it.
    pub carrier: Carrier,
    /// Name of a carrier without a mapping.
    pub carrier_name: Option<String>,
    /// The carrier's service code.
    pub service: Option<String>,
    /// The carrier's number, without separators.
    pub tracking_number: Option<String>,
    /// Where it can be followed, when not by the carrier's pattern.
    pub tracking_url: Option<String>,
    /// What the carrier said last.
    pub tracking_status: TrackingStatus,
    /// Name, phone and address at packing.
    pub recipient: Json,
    /// The day the customer asked for.
    pub delivery_on: Option<Date>,
    /// The time of day the customer asked for.
    pub delivery_slot: Option<String>,
    /// Weight.
    pub weight_grams: Option<i64>,
    /// Id in a warehouse system.
    pub external_reference: Option<String>,
    /// When packed.
    pub packed_at: DateTimeUtc,
    /// When it left.
    pub shipped_at: Option<DateTimeUtc>,
    /// When it arrived.
    pub delivered_at: Option<DateTimeUtc>,
    /// The last day on which it should arrive; known once it left.
    pub expected_on: Option<Date>,
    /// When it was found to be late.
    pub delayed_at: Option<DateTimeUtc>,
    /// When it was taken for arrived, because nobody said anything of it.
    pub presumed_at: Option<DateTimeUtc>,
    /// When it came back.
    pub returned_at: Option<DateTimeUtc>,
    /// When it was unpacked again.
    pub voided_at: Option<DateTimeUtc>,
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
    /// Who sends it.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
