//! When a location is open.

use async_graphql::{Object, SimpleObject};
use entity::opening_hours::OpenPeriod;

use crate::scalar::{Date, LocalTime};

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
