//! What was given back, as a document with a number (Japan: qualified return invoice).

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, CreditNoteId, OrderId, RefundId, RegisterSessionId, ReturnId};

/// What was given back, as a document with a number (Japan: qualified return invoice).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "credit_note")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CreditNoteId,
    /// Without gaps per channel.
    pub number: String,
    /// The channel.
    pub channel_id: ChannelId,
    /// The order.
    pub order_id: Option<OrderId>,
    /// The refund.
    pub refund_id: RefundId,
    /// The return.
    pub return_id: Option<ReturnId>,
    /// The document as it was issued.
    pub document: Json,
    /// The session of the till.
    pub register_session_id: Option<RegisterSessionId>,
    /// When.
    pub issued_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The channel.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
    /// The order.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// The refund.
    #[sea_orm(belongs_to = "super::refund::Entity", from = "Column::RefundId", to = "super::refund::Column::Id")]
    Refund,
    /// The return.
    #[sea_orm(belongs_to = "super::returns::Entity", from = "Column::ReturnId", to = "super::returns::Column::Id")]
    Return,
    /// The session of the till.
    #[sea_orm(
        belongs_to = "super::register_session::Entity",
        from = "Column::RegisterSessionId",
        to = "super::register_session::Column::Id"
    )]
    RegisterSession,
}

impl Related<super::channel::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Channel.def()
    }
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::refund::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Refund.def()
    }
}

impl Related<super::returns::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Return.def()
    }
}

impl Related<super::register_session::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RegisterSession.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
