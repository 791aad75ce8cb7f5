//! One change of an account; append-only.

use sea_orm::entity::prelude::*;

use crate::id::{EventId, OrderId, PaymentId, StoredValueAccountId, StoredValueEntryId, StoredValueLotId};
use crate::words::StoredValueEntryKind;

/// One change of an account; append-only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stored_value_entry")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredValueEntryId,
    /// The account.
    pub stored_value_account_id: StoredValueAccountId,
    /// The part it is about.
    pub stored_value_lot_id: Option<StoredValueLotId>,
    /// What.
    pub kind: StoredValueEntryKind,
    /// By how much the balance changes; 0 for what is only set aside or free again.
    pub amount: i64,
    /// By how much the part that is set aside changes.
    pub held: i64,
    /// The tender it carries out.
    pub payment_id: Option<PaymentId>,
    /// The order it is about.
    pub order_id: Option<OrderId>,
    /// In words.
    pub reason: Option<String>,
    /// The event it belongs to.
    pub event_id: EventId,
    /// When.
    pub occurred_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The account.
    #[sea_orm(
        belongs_to = "super::stored_value_account::Entity",
        from = "Column::StoredValueAccountId",
        to = "super::stored_value_account::Column::Id"
    )]
    StoredValueAccount,
    /// The part it is about.
    #[sea_orm(
        belongs_to = "super::stored_value_lot::Entity",
        from = "Column::StoredValueLotId",
        to = "super::stored_value_lot::Column::Id"
    )]
    StoredValueLot,
    /// The tender it carries out.
    #[sea_orm(belongs_to = "super::payment::Entity", from = "Column::PaymentId", to = "super::payment::Column::Id")]
    Payment,
    /// The order it is about.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// The event it belongs to.
    #[sea_orm(belongs_to = "super::event::Entity", from = "Column::EventId", to = "super::event::Column::Id")]
    Event,
}

impl Related<super::stored_value_account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::StoredValueAccount.def()
    }
}

impl Related<super::stored_value_lot::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::StoredValueLot.def()
    }
}

impl Related<super::payment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Payment.def()
    }
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::event::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Event.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
