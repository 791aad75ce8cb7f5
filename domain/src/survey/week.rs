//! Weeks of a place: from Monday to Sunday by its own calendar (ISO 8601).

use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The Monday of a day's week.
pub(super) fn monday(day: NaiveDate) -> NaiveDate {
    let since = u64::from(day.weekday().num_days_from_monday());
    day.checked_sub_days(Days::new(since)).unwrap_or(day)
}

/// The first moment of a day at a place. A midnight that is skipped begins when the clock goes on; of two, the first counts.
pub(super) fn begin(zone: Tz, day: NaiveDate) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN);
    // No zone has ever skipped more than a day (Samoa, 2011-12-30).
    (0..=25 * 4).find_map(|quarters| {
        match zone.from_local_datetime(&midnight.checked_add_signed(TimeDelta::minutes(15 * quarters))?) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
            LocalResult::None => None,
        }
    })
}

/// The Mondays of all weeks that touch the days from `from` to `to`.
pub(super) fn mondays(from: NaiveDate, to: NaiveDate) -> Vec<NaiveDate> {
    let next = |monday: &NaiveDate| monday.checked_add_days(Days::new(7));
    std::iter::successors(Some(monday(from)), next).take_while(|monday| *monday <= to).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn weeks_begin_on_mondays() {
        assert_eq!(monday(day("2026-11-22")), day("2026-11-16"));
        assert_eq!(monday(day("2026-11-23")), day("2026-11-23"));
        // The first week of 2027 begins in 2026.
        assert_eq!(mondays(day("2027-01-01"), day("2027-01-04")), [day("2026-12-28"), day("2027-01-04")]);
    }

    #[test]
    fn days_begin_by_the_calendar_of_the_place() {
        assert_eq!(begin(Tz::Asia__Tokyo, day("2026-11-23")).unwrap().to_rfc3339(), "2026-11-22T15:00:00+00:00");
        // Clocks go forward at 2:00: the day has 23 hours.
        assert_eq!(begin(Tz::Europe__Berlin, day("2026-03-29")).unwrap().to_rfc3339(), "2026-03-28T23:00:00+00:00");
        assert_eq!(begin(Tz::Europe__Berlin, day("2026-03-30")).unwrap().to_rfc3339(), "2026-03-29T22:00:00+00:00");
        // Midnight does not exist: the clock goes from 24:00 to 1:00 (Beirut, 2024-03-31).
        assert_eq!(begin(Tz::Asia__Beirut, day("2024-03-31")).unwrap().to_rfc3339(), "2024-03-30T22:00:00+00:00");
    }
}
