//! Figures with their uncertainty, from sums: exact in integers as far as it goes, then in decimals.
//!
//! All intervals are two-sided at 95 %:
//! - a mean by Student's t with n − 1 degrees of freedom (NIST/SEMATECH e-Handbook of Statistical Methods, §7.2.2.1 and
//!   table §1.3.6.7.2; between the table's rows the row before is taken, which is wider); none when all scores are alike,
//!   since a spread of zero says nothing of those who were not heard;
//! - the Net Promoter Score by the adjusted Wald interval (Rocks, "Interval Estimation for the Net Promoter Score", The
//!   American Statistician 70(4), 2016): three answers that nobody gave, ¾ a promoter's, 1½ a passive's and ¾ a detractor's,
//!   are added for the ends, and only for them; then the variance of a trinomial, p + d − (p − d)²;
//! - a share by Wilson's score interval (Wilson, JASA 22, 1927; NIST §7.2.4.1).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The 97.5 % quantile of the normal distribution, in thousandths.
const Z: i64 = 1_960;
/// Decimals of a figure.
const DECIMALS: u32 = 4;
/// Decimals of a square root.
const ROOT: u32 = 10;

/// The 97.5 % quantile of Student's t by degrees of freedom, in thousandths (NIST table §1.3.6.7.2).
const T: [(i64, i64); 36] = [
    (1, 12_706),
    (2, 4_303),
    (3, 3_182),
    (4, 2_776),
    (5, 2_571),
    (6, 2_447),
    (7, 2_365),
    (8, 2_306),
    (9, 2_262),
    (10, 2_228),
    (11, 2_201),
    (12, 2_179),
    (13, 2_160),
    (14, 2_145),
    (15, 2_131),
    (16, 2_120),
    (17, 2_110),
    (18, 2_101),
    (19, 2_093),
    (20, 2_086),
    (21, 2_080),
    (22, 2_074),
    (23, 2_069),
    (24, 2_064),
    (25, 2_060),
    (26, 2_056),
    (27, 2_052),
    (28, 2_048),
    (29, 2_045),
    (30, 2_042),
    (40, 2_021),
    (50, 2_009),
    (60, 2_000),
    (80, 1_990),
    (100, 1_984),
    (1_000, 1_962),
];

/// A figure and where it lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// The figure, four decimals.
    pub value: Decimal,
    /// Lower end; `None` when too few answered to tell.
    pub low: Option<Decimal>,
    /// Upper end.
    pub high: Option<Decimal>,
}

/// Counts and sums of a group of invitations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Who was asked.
    pub invited: i64,
    /// Who answered.
    pub answered: i64,
    /// Answers with a score.
    pub scored: i64,
    /// Sum of the scores.
    pub sum: i64,
    /// Sum of their squares.
    pub squares: i64,
    /// NPS: scores of 9 and 10; 0 of other kinds.
    pub promoters: i64,
    /// NPS: scores up to 6; 0 of other kinds.
    pub detractors: i64,
    /// Scores that count as good by the kind.
    pub favorable: i64,
}

/// The mean of scores, within the scale. `None` without any.
#[must_use]
pub fn mean(sums: &Sums, (min, max): (i32, i32)) -> Option<Estimate> {
    let n = sums.scored;
    let value = quotient(sums.sum, n)?;
    let ends = spread(sums).and_then(|spread| {
        let half = quotient(t(n - 1), 1_000)? * spread;
        Some((value - half, value + half))
    });
    Some(estimate(value, ends, (Decimal::from(min), Decimal::from(max))))
}

/// The standard error of a mean: √(s² / n) with s² = (n Σx² − (Σx)²) / (n (n − 1)). `None` of fewer than two, and of
/// scores that are all alike.
fn spread(sums: &Sums) -> Option<Decimal> {
    let n = Decimal::from(sums.scored);
    let (sum, squares) = (Decimal::from(sums.sum), Decimal::from(sums.squares));
    let variance = (n * squares - sum * sum).checked_div(n * (n - Decimal::ONE))?;
    root(variance.checked_div(n)?).filter(|spread| *spread > Decimal::ZERO)
}

