//! Offering a way to ship in a channel, or changing one.

use std::collections::BTreeMap;

use entity::id::{ChannelId, ShippingMethodId, ShippingRateId};
use entity::money::Money;
use entity::text_list::TextList;
use entity::words::{Carrier, ShippingRateKind};
use entity::{channel, shipping_method, shipping_rate};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::price::MAX_AMOUNT;
use super::shipping_method::{Method, by_code, by_id};
use crate::kernel::event::NewEvent;
use crate::kernel::{country, language, text};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx, tax};

/// Most weight tiers of a method.
const MAX_TIERS: usize = 100;
/// Longest delivery that can be promised, in days.
const MAX_DAYS: i32 = 365;
/// Longest lead time, in days.
const MAX_LEAD_DAYS: i32 = 60;
/// Most times of day.
const MAX_SLOTS: usize = 24;

/// A way to ship, found by channel and code.
#[derive(Clone, Debug)]
pub struct UpsertShippingMethod {
    /// The channel that offers it.
    pub channel_id: ChannelId,
    /// Stable name in the channel.
    pub code: String,
    /// Name.
    pub name: String,
    /// Names by locale.
    pub translations: BTreeMap<String, String>,
    /// How it is priced.
    pub kind: ShippingRateKind,
    /// The price of `FLAT`; in the channel's currency, with or without tax as the channel says.
    pub amount: Money,
    /// Free when the shipped goods cost at least this.
    pub free_over: Option<Money>,
    /// Tiers of `BY_WEIGHT`: up to and with so many grams, at this price.
    pub tiers: Vec<(i64, Money)>,
    /// ISO 3166-1 alpha-2 codes of where it goes; empty is everywhere.
    pub countries: Vec<String>,
    /// Code of its tax class.
    pub tax_class: String,
    /// Fastest delivery in days.
    pub min_days: i32,
    /// Slowest delivery in days.
    pub max_days: i32,
    /// Place in the list.
    pub position: i32,
    /// Whether it is offered.
    pub active: bool,
    /// Who usually carries it.
    pub carrier: Option<Carrier>,
    /// The carrier's service.
    pub service: Option<String>,
    /// Times of day that may be asked for: `AM`, or hours such as `14-16`.
    pub delivery_slots: Vec<String>,
    /// Days before the first delivery day that may be asked for.
    pub lead_days: i32,
}

/// Offers a way to ship or changes the one with this code. Needs `places.write` for the channel.
/// Errors: `NOT_FOUND` for the channel or tax class, `CURRENCY_MISMATCH`, `INVALID_AMOUNT`, `INVALID_COUNTRY`,
/// `INVALID_LOCALE`, `REQUIRED` without tiers for `BY_WEIGHT`, `INVALID` for tiers or days that make no sense,
/// `TOO_MANY`, and the errors of texts.
pub async fn upsert_shipping_method(ctx: &Ctx, input: UpsertShippingMethod) -> Result<Method> {
    let scope = ctx.require(Permission::PlacesWrite)?;
    if !scope.covers_channel(Some(input.channel_id)) {
        return Err(Error::not_found("channel"));
    }
    let input = &checked(input)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        // The channel's row is the lock: two writers of one code wait for each other.
        let channel = channel::Entity::find_by_id(input.channel_id);
        let channel = sea_orm::QuerySelect::lock(channel, sea_orm::sea_query::LockType::NoKeyUpdate);
        let channel = channel.one(tx).await?.ok_or(Error::not_found("channel"))?;
        check_money(&channel, input)?;
        let class = tax::query::class_by_code(tx, &input.tax_class).await?.ok_or(Error::not_found("tax class"))?;
        let present = by_code(tx, channel.id, &input.code).await?;
        let id = present.as_ref().map_or_else(|| ShippingMethodId(tx.new_uuid()), |method| method.id);
        let row = row(id, input, class.id);
        store(tx, present, &row).await?;
        replace_tiers(tx, id, &input.tiers).await?;
        let facts = json!({ "channel_id": channel.id, "code": row.code, "active": row.active });
        tx.event(NewEvent::new("shipping_method_saved", "shipping_method", id.uuid()).payload(facts));
        by_id(tx, id).await?.ok_or(Error::not_found("shipping method"))
    })
    .await
}

fn checked(input: UpsertShippingMethod) -> Result<UpsertShippingMethod> {
    let mut countries = Vec::with_capacity(input.countries.len());
    for (position, code) in input.countries.iter().enumerate() {
        let code = code.trim().to_ascii_uppercase();
        if !country::is_country(&code) {
            return Err(Error::invalid(ErrorCode::InvalidCountry, format!("countries.{position}")));
        }
        countries.push(code);
    }
    countries.sort_unstable();
    countries.dedup();
    let mut translations = BTreeMap::new();
    for (locale, name) in &input.translations {
        if !language::is_locale(locale) {
            return Err(Error::invalid(ErrorCode::InvalidLocale, "translations"));
        }
        translations.insert(locale.clone(), text::required_line("translations", name, text::LINE)?);
    }
    if input.position < 0 {
        return Err(Error::invalid(ErrorCode::Invalid, "position"));
    }
    if input.min_days < 0 || input.min_days > input.max_days || input.max_days > MAX_DAYS {
        return Err(Error::invalid(ErrorCode::Invalid, "maxDays"));
    }
    if !(0..=MAX_LEAD_DAYS).contains(&input.lead_days) {
        return Err(Error::invalid(ErrorCode::Invalid, "leadDays"));
    }
    let service = input.service.as_deref().map(|service| text::line("service", service, 50)).transpose()?;
    Ok(UpsertShippingMethod {
        code: text::required_line("code", &input.code, 50)?,
        name: text::required_line("name", &input.name, text::LINE)?,
        tax_class: text::required_line("taxClass", &input.tax_class, 50)?,
        tiers: checked_tiers(input.kind, input.tiers)?,
        service: service.filter(|service| !service.is_empty()),
        delivery_slots: checked_slots(&input.delivery_slots)?,
        countries,
        translations,
        ..input
    })
}

