//! Time, injected so that tests and the demo can set it.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Tells the time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now, cut to microseconds: PostgreSQL keeps no more, and both databases must read back what was written.
    fn now(&self) -> DateTime<Utc>;

    /// Moves the clock forward; only a [`ShiftedClock`] can. Returns the new time.
    fn advance(&self, _by: TimeDelta) -> Option<DateTime<Utc>> {
        None
    }
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// The machine's clock plus an offset that can be moved: for development and the demo.
#[derive(Debug, Default)]
pub struct ShiftedClock {
    offset_micros: AtomicI64,
}

impl ShiftedClock {
    /// A clock that reads `start` now and runs on from there.
    #[must_use]
    pub fn starting_at(start: DateTime<Utc>) -> Self {
        let offset = start.signed_duration_since(Utc::now()).num_microseconds().unwrap_or(0);
        Self { offset_micros: AtomicI64::new(offset) }
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> DateTime<Utc> {
        (Utc::now() + TimeDelta::microseconds(self.offset_micros.load(Ordering::SeqCst))).trunc_subsecs(6)
    }

    fn advance(&self, by: TimeDelta) -> Option<DateTime<Utc>> {
        self.offset_micros.fetch_add(by.num_microseconds()?, Ordering::SeqCst);
        Some(self.now())
    }
}

/// A clock that stands still until it is moved: for tests.
#[derive(Debug)]
pub struct ManualClock {
    micros: AtomicI64,
}

impl ManualClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn at(start: DateTime<Utc>) -> Self {
        Self { micros: AtomicI64::new(start.timestamp_micros()) }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.micros.load(Ordering::SeqCst)).unwrap_or_default()
    }

    fn advance(&self, by: TimeDelta) -> Option<DateTime<Utc>> {
        self.micros.fetch_add(by.num_microseconds()?, Ordering::SeqCst);
        Some(self.now())
    }
}
