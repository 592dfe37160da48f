//! Fits the calibration of a classifier on probabilities of samples that it has not seen.

use super::linear_system::solved;
use crate::model::Calibration;
use crate::model::calibration::LEAST;
use crate::statistics::log_loss;

/// How strongly the slope is held at 1 and the intercepts at 0, in samples' worth of log loss: enough for a minimum
/// where a few samples are told apart without a mistake.
const HELD: f64 = 1.0;
const STEPS: usize = 100;

/// The calibration with the least penalised log loss; `probabilities` [samples][classes] are of held-out folds.
///
/// Newton's method on the slope's logarithm and the intercepts, with steps halved until they help.
pub fn fit(labels: &[usize], probabilities: &[Vec<f64>], classes: usize) -> Calibration {
    let mut at = vec![0.0; classes + 1];
    let mut loss = objective(labels, probabilities, &at);
    for _ in 0..STEPS {
        let step = newton(labels, probabilities, &at);
        let tried = (0..30).map(|halved| {
            let part = 0.5_f64.powi(halved);
            at.iter().zip(&step).map(|(a, s)| a - part * s).collect::<Vec<f64>>()
        });
        let mut better = tried.map(|to| (objective(labels, probabilities, &to), to)).filter(|(l, _)| *l < loss);
        let Some((found, to)) = better.next() else { break };
        let gain = loss - found;
        (loss, at) = (found, to);
        if gain < 1e-12 {
            break;
        }
    }
    calibration(&at)
}

fn calibration(at: &[f64]) -> Calibration {
    Calibration { slope: at[0].exp(), intercepts: at[1..].to_vec() }
}

fn objective(labels: &[usize], probabilities: &[Vec<f64>], at: &[f64]) -> f64 {
    let calibration = calibration(at);
    let found: Vec<Vec<f64>> = probabilities.iter().map(|p| calibration.apply(p)).collect();
    let held: f64 = at.iter().map(|a| a * a).sum();
    labels.len() as f64 * log_loss(labels, &found) + HELD / 2.0 * held
}

/// Gradient divided by curvature. The curvature is that of the logarithm's softmax alone (Gauss-Newton), which is
/// positive definite with what holds the parameters.
fn newton(labels: &[usize], probabilities: &[Vec<f64>], at: &[f64]) -> Vec<f64> {
    let (size, calibration) = (at.len(), calibration(at));
    let mut gradient: Vec<f64> = at.iter().map(|a| HELD * a).collect();
    let mut curvature = vec![vec![0.0; size]; size];
    (0..size).for_each(|i| curvature[i][i] = HELD);
    for (&label, p) in labels.iter().zip(probabilities) {
        let said = calibration.apply(p);
        // How the score of class k changes with parameter i.
        let change = |i: usize, k: usize| match i {
            0 => calibration.slope * p[k].max(LEAST).ln(),
            i => f64::from(i - 1 == k),
        };
        for i in 0..size {
            let mean: f64 = said.iter().enumerate().map(|(k, q)| q * change(i, k)).sum();
            gradient[i] += mean - change(i, label);
            for (j, entry) in curvature[i].iter_mut().enumerate() {
                *entry += said.iter().enumerate().map(|(k, q)| q * (change(i, k) - mean) * change(j, k)).sum::<f64>();
            }
        }
    }
    solved(curvature, gradient)
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// Classes drawn with the probabilities that a calibration makes of what a classifier says.
    fn drawn(truth: &Calibration, samples: usize) -> (Vec<usize>, Vec<Vec<f64>>) {
        let mut rng = StdRng::seed_from_u64(11);
        let mut one = || {
            let parts: Vec<f64> = (0..3).map(|_| rng.random_range(0.01..1.0_f64).powi(3)).collect();
            let sum: f64 = parts.iter().sum();
            let said: Vec<f64> = parts.iter().map(|p| p / sum).collect();
            let mut left = rng.random_range(0.0..1.0);
            let happens = truth.apply(&said);
            let class = happens.iter().position(|p| {
                left -= p;
                left < 0.0
            });
            (class.unwrap_or(2), said)
        };
        (0..samples).map(|_| one()).unzip()
    }

    #[test]
    fn what_made_the_classes_is_found_again() {
        let truth = Calibration { slope: 0.5, intercepts: vec![0.4, -0.2, -0.2] };
        let (labels, said) = drawn(&truth, 20_000);
        let found = fit(&labels, &said, 3);
        assert!((found.slope - 0.5).abs() < 0.03, "{found:?}");
        let apart = found.intercepts.iter().zip(&truth.intercepts).map(|(f, t)| (f - t).abs()).fold(0.0, f64::max);
        assert!(apart < 0.06, "{found:?}");
    }

    #[test]
    fn classes_told_apart_without_a_mistake_have_a_calibration_too() {
        let labels = [0, 0, 1, 1];
        let said: Vec<Vec<f64>> =
            labels.iter().map(|l| if *l == 0 { vec![1.0, 0.0] } else { vec![0.1, 0.9] }).collect();
        let found = fit(&labels, &said, 2);
        assert!(found.slope.is_finite() && found.slope > 0.0);
        assert!(found.apply(&said[0])[0] > 0.9);
    }
}