/// The Net Promoter Score: promoters less detractors, of a hundred. `None` without scores. The ends lie around a point that
/// is nearer to zero than the score, the more so the fewer answered.
#[must_use]
pub fn nps(sums: &Sums) -> Option<Estimate> {
    let hundred = Decimal::from(100);
    let n = sums.scored;
    let lead = quotient(sums.promoters - sums.detractors, n)?;
    // In quarters of an answer: three promoters', six passives' and three detractors' are added.
    let (promoters, detractors, all) = (4 * sums.promoters + 3, 4 * sums.detractors + 3, 4 * n + 12);
    let ends = (n > 1).then_some(()).and_then(|()| {
        let center = quotient(promoters - detractors, all)?;
        let variance = quotient(promoters + detractors, all)? - center * center;
        let half = quotient(Z, 1_000)? * root(variance.max(Decimal::ZERO).checked_div(Decimal::from(n + 3))?)?;
        Some(((center - half) * hundred, (center + half) * hundred))
    });
    Some(estimate(lead * hundred, ends, (-hundred, hundred)))
}

/// A share of a whole, 0 to 1. `None` of nothing.
#[must_use]
pub fn share(part: i64, whole: i64) -> Option<Estimate> {
    let value = quotient(part, whole)?;
    let (n, z) = (Decimal::from(whole), quotient(Z, 1_000)?);
    let (two, four) = (Decimal::TWO, Decimal::from(4));
    let square = z * z;
    let ends = || {
        let widened = Decimal::ONE + square.checked_div(n)?;
        let center = value + square.checked_div(two * n)?;
        let inner = (value * (Decimal::ONE - value)).checked_div(n)? + square.checked_div(four * n * n)?;
        let half = z * root(inner.max(Decimal::ZERO))?;
        Some(((center - half).checked_div(widened)?, (center + half).checked_div(widened)?))
    };
    Some(estimate(value, ends(), (Decimal::ZERO, Decimal::ONE)))
}

fn estimate(value: Decimal, ends: Option<(Decimal, Decimal)>, (min, max): (Decimal, Decimal)) -> Estimate {
    let rounded = |figure: Decimal| figure.clamp(min, max).round_dp(DECIMALS).normalize();
    Estimate {
        value: rounded(value),
        low: ends.map(|(low, _)| rounded(low)),
        high: ends.map(|(_, high)| rounded(high)),
    }
}

fn quotient(part: i64, whole: i64) -> Option<Decimal> {
    Decimal::from(part).checked_div(Decimal::from(whole))
}

fn t(freedom: i64) -> i64 {
    if freedom > 1_000 {
        return Z;
    }
    T.iter().rev().find(|(row, _)| *row <= freedom).map_or(Z, |(_, quantile)| *quantile)
}

