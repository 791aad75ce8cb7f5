//! How a channel chooses who serves an order; rules are tried in order.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, RoutingRuleId};
use crate::words::RoutingFallback;

/// How a channel chooses who serves an order; rules are tried in order.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "routing_rule")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoutingRuleId,
    /// The channel.
    pub channel_id: ChannelId,
    /// Tried in this order.
    pub position: i32,
    /// Name for staff.
    pub name: String,
    /// Whether it is tried.
    pub active: bool,
    /// Which locations may serve.
    pub filters: Json,
    /// Which of them serve first.
    pub sorts: Json,
    /// Whether an order may be split over locations.
    pub allow_partial: bool,
    /// What happens with what the rule cannot place.
    pub fallback: RoutingFallback,
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
    /// The channel.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
}

impl Related<super::channel::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Channel.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
