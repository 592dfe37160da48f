use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;
use crate::classifier::{Classifier, Kind};
use crate::statistics::macro_area;
use crate::training::design::Design;
use crate::training::lasso::Folds;

/// Three Gaussian blobs in five features, of which the last says nothing: 90, 40 and 20 samples.
pub fn blobs(seed: u64) -> (Design, Vec<usize>) {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut rows = Vec::new();
    let mut labels = Vec::new();
    for (class, count) in [90, 40, 20].into_iter().enumerate() {
        for _ in 0..count {
            // The sum of twelve uniform numbers is nearly normal.
            let mut normal = || (0..12).map(|_| chance.random::<f64>()).sum::<f64>() - 6.0;
            let centre = |j: usize| if j == class { 2.0 } else { 0.0 };
            rows.push((0..5).map(|j| 0.8 * normal() + centre(j)).collect());
            labels.push(class);
        }
    }
    (Design::from_rows(&rows), labels)
}

/// Settings of each kind that a test has time for.
fn quick(kind: Kind) -> Settings {
    match grid(kind)[0] {
        Settings::RandomForest { .. } => Settings::RandomForest { trees: 40, least_leaf: 3 },
        Settings::ExtraTrees { .. } => Settings::ExtraTrees { trees: 40, least_leaf: 3 },
        Settings::LogisticRegression { .. } => Settings::LogisticRegression { c: 1.0 },
        Settings::Svm { .. } => Settings::Svm { c: 1.0, gamma: 1.0 },
        Settings::NearestNeighbours { weighting, .. } => Settings::NearestNeighbours { neighbours: 15, weighting },
        other => other,
    }
}

fn judge(classifier: &Classifier, design: &Design) -> Vec<Vec<f64>> {
    (0..design.samples()).map(|i| classifier.probabilities(&design.row(i))).collect()
}

#[test]
fn every_kind_tells_blobs_apart_it_has_not_seen() {
    let ((design, labels), (other, truth)) = (blobs(1), blobs(2));
    for kind in Kind::ALL {
        let fitted = fit(&design, &labels, 3, &quick(kind), 7).unwrap();
        assert_eq!((fitted.kind(), fitted.features(), fitted.classes()), (kind, 5, 3));
        let probabilities = judge(&fitted, &other);
        for row in &probabilities {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{kind}: {row:?}");
            assert!(row.iter().all(|p| (0.0..=1.0).contains(p)), "{kind}: {row:?}");
        }
        let area = macro_area(&truth, &probabilities).unwrap();
        assert!(area > 0.95, "{kind}: {area}");
        // A third of the samples are not of the first class: mean probabilities are near the classes' shares.
        let mean = probabilities.iter().map(|p| p[0]).sum::<f64>() / probabilities.len() as f64;
        assert!((mean - 0.6).abs() < 0.08, "{kind}: {mean}");
    }
}

#[test]
fn every_kind_comes_back_from_json_to_the_bit_and_the_same_seed_gives_the_same_bytes() {
    let (design, labels) = blobs(1);
    for kind in Kind::ALL {
        let of_seed = |seed| fit(&design, &labels, 3, &quick(kind), seed).unwrap();
        let text = serde_json::to_string(&of_seed(7)).unwrap();
        assert_eq!(text, serde_json::to_string(&of_seed(7)).unwrap(), "{kind}");
        let chance = matches!(kind, Kind::RandomForest | Kind::ExtraTrees | Kind::MultilayerPerceptron);
        assert!(!chance || text != serde_json::to_string(&of_seed(8)).unwrap(), "{kind} takes no notice of the seed");
        let back = Classifier::from_json(&text).unwrap();
        assert_eq!(judge(&back, &design), judge(&of_seed(7), &design), "{kind}");
    }
}

