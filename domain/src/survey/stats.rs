//! Figures with their uncertainty, from sums: exact in integers as far as it goes, then in decimals.
//!
//! All intervals are two-sided at 95 %:
//! - a mean by Student's t with n − 1 degrees of freedom (NIST/SEMATECH e-Handbook of Statistical Methods, §7.2.2.1 and
//!   table §1.3.6.7.2; between the table's rows the row before is taken, which is wider);
//! - the Net Promoter Score by the variance of a trinomial, p + d − (p − d)² (Rocks, "Interval Estimation for the Net
//!   Promoter Score", The American Statistician 70(4), 2016, the Wald interval);
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
    /// NPS: scores of 9 and 10.
    pub promoters: i64,
    /// NPS: scores up to 6.
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

/// The standard error of a mean: √(s² / n) with s² = (n Σx² − (Σx)²) / (n (n − 1)).
fn spread(sums: &Sums) -> Option<Decimal> {
    let n = Decimal::from(sums.scored);
    let (sum, squares) = (Decimal::from(sums.sum), Decimal::from(sums.squares));
    let variance = (n * squares - sum * sum).checked_div(n * (n - Decimal::ONE))?;
    root(variance.checked_div(n)?)
}

/// The Net Promoter Score: promoters less detractors, of a hundred. `None` without scores.
#[must_use]
pub fn nps(sums: &Sums) -> Option<Estimate> {
    let hundred = Decimal::from(100);
    let n = sums.scored;
    let lead = quotient(sums.promoters - sums.detractors, n)?;
    let ends = (n > 1).then_some(()).and_then(|()| {
        let variance = quotient(sums.promoters + sums.detractors, n)? - lead * lead;
        let half = quotient(Z, 1_000)? * root(variance.max(Decimal::ZERO).checked_div(Decimal::from(n))?)? * hundred;
        Some((lead * hundred - half, lead * hundred + half))
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

    fn near(decimal: Decimal, naive: f64) -> bool {
        (float(decimal) - naive).abs() < 0.000_11
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
        // 5 promoters, 3 passive, 2 detractors: 30, se = √((0.7 − 0.09) / 10).
        let found = nps(&sums(&[10, 10, 9, 9, 9, 8, 7, 7, 6, 0])).unwrap();
        assert_eq!(found.value.to_string(), "30");
        assert_eq!(
            (found.low.unwrap().to_string(), found.high.unwrap().to_string()),
            ("-18.4084".into(), "78.4084".into())
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

    proptest! {
        #[test]
        fn figures_agree_with_the_naive_way(scores in proptest::collection::vec(0..=10_i32, 2..400), more in 0..300_i64) {
            let (sums, n) = (sums(&scores), scores.len() as f64);
            let average = scores.iter().map(|score| f64::from(*score)).sum::<f64>() / n;
            let variance = scores.iter().map(|score| (f64::from(*score) - average).powi(2)).sum::<f64>() / (n - 1.0);
            let half = t(sums.scored - 1) as f64 / 1000.0 * (variance / n).sqrt();
            let found = mean(&sums, (0, 10)).unwrap();
            prop_assert!(near(found.value, average));
            prop_assert!(near(found.low.unwrap(), (average - half).max(0.0)), "{found:?} {}", average - half);
            prop_assert!(near(found.high.unwrap(), (average + half).min(10.0)));
            let (p, d) = (sums.promoters as f64 / n, sums.detractors as f64 / n);
            let half = 1.96 * ((p + d - (p - d).powi(2)).max(0.0) / n).sqrt();
            let found = nps(&sums).unwrap();
            prop_assert!(near(found.value, 100.0 * (p - d)));
            prop_assert!(near(found.low.unwrap(), (100.0 * (p - d - half)).max(-100.0)));
            prop_assert!(near(found.high.unwrap(), (100.0 * (p - d + half)).min(100.0)));
            let (whole, z) = (n + more as f64, 1.96_f64);
            let rate = n / whole;
            let widened = 1.0 + z * z / whole;
            let center = rate + z * z / (2.0 * whole);
            let half = z * (rate * (1.0 - rate) / whole + z * z / (4.0 * whole * whole)).sqrt();
            let found = share(sums.scored, sums.scored + more).unwrap();
            prop_assert!(near(found.value, rate));
            prop_assert!(near(found.low.unwrap(), (center - half) / widened));
            prop_assert!(near(found.high.unwrap(), ((center + half) / widened).min(1.0)));
        }
    }
}
