//! Creating and changing a channel.

use std::collections::{BTreeMap, BTreeSet};

use entity::channel::{self, Model};
use entity::id::{ChannelId, LocationId};
use entity::money::Currency;
use entity::words::{CaptureMode, ChannelKind, TaxRounding};
use entity::{cart, channel_location, location, order, price};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;

use super::{invoice_number, query};
use crate::kernel::event::NewEvent;
use crate::kernel::text::Texts;
use crate::kernel::upsert::{self, Wanted};
use crate::kernel::{code, country, language, metadata, revision, text, version};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Scope, Tx};

/// Most locations of a channel.
const MAX_LOCATIONS: usize = 1_000;
/// Longest instructions of one language, in characters.
const INSTRUCTIONS: usize = 1_000;

/// A channel as it should be. Everything is replaced, except what says that it may be left out.
#[derive(Debug, Clone)]
pub struct UpsertChannel {
    /// Which one to change; without it the one of this code, else a new one.
    pub id: Option<ChannelId>,
    /// Only if it still has this version.
    pub expected_version: Option<i32>,
    /// Stable name, sent as `X-Channel`.
    pub code: String,
    /// Name shown to people.
    pub name: String,
    /// What kind of channel.
    pub kind: ChannelKind,
    /// Currency of all its prices; never changes once it has prices, carts or orders.
    pub currency: Currency,
    /// Language when the client names none (BCP 47).
    pub default_locale: String,
    /// ISO 3166-1 alpha-2 country whose tax applies.
    pub tax_country: String,
    /// Whether prices are shown and kept with tax; fixed like the currency.
    pub prices_include_tax: bool,
    /// How tax is rounded.
    pub tax_rounding: TaxRounding,
    /// Legal seller on receipts and mails.
    pub seller_name: String,
    /// Address on receipts and mails.
    pub seller_address: String,
    /// Japan: `T` and 13 digits.
    pub invoice_registration_number: Option<String>,
    /// Sender address of mails.
    pub mail_from: String,
    /// Begins every order number: at most 12 letters, digits and hyphens.
    pub order_prefix: String,
    /// How long checkout keeps stock: 1 to 1,440 minutes.
    pub hold_minutes: i32,
    /// Whether it sells.
    pub active: bool,
    /// The locations that may serve it, first choice first; as they were when left out.
    pub locations: Option<Vec<LocationId>>,
    /// Public metadata; as it was when left out.
    pub metadata: Option<BTreeMap<String, String>>,
    /// Metadata for staff and apps; as it was when left out.
    pub private_metadata: Option<BTreeMap<String, String>>,
    /// When reserved money is taken; as it was when left out.
    pub capture_mode: Option<CaptureMode>,
    /// Hours until an order that is paid later is canceled, 1 to 2,160; as it was when left out.
    pub pay_within_hours: Option<i32>,
    /// How to pay what is paid later, by language (BCP 47); as it was when left out.
    pub payment_instructions: Option<Texts>,
}

/// Creates or changes a channel. A change that changes nothing keeps the version.
///
/// Errors: `FORBIDDEN` (creating needs the permission everywhere), `NOT_FOUND` for the channel or a location,
/// `STALE_VERSION`, `IN_USE` for a currency or tax inclusion that prices, carts or orders rely on, `ALREADY_EXISTS`,
/// and what the checks of each field say.
pub async fn upsert(ctx: &Ctx, input: UpsertChannel) -> Result<Model> {
    let scope = ctx.require(Permission::PlacesWrite)?;
    let input = checked(input)?;
    let (scope, input) = (&scope, &input);
    let written = ctx
        .write(|tx| async move {
            let tx = &tx;
            match find(tx, input, scope).await? {
                Some(old) => change(tx, old, input).await,
                None => create(tx, input, scope).await,
            }
        })
        .await;
    revision::committed_here();
    written
}

/// The channel to change, locked.
async fn find(tx: &Tx, input: &UpsertChannel, scope: &Scope) -> Result<Option<Model>> {
    let wanted = match input.id {
        Some(id) => Wanted::Id(channel::Column::Id.eq(id)),
        None => Wanted::Code(channel::Column::Code.eq(input.code.as_str())),
    };
    upsert::find::<channel::Entity>(tx, "channel", wanted, |channel| scope.covers_channel(Some(channel.id))).await
}

