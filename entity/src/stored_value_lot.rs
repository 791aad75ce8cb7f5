//! A part of an account that came in together and expires together.

use sea_orm::entity::prelude::*;

use crate::id::{OrderId, StoredValueAccountId, StoredValueLotId};

/// A part of an account that came in together and expires together.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stored_value_lot")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredValueLotId,
    /// The account.
    pub stored_value_account_id: StoredValueAccountId,
    /// What came in.
    pub amount: i64,
    /// What is left of it.
    pub remaining: i64,
    /// Pending until then.
    pub available_at: Option<DateTimeUtc>,
    /// When it runs out.
    pub expires_at: Option<DateTimeUtc>,
    /// When the customer was told that it will.
    pub warned_at: Option<DateTimeUtc>,
    /// The order that earned it.
    pub order_id: Option<OrderId>,
    /// When created.
    pub created_at: DateTimeUtc,
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
    /// The order that earned it.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
}

impl Related<super::stored_value_account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::StoredValueAccount.def()
    }
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
