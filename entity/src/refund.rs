//! The decision to give money back.

use sea_orm::entity::prelude::*;

use crate::id::{EventId, OrderId, RefundId, ReturnId};
use crate::money::Currency;
use crate::words::RefundReason;

/// The decision to give money back.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refund")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefundId,
    /// The order.
    pub order_id: OrderId,
    /// Currency.
    pub currency: Currency,
    /// All of it, in minor units.
    pub amount: i64,
    /// The part that is shipping.
    pub shipping_amount: i64,
    /// Why.
    pub reason: RefundReason,
    /// In words.
    pub note: Option<String>,
    /// The event that decided it.
    pub event_id: EventId,
    /// When.
    pub created_at: DateTimeUtc,
    /// The return that caused it.
    pub return_id: Option<ReturnId>,
    /// Fees that were kept, in minor units: `amount` is after them.
    pub fee_amount: i64,
    /// The part of the fee that is discounts which the rest of the order does not earn any more; negative when they are
    /// given back, because that rest went back, too.
    pub claw_back_amount: i64,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
