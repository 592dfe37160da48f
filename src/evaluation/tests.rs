//! A study of six bodies whose figures a person can check, and what must hold of any.

use proptest::prelude::*;

use super::*;

pub(super) fn classes(names: &[&str]) -> Vec<ClassName> {
    let named = |(i, name): (usize, &&str)| ClassName { code: format!("C{i}"), name: (*name).to_owned() };
    names.iter().enumerate().map(named).collect()
}

const THREE: [&str; 3] = ["normal", "benign", "malignant"];
const BOOTSTRAP: Bootstrap = Bootstrap { times: 200, seed: 7 };

fn judged(set: &str, labels: &[usize], probabilities: &[[f64; 3]]) -> Judged {
    Judged {
        set: set.to_owned(),
        labels: labels.to_vec(),
        patients: (0..labels.len()).map(|i| format!("p{}", i / 2)).collect(),
        probabilities: probabilities.iter().map(|p| p.to_vec()).collect(),
    }
}

fn subject(name: &str, sets: Vec<Judged>) -> Subject {
    let feature = |name: &str, coefficients| SelectedFeature {
        name: name.to_owned(),
        coefficients: Some(coefficients),
        contributions: None,
    };
    Subject {
        name: name.to_owned(),
        version: "1.2.0".to_owned(),
        digest: "ab".repeat(32),
        classifier: "logistic regression".to_owned(),
        features: vec![feature("glcm_Contrast", vec![-0.5, 0.0, 0.25]), feature("deep_17", vec![0.1, 0.9, -1.0])],
        sets,
        units: vec![],
    }
}

/// Body 2 is taken for malignant, body 5 for benign.
fn six() -> Judged {
    judged(
        "internal",
        &[0, 0, 1, 1, 2, 2],
        &[[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.2, 0.3, 0.5], [0.1, 0.7, 0.2], [0.1, 0.2, 0.7], [0.3, 0.4, 0.3]],
    )
}

/// The same bodies, judged worse.
fn six_worse() -> Judged {
    let mut worse = six();
    worse.probabilities[0] = vec![0.25, 0.5, 0.25];
    worse.probabilities[4] = vec![0.4, 0.4, 0.2];
    worse
}

fn report_of(sets: Vec<Judged>) -> Report {
    evaluate(&classes(&THREE), &subject("fusion", sets), None, None, BOOTSTRAP).unwrap()
}

fn path() -> PathRecord {
    PathRecord {
        penalties: vec![0.1, 0.03, 0.01],
        loss: vec![1.1, 0.8, 0.85],
        standard_error: vec![0.02, 0.03, 0.05],
        best: 1,
        chosen: 1,
        features: vec![PathFeature {
            name: "glcm_Contrast".to_owned(),
            coefficients: vec![vec![0.0; 3], vec![-0.5, 0.0, 0.25], vec![-0.7, 0.1, 0.6]],
        }],
    }
}

fn plain(header: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| row.join("|")).collect();
    format!("{}\n{}", header.join("|"), rows.join("\n"))
}

#[track_caller]
fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

#[test]
fn figures_of_six_bodies() {
    let report = report_of(vec![six()]);
    let set = &report.subject.sets[0];
    assert_eq!((set.bodies, set.patients, set.fitted_on), (6, 3, false));
    assert_eq!(set.confusion, [[2, 0, 0], [0, 1, 1], [0, 1, 1]]);
    near(set.accuracy.value, 4.0 / 6.0);
    // Agreement 4/6, chance 12/36.
    near(set.kappa.unwrap(), 0.5);
    let benign = &set.classes[1];
    near(benign.sensitivity.unwrap(), 0.5);
    near(benign.specificity.unwrap(), 0.75);
    near(benign.accuracy.unwrap(), 4.0 / 6.0);
    // 0.3 and 0.7 against 0.1, 0.3, 0.2, 0.4: 2.5 and 4 of 4 pairs.
    near(benign.auc.unwrap().value, 6.5 / 8.0);
    // Called at 0.7: half of the two, none of the four; at 0.3: both, two of the four. Both have an index of 0.5.
    let youden = benign.youden.unwrap();
    assert_eq!((youden.threshold, youden.sensitivity, youden.false_positive_rate), (Some(0.7), 0.5, 0.0));
    // 0.5 and 0.7 of malignant and 0.3 of the last: 0.7 above all four, 0.3 above three of four.
    near(set.classes[2].auc.unwrap().value, 7.0 / 8.0);
    near(set.classes[0].auc.unwrap().value, 1.0);
    near(set.macro_auc.unwrap().value, (1.0 + 6.5 / 8.0 + 7.0 / 8.0) / 3.0);
    near(set.brier, (0.06 + 0.26 + 0.78 + 0.14 + 0.14 + 0.74) / 6.0);
    let right: f64 = [0.8_f64, 0.6, 0.3, 0.7, 0.7, 0.3].iter().map(|p| -p.ln()).sum();
    near(set.log_loss, right / 6.0);
    // Called with 0.8 0.6 0.5 0.7 0.7 0.4, of which 0.5 and 0.4 are wrong; 0.7 twice in one bin.
    near(set.calibration.expected_error, (0.2 + 0.4 + 0.5 + 0.6 + 0.4) / 6.0);
    // At a threshold of one half, all four fractured bodies are called and none of the others.
    let half = set.decision.points.iter().find(|p| p.threshold == 0.5).unwrap();
    near(half.model, 4.0 / 6.0);
    near(half.everybody, 4.0 / 6.0 - 2.0 / 6.0);
}

