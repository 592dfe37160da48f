//! Areas under ROC curves with their covariance, and the paired test of their difference.
//!
//! Source: DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845; computed with ranks after
//! Sun X, Xu W. IEEE Signal Process Lett 2014;21:1389-1393.

use serde::{Deserialize, Serialize};

use super::normal::{HALF_WIDTH_95, two_sided};
use super::rank::mid_ranks;

/// Two ends of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Areas under the curves of several scores of the same samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Areas {
    /// One area a score, 0 to 1.
    pub area: Vec<f64>,
    /// Their covariance, a row a score.
    pub covariance: Vec<Vec<f64>>,
}

/// The difference of two areas over the same samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The first area less the second.
    pub difference: f64,
    /// 95 % interval of the difference.
    pub interval: Interval,
    /// The difference in standard errors; 0 for equal scores, infinite when scores that differ have no variance.
    pub z: f64,
    /// Two-sided p-value of no difference.
    pub p: f64,
}

/// The areas of `scores`, each with one value a sample; `positive` says which samples a high score
/// should find. `None` unless there are two positive and two negative samples at least: fewer have no variance.
pub fn areas(positive: &[bool], scores: &[&[f64]]) -> Option<Areas> {
    let m = positive.iter().filter(|&&p| p).count();
    let n = positive.len() - m;
    if m < 2 || n < 2 {
        return None;
    }
    let components: Vec<Components> = scores.iter().map(|score| Components::of(positive, score)).collect();
    let covariance = |a: &Components, b: &Components| {
        covariance(&a.of_positive, &b.of_positive) / m as f64 + covariance(&a.of_negative, &b.of_negative) / n as f64
    };
    Some(Areas {
        area: components.iter().map(|c| c.area).collect(),
        covariance: components.iter().map(|a| components.iter().map(|b| covariance(a, b)).collect()).collect(),
    })
}

impl Areas {
    /// Standard error of the area of score `i`.
    pub fn standard_error(&self, i: usize) -> f64 {
        self.covariance[i][i].max(0.0).sqrt()
    }

    /// Wald's 95 % interval of the area of score `i`, within 0 and 1. An area of 1 has no variance, and
    /// the interval no width: it says nothing of how sure that 1 is.
    pub fn interval(&self, i: usize) -> Interval {
        let half = HALF_WIDTH_95 * self.standard_error(i);
        Interval { low: (self.area[i] - half).max(0.0), high: (self.area[i] + half).min(1.0) }
    }

    /// The area of score `a` against that of score `b`.
    pub fn difference(&self, a: usize, b: usize) -> Difference {
        let difference = self.area[a] - self.area[b];
        let variance = self.covariance[a][a] + self.covariance[b][b] - 2.0 * self.covariance[a][b];
        let error = variance.max(0.0).sqrt();
        let z = if difference == 0.0 { 0.0 } else { difference / error };
        let interval = Interval { low: difference - HALF_WIDTH_95 * error, high: difference + HALF_WIDTH_95 * error };
        Difference { difference, interval, z, p: two_sided(z) }
    }
}

/// How much each sample says about the area of one score: of a positive one the share of negative samples
/// that it is above, of a negative one the share of positive samples that are above it.
struct Components {
    area: f64,
    of_positive: Vec<f64>,
    of_negative: Vec<f64>,
}

impl Components {
    fn of(positive: &[bool], score: &[f64]) -> Self {
        let of = |wanted: bool| -> Vec<f64> {
            positive.iter().zip(score).filter(|(p, _)| **p == wanted).map(|(_, s)| *s).collect()
        };
        let (high, low) = (of(true), of(false));
        let (m, n) = (high.len() as f64, low.len() as f64);
        let together = mid_ranks(&[high.as_slice(), low.as_slice()].concat());
        let (of_high, of_low) = together.split_at(high.len());
        let apart = |all: &[f64], own: &[f64]| -> Vec<f64> { all.iter().zip(own).map(|(a, o)| a - o).collect() };
        Self {
            area: (of_high.iter().sum::<f64>() - m * (m + 1.0) / 2.0) / (m * n),
            of_positive: apart(of_high, &mid_ranks(&high)).into_iter().map(|above| above / n).collect(),
            of_negative: apart(of_low, &mid_ranks(&low)).into_iter().map(|below| 1.0 - below / m).collect(),
        }
    }
}

/// Unbiased covariance of two samples of one length, at least 2.
fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let mean = |x: &[f64]| x.iter().sum::<f64>() / n;
    let (of_a, of_b) = (mean(a), mean(b));
    a.iter().zip(b).map(|(x, y)| (x - of_a) * (y - of_b)).sum::<f64>() / (n - 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_area_is_the_share_of_pairs_in_the_right_order(
            samples in prop::collection::vec((any::<bool>(), 0u8..6), 4..40)
        ) {
            let positive: Vec<bool> = samples.iter().map(|s| s.0).collect();
            let score: Vec<f64> = samples.iter().map(|s| f64::from(s.1)).collect();
            let of = |wanted| samples.iter().filter(move |s| s.0 == wanted).map(|s| s.1);
            match areas(&positive, &[&score]) {
                None => prop_assert!(of(true).count() < 2 || of(false).count() < 2),
                Some(found) => {
                    let right: f64 = of(true).flat_map(|p| of(false).map(move |n| p.cmp(&n) as i8)).map(|o| (f64::from(o) + 1.0) / 2.0).sum();
                    let pairs = (of(true).count() * of(false).count()) as f64;
                    prop_assert!((found.area[0] - right / pairs).abs() < 1e-12);
                    prop_assert!(found.covariance[0][0] >= -1e-15);
                }
            }
        }

        #[test]
        fn turning_the_score_round_turns_the_area_round(samples in prop::collection::vec((any::<bool>(), -5.0f64..5.0), 8..30)) {
            let positive: Vec<bool> = samples.iter().map(|s| s.0).collect();
            let score: Vec<f64> = samples.iter().map(|s| s.1).collect();
            let round: Vec<f64> = score.iter().map(|s| -s).collect();
            if let Some(found) = areas(&positive, &[&score, &round]) {
                prop_assert!((found.area[0] + found.area[1] - 1.0).abs() < 1e-12);
                prop_assert!((found.covariance[0][1] + found.covariance[0][0]).abs() < 1e-12);
            }
        }
    }
}
