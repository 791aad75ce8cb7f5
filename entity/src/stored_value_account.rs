//! An account of stored value: a gift card, store credit or points.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, CustomerId, OrderLineId, StoredValueAccountId};
use crate::money::Currency;
use crate::words::{StoredValueKind, StoredValueStatus};

/// An account of stored value: a gift card, store credit or points.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stored_value_account")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredValueAccountId,
    /// What it holds.
    pub kind: StoredValueKind,
    /// Whether it may be used.
    pub status: StoredValueStatus,
    /// Where it was made; its currency holds.
    pub channel_id: ChannelId,
    /// Currency; for points, of what they are worth.
    pub currency: Currency,
    /// Who holds it; a gift card may be of whoever has the code.
    pub customer_id: Option<CustomerId>,
    /// Keyed hash of the code of a gift card.
    pub code_hash: Option<String>,
    /// Last characters of the code.
    pub code_hint: Option<String>,
    /// Minor units or points: the sum of the entries, what is set aside included.
    pub balance: i64,
    /// The part that is set aside for payments.
    pub held: i64,
    /// When all of it runs out.
    pub expires_at: Option<DateTimeUtc>,
    /// The line that sold it.
    pub order_line_id: Option<OrderLineId>,
    /// Which unit of the line, from 1.
    pub unit: i32,
    /// Where the card goes.
    pub recipient_email: Option<String>,
    /// To whom the card goes.
    pub recipient_name: Option<String>,
    /// From whom it is.
    pub sender_name: Option<String>,
    /// What the giver writes.
    pub message: String,
    /// Language of the recipient.
    pub locale: String,
    /// When it is to be sent.
    pub deliver_at: Option<DateTimeUtc>,
    /// When it was sent.
    pub delivered_at: Option<DateTimeUtc>,
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
    /// Where it was made; its currency holds.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
    /// Who holds it; a gift card may be of whoever has the code.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// The line that sold it.
    #[sea_orm(
        belongs_to = "super::order_line::Entity",
        from = "Column::OrderLineId",
        to = "super::order_line::Column::Id"
    )]
    OrderLine,
}

impl Related<super::channel::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Channel.def()
    }
}

impl Related<super::customer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Customer.def()
    }
}

impl Related<super::order_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::OrderLine.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
