//! Channels.

use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use domain::Result;
use domain::channel::{self, UpsertChannel};
use entity::id::ChannelId;
use entity::words::{CaptureMode, ChannelKind, TaxRounding};

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::loader::load;
use crate::metadata::{MetadataInput, entries};
use crate::node::channel::{Channel, ChannelConnection};
use crate::payload;
use crate::scalar::{CountryCode, CurrencyCode, Locale, parse_id, parse_ids, parse_optional_id};
use crate::word::Word;

/// How to find one channel.
#[derive(Clone, Debug, OneofObject)]
pub enum ChannelLookup {
    /// By id.
    Id(ID),
    /// By its stable name.
    Code(String),
}

/// A channel as it should be. Everything is replaced, except what may be left out.
#[derive(Clone, Debug, InputObject)]
pub struct ChannelUpsertInput {
    /// Which one to change; without it the one of this code, else a new one.
    pub id: Option<ID>,
    /// Only if it still has this version.
    pub expected_version: Option<i32>,
    /// Stable name, sent as `X-Channel`: letters, digits, `.`, `_` and `-`, at most 64.
    pub code: String,
    /// Name shown to people.
    pub name: String,
    /// What kind of channel.
    pub kind: Word<ChannelKind>,
    /// Currency of all its prices; never changes once it has prices, carts or orders.
    pub currency_code: CurrencyCode,
    /// Language when the client names none.
    pub default_locale: Locale,
    /// Country whose tax applies.
    pub tax_country: CountryCode,
    /// Whether prices are shown and kept with tax; fixed like the currency.
    pub prices_include_tax: bool,
    /// How tax is rounded; `DOWN` in yen and `HALF_UP` in other currencies when left out.
    pub tax_rounding: Option<Word<TaxRounding>>,
    /// Legal seller on receipts and mails.
    pub seller_name: String,
    /// Address on receipts and mails.
    #[graphql(default)]
    pub seller_address: String,
    /// Registration number of the qualified invoice issuer in Japan: `T` and 13 digits.
    pub invoice_registration_number: Option<String>,
    /// Sender address of mails.
    pub mail_from: String,
    /// What order numbers begin with: at most 12 letters, digits and hyphens.
    #[graphql(default)]
    pub order_prefix: String,
    /// How long checkout keeps stock, 1 to 1,440 minutes.
    #[graphql(default = 15)]
    pub hold_minutes: i32,
    /// Whether it sells.
    #[graphql(default = true)]
    pub active: bool,
    /// The locations that may serve it, first choice first; as they were when left out.
    pub location_ids: Option<Vec<ID>>,
    /// Public metadata; as it was when left out.
    pub metadata: Option<Vec<MetadataInput>>,
    /// Metadata for staff and apps; as it was when left out.
    pub private_metadata: Option<Vec<MetadataInput>>,
    /// When reserved money is taken; as it was when left out, `AT_ORDER` at first.
    pub capture_mode: Option<Word<CaptureMode>>,
    /// Hours until an order that is paid later is canceled, 1 to 2,160; as it was when left out, 72 at first.
    pub pay_within_hours: Option<i32>,
    /// How to pay what is paid later (the bank account and the like), by language; as it was when left out.
    pub payment_instructions: Option<Vec<ChannelTextInput>>,
}

/// A text in a language.
#[derive(Clone, Debug, InputObject)]
pub struct ChannelTextInput {
    /// Language (BCP 47).
    pub locale: String,
    /// The text.
    pub text: String,
}

impl ChannelUpsertInput {
    fn read(self) -> Result<UpsertChannel> {
        let currency = self.currency_code.0;
        let usual = if currency == entity::money::Currency::JPY { TaxRounding::Down } else { TaxRounding::HalfUp };
        Ok(UpsertChannel {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            expected_version: self.expected_version,
            code: self.code,
            name: self.name,
            kind: self.kind.0,
            currency,
            default_locale: self.default_locale.0,
            tax_country: self.tax_country.0,
            prices_include_tax: self.prices_include_tax,
            tax_rounding: self.tax_rounding.map_or(usual, |rounding| rounding.0),
            seller_name: self.seller_name,
            seller_address: self.seller_address,
            invoice_registration_number: self.invoice_registration_number,
            mail_from: self.mail_from,
            order_prefix: self.order_prefix,
            hold_minutes: self.hold_minutes,
            active: self.active,
            locations: self.location_ids.map(|ids| parse_ids(&ids, "input.locationIds")).transpose()?,
            metadata: entries("input.metadata", self.metadata)?,
            private_metadata: entries("input.privateMetadata", self.private_metadata)?,
            capture_mode: self.capture_mode.map(|mode| mode.0),
            pay_within_hours: self.pay_within_hours,
            payment_instructions: self
                .payment_instructions
                .map(|texts| texts.into_iter().map(|text| (text.locale, text.text)).collect()),
        })
    }
}

payload! {
    /// The channel after the change.
    pub struct ChannelPayload {
        /// The channel.
        channel: Channel,
    }
}

/// Queries about channels.
#[derive(Debug, Default)]
pub struct ChannelQuery;

#[Object]
impl ChannelQuery {
    /// One channel; null when there is none.
    async fn channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: ChannelLookup,
    ) -> Result<Option<Channel>> {
        match by {
            ChannelLookup::Id(id) => load(ctx, parse_id::<ChannelId>(&id, "by.id")?).await,
            ChannelLookup::Code(code) => Ok(channel::query::by_code(&ctx_of(ctx).db(), &code).await?.map(Channel)),
        }
    }

    /// All channels, newest first.
    async fn channels(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<ChannelConnection> {
        let request = page_request(first, after, last, before)?;
        let db = ctx_of(ctx).db();
        let page = channel::query::page(&db, None, &request).await?;
        let all = count(db, |db| async move { channel::query::count(&db, None).await });
        Ok(ChannelConnection::new(page.map(Channel), all))
    }
}

/// Changes of channels.
#[derive(Debug, Default)]
pub struct ChannelMutation;

#[Object]
impl ChannelMutation {
    /// Creates a channel or changes it as a whole. Found by id, else by code.
    async fn channel_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The channel as it should be.")] input: ChannelUpsertInput,
    ) -> Result<ChannelPayload> {
        let done = match input.read() {
            Ok(input) => channel::upsert(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ChannelPayload::of(ctx, done)
    }
}
