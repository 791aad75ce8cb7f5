//! A basket that follows the customer over channels.

use sea_orm::entity::prelude::*;

use crate::address::Address;
use crate::id::{CartId, ChannelId, CustomerId, ShippingMethodId};
use crate::money::Currency;
use crate::text_list::TextList;
use crate::words::CartStatus;

/// A basket that follows the customer over channels.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cart")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CartId,
    /// Where it shops.
    pub channel_id: ChannelId,
    /// Whose.
    pub customer_id: Option<CustomerId>,
    /// SHA-256 of the guest's secret.
    pub token_hash: String,
    /// Short code by which a till takes it.
    pub code: Option<String>,
    /// Until when the code works.
    pub code_expires_at: Option<DateTimeUtc>,
    /// Where it stands.
    pub status: CartStatus,
    /// The channel's currency.
    pub currency: Currency,
    /// Language of mails (BCP 47).
    pub locale: String,
    /// Contact address, normalized like an identifier.
    pub email: Option<String>,
    /// Contact phone in E.164.
    pub phone: Option<String>,
    /// Whom to ask for.
    pub contact_name: Option<String>,
    /// Where to ship.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub shipping_address: Option<Address>,
    /// Whom to bill.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub billing_address: Option<Address>,
    /// Chosen shipping.
    pub shipping_method_id: Option<ShippingMethodId>,
    /// The customer's note.
    pub note: String,
    /// Promotion codes as entered, normalized.
    #[sea_orm(column_type = "JsonBinary")]
    pub codes: TextList,
    /// Where its lines went.
    pub merged_into_id: Option<CartId>,
    /// Grows with each change.
    pub version: i32,
    /// Public metadata.
    pub metadata: Json,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
    /// The day the customer asks for.
    pub delivery_on: Option<Date>,
    /// The time of day the customer asks for.
    pub delivery_slot: Option<String>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Where it shops.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
    /// Whose.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// Chosen shipping.
    #[sea_orm(
        belongs_to = "super::shipping_method::Entity",
        from = "Column::ShippingMethodId",
        to = "super::shipping_method::Column::Id"
    )]
    ShippingMethod,
    /// Where its lines went.
    #[sea_orm(belongs_to = "Entity", from = "Column::MergedIntoId", to = "Column::Id")]
    MergedInto,
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

impl Related<super::shipping_method::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ShippingMethod.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
