//! What was learned of a message after it left; append-only.

use sea_orm::entity::prelude::*;

use crate::id::{MessageEventId, MessageId};
use crate::words::MessageEventKind;

/// What was learned of a message after it left; append-only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "message_event")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageEventId,
    /// The message.
    pub message_id: MessageId,
    /// What.
    pub kind: MessageEventKind,
    /// Link, status code, order: never personal data.
    pub detail: Option<String>,
    /// Whether a scanner did it, not a person.
    pub by_machine: bool,
    /// Its name at the provider; at most once.
    pub provider_event_id: Option<String>,
    /// When.
    pub occurred_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The message.
    #[sea_orm(belongs_to = "super::message::Entity", from = "Column::MessageId", to = "super::message::Column::Id")]
    Message,
}

impl Related<super::message::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Message.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
