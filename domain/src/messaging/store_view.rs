//! A store as mails show it: name, address and opening hours in the reader's language.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use entity::location;
use entity::opening_hours::{OpenPeriod, OpeningHours};
use serde::Serialize;

use super::order_view::address_lines;
use super::render::one_line;
use crate::kernel::language::Language;

/// Exceptions are told when they lie in the next two weeks: that is when most people come.
const TELL_AHEAD: TimeDelta = TimeDelta::days(14);

/// A store to show.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct StoreView {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: Vec<String>,
    /// Its opening hours, one line per stretch of days.
    pub hours: Vec<String>,
}

impl StoreView {
    /// A store as readers of a language see it at a time.
    #[must_use]
    pub fn of(location: &location::Model, language: Language, now: DateTime<Utc>) -> Self {
        let zone = location.time_zone.parse().unwrap_or(Tz::UTC);
        let mut hours = week(&location.opening_hours, language);
        hours.extend(exceptions(&location.opening_hours, language, now.with_timezone(&zone)));
        Self { name: Self::name(location, language), address: address_lines(&location.address, language), hours }
    }

    /// The name of a store in a language.
    #[must_use]
    pub fn name(location: &location::Model, language: Language) -> String {
        let translated = location.translations.get(language.tag()).and_then(|texts| texts.get("name"));
        one_line(translated.and_then(|name| name.as_str()).filter(|name| !name.is_empty()).unwrap_or(&location.name))
    }
}

/// The time zone that a country's web shop goes by; UTC, named as such, where a country has several.
#[must_use]
pub fn time_zone_of_country(country: &str) -> Tz {
    match country {
        "JP" => Tz::Asia__Tokyo,
        "DE" => Tz::Europe__Berlin,
        "FR" => Tz::Europe__Paris,
        "GB" => Tz::Europe__London,
        "IT" => Tz::Europe__Rome,
        "NL" => Tz::Europe__Amsterdam,
        "AT" => Tz::Europe__Vienna,
        "BE" => Tz::Europe__Brussels,
        "IE" => Tz::Europe__Dublin,
        "KR" => Tz::Asia__Seoul,
        "TW" => Tz::Asia__Taipei,
        "SG" => Tz::Asia__Singapore,
        _ => Tz::UTC,
    }
}

/// The week, neighboring days with equal hours as one line.
fn week(hours: &OpeningHours, language: Language) -> Vec<String> {
    if hours.week.iter().all(Vec::is_empty) {
        return Vec::new();
    }
    let days = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
    let mut stretches: Vec<(Weekday, Weekday, Vec<OpenPeriod>)> = Vec::new();
    for (index, day) in days.into_iter().enumerate() {
        let periods = hours.week.get(index).cloned().unwrap_or_default();
        match stretches.last_mut() {
            Some((_, last, same)) if *same == periods => *last = day,
            _ => stretches.push((day, day, periods)),
        }
    }
    stretches
        .into_iter()
        .map(|(first, last, periods)| {
            format!("{} {}", days_text(first, last, language), periods_text(&periods, language))
        })
        .collect()
}

/// A stretch of the week.
fn days_text(first: Weekday, last: Weekday, language: Language) -> String {
    if (first, last) == (Weekday::Mon, Weekday::Sun) {
        return match language {
            Language::Ja => "毎日".to_owned(),
            Language::En => "Daily".to_owned(),
        };
    }
    let name = |day| day_name(day, language);
    if first == last { name(first).to_owned() } else { [name(first), to(language), name(last)].concat() }
}

/// What stands between the first and the last of something.
const fn to(language: Language) -> &'static str {
    match language {
        Language::Ja => "〜",
        Language::En => "–",
    }
}

fn exceptions(hours: &OpeningHours, language: Language, now: DateTime<Tz>) -> Vec<String> {
    let today = now.date_naive();
    let mut coming: Vec<_> =
        hours.exceptions.iter().filter(|it| it.on >= today && it.on <= (now + TELL_AHEAD).date_naive()).collect();
    coming.sort_by_key(|exception| exception.on);
    coming
        .into_iter()
        .map(|exception| {
            let day = day_name(exception.on.weekday(), language);
            let date = match language {
                Language::Ja => format!("{}（{day}）", exception.on.format("%-m月%-d日")),
                Language::En => format!("{day} {}", exception.on.format("%-d %B")),
            };
            let note = one_line(&exception.note);
            let text = format!("{date} {} {note}", periods_text(&exception.periods, language));
            text.trim().to_owned()
        })
        .collect()
}

