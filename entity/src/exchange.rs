//! The second half of an exchange: other goods for those that come back.

use sea_orm::entity::prelude::*;

use crate::id::{ExchangeId, OrderId, PaymentId, ReturnId};
use crate::words::{ExchangeMode, ExchangeStatus};

/// The second half of an exchange: other goods for those that come back.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "exchange")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ExchangeId,
    /// The goods that come back.
    pub return_id: ReturnId,
    /// When the new goods go out.
    pub mode: ExchangeMode,
    /// Lifecycle.
    pub status: ExchangeStatus,
    /// The order of the new goods.
    pub order_id: Option<OrderId>,
    /// What of the old goods pays for the new ones, minor units.
    pub credit: i64,
    /// The amount that is reserved until the old goods come.
    pub guarantee_payment_id: Option<PaymentId>,
    /// Until when they shall come.
    pub due_at: Option<DateTimeUtc>,
    /// Grows with each change.
    pub version: i32,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The goods that come back.
    #[sea_orm(belongs_to = "super::returns::Entity", from = "Column::ReturnId", to = "super::returns::Column::Id")]
    Return,
    /// The order of the new goods.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// The amount that is reserved until the old goods come.
    #[sea_orm(
        belongs_to = "super::payment::Entity",
        from = "Column::GuaranteePaymentId",
        to = "super::payment::Column::Id"
    )]
    GuaranteePayment,
}

impl Related<super::returns::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Return.def()
    }
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::payment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::GuaranteePayment.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
