//! Inbox: which handler has handled which event.

use sea_orm::entity::prelude::*;

use crate::id::EventId;

/// Inbox: which handler has handled which event.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event_delivery")]
pub struct Model {
    /// Name of the handler.
    #[sea_orm(primary_key, auto_increment = false)]
    pub handler: String,
    /// The event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: EventId,
    /// `handled`, or the reason why nothing was done.
    pub outcome: String,
    /// When.
    pub handled_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
