//! A place that holds stock.

use sea_orm::entity::prelude::*;

use crate::address::Address;
use crate::id::LocationId;
use crate::opening_hours::OpeningHours;
use crate::words::{LocationKind, PickupStockPolicy};

/// A place that holds stock.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "location")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LocationId,
    /// Stable name.
    pub code: String,
    /// Name shown to people.
    pub name: String,
    /// Names by locale: `{"ja": {"name": "…"}}`.
    pub translations: Json,
    /// What kind of place.
    pub kind: LocationKind,
    /// Where it is.
    #[sea_orm(column_type = "JsonBinary")]
    pub address: Address,
    /// Latitude in millionths of a degree.
    pub latitude_e6: Option<i32>,
    /// Longitude in millionths of a degree.
    pub longitude_e6: Option<i32>,
    /// IANA name.
    pub time_zone: String,
    /// Weekly hours and exceptions.
    #[sea_orm(column_type = "JsonBinary")]
    pub opening_hours: OpeningHours,
    /// Whether it may ship online orders.
    pub fulfills_online: bool,
    /// Whether customers may collect here.
    pub pickup_enabled: bool,
    /// Which stock a pickup may promise.
    pub pickup_stock_policy: PickupStockPolicy,
    /// Preparation time in opening minutes.
    pub pickup_ready_minutes: i32,
    /// Whether goods may come back here.
    pub accepts_returns: bool,
    /// Most orders routed here per local day.
    pub daily_order_limit: Option<i32>,
    /// Buffer of a new stock level.
    pub default_safety_stock: i64,
    /// Whether it takes part at all.
    pub active: bool,
    /// Id in another system.
    pub external_reference: Option<String>,
    /// Public metadata.
    pub metadata: Json,
    /// Metadata for staff and apps.
    pub private_metadata: Json,
    /// Grows with each change.
    pub version: i32,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
    /// Days for which a ready pickup waits.
    pub pickup_keep_days: i32,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
