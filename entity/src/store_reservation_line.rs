//! Units kept.

use sea_orm::entity::prelude::*;

use crate::id::{StockHoldId, StoreReservationId, StoreReservationLineId, VariantId};

/// Units kept.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "store_reservation_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreReservationLineId,
    /// The reservation.
    pub store_reservation_id: StoreReservationId,
    /// What.
    pub variant_id: VariantId,
    /// Units.
    pub quantity: i64,
    /// The put-aside hold while it is open.
    pub stock_hold_id: Option<StockHoldId>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The reservation.
    #[sea_orm(
        belongs_to = "super::store_reservation::Entity",
        from = "Column::StoreReservationId",
        to = "super::store_reservation::Column::Id"
    )]
    StoreReservation,
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
}

impl Related<super::store_reservation::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::StoreReservation.def()
    }
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
