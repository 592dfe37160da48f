//! Whether probabilities mean what they say.

use serde::{Deserialize, Serialize};

/// Samples whose probability lies in one tenth (or whatever share) of 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// How many samples.
    pub count: usize,
    /// Their mean probability; `None` without samples.
    pub said: Option<f64>,
    /// The share of them that it was true for.
    pub happened: Option<f64>,
}

/// Brier's score of several classes (Monthly Weather Rev 1950;78:1-3): the mean over samples of the squared
/// distance of the probabilities from certainty of the right class. 0 is best, 2 worst.
pub fn brier(labels: &[usize], probabilities: &[Vec<f64>]) -> f64 {
    let of = |label: usize, p: &[f64]| -> f64 {
        p.iter().enumerate().map(|(class, p)| (p - f64::from(u8::from(class == label))).powi(2)).sum()
    };
    labels.iter().zip(probabilities).map(|(&l, p)| of(l, p)).sum::<f64>() / labels.len() as f64
}

/// Brier's score of one class against the rest: 0 is best, 1 worst.
pub fn binary_brier(positive: &[bool], probability: &[f64]) -> f64 {
    positive.iter().zip(probability).map(|(&y, p)| (p - f64::from(u8::from(y))).powi(2)).sum::<f64>()
        / positive.len() as f64
}

/// Mean negative logarithm of the right class's probability, which counts as 1e-15 at least.
pub fn log_loss(labels: &[usize], probabilities: &[Vec<f64>]) -> f64 {
    -labels.iter().zip(probabilities).map(|(&l, p)| p[l].clamp(1e-15, 1.0).ln()).sum::<f64>() / labels.len() as f64
}

/// `bins` equal parts of 0 to 1 (each with its upper end, the first with both) with what was said and what
/// happened, and the expected calibration error: the mean distance of the two, weighted by count.
pub fn reliability(happened: &[bool], said: &[f64], bins: usize) -> (Vec<Bin>, f64) {
    let mut parts = vec![(0_usize, 0.0, 0.0); bins];
    for (&y, &p) in happened.iter().zip(said) {
        let part = &mut parts[bin_of(p, bins)];
        *part = (part.0 + 1, part.1 + p, part.2 + f64::from(u8::from(y)));
    }
    let rows: Vec<Bin> = parts
        .iter()
        .map(|&(count, said, happened)| {
            let mean = |sum: f64| (count > 0).then(|| sum / count as f64);
            Bin { count, said: mean(said), happened: mean(happened) }
        })
        .collect();
    let error = parts.iter().map(|(_, said, happened)| (happened - said).abs()).sum::<f64>() / happened.len() as f64;
    (rows, error)
}

/// Expected calibration error of one class against the rest.
pub fn binary_calibration_error(positive: &[bool], probability: &[f64], bins: usize) -> f64 {
    reliability(positive, probability, bins).1
}

/// The part a probability belongs to: (i / bins, (i + 1) / bins].
fn bin_of(p: f64, bins: usize) -> usize {
    let edge = |i: usize| i as f64 / bins as f64;
    // Rounding may put the product on the wrong side of an edge by one.
    let near = ((p * bins as f64).ceil() as usize).saturating_sub(1).min(bins - 1);
    (near.saturating_sub(1)..=near + 1).find(|&i| p <= edge(i + 1)).unwrap_or(bins - 1).min(bins - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_on_an_edge_belongs_below_it() {
        let said: Vec<usize> = [0.0, 0.1, 0.100_001, 0.3, 0.7, 1.0].iter().map(|&p| bin_of(p, 10)).collect();
        assert_eq!(said, [0, 0, 1, 2, 6, 9]);
    }

    #[test]
    fn what_always_happens_as_said_has_no_error() {
        let (bins, error) = reliability(&[true, false, true, false], &[0.5, 0.5, 0.5, 0.5], 10);
        assert_eq!((bins[4], error), (Bin { count: 4, said: Some(0.5), happened: Some(0.5) }, 0.0));
        assert_eq!(bins[0], Bin { count: 0, said: None, happened: None });
    }
}
