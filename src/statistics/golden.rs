//! Against scipy, scikit-learn and pROC: `tests/data/statistics/README.md` says how the values were made.

use serde_json::Value;

use super::*;

const TOLERANCE: f64 = 1e-9;

fn cases() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/statistics/stats.json");
    let all: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    all["cases"].clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn labels(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

#[track_caller]
fn close(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= TOLERANCE, "{found} is not {expected}");
}

#[track_caller]
fn compare(found: &Areas, expected: &Value) {
    for i in 0..2 {
        close(found.area[i], &expected["auc"][i]);
        close(found.covariance[i][0], &expected["cov"][i][0]);
        close(found.covariance[i][1], &expected["cov"][i][1]);
        close(found.interval(i).low, &expected["ci95_wald"][i][0]);
        close(found.interval(i).high, &expected["ci95_wald"][i][1]);
    }
    let difference = found.difference(0, 1);
    close(difference.z, &expected["z"]);
    close(difference.p, &expected["p_two_sided"]);
    close(difference.interval.low, &expected["ci95_of_difference"][0]);
    close(difference.interval.high, &expected["ci95_of_difference"][1]);
}

#[test]
fn delong_with_and_without_ties() {
    let cases = cases();
    for name in ["ordinal_ties_20", "perfect_separation"] {
        let inputs = &cases[name]["inputs"];
        let positive: Vec<bool> = labels(&inputs["y"]).iter().map(|&y| y == 1).collect();
        compare(&areas(&positive, &[&numbers(&inputs["a"]), &numbers(&inputs["b"])]).unwrap(), &cases[name]);
    }
    let inputs = &cases["identical_scores"]["inputs"];
    let positive: Vec<bool> = labels(&inputs["y"]).iter().map(|&y| y == 1).collect();
    let same = numbers(&inputs["a"]);
    let difference = areas(&positive, &[&same, &same]).unwrap().difference(0, 1);
    assert_eq!((difference.z, difference.p), (0.0, 1.0));
}

#[test]
fn three_classes_one_against_the_rest() {
    let case = &cases()["three_class_214"];
    let y = labels(&case["inputs"]["y"]);
    let (first, second) = (rows(&case["inputs"]["p_model1"]), rows(&case["inputs"]["p_model2"]));
    for class in 0..3 {
        let expected = &case["per_class"][class];
        let positive: Vec<bool> = y.iter().map(|&l| l == class).collect();
        let of = |p: &[Vec<f64>]| -> Vec<f64> { p.iter().map(|row| row[class]).collect() };
        let score = of(&first);
        compare(&areas(&positive, &[&score, &of(&second)]).unwrap(), expected);
        let points = curve(&positive, &score);
        assert_eq!(points.len() as u64, expected["roc_n_points"].as_u64().unwrap());
        for (point, wanted) in points.iter().zip(expected["roc_first10"].as_array().unwrap()) {
            close(point.false_positive_rate, &wanted[0]);
            close(point.sensitivity, &wanted[1]);
            assert_eq!(wanted[2].as_f64().unwrap_or(f64::INFINITY), point.threshold);
        }
        let best = youden(&points).unwrap();
        close(best.threshold, &expected["youden"]["threshold"]);
        close(best.sensitivity, &expected["youden"]["tpr"]);
        close(binary_brier(&positive, &score), &expected["brier_binary"]);
        close(binary_calibration_error(&positive, &score, 10), &expected["ece10_binary"]);
        for wanted in expected["decision_curve"].as_array().unwrap() {
            let found = net_benefit(&positive, &score, wanted["pt"].as_f64().unwrap());
            close(found.model, &wanted["net_benefit"]);
            close(found.everybody, &wanted["treat_all"]);
        }
    }
}

#[test]
fn three_classes_together() {
    let case = &cases()["three_class_214"];
    let y = labels(&case["inputs"]["y"]);
    for (model, p) in [rows(&case["inputs"]["p_model1"]), rows(&case["inputs"]["p_model2"])].iter().enumerate() {
        close(macro_area(&y, p).unwrap(), &case["macro_ovr_auc"][model]);
        close(micro_area(&y, p).unwrap(), &case["micro_auc"][model]);
        close(brier(&y, p), &case["brier_multiclass"][model]);
    }
    let p = rows(&case["inputs"]["p_model1"]);
    close(log_loss(&y, &p), &case["log_loss"]);
    let top: Vec<f64> = p.iter().map(|row| row[most_probable(row)]).collect();
    let right: Vec<bool> = y.iter().zip(&p).map(|(&l, row)| most_probable(row) == l).collect();
    let (bins, error) = reliability(&right, &top, 10);
    close(error, &case["ece10_top_label"]);
    for (bin, wanted) in bins.iter().zip(case["ece10_bins_count_conf_acc"].as_array().unwrap()) {
        assert_eq!(bin.count as u64, wanted[0].as_u64().unwrap());
        if let (Some(said), Some(happened)) = (bin.said, bin.happened) {
            close(said, &wanted[1]);
            close(happened, &wanted[2]);
        }
    }
    let confusion = Confusion::of(&y, &p, 3);
    assert_eq!(serde_json::to_value(&confusion.0).unwrap(), case["confusion_rows_true"]);
    close(confusion.accuracy().unwrap(), &case["accuracy"]);
    close(confusion.kappa().unwrap(), &case["kappa"]);
}

/// Monte Carlo on both sides: the golden value's own note asks for 0.005.
#[test]
fn the_bootstrap_of_the_macro_area() {
    let case = &cases()["three_class_214"];
    let y = labels(&case["inputs"]["y"]);
    let p = rows(&case["inputs"]["p_model1"]);
    let everybody: Vec<usize> = (0..y.len()).collect();
    let found = Bootstrap { times: 2000, seed: 5 }
        .of(&everybody, &y, |drawn| {
            let of = |i: &usize| (y[*i], p[*i].clone());
            let (labels, rows): (Vec<_>, Vec<_>) = drawn.iter().map(of).unzip();
            macro_area(&labels, &rows)
        })
        .unwrap();
    let expected = &case["macro_auc_bootstrap_stratified_2000"];
    let near = |a: f64, b: &Value| (a - b.as_f64().unwrap()).abs() < 0.005;
    assert!(near(found.interval.low, &expected["ci95_percentile"][0]), "{found:?}");
    assert!(near(found.interval.high, &expected["ci95_percentile"][1]), "{found:?}");
    assert!(near(found.standard_error, &expected["se"]), "{found:?}");
}

#[test]
fn holms_correction() {
    let case = &cases()["multiplicity"];
    for (found, expected) in holm(&numbers(&case["p"])).iter().zip(case["holm"].as_array().unwrap()) {
        close(*found, expected);
    }
}
