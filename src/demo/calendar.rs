//! When things happened: the year before now, in shop hours of Tokyo.

use chrono::{DateTime, TimeDelta, Utc};

use super::dice::Dice;

/// Days of history.
pub(super) const DAYS: i64 = 364;

/// Moments of `count` sales over the last twelve months, oldest first, more of them as the shop grows. The last one
/// lies before `now`.
pub(super) fn moments(now: DateTime<Utc>, count: usize, dice: &Dice) -> Vec<DateTime<Utc>> {
    let mut moments: Vec<DateTime<Utc>> = (0..count)
        .map(|_| {
            // The later of two days: business has doubled over the year.
            let day = dice.between(0, DAYS - 1).max(dice.between(0, DAYS - 1));
            let ago = TimeDelta::days(DAYS - day) - TimeDelta::minutes(dice.between(5, 11 * 60));
            now - ago.max(TimeDelta::minutes(5)) - TimeDelta::seconds(dice.between(0, 59))
        })
        .collect();
    moments.sort();
    moments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_of_moments_in_order() {
        let now = DateTime::from_timestamp(1_795_219_200, 0).unwrap_or_default();
        let moments = moments(now, 1_000, &Dice::new(1));
        assert!(moments.is_sorted());
        assert!(moments.iter().all(|at| *at < now && now - *at < TimeDelta::days(365)));
        assert!(moments.iter().any(|at| now - *at < TimeDelta::days(2)));
    }
}