/// The square root of a number from 0 to 10,000, by the integer root of its twentieth decimals.
fn root(of: Decimal) -> Option<Decimal> {
    let scaled = of
        .round_dp(2 * ROOT)
        .checked_mul(Decimal::try_from_i128_with_scale(10_i128.checked_pow(2 * ROOT)?, 0).ok()?)?;
    let whole = i128::try_from(scaled.to_u128()?.isqrt()).ok()?;
    Decimal::try_from_i128_with_scale(whole, ROOT).ok()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::float_arithmetic,
        clippy::unwrap_used,
        clippy::as_conversions,
        reason = "the naive way, to compare"
    )]

    use proptest::prelude::*;

    use super::*;

    fn sums(scores: &[i32]) -> Sums {
        let count = |good: fn(i32) -> bool| i64::try_from(scores.iter().filter(|score| good(**score)).count()).unwrap();
        Sums {
            invited: count(|_| true),
            answered: count(|_| true),
            scored: count(|_| true),
            sum: scores.iter().map(|score| i64::from(*score)).sum(),
            squares: scores.iter().map(|score| i64::from(score * score)).sum(),
            promoters: count(|score| score >= 9),
            detractors: count(|score| score <= 6),
            favorable: 0,
        }
    }

    fn float(decimal: Decimal) -> f64 {
        decimal.to_f64().unwrap()
    }

    #[test]
    fn known_figures_come_out() {
        // NIST §7.2.2.1 by hand: 2, 4, 4, 6 has mean 4, s² = 8/3, se = 0.8165, t(3) = 3.182.
        let found = mean(&sums(&[2, 4, 4, 6]), (0, 10)).unwrap();
        assert_eq!(found.value.to_string(), "4");
        assert_eq!(
            (found.low.unwrap().to_string(), found.high.unwrap().to_string()),
            ("1.4019".into(), "6.5981".into())
        );
        // Wilson: 8 of 10 gives 0.4902 to 0.9433.
        let found = share(8, 10).unwrap();
        assert_eq!(
            (found.low.unwrap().to_string(), found.high.unwrap().to_string()),
            ("0.4902".into(), "0.9433".into())
        );
        // 5 promoters, 3 passive, 2 detractors: 30. With the three, 3 / 13 ± 1.96 √((8.5 / 13 − (3 / 13)²) / 13).
        let found = nps(&sums(&[10, 10, 9, 9, 9, 8, 7, 7, 6, 0])).unwrap();
        assert_eq!(found.value.to_string(), "30");
        assert_eq!(
            (found.low.unwrap().to_string(), found.high.unwrap().to_string()),
            ("-19.0514".into(), "65.2052".into())
        );
    }

    #[test]
    fn too_few_say_so() {
        assert_eq!((mean(&Sums::default(), (0, 10)), nps(&Sums::default()), share(0, 0)), (None, None, None));
        for one in [mean(&sums(&[7]), (0, 10)).unwrap(), nps(&sums(&[10])).unwrap()] {
            assert_eq!((one.low, one.high), (None, None));
        }
        assert_eq!(share(0, 5).unwrap().low, Some(Decimal::ZERO));
        assert!(share(0, 5).unwrap().high.unwrap() > Decimal::ZERO);
        assert_eq!((t(31), t(41), t(999), t(1_000), t(5_000)), (2_042, 2_021, 1_984, 1_962, 1_960));
    }

    /// How often the intervals of all outcomes hold the truth, weighed by how likely each outcome is.
    fn coverage(outcomes: impl Iterator<Item = (f64, Option<Estimate>)>, truth: f64) -> f64 {
        let (mut held, mut told) = (0.0, 0.0);
        for (likely, found) in outcomes {
            let Some(Estimate { low: Some(low), high: Some(high), .. }) = found else { continue };
            told += likely;
            // Ends are rounded to four decimals.
            if float(low) - 0.000_06 <= truth && truth <= float(high) + 0.000_06 {
                held += likely;
            }
        }
        held / told
    }

    fn factorial(n: i64) -> f64 {
        (1..=n).map(|factor| factor as f64).product()
    }

    /// All ways to spread `n` answers over `kinds` kinds.
    fn spreads(n: i64, kinds: usize) -> Vec<Vec<i64>> {
        if kinds == 1 {
            return vec![vec![n]];
        }
        let with = |first: i64| {
            let rest = spreads(n - first, kinds - 1).into_iter();
            rest.map(move |rest| std::iter::once(first).chain(rest).collect::<Vec<i64>>())
        };
        (0..=n).flat_map(with).collect()
    }

    /// How likely a spread is when each kind has its chance.
    fn likely(counts: &[i64], chances: &[f64]) -> f64 {
        let n: i64 = counts.iter().sum();
        let each = counts
            .iter()
            .zip(chances)
            .map(|(count, chance)| chance.powi(i32::try_from(*count).unwrap()) / factorial(*count));
        factorial(n) * each.product::<f64>()
    }

    /// Every outcome of a few answers, exactly: the interval of the NPS holds the true one in 95 of 100 cases over all
    /// shares, and in 84 at the worst from three answers on. The plain Wald interval does so in 67, and in 26 at the worst.
    #[test]
    fn the_interval_of_a_score_holds_what_it_says() {
        for (n, worst) in [(3, 0.84), (5, 0.89), (8, 0.90), (15, 0.92), (30, 0.93)] {
            let outcomes: Vec<(Vec<i64>, Option<Estimate>)> = spreads(n, 3)
                .into_iter()
                .map(|counts| {
                    let sums = Sums { scored: n, promoters: counts[0], detractors: counts[1], ..Sums::default() };
                    let found = nps(&sums);
                    (counts, found)
                })
                .collect();
            let mut all = Vec::new();
            for promoters in 1..19 {
                for detractors in 1..(20 - promoters) {
                    let (p, d) = (f64::from(promoters) / 20.0, f64::from(detractors) / 20.0);
                    let chances = [p, d, 1.0 - p - d];
                    let weighed = outcomes.iter().map(|(counts, found)| (likely(counts, &chances), *found));
                    let held = coverage(weighed, 100.0 * (p - d));
                    assert!(held >= worst, "{n} answers, {p} and {d}: {held}");
                    all.push(held);
                }
            }
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            assert!((0.945..=0.965).contains(&mean), "{n} answers: {mean}");
        }
    }

    /// The same of a share, from two answers on.
    #[test]
    fn the_interval_of_a_share_holds_what_it_says() {
        for (n, worst) in [(2, 0.90), (5, 0.91), (10, 0.91), (20, 0.92), (50, 0.93)] {
            let mut all = Vec::new();
            for chance in 1..20 {
                let p = f64::from(chance) / 20.0;
                let of = |counts: Vec<i64>| (likely(&counts, &[p, 1.0 - p]), share(counts[0], n));
                let held = coverage(spreads(n, 2).into_iter().map(of), p);
                assert!(held >= worst, "{n} answers, {p}: {held}");
                all.push(held);
            }
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            assert!((0.945..=0.970).contains(&mean), "{n} answers: {mean}");
        }
    }

    /// The same of a mean of one to five stars, of those outcomes that tell anything.
    #[test]
    fn the_interval_of_a_mean_holds_what_it_says() {
        let people = [
            [0.2, 0.2, 0.2, 0.2, 0.2],
            [0.05, 0.1, 0.2, 0.35, 0.3],
            [0.1, 0.2, 0.4, 0.2, 0.1],
            [0.4, 0.1, 0.0, 0.1, 0.4],
        ];
        for (n, worst) in [(3, 0.88), (5, 0.92), (8, 0.92), (12, 0.93)] {
            for chances in people {
                let truth: f64 = chances.iter().zip(1..).map(|(chance, stars)| chance * f64::from(stars)).sum();
                let of = |counts: Vec<i64>| {
                    let stars = || counts.iter().zip(1_i64..);
                    let sum = stars().map(|(count, stars)| count * stars).sum();
                    let squares = stars().map(|(count, stars)| count * stars * stars).sum();
                    (likely(&counts, &chances), mean(&Sums { scored: n, sum, squares, ..Sums::default() }, (1, 5)))
                };
                let held = coverage(spreads(n, 5).into_iter().map(of), truth);
                assert!(held >= worst, "{n} answers of {chances:?}: {held}");
            }
        }
    }

    #[test]
    fn few_who_agree_are_not_certain() {
        // Three tens: 100, and anything from −6.6 on is possible.
        let found = nps(&sums(&[10, 10, 10])).unwrap();
        assert_eq!(found.value.to_string(), "100");
        assert_eq!((found.low.unwrap().to_string(), found.high.unwrap().to_string()), ("-6.5803".into(), "100".into()));
        let found = nps(&sums(&[0, 0])).unwrap();
        assert_eq!(
            (found.low.unwrap().to_string(), found.high.unwrap().to_string()),
            ("-100".into(), "24.4122".into())
        );
        for alike in [&[4, 4][..], &[4, 4, 4, 4, 4, 4, 4]] {
            let found = mean(&sums(alike), (1, 5)).unwrap();
            assert_eq!((found.value.to_string().as_str(), found.low, found.high), ("4", None, None));
        }
        assert!(mean(&sums(&[4, 4, 5]), (1, 5)).unwrap().low.is_some());
    }

    proptest! {
        #[test]
        fn figures_lie_within_their_ends(scores in proptest::collection::vec(0..=10_i32, 2..400), more in 0..300_i64) {
            let (sums, n) = (sums(&scores), scores.len() as f64);
            let within = |found: Estimate, naive: f64, min: i64, max: i64| {
                let (low, high) = (found.low.unwrap_or(found.value), found.high.unwrap_or(found.value));
                (float(found.value) - naive).abs() < 0.000_11
                    && Decimal::from(min) <= low
                    && low <= found.value
                    && found.value <= high
                    && high <= Decimal::from(max)
            };
            let average = scores.iter().map(|score| f64::from(*score)).sum::<f64>() / n;
            prop_assert!(within(mean(&sums, (0, 10)).unwrap(), average, 0, 10));
            let lead = 100.0 * (sums.promoters - sums.detractors) as f64 / n;
            prop_assert!(within(nps(&sums).unwrap(), lead, -100, 100), "{:?}", nps(&sums));
            let rate = n / (n + more as f64);
            prop_assert!(within(share(sums.scored, sums.scored + more).unwrap(), rate, 0, 1));
        }
    }
}
