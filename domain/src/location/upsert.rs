//! Creating and changing a location.

use std::collections::BTreeMap;

use entity::address::Address;
use entity::id::LocationId;
use entity::location::{self, Model};
use entity::opening_hours::OpeningHours;
use entity::words::{LocationKind, PickupStockPolicy};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use super::distance::GeoPoint;
use super::{hours, query};
use crate::kernel::event::NewEvent;
use crate::kernel::upsert::{self, Wanted};
use crate::kernel::{code, country, language, metadata, text, version};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Scope, Tx};

/// Longest preparation time: 30 days of opening minutes.
const MAX_READY_MINUTES: i32 = 43_200;
/// Most translated names.
const MAX_TRANSLATIONS: usize = 50;

/// A location as it should be. Everything is replaced, except metadata that is left out.
#[derive(Debug, Clone)]
pub struct UpsertLocation {
    /// Which one to change; without it the one of this code, else a new one.
    pub id: Option<LocationId>,
    /// Only if it still has this version.
    pub expected_version: Option<i32>,
    /// Stable name.
    pub code: String,
    /// Name shown to people.
    pub name: String,
    /// Names by locale (BCP 47).
    pub translations: BTreeMap<String, String>,
    /// What kind of place.
    pub kind: LocationKind,
    /// Where it is; the country is needed.
    pub address: Address,
    /// Where it is on the map.
    pub point: Option<GeoPoint>,
    /// IANA name.
    pub time_zone: String,
    /// Weekly hours and exceptions.
    pub opening_hours: OpeningHours,
    /// Whether it may ship online orders.
    pub fulfills_online: bool,
    /// Whether customers may collect here; needs opening hours.
    pub pickup_enabled: bool,
    /// Which stock a pickup may promise.
    pub pickup_stock_policy: PickupStockPolicy,
    /// Preparation time in opening minutes.
    pub pickup_ready_minutes: i32,
    /// Whether goods may come back here.
    pub accepts_returns: bool,
    /// Most orders routed here per local day.
    pub daily_order_limit: Option<i32>,
    /// Buffer kept back from the first stock that is received of a variant.
    pub default_safety_stock: i64,
    /// Whether it takes part at all.
    pub active: bool,
    /// Id in another system.
    pub external_reference: Option<String>,
    /// Public metadata; as it was when left out.
    pub metadata: Option<BTreeMap<String, String>>,
    /// Metadata for staff and apps; as it was when left out.
    pub private_metadata: Option<BTreeMap<String, String>>,
}

/// Creates or changes a location. A change that changes nothing keeps the version.
///
/// Errors: `FORBIDDEN` (creating needs the permission everywhere), `NOT_FOUND`, `STALE_VERSION`, `ALREADY_EXISTS` for a
/// code or external reference of another one, and what the checks of each field say.
pub async fn upsert(ctx: &Ctx, input: UpsertLocation) -> Result<Model> {
    let scope = ctx.require(Permission::PlacesWrite)?;
    let input = checked(input)?;
    let (scope, input) = (&scope, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        match find(tx, input, scope).await? {
            Some(old) => change(tx, old, input).await,
            None => create(tx, input, scope).await,
        }
    })
    .await
}

/// The location to change, locked.
async fn find(tx: &Tx, input: &UpsertLocation, scope: &Scope) -> Result<Option<Model>> {
    let wanted = match input.id {
        Some(id) => Wanted::Id(location::Column::Id.eq(id)),
        None => Wanted::Code(location::Column::Code.eq(input.code.as_str())),
    };
    upsert::find::<location::Entity>(tx, "location", wanted, |location| scope.allows_location(location.id)).await
}

async fn create(tx: &Tx, input: &UpsertLocation, scope: &Scope) -> Result<Model> {
    if scope.locations().is_some() {
        return Err(Error::Forbidden { permission: Permission::PlacesWrite.as_str() });
    }
    version::check(input.expected_version, 0)?;
    let now = tx.now();
    let row = with_input(blank(LocationId(tx.new_uuid()), now), input)?;
    location::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    tx.event(NewEvent::new("location_created", "location", row.id.uuid()).payload(json!({ "code": row.code })));
    Ok(row)
}

async fn change(tx: &Tx, old: Model, input: &UpsertLocation) -> Result<Model> {
    version::check(input.expected_version, old.version)?;
    let mut row = with_input(old.clone(), input)?;
    if row == old {
        return Ok(old);
    }
    row.version += 1;
    row.updated_at = tx.now();
    row.clone().into_active_model().reset_all().update(tx).await?;
    let payload = json!({ "code": row.code, "version": row.version });
    tx.event(NewEvent::new("location_updated", "location", row.id.uuid()).payload(payload));
    Ok(row)
}

/// Days for which a ready pickup waits, unless the location says otherwise.
const PICKUP_KEEP_DAYS: i32 = 7;

fn blank(id: LocationId, now: chrono::DateTime<chrono::Utc>) -> Model {
    Model {
        id,
        code: String::new(),
        name: String::new(),
        translations: json!({}),
        kind: LocationKind::Store,
        address: Address::default(),
        latitude_e6: None,
        longitude_e6: None,
        time_zone: String::new(),
        opening_hours: OpeningHours::default(),
        fulfills_online: false,
        pickup_enabled: false,
        pickup_stock_policy: PickupStockPolicy::Local,
        pickup_ready_minutes: 0,
        accepts_returns: false,
        daily_order_limit: None,
        default_safety_stock: 0,
        active: true,
        external_reference: None,
        metadata: json!({}),
        private_metadata: json!({}),
        version: 1,
        created_at: now,
        updated_at: now,
        pickup_keep_days: PICKUP_KEEP_DAYS,
    }
}

