use proptest::prelude::*;

use super::*;

/// One small classifier of each kind, as a bundle holds it: two features, two classes.
const EXAMPLES: [&str; 8] = [
    r#"{"kind":"logistic-regression","intercepts":[0.5,-0.5],"coefficients":[[1.0,0.0],[-1.0,0.25]]}"#,
    r#"{"kind":"svm","gamma":0.5,"vectors":[[1.0,0.0],[-1.0,0.0]],"machines":[{"intercept":0.1,"weights":[1.0,-1.0],"slope":-2.0,"offset":0.0},{"intercept":-0.1,"weights":[-1.0,1.0],"slope":-2.0,"offset":0.0}]}"#,
    r#"{"kind":"nearest-neighbours","neighbours":2,"weighting":"distance","classes":2,"vectors":[[1.0,0.0],[-1.0,0.0],[0.0,1.0]],"labels":[0,1,1]}"#,
    r#"{"kind":"random-forest","features":2,"classes":2,"trees":[{"feature":[0,1],"threshold":[0.0,0.5],"left":[-1,-2],"right":[1,-3],"leaves":[1.0,0.0,0.25,0.75,0.5,0.5]}]}"#,
    r#"{"kind":"extra-trees","features":2,"classes":2,"trees":[{"feature":[],"threshold":[],"left":[],"right":[],"leaves":[0.5,0.5]}]}"#,
    r#"{"kind":"gradient-boosting","features":2,"link":"one-vs-rest","intercepts":[0.0,0.1],"trees":[[{"feature":[1],"threshold":[0.0],"left":[-1],"right":[-2],"leaves":[-1.0,1.0]}],[]]}"#,
    r#"{"kind":"lightgbm","features":2,"link":"softmax","intercepts":[0.0,0.1],"trees":[[{"feature":[1],"threshold":[0.0],"left":[-1],"right":[-2],"leaves":[-1.0,1.0]}],[]]}"#,
    r#"{"kind":"multilayer-perceptron","layers":[{"intercepts":[0.0,0.1,0.2],"coefficients":[[1.0,0.0],[0.0,1.0],[1.0,1.0]]},{"intercepts":[0.0,0.0],"coefficients":[[1.0,2.0,3.0],[0.5,0.5,0.5]]}]}"#,
];

#[test]
fn every_kind_is_read_and_judges() {
    for (text, kind) in EXAMPLES.iter().zip(Kind::ALL) {
        let classifier = Classifier::from_json(text).unwrap();
        assert_eq!((classifier.kind(), classifier.features(), classifier.classes()), (kind, 2, 2));
        assert_eq!(serde_json::to_string(&classifier).unwrap(), *text);
        let sum: f64 = classifier.probabilities(&[0.3, -0.7]).iter().sum();
        assert!((sum - 1.0).abs() < 1e-12, "{kind}");
    }
}

