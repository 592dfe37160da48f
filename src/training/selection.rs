//! Which features a model takes: those that are defined and vary, no near copies, and of these the ones LASSO keeps.
//!
//! All of it is fitted on the samples it is given; whoever measures by cross-validation calls it once more on the
//! samples outside each fold.

use std::num::NonZeroUsize;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::correlation_filter::distinct;
use super::design::Design;
use super::lasso::{self, CrossValidation, Folds, Until};
use super::standard_scores::StandardScores;
use crate::model::Family;

/// How features are selected.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Features whose names match are left out.
    pub without: Option<Regex>,
    /// Families that are offered; all where none is named.
    pub families: Vec<Family>,
    /// The share of the samples that must have a feature.
    pub defined: f64,
    /// The correlation, in absolute value, from which of two features the later one is a copy.
    pub correlation: f64,
    /// Number of penalties on the path.
    pub penalties: usize,
    /// The least penalty, as a part of the largest.
    pub least_penalty: f64,
    /// Which penalty of the path.
    pub rule: Rule,
    /// At most so many features.
    pub at_most: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            without: None,
            families: Vec::new(),
            defined: 0.8,
            correlation: 0.95,
            penalties: 100,
            least_penalty: 0.01,
            rule: Rule::OneStandardError,
            at_most: usize::MAX,
        }
    }
}

/// Which penalty of a cross-validated path is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The one with the least log loss
    Min,
    /// The largest whose log loss is within one standard error of the least: fewer features
    OneStandardError,
}

/// Features in standard scores, and what they were before.
#[derive(Debug, Clone)]
pub struct Scored {
    /// Indices into the features that were given.
    pub features: Vec<usize>,
    /// Their means and scales.
    pub scores: StandardScores,
}

impl Scored {
    /// What of `design` may be selected: defined and varying features, of near copies the first.
    pub fn fit(design: &Design, names: &[String], settings: &Settings) -> Self {
        let offered = |name: &str| settings.families.is_empty() || settings.families.contains(&Family::of(name));
        let kept = |name: &str| settings.without.as_ref().is_none_or(|without| !without.is_match(name));
        let wanted = |j: usize| offered(&names[j]) && kept(&names[j]);
        let defined = |j: usize| {
            let defined = design.column(j).iter().filter(|v| v.is_finite()).count();
            defined as f64 >= settings.defined * design.samples() as f64
        };
        let usable: Vec<usize> = (0..design.features()).filter(|&j| wanted(j) && defined(j)).collect();
        let all = StandardScores::fit(&design.columns(&usable));
        let kept = distinct(&all.apply(&design.columns(&usable)), settings.correlation);
        Self {
            features: kept.iter().map(|&k| usable[k]).collect(),
            scores: StandardScores {
                mean: kept.iter().map(|&k| all.mean[k]).collect(),
                scale: kept.iter().map(|&k| all.scale[k]).collect(),
            },
        }
    }

    /// The standard scores of other samples of the same features.
    pub fn apply(&self, design: &Design) -> Design {
        self.scores.apply(&design.columns(&self.features))
    }

    /// Only some of them, by their place here.
    pub fn only(&self, places: &[usize]) -> Self {
        let of = |values: &[f64]| places.iter().map(|&p| values[p]).collect();
        Self {
            features: places.iter().map(|&p| self.features[p]).collect(),
            scores: StandardScores { mean: of(&self.scores.mean), scale: of(&self.scores.scale) },
        }
    }
}

/// What LASSO kept, and the way there.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The features that may be selected.
    pub candidates: Scored,
    /// Places of the selected ones among them, the largest coefficient first.
    pub selected: Vec<usize>,
    /// The whole path; features are places among the candidates.
    pub path: Vec<lasso::Model>,
    /// How each penalty did.
    pub cross_validation: CrossValidation,
    /// Index of the penalty that was taken.
    pub chosen: usize,
}

impl Selection {
    /// The selected features with their means and scales.
    pub fn scored(&self) -> Scored {
        self.candidates.only(&self.selected)
    }
}

/// Selects among the features `names` of `design`. `after` is told of each model that was fitted, of
/// at most `settings.penalties * (folds.count() + 1)`: the path ends where it
/// only fits noise.
pub fn select(
    (design, names): (&Design, &[String]),
    labels: &[usize],
    classes: usize,
    folds: &Folds,
    settings: &Settings,
    threads: NonZeroUsize,
    after: impl Fn() + Sync,
) -> Selection {
    let candidates = Scored::fit(design, names, settings);
    let z = candidates.apply(design);
    let largest = lasso::largest_penalty(&z, labels, classes);
    let penalties = lasso::penalties(largest, settings.least_penalty, settings.penalties);
    // Scores and copies anew without each fold, as for samples that nobody has seen.
    let raw = design.columns(&candidates.features);
    let prepare = |seen: Design, unseen: Design| {
        let scores = StandardScores::fit(&seen);
        (scores.apply(&seen), scores.apply(&unseen))
    };
    let cross_validation =
        lasso::cross_validate(&raw, labels, classes, (&penalties, folds, Until::Risen), threads, prepare, &after);
    let path = lasso::path(&z, labels, classes, &cross_validation.penalties, &after);
    let wanted = match settings.rule {
        Rule::Min => cross_validation.best(),
        Rule::OneStandardError => cross_validation.one_standard_error(),
    };
    let chosen = index_with_features(&path, wanted, settings.at_most);
    Selection { selected: largest_first(&path[chosen], settings.at_most), candidates, path, cross_validation, chosen }
}

