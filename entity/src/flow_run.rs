//! One flow for one subject.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, CustomerId, EventId, FlowId, FlowRunId, FlowVersionId, OrderId};
use crate::words::FlowRunStatus;

/// One flow for one subject.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flow_run")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FlowRunId,
    /// The flow.
    pub flow_id: FlowId,
    /// What it does.
    pub flow_version_id: FlowVersionId,
    /// About what; at most one run per flow and subject.
    pub subject_key: String,
    /// For whom.
    pub customer_id: Option<CustomerId>,
    /// About which order.
    pub order_id: Option<OrderId>,
    /// In whose name.
    pub channel_id: Option<ChannelId>,
    /// Lifecycle.
    pub status: FlowRunStatus,
    /// Id of the step that is next.
    pub step: String,
    /// When it goes on.
    pub wake_at: Option<DateTimeUtc>,
    /// Kind of the event that lets it go on.
    pub waits_for: Option<String>,
    /// Which group it is in.
    pub variant: Option<String>,
    /// Why it ended early.
    pub reason: Option<String>,
    /// What the trigger said.
    pub context: Json,
    /// The event that began it.
    pub event_id: Option<EventId>,
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
    /// The flow.
    #[sea_orm(belongs_to = "super::flow::Entity", from = "Column::FlowId", to = "super::flow::Column::Id")]
    Flow,
    /// What it does.
    #[sea_orm(
        belongs_to = "super::flow_version::Entity",
        from = "Column::FlowVersionId",
        to = "super::flow_version::Column::Id"
    )]
    FlowVersion,
    /// For whom.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// About which order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// In whose name.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
}

impl Related<super::flow::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Flow.def()
    }
}

impl Related<super::flow_version::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FlowVersion.def()
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

impl Related<super::channel::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Channel.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
