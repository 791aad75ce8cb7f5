//! The arithmetic of a stock level: counters, how movements change them, and what is free.

use std::collections::BTreeMap;

use entity::id::{LocationId, VariantId};
use entity::stock_level;
use entity::words::StockState;

use super::movement::Movement;
use crate::{Error, Result};

/// One stock level: rows are locked and changed in this order.
pub type Key = (LocationId, VariantId);

/// Units per state, or changes of them. `on_hand` is all that lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// All units that lie there.
    pub on_hand: i64,
    /// Promised to open work.
    pub committed: i64,
    /// Put aside.
    pub reserved: i64,
    /// Damaged.
    pub damaged: i64,
    /// Waiting for inspection.
    pub quality_control: i64,
    /// Kept back.
    pub safety_stock: i64,
    /// Those on hand whose serial or lot number is known.
    pub numbered: i64,
}

impl From<&stock_level::Model> for Counters {
    fn from(row: &stock_level::Model) -> Self {
        Self {
            on_hand: row.on_hand,
            committed: row.committed,
            reserved: row.reserved,
            damaged: row.damaged,
            quality_control: row.quality_control,
            safety_stock: row.safety_stock,
            numbered: row.numbered,
        }
    }
}

impl Counters {
    /// Units free to promise: what is on hand and in no other state.
    #[must_use]
    pub const fn available(&self) -> i64 {
        self.on_hand - self.committed - self.reserved - self.damaged - self.quality_control - self.safety_stock
    }

    /// Units in a state.
    #[must_use]
    pub const fn in_state(&self, state: StockState) -> i64 {
        match state {
            StockState::Available => self.available(),
            StockState::Committed => self.committed,
            StockState::Reserved => self.reserved,
            StockState::Damaged => self.damaged,
            StockState::QualityControl => self.quality_control,
            StockState::SafetyStock => self.safety_stock,
        }
    }

    /// Both added; `None` beyond what can be counted.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Option<Self> {
        Some(Self {
            on_hand: self.on_hand.checked_add(other.on_hand)?,
            committed: self.committed.checked_add(other.committed)?,
            reserved: self.reserved.checked_add(other.reserved)?,
            damaged: self.damaged.checked_add(other.damaged)?,
            quality_control: self.quality_control.checked_add(other.quality_control)?,
            safety_stock: self.safety_stock.checked_add(other.safety_stock)?,
            numbered: self.numbered.checked_add(other.numbered)?,
        })
    }

    /// The state that would fall below zero after `change`, with its units before; `None` when all is well.
    #[must_use]
    pub fn short_of(&self, change: &Self) -> Option<(StockState, i64)> {
        let after = self.plus(change)?;
        StockState::ALL.iter().find(|state| after.in_state(**state) < 0).map(|state| (*state, self.in_state(*state)))
    }

    fn enter(&mut self, state: StockState, quantity: i64) {
        match state {
            StockState::Available => {}
            StockState::Committed => self.committed += quantity,
            StockState::Reserved => self.reserved += quantity,
            StockState::Damaged => self.damaged += quantity,
            StockState::QualityControl => self.quality_control += quantity,
            StockState::SafetyStock => self.safety_stock += quantity,
        }
    }

    /// How one movement changes the counters.
    #[must_use]
    pub fn change_of(movement: &Movement) -> Self {
        let mut change = Self::default();
        match movement.from {
            Some(state) => change.enter(state, -movement.quantity),
            None => change.on_hand += movement.quantity,
        }
        match movement.to {
            Some(state) => change.enter(state, movement.quantity),
            None => change.on_hand -= movement.quantity,
        }
        change
    }
}

/// The changes of some movements, summed per level and in the order in which levels are locked.
pub fn sum(movements: &[Movement]) -> Result<BTreeMap<Key, Counters>> {
    let mut changes: BTreeMap<Key, Counters> = BTreeMap::new();
    for movement in movements {
        let change = changes.entry((movement.location_id, movement.variant_id)).or_default();
        *change = change
            .plus(&Counters::change_of(movement))
            .ok_or_else(|| Error::Bug("a stock change beyond what can be counted".to_owned()))?;
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use entity::id::EventId;
    use entity::words::MovementKind;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::inventory::Cause;

    fn movement(from: Option<StockState>, to: Option<StockState>, quantity: i64) -> Movement {
        Movement {
            location_id: LocationId(Uuid::nil()),
            variant_id: VariantId(Uuid::nil()),
            kind: MovementKind::Moved,
            from,
            to,
            quantity,
            cause: Cause::manual("test"),
            event_id: EventId(Uuid::nil()),
        }
    }

    fn states() -> impl Strategy<Value = Option<StockState>> {
        prop_oneof![Just(None), proptest::sample::select(StockState::ALL).prop_map(Some)]
    }

    proptest! {
        /// Any sequence of movements that never runs short keeps the sum of states equal to what is on hand,
        /// every state at zero or more, and equal to what a plain tally of the movements says.
        #[test]
        fn counters_equal_the_tally_of_movements(steps in proptest::collection::vec((states(), states(), 1..50_i64), 1..80)) {
            let mut level = Counters::default();
            let mut tally: BTreeMap<StockState, i64> = BTreeMap::new();
            for (from, to, quantity) in steps {
                let change = Counters::change_of(&movement(from, to, quantity));
                if level.short_of(&change).is_some() {
                    continue;
                }
                level = level.plus(&change).expect("small numbers");
                if let Some(from) = from { *tally.entry(from).or_default() -= quantity; }
                if let Some(to) = to { *tally.entry(to).or_default() += quantity; }
                for state in StockState::ALL {
                    prop_assert!(level.in_state(*state) >= 0);
                    prop_assert_eq!(level.in_state(*state), tally.get(state).copied().unwrap_or(0));
                }
                prop_assert_eq!(level.on_hand, tally.values().sum::<i64>());
            }
        }
    }

    #[test]
    fn a_shortage_names_the_state_and_what_is_there() {
        let level = Counters { on_hand: 5, committed: 3, ..Counters::default() };
        let take = |quantity| {
            Counters::change_of(&movement(Some(StockState::Available), Some(StockState::Committed), quantity))
        };
        assert_eq!(level.short_of(&take(2)), None);
        assert_eq!(level.short_of(&take(3)), Some((StockState::Available, 2)));
        let dispatch = Counters::change_of(&movement(Some(StockState::Committed), None, 4));
        assert_eq!(level.short_of(&dispatch), Some((StockState::Committed, 3)));
    }

    #[test]
    fn demand_of_one_level_is_summed_first() {
        let take = movement(Some(StockState::Available), Some(StockState::Committed), 2);
        let changes = sum(&[take.clone(), take]).expect("small numbers");
        assert_eq!(changes.into_values().collect::<Vec<_>>(), [Counters { committed: 4, ..Counters::default() }]);
    }
}
