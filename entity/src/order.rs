//! What was agreed.

use sea_orm::entity::prelude::*;

use crate::address::Address;
use crate::id::{CartId, ChannelId, CustomerId, LocationId, OrderId, RegisterId, StaffId};
use crate::money::Currency;
use crate::words::{
    OrderFulfillmentStatus, OrderPaymentStatus, OrderPickupStatus, OrderReturnStatus, OrderStatus, TaxRounding,
};

/// What was agreed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    /// Number for people.
    pub number: String,
    /// Where it was bought.
    pub channel_id: ChannelId,
    /// Who bought it; never an alias.
    pub customer_id: Option<CustomerId>,
    /// Lifecycle.
    pub status: OrderStatus,
    /// Cache of the payment events.
    pub payment_status: OrderPaymentStatus,
    /// Cache of the fulfillment orders.
    pub fulfillment_status: OrderFulfillmentStatus,
    /// Cache of the pickups.
    pub pickup_status: OrderPickupStatus,
    /// Cache of the returns.
    pub return_status: OrderReturnStatus,
    /// ISO 4217; of all its amounts.
    pub currency: Currency,
    /// Language of its mails (BCP 47).
    pub locale: String,
    /// Contact address.
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
    /// Whether line prices include tax.
    pub prices_include_tax: bool,
    /// How tax was rounded.
    pub tax_rounding: TaxRounding,
    /// Sum of lines before discounts, minor units, as priced.
    pub subtotal: i64,
    /// Sum of discounts, minor units.
    pub discount_total: i64,
    /// Shipping as priced, minor units.
    pub shipping_total: i64,
    /// Sum of taxes, minor units.
    pub tax_total: i64,
    /// What the customer pays, minor units.
    pub total: i64,
    /// SHA-256 of the guest's secret.
    pub token_hash: Option<String>,
    /// The cart it came from.
    pub cart_id: Option<CartId>,
    /// The store of a till sale.
    pub location_id: Option<LocationId>,
    /// The till.
    pub register_id: Option<RegisterId>,
    /// Who sold it.
    pub staff_id: Option<StaffId>,
    /// Id in another system.
    pub external_reference: Option<String>,
    /// The customer's note.
    pub note: String,
    /// When it was placed.
    pub placed_at: Option<DateTimeUtc>,
    /// When it was canceled.
    pub canceled_at: Option<DateTimeUtc>,
    /// When nothing was left to do.
    pub closed_at: Option<DateTimeUtc>,
    /// Grows with each change.
    pub version: i32,
    /// Public metadata.
    pub metadata: Json,
    /// Metadata for staff and apps.
    pub private_metadata: Json,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Where it was bought.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
    /// Who bought it; never an alias.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// The cart it came from.
    #[sea_orm(belongs_to = "super::cart::Entity", from = "Column::CartId", to = "super::cart::Column::Id")]
    Cart,
    /// The store of a till sale.
    #[sea_orm(belongs_to = "super::location::Entity", from = "Column::LocationId", to = "super::location::Column::Id")]
    Location,
    /// The till.
    #[sea_orm(belongs_to = "super::register::Entity", from = "Column::RegisterId", to = "super::register::Column::Id")]
    Register,
    /// Who sold it.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::StaffId", to = "super::staff::Column::Id")]
    Staff,
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

impl Related<super::cart::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Cart.def()
    }
}

impl Related<super::location::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Location.def()
    }
}

impl Related<super::register::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Register.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Staff.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
