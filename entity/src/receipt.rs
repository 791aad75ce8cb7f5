//! A receipt given out at a till.

use sea_orm::entity::prelude::*;

use crate::id::{OrderId, ReceiptId, RegisterId, RegisterSessionId};

/// A receipt given out at a till.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReceiptId,
    /// The till.
    pub register_id: RegisterId,
    /// Per till, without gaps.
    pub number: i64,
    /// The sale.
    pub order_id: OrderId,
    /// The receipt as data, as it was given out.
    pub document: Json,
    /// When.
    pub issued_at: DateTimeUtc,
    /// The session of the till.
    pub register_session_id: Option<RegisterSessionId>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The till.
    #[sea_orm(belongs_to = "super::register::Entity", from = "Column::RegisterId", to = "super::register::Column::Id")]
    Register,
    /// The sale.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
}

impl Related<super::register::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Register.def()
    }
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
