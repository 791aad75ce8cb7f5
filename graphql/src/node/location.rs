//! Locations, alone and as those of a channel.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::location::{self, GeoPoint, hours};
use domain::{Actor, Ctx, Error, Result};
use entity::id::{ChannelId, LocationId};
use entity::words::{LocationKind, PickupStockPolicy};

use super::address::Address;
use super::map_point::{MapPoint, MapPointInput};
use super::opening_hours::OpeningHours;
use crate::context::ctx_of;
use crate::loader::{Rows, load};
use crate::metadata::{MetadataEntry, metadata};
use crate::scalar::{TimeZone, id};
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
    pub async fn id(&self) -> ID {
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
