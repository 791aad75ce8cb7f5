//! Locations, their opening hours and the tills that stand in them.

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::location::{self, GeoPoint, hours};
use domain::{Actor, Ctx, Error, ErrorCode, Result};
use entity::id::{ChannelId, LocationId, RegisterId};
use entity::opening_hours::OpenPeriod;
use entity::words::{LocationKind, PickupStockPolicy};
use std::collections::HashMap;

use super::address::Address;
use super::channel::Channel;
use crate::context::ctx_of;
use crate::loader::{Rows, load};
use crate::metadata::{MetadataEntry, metadata};
use crate::scalar::{Date, Decimal, LocalTime, TimeZone, id};
use crate::word::Word;

/// A location.
#[derive(Clone, Debug)]
pub struct Location(pub entity::location::Model);

impl From<entity::location::Model> for Location {
    fn from(row: entity::location::Model) -> Self {
        Self(row)
    }
}

/// Whether the viewer works here: some settings are nobody else's business.
pub(crate) const fn is_insider(ctx: &Ctx) -> bool {
    matches!(ctx.actor, Actor::Staff { .. } | Actor::App { .. } | Actor::System | Actor::Device(_))
}

/// A place that holds stock: a store, a warehouse or a partner.
#[Object]
impl Location {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Stable name.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name in the language of the request.
    async fn name(&self, ctx: &Context<'_>) -> &str {
        location::query::name_in(&self.0, &ctx_of(ctx).locale)
    }

    /// What kind of place.
    async fn kind(&self) -> Word<LocationKind> {
        Word(self.0.kind)
    }

    /// Where it is.
    async fn address(&self) -> Address {
        Address(self.0.address.clone())
    }

    /// Where it is on the map; null when nobody entered it.
    async fn point(&self) -> Option<MapPoint> {
        GeoPoint::of(&self.0).map(MapPoint::from)
    }

    /// Great-circle distance from a point in meters; null when the location has no point.
    async fn distance_meters(
        &self,
        #[graphql(desc = "The point to measure from.")] from: MapPointInput,
    ) -> Result<Option<i64>> {
        let from = from.point("from")?;
        Ok(GeoPoint::of(&self.0).map(|point| location::distance_meters(from, point)))
    }

    /// The time zone of its opening hours.
    async fn time_zone(&self) -> TimeZone {
        TimeZone(location::query::time_zone(&self.0))
    }

    /// Weekly opening hours and exceptions, in local time.
    async fn opening_hours(&self) -> OpeningHours {
        OpeningHours(self.0.opening_hours.clone())
    }

    /// Whether it is open now.
    async fn open_now(&self, ctx: &Context<'_>) -> bool {
        hours::is_open(&self.0.opening_hours, location::query::time_zone(&self.0), ctx_of(ctx).now())
    }

    /// When it opens next: now when it is open; null when it stays closed for over a year.
    async fn next_opening(&self, ctx: &Context<'_>) -> Option<DateTime<Utc>> {
        hours::next_opening(&self.0.opening_hours, location::query::time_zone(&self.0), ctx_of(ctx).now())
    }

    /// When it closes; null when it is closed.
    async fn closes_at(&self, ctx: &Context<'_>) -> Option<DateTime<Utc>> {
        hours::closes_at(&self.0.opening_hours, location::query::time_zone(&self.0), ctx_of(ctx).now())
    }

    /// Whether it ships online orders.
    async fn fulfills_online(&self) -> bool {
        self.0.fulfills_online
    }

    /// Whether customers may collect here.
    async fn pickup_enabled(&self) -> bool {
        self.0.pickup_enabled
    }

    /// Which stock a pickup may promise.
    async fn pickup_stock_policy(&self) -> Word<PickupStockPolicy> {
        Word(self.0.pickup_stock_policy)
    }

    /// How long a pickup takes to prepare, in opening minutes.
    async fn pickup_ready_minutes(&self) -> i32 {
        self.0.pickup_ready_minutes
    }

    /// Whether goods may come back here.
    async fn accepts_returns(&self) -> bool {
        self.0.accepts_returns
    }

    /// Whether it takes part at all.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Most orders that are routed here per local day; null without limit and for customers.
    async fn daily_order_limit(&self, ctx: &Context<'_>) -> Option<i32> {
        self.0.daily_order_limit.filter(|_| is_insider(ctx_of(ctx)))
    }

    /// Buffer kept back from the first stock that is received of a variant; null for customers.
    async fn default_safety_stock(&self, ctx: &Context<'_>) -> Option<i64> {
        is_insider(ctx_of(ctx)).then_some(self.0.default_safety_stock)
    }

    /// Id in another system; null for customers.
    async fn external_reference(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.external_reference.as_deref().filter(|_| is_insider(ctx_of(ctx)))
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

crate::connection!(LocationConnection, LocationEdge, Location, "locations");

impl Loader<LocationId> for Rows {
    type Value = Location;
    type Error = Error;

    async fn load(&self, keys: &[LocationId]) -> Result<HashMap<LocationId, Location>> {
        let rows = location::query::by_ids(&self.ctx.db(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Location(row))).collect())
    }
}

/// A location that a row refers to; a foreign key says that it exists.
pub async fn location_of(ctx: &Context<'_>, key: LocationId) -> Result<Location> {
    load(ctx, key).await?.ok_or_else(|| Error::Bug(format!("{key} does not exist")))
}

/// A point on the map (WGS 84).
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct MapPoint {
    /// Degrees north.
    pub latitude: Decimal,
    /// Degrees east.
    pub longitude: Decimal,
}

impl From<GeoPoint> for MapPoint {
    fn from(point: GeoPoint) -> Self {
        let degrees = |e6: i32| Decimal(rust_decimal::Decimal::new(i64::from(e6), 6).normalize());
        Self { latitude: degrees(point.latitude_e6), longitude: degrees(point.longitude_e6) }
    }
}

/// A point on the map (WGS 84), with at most six decimals that count.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct MapPointInput {
    /// Degrees north, −90 to 90.
    pub latitude: Decimal,
    /// Degrees east, −180 to 180.
    pub longitude: Decimal,
}

