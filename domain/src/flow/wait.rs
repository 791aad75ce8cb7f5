//! How long steps wait: one rule, for runs and for trying a flow out.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::definition::Step;
use super::time;

/// A time of day that passed so lately while nobody worked is still that time; else the next day's is waited for.
const LATE: TimeDelta = TimeDelta::hours(3);

/// Until when a step waits; `None` for one that does not wait.
///
/// `at` is when the run's previous thing happened or was due: what began it, the end of the wait before, the event that
/// was waited for, the end of the quiet hours in which a message was due. `now` is when somebody comes to the step, later when no
/// worker ran. A wait counts from `at`, so what an outage delayed is made up for, and what was not due yet comes when it
/// would have come without it; two messages go at once only when the time of both has passed. Two kinds of waits do not
/// reach into the past: a time of day was chosen because people read then, so long after it the next day's is waited for;
/// and who waits for an event hears it from now on.
pub(super) fn until(step: &Step, at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
    match step {
        Step::Wait { span, .. } => Some(at + span.delta()),
        Step::WaitUntil { at: clock, .. } => time::time_of_day(clock).map(|clock| {
            let due = time::next(zone, clock, at);
            if due + LATE >= now { due } else { time::next(zone, clock, now) }
        }),
        Step::WaitFor { span, .. } => Some(Ord::max(at, now) + span.delta()),
        Step::Branch { .. } | Step::Send { .. } | Step::Survey { .. } | Step::Webhook { .. } | Step::Stop { .. } => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    fn waits(step: &Value, at: &str, now: &str) -> Option<DateTime<Utc>> {
        let step: Step = serde_json::from_value(step.clone()).expect("a step");
        until(&step, utc(at), utc(now), Tz::Asia__Tokyo)
    }

    #[test]
    fn waits_count_from_what_happened() {
        let (at, on_time) = ("2026-11-21T00:00:00Z", "2026-11-21T00:00:05Z");
        let day = json!({ "kind": "WAIT", "id": "a", "span": { "days": 1 } });
        assert_eq!(waits(&day, at, on_time), Some(utc("2026-11-22T00:00:00Z")));
        assert_eq!(
            waits(&day, at, "2026-11-21T20:00:00Z"),
            Some(utc("2026-11-22T00:00:00Z")),
            "not later by an outage"
        );
        assert_eq!(waits(&day, at, "2026-11-25T00:00:00Z"), Some(utc("2026-11-22T00:00:00Z")), "overdue");
        // Ten in Tokyo is one in the morning.
        let ten = json!({ "kind": "WAIT_UNTIL", "id": "a", "at": "10:00" });
        let today = utc("2026-11-21T01:00:00Z");
        assert_eq!(waits(&ten, at, on_time), Some(today));
        assert_eq!(waits(&ten, at, "2026-11-21T04:00:00Z"), Some(today), "late, but still that time");
        assert_eq!(waits(&ten, at, "2026-11-21T04:00:01Z"), Some(utc("2026-11-22T01:00:00Z")), "not in the evening");
        let paid =
            json!({ "kind": "WAIT_FOR", "id": "a", "on": { "event": "payment_captured" }, "span": { "days": 2 } });
        assert_eq!(waits(&paid, at, at), Some(utc("2026-11-23T00:00:00Z")));
        assert_eq!(waits(&paid, at, "2026-11-25T00:00:00Z"), Some(utc("2026-11-27T00:00:00Z")), "it hears from now on");
        assert_eq!(waits(&json!({ "kind": "STOP", "id": "a" }), at, at), None);
    }
}