async fn create(tx: &Tx, input: &UpsertChannel, scope: &Scope) -> Result<Model> {
    if !scope.is_everywhere() {
        return Err(Error::Forbidden { permission: Permission::PlacesWrite.as_str() });
    }
    version::check(input.expected_version, 0)?;
    let row = new_row(ChannelId(tx.new_uuid()), tx.now(), input)?;
    channel::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    serve_from(tx, row.id, input.locations.as_deref().unwrap_or_default()).await?;
    tx.event(NewEvent::new("channel_created", "channel", row.id.uuid()).payload(json!({ "code": row.code })));
    // Storefronts keep channels with the catalog.
    revision::bump(tx).await?;
    Ok(row)
}

async fn change(tx: &Tx, old: Model, input: &UpsertChannel) -> Result<Model> {
    version::check(input.expected_version, old.version)?;
    let recounted = old.currency != input.currency || old.prices_include_tax != input.prices_include_tax;
    if recounted && is_used(tx, old.id).await? {
        let path = if old.currency == input.currency { "pricesIncludeTax" } else { "currency" };
        return Err(Error::invalid(ErrorCode::InUse, path));
    }
    let serving: Vec<LocationId> =
        query::location_links(tx, &[old.id]).await?.into_iter().map(|link| link.location_id).collect();
    let moved = input.locations.as_ref().is_some_and(|wanted| *wanted != serving);
    let mut row = with_input(old.clone(), input)?;
    if row == old && !moved {
        return Ok(old);
    }
    row.version += 1;
    row.updated_at = tx.now();
    row.clone().into_active_model().reset_all().update(tx).await?;
    if let Some(locations) = input.locations.as_ref().filter(|_| moved) {
        channel_location::Entity::delete_many().filter(channel_location::Column::ChannelId.eq(row.id)).exec(tx).await?;
        serve_from(tx, row.id, locations).await?;
    }
    let payload = json!({ "code": row.code, "version": row.version });
    tx.event(NewEvent::new("channel_updated", "channel", row.id.uuid()).payload(payload));
    revision::bump(tx).await?;
    Ok(row)
}

/// Whether amounts in the channel's currency exist.
async fn is_used(tx: &Tx, id: ChannelId) -> Result<bool> {
    Ok(price::Entity::find().filter(price::Column::ChannelId.eq(id)).limit(1).one(tx).await?.is_some()
        || cart::Entity::find().filter(cart::Column::ChannelId.eq(id)).limit(1).one(tx).await?.is_some()
        || order::Entity::find().filter(order::Column::ChannelId.eq(id)).limit(1).one(tx).await?.is_some())
}

/// Writes the locations that serve the channel, in their order.
async fn serve_from(tx: &Tx, id: ChannelId, locations: &[LocationId]) -> Result<()> {
    if locations.is_empty() {
        return Ok(());
    }
    let known = location::Entity::find().filter(location::Column::Id.is_in(locations.iter().copied())).all(tx).await?;
    if known.len() != locations.len() {
        return Err(Error::not_found("location"));
    }
    let links = (1..).zip(locations).map(|(priority, location_id)| {
        channel_location::Model { channel_id: id, location_id: *location_id, priority }.into_active_model().reset_all()
    });
    channel_location::Entity::insert_many(links).exec_without_returning(tx).await?;
    Ok(())
}

fn new_row(id: ChannelId, now: chrono::DateTime<chrono::Utc>, input: &UpsertChannel) -> Result<Model> {
    let row = Model {
        id,
        code: String::new(),
        name: String::new(),
        kind: input.kind,
        currency: input.currency,
        default_locale: String::new(),
        tax_country: String::new(),
        prices_include_tax: input.prices_include_tax,
        tax_rounding: input.tax_rounding,
        seller_name: String::new(),
        seller_address: String::new(),
        invoice_registration_number: None,
        mail_from: String::new(),
        order_prefix: String::new(),
        hold_minutes: input.hold_minutes,
        active: input.active,
        metadata: json!({}),
        private_metadata: json!({}),
        version: 1,
        created_at: now,
        updated_at: now,
        capture_mode: entity::words::CaptureMode::AtOrder,
        pay_within_hours: 72,
        discount_limit_ppm: 100_000,
        payment_instructions: json!({}),
    };
    with_input(row, input)
}

