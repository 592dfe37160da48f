use std::num::NonZeroUsize;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Against scikit-learn: `tests/data/statistics/README.md` says how the values were made.
fn golden() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/statistics/lasso.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn whole(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

#[test]
fn the_path_is_scikit_learns() {
    let golden = golden();
    let design = Design::from_rows(&rows(&golden["x"]));
    let (labels, penalties) = (whole(&golden["y"]), numbers(&golden["penalties"]));
    assert!((largest_penalty(&design, &labels, 3) - golden["largest_penalty"].as_f64().unwrap()).abs() < 1e-12);
    let models = path(&design, &labels, 3, &penalties, || {});
    for (model, expected) in models.iter().zip(golden["models"].as_array().unwrap()) {
        let wanted = rows(&expected["coefficients"]);
        let mut found = vec![vec![0.0; 3]; design.features()];
        for (feature, coefficients) in &model.coefficients {
            found[*feature].clone_from(coefficients);
        }
        for (feature, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
            let apart = found.iter().zip(wanted).map(|(f, w)| (f - w).abs()).fold(0.0, f64::max);
            assert!(apart < 1e-4, "penalty {}, feature {feature}: {found:?} is not {wanted:?}", model.penalty);
        }
        let selected: Vec<usize> = model.coefficients.iter().map(|(feature, _)| *feature).collect();
        assert_eq!(selected, whole(&expected["selected"]), "penalty {}", model.penalty);
        for (found, wanted) in model.intercepts.iter().zip(numbers(&expected["intercepts"])) {
            assert!((found - wanted).abs() < 1e-4, "penalty {}: {:?}", model.penalty, model.intercepts);
        }
    }
}

#[test]
fn the_cross_validation_is_scikit_learns() {
    let golden = golden();
    let design = Design::from_rows(&rows(&golden["x"]));
    let (labels, penalties) = (whole(&golden["y"]), numbers(&golden["penalties"]));
    let folds = Folds::given(whole(&golden["folds"]), 5);
    let two = NonZeroUsize::new(2).unwrap();
    let found = cross_validate(&design, &labels, 3, (&penalties, &folds, Until::End), two, |a, b| (a, b), || {});
    for (found, wanted) in found.loss.iter().zip(numbers(&golden["cross_validated_loss"])) {
        assert!((found - wanted).abs() < 1e-4, "{found} is not {wanted}");
    }
    assert_eq!(found.best() as u64, golden["best"].as_u64().unwrap());
    let until = (penalties.as_slice(), &folds, Until::Risen);
    let shorter = cross_validate(&design, &labels, 3, until, two, |a, b| (a, b), || {});
    let reached = shorter.loss.len();
    assert_eq!(
        (&shorter.loss[..], shorter.best()),
        (&found.loss[..reached], found.best()),
        "the same as far as it goes"
    );
    assert!(found.one_standard_error() <= found.best());
}

#[test]
fn folds_keep_groups_together_and_classes_apart() {
    let labels: Vec<usize> = (0..200).map(|i| usize::from(i % 5 == 0) + usize::from(i % 10 == 0)).collect();
    let group: Vec<usize> = (0..200).map(|i| i / 3).collect();
    let folds = Folds::stratified(&labels, &group, 3, 10, 1);
    for fold in 0..10 {
        let (outside, inside) = folds.split(fold);
        assert!(outside.iter().all(|&i| inside.iter().all(|&j| group[i] != group[j])));
        for class in 0..3 {
            let (here, all) = (
                inside.iter().filter(|&&i| labels[i] == class).count(),
                labels.iter().filter(|&&l| l == class).count(),
            );
            assert!(here.abs_diff(all / 10) <= 2, "fold {fold} has {here} of {all} of class {class}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// The optimality conditions themselves, whatever the samples.
    #[test]
    fn every_model_is_an_optimum(
        table in prop::collection::vec(prop::collection::vec(-2.0f64..2.0, 6), 12..30),
        truth in prop::collection::vec(0usize..3, 30),
        share in 0.05f64..0.9,
    ) {
        let labels: Vec<usize> = (0..table.len()).map(|i| if i < 3 { i } else { truth[i] }).collect();
        let design = Design::from_rows(&table);
        let largest = largest_penalty(&design, &labels, 3);
        let penalty = largest * share;
        let model = path(&design, &labels, 3, &[largest, penalty], || {}).pop().unwrap();
        let p = model.probabilities(&design);
        let n = labels.len() as f64;
        for class in 0..3 {
            let left: Vec<f64> = p.iter().zip(&labels).map(|(p, &l)| (f64::from(u8::from(l == class)) - p[class]) / n).collect();
            for j in 0..design.features() {
                let slope: f64 = design.column(j).iter().zip(&left).map(|(x, r)| x * r).sum();
                let b = model.coefficients.iter().find(|(f, _)| *f == j).map_or(0.0, |(_, c)| c[class]);
                let excess = if b == 0.0 { slope.abs() - penalty } else { (slope - penalty * b.signum()).abs() };
                prop_assert!(excess <= 2e-6 * penalty + 1e-12, "class {class}, feature {j}, {b}: {slope} at {penalty}");
            }
        }
    }
}
