//! How another system's word about a stock level and our own ledger become one number, in whatever order they arrive.
//!
//! The newest snapshot of a level is the truth about its moment; what happened after that moment is added to it: our own
//! movements, and the changes and parcels that the other system told of. Our own corrections by earlier snapshots are
//! not added: they only made up for what had been wrong. So the result depends on what is known, not on when it came.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

/// What lay somewhere at a moment, as another system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// When it was true.
    pub at: DateTime<Utc>,
    /// Units on hand.
    pub quantity: i64,
}

impl Snapshot {
    /// Whether a newer word is known. Of two about the same moment the lower one counts, whichever came first: it
    /// promises less.
    #[must_use]
    pub fn is_stale(&self, known: Option<&Self>) -> bool {
        known.is_some_and(|known| (known.at, Reverse(known.quantity)) > (self.at, Reverse(self.quantity)))
    }
}

/// What the ledger says since the moment of a snapshot, in units on hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Since {
    /// All movements recorded since.
    pub moved: i64,
    /// Of these, what words of other systems moved.
    pub by_words: i64,
    /// What other systems said of changes and parcels since, by their own time.
    pub told: i64,
}

impl Since {
    /// Units on hand now, if the snapshot was right; `None` beyond what can be counted.
    #[must_use]
    pub fn from_snapshot(&self, quantity: i64) -> Option<i64> {
        quantity.checked_add(self.moved)?.checked_sub(self.by_words)?.checked_add(self.told)
    }
}

/// A change of stock on hand that can be made, and the rest that cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// Units that come in, or go when below zero.
    pub applied: i64,
    /// Units that should go and cannot, zero or more.
    pub remainder: i64,
}

impl Change {
    /// Takes only what is free: promised and put-aside units stay, whatever another system counts.
    #[must_use]
    pub fn of(wanted: i64, free: i64) -> Self {
        let applied = wanted.max(free.max(0).saturating_neg());
        Self { applied, remainder: applied.saturating_sub(wanted) }
    }
}

