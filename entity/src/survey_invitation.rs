//! One person asked once.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, CustomerId, FlowRunId, LocationId, MessageId, OrderId, SurveyId, SurveyInvitationId};
use crate::words::SurveyVia;

/// One person asked once.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_invitation")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SurveyInvitationId,
    /// What is asked.
    pub survey_id: SurveyId,
    /// The version of the survey that was asked.
    pub survey_version: i32,
    /// At most one invitation per key.
    pub dedupe_key: String,
    /// How.
    pub via: SurveyVia,
    /// Who.
    pub customer_id: Option<CustomerId>,
    /// After which order.
    pub order_id: Option<OrderId>,
    /// Channel of the order.
    pub channel_id: Option<ChannelId>,
    /// Where it was bought or collected.
    pub location_id: Option<LocationId>,
    /// Who brought it.
    pub carrier: Option<String>,
    /// Language (BCP 47).
    pub locale: String,
    /// The run that asked.
    pub flow_run_id: Option<FlowRunId>,
    /// The message that asked.
    pub message_id: Option<MessageId>,
    /// Until when it can be answered.
    pub expires_at: DateTimeUtc,
    /// When it was.
    pub answered_at: Option<DateTimeUtc>,
    /// When created.
    pub created_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// What is asked.
    #[sea_orm(belongs_to = "super::survey::Entity", from = "Column::SurveyId", to = "super::survey::Column::Id")]
    Survey,
    /// Who.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// After which order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// Channel of the order.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
    /// Where it was bought or collected.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
    /// The run that asked.
    #[sea_orm(belongs_to = "super::flow_run::Entity", from = "Column::FlowRunId", to = "super::flow_run::Column::Id")]
    FlowRun,
    /// The message that asked.
    #[sea_orm(belongs_to = "super::message::Entity", from = "Column::MessageId", to = "super::message::Column::Id")]
    Message,
}

impl Related<super::survey::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Survey.def()
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

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl Related<super::flow_run::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FlowRun.def()
    }
}

impl Related<super::message::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Message.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
