//! What is in the basket.

use sea_orm::entity::prelude::*;

use crate::id::{CartId, CartLineId, LocationId, VariantId};
use crate::words::DeliveryMethod;

/// What is in the basket.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cart_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CartLineId,
    /// The cart.
    pub cart_id: CartId,
    /// What.
    pub variant_id: VariantId,
    /// Units.
    pub quantity: i64,
    /// How it reaches the customer.
    pub delivery: DeliveryMethod,
    /// Where it is collected.
    pub pickup_location_id: Option<LocationId>,
    /// Unit price when last shown, minor units.
    pub price_seen: i64,
    /// Order.
    pub position: i32,
    /// Public metadata.
    pub metadata: Json,
    /// When added.
    pub created_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The cart.
    #[sea_orm(belongs_to = "super::cart::Entity", from = "Column::CartId", to = "super::cart::Column::Id")]
    Cart,
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
    /// Where it is collected.
    #[sea_orm(
        belongs_to = "super::location::Entity",
        from = "Column::PickupLocationId",
        to = "super::location::Column::Id"
    )]
    PickupLocation,
}

impl Related<super::cart::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Cart.def()
    }
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::PickupLocation.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
