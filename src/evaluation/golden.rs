//! A whole report against pROC, scipy and scikit-learn: `tests/data/statistics/README.md` says how the values were made.

use serde_json::Value;

use super::tests::classes;
use super::*;

#[track_caller]
fn close(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= 1e-9, "{found} is not {expected}");
}

fn bundle(name: &str, inputs: &Value, probabilities: &str) -> Subject {
    let labels: Vec<usize> = serde_json::from_value(inputs["y"].clone()).unwrap();
    Subject {
        name: name.to_owned(),
        version: "1".to_owned(),
        digest: String::new(),
        classifier: "any".to_owned(),
        features: Vec::new(),
        sets: vec![Judged {
            set: "internal".to_owned(),
            patients: (0..labels.len()).map(|i| i.to_string()).collect(),
            labels,
            probabilities: serde_json::from_value(inputs[probabilities].clone()).unwrap(),
        }],
        units: vec![],
    }
}

#[test]
fn a_report_has_the_figures_of_other_programs() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/statistics/stats.json");
    let all: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let case = &all["cases"]["three_class_214"];
    let (first, second) = (bundle("first", &case["inputs"], "p_model1"), bundle("second", &case["inputs"], "p_model2"));
    let bootstrap = Bootstrap { times: 50, seed: 1 };
    let report = evaluate(&classes(&["a", "b", "c"]), &first, Some(&second), None, bootstrap).unwrap();
    let (set, other) = (&report.subject.sets[0], &report.against.as_ref().unwrap().sets[0]);
    for class in 0..3 {
        let expected = &case["per_class"][class];
        for (i, figures) in [set, other].into_iter().enumerate() {
            let auc = figures.classes[class].auc.unwrap();
            close(auc.value, &expected["auc"][i]);
            close(auc.interval.unwrap().low, &expected["ci95_wald"][i][0]);
            close(auc.interval.unwrap().high, &expected["ci95_wald"][i][1]);
        }
        let test = &report.comparisons[0].tests[class];
        close(test.z.unwrap(), &expected["z"]);
        close(test.p.unwrap(), &expected["p_two_sided"]);
        close(test.interval.unwrap().low, &expected["ci95_of_difference"][0]);
        close(set.classes[class].brier, &expected["brier_binary"]);
        close(set.classes[class].calibration.expected_error, &expected["ece10_binary"]);
        close(set.classes[class].youden.unwrap().threshold.unwrap(), &expected["youden"]["threshold"]);
    }
    close(set.macro_auc.unwrap().value, &case["macro_ovr_auc"][0]);
    close(other.macro_auc.unwrap().value, &case["macro_ovr_auc"][1]);
    close(set.micro_auc.unwrap().value, &case["micro_auc"][0]);
    close(set.accuracy.value, &case["accuracy"]);
    close(set.kappa.unwrap(), &case["kappa"]);
    close(set.brier, &case["brier_multiclass"][0]);
    close(set.log_loss, &case["log_loss"]);
    close(set.calibration.expected_error, &case["ece10_top_label"]);
    assert_eq!(serde_json::to_value(&set.confusion).unwrap(), case["confusion_rows_true"]);
}

#[test]
fn the_interval_by_patients_keeps_a_patient_together() {
    // The same body ten times over, of one patient each: no more is known than of each once.
    let once = [(0, 0.9), (0, 0.6), (0, 0.4), (1, 0.5), (1, 0.3), (1, 0.7), (0, 0.8), (1, 0.2)];
    let times = |n: usize| {
        let bodies = once.iter().enumerate().flat_map(|(i, body)| (0..n).map(move |_| (i, *body)));
        let judged = Judged {
            set: "internal".to_owned(),
            labels: bodies.clone().map(|(_, (label, _))| label).collect(),
            patients: bodies.clone().map(|(patient, _)| patient.to_string()).collect(),
            probabilities: bodies.map(|(_, (_, p))| vec![p, 1.0 - p]).collect(),
        };
        let subject = Subject { sets: vec![judged], ..bundle("any", &serde_json::json!({"y": [], "p": []}), "p") };
        let bootstrap = Bootstrap { times: 400, seed: 3 };
        evaluate(&classes(&["a", "b"]), &subject, None, None, bootstrap).unwrap().subject.sets[0].clone()
    };
    let (one, ten) = (times(1), times(10));
    assert_eq!(one.macro_auc, ten.macro_auc);
    assert_eq!(one.classes[0].auc_interval_by_patient, ten.classes[0].auc_interval_by_patient);
    let width = |set: &SetFigures| set.classes[0].auc.unwrap().interval.map(|i| i.high - i.low).unwrap();
    assert!(width(&ten) < width(&one) / 2.0, "DeLong's takes them for independent: the page says so");
}
