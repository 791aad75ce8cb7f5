//! A time-limited claim: by a cart on a channel's pool, or by a person at a location.

use sea_orm::entity::prelude::*;

use crate::id::{CartId, ChannelId, LocationId, StockHoldId, VariantId};

/// A time-limited claim: by a cart on a channel's pool, or by a person at a location.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_hold")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockHoldId,
    /// The pool it claims.
    pub channel_id: Option<ChannelId>,
    /// Or the place it is put aside at.
    pub location_id: Option<LocationId>,
    /// What.
    pub variant_id: VariantId,
    /// Units.
    pub quantity: i64,
    /// The cart that claims it.
    pub cart_id: Option<CartId>,
    /// For whom it is put aside.
    pub note: Option<String>,
    /// When.
    pub created_at: DateTimeUtc,
    /// Counts for nothing from then on.
    pub expires_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The pool it claims.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
    /// Or the place it is put aside at.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
    /// The cart that claims it.
    #[sea_orm(belongs_to = "super::cart::Entity", from = "Column::CartId", to = "super::cart::Column::Id")]
    Cart,
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

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl Related<super::cart::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Cart.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