#[test]
fn probabilities_are_those_one_reckons_by_hand() {
    let close = |example: usize, scores: [f64; 2], first: f64| {
        let p = Classifier::from_json(EXAMPLES[example]).unwrap().probabilities(&scores);
        assert!((p[0] - first).abs() < 1e-12, "{}: {p:?}", Kind::ALL[example]);
    };
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    close(0, [1.0, 2.0], logistic(1.5 - (-1.5 + 0.5)));
    // Decisions 0.1 + k and -0.1 - k are mirrored, and so are their probabilities.
    let k = 1.0 - (-2.0_f64).exp();
    close(1, [1.0, 0.0], logistic(2.0 * (0.1 + k)));
    // At distances 1 and sqrt(2); the second of two as near is left out.
    close(2, [1.0, 1.0], 0.5);
    close(2, [1.0, 0.0], 1.0);
    close(3, [0.0, 9.0], 1.0);
    close(3, [0.1, 0.5], 0.25);
    close(3, [0.1, 0.6], 0.5);
    close(4, [0.0, 0.0], 0.5);
    close(5, [0.0, 1.0], logistic(1.0) / (logistic(1.0) + logistic(0.1)));
    close(6, [0.0, 1.0], logistic(1.0 - 0.1));
    // Units 1, 0 and 1.2.
    close(7, [1.0, -1.0], logistic(1.0 + 0.6 - 0.5 - 0.1));
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        (0, "[-1.0,0.25]", "[-1.0]", "a row of coefficients has 1 entries, and needs 2"),
        (0, "[0.5,-0.5]", "[0.5]", "intercepts has 1 entries, and needs 2"),
        (0, "0.25", "1e61", "coefficients holds 1e61"),
        (0, "0.25", "null", "invalid type: null"),
        (0, "0.25", "1e999", "number out of range"),
        (0, "intercepts", "intercept", "unknown field `intercept`"),
        (0, "logistic-regression", "oracle", "unknown variant `oracle`"),
        (1, "\"gamma\":0.5", "\"gamma\":-0.5", "gamma is -5e-1"),
        (1, "\"weights\":[1.0,-1.0]", "\"weights\":[1.0]", "weights of a machine has 1 entries, and needs 2"),
        (2, "\"labels\":[0,1,1]", "\"labels\":[0,1,2]", "labels holds 2"),
        (2, "\"neighbours\":2", "\"neighbours\":4", "it asks 4 neighbours of 3 samples"),
        (2, "\"classes\":2", "\"classes\":999999999999", "it has 999999999999 classes of 3 samples"),
        (3, "\"right\":[1,-3]", "\"right\":[0,-3]", "split 0 of a tree has child 0"),
        (3, "\"left\":[-1,-2]", "\"left\":[-1,1]", "split 1 of a tree has child 1"),
        (3, "\"left\":[-1,-2]", "\"left\":[-1,-9]", "split 1 of a tree has child -9"),
        (3, "\"feature\":[0,1]", "\"feature\":[0,2]", "a tree asks for feature 2"),
        (3, "0.25,0.75", "0.25,0.5", "which are not the shares"),
        (3, "0.5,0.5]", "0.5]", "leaves of a tree has 5 entries"),
        (3, "\"classes\":2", "\"classes\":9223372036854775807", "leaves of a tree has 6 entries"),
        (4, "\"classes\":2", "\"classes\":0", "it has no classes"),
        (5, "\"intercepts\":[0.0,0.1]", "\"intercepts\":[0.0]", "trees has 2 entries, and needs 1"),
        (7, "[0.5,0.5,0.5]", "[0.5,0.5]", "a row of a layer's coefficients has 2 entries, and needs 3"),
    ];
    for (example, from, to, says) in cases {
        let text = EXAMPLES[example].replacen(from, to, 1);
        assert_ne!(text, EXAMPLES[example], "{from}");
        let error = Classifier::from_json(&text).unwrap_err().to_string();
        assert!(error.contains(says) && error.ends_with("write it again with `spinetriage train`"), "{says}: {error}");
    }
}

#[test]
fn no_score_makes_a_probability_that_is_none() {
    for text in EXAMPLES {
        let classifier = Classifier::from_json(&text.replace("1.0", "1e60")).or_else(|_| Classifier::from_json(text));
        let classifier = classifier.unwrap();
        for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, -1e60, 0.0] {
            let p = classifier.probabilities(&[score, -score]);
            let sum: f64 = p.iter().sum();
            assert!((sum - 1.0).abs() < 1e-12 && p.iter().all(|p| (0.0..=1.0).contains(p)), "{text} {score}: {p:?}");
        }
    }
}

/// What numbers, lists and marks a mutation puts in.
const PIECES: [&str; 16] = [
    "0",
    "-1",
    "1e308",
    "1e60",
    "-5",
    "[]",
    "null",
    "18446744073709551615",
    "{}",
    ",",
    "]",
    "2",
    "1",
    "[1.0]",
    "\"\"",
    "-0.0",
];

proptest! {
    #[test]
    fn a_changed_file_is_refused_or_judges(
        example in 0..EXAMPLES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0..4_usize, any::<bool>()), 1..4),
    ) {
        let mut text = EXAMPLES[example].to_owned();
        for (at, piece, cut, anywhere) in changes {
            // Half of the changes are of numbers: others are mostly refused as no JSON.
            let here = |c: char| anywhere || c.is_ascii_digit();
            let places: Vec<usize> = text.char_indices().filter(|(_, c)| here(*c)).map(|(i, _)| i).collect();
            if places.is_empty() { break }
            let start = places[at.index(places.len())];
            let end = (start + cut).min(text.len());
            text.replace_range(start..end, PIECES[piece]);
        }
        if let Ok(classifier) = Classifier::from_json(&text) {
            prop_assume!(classifier.features() < 1000);
            let p = classifier.probabilities(&vec![0.4; classifier.features()]);
            prop_assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{} {:?}", text, p);
        }
    }
}
