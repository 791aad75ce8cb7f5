//! Who gave no answer is left alone for a while by the whole process, so that nobody else waits for the same silence.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// Who rests until when, by a name that whoever asks and whoever tells agree on. Kept in memory only: another process
/// finds out by itself, and a restart tries again.
#[derive(Clone, Debug, Default)]
pub struct Rests(Arc<Mutex<HashMap<String, DateTime<Utc>>>>);

impl Rests {
    /// Leaves somebody alone until a moment.
    pub fn begin(&self, name: &str, now: DateTime<Utc>, until: DateTime<Utc>) {
        let mut rests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Names that are not asked for again must not stay for ever.
        rests.retain(|_, end| *end > now);
        rests.insert(name.to_owned(), until);
    }

    /// Somebody answered.
    pub fn end(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// Until when somebody is to be left alone; `None` when they need not be.
    #[must_use]
    pub fn until(&self, name: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let rests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rests.get(name).copied().filter(|end| *end > now)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_rest_ends_by_the_clock_or_by_an_answer_and_is_forgotten() {
        let (rests, now) = (Rests::default(), DateTime::<Utc>::UNIX_EPOCH);
        let end = now + TimeDelta::seconds(30);
        rests.begin("a", now, end);
        assert_eq!((rests.until("a", now), rests.until("b", now)), (Some(end), None));
        assert_eq!(rests.until("a", end), None);
        rests.begin("b", end, end + TimeDelta::seconds(30));
        assert_eq!(rests.0.lock().expect("no panic").len(), 1, "what is over is forgotten");
        rests.end("b");
        assert_eq!(rests.until("b", end), None);
    }
}
