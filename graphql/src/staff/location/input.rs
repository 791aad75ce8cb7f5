//! What a client says of a location.

use async_graphql::{ID, InputObject};
use domain::Result;
use domain::location::UpsertLocation;
use entity::opening_hours::{HoursException, OpenPeriod, OpeningHours};
use entity::words::{LocationKind, PickupStockPolicy};

use crate::metadata::{MetadataInput, entries};
use crate::node::address::AddressInput;
use crate::node::map_point::MapPointInput;
use crate::scalar::{Date, LocalTime, Locale, TimeZone, parse_optional_id};
use crate::word::Word;

/// A location as it should be. Everything is replaced, except metadata that is left out.
#[derive(Clone, Debug, InputObject)]
pub struct LocationUpsertInput {
    /// Which one to change; without it the one of this code, else a new one.
    pub id: Option<ID>,
    /// Only if it still has this version.
    pub expected_version: Option<i32>,
    /// Stable name: letters, digits, `.`, `_` and `-`, at most 64.
    pub code: String,
    /// Name shown to people.
    pub name: String,
    /// The name in other languages.
    #[graphql(default)]
    pub translations: Vec<LocationNameInput>,
    /// What kind of place.
    pub kind: Word<LocationKind>,
    /// Where it is; the country is needed.
    pub address: AddressInput,
    /// Where it is on the map.
    pub point: Option<MapPointInput>,
    /// The time zone of its opening hours.
    pub time_zone: TimeZone,
    /// Weekly opening hours and exceptions; left out it never opens to the public.
    #[graphql(default)]
    pub opening_hours: OpeningHoursInput,
    /// Whether it ships online orders.
    #[graphql(default)]
    pub fulfills_online: bool,
    /// Whether customers may collect here; needs opening hours.
    #[graphql(default)]
    pub pickup_enabled: bool,
    /// Which stock a pickup may promise; `LOCAL` when left out.
    pub pickup_stock_policy: Option<Word<PickupStockPolicy>>,
    /// How long a pickup takes to prepare, in opening minutes.
    #[graphql(default = 60)]
    pub pickup_ready_minutes: i32,
    /// Whether goods may come back here.
    #[graphql(default)]
    pub accepts_returns: bool,
    /// Most orders that are routed here per local day; no limit when left out.
    pub daily_order_limit: Option<i32>,
    /// Buffer kept back from the first stock that is received of a variant.
    #[graphql(default)]
    pub default_safety_stock: i64,
    /// Whether it takes part at all.
    #[graphql(default = true)]
    pub active: bool,
    /// Id in another system.
    pub external_reference: Option<String>,
    /// Public metadata; as it was when left out.
    pub metadata: Option<Vec<MetadataInput>>,
    /// Metadata for staff and apps; as it was when left out.
    pub private_metadata: Option<Vec<MetadataInput>>,
}

/// A name in another language.
#[derive(Clone, Debug, InputObject)]
pub struct LocationNameInput {
    /// The language.
    pub locale: Locale,
    /// The name.
    pub name: String,
}

/// When a location is open, in its local time.
#[derive(Clone, Debug, Default, InputObject)]
pub struct OpeningHoursInput {
    /// The seven days from Monday, or none.
    #[graphql(default)]
    pub week: Vec<OpeningDayInput>,
    /// Dates that differ from the week.
    #[graphql(default)]
    pub exceptions: Vec<OpeningExceptionInput>,
}

/// A day of the week.
#[derive(Clone, Debug, InputObject)]
pub struct OpeningDayInput {
    /// When it is open; empty is closed.
    #[graphql(default)]
    pub periods: Vec<OpeningPeriodInput>,
}

/// A stretch of a day, in whole minutes. Closing at or before opening means on the next day.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct OpeningPeriodInput {
    /// Local time at which it opens.
    pub opens: LocalTime,
    /// Local time at which it closes.
    pub closes: LocalTime,
}

/// A date that differs from the week.
#[derive(Clone, Debug, InputObject)]
pub struct OpeningExceptionInput {
    /// The local date.
    pub on: Date,
    /// When it is open; empty is closed.
    #[graphql(default)]
    pub periods: Vec<OpeningPeriodInput>,
    /// What to tell people.
    #[graphql(default)]
    pub note: String,
}

fn periods(input: Vec<OpeningPeriodInput>) -> Vec<OpenPeriod> {
    input.into_iter().map(|period| OpenPeriod { opens: period.opens.0, closes: period.closes.0 }).collect()
}

impl From<OpeningHoursInput> for OpeningHours {
    fn from(input: OpeningHoursInput) -> Self {
        let exception = |exception: OpeningExceptionInput| HoursException {
            on: exception.on.0,
            periods: periods(exception.periods),
            note: exception.note,
        };
        Self {
            week: input.week.into_iter().map(|day| periods(day.periods)).collect(),
            exceptions: input.exceptions.into_iter().map(exception).collect(),
        }
    }
}

impl LocationUpsertInput {
    pub(super) fn read(self) -> Result<UpsertLocation> {
        let translations = self.translations.into_iter().map(|text| (text.locale.0, text.name)).collect();
        Ok(UpsertLocation {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            expected_version: self.expected_version,
            code: self.code,
            name: self.name,
            translations,
            kind: self.kind.0,
            address: self.address.into(),
            point: self.point.map(|point| point.point("input.point")).transpose()?,
            time_zone: self.time_zone.0.name().to_owned(),
            opening_hours: self.opening_hours.into(),
            fulfills_online: self.fulfills_online,
            pickup_enabled: self.pickup_enabled,
            pickup_stock_policy: self.pickup_stock_policy.map_or(PickupStockPolicy::Local, |policy| policy.0),
            pickup_ready_minutes: self.pickup_ready_minutes,
            accepts_returns: self.accepts_returns,
            daily_order_limit: self.daily_order_limit,
            default_safety_stock: self.default_safety_stock,
            active: self.active,
            external_reference: self.external_reference,
            metadata: entries("input.metadata", self.metadata)?,
            private_metadata: entries("input.privateMetadata", self.private_metadata)?,
        })
    }
}
