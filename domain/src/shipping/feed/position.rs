//! Where a poller is in the changes of work.
//!
//! A change carries the time at which its transaction began, and others see it at its commit. A poller that stopped at
//! the newest change it saw would miss one that began before and committed after. So the place to go on from lies at
//! most so far ahead as everything is sure to be committed; while a poller goes through many pages, that limit is the
//! one of its first page.

use chrono::{DateTime, SecondsFormat, Utc};
use entity::fulfillment_order::{self, Column};
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use crate::kernel::paging::Cursor;
use crate::kernel::{Error, ErrorCode, Result};

/// After this change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    at: DateTime<Utc>,
    id: Uuid,
    /// Up to where everything was committed when the first of many pages was read.
    floor: Option<DateTime<Utc>>,
}

impl Position {
    /// Before all changes of a moment.
    pub(super) const fn before(at: DateTime<Utc>) -> Self {
        Self { at, id: Uuid::nil(), floor: None }
    }

    /// Reads what [`Self::encode`] wrote. Error: `INVALID_CURSOR`.
    pub(super) fn decode(text: &str) -> Result<Self> {
        let cursor = Cursor::decode(text)?;
        let (at, floor) =
            cursor.key.split_once('|').map_or((cursor.key.as_str(), None), |(at, floor)| (at, Some(floor)));
        Ok(Self { at: time(at)?, id: cursor.id, floor: floor.map(time).transpose()? })
    }

    /// As clients see it; opaque.
    pub(super) fn encode(self) -> String {
        let at = written(self.at);
        let key = self.floor.map_or_else(|| at.clone(), |floor| format!("{at}|{}", written(floor)));
        Cursor { key, id: self.id }.encode()
    }

    /// What changed after it.
    pub(super) fn later(&self) -> Condition {
        let same = Condition::all().add(Column::UpdatedAt.eq(self.at)).add(Column::Id.gt(self.id));
        Condition::any().add(Column::UpdatedAt.gt(self.at)).add(same)
    }

    /// Where to go on after a page that ended with `last`, when everything up to `horizon` is committed.
    pub(super) fn next(self, last: Option<&fulfillment_order::Model>, has_more: bool, horizon: DateTime<Utc>) -> Self {
        let floor = self.floor.unwrap_or(horizon);
        let seen = last.map_or(Self { floor: None, ..self }, |last| Self {
            at: last.updated_at,
            id: last.id.uuid(),
            floor: None,
        });
        if has_more {
            return Self { floor: Some(floor), ..seen };
        }
        if seen.at > floor { Self::before(floor) } else { seen }
    }
}

fn time(text: &str) -> Result<DateTime<Utc>> {
    let read = DateTime::parse_from_rfc3339(text).map_err(|_| Error::invalid(ErrorCode::InvalidCursor, "after"))?;
    Ok(read.with_timezone(&Utc))
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Nanos, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_763_700_000 + seconds, 0).unwrap_or_default()
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for floor in [None, Some(at(5))] {
            let position = Position { at: at(3), id: Uuid::from_u128(7), floor };
            assert_eq!(Position::decode(&position.encode()).expect("our own"), position);
        }
        for nonsense in ["", "x", &Cursor::of(Uuid::nil()).encode()] {
            assert_eq!(Position::decode(nonsense).expect_err("nonsense").code(), ErrorCode::InvalidCursor);
        }
    }

    #[test]
    fn nobody_goes_on_beyond_what_is_committed() {
        let start = Position { at: at(100), id: Uuid::nil(), floor: None };
        assert_eq!(start.next(None, false, at(60)), Position::before(at(60)), "looks back");
        assert_eq!(start.next(None, false, at(160)), start, "nothing came: stays");
        let paging = start.next(None, true, at(60));
        assert_eq!(paging.floor, Some(at(60)));
        assert_eq!(paging.next(None, false, at(500)), Position::before(at(60)), "the first page's limit holds");
    }
}
