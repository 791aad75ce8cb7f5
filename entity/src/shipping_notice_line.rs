//! Units that a supplier announced.

use sea_orm::entity::prelude::*;

use crate::id::{PurchaseOrderLineId, ShippingNoticeId};

/// Units that a supplier announced.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "shipping_notice_line")]
pub struct Model {
    /// The notice.
    #[sea_orm(primary_key, auto_increment = false)]
    pub shipping_notice_id: ShippingNoticeId,
    /// The line.
    #[sea_orm(primary_key, auto_increment = false)]
    pub purchase_order_line_id: PurchaseOrderLineId,
    /// Units.
    pub quantity: i64,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The notice.
    #[sea_orm(
        belongs_to = "super::shipping_notice::Entity",
        from = "Column::ShippingNoticeId",
        to = "super::shipping_notice::Column::Id"
    )]
    ShippingNotice,
    /// The line.
    #[sea_orm(
        belongs_to = "super::purchase_order_line::Entity",
        from = "Column::PurchaseOrderLineId",
        to = "super::purchase_order_line::Column::Id"
    )]
    PurchaseOrderLine,
}

impl Related<super::shipping_notice::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ShippingNotice.def()
    }
}

impl Related<super::purchase_order_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::PurchaseOrderLine.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
