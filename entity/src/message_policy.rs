//! When and how often a channel may write what needs consent.

use sea_orm::entity::prelude::*;

use crate::id::ChannelId;

/// When and how often a channel may write what needs consent.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "message_policy")]
pub struct Model {
    /// The channel.
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel_id: ChannelId,
    /// Local time of the recipient from which nothing that needs consent is sent, `HH:MM`.
    pub quiet_from: String,
    /// Until when, `HH:MM`; the same as from: no quiet hours.
    pub quiet_until: String,
    /// Zone of those of whom none is known (IANA).
    pub time_zone: String,
    /// So many messages that need consent
    pub cap_count: i32,
    /// in so many days, at most.
    pub cap_days: i32,
    /// What people agree to, by language; flows that need consent stay off without it.
    pub consent_wording: Json,
    /// Which wording that is.
    pub wording_version: String,
    /// Whether looking at a message is noticed.
    pub track_opens: bool,
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
