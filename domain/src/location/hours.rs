//! When a location is open. Hours are local times; answers are instants, right over daylight-saving changes:
//! an opening time that is skipped moves to the end of the gap, one that happens twice counts from its first to its
//! last occurrence.

use std::collections::BTreeSet;

use chrono::{
    DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;
use entity::opening_hours::{OpenPeriod, OpeningHours};

use crate::{Error, ErrorCode, Result};

/// How many days ahead an opening is looked for.
const HORIZON_DAYS: u64 = 400;
/// Most periods of one day.
const MAX_PERIODS: usize = 6;
/// Most exceptions of one location.
const MAX_EXCEPTIONS: usize = 400;
/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// Whether the location is open at an instant. A period is open from its first minute until just before it closes.
#[must_use]
pub fn is_open(hours: &OpeningHours, tz: Tz, at: DateTime<Utc>) -> bool {
    intervals(hours, tz, at).take_while(|(start, _)| *start <= at).any(|(_, end)| at < end)
}

/// The next instant at which it opens: `at` itself when it is open; `None` when it stays closed for over a year.
#[must_use]
pub fn next_opening(hours: &OpeningHours, tz: Tz, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    ready_at(hours, tz, at, 0)
}

/// The end of the period that is open at an instant; `None` when it is closed.
#[must_use]
pub fn closes_at(hours: &OpeningHours, tz: Tz, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    intervals(hours, tz, at)
        .take_while(|(start, _)| *start <= at)
        .filter(|(_, end)| at < *end)
        .map(|(_, end)| end)
        .max()
}

/// When work of so many opening minutes that begins at `from` is done; only minutes count during which it is open.
/// `None` when it does not open enough for over a year. Below zero counts as zero.
#[must_use]
pub fn ready_at(hours: &OpeningHours, tz: Tz, from: DateTime<Utc>, minutes: i32) -> Option<DateTime<Utc>> {
    let mut left = TimeDelta::minutes(i64::from(minutes.max(0)));
    let mut cursor = from;
    for (start, end) in intervals(hours, tz, from) {
        // Periods may touch or overlap where an exception follows a night: no minute counts twice.
        cursor = cursor.max(start);
        if cursor >= end {
            continue;
        }
        let open = end - cursor;
        if left <= open {
            return Some(cursor + left);
        }
        left -= open;
        cursor = end;
    }
    None
}

/// When it closes for the last time on a local date; `None` when it does not open then.
#[must_use]
pub fn last_closing_on(hours: &OpeningHours, tz: Tz, date: NaiveDate) -> Option<DateTime<Utc>> {
    periods_on(hours, date).iter().filter_map(|period| instants(tz, date, *period)).map(|(_, end)| end).max()
}

/// The local date of an instant, by which daily limits count.
#[must_use]
pub fn local_date(tz: Tz, at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&tz).date_naive()
}

/// When the local day of an instant began.
#[must_use]
pub fn start_of_day(tz: Tz, at: DateTime<Utc>) -> DateTime<Utc> {
    instant(tz, local_date(tz, at).and_time(NaiveTime::MIN), false).unwrap_or(at)
}

/// Open stretches from the local day before `from` on, by their begin.
fn intervals(
    hours: &OpeningHours,
    tz: Tz,
    from: DateTime<Utc>,
) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
    let first = local_date(tz, from).checked_sub_days(Days::new(1)).unwrap_or(NaiveDate::MIN);
    (0..HORIZON_DAYS).filter_map(move |day| first.checked_add_days(Days::new(day))).flat_map(move |date| {
        let mut day: Vec<_> = periods_on(hours, date).iter().filter_map(|period| instants(tz, date, *period)).collect();
        day.sort_unstable();
        day
    })
}

/// The periods that begin on a local date.
#[must_use]
pub fn periods_on(hours: &OpeningHours, date: NaiveDate) -> &[OpenPeriod] {
    if let Some(exception) = hours.exceptions.iter().find(|exception| exception.on == date) {
        return &exception.periods;
    }
    let weekday = usize::try_from(date.weekday().num_days_from_monday()).unwrap_or_default();
    hours.week.get(weekday).map_or(&[], Vec::as_slice)
}

fn instants(tz: Tz, date: NaiveDate, period: OpenPeriod) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let closing_day = if period.closes > period.opens { date } else { date.checked_add_days(Days::new(1))? };
    let start = instant(tz, date.and_time(period.opens), false)?;
    let end = instant(tz, closing_day.and_time(period.closes), true)?;
    (start < end).then_some((start, end))
}

/// The instant of a local time; a skipped one moves to the end of the gap.
fn instant(tz: Tz, local: NaiveDateTime, latest: bool) -> Option<DateTime<Utc>> {
    // No zone has ever skipped more than a day (Samoa, 2011-12-30).
    (0..=25 * 60).find_map(|minutes| {
        match tz.from_local_datetime(&(local.checked_add_signed(TimeDelta::minutes(minutes))?)) {
            LocalResult::Single(at) => Some(at.to_utc()),
            LocalResult::Ambiguous(first, last) => Some(if latest { last } else { first }.to_utc()),
            LocalResult::None => None,
        }
    })
}