#[test]
fn a_perfect_area_has_no_interval() {
    let report = report_of(vec![six()]);
    let normal = &report.subject.sets[0].classes[0];
    assert_eq!(normal.auc.unwrap().interval, None, "a width of nought would look like certainty");
    assert_eq!(normal.undefined.as_deref(), Some("an area without variance has no interval"));
    assert!(report.to_html().contains("1.000 (no interval)"));
}

#[test]
fn one_class_only_defines_no_area() {
    let only = judged("external", &[1, 1], &[[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]]);
    let report = report_of(vec![six(), only]);
    let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    let set = &json["subject"]["sets"][1];
    for name in ["macro_auc", "micro_auc", "kappa"] {
        assert!(set.get(name).is_some(), "{name} is there");
    }
    assert!(set["macro_auc"].is_null() && set["micro_auc"].is_null() && set["kappa"].is_null());
    for class in 0..3 {
        let class = &set["classes"][class];
        assert!(class["auc"].is_null() && class["youden"].is_null() && class["roc"].as_array().unwrap().is_empty());
    }
    assert!(set["classes"][0]["sensitivity"].is_null() && set["classes"][1]["specificity"].is_null());
    assert_eq!(set["accuracy"]["value"], 0.5);
    for said in [report.to_html(), report.to_text(plain)] {
        for part in ["all bodies of the set have this class", "no body of the set is normal or malignant"] {
            assert!(said.contains(part), "{part} is missing:\n{said}");
        }
    }
    assert!(report.to_html().contains("not defined: no body of the set has this class"));
    assert!(!report.to_html().contains("NaN") && !report.to_html().contains("inf"));
}

#[test]
fn two_bundles_are_tested_and_corrected() {
    let (first, second) = (subject("fusion", vec![six()]), subject("radiomics", vec![six_worse()]));
    let report = evaluate(&classes(&THREE), &first, Some(&second), None, BOOTSTRAP).unwrap();
    let tests = &report.comparisons[0].tests;
    assert_eq!(tests.len(), 4);
    let defined: Vec<f64> = tests.iter().filter_map(|t| t.p).collect();
    let corrected: Vec<f64> = tests.iter().filter_map(|t| t.p_holm).collect();
    assert_eq!(corrected, crate::statistics::holm(&defined));
    assert!(corrected.iter().zip(&defined).any(|(c, p)| c > p), "{tests:?}");
    let difference =
        |f: fn(&SetFigures) -> f64| f(&report.subject.sets[0]) - f(&report.against.as_ref().unwrap().sets[0]);
    near(tests[3].difference.unwrap(), difference(|s| s.macro_auc.unwrap().value));
    near(tests[2].difference.unwrap(), difference(|s| s.classes[2].auc.unwrap().value));
    let page = report.to_html();
    assert!(page.contains("Evaluation of fusion 1.2.0 against radiomics 1.2.0") && page.contains("p (Holm)"));
    let text = report.to_text(plain);
    assert!(text.contains("fusion 1.2.0 less radiomics 1.2.0 on the same bodies"));
    assert!(text.contains("fusion 1.2.0, internal, AUC of normal: an area without variance"), "{text}");
}

#[test]
fn equal_bundles_do_not_differ() {
    let (first, second) = (subject("a", vec![six()]), subject("b", vec![six()]));
    let report = evaluate(&classes(&THREE), &first, Some(&second), None, BOOTSTRAP).unwrap();
    for test in &report.comparisons[0].tests {
        assert_eq!((test.difference, test.p, test.p_holm), (Some(0.0), Some(1.0), Some(1.0)), "{test:?}");
    }
}

