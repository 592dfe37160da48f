//! A perceptron with one hidden layer.
//!
//! Ours and no crate's: neither `linfa` nor `smartcore` has one, and a framework for deep learning is a large tree for
//! two matrices. Adam: Kingma DP, Ba J. ICLR 2015. First weights: Glorot X, Bengio Y. AISTATS 2010:249-256, with
//! scikit-learn's factor for rectified units; its penalty and learning rate, too.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use super::samples::Samples;
use crate::classifier::{Linear, Perceptron};

const LEARNING_RATE: f64 = 1e-3;
/// Samples between two steps.
const BATCH: usize = 32;
/// Passes over the samples at most.
const EPOCHS: usize = 400;
/// Passes without a smaller loss on the samples held out, after which it stops.
const PATIENCE: usize = 25;
/// One in so many samples of each class is held out.
const HELD_OUT: usize = 10;
/// Adam's.
const MEMORY: (f64, f64, f64) = (0.9, 0.999, 1e-8);

/// Minimises the mean of `-ln P(right class)` and `penalty / (2 * samples of a batch)` times the sum of squared weights,
/// and keeps the network that was best on a tenth of the samples which it did not learn from.
pub fn fit(samples: &Samples, hidden: usize, penalty: f64, seed: u64) -> Perceptron {
    let mut chance = StdRng::seed_from_u64(seed);
    let rows = samples.rows();
    let (mut learnt, held_out) = hold_out(samples, &mut chance);
    let watched = if held_out.is_empty() { learnt.clone() } else { held_out };
    let mut network = Network::new([samples.design.features(), hidden.max(1), samples.classes], &mut chance);
    let mut adam = Adam::new(network.weights.len());
    let (mut best, mut least, mut since) = (network.weights.clone(), f64::INFINITY, 0);
    for _ in 0..EPOCHS {
        learnt.shuffle(&mut chance);
        for batch in learnt.chunks(BATCH) {
            let slopes = network.slopes(&rows, samples.labels, batch, penalty);
            adam.step(&mut network.weights, &slopes);
        }
        let loss = network.loss(&rows, samples.labels, &watched);
        if loss < least {
            (best, least, since) = (network.weights.clone(), loss, 0);
        } else {
            since += 1;
        }
        if since >= PATIENCE {
            break;
        }
    }
    network.weights = best;
    network.layers()
}

/// Samples to learn from, and a tenth of each class to watch.
fn hold_out(samples: &Samples, chance: &mut StdRng) -> (Vec<usize>, Vec<usize>) {
    let (mut learnt, mut held_out) = (Vec::new(), Vec::new());
    for class in 0..samples.classes {
        let mut of_class: Vec<usize> = (0..samples.labels.len()).filter(|&i| samples.labels[i] == class).collect();
        of_class.shuffle(chance);
        let (first, rest) = of_class.split_at(of_class.len() / HELD_OUT);
        held_out.extend_from_slice(first);
        learnt.extend_from_slice(rest);
    }
    (learnt, held_out)
}

/// Inputs, hidden units and outputs; all weights in one row: those of the hidden layer, unit by unit with its intercept
/// last, and then those of the outputs likewise.
struct Network {
    widths: [usize; 3],
    weights: Vec<f64>,
}

impl Network {
    fn new(widths: [usize; 3], chance: &mut StdRng) -> Self {
        let [inputs, hidden, outputs] = widths;
        let mut weights = Vec::new();
        for (from, to) in [(inputs, hidden), (hidden, outputs)] {
            let bound = (6.0 / (from + to) as f64).sqrt();
            weights.extend((0..to * (from + 1)).map(|_| chance.random_range(-bound..bound)));
        }
        Self { widths, weights }
    }

    /// Weights of the hidden layer and of the outputs.
    fn parts(&self) -> (&[f64], &[f64]) {
        let [inputs, hidden, _] = self.widths;
        self.weights.split_at(hidden * (inputs + 1))
    }

    /// What the hidden units say, and the probabilities.
    fn forward(&self, row: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (first, second) = self.parts();
        let hidden: Vec<f64> = sums(first, row).into_iter().map(|s| s.max(0.0)).collect();
        let scores = sums(second, &hidden);
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let parts: Vec<f64> = scores.iter().map(|s| (s - largest).exp()).collect();
        let sum: f64 = parts.iter().sum();
        (hidden, parts.into_iter().map(|p| p / sum).collect())
    }

    fn loss(&self, rows: &[Vec<f64>], labels: &[usize], of: &[usize]) -> f64 {
        let loss = |&i: &usize| -self.forward(&rows[i]).1[labels[i]].max(f64::MIN_POSITIVE).ln();
        of.iter().map(loss).sum::<f64>() / of.len() as f64
    }

