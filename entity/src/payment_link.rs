//! A link by which a customer pays what an order still costs.

use sea_orm::entity::prelude::*;

use crate::id::{OrderId, PaymentLinkId};

/// A link by which a customer pays what an order still costs.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_link")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentLinkId,
    /// The order.
    pub order_id: OrderId,
    /// SHA-256 of its secret.
    pub token_hash: String,
    /// Minor units.
    pub amount: i64,
    /// Until when.
    pub expires_at: DateTimeUtc,
    /// When it was paid.
    pub used_at: Option<DateTimeUtc>,
    /// When created.
    pub created_at: DateTimeUtc,
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
