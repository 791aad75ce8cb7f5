//! A merchant's own wording of a message; each save is a version.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, MessageTemplateId, StaffId};
use crate::words::TemplateState;

/// A merchant's own wording of a message; each save is a version.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "message_template")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageTemplateId,
    /// Which message.
    pub name: String,
    /// For one channel only.
    pub channel_id: Option<ChannelId>,
    /// Language (BCP 47).
    pub locale: String,
    /// Version, from 1.
    pub number: i32,
    /// Subject, with placeholders.
    pub subject: String,
    /// Body in MJML, with placeholders.
    pub mjml: String,
    /// Text part, with placeholders.
    pub text: String,
    /// Lifecycle.
    pub state: TemplateState,
    /// Who wrote it.
    pub staff_id: Option<StaffId>,
    /// When it could not be rendered last.
    pub failed_at: Option<DateTimeUtc>,
    /// Why.
    pub failure: Option<String>,
    /// When created.
    pub created_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// For one channel only.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
    /// Who wrote it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::StaffId", to = "super::staff::Column::Id")]
    Staff,
}

impl Related<super::channel::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Channel.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Staff.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
