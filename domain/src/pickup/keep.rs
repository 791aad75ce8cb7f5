//! Until when goods wait in a store, and when people may be written to: pure.

use chrono::{DateTime, Days, TimeDelta, Timelike, Utc};
use entity::location;

use crate::location::{hours, query::time_zone};

/// No mail that can wait goes out from this hour of the store's day on…
const QUIET_FROM: u32 = 21;
/// …until this one.
const QUIET_UNTIL: u32 = 8;
/// How far ahead a closing time is looked for when the store is closed on the day.
const HORIZON_DAYS: u64 = 30;

/// When `days` after an instant end: at closing time of that day in the store's zone; on a day on which it does not open,
/// at closing time of the next day on which it does.
#[must_use]
pub fn until(store: &location::Model, from: DateTime<Utc>, days: u64) -> DateTime<Utc> {
    let zone = time_zone(store);
    let first = hours::local_date(zone, from).checked_add_days(Days::new(days));
    let closing = |ahead| {
        let date = first?.checked_add_days(Days::new(ahead))?;
        hours::last_closing_on(&store.opening_hours, zone, date).filter(|closing| *closing > from)
    };
    let plain = from + TimeDelta::days(i64::try_from(days).unwrap_or(0).max(1));
    (0..HORIZON_DAYS).find_map(closing).unwrap_or(plain)
}

/// Whether it is a time at which nobody wants to be written to, in the store's zone.
#[must_use]
pub fn is_quiet(store: &location::Model, at: DateTime<Utc>) -> bool {
    let hour = at.with_timezone(&time_zone(store)).hour();
    !(QUIET_UNTIL..QUIET_FROM).contains(&hour)
}
