//! One message to one recipient, kept with what was sent.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, CustomerId, EventId, FlowId, FlowRunId, MessageId, MessageTemplateId, OrderId};
use crate::words::{MessageChannel, MessageClass, MessageStatus};

/// One message to one recipient, kept with what was sent.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageId,
    /// At most one message per key.
    pub dedupe_key: String,
    /// Which template.
    pub template: String,
    /// By which channel.
    pub channel: MessageChannel,
    /// Language (BCP 47).
    pub locale: String,
    /// Where it stands.
    pub status: MessageStatus,
    /// To whom.
    pub customer_id: Option<CustomerId>,
    /// About which order.
    pub order_id: Option<OrderId>,
    /// The event that caused it.
    pub event_id: Option<EventId>,
    /// From.
    pub sender: String,
    /// To.
    pub recipient: String,
    /// RFC 5322 Message-ID; the same on every try.
    pub message_id: String,
    /// Subject.
    pub subject: String,
    /// HTML part.
    pub html: String,
    /// Text part.
    pub text: String,
    /// What went wrong last.
    pub error: Option<String>,
    /// When rendered.
    pub created_at: DateTimeUtc,
    /// When accepted.
    pub sent_at: Option<DateTimeUtc>,
    /// Why it may be sent.
    pub class: MessageClass,
    /// In whose name it goes.
    pub channel_id: Option<ChannelId>,
    /// The merchant's own wording it was rendered with; the built-in when empty.
    pub template_id: Option<MessageTemplateId>,
    /// Why it is not sent, or not yet.
    pub reason: Option<String>,
    /// Not before.
    pub send_after: Option<DateTimeUtc>,
    /// How often sending was tried.
    pub attempts: i32,
    /// Its name at the provider.
    pub provider_id: Option<String>,
    /// Where one click ends such messages (RFC 8058).
    pub unsubscribe_url: Option<String>,
    /// The flow that asked for it.
    pub flow_id: Option<FlowId>,
    /// The run of the flow.
    pub flow_run_id: Option<FlowRunId>,
    /// The step of the run.
    pub step: Option<String>,
    /// The group of an experiment it went to.
    pub variant: Option<String>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// To whom.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// About which order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
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
