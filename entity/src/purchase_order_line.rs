//! Units of one variant ordered.

use sea_orm::entity::prelude::*;

use crate::id::{PurchaseOrderId, PurchaseOrderLineId, VariantId};

/// Units of one variant ordered.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase_order_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PurchaseOrderLineId,
    /// The purchase order.
    pub purchase_order_id: PurchaseOrderId,
    /// What.
    pub variant_id: VariantId,
    /// Units ordered.
    pub quantity: i64,
    /// Cost of a unit, in minor units.
    pub unit_cost: Option<i64>,
    /// Units that arrived in order.
    pub received: i64,
    /// Units that arrived damaged.
    pub damaged: i64,
    /// Units that are no longer expected.
    pub closed: i64,
    /// Why units were damaged or given up.
    pub discrepancy_reason: Option<String>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The purchase order.
    #[sea_orm(
        belongs_to = "super::purchase_order::Entity",
        from = "Column::PurchaseOrderId",
        to = "super::purchase_order::Column::Id"
    )]
    PurchaseOrder,
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
}

impl Related<super::purchase_order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::PurchaseOrder.def()
    }
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