impl MapPointInput {
    /// As the domain has it; more decimals than six are rounded. Error: `INVALID` at `path` for a point not on Earth.
    pub fn point(&self, path: &str) -> Result<GeoPoint> {
        let e6 = |degrees: rust_decimal::Decimal| {
            degrees
                .checked_mul(rust_decimal::Decimal::from(1_000_000))
                .and_then(|scaled| i32::try_from(scaled.round()).ok())
                .ok_or_else(|| Error::invalid(ErrorCode::Invalid, path))
        };
        let point = GeoPoint { latitude_e6: e6(self.latitude.0)?, longitude_e6: e6(self.longitude.0)? };
        if point.is_valid() { Ok(point) } else { Err(Error::invalid(ErrorCode::Invalid, path)) }
    }
}

/// When a location is open.
#[derive(Clone, Debug)]
pub struct OpeningHours(pub entity::opening_hours::OpeningHours);

/// When a location is open, in its local time.
#[Object]
impl OpeningHours {
    /// The seven days from Monday; empty when it never opens to the public.
    async fn week(&self) -> Vec<OpeningDay> {
        self.0.week.iter().map(|periods| OpeningDay { periods: shown(periods) }).collect()
    }

    /// Dates that differ from the week, by date.
    async fn exceptions(&self) -> Vec<OpeningException> {
        let shown = |exception: &entity::opening_hours::HoursException| OpeningException {
            on: Date(exception.on),
            periods: shown(&exception.periods),
            note: exception.note.clone(),
        };
        self.0.exceptions.iter().map(shown).collect()
    }
}

fn shown(periods: &[OpenPeriod]) -> Vec<OpeningPeriod> {
    periods
        .iter()
        .map(|period| OpeningPeriod { opens: LocalTime(period.opens), closes: LocalTime(period.closes) })
        .collect()
}

/// A day of the week.
#[derive(Clone, Debug, SimpleObject)]
pub struct OpeningDay {
    /// When it is open; empty is closed.
    pub periods: Vec<OpeningPeriod>,
}

/// A stretch of a day. Closing at or before opening means on the next day.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct OpeningPeriod {
    /// Local time at which it opens.
    pub opens: LocalTime,
    /// Local time at which it closes.
    pub closes: LocalTime,
}

/// A date that differs from the week.
#[derive(Clone, Debug, SimpleObject)]
pub struct OpeningException {
    /// The local date.
    pub on: Date,
    /// When it is open; empty is closed.
    pub periods: Vec<OpeningPeriod>,
    /// What to tell people.
    pub note: String,
}

/// A till.
#[derive(Clone, Debug)]
pub struct Register(pub entity::register::Model);

impl From<entity::register::Model> for Register {
    fn from(row: entity::register::Model) -> Self {
        Self(row)
    }
}

/// A till: where sales are rung up.
#[Object]
impl Register {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Stable name.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name shown to staff.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where it stands.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.location_id).await
    }

    /// The channel it sells for.
    async fn channel(&self, ctx: &Context<'_>) -> Result<Channel> {
        super::channel::channel_of(ctx, self.0.channel_id).await
    }

    /// Number of the last receipt; 0 before the first.
    async fn last_receipt_number(&self) -> i64 {
        self.0.last_receipt_number
    }

    /// Whether it may sell.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

crate::connection!(RegisterConnection, RegisterEdge, Register, "tills");

impl Loader<RegisterId> for Rows {
    type Value = Register;
    type Error = Error;

    async fn load(&self, keys: &[RegisterId]) -> Result<HashMap<RegisterId, Register>> {
        let rows = location::register::by_ids(&self.ctx.db(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Register(row))).collect())
    }
}

/// Key of the locations that serve a channel, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocationsOf(pub ChannelId);

impl Loader<LocationsOf> for Rows {
    type Value = Vec<Location>;
    type Error = Error;

    async fn load(&self, keys: &[LocationsOf]) -> Result<HashMap<LocationsOf, Vec<Location>>> {
        let channels: Vec<ChannelId> = keys.iter().map(|key| key.0).collect();
        let links = domain::channel::query::location_links(&self.ctx.db(), &channels).await?;
        let ids: Vec<LocationId> = links.iter().map(|link| link.location_id).collect();
        let rows = location::query::by_ids(&self.ctx.db(), &ids).await?;
        let rows: HashMap<LocationId, Location> = rows.into_iter().map(|row| (row.id, Location(row))).collect();
        let insider = is_insider(&self.ctx);
        let mut served: HashMap<LocationsOf, Vec<Location>> = keys.iter().map(|key| (*key, Vec::new())).collect();
        for link in links {
            if let Some(location) = rows.get(&link.location_id).filter(|location| insider || location.0.active) {
                served.entry(LocationsOf(link.channel_id)).or_default().push(location.clone());
            }
        }
        Ok(served)
    }
}