/// Checks opening hours: no day or all seven, whole minutes, periods that do not overlap (over midnight and from
/// Sunday to Monday too), one exception per date. A period that closes when it opens lasts 24 hours.
/// Errors: `INVALID`, `TOO_MANY`, `INVALID_TEXT`, `TEXT_TOO_LONG` at paths below `path`.
pub fn checked(path: &str, hours: OpeningHours) -> Result<OpeningHours> {
    if !matches!(hours.week.len(), 0 | 7) {
        return Err(Error::invalid(ErrorCode::Invalid, format!("{path}.week")));
    }
    for (day, periods) in hours.week.iter().enumerate() {
        let following = hours.week.get((day + 1) % 7).map_or(&[][..], Vec::as_slice);
        check_day(&format!("{path}.week.{day}"), periods, following)?;
    }
    if hours.exceptions.len() > MAX_EXCEPTIONS {
        let values = vec![("max", MAX_EXCEPTIONS.to_string())];
        return Err(Error::invalid_with(ErrorCode::TooMany, format!("{path}.exceptions"), values));
    }
    let mut dates = BTreeSet::new();
    let mut exceptions = Vec::with_capacity(hours.exceptions.len());
    for (index, mut exception) in hours.exceptions.into_iter().enumerate() {
        let here = format!("{path}.exceptions.{index}");
        if !dates.insert(exception.on) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, format!("{here}.on")));
        }
        check_day(&format!("{here}.periods"), &exception.periods, &[])?;
        exception.note =
            crate::kernel::text::line(&format!("{here}.note"), &exception.note, crate::kernel::text::LINE)?;
        exceptions.push(exception);
    }
    exceptions.sort_by_key(|exception| exception.on);
    Ok(OpeningHours { week: hours.week, exceptions })
}

fn check_day(path: &str, periods: &[OpenPeriod], following: &[OpenPeriod]) -> Result<()> {
    if periods.len() > MAX_PERIODS {
        return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", MAX_PERIODS.to_string())]));
    }
    let whole = |time: NaiveTime| time.second() == 0 && time.nanosecond() == 0;
    if !periods.iter().all(|period| whole(period.opens) && whole(period.closes)) {
        return Err(Error::invalid(ErrorCode::Invalid, path));
    }
    let mut stretches: Vec<_> = periods.iter().map(stretch).collect();
    stretches.extend(following.iter().map(stretch).map(|(start, end)| (start + DAY, end + DAY)));
    stretches.sort_unstable();
    let overlap = stretches.iter().zip(stretches.iter().skip(1)).any(|((_, end), (start, _))| start < end);
    if overlap { Err(Error::invalid(ErrorCode::Invalid, path)) } else { Ok(()) }
}

