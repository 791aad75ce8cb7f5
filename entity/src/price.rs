//! What a variant costs in a channel, with history; the current one has no end.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, EventId, PriceId, VariantId};
use crate::money::Currency;

/// What a variant costs in a channel, with history; the current one has no end.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "price")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PriceId,
    /// The variant.
    pub variant_id: VariantId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The channel's currency.
    pub currency: Currency,
    /// Minor units.
    pub amount: i64,
    /// Former or list price, minor units.
    pub compare_at: Option<i64>,
    /// Since when.
    pub valid_from: DateTimeUtc,
    /// Until when; null is now.
    pub valid_to: Option<DateTimeUtc>,
    /// The event that set it.
    pub event_id: EventId,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The variant.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
    /// The channel.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl Related<super::channel::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Channel.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