/// Whether a change or parcel of a moment is part of a snapshot already.
#[must_use]
pub fn is_told(stated_at: DateTime<Utc>, known: Option<&Snapshot>) -> bool {
    known.is_some_and(|known| stated_at <= known.at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn time(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_763_700_000 + seconds, 0).unwrap_or_default()
    }

    /// Something that is true at a moment, and comes to us some time later.
    #[derive(Debug, Clone, Copy)]
    enum Fact {
        /// Our own movement; we know it at once.
        Own(i64),
        /// Units on hand there.
        Snapshot(i64),
        /// A change there.
        Delta(i64),
        /// A parcel that left there.
        Shipment(i64),
    }

    /// A stock level with as much free as anybody takes, its ledger and the words about it.
    #[derive(Debug, Default)]
    struct Level {
        on_hand: i64,
        ledger: Vec<(i64, i64)>,
        /// Received, stated (none for a correction), units there, units moved here.
        words: Vec<(i64, Option<i64>, i64, i64)>,
        known: Option<Snapshot>,
    }

    impl Level {
        fn post(&mut self, now: i64, change: i64) {
            self.on_hand += change;
            self.ledger.push((now, change));
        }

        fn since(&self, at: i64) -> Since {
            let later = |time: &i64| *time > at;
            Since {
                moved: self.ledger.iter().filter(|(time, _)| later(time)).map(|(_, change)| change).sum(),
                by_words: self.words.iter().filter(|word| later(&word.0)).map(|word| word.3).sum(),
                told: self.words.iter().filter(|word| word.1.as_ref().is_some_and(later)).map(|word| word.2).sum(),
            }
        }

        fn learn(&mut self, now: i64, stated: i64, fact: Fact) {
            match fact {
                Fact::Own(change) => self.post(now, change),
                Fact::Snapshot(quantity) => {
                    let said = Snapshot { at: time(stated), quantity };
                    if said.is_stale(self.known.as_ref()) {
                        return;
                    }
                    self.known = Some(said);
                    let target = self.since(stated).from_snapshot(quantity).expect("small numbers");
                    let change = target - self.on_hand;
                    self.post(now, change);
                    self.words.push((now, None, 0, change));
                }
                Fact::Delta(change) => {
                    if !is_told(time(stated), self.known.as_ref()) {
                        self.post(now, change);
                        self.words.push((now, Some(stated), change, change));
                    }
                }
                Fact::Shipment(units) => {
                    self.post(now, -units);
                    self.words.push((now, Some(stated), -units, -units));
                    if is_told(time(stated), self.known.as_ref()) {
                        self.post(now, units);
                        self.words.push((now, None, 0, units));
                    }
                }
            }
        }
    }

    fn facts() -> impl Strategy<Value = Vec<(i64, Fact)>> {
        let fact = prop_oneof![
            (-5..20_i64).prop_map(Fact::Own),
            (0..60_i64).prop_map(Fact::Snapshot),
            (-5..20_i64).prop_map(Fact::Delta),
            (1..5_i64).prop_map(Fact::Shipment),
        ];
        proptest::collection::vec((0..40_i64, fact), 1..25)
    }

    /// The level after everything arrived, each fact as late as its delay says; our own movements at once.
    fn after(facts: &[(i64, Fact)], delays: &[i64]) -> i64 {
        let delay = |index: usize, fact: Fact| match fact {
            Fact::Own(_) => 0,
            Fact::Snapshot(_) | Fact::Delta(_) | Fact::Shipment(_) => delays.get(index).copied().unwrap_or(0),
        };
        let mut arrivals: Vec<(i64, i64, Fact)> = facts
            .iter()
            .enumerate()
            .map(|(index, (stated, fact))| (stated + delay(index, *fact), *stated, *fact))
            .collect();
        // In one second our own movements come first, and the words in an order of their own.
        arrivals.sort_by_key(|(now, stated, fact)| {
            let order = delays.get(usize::try_from(*stated).unwrap_or(0)).copied();
            (*now, !matches!(fact, Fact::Own(_)), order)
        });
        let mut level = Level::default();
        for (now, stated, fact) in arrivals {
            level.learn(now, stated, fact);
        }
        level.on_hand
    }

    /// What it must be, without any order: the newest snapshot and all that is younger than it.
    fn truth(facts: &[(i64, Fact)]) -> i64 {
        let newest = facts
            .iter()
            .filter_map(|(at, fact)| if let Fact::Snapshot(quantity) = fact { Some((*at, *quantity)) } else { None })
            .max_by_key(|(at, quantity)| (*at, Reverse(*quantity)));
        let (since, base) = newest.map_or((i64::MIN, 0), |(at, quantity)| (at, quantity));
        let later = facts.iter().filter(|(at, _)| *at > since);
        base + later
            .map(|(_, fact)| match fact {
                Fact::Own(change) | Fact::Delta(change) => *change,
                Fact::Shipment(units) => -units,
                Fact::Snapshot(_) => 0,
            })
            .sum::<i64>()
    }

    proptest! {
        /// Whatever the order of arrival: the same facts make the same number.
        #[test]
        fn arrival_order_does_not_matter(
            facts in facts(),
            first in proptest::collection::vec(0..60_i64, 40),
            second in proptest::collection::vec(0..60_i64, 40),
        ) {
            let expected = truth(&facts);
            prop_assert_eq!(after(&facts, &first), expected);
            prop_assert_eq!(after(&facts, &second), expected);
        }

        /// No change takes more than is free, and what it does not take it reports.
        #[test]
        fn only_what_is_free_goes(wanted in -100..100_i64, free in -5..100_i64) {
            let change = Change::of(wanted, free);
            prop_assert!(change.applied >= -free.max(0) || change.applied >= 0);
            prop_assert_eq!(change.applied - change.remainder, wanted);
            prop_assert!(change.remainder >= 0);
            prop_assert!(change.remainder == 0 || change.applied == -free.max(0));
        }
    }

    #[test]
    fn the_lower_of_two_words_about_one_moment_counts() {
        let (low, high) = (Snapshot { at: time(0), quantity: 3 }, Snapshot { at: time(0), quantity: 4 });
        assert!(high.is_stale(Some(&low)) && !low.is_stale(Some(&high)));
        assert!(!low.is_stale(Some(&low)), "the same word may be said again");
        assert!(!low.is_stale(None));
    }
}
