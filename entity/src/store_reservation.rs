//! Goods that a store keeps for a customer without payment.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, CustomerId, LocationId, OrderId, StoreReservationId};
use crate::words::StoreReservationStatus;

/// Goods that a store keeps for a customer without payment.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "store_reservation")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreReservationId,
    /// The store.
    pub location_id: LocationId,
    /// Where it was asked for.
    pub channel_id: ChannelId,
    /// Who.
    pub customer_id: Option<CustomerId>,
    /// Name to ask for.
    pub name: String,
    /// Where the confirmation goes.
    pub email: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Language of the customer.
    pub locale: String,
    /// Lifecycle.
    pub status: StoreReservationStatus,
    /// SHA-256 of the code to show in the store.
    pub code_hash: String,
    /// For the store.
    pub note: String,
    /// Until when it is kept.
    pub expires_at: DateTimeUtc,
    /// When the customer was reminded of its end.
    pub reminded_at: Option<DateTimeUtc>,
    /// When it ended.
    pub closed_at: Option<DateTimeUtc>,
    /// The sale it became.
    pub order_id: Option<OrderId>,
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
    /// The store.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
    /// Where it was asked for.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
    /// Who.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// The sale it became.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl Related<super::channel::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Channel.def()
    }
}

impl Related<super::customer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Customer.def()
    }
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
