//! A tender.

use sea_orm::entity::prelude::*;

use crate::id::{CartId, OrderId, PaymentId, RegisterSessionId, ReturnId, StoredValueAccountId};
use crate::money::Currency;
use crate::words::{Gateway, ManualMethod};

/// A tender.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    /// The order it pays.
    pub order_id: Option<OrderId>,
    /// The cart it was started for.
    pub cart_id: Option<CartId>,
    /// Who moves the money.
    pub gateway: Gateway,
    /// ISO 4217.
    pub currency: Currency,
    /// Amount meant to be paid, minor units.
    pub amount: i64,
    /// Cash handed over, minor units.
    pub tendered: Option<i64>,
    /// Cash given back, minor units.
    pub change: Option<i64>,
    /// What the customer or terminal calls it.
    pub reference: Option<String>,
    /// Brand and last four digits at most; never a card number.
    pub metadata: Json,
    /// When started.
    pub created_at: DateTimeUtc,
    /// The account of stored value that pays.
    pub stored_value_account_id: Option<StoredValueAccountId>,
    /// The session of the till at which it was taken.
    pub register_session_id: Option<RegisterSessionId>,
    /// How money that staff confirm is paid.
    pub method: Option<ManualMethod>,
    /// Until when the customer must pay.
    pub due_at: Option<DateTimeUtc>,
    /// When the customer was reminded.
    pub reminded_at: Option<DateTimeUtc>,
    /// Until when a reserved amount can be taken.
    pub authorized_until: Option<DateTimeUtc>,
    /// The return whose goods pay.
    pub return_id: Option<ReturnId>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The order it pays.
    #[sea_orm(belongs_to = "super::order::Entity", from = "Column::OrderId", to = "super::order::Column::Id")]
    Order,
    /// The cart it was started for.
    #[sea_orm(belongs_to = "super::cart::Entity", from = "Column::CartId", to = "super::cart::Column::Id")]
    Cart,
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl Related<super::cart::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Cart.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
