//! Support vector machines, by `linfa-svm`.

use linfa::composing::platt_scaling::{PlattParams, platt_newton_method};
use linfa::traits::Fit;
use linfa::{DatasetBase, ParamGuard};
use ndarray::{Array1, Array2};

use super::samples::Samples;
use crate::classifier::{Machine, Svm};
use crate::training::lasso::Folds;

/// The solver stops when no pair of samples violates its conditions by more, as LIBSVM's does.
const EXACT: f64 = 1e-3;
/// Folds that give decisions on samples which a machine has not seen.
const FOLDS: usize = 5;

/// One machine a class against the rest; `gamma` is the kernel's times the number of features.
///
/// Platt's sigmoid is fitted to decisions of cross-validation, as he and LIBSVM have it: on its own
/// samples a machine is too sure. (`linfa-svm` itself takes those, hence its solver and its sigmoid here one by one.)
pub fn fit(samples: &Samples, c: f64, gamma: f64, seed: u64) -> Result<Svm, String> {
    let rows = samples.rows();
    let gamma = gamma / samples.design.features().max(1) as f64;
    let mut machines = Vec::new();
    for class in 0..samples.classes {
        let positive: Vec<bool> = samples.labels.iter().map(|&label| label == class).collect();
        let (slope, offset) = platt(&unseen_decisions(&rows, &positive, c, gamma, seed)?, &positive)?;
        let (weights, intercept) = solve(&rows, &positive, c, gamma)?;
        machines.push(Machine { intercept, weights, slope, offset });
    }
    let used: Vec<usize> = (0..rows.len()).filter(|&i| machines.iter().any(|m| m.weights[i] != 0.0)).collect();
    // A machine may rest on no vector at all when one class is everything; the model needs one to have a width.
    let used = if used.is_empty() { vec![0] } else { used };
    for machine in &mut machines {
        machine.weights = used.iter().map(|&i| machine.weights[i]).collect();
    }
    Ok(Svm { gamma, vectors: used.iter().map(|&i| rows[i].clone()).collect(), machines })
}

/// The weight of every sample, and the intercept.
fn solve(rows: &[Vec<f64>], positive: &[bool], c: f64, gamma: f64) -> Result<(Vec<f64>, f64), String> {
    let records = Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j]);
    let dataset = DatasetBase::new(records, Array1::from(positive.to_vec()));
    let model = linfa_svm::Svm::<f64, bool>::params().pos_neg_weights(c, c).gaussian_kernel(1.0 / gamma).eps(EXACT);
    let fitted = model.fit(&dataset).map_err(|e| e.to_string())?;
    Ok((fitted.alpha, -fitted.rho))
}

/// The decision on each sample of the machine that was fitted without its fold.
fn unseen_decisions(rows: &[Vec<f64>], positive: &[bool], c: f64, gamma: f64, seed: u64) -> Result<Vec<f64>, String> {
    let labels: Vec<usize> = positive.iter().map(|&p| usize::from(p)).collect();
    let fewest = labels.iter().sum::<usize>().min(labels.len() - labels.iter().sum::<usize>());
    if fewest < 2 {
        // The only one of its class cannot be left out.
        let (weights, intercept) = solve(rows, positive, c, gamma)?;
        return Ok(rows.iter().map(|x| decision(rows, &weights, intercept, gamma, x)).collect());
    }
    let each: Vec<usize> = (0..rows.len()).collect();
    let folds = Folds::stratified(&labels, &each, 2, FOLDS.min(fewest), seed);
    let mut decisions = vec![0.0; rows.len()];
    for fold in 0..folds.count() {
        let (outside, inside) = folds.split(fold);
        let seen: Vec<Vec<f64>> = outside.iter().map(|&i| rows[i].clone()).collect();
        let of_seen: Vec<bool> = outside.iter().map(|&i| positive[i]).collect();
        let (weights, intercept) = solve(&seen, &of_seen, c, gamma)?;
        for i in inside {
            decisions[i] = decision(&seen, &weights, intercept, gamma, &rows[i]);
        }
    }
    Ok(decisions)
}

fn decision(rows: &[Vec<f64>], weights: &[f64], intercept: f64, gamma: f64, x: &[f64]) -> f64 {
    let terms = rows.iter().zip(weights).filter(|(_, w)| **w != 0.0).map(|(row, w)| {
        let square: f64 = row.iter().zip(x).map(|(a, b)| (a - b).powi(2)).sum();
        w * (-gamma * square).exp()
    });
    intercept + terms.sum::<f64>()
}

/// Platt's A and B.
fn platt(decisions: &[f64], positive: &[bool]) -> Result<(f64, f64), String> {
    let parameters = PlattParams::<f64, ()>::default().check().map_err(|e| e.to_string())?;
    let (decisions, positive) = (Array1::from(decisions.to_vec()), Array1::from(positive.to_vec()));
    platt_newton_method(decisions.view(), positive.view(), &parameters).map_err(|e| e.to_string())
}