/// Minutes since midnight at which a period begins and ends.
fn stretch(period: &OpenPeriod) -> (i64, i64) {
    let minutes = |time: NaiveTime| i64::from(time.hour() * 60 + time.minute());
    let (opens, closes) = (minutes(period.opens), minutes(period.closes));
    (opens, if closes > opens { closes } else { closes + DAY })
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America::New_York, Asia::Tokyo};
    use entity::opening_hours::HoursException;
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").expect("a time")
    }

    fn period(opens: &str, closes: &str) -> OpenPeriod {
        OpenPeriod { opens: time(opens), closes: time(closes) }
    }

    fn daily(periods: &[OpenPeriod]) -> OpeningHours {
        OpeningHours { week: vec![periods.to_vec(); 7], exceptions: Vec::new() }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    #[test]
    fn a_store_opens_and_closes_in_its_own_zone() {
        let hours = daily(&[period("10:00", "20:00")]);
        assert!(!is_open(&hours, Tokyo, at("2026-11-20T09:59:59+09:00")));
        assert!(is_open(&hours, Tokyo, at("2026-11-20T10:00:00+09:00")));
        assert!(!is_open(&hours, Tokyo, at("2026-11-20T20:00:00+09:00")));
        assert_eq!(next_opening(&hours, Tokyo, at("2026-11-20T20:00:00+09:00")), Some(at("2026-11-21T10:00:00+09:00")));
        assert_eq!(closes_at(&hours, Tokyo, at("2026-11-20T12:00:00+09:00")), Some(at("2026-11-20T20:00:00+09:00")));
        assert_eq!(closes_at(&hours, Tokyo, at("2026-11-20T22:00:00+09:00")), None);
    }

    #[test]
    fn a_bar_closes_after_midnight() {
        let hours = daily(&[period("18:00", "02:00")]);
        assert!(is_open(&hours, Tokyo, at("2026-11-21T01:59:00+09:00")));
        assert!(!is_open(&hours, Tokyo, at("2026-11-21T02:00:00+09:00")));
        let around_the_clock = daily(&[period("00:00", "00:00")]);
        assert!(is_open(&around_the_clock, Tokyo, at("2026-11-21T00:00:00+09:00")));
        assert!(is_open(&around_the_clock, Tokyo, at("2026-11-21T23:59:59+09:00")));
    }

    #[test]
    fn preparation_counts_opening_minutes_only() {
        let hours = daily(&[period("10:00", "20:00")]);
        // Half an hour is left today; the other half is tomorrow's.
        assert_eq!(ready_at(&hours, Tokyo, at("2026-11-20T19:30:00+09:00"), 60), Some(at("2026-11-21T10:30:00+09:00")));
        assert_eq!(ready_at(&hours, Tokyo, at("2026-11-20T12:00:00+09:00"), 60), Some(at("2026-11-20T13:00:00+09:00")));
        assert_eq!(ready_at(&hours, Tokyo, at("2026-11-20T03:00:00+09:00"), 0), Some(at("2026-11-20T10:00:00+09:00")));
        assert_eq!(ready_at(&OpeningHours::default(), Tokyo, at("2026-11-20T03:00:00+09:00"), 1), None);
    }

    #[test]
    fn exceptions_replace_the_week() {
        let mut hours = daily(&[period("10:00", "20:00")]);
        let on = NaiveDate::from_ymd_opt(2027, 1, 1).expect("a date");
        hours.exceptions.push(HoursException { on, periods: Vec::new(), note: "元日".to_owned() });
        assert!(!is_open(&hours, Tokyo, at("2027-01-01T12:00:00+09:00")));
        assert_eq!(next_opening(&hours, Tokyo, at("2026-12-31T21:00:00+09:00")), Some(at("2027-01-02T10:00:00+09:00")));
    }

    #[test]
    fn days_of_daylight_saving_have_23_and_25_hours() {
        let around_the_clock = daily(&[period("00:00", "00:00")]);
        let open = |from: &str, to: &str| {
            let minutes = i32::try_from((at(to) - at(from)).num_minutes()).expect("small");
            assert_eq!(ready_at(&around_the_clock, New_York, at(from), minutes), Some(at(to)));
        };
        open("2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00");
        open("2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00");
        // 02:30 does not exist on 8 March: the shop opens when the clocks have jumped to 03:00.
        let early = daily(&[period("02:30", "05:00")]);
        assert!(!is_open(&early, New_York, at("2026-03-08T01:59:00-05:00")));
        assert!(is_open(&early, New_York, at("2026-03-08T03:00:00-04:00")));
        // 01:30 happens twice on 1 November.
        let night = daily(&[period("01:30", "01:45")]);
        assert!(is_open(&night, New_York, at("2026-11-01T01:30:00-04:00")));
        assert!(is_open(&night, New_York, at("2026-11-01T01:44:00-05:00")));
    }

    #[test]
    fn impossible_hours_are_refused() {
        let code = |hours: OpeningHours| checked("hours", hours).err().map(|error| error.code());
        assert_eq!(code(OpeningHours::default()), None);
        assert_eq!(code(daily(&[period("10:00", "20:00"), period("20:00", "22:00")])), None);
        assert_eq!(code(daily(&[period("18:00", "02:00")])), None);
        assert_eq!(code(daily(&[period("10:00", "20:00"), period("19:00", "22:00")])), Some(ErrorCode::Invalid));
        assert_eq!(code(daily(&[period("18:00", "10:30"), period("10:00", "11:00")])), Some(ErrorCode::Invalid));
        assert_eq!(code(daily(&[period("09:00", "12:00"), period("20:00", "09:30")])), Some(ErrorCode::Invalid));
        let short = OpeningHours { week: vec![Vec::new(); 6], exceptions: Vec::new() };
        assert_eq!(code(short), Some(ErrorCode::Invalid));
        let seconds = OpenPeriod { opens: time("10:00") + TimeDelta::seconds(1), closes: time("12:00") };
        assert_eq!(code(daily(&[seconds])), Some(ErrorCode::Invalid));
        let on = NaiveDate::from_ymd_opt(2027, 1, 1).expect("a date");
        let twice = HoursException { on, periods: Vec::new(), note: String::new() };
        let hours = OpeningHours { week: Vec::new(), exceptions: vec![twice.clone(), twice] };
        assert_eq!(code(hours), Some(ErrorCode::AlreadyExists));
    }

    proptest! {
        /// Whatever the hours (long enough to do the work within a year): work is done only while the place is open, and exactly so many open minutes later.
        #[test]
        fn work_is_done_in_open_minutes(opens in 0..1440_i64, length in 15..1440_i64, from in 0..525_600_i64, minutes in 0..3000_i32) {
            let clock = |minute: i64| NaiveTime::MIN + TimeDelta::minutes(minute % DAY);
            let hours = daily(&[OpenPeriod { opens: clock(opens), closes: clock(opens + length) }]);
            let from = at("2026-01-01T00:00:00Z") + TimeDelta::minutes(from);
            let done = ready_at(&hours, New_York, from, minutes).expect("it opens daily");
            let mut open = 0;
            let mut cursor = from;
            while cursor < done {
                open += i32::from(is_open(&hours, New_York, cursor));
                cursor += TimeDelta::minutes(1);
            }
            prop_assert_eq!(open, minutes);
        }
    }
}
