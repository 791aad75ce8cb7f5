//! Chances that fall the same every time.

use domain::kernel::random::Random;

/// Repeatable chances.
#[derive(Debug)]
pub(super) struct Dice(Random);

impl Dice {
    /// Dice of one purpose.
    pub(super) fn new(seed: u64) -> Self {
        Self(Random::seeded(seed))
    }

    /// A number in `0..below`.
    pub(super) fn below(&self, below: u64) -> u64 {
        self.0.below(below)
    }

    /// A number in `from..=to`.
    pub(super) fn between(&self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(u64::try_from(to - from + 1).unwrap_or(1))).unwrap_or(0)
    }

    /// True so often in a hundred.
    pub(super) fn percent(&self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// A place in a list of `length`; 0 when it is empty.
    pub(super) fn index(&self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap_or(0))).unwrap_or(0)
    }

    /// A place in a list of `length` of which the first ones come up most: goods and customers are not all the same.
    pub(super) fn skewed_index(&self, length: usize) -> usize {
        self.index(length).min(self.index(length))
    }
}
