//! Nearest neighbours: what is fitted is the samples.

use super::samples::Samples;
use crate::classifier::{Neighbours, Weighting};

/// Keeps the samples; asks all of them when there are fewer than `neighbours`. No crate: there is nothing to solve,
/// and those there are keep the samples in an order and a form of their own.
pub fn fit(samples: &Samples, neighbours: usize, weighting: Weighting) -> Neighbours {
    Neighbours {
        neighbours: neighbours.clamp(1, samples.labels.len()),
        weighting,
        classes: samples.classes,
        vectors: samples.rows(),
        labels: samples.labels.to_vec(),
    }
}
