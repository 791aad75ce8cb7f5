//! Somebody who wants to know when something is there again.

use sea_orm::entity::prelude::*;

use crate::id::{BackInStockId, ChannelId, CustomerId, VariantId};

/// Somebody who wants to know when something is there again.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "back_in_stock")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BackInStockId,
    /// What.
    pub variant_id: VariantId,
    /// Where.
    pub channel_id: ChannelId,
    /// Who.
    pub customer_id: Option<CustomerId>,
    /// E-mail address.
    pub email: String,
    /// Language (BCP 47).
    pub locale: String,
    /// How many are wanted.
    pub quantity: i64,
    /// When told.
    pub notified_at: Option<DateTimeUtc>,
    /// When given up.
    pub canceled_at: Option<DateTimeUtc>,
    /// When created.
    pub created_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
    /// Where.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
    /// Who.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
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

impl Related<super::customer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Customer.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