/// What a penalty keeps of samples, at most so many: for the samples outside a fold.
pub fn select_at(
    (design, names): (&Design, &[String]),
    labels: &[usize],
    classes: usize,
    penalties: &[f64],
    settings: &Settings,
) -> Scored {
    let candidates = Scored::fit(design, names, settings);
    let path = lasso::path(&candidates.apply(design), labels, classes, penalties, || {});
    let chosen = index_with_features(&path, penalties.len() - 1, settings.at_most);
    candidates.only(&largest_first(&path[chosen], settings.at_most))
}

/// From `wanted` the nearest model with at least one feature and at most so many.
fn index_with_features(path: &[lasso::Model], wanted: usize, at_most: usize) -> usize {
    let features = |i: usize| path[i].coefficients.len();
    let mut index = wanted.min(path.len() - 1);
    while features(index) > at_most && index > 0 {
        index -= 1;
    }
    // Labels that follow nothing keep no feature; a model needs one.
    while features(index) == 0 && index + 1 < path.len() {
        index += 1;
    }
    index
}

/// Several features may enter at one penalty: then the largest of them stay.
fn largest_first(model: &lasso::Model, at_most: usize) -> Vec<usize> {
    let size = |c: &[f64]| c.iter().map(|v| v.abs()).fold(0.0, f64::max);
    let mut kept: Vec<(usize, f64)> = model.coefficients.iter().map(|(j, c)| (*j, size(c))).collect();
    kept.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    kept.into_iter().take(at_most).map(|(j, _)| j).collect()
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// Feature 0 tells class 1, feature 1 class 2, feature 2 is a copy of 0, 3 is constant, 4 mostly undefined, the
    /// others are noise.
    fn problem() -> (Design, Vec<usize>, Vec<String>) {
        let mut rng = StdRng::seed_from_u64(5);
        let labels: Vec<usize> = (0..120).map(|i| i % 3).collect();
        let rows = labels.iter().enumerate().map(|(i, &l)| {
            let mut noise = || rng.random_range(-1.0..1.0);
            let (a, b) = (3.0 * f64::from(l == 1) + noise(), 3.0 * f64::from(l == 2) + noise());
            let mut row = vec![a, b, 2.0 * a + 1.0, 7.0, if i % 4 == 0 { a } else { f64::NAN }];
            row.extend((0..10).map(|_| noise()));
            row
        });
        let design = Design::from_rows(&rows.collect::<Vec<_>>());
        let names = (0..15).map(|j| format!("f{j}")).collect();
        (design, labels, names)
    }

    fn selected(settings: &Settings, threads: usize) -> Selection {
        let (design, labels, names) = problem();
        let patients: Vec<usize> = (0..labels.len()).collect();
        let folds = Folds::stratified(&labels, &patients, 3, 5, 1);
        let threads = NonZeroUsize::new(threads).unwrap();
        select((&design, &names), &labels, 3, &folds, settings, threads, || {})
    }

    #[test]
    fn what_tells_the_classes_is_selected_and_copies_are_not() {
        let selection = selected(&Settings::default(), 1);
        let kept = selection.scored().features;
        assert!(kept.contains(&0) && kept.contains(&1), "{kept:?}");
        assert!([2, 3, 4].iter().all(|j| !kept.contains(j)), "{kept:?}");
        let more = selected(&Settings { rule: Rule::Min, ..Settings::default() }, 1);
        assert!(more.chosen >= selection.chosen);
        let fewer = selected(&Settings { at_most: 1, ..Settings::default() }, 1);
        assert_eq!(fewer.selected.len(), 1);
        let without = Settings { without: Some(Regex::new("^f0$").unwrap()), ..Settings::default() };
        assert!(selected(&without, 1).scored().features.contains(&2), "then its copy is");
    }

    #[test]
    fn threads_do_not_change_the_bits() {
        let [one, many] = [1, 3].map(|threads| selected(&Settings::default(), threads));
        assert_eq!(one.cross_validation, many.cross_validation);
        assert_eq!((one.path, one.selected), (many.path, many.selected));
    }
}
