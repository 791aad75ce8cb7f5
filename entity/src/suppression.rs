//! An address that gets no messages; the address itself is not stored.

use sea_orm::entity::prelude::*;

use crate::id::{MessageId, SuppressionId};
use crate::words::{MessageChannel, SuppressionReason, SuppressionScope};

/// An address that gets no messages; the address itself is not stored.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "suppression")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SuppressionId,
    /// By which channel.
    pub channel: MessageChannel,
    /// Keyed hash of the address.
    pub address_hash: String,
    /// Which messages.
    pub scope: SuppressionScope,
    /// Why.
    pub reason: SuppressionReason,
    /// The message that showed it.
    pub message_id: Option<MessageId>,
    /// In words.
    pub note: Option<String>,
    /// When created.
    pub created_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The message that showed it.
    #[sea_orm(belongs_to = "super::message::Entity", from = "Column::MessageId", to = "super::message::Column::Id")]
    Message,
}

impl Related<super::message::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Message.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
