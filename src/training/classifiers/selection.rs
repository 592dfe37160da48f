//! Which settings: by samples that the fit has not seen.

use std::num::NonZeroUsize;

use super::fit::{FitError, fit};
use super::settings::Settings;
use crate::parallel;
use crate::statistics::macro_area;
use crate::training::design::Design;
use crate::training::lasso::Folds;

/// A fold of cross-validation: what a classifier is fitted on, and what it is asked then. Both have standard scores of
/// the same features, which may differ from fold to fold: they come from the seen samples alone.
#[derive(Debug, Clone)]
pub struct HeldOut {
    /// The samples outside the fold.
    pub seen: Design,
    /// Their classes.
    pub labels: Vec<usize>,
    /// The samples inside.
    pub unseen: Design,
    /// Which of all samples they are.
    pub samples: Vec<usize>,
}

impl HeldOut {
    /// Every fold, `prepare` making standard scores of the samples outside and inside it.
    pub fn all(
        design: &Design,
        labels: &[usize],
        folds: &Folds,
        threads: NonZeroUsize,
        prepare: impl Fn(Design, &[usize], Design) -> (Design, Design) + Sync,
    ) -> Vec<Self> {
        let numbers: Vec<usize> = (0..folds.count()).collect();
        parallel::map(&numbers, threads, |&fold| {
            let (outside, samples) = folds.split(fold);
            let of_outside: Vec<usize> = outside.iter().map(|&i| labels[i]).collect();
            let (seen, unseen) = prepare(design.rows(&outside), &of_outside, design.rows(&samples));
            Self { seen, labels: of_outside, unseen, samples }
        })
    }
}

/// What cross-validation says of settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The best settings.
    pub settings: Settings,
    /// Their macro one-vs-rest area under the ROC curve.
    pub area: f64,
    /// The probabilities of every sample [samples, classes] by the classifier that was fitted without its fold.
    pub probabilities: Vec<Vec<f64>>,
    /// All settings that were tried, with their areas.
    pub tried: Vec<(Settings, f64)>,
}

/// Of `settings` those whose out-of-fold probabilities have the largest macro one-vs-rest area; of equal ones
/// the first. `after` is told of each classifier fitted, of `settings.len() * folds.len()`.
///
/// # Errors
/// [`FitError`] when settings have no fit in a fold.
///
/// # Panics
/// Without settings.
pub fn choose(
    settings: &[Settings],
    folds: &[HeldOut],
    (labels, classes): (&[usize], usize),
    seed: u64,
    threads: NonZeroUsize,
    after: impl Fn() + Sync,
) -> Result<Choice, FitError> {
    let tasks: Vec<(&Settings, &HeldOut)> = settings.iter().flat_map(|s| folds.iter().map(move |f| (s, f))).collect();
    // All folds of all settings share the threads.
    let judged = parallel::map(&tasks, threads, |(settings, fold)| {
        let fitted = fit(&fold.seen, &fold.labels, classes, settings, seed)?;
        after();
        Ok((0..fold.samples.len()).map(|i| fitted.probabilities(&fold.unseen.row(i))).collect::<Vec<_>>())
    });
    let judged = judged.into_iter().collect::<Result<Vec<_>, FitError>>()?;
    let mut tried = Vec::with_capacity(settings.len());
    let mut best: Option<(f64, Settings, Vec<Vec<f64>>)> = None;
    for (settings, of_folds) in settings.iter().zip(judged.chunks(folds.len())) {
        let mut probabilities = vec![Vec::new(); labels.len()];
        for (fold, of_fold) in folds.iter().zip(of_folds) {
            fold.samples.iter().zip(of_fold).for_each(|(&i, p)| probabilities[i].clone_from(p));
        }
        // A fit has all classes, so the area is defined.
        let area = macro_area(labels, &probabilities).unwrap_or(0.5);
        tried.push((*settings, area));
        if best.as_ref().is_none_or(|(largest, ..)| area > *largest) {
            best = Some((area, *settings, probabilities));
        }
    }
    let (area, settings, probabilities) = best.unwrap_or((0.5, settings[0], Vec::new()));
    Ok(Choice { settings, area, probabilities, tried })
}
