//! Budgets of points: a bucket per client that fills again with time, kept in a bounded map.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use async_graphql::{Name, Value, indexmap::IndexMap};
use domain::{Actor, Ctx, Error, Result};

/// Clients that are remembered; a client who is forgotten begins with a full bucket.
const MAX_CLIENTS: usize = 20_000;

/// How many points a client may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Points of a full bucket.
    pub maximum: u64,
    /// Points that come back in a second.
    pub restore_rate: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { maximum: 20_000, restore_rate: 2_000 }
    }
}

/// The state of a client's bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleStatus {
    /// Points of a full bucket.
    pub maximum_available: u64,
    /// Points left.
    pub currently_available: u64,
    /// Points that come back in a second.
    pub restore_rate: u64,
}

impl ThrottleStatus {
    pub(crate) fn value(self) -> Value {
        let entry = |name: &str, number: u64| (Name::new(name), Value::from(number));
        Value::Object(IndexMap::from_iter([
            entry("maximumAvailable", self.maximum_available),
            entry("currentlyAvailable", self.currently_available),
            entry("restoreRate", self.restore_rate),
        ]))
    }
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Thousandths of points, so that slow rates lose nothing to rounding.
    millipoints: u64,
    filled_at: Instant,
}

/// The buckets of all clients of one process.
#[derive(Debug)]
pub struct Budgets {
    budget: Budget,
    buckets: Mutex<HashMap<String, Bucket>>,
}

/// Under whose name points are spent: the token's owner, else the network address.
#[must_use]
pub fn client(ctx: &Ctx) -> Option<String> {
    match &ctx.actor {
        Actor::System => None,
        Actor::Guest { .. } => ctx.ip.map(|ip| ip.to_string()),
        Actor::Customer { .. } | Actor::Staff { .. } | Actor::Device(_) | Actor::App { .. } => Some(ctx.actor.key()),
    }
}

impl Budgets {
    /// Full buckets for everybody.
    #[must_use]
    pub fn new(budget: Budget) -> Self {
        Self { budget, buckets: Mutex::default() }
    }

    /// Takes points before an operation runs. Error: `THROTTLED` with the seconds until there are enough.
    pub fn take(&self, client: &str, points: u64, now: Instant) -> Result<ThrottleStatus> {
        let wanted = points.min(self.budget.maximum).saturating_mul(1_000);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_CLIENTS && !buckets.contains_key(client) {
            self.forget(&mut buckets, now);
        }
        let full = Bucket { millipoints: self.budget.maximum.saturating_mul(1_000), filled_at: now };
        let bucket = buckets.entry(client.to_owned()).or_insert(full);
        *bucket = self.filled(*bucket, now);
        match bucket.millipoints.checked_sub(wanted) {
            Some(left) => {
                bucket.millipoints = left;
                Ok(self.status(left))
            }
            None => {
                let missing = wanted.saturating_sub(bucket.millipoints);
                let rate = self.budget.restore_rate.saturating_mul(1_000).max(1);
                Err(Error::Throttled { retry_after_seconds: missing.div_ceil(rate).max(1) })
            }
        }
    }

    /// Gives back points that an operation did not need.
    pub fn give_back(&self, client: &str, points: u64) -> Option<ThrottleStatus> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get_mut(client)?;
        let most = self.budget.maximum.saturating_mul(1_000);
        bucket.millipoints = bucket.millipoints.saturating_add(points.saturating_mul(1_000)).min(most);
        Some(self.status(bucket.millipoints))
    }

    fn filled(&self, bucket: Bucket, now: Instant) -> Bucket {
        let passed = now.saturating_duration_since(bucket.filled_at);
        let millis = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        if millis == 0 {
            return bucket;
        }
        let most = self.budget.maximum.saturating_mul(1_000);
        // Points per second are thousandths of points per millisecond.
        let millipoints = bucket.millipoints.saturating_add(millis.saturating_mul(self.budget.restore_rate)).min(most);
        Bucket { millipoints, filled_at: now }
    }

    /// Makes room: first those whose buckets are full again, who lose nothing; all when that is not enough.
    fn forget(&self, buckets: &mut HashMap<String, Bucket>, now: Instant) {
        let most = self.budget.maximum.saturating_mul(1_000);
        buckets.retain(|_, bucket| self.filled(*bucket, now).millipoints < most);
        if buckets.len() >= MAX_CLIENTS {
            buckets.clear();
        }
    }

    const fn status(&self, millipoints: u64) -> ThrottleStatus {
        ThrottleStatus {
            maximum_available: self.budget.maximum,
            currently_available: millipoints / 1_000,
            restore_rate: self.budget.restore_rate,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::time::Duration;

    use super::*;

    fn budgets() -> Budgets {
        Budgets::new(Budget { maximum: 100, restore_rate: 10 })
    }

    #[test]
    fn an_empty_bucket_says_when_to_come_back() {
        let (budgets, start) = (budgets(), Instant::now());
        assert_eq!(budgets.take("a", 95, start).unwrap().currently_available, 5);
        let refused = budgets.take("a", 30, start).unwrap_err();
        assert!(matches!(refused, Error::Throttled { retry_after_seconds: 3 }), "{refused:?}");
        assert!(budgets.take("b", 100, start).is_ok(), "another client has a bucket of its own");
        assert!(budgets.take("a", 30, start + Duration::from_secs(3)).is_ok());
    }

    #[test]
    fn what_was_not_needed_comes_back_but_never_more_than_full() {
        let (budgets, start) = (budgets(), Instant::now());
        budgets.take("a", 60, start).unwrap();
        assert_eq!(budgets.give_back("a", 50).unwrap().currently_available, 90);
        assert_eq!(budgets.give_back("a", 50).unwrap().currently_available, 100);
        assert_eq!(budgets.give_back("nobody", 50), None);
    }

    #[test]
    fn waiting_fills_the_bucket_to_the_brim_only() {
        let (budgets, start) = (budgets(), Instant::now());
        budgets.take("a", 100, start).unwrap();
        let later = start + Duration::from_secs(3_600);
        assert_eq!(budgets.take("a", 1, later).unwrap().currently_available, 99);
    }

    #[test]
    fn the_map_is_bounded() {
        let (budgets, start) = (budgets(), Instant::now());
        for client in 0..(MAX_CLIENTS * 2 + 10) {
            budgets.take(&client.to_string(), 50, start).unwrap();
        }
        assert!(budgets.buckets.lock().unwrap().len() <= MAX_CLIENTS);
    }
}
