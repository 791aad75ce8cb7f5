//! Where demand comes from.

use sea_orm::entity::prelude::*;

use crate::id::ChannelId;
use crate::money::Currency;
use crate::words::{CaptureMode, ChannelKind, TaxRounding};

/// Where demand comes from.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "channel")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChannelId,
    /// Stable name, sent as `X-Channel`.
    pub code: String,
    /// Name shown to people.
    pub name: String,
    /// What kind of channel.
    pub kind: ChannelKind,
    /// ISO 4217 code of all its prices.
    pub currency: Currency,
    /// Language when the client names none (BCP 47).
    pub default_locale: String,
    /// ISO 3166-1 alpha-2 country whose tax applies.
    pub tax_country: String,
    /// Whether prices are shown and kept with tax.
    pub prices_include_tax: bool,
    /// How tax is rounded.
    pub tax_rounding: TaxRounding,
    /// Legal seller on receipts and mails.
    pub seller_name: String,
    /// Address on receipts and mails.
    pub seller_address: String,
    /// Japan: `T` and 13 digits, on every receipt.
    pub invoice_registration_number: Option<String>,
    /// Sender address of mails.
    pub mail_from: String,
    /// Begins every order number.
    pub order_prefix: String,
    /// How long checkout keeps stock.
    pub hold_minutes: i32,
    /// Whether it sells.
    pub active: bool,
    /// Public metadata.
    pub metadata: Json,
    /// Metadata for staff and apps.
    pub private_metadata: Json,
    /// Grows with each change.
    pub version: i32,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
    /// When reserved money is taken.
    pub capture_mode: CaptureMode,
    /// Hours until an order that is paid later is canceled.
    pub pay_within_hours: i32,
    /// The most that staff take off by hand without another person, parts per million of the price.
    pub discount_limit_ppm: i32,
    /// How to pay what is paid later, by language: the bank account and the like.
    pub payment_instructions: Json,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
