//! Which settings: by samples that the fit has not seen.

use std::num::NonZeroUsize;

use super::{FitError, Settings, fit, grid};
use crate::classifier::Kind;
use crate::parallel;
use crate::training::design::Design;
use crate::training::lasso::Folds;
use crate::training::statistics::macro_area;

/// What cross-validation says of settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The best settings.
    pub settings: Settings,
    /// All that were tried, with their macro one-vs-rest area under the ROC curve.
    pub areas: Vec<(Settings, f64)>,
}

/// The probabilities of every sample [samples, classes] by the classifier that was fitted without its fold.
///
/// The scores of `design` are taken as they are: whose features were selected and standardised on all samples has told
/// the classifier that little of the fold.
///
/// # Errors
/// [`FitError`] of the first fold that has one.
pub fn cross_validated(
    settings: &Settings,
    design: &Design,
    labels: &[usize],
    classes: usize,
    folds: &Folds,
    seed: u64,
    threads: NonZeroUsize,
) -> Result<Vec<Vec<f64>>, FitError> {
    let all = out_of_fold(&[*settings], (design, labels, classes), folds, seed, threads);
    all.into_iter().next().unwrap_or_else(|| Ok(Vec::new()))
}

/// The settings of `kind` whose out-of-fold probabilities have the largest macro one-vs-rest area; of equal ones
/// the first of the grid.
///
/// # Errors
/// [`FitError`] when settings have no fit in a fold.
pub fn choose(
    kind: Kind,
    design: &Design,
    labels: &[usize],
    classes: usize,
    folds: &Folds,
    seed: u64,
    threads: NonZeroUsize,
) -> Result<Choice, FitError> {
    let tried = grid(kind);
    let all = out_of_fold(&tried, (design, labels, classes), folds, seed, threads);
    let mut areas = Vec::new();
    for (settings, probabilities) in tried.into_iter().zip(all) {
        // A fit has all classes, so the area is defined.
        areas.push((settings, macro_area(labels, &probabilities?).unwrap_or(0.5)));
    }
    let best = areas.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(areas[0].0, |best| best.0);
    Ok(Choice { settings: best, areas })
}

/// Out-of-fold probabilities of each settings; all folds of all share the threads.
fn out_of_fold(
    settings: &[Settings],
    (design, labels, classes): (&Design, &[usize], usize),
    folds: &Folds,
    seed: u64,
    threads: NonZeroUsize,
) -> Vec<Result<Vec<Vec<f64>>, FitError>> {
    let tasks: Vec<(&Settings, usize)> =
        settings.iter().flat_map(|s| (0..folds.count()).map(move |f| (s, f))).collect();
    let judged = parallel::map(&tasks, threads, |&(settings, fold)| {
        let (outside, inside) = folds.split(fold);
        if inside.is_empty() {
            return Ok(Vec::new());
        }
        let of_outside: Vec<usize> = outside.iter().map(|&i| labels[i]).collect();
        let fitted = fit(&design.rows(&outside), &of_outside, classes, settings, seed)?;
        Ok(inside.into_iter().map(|i| (i, fitted.probabilities(&design.row(i)))).collect::<Vec<_>>())
    });
    let mut judged = judged.into_iter();
    let gather = |_: &Settings| {
        // All folds of these settings are taken, whether or not one has an error: the next begin after them.
        let parts: Vec<_> = judged.by_ref().take(folds.count()).collect();
        let mut probabilities = vec![Vec::new(); labels.len()];
        for part in parts {
            part?.into_iter().for_each(|(i, p)| probabilities[i] = p);
        }
        Ok(probabilities)
    };
    settings.iter().map(gather).collect()
}