#[test]
fn areas_that_differ_without_variance_have_no_p_value() {
    let mut reversed = six();
    for (label, p) in reversed.labels.clone().iter().zip(&mut reversed.probabilities) {
        *p = if *label == 0 { vec![0.0, 0.5, 0.5] } else { vec![1.0, 0.0, 0.0] };
    }
    let (first, second) = (subject("a", vec![six()]), subject("b", vec![reversed]));
    let report = evaluate(&classes(&THREE), &first, Some(&second), None, BOOTSTRAP).unwrap();
    let test = &report.comparisons[0].tests[0];
    assert_eq!((test.difference, test.p, test.p_holm), (Some(1.0), None, None), "six bodies cannot have p = 0");
    assert!(report.to_html().contains("not defined: the areas differ and have no variance"));
}

#[test]
fn other_bodies_are_refused() {
    let against = |change: fn(&mut Subject)| {
        let mut other = subject("radiomics", vec![six()]);
        change(&mut other);
        evaluate(&classes(&THREE), &subject("fusion", vec![six()]), Some(&other), None, BOOTSTRAP)
            .unwrap_err()
            .to_string()
    };
    let said = against(|s| s.sets[0].labels.swap(0, 2));
    assert!(said.contains("fusion 1.2.0 and radiomics 1.2.0") && said.contains("body 0 has another class"), "{said}");
    assert!(against(|s| s.sets[0].patients[3] = "q".into()).contains("body 3 has another patient"));
    assert!(against(|s| s.sets[0].set = "external".into()).contains("set external: only the second"));
    assert!(against(|s| s.sets.clear()).contains("set internal: only the first"));
    let said = against(|s| {
        s.sets[0].labels.pop();
        s.sets[0].patients.pop();
        s.sets[0].probabilities.pop();
    });
    assert!(said.contains("6 bodies and 5"), "{said}");
}

#[test]
fn what_is_no_judgement_is_refused() {
    let with = |change: fn(&mut Subject)| {
        let mut wrong = subject("fusion", vec![six()]);
        change(&mut wrong);
        evaluate(&classes(&THREE), &wrong, None, None, BOOTSTRAP).unwrap_err().to_string()
    };
    assert!(with(|s| s.sets[0].probabilities[1] = vec![0.5, 0.5]).contains("probabilities of body 1"));
    assert!(with(|s| s.sets[0].probabilities[2] = vec![f64::NAN, 0.5, 0.5]).contains("probabilities of body 2"));
    assert!(with(|s| s.sets[0].probabilities[2] = vec![0.5, 0.5, 0.5]).contains("a sum of 1"));
    assert!(with(|s| s.sets[0].labels[0] = 3).contains("body 0 has class 3, there are 3"));
    assert!(with(|s| s.sets.push(six())).contains("set internal twice"));
    assert!(with(|s| s.sets[0] = judged("internal", &[], &[])).contains("no body is in it"));
    assert!(with(|s| s.sets.clear()).contains("no set"));
    assert!(with(|s| s.features[0].coefficients = Some(vec![1.0])).contains("glcm_Contrast has not 3"));
    let mut cut = path();
    cut.loss.pop();
    let said = evaluate(&classes(&THREE), &subject("a", vec![six()]), None, Some(&cut), BOOTSTRAP).unwrap_err();
    assert!(said.to_string().contains("LASSO path"), "{said}");
    let said = evaluate(&classes(&["one"]), &subject("a", vec![six()]), None, None, BOOTSTRAP).unwrap_err();
    assert_eq!(said, EvaluationError::Classes(1));
    let twice = vec![ClassName { code: "C".to_owned(), name: "any".to_owned() }; 3];
    let said = evaluate(&twice, &subject("a", vec![six()]), None, None, BOOTSTRAP).unwrap_err();
    assert_eq!(said, EvaluationError::ClassTwice("C".to_owned()));
}

#[test]
fn names_from_outside_stay_text() {
    let evil = "<script>alert('x')</script>\"&";
    let mut bundle = subject(evil, vec![Judged { set: evil.to_owned(), ..six() }]);
    bundle.version = evil.to_owned();
    bundle.digest = evil.to_owned();
    bundle.classifier = evil.to_owned();
    bundle.features[0].name = evil.to_owned();
    let mut record = path();
    record.features[0].name = evil.to_owned();
    let report = evaluate(&classes(&[evil; 3]), &bundle, Some(&bundle), Some(&record), BOOTSTRAP).unwrap();
    let page = report.to_html();
    assert!(!page.contains("<script") && !page.contains("alert('"), "a name became markup");
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"));
}