/// Four folds of samples that are each their own group.
fn folds(design: &Design, labels: &[usize], threads: NonZeroUsize) -> Vec<HeldOut> {
    let each: Vec<usize> = (0..labels.len()).collect();
    let folds = Folds::stratified(labels, &each, 3, 4, 5);
    HeldOut::all(design, labels, &folds, threads, |seen, _, unseen| (seen, unseen))
}

#[test]
fn threads_change_nothing() {
    let (design, labels) = blobs(3);
    for kind in Kind::ALL {
        let with = |threads| {
            let threads = NonZeroUsize::new(threads).unwrap();
            choose(&[quick(kind)], &folds(&design, &labels, threads), (&labels, 3), 7, threads, || {}).unwrap()
        };
        let alone = with(1);
        assert_eq!(alone, with(3), "{kind}");
        assert!(alone.probabilities.iter().all(|p| p.len() == 3), "{kind}");
    }
}

#[test]
fn the_best_settings_are_chosen_and_of_equal_ones_the_first() {
    let (design, labels) = blobs(4);
    let (one, grid) = (NonZeroUsize::MIN, grid(Kind::NearestNeighbours));
    let folds = folds(&design, &labels, one);
    let fits = AtomicUsize::new(0);
    let count = || {
        fits.fetch_add(1, Ordering::Relaxed);
    };
    let choice = choose(&grid, &folds, (&labels, 3), 7, one, count).unwrap();
    assert_eq!((choice.tried.len(), fits.into_inner()), (grid.len(), 4 * grid.len()));
    let best = choice.tried.iter().map(|(_, area)| *area).fold(0.0, f64::max);
    let first = choice.tried.iter().find(|(_, area)| *area == best).unwrap();
    assert_eq!((choice.settings, choice.area), *first);
    let again = choose(&[choice.settings], &folds, (&labels, 3), 7, one, || {}).unwrap();
    assert_eq!(again.probabilities, choice.probabilities);
    assert_eq!(macro_area(&labels, &again.probabilities), Some(best));
}

#[test]
fn a_class_without_samples_is_named() {
    let (design, labels) = blobs(1);
    let error = fit(&design, &labels, 4, &quick(Kind::Svm), 7).unwrap_err().to_string();
    assert!(error.contains("svm: class 3 has no sample"), "{error}");
}

#[test]
fn two_samples_a_class_and_constant_features_are_enough() {
    let design = Design::from_rows(&[vec![0.0, 1.0], vec![0.0, 1.1], vec![0.0, -1.0], vec![0.0, -1.2], vec![0.0, 0.2]]);
    for kind in Kind::ALL {
        for settings in grid(kind) {
            let fitted = fit(&design, &[0, 0, 1, 1, 2], 3, &settings, 7).unwrap_or_else(|e| panic!("{e}"));
            let text = serde_json::to_string(&fitted).unwrap();
            let back = Classifier::from_json(&text).unwrap_or_else(|e| panic!("{settings}: {e}"));
            assert_eq!(back.probabilities(&[0.0, 0.3]), fitted.probabilities(&[0.0, 0.3]), "{kind}");
        }
    }
}

#[test]
fn settings_are_written_and_read_by_name() {
    for kind in Kind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        for settings in grid(kind) {
            let value = serde_json::to_value(settings).unwrap();
            assert_eq!(value["kind"], kind.name());
            assert_eq!(serde_json::from_value::<Settings>(value).unwrap(), settings);
        }
    }
}

#[derive(serde::Deserialize)]
struct Golden {
    classes: usize,
    c: f64,
    features: Vec<Vec<f64>>,
    labels: Vec<usize>,
    intercepts: Vec<f64>,
    coefficients: Vec<Vec<f64>>,
    probabilities: Vec<Vec<f64>>,
}

