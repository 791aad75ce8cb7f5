//! Local times of people, across days on which clocks change.

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use entity::{channel, customer, message_policy};

use crate::messaging::calendar;

/// Reads `HH:MM`.
pub(super) fn time_of_day(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| text.len() == 5)
}

/// Where somebody lives: as the person says, else by the calendar of the shop.
pub(super) fn zone(
    customer: Option<&customer::Model>,
    policy: Option<&message_policy::Model>,
    channel: Option<&channel::Model>,
) -> Tz {
    let named = customer.and_then(|customer| customer.time_zone.as_deref()).and_then(|name| name.parse().ok());
    named.unwrap_or_else(|| calendar::zone(policy, None, channel))
}

/// The next moment at which it is so late in a zone, `from` included.
pub(super) fn next(zone: Tz, at: NaiveTime, from: DateTime<Utc>) -> DateTime<Utc> {
    let today = from.with_timezone(&zone).date_naive();
    let on = |ahead: u64| Some(instant(zone, today.checked_add_days(Days::new(ahead))?, at));
    (0..3).filter_map(on).find(|moment| *moment >= from).unwrap_or(from)
}

/// The moment of a local time; one that a change of clocks skips is an hour later, one that comes twice is the first.
pub(super) fn instant(zone: Tz, date: NaiveDate, at: NaiveTime) -> DateTime<Utc> {
    let local = NaiveDateTime::new(date, at);
    match zone.from_local_datetime(&local) {
        LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => moment.to_utc(),
        LocalResult::None => match zone.from_local_datetime(&(local + TimeDelta::hours(1))) {
            LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => moment.to_utc(),
            LocalResult::None => local.and_utc(),
        },
    }
}

/// The same day in another year; the 29th of February is the 28th where there is none.
pub(super) fn day_in(year: i32, day: NaiveDate) -> Option<NaiveDate> {
    use chrono::Datelike;
    day.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 2, 28))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    #[test]
    fn the_next_morning_is_where_the_person_lives() {
        let ten = time_of_day("10:00").expect("a time");
        let tokyo = Tz::Asia__Tokyo;
        assert_eq!(next(tokyo, ten, utc("2026-11-21T00:59:59Z")), utc("2026-11-21T01:00:00Z"));
        assert_eq!(next(tokyo, ten, utc("2026-11-21T01:00:00Z")), utc("2026-11-21T01:00:00Z"));
        assert_eq!(next(tokyo, ten, utc("2026-11-21T01:00:01Z")), utc("2026-11-22T01:00:00Z"));
        // Clocks go forward over 02:30 and come back over it.
        let berlin: Tz = Tz::Europe__Berlin;
        let half_past_two = time_of_day("02:30").expect("a time");
        assert_eq!(next(berlin, half_past_two, utc("2026-03-29T00:00:00Z")), utc("2026-03-29T01:30:00Z"));
        assert_eq!(next(berlin, half_past_two, utc("2026-10-24T23:00:00Z")), utc("2026-10-25T00:30:00Z"));
        assert_eq!(time_of_day("9:00"), None);
        assert_eq!(time_of_day("24:00"), None);
    }

    #[test]
    fn leap_days_are_kept_on_the_28th() {
        let day = NaiveDate::from_ymd_opt(2000, 2, 29).expect("a day");
        assert_eq!(day_in(2026, day), NaiveDate::from_ymd_opt(2026, 2, 28));
        assert_eq!(day_in(2028, day), NaiveDate::from_ymd_opt(2028, 2, 29));
    }
}