fn with_input(row: Model, input: &UpsertLocation) -> Result<Model> {
    let input = input.clone();
    let translations: serde_json::Map<String, Value> =
        input.translations.into_iter().map(|(locale, name)| (locale, json!({ "name": name }))).collect();
    Ok(Model {
        code: input.code,
        name: input.name,
        translations: Value::Object(translations),
        kind: input.kind,
        address: input.address,
        latitude_e6: input.point.map(|point| point.latitude_e6),
        longitude_e6: input.point.map(|point| point.longitude_e6),
        time_zone: input.time_zone,
        opening_hours: input.opening_hours,
        fulfills_online: input.fulfills_online,
        pickup_enabled: input.pickup_enabled,
        pickup_stock_policy: input.pickup_stock_policy,
        pickup_ready_minutes: input.pickup_ready_minutes,
        accepts_returns: input.accepts_returns,
        daily_order_limit: input.daily_order_limit,
        default_safety_stock: input.default_safety_stock,
        active: input.active,
        external_reference: input.external_reference,
        metadata: metadata::checked_or("metadata", input.metadata, row.metadata)?,
        private_metadata: metadata::checked_or("privateMetadata", input.private_metadata, row.private_metadata)?,
        ..row
    })
}

fn checked(input: UpsertLocation) -> Result<UpsertLocation> {
    let time_zone: chrono_tz::Tz =
        input.time_zone.trim().parse().map_err(|_| Error::invalid(ErrorCode::Invalid, "timeZone"))?;
    let opening_hours = hours::checked("openingHours", input.opening_hours)?;
    check_numbers(&input.point, input.pickup_ready_minutes, input.daily_order_limit, input.default_safety_stock)?;
    let never_opens = opening_hours.week.iter().all(Vec::is_empty);
    if input.pickup_enabled && never_opens {
        return Err(Error::invalid(ErrorCode::Required, "openingHours"));
    }
    // The point of the address speaks for a location that names none of its own.
    let point = input.point.or(GeoPoint::of_address(&input.address));
    Ok(UpsertLocation {
        point,
        code: code::checked("code", &input.code)?,
        name: text::required_line("name", &input.name, text::LINE)?,
        translations: checked_translations(input.translations)?,
        address: checked_address(input.address)?,
        time_zone: time_zone.name().to_owned(),
        opening_hours,
        external_reference: code::external_reference("externalReference", input.external_reference.as_deref())?,
        ..input
    })
}

fn check_numbers(point: &Option<GeoPoint>, ready_minutes: i32, daily_limit: Option<i32>, safety: i64) -> Result<()> {
    let rules = [
        (point.is_none_or(GeoPoint::is_valid), "point"),
        ((0..=MAX_READY_MINUTES).contains(&ready_minutes), "pickupReadyMinutes"),
        (daily_limit.is_none_or(|limit| limit >= 0), "dailyOrderLimit"),
        ((0..=1_000_000).contains(&safety), "defaultSafetyStock"),
    ];
    match rules.into_iter().find(|(holds, _)| !holds) {
        Some((_, path)) => Err(Error::invalid(ErrorCode::Invalid, path)),
        None => Ok(()),
    }
}

fn checked_translations(translations: BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    if translations.len() > MAX_TRANSLATIONS {
        return Err(Error::invalid_with(
            ErrorCode::TooMany,
            "translations",
            vec![("max", MAX_TRANSLATIONS.to_string())],
        ));
    }
    translations
        .into_iter()
        .map(|(locale, name)| {
            if !language::is_locale(&locale) {
                return Err(Error::invalid(ErrorCode::InvalidLocale, "translations"));
            }
            Ok((locale, text::required_line("translations", &name, text::LINE)?))
        })
        .collect()
}

/// A location's address: a known country, clean lines. Which parts a country needs for parcels does not matter here.
fn checked_address(address: Address) -> Result<Address> {
    if !country::is_country(&address.country) {
        return Err(Error::invalid(ErrorCode::InvalidCountry, "address.country"));
    }
    if !GeoPoint::is_sound_in(&address) {
        return Err(Error::invalid(ErrorCode::Invalid, "address.point"));
    }
    let clean = |part: &str, text: &str| text::line(&format!("address.{part}"), text, text::LINE);
    Ok(Address {
        family_name: clean("familyName", &address.family_name)?,
        given_name: clean("givenName", &address.given_name)?,
        family_name_kana: clean("familyNameKana", &address.family_name_kana)?,
        given_name_kana: clean("givenNameKana", &address.given_name_kana)?,
        company: clean("company", &address.company)?,
        postal_code: clean("postalCode", &address.postal_code)?,
        region: clean("region", &address.region)?,
        city: clean("city", &address.city)?,
        line1: clean("line1", &address.line1)?,
        line2: clean("line2", &address.line2)?,
        phone: clean("phone", &address.phone)?,
        country: address.country,
        // Where a location is stands beside its address.
        latitude_e6: None,
        longitude_e6: None,
    })
}

/// The location of an id for someone whose permission reaches it. Error: `NOT_FOUND`.
pub async fn visible(db: &impl sea_orm::ConnectionTrait, id: LocationId, scope: &Scope) -> Result<Model> {
    query::by_id(db, id)
        .await?
        .filter(|location| scope.allows_location(location.id))
        .ok_or(Error::not_found("location"))
}