fn periods_text(periods: &[OpenPeriod], language: Language) -> String {
    if periods.is_empty() {
        return match language {
            Language::Ja => "休業".to_owned(),
            Language::En => "closed".to_owned(),
        };
    }
    let to = to(language);
    let text = |period: &OpenPeriod| format!("{}{to}{}", period.opens.format("%H:%M"), period.closes.format("%H:%M"));
    periods.iter().map(text).collect::<Vec<_>>().join(match language {
        Language::Ja => "、",
        Language::En => ", ",
    })
}

/// A day as people read it, with its weekday: whoever is to come or to pay by then plans by it.
#[must_use]
pub(crate) fn day(on: NaiveDate, language: Language) -> String {
    let weekday = day_name(on.weekday(), language);
    match language {
        Language::Ja => format!("{}（{weekday}）", on.format("%Y年%-m月%-d日")),
        Language::En => format!("{weekday} {}", on.format("%-d %B %Y")),
    }
}

const fn day_name(day: Weekday, language: Language) -> &'static str {
    match (language, day) {
        (Language::Ja, Weekday::Mon) => "月",
        (Language::Ja, Weekday::Tue) => "火",
        (Language::Ja, Weekday::Wed) => "水",
        (Language::Ja, Weekday::Thu) => "木",
        (Language::Ja, Weekday::Fri) => "金",
        (Language::Ja, Weekday::Sat) => "土",
        (Language::Ja, Weekday::Sun) => "日",
        (Language::En, Weekday::Mon) => "Mon",
        (Language::En, Weekday::Tue) => "Tue",
        (Language::En, Weekday::Wed) => "Wed",
        (Language::En, Weekday::Thu) => "Thu",
        (Language::En, Weekday::Fri) => "Fri",
        (Language::En, Weekday::Sat) => "Sat",
        (Language::En, Weekday::Sun) => "Sun",
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveTime;
    use entity::opening_hours::HoursException;

    use super::*;

    fn period(opens: u32, closes: u32) -> OpenPeriod {
        let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
        OpenPeriod { opens: at(opens), closes: at(closes) }
    }

    #[test]
    fn days_have_their_weekday() {
        let on = NaiveDate::from_ymd_opt(2026, 11, 30).expect("a day");
        assert_eq!(day(on, Language::Ja), "2026年11月30日（月）");
        assert_eq!(day(on, Language::En), "Mon 30 November 2026");
    }

    #[test]
    fn equal_days_become_one_line() {
        let weekday = vec![period(10, 20)];
        let mut days = vec![weekday; 5];
        days.extend([vec![period(10, 13), period(14, 19)], Vec::new()]);
        let hours = OpeningHours { week: days, exceptions: Vec::new() };
        assert_eq!(week(&hours, Language::Ja), ["月〜金 10:00〜20:00", "土 10:00〜13:00、14:00〜19:00", "日 休業"]);
        assert_eq!(week(&hours, Language::En), ["Mon–Fri 10:00–20:00", "Sat 10:00–13:00, 14:00–19:00", "Sun closed"]);
        assert!(week(&OpeningHours::default(), Language::En).is_empty());
        let daily = OpeningHours { week: vec![vec![period(10, 20)]; 7], exceptions: Vec::new() };
        assert_eq!(week(&daily, Language::Ja), ["毎日 10:00〜20:00"]);
        assert_eq!(week(&daily, Language::En), ["Daily 10:00–20:00"]);
    }

    #[test]
    fn only_exceptions_soon_are_told() {
        let on = |month, day| NaiveDate::from_ymd_opt(2026, month, day).expect("a date");
        let exception = |on| HoursException { on, periods: Vec::new(), note: "臨時休業".to_owned() };
        let hours = OpeningHours {
            week: Vec::new(),
            exceptions: vec![exception(on(12, 31)), exception(on(11, 30)), exception(on(11, 1))],
        };
        let now = DateTime::from_timestamp(1_795_305_600, 0).expect("a time").with_timezone(&Tz::Asia__Tokyo);
        assert_eq!(exceptions(&hours, Language::Ja, now), ["11月30日（月） 休業 臨時休業"]);
    }
}