#[test]
fn the_page_needs_nothing_else_and_says_what_it_is_for() {
    let report = evaluate(&classes(&THREE), &subject("fusion", vec![six()]), None, Some(&path()), BOOTSTRAP).unwrap();
    let page = report.to_html();
    let notice = "Research use only, not for diagnosis.";
    assert!(page.find(notice).unwrap() < page.find("<h1>").unwrap());
    assert!(page.rfind(notice).unwrap() > page.find("How the figures were computed").unwrap());
    assert!(report.to_text(plain).ends_with(&format!("{notice}\n")));
    for reference in ["src=", "href=", "url(", "@import"] {
        assert!(!page.contains(reference), "{reference}");
    }
    // ROC, calibration, two decision curves; the loss and three paths; two features of three bars.
    assert_eq!((page.matches("class=\"chart\"").count(), page.matches("<svg class=\"bar\"").count()), (8, 6));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let twice = [0, 1].map(|_| {
        let (first, second) = (subject("a", vec![six()]), subject("b", vec![six_worse()]));
        evaluate(&classes(&THREE), &first, Some(&second), Some(&path()), BOOTSTRAP).unwrap()
    });
    assert_eq!(twice[0].to_json().unwrap(), twice[1].to_json().unwrap());
    assert_eq!(twice[0].to_html(), twice[1].to_html());
    assert_eq!(twice[0].to_text(plain), twice[1].to_text(plain));
}

#[test]
fn json_comes_back_as_it_was() {
    let only = judged("external", &[1, 1], &[[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]]);
    let (first, second) = (subject("a", vec![six(), only.clone()]), subject("b", vec![six_worse(), only]));
    let report = evaluate(&classes(&THREE), &first, Some(&second), Some(&path()), BOOTSTRAP).unwrap();
    let json = report.to_json().unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["notice"], "Research use only, not for diagnosis");
    assert_eq!((&value["bootstrap"]["resamples"], &value["bootstrap"]["seed"]), (&200.into(), &7.into()));
    assert_eq!(value["subject"]["sets"][0]["classes"][1]["roc"][0]["threshold"], serde_json::Value::Null);
    assert_eq!(value["comparisons"][0]["tests"][0]["of"]["class"], "C0");
    assert_eq!(value["comparisons"][0]["tests"][3]["of"], "macro_auc");
}

#[test]
fn the_training_set_is_marked() {
    let report = report_of(vec![Judged { set: "train".to_owned(), ..six() }]);
    assert!(report.subject.sets[0].fitted_on);
    assert!(report.to_html().contains("train (fitted on)") && report.to_text(plain).contains("train (fitted on)"));
}

/// Bodies of a few patients with any class and any probabilities that sum to 1, judged twice.
fn any_bodies() -> impl Strategy<Value = (usize, Judged, Judged)> {
    (2_usize..5).prop_flat_map(|classes| {
        let row = || {
            prop::collection::vec(0_u8..5, classes).prop_map(|parts| {
                let sum: f64 = parts.iter().map(|p| f64::from(*p)).sum();
                let share = |p: &u8| if sum == 0.0 { 1.0 / parts.len() as f64 } else { f64::from(*p) / sum };
                parts.iter().map(share).collect::<Vec<f64>>()
            })
        };
        prop::collection::vec((0..classes, 0_u8..6, row(), row()), 1..14).prop_map(move |bodies| {
            let of = |second: bool| Judged {
                set: "any".to_owned(),
                labels: bodies.iter().map(|b| b.0).collect(),
                patients: bodies.iter().map(|b| b.1.to_string()).collect(),
                probabilities: bodies.iter().map(|b| if second { b.3.clone() } else { b.2.clone() }).collect(),
            };
            (classes, of(false), of(true))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_probabilities_have_areas_from_0_to_1_or_none((count, first, second) in any_bodies()) {
        let names = classes(&THREE.iter().chain(&["x", "y"]).copied().take(count).collect::<Vec<_>>());
        let bundle = |judged: Judged| Subject { features: Vec::new(), ..subject("any", vec![judged]) };
        let bootstrap = Bootstrap { times: 20, seed: 1 };
        let report = evaluate(&names, &bundle(first), Some(&bundle(second)), None, bootstrap).unwrap();
        for set in report.subject.sets.iter().chain(&report.against.as_ref().unwrap().sets) {
            let areas = set.classes.iter().map(|c| c.auc).chain([set.macro_auc, set.micro_auc]);
            for area in areas.flatten() {
                prop_assert!((0.0..=1.0).contains(&area.value));
                if let Some(i) = area.interval {
                    prop_assert!(0.0 <= i.low && i.low < i.high && i.high <= 1.0, "{i:?}");
                }
            }
        }
        for test in report.comparisons.iter().flat_map(|c| &c.tests) {
            prop_assert_eq!(test.p.is_none(), test.undefined.is_some());
            prop_assert!(test.p.iter().chain(&test.p_holm).all(|p| (0.0..=1.0).contains(p)));
            prop_assert!(test.p_holm >= test.p);
        }
        let json = report.to_json().unwrap();
        prop_assert_eq!(&serde_json::from_str::<Report>(&json).unwrap(), &report, "a number was not finite");
        let page = report.to_html();
        prop_assert!(!page.contains("NaN") && !page.contains(">inf"));
    }
}
