//! One row of the stock ledger. Append-only.

use sea_orm::entity::prelude::*;

use crate::id::{EventId, LocationId, StockMovementId, VariantId};
use crate::words::{ActorKind, CauseKind, MovementKind, StockState};

/// One row of the stock ledger. Append-only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_movement")]
pub struct Model {
    /// Time-ordered id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockMovementId,
    /// Where.
    pub location_id: LocationId,
    /// What.
    pub variant_id: VariantId,
    /// Why.
    pub kind: MovementKind,
    /// Left this state; null came from outside.
    pub from_state: Option<StockState>,
    /// Entered this state; null went outside.
    pub to_state: Option<StockState>,
    /// Units, above zero.
    pub quantity: i64,
    /// What caused it.
    pub cause_kind: CauseKind,
    /// Which one; null for a manual reason.
    pub cause_id: Option<Uuid>,
    /// The manual reason.
    pub reason: Option<String>,
    /// Who.
    pub actor_kind: ActorKind,
    /// Which one.
    pub actor_id: Option<Uuid>,
    /// The event it belongs to.
    pub event_id: EventId,
    /// When.
    pub occurred_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Where.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
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

impl ActiveModelBehavior for ActiveModel {}
