//! A supplier's word that goods are under way (advance shipping notice).

use sea_orm::entity::prelude::*;

use crate::id::{PurchaseOrderId, ShippingNoticeId};
use crate::words::Carrier;

/// A supplier's word that goods are under way (advance shipping notice).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "shipping_notice")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShippingNoticeId,
    /// The purchase order.
    pub purchase_order_id: PurchaseOrderId,
    /// The supplier's number.
    pub reference: String,
    /// Who carries it.
    pub carrier: Option<Carrier>,
    /// The carrier's number.
    pub tracking_number: Option<String>,
    /// When it should arrive.
    pub expected_at: Option<DateTimeUtc>,
    /// When it arrived.
    pub received_at: Option<DateTimeUtc>,
    /// When it was taken back.
    pub canceled_at: Option<DateTimeUtc>,
    /// When created.
    pub created_at: DateTimeUtc,
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
}

impl Related<super::purchase_order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::PurchaseOrder.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
