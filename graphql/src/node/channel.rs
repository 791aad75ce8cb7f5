//! Channels.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::{Error, Result};
use entity::id::ChannelId;
use entity::words::{CaptureMode, ChannelKind, TaxRounding};

use super::location::{Location, LocationsOf, is_insider};
use crate::context::ctx_of;
use crate::loader::{Rows, load};
use crate::metadata::{MetadataEntry, metadata};
use crate::scalar::{CountryCode, CurrencyCode, Locale, id};
use crate::word::Word;

/// A channel.
#[derive(Clone, Debug)]
pub struct Channel(pub entity::channel::Model);

impl From<entity::channel::Model> for Channel {
    fn from(row: entity::channel::Model) -> Self {
        Self(row)
    }
}

/// Where demand comes from: the web shop, the tills, staff on the phone, a marketplace.
#[Object]
impl Channel {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Stable name, sent as `X-Channel`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name shown to people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What kind of channel.
    async fn kind(&self) -> Word<ChannelKind> {
        Word(self.0.kind)
    }

    /// Currency of all its prices.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency)
    }

    /// Language when the client names none.
    async fn default_locale(&self) -> Locale {
        Locale(self.0.default_locale.clone())
    }

    /// Country whose tax applies.
    async fn tax_country(&self) -> CountryCode {
        CountryCode(self.0.tax_country.clone())
    }

    /// Whether prices are shown with tax.
    async fn prices_include_tax(&self) -> bool {
        self.0.prices_include_tax
    }

    /// How tax is rounded, once per rate and order.
    async fn tax_rounding(&self) -> Word<TaxRounding> {
        Word(self.0.tax_rounding)
    }

    /// Legal seller.
    async fn seller_name(&self) -> &str {
        &self.0.seller_name
    }

    /// Address of the seller.
    async fn seller_address(&self) -> &str {
        &self.0.seller_address
    }

    /// Registration number of the qualified invoice issuer in Japan: `T` and 13 digits.
    async fn invoice_registration_number(&self) -> Option<&str> {
        self.0.invoice_registration_number.as_deref()
    }

    /// How long checkout keeps stock, in minutes.
    async fn hold_minutes(&self) -> i32 {
        self.0.hold_minutes
    }

    /// The most that staff take off by hand without another person, in parts per million of the price; null for
    /// customers.
    async fn discount_limit_ppm(&self, ctx: &Context<'_>) -> Option<i32> {
        is_insider(ctx_of(ctx)).then_some(self.0.discount_limit_ppm)
    }

    /// When reserved money is taken: when the order is placed, or as goods leave, as much as they cost.
    async fn capture_mode(&self) -> Word<CaptureMode> {
        Word(self.0.capture_mode)
    }

    /// Hours until an order that is paid later is canceled.
    async fn pay_within_hours(&self) -> i32 {
        self.0.pay_within_hours
    }

    /// How to pay what is paid later, such as the bank account, in the language of the request; empty when nothing is told.
    async fn payment_instructions(&self, ctx: &Context<'_>) -> String {
        domain::kernel::text::in_language(&self.0.payment_instructions, &ctx_of(ctx).locale)
    }

    /// Whether it sells.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// The locations that serve it, first choice first; customers see the active ones.
    async fn locations(&self, ctx: &Context<'_>) -> Result<Vec<Location>> {
        Ok(load(ctx, LocationsOf(self.0.id)).await?.unwrap_or_default())
    }

    /// Sender address of mails; null for customers.
    async fn mail_from(&self, ctx: &Context<'_>) -> Option<&str> {
        is_insider(ctx_of(ctx)).then_some(self.0.mail_from.as_str())
    }

    /// What order numbers begin with; null for customers.
    async fn order_prefix(&self, ctx: &Context<'_>) -> Option<&str> {
        is_insider(ctx_of(ctx)).then_some(self.0.order_prefix.as_str())
    }

    /// Public metadata.
    async fn metadata(&self) -> Vec<MetadataEntry> {
        metadata(&self.0.metadata)
    }

    /// Metadata for staff and apps; empty for customers.
    async fn private_metadata(&self, ctx: &Context<'_>) -> Vec<MetadataEntry> {
        if is_insider(ctx_of(ctx)) { metadata(&self.0.private_metadata) } else { Vec::new() }
    }

    /// Grows with each change; send it as `expectedVersion` to change only what you saw.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

crate::connection!(ChannelConnection, ChannelEdge, Channel, "channels");

impl Loader<ChannelId> for Rows {
    type Value = Channel;
    type Error = Error;

    async fn load(&self, keys: &[ChannelId]) -> Result<HashMap<ChannelId, Channel>> {
        let rows = domain::channel::query::by_ids(&self.ctx.db(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Channel(row))).collect())
    }
}

/// A channel that a row refers to; a foreign key says that it exists.
pub async fn channel_of(ctx: &Context<'_>, key: ChannelId) -> Result<Channel> {
    load(ctx, key).await?.ok_or_else(|| Error::Bug(format!("{key} does not exist")))
}
