//! Units of one variant under way.

use sea_orm::entity::prelude::*;

use crate::id::{TransferId, TransferLineId, VariantId};

/// Units of one variant under way.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "transfer_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TransferLineId,
    /// The transfer.
    pub transfer_id: TransferId,
    /// What.
    pub variant_id: VariantId,
    /// Units asked for.
    pub quantity: i64,
    /// Units that left.
    pub dispatched: i64,
    /// Units that arrived in order.
    pub received: i64,
    /// Units that arrived damaged.
    pub damaged: i64,
    /// Units that did not arrive.
    pub missing: i64,
    /// Units that went back to the sender's stock.
    pub written_back: i64,
    /// Why units were damaged or missing.
    pub discrepancy_reason: Option<String>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The transfer.
    #[sea_orm(belongs_to = "super::transfer::Entity", from = "Column::TransferId", to = "super::transfer::Column::Id")]
    Transfer,
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
}

impl Related<super::transfer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Transfer.def()
    }
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
