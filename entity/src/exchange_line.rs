//! New goods of an exchange.

use sea_orm::entity::prelude::*;

use crate::id::{ExchangeId, ExchangeLineId, LocationId, VariantId};
use crate::words::DeliveryMethod;

/// New goods of an exchange.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "exchange_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ExchangeLineId,
    /// The exchange.
    pub exchange_id: ExchangeId,
    /// What.
    pub variant_id: VariantId,
    /// Units.
    pub quantity: i64,
    /// Price of a unit that was agreed, minor units.
    pub unit_price: i64,
    /// How it reaches the customer.
    pub delivery: DeliveryMethod,
    /// Where it is collected or taken from.
    pub location_id: Option<LocationId>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The exchange.
    #[sea_orm(belongs_to = "super::exchange::Entity", from = "Column::ExchangeId", to = "super::exchange::Column::Id")]
    Exchange,
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
    /// Where it is collected or taken from.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
}

impl Related<super::exchange::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Exchange.def()
    }
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
