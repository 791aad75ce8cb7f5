//! How messages and pages of a channel look.

use sea_orm::entity::prelude::*;

use crate::id::ChannelId;

/// How messages and pages of a channel look.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "channel_brand")]
pub struct Model {
    /// The channel.
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel_id: ChannelId,
    /// Main color, `#rrggbb`.
    pub color: String,
    /// Color of text on the main color, `#rrggbb`.
    pub text_color: String,
    /// Address of the logo, https.
    pub logo_url: Option<String>,
    /// Width of the logo in pixels.
    pub logo_width: i32,
    /// Name in From; the seller when empty.
    pub sender_name: Option<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Legal text under each message, by language.
    pub footer: Json,
    /// Where the shop is.
    pub storefront_url: Option<String>,
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