    /// Derivatives of the objective on a batch by all weights.
    fn slopes(&self, rows: &[Vec<f64>], labels: &[usize], batch: &[usize], penalty: f64) -> Vec<f64> {
        let [inputs, hidden, _] = self.widths;
        let at = hidden * (inputs + 1);
        let second = self.parts().1;
        let mut slopes = vec![0.0; self.weights.len()];
        for &i in batch {
            let (units, mut errors) = self.forward(&rows[i]);
            errors[labels[i]] -= 1.0;
            let mut back = vec![0.0; hidden];
            for (output, &error) in errors.iter().enumerate() {
                let start = output * (hidden + 1);
                add(&mut slopes[at + start..], &units, error);
                back.iter_mut().zip(&second[start..]).for_each(|(b, w)| *b += error * w);
            }
            for (unit, &error) in back.iter().enumerate().filter(|(unit, _)| units[*unit] > 0.0) {
                add(&mut slopes[unit * (inputs + 1)..], &rows[i], error);
            }
        }
        let n = batch.len() as f64;
        let is_intercept = |place: usize| {
            if place < at { place % (inputs + 1) == inputs } else { (place - at) % (hidden + 1) == hidden }
        };
        for (place, (slope, weight)) in slopes.iter_mut().zip(&self.weights).enumerate() {
            let pull = if is_intercept(place) { 0.0 } else { penalty * weight };
            *slope = (*slope + pull) / n;
        }
        slopes
    }

    fn layers(&self) -> Perceptron {
        let [inputs, hidden, _] = self.widths;
        let (first, second) = self.parts();
        Perceptron { layers: vec![layer(first, inputs), layer(second, hidden)] }
    }
}

/// The sums of a layer.
fn sums(weights: &[f64], values: &[f64]) -> Vec<f64> {
    let sum = |unit: &[f64]| unit.iter().zip(values).map(|(w, v)| w * v).sum::<f64>() + unit[values.len()];
    weights.chunks(values.len() + 1).map(sum).collect()
}

/// Adds `error` times the inputs of a unit, and of its intercept, to its slopes.
fn add(slopes: &mut [f64], values: &[f64], error: f64) {
    slopes.iter_mut().zip(values).for_each(|(s, v)| *s += error * v);
    slopes[values.len()] += error;
}

fn layer(weights: &[f64], inputs: usize) -> Linear {
    let units = weights.chunks(inputs + 1);
    Linear {
        intercepts: units.clone().map(|unit| unit[inputs]).collect(),
        coefficients: units.map(|unit| unit[..inputs].to_vec()).collect(),
    }
}

/// Running means of the slopes and of their squares.
struct Adam {
    mean: Vec<f64>,
    square: Vec<f64>,
    steps: i32,
}

impl Adam {
    fn new(weights: usize) -> Self {
        Self { mean: vec![0.0; weights], square: vec![0.0; weights], steps: 0 }
    }

    fn step(&mut self, weights: &mut [f64], slopes: &[f64]) {
        let (first, second, least) = MEMORY;
        self.steps += 1;
        let rate = LEARNING_RATE * (1.0 - second.powi(self.steps)).sqrt() / (1.0 - first.powi(self.steps));
        for (i, (weight, slope)) in weights.iter_mut().zip(slopes).enumerate() {
            self.mean[i] = first * self.mean[i] + (1.0 - first) * slope;
            self.square[i] = second * self.square[i] + (1.0 - second) * slope * slope;
            *weight -= rate * self.mean[i] / (self.square[i].sqrt() + least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_differences_of_the_objective() {
        let mut chance = StdRng::seed_from_u64(3);
        let rows: Vec<Vec<f64>> = (0..6).map(|_| (0..3).map(|_| chance.random_range(-1.0..1.0)).collect()).collect();
        let (labels, batch, penalty) = ([0, 1, 2, 0, 1, 2], [0, 1, 2, 3, 4, 5], 0.7);
        let mut network = Network::new([3, 4, 3], &mut chance);
        let slopes = network.slopes(&rows, &labels, &batch, penalty);
        // Intercepts are the last of four inputs in the first layer, and of five in the second.
        let is_intercept = |place: usize| if place < 16 { place % 4 == 3 } else { (place - 16) % 5 == 4 };
        let objective = |network: &Network| {
            let weights = network.weights.iter().enumerate().filter(|(place, _)| !is_intercept(*place));
            let squares: f64 = weights.map(|(_, w)| w * w).sum();
            network.loss(&rows, &labels, &batch) + penalty * squares / 12.0
        };
        assert_eq!(slopes.len(), 16 + 15);
        for (place, slope) in slopes.iter().enumerate() {
            let at = network.weights[place];
            let mut moved = |by: f64| {
                network.weights[place] = at + by;
                objective(&network)
            };
            let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            moved(0.0);
            assert!((difference - slope).abs() < 1e-8, "weight {place}: {slope} is {difference}");
        }
    }

    #[test]
    fn a_tenth_of_each_class_is_held_out() {
        let labels: Vec<usize> = (0..60).map(|i| usize::from(i % 3 == 0)).collect();
        let design = crate::training::design::Design::from_rows(&vec![vec![0.0]; 60]);
        let samples = Samples { design: &design, labels: &labels, classes: 2 };
        let (learnt, held_out) = hold_out(&samples, &mut StdRng::seed_from_u64(1));
        let of = |class: usize| held_out.iter().filter(|&&i| labels[i] == class).count();
        assert_eq!((of(0), of(1), learnt.len()), (4, 2, 54));
        assert!(learnt.iter().all(|i| !held_out.contains(i)));
    }
}