#[test]
fn logistic_regression_is_scikit_learns() {
    let text = include_str!("../../../tests/data/classifiers/logistic.json");
    for case in serde_json::from_str::<Vec<Golden>>(text).unwrap() {
        let design = Design::from_rows(&case.features);
        let settings = Settings::LogisticRegression { c: case.c };
        let fitted = fit(&design, &case.labels, case.classes, &settings, 0).unwrap();
        let Classifier::LogisticRegression(linear) = &fitted else { panic!("{}", fitted.kind()) };
        let close = |what: &str, ours: &[f64], theirs: &[f64]| {
            assert_eq!(ours.len(), theirs.len());
            for (a, b) in ours.iter().zip(theirs) {
                assert!((a - b).abs() < 1e-6, "{} classes, C = {}: {what} {a} is {b}", case.classes, case.c);
            }
        };
        if case.classes == 2 {
            // scikit-learn keeps the difference of the two classes.
            let difference: Vec<f64> =
                linear.coefficients[1].iter().zip(&linear.coefficients[0]).map(|(b, a)| b - a).collect();
            close("coefficient", &difference, &case.coefficients[0]);
            close("intercept", &[linear.intercepts[1] - linear.intercepts[0]], &case.intercepts);
        } else {
            for (ours, theirs) in linear.coefficients.iter().zip(&case.coefficients) {
                close("coefficient", ours, theirs);
            }
            close("intercept", &linear.intercepts, &case.intercepts);
        }
        for (row, theirs) in case.features.iter().zip(&case.probabilities) {
            close("probability", &fitted.probabilities(row), theirs);
        }
    }
}

#[derive(serde::Deserialize)]
struct Boosting {
    trees: usize,
    leaves: usize,
    learning_rate: f64,
    least_leaf: usize,
    features: Vec<Vec<f64>>,
    labels: Vec<usize>,
    probabilities: Vec<Vec<f64>>,
}

#[test]
fn boosting_by_leaves_is_lightgbms() {
    let text = include_str!("../../../tests/data/classifiers/boosting.json");
    let case: Boosting = serde_json::from_str(text).unwrap();
    let Boosting { trees, leaves, learning_rate, least_leaf, .. } = case;
    let settings = Settings::LightGbm { trees, leaves, learning_rate, least_leaf };
    let fitted = fit(&Design::from_rows(&case.features), &case.labels, 3, &settings, 0).unwrap();
    for (i, (row, theirs)) in case.features.iter().zip(&case.probabilities).enumerate() {
        for (a, b) in fitted.probabilities(row).iter().zip(theirs) {
            assert!((a - b).abs() < 1e-6, "sample {i}: {a} is {b}");
        }
    }
}

#[derive(serde::Deserialize)]
struct Decisions {
    c: f64,
    gamma: f64,
    features: Vec<Vec<f64>>,
    labels: Vec<usize>,
    /// Of each class, a value a sample.
    decisions: Vec<Vec<f64>>,
}

#[test]
fn support_vector_machines_decide_as_libsvm_does() {
    let text = include_str!("../../../tests/data/classifiers/svm.json");
    for case in serde_json::from_str::<Vec<Decisions>>(text).unwrap() {
        let settings = Settings::Svm { c: case.c, gamma: case.gamma };
        let fitted = fit(&Design::from_rows(&case.features), &case.labels, 3, &settings, 0).unwrap();
        let Classifier::Svm(svm) = &fitted else { panic!("{}", fitted.kind()) };
        for (machine, theirs) in svm.machines.iter().zip(&case.decisions) {
            for (row, decision) in case.features.iter().zip(theirs) {
                let kernel =
                    |v: &Vec<f64>| (-svm.gamma * v.iter().zip(row).map(|(a, b)| (a - b).powi(2)).sum::<f64>()).exp();
                let terms = svm.vectors.iter().zip(&machine.weights).map(|(v, w)| w * kernel(v));
                let ours = machine.intercept + terms.sum::<f64>();
                // Both solvers stop at a violation of 1e-3; theirs was run on.
                assert!((ours - decision).abs() < 2e-3, "C = {}: {ours} is {decision}", case.c);
            }
            assert!(machine.slope < 0.0, "a larger decision is a larger probability");
        }
    }
}
