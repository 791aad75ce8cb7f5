//! A return, the first half of an exchange, or a claim.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, CustomerId, LocationId, OrderId, RegisterSessionId, ReturnId, ReturnPolicyId, StaffId};
use crate::money::Currency;
use crate::words::{ClaimResolution, RefundDestination, ReturnKind, ReturnMethod, ReturnStatus};

/// A return, the first half of an exchange, or a claim.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "returns")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReturnId,
    /// Number that people say.
    pub number: String,
    /// What for.
    pub kind: ReturnKind,
    /// Lifecycle.
    pub status: ReturnStatus,
    /// The channel of the order, or of the till.
    pub channel_id: ChannelId,
    /// The order; none when nobody knows it.
    pub order_id: Option<OrderId>,
    /// Who returns.
    pub customer_id: Option<CustomerId>,
    /// Currency.
    pub currency: Currency,
    /// How the goods come.
    pub method: ReturnMethod,
    /// Where they were handed in.
    pub lodged_location_id: Option<LocationId>,
    /// Where they shall go.
    pub destination_location_id: Option<LocationId>,
    /// The policy that held.
    pub return_policy_id: Option<ReturnPolicyId>,
    /// What the customer writes.
    pub note: String,
    /// What staff write.
    pub staff_note: String,
    /// Why it was refused.
    pub decline_reason: Option<String>,
    /// Why staff went beyond the policy.
    pub override_reason: Option<String>,
    /// Who decided.
    pub staff_id: Option<StaffId>,
    /// Who allowed what goes beyond.
    pub approved_by: Option<StaffId>,
    /// Minor units.
    pub restocking_fee: i64,
    /// Minor units.
    pub return_shipping_fee: i64,
    /// Where the money goes.
    pub refund_to: RefundDestination,
    /// Who carries it.
    pub carrier: Option<String>,
    /// Its number.
    pub tracking_number: Option<String>,
    /// What a claim gives.
    pub resolution: Option<ClaimResolution>,
    /// When it was asked for.
    pub requested_at: DateTimeUtc,
    /// When it was approved or declined.
    pub decided_at: Option<DateTimeUtc>,
    /// Until when the goods shall come.
    pub expected_by: Option<DateTimeUtc>,
    /// When the customer was reminded.
    pub reminded_at: Option<DateTimeUtc>,
    /// When it ended.
    pub closed_at: Option<DateTimeUtc>,
    /// The session of the till at which it happened.
    pub register_session_id: Option<RegisterSessionId>,
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
    /// The channel of the order, or of the till.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
    /// The order; none when nobody knows it.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// Who returns.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// Where they were handed in.
    #[sea_orm(
        belongs_to = "super::location::Entity",
        from = "Column::LodgedLocationId",
        to = "super::location::Column::Id"
    )]
    LodgedLocation,
    /// Where they shall go.
    #[sea_orm(
        belongs_to = "super::location::Entity",
        from = "Column::DestinationLocationId",
        to = "super::location::Column::Id"
    )]
    DestinationLocation,
    /// The policy that held.
    #[sea_orm(
        belongs_to = "super::return_policy::Entity",
        from = "Column::ReturnPolicyId",
        to = "super::return_policy::Column::Id"
    )]
    ReturnPolicy,
    /// Who decided.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::StaffId", to = "super::staff::Column::Id")]
    Staff,
    /// Who allowed what goes beyond.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::ApprovedBy", to = "super::staff::Column::Id")]
    ApprovedBy,
    /// The session of the till at which it happened.
    #[sea_orm(
        belongs_to = "super::register_session::Entity",
        from = "Column::RegisterSessionId",
        to = "super::register_session::Column::Id"
    )]
    RegisterSession,
}

impl Related<super::channel::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Channel.def()
    }
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::customer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Customer.def()
    }
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::LodgedLocation.def()
    }
}

impl Related<super::return_policy::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ReturnPolicy.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Staff.def()
    }
}

impl Related<super::register_session::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RegisterSession.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