/// Times of day, each once, in their order. Error: `INVALID` at `deliverySlots.<position>`.
fn checked_slots(given: &[String]) -> Result<Vec<String>> {
    if given.len() > MAX_SLOTS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "deliverySlots", vec![("max", MAX_SLOTS.to_string())]));
    }
    let mut slots: Vec<String> = Vec::with_capacity(given.len());
    for (position, slot) in given.iter().enumerate() {
        let slot = slot.trim();
        if !is_slot(slot) || slots.iter().any(|before| before == slot) {
            return Err(Error::invalid(ErrorCode::Invalid, format!("deliverySlots.{position}")));
        }
        slots.push(slot.to_owned());
    }
    Ok(slots)
}

/// `AM`, or two hours of a day, the first one earlier.
fn is_slot(text: &str) -> bool {
    let hour = |text: &str| {
        let two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        two.then(|| text.parse::<u8>().ok()).flatten().filter(|hour| *hour <= 24)
    };
    text == "AM"
        || text.split_once('-').is_some_and(|(from, to)| hour(from).zip(hour(to)).is_some_and(|(from, to)| from < to))
}

fn checked_tiers(kind: ShippingRateKind, mut tiers: Vec<(i64, Money)>) -> Result<Vec<(i64, Money)>> {
    if tiers.len() > MAX_TIERS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "tiers", vec![("max", MAX_TIERS.to_string())]));
    }
    match kind {
        ShippingRateKind::ByWeight if tiers.is_empty() => return Err(Error::invalid(ErrorCode::Required, "tiers")),
        ShippingRateKind::Flat if !tiers.is_empty() => return Err(Error::invalid(ErrorCode::Invalid, "tiers")),
        ShippingRateKind::ByWeight | ShippingRateKind::Flat => {}
    }
    tiers.sort_by_key(|(grams, _)| *grams);
    let same = tiers.iter().zip(tiers.iter().skip(1)).any(|((grams, _), (next, _))| grams == next);
    if same || tiers.first().is_some_and(|(grams, _)| *grams < 1) {
        return Err(Error::invalid(ErrorCode::Invalid, "tiers"));
    }
    Ok(tiers)
}

fn check_money(channel: &channel::Model, input: &UpsertShippingMethod) -> Result<()> {
    let tiers = input.tiers.iter().map(|(_, amount)| ("tiers", *amount));
    let amounts = [("amount", Some(input.amount)), ("freeOver", input.free_over)];
    let amounts = amounts.into_iter().filter_map(|(path, amount)| Some((path, amount?)));
    for (path, amount) in amounts.chain(tiers) {
        if amount.currency != channel.currency {
            return Err(Error::invalid(ErrorCode::CurrencyMismatch, path));
        }
        if !(0..=MAX_AMOUNT).contains(&amount.minor) {
            return Err(Error::invalid(ErrorCode::InvalidAmount, path));
        }
    }
    Ok(())
}

fn row(id: ShippingMethodId, input: &UpsertShippingMethod, class: entity::id::TaxClassId) -> shipping_method::Model {
    shipping_method::Model {
        id,
        channel_id: input.channel_id,
        code: input.code.clone(),
        name: input.name.clone(),
        translations: json!(input.translations),
        kind: input.kind,
        amount: input.amount.minor,
        free_over: input.free_over.map(|amount| amount.minor),
        countries: TextList(input.countries.clone()),
        tax_class_id: class,
        min_days: input.min_days,
        max_days: input.max_days,
        position: input.position,
        active: input.active,
        carrier: input.carrier,
        service: input.service.clone(),
        delivery_slots: TextList(input.delivery_slots.clone()),
        lead_days: input.lead_days,
    }
}

async fn store(tx: &Tx, present: Option<shipping_method::Model>, row: &shipping_method::Model) -> Result<()> {
    let mut active = row.clone().into_active_model().reset_all();
    if present.is_none() {
        shipping_method::Entity::insert(active).exec_without_returning(tx).await?;
    } else {
        active.id = ActiveValue::NotSet;
        shipping_method::Entity::update_many()
            .set(active)
            .filter(shipping_method::Column::Id.eq(row.id))
            .exec(tx)
            .await?;
    }
    Ok(())
}

async fn replace_tiers(tx: &Tx, method_id: ShippingMethodId, tiers: &[(i64, Money)]) -> Result<()> {
    shipping_rate::Entity::delete_many().filter(shipping_rate::Column::MethodId.eq(method_id)).exec(tx).await?;
    if tiers.is_empty() {
        return Ok(());
    }
    let rows = tiers.iter().map(|(max_weight_grams, amount)| {
        let id = ShippingRateId(tx.new_uuid());
        let tier = shipping_rate::Model { id, method_id, max_weight_grams: *max_weight_grams, amount: amount.minor };
        tier.into_active_model().reset_all()
    });
    shipping_rate::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}