fn with_input(row: Model, input: &UpsertChannel) -> Result<Model> {
    let input = input.clone();
    Ok(Model {
        code: input.code,
        name: input.name,
        kind: input.kind,
        currency: input.currency,
        default_locale: input.default_locale,
        tax_country: input.tax_country,
        prices_include_tax: input.prices_include_tax,
        tax_rounding: input.tax_rounding,
        seller_name: input.seller_name,
        seller_address: input.seller_address,
        invoice_registration_number: input.invoice_registration_number,
        mail_from: input.mail_from,
        order_prefix: input.order_prefix,
        hold_minutes: input.hold_minutes,
        active: input.active,
        metadata: metadata::checked_or("metadata", input.metadata, row.metadata)?,
        private_metadata: metadata::checked_or("privateMetadata", input.private_metadata, row.private_metadata)?,
        capture_mode: input.capture_mode.unwrap_or(row.capture_mode),
        pay_within_hours: input.pay_within_hours.unwrap_or(row.pay_within_hours),
        payment_instructions: match &input.payment_instructions {
            Some(texts) => text::by_language("paymentInstructions", texts, INSTRUCTIONS)?,
            None => row.payment_instructions,
        },
        ..row
    })
}

fn checked(input: UpsertChannel) -> Result<UpsertChannel> {
    if !language::is_locale(&input.default_locale) {
        return Err(Error::invalid(ErrorCode::InvalidLocale, "defaultLocale"));
    }
    if !country::is_country(&input.tax_country) {
        return Err(Error::invalid(ErrorCode::InvalidCountry, "taxCountry"));
    }
    if !(1..=1_440).contains(&input.hold_minutes) {
        return Err(Error::invalid(ErrorCode::Invalid, "holdMinutes"));
    }
    if input.pay_within_hours.is_some_and(|hours| !(1..=2_160).contains(&hours)) {
        return Err(Error::invalid(ErrorCode::Invalid, "payWithinHours"));
    }
    check_locations(input.locations.as_deref().unwrap_or_default())?;
    let number = input.invoice_registration_number.as_deref().map(str::trim).filter(|number| !number.is_empty());
    Ok(UpsertChannel {
        code: code::checked("code", &input.code)?,
        name: text::required_line("name", &input.name, text::LINE)?,
        seller_name: text::required_line("sellerName", &input.seller_name, text::LINE)?,
        seller_address: text::line("sellerAddress", &input.seller_address, text::LINE)?,
        invoice_registration_number: number
            .map(|number| invoice_number::checked("invoiceRegistrationNumber", number))
            .transpose()?,
        mail_from: checked_mail(&input.mail_from)?,
        order_prefix: checked_prefix(&input.order_prefix)?,
        ..input
    })
}

fn check_locations(locations: &[LocationId]) -> Result<()> {
    if locations.len() > MAX_LOCATIONS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "locationIds", vec![("max", MAX_LOCATIONS.to_string())]));
    }
    let distinct: BTreeSet<&LocationId> = locations.iter().collect();
    if distinct.len() == locations.len() {
        Ok(())
    } else {
        Err(Error::invalid(ErrorCode::AlreadyExists, "locationIds"))
    }
}

/// A bare address (the addr-spec of RFC 5322 without quoting): mails are built from it, so nothing else may stand in it.
fn checked_mail(address: &str) -> Result<String> {
    let address = text::required_line("mailFrom", address, 254)?;
    let plain = |part: &str, extra: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra.as_bytes().contains(&byte))
    };
    let valid = address.split_once('@').is_some_and(|(local, domain)| {
        plain(local, ".!#$%&'*+/=?^_`{|}~-")
            && plain(domain, ".-")
            && domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
    });
    if valid { Ok(address) } else { Err(Error::invalid(ErrorCode::InvalidEmail, "mailFrom")) }
}

fn checked_prefix(prefix: &str) -> Result<String> {
    let prefix = text::line("orderPrefix", prefix, 12)?;
    let plain = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain { Ok(prefix) } else { Err(Error::invalid(ErrorCode::InvalidText, "orderPrefix")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sender_addresses_are_bare() {
        assert!(["shop@example.com", "no-reply@mail.example.co.jp"].into_iter().all(|mail| checked_mail(mail).is_ok()));
        for mail in [
            "",
            "shop",
            "Shop <shop@example.com>",
            "a@b@c",
            "a@-b.com",
            "a@b..c",
            "a b@c.d",
            "a@b\r\nBcc: x@y.z",
            "@b.c",
            "a@",
        ] {
            assert!(checked_mail(mail).is_err(), "{mail}");
        }
    }

    #[test]
    fn a_location_serves_once() {
        let id = LocationId(uuid::Uuid::from_u128(1));
        assert!(check_locations(&[id]).is_ok());
        assert!(check_locations(&[id, id]).is_err());
    }
}
