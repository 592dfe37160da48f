//! Intervals of figures that have no formula, by drawing the samples again.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::Interval;

/// Resamples whole patients, within each stratum, so that bodies of one patient stay together and no stratum dies out.
#[derive(Debug, Clone, Copy)]
pub struct Bootstrap {
    /// How many resamples.
    pub times: usize,
    /// Seed; the same gives the same interval.
    pub seed: u64,
}

/// What the resamples say of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resampled {
    /// Percentiles 2.5 and 97.5.
    pub interval: Interval,
    /// Standard deviation.
    pub standard_error: f64,
    /// Twice the smaller share of resamples on one side of 0 (a resample on it counts half): a p-value for differences.
    pub p: f64,
    /// Resamples on which the figure was defined.
    pub defined: usize,
}

impl Bootstrap {
    /// `figure` of indices into the samples; `group` and `stratum` hold a value a sample. A group belongs to
    /// the stratum of its first sample. `None` when it is defined on fewer than half of the resamples.
    pub fn of<G: Ord>(
        &self,
        group: &[G],
        stratum: &[usize],
        figure: impl Fn(&[usize]) -> Option<f64>,
    ) -> Option<Resampled> {
        let strata = strata(group, stratum);
        let mut rng = StdRng::seed_from_u64(self.seed);
        let mut values: Vec<f64> = (0..self.times)
            .filter_map(|_| {
                let drawn = strata.iter().flat_map(|groups| {
                    (0..groups.len())
                        .flat_map(|_| groups[rng.random_range(0..groups.len())].clone())
                        .collect::<Vec<_>>()
                });
                figure(&drawn.collect::<Vec<_>>())
            })
            .collect();
        if values.len() * 2 < self.times || values.len() < 2 {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let below =
            values.iter().map(|v| if *v < 0.0 { 1.0 } else { f64::from(u8::from(*v == 0.0)) / 2.0 }).sum::<f64>() / n;
        Some(Resampled {
            interval: Interval { low: percentile(&values, 0.025), high: percentile(&values, 0.975) },
            standard_error: (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt(),
            p: (2.0 * below.min(1.0 - below)).clamp(1.0 / n, 1.0),
            defined: values.len(),
        })
    }
}

/// The samples of each group, by stratum.
fn strata<G: Ord>(group: &[G], stratum: &[usize]) -> Vec<Vec<Vec<usize>>> {
    let mut groups: BTreeMap<&G, Vec<usize>> = BTreeMap::new();
    for (i, g) in group.iter().enumerate() {
        groups.entry(g).or_default().push(i);
    }
    let mut strata: BTreeMap<usize, Vec<Vec<usize>>> = BTreeMap::new();
    for samples in groups.into_values() {
        strata.entry(stratum[samples[0]]).or_default().push(samples);
    }
    strata.into_values().collect()
}

/// Percentile of sorted values, linear between neighbours.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stay_together_and_strata_keep_their_size() {
        let group = ["a", "a", "b", "c", "c", "c"];
        let stratum = [0, 0, 0, 1, 1, 1];
        let found = Bootstrap { times: 50, seed: 1 }.of(&group, &stratum, |drawn| {
            let of = |g: &str| drawn.iter().filter(|&&i| group[i] == g).count();
            assert_eq!((of("a") % 2, of("c")), (0, 3), "{drawn:?}");
            assert_eq!(of("a") / 2 + of("b"), 2, "two groups of the first stratum");
            Some(of("a") as f64)
        });
        assert_eq!(found.unwrap().defined, 50);
    }

    #[test]
    fn a_mean_has_its_known_standard_error() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 20)).collect();
        let group: Vec<usize> = (0..400).collect();
        let found = Bootstrap { times: 2000, seed: 3 }
            .of(&group, &[0; 400], |drawn| Some(drawn.iter().map(|&i| values[i]).sum::<f64>() / 400.0))
            .unwrap();
        let expected = (399.0_f64 / 12.0).sqrt() / 20.0;
        assert!((found.standard_error / expected - 1.0).abs() < 0.1, "{found:?} against {expected}");
        assert!(found.interval.low < 9.5 && found.interval.high > 9.5 && found.p <= 1.0 / 1000.0, "{found:?}");
    }

    #[test]
    fn a_figure_that_is_seldom_defined_has_no_interval() {
        assert_eq!(Bootstrap { times: 100, seed: 1 }.of(&[1, 2], &[0, 0], |_| None), None);
    }
}
