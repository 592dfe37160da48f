//! `spinetriage train` and `evaluate`: the bundle that is written, what is said of it, and what is refused.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use spinetriage::model::Bundle;
use spinetriage::training::features_file::{FeaturesFile, Provenance};
use spinetriage::training::labelled::Purpose;
use spinetriage::training::table::Table;
use tempfile::TempDir;

use crate::support::features::{self, NAMES, Noise};
use crate::support::programs::{onnxruntime, spinetriage, text};
use crate::support::root;

const KINDS: [&str; 8] = [
    "logistic-regression",
    "svm",
    "nearest-neighbours",
    "random-forest",
    "extra-trees",
    "gradient-boosting",
    "lightgbm",
    "multilayer-perceptron",
];

/// A folder with `features.csv`.
fn folder_with(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("features.csv"), text).unwrap();
    folder
}

fn train(folder: &Path, out: &str, options: &[&str]) -> Output {
    train_on("features.csv", folder, out, options)
}

fn train_on(features: &str, folder: &Path, out: &str, options: &[&str]) -> Output {
    let (base, library) = (root().join("bundles/demo"), onnxruntime());
    let mut arguments = vec!["train", features, "--out", out, "--base", base.to_str().unwrap()];
    arguments.extend(["--onnxruntime", library.to_str().unwrap(), "--penalties", "20"]);
    arguments.extend(if options.contains(&"--folds") { [].as_slice() } else { &["--folds", "4"] });
    arguments.extend(options);
    spinetriage(folder, arguments)
}

fn evaluate(folder: &Path, bundle: &str, options: &[&str]) -> Value {
    let out = format!("{bundle}-report");
    let mut arguments = vec!["evaluate", "features.csv", "--bundle", bundle, "--out", &out, "--json"];
    arguments.extend(["--resamplings", "200"]);
    arguments.extend(options);
    let output = spinetriage(folder, arguments);
    assert!(output.status.success(), "{}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Macro AUC of the internal set, and its interval.
fn macro_area(report: &Value) -> [f64; 3] {
    let sets = report["subject"]["sets"].as_array().unwrap();
    let set = sets.iter().find(|set| set["set"] == "internal").unwrap();
    let area = &set["macro_auc"];
    [&area["value"], &area["interval"]["low"], &area["interval"]["high"]].map(|v| v.as_f64().unwrap())
}

#[test]
fn every_kind_is_trained_written_opened_and_measured() {
    let folder = folder_with(&features::of(80, false));
    for kind in KINDS {
        let output = train(folder.path(), kind, &["--classifier", kind]);
        assert!(output.status.success(), "{}", text(&output));
        assert!(text(&output).contains("Research use only, not for diagnosis"));
        let library = onnxruntime();
        let verify = ["bundle", "verify", kind, "--onnxruntime", library.to_str().unwrap()];
        let verified = spinetriage(folder.path(), verify);
        assert!(verified.status.success(), "{}", text(&verified));
        let card = text(&spinetriage(folder.path(), ["bundle", "show", kind]));
        assert!(card.contains("Research use only") && card.contains("80 bodies of 40 patients"), "{card}");
        let report = evaluate(folder.path(), kind, &[]);
        let [area, low, _] = macro_area(&report);
        assert!(area > 0.9 && low > 0.8, "{kind}: {area}, {low}");
        let selected: Vec<&str> =
            report["subject"]["features"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
        assert!(selected.contains(&"shape_HeightLoss"), "{selected:?}");
    }
}

#[test]
fn the_same_features_give_the_same_bundle_at_any_number_of_threads() {
    let folder = folder_with(&features::of(60, false));
    for (out, threads) in [("one", "1"), ("many", "3")] {
        let options = ["--threads", threads, "--name", "same", "--training-data", "drawn"];
        let output = train(folder.path(), out, &options);
        assert!(output.status.success(), "{}", text(&output));
    }
    let manifest = |out: &str| fs::read_to_string(folder.path().join(out).join("bundle.toml")).unwrap();
    assert_eq!(manifest("one"), manifest("many"), "the manifest has the digest of every file");
}

/// `features.csv` once more as `copy.csv` and `copy.parquet`, with the demo bundle as what they are of.
fn copy_as_both(folder: &Path) {
    let table = Table::read(&folder.join("features.csv"), 3, Purpose::Evaluate).unwrap();
    let text = || "made".to_owned();
    let provenance = Provenance {
        program: text(),
        bundle: text(),
        version: text(),
        features_digest: Bundle::load(&root().join("bundles/demo")).unwrap().features_digest(),
        cases_digest: text(),
        boxes: text(),
    };
    for name in ["copy.csv", "copy.parquet"] {
        let mut file = FeaturesFile::open(&folder.join(name), &provenance).unwrap();
        for (i, body) in table.bodies.iter().enumerate() {
            file.add(&[(body.clone(), table.features_of(i))]).unwrap();
        }
        file.finish().unwrap();
    }
}

#[test]
fn features_as_parquet_give_the_same_bundle_and_the_same_answers() {
    let folder = folder_with(&features::of(60, false));
    copy_as_both(folder.path());
    let [csv, parquet] = ["copy.csv", "copy.parquet"].map(|name| {
        let out = name.replace('.', "-");
        let options = ["--classifier", "logistic-regression", "--name", "same", "--training-data", "drawn"];
        let trained = train_on(name, folder.path(), &out, &options);
        assert!(trained.status.success() && !text(&trained).contains("Nothing beside"), "{}", text(&trained));
        let report = format!("{out}-report");
        let measured = spinetriage(folder.path(), ["evaluate", name, "--bundle", &out, "--out", &report]);
        assert!(measured.status.success(), "{}", text(&measured));
        let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
        (
            read(&format!("{out}/bundle.toml")),
            read(&format!("{out}/training.json")),
            read(&format!("{report}/predictions.csv")),
        )
    });
    assert!(csv.1.contains("\"made\"") && csv.2.lines().count() == 121, "{}", csv.1);
    assert_eq!(parquet, csv);
}

#[test]
fn the_best_kind_by_cross_validation_is_taken_and_the_record_says_so() {
    let folder = folder_with(&features::of(60, false));
    let output = train(folder.path(), "best", &[]);
    assert!(output.status.success(), "{}", text(&output));
    let record: Value = serde_json::from_slice(&fs::read(folder.path().join("best/training.json")).unwrap()).unwrap();
    let tried = record["classifiers"].as_array().unwrap();
    assert_eq!(tried.len(), 8);
    let best = tried.iter().map(|t| t["area"].as_f64().unwrap()).fold(0.0, f64::max);
    let first = tried.iter().find(|t| t["area"].as_f64() == Some(best)).unwrap();
    assert_eq!(record["taken"], first["settings"]["kind"]);
    assert_eq!(record["bodies"], 60, "of the training set alone");
}

#[test]
fn labels_that_follow_nothing_give_half() {
    let folder = folder_with(&features::of(240, true));
    let output = train(folder.path(), "shuffled", &["--classifier", "logistic-regression"]);
    assert!(output.status.success(), "{}", text(&output));
    let [area, low, high] = macro_area(&evaluate(folder.path(), "shuffled", &[]));
    assert!(low < 0.5 && 0.5 < high, "{area} ({low} to {high})");
}

#[test]
fn two_bundles_are_compared_and_the_page_stands_alone() {
    let folder = folder_with(&features::of(80, false));
    for (out, kind) in [("a", "logistic-regression"), ("b", "extra-trees")] {
        assert!(train(folder.path(), out, &["--classifier", kind]).status.success());
    }
    let report = evaluate(folder.path(), "a", &["--against", "b"]);
    let compared = report["comparisons"].as_array().unwrap();
    assert_eq!((compared.len(), &compared[0]["set"]), (1, &"internal".into()), "not on what they were fitted on");
    assert_eq!(report["against"]["name"], "b");
    let page = fs::read_to_string(folder.path().join("a-report/report.html")).unwrap();
    assert!(page.contains("esearch use only, not for diagnosis") && page.contains("<svg"));
    let elsewhere = ["<script", "<link", "src=", "@import", "url("];
    assert!(elsewhere.iter().all(|part| !page.contains(part)), "the page needs something else");
    let predictions = fs::read_to_string(folder.path().join("a-report/predictions.csv")).unwrap();
    assert!(predictions.starts_with("path,x0,y0,x1,y1,level,class,set,patient,ASTLOF-0,ASTLOF-1,ASTLOF-2\n"));
    assert_eq!(predictions.lines().count(), 161);
    let contributions = fs::read_to_string(folder.path().join("a-report/contributions.csv")).unwrap();
    assert!(contributions.lines().next().unwrap().contains(",shape_HeightLoss ASTLOF-0,"), "{contributions}");
    assert_eq!(contributions.lines().count(), 161);
    assert!(page.contains("What each feature adds to the score of a class"));
}

#[test]
fn what_a_study_cannot_be_made_of_is_refused_with_all_its_reasons() {
    let good = features::of(20, false);
    let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
    lines[3] = lines[3].replace(",internal,", ",train,");
    let again = lines[1].clone();
    lines.push(again);
    lines[6] = lines[6].replacen(",L1,", ",L1,9", 1);
    let folder = folder_with(&(lines.join("\n") + "\n"));
    let output = train(folder.path(), "none", &["--folds", "30"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output);
    for part in [
        "line 42: the same box of the same film as in line 2",
        "line 7: ",
        "is no class: write its number, 0 to 2",
        "patient p1 is in the sets internal and train",
        "fewer than the 30 folds; label more, or take fewer with --folds",
    ] {
        assert!(said.contains(part), "{part} is missing:\n{said}");
    }
    assert!(!folder.path().join("none").exists());
}

#[test]
fn a_folder_that_is_there_stays_as_it_is() {
    let folder = folder_with(&features::of(40, false));
    fs::create_dir(folder.path().join("mine")).unwrap();
    let output = train(folder.path(), "mine", &["--classifier", "logistic-regression"]);
    assert!(text(&output).contains("mine is there already; name another folder with --out"), "{}", text(&output));
    assert_eq!(fs::read_dir(folder.path().join("mine")).unwrap().count(), 0);
}

/// A file of features of `patients` with three bodies each: of every second patient all are intact, of the others the
/// first one has class 1 or 2; the last body is one that nobody has labelled.
fn of_studies(patients: usize) -> String {
    let mut noise = Noise(5);
    let mut text = format!("path,x0,y0,x1,y1,level,class,set,patient,{}\n", NAMES.join(","));
    for patient in 0..patients {
        let set = if patient / 2 % 2 == 0 { "train" } else { "internal" };
        for body in 0..3 {
            let class = if patient % 2 == 1 && body == 0 { 1 + patient / 4 % 2 } else { 0 };
            let label = if body == 2 { "-1".to_owned() } else { class.to_string() };
            write!(text, "film{patient}.dcm,1,{},40,{},,{label},{set},p{patient}", 50 * body, 50 * body + 30).unwrap();
            for j in 0..NAMES.len() {
                let value = match j {
                    0 => 10.0 * class as f64 + 14.0 * noise.next(),
                    1 => 50.0 * f64::from(u8::from(class == 1)) + 80.0 * noise.next(),
                    _ => noise.next(),
                };
                write!(text, ",{value}").unwrap();
            }
            text.push('\n');
        }
    }
    text
}

#[test]
fn studies_give_operating_points_that_are_measured_and_moved() {
    let folder = folder_with(&of_studies(160));
    let output = train(folder.path(), "points", &["--classifier", "logistic-regression", "--compare-families"]);
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("AUC of any fracture") && text(&output).contains("film-deep"), "{}", text(&output));
    let manifest = fs::read_to_string(folder.path().join("points/bundle.toml")).unwrap();
    assert!(
        manifest.contains("[triage.specific]") && manifest.contains("measured_on = \"the sets internal\""),
        "{manifest}"
    );

    let report = evaluate(folder.path(), "points", &["--prevalences", "0.1"]);
    let units = report["subject"]["triage"].as_array().unwrap();
    let of = |set: &str, unit: &str| {
        let found = units.iter().find(|u| u["set"] == set && u["unit"] == unit);
        found.unwrap_or_else(|| panic!("{set} by {unit}"))
    };
    let studies = of("internal", "patient");
    assert_eq!((&studies["units"], &studies["fractured"]), (&80.into(), &40.into()));
    assert!(studies["auc"]["value"].as_f64().unwrap() > 0.8, "{studies}");
    let [sensitive, specific] = [0, 1].map(|i| &studies["points"][i]);
    let value = |point: &Value, name: &str| point[name]["value"].as_f64().unwrap();
    assert!(value(sensitive, "sensitivity") >= value(specific, "sensitivity"));
    assert!(value(specific, "specificity") > 0.8, "{specific}");
    assert_eq!(specific["predictive"][0]["prevalence"], 0.1);
    assert_eq!(of("internal", "body")["units"], 240, "the unlabelled ones too");
    let page = fs::read_to_string(folder.path().join("points-report/report.html")).unwrap();
    assert!(page.contains("Operating points of points 0.1.0") && page.contains("ROC and operating points, internal"));

    let arguments = ["evaluate", "features.csv", "--bundle", "points", "--out", "again", "--resamplings", "100"];
    let library = onnxruntime();
    let moving = ["--operating-points", "moved", "--new-version", "0.2.0-site", "--specificity", "1", "--onnxruntime"];
    let output = spinetriage(folder.path(), arguments.into_iter().chain(moving).chain(library.to_str()));
    assert!(output.status.success(), "{}", text(&output));
    let moved = Bundle::load(&folder.path().join("moved")).unwrap();
    let triage = moved.identity().triage.clone().unwrap();
    assert_eq!((moved.identity().version.as_str(), triage.specific.specificity.value), ("0.2.0-site", 1.0));
    assert_eq!(triage.specific.measured_on, "features.csv (moved there)");
    let first = Bundle::load(&folder.path().join("points")).unwrap().identity().triage.clone().unwrap();
    assert_eq!((triage.intercept, triage.highest), (first.intercept, first.highest));
    assert!(triage.specific.study >= first.specific.study);
    let verify = ["bundle", "verify", "moved", "--onnxruntime", library.to_str().unwrap()];
    let verified = spinetriage(folder.path(), verify);
    assert!(verified.status.success(), "{}", text(&verified));
}

#[test]
fn studies_of_one_kind_give_a_bundle_that_says_it_has_no_operating_point() {
    let folder = folder_with(&features::of(60, false));
    let output = train(folder.path(), "none", &["--classifier", "logistic-regression"]);
    assert!(output.status.success() && text(&output).contains("No operating points"), "{}", text(&output));
    let bundle = Bundle::load(&folder.path().join("none")).unwrap();
    assert!(bundle.identity().triage.is_none(), "the base's are of another model");
    assert!(bundle.identity().thresholds.iter().any(|t| t.contains("no operating point")));
    let arguments = ["evaluate", "features.csv", "--bundle", "none", "--out", "report", "--resamplings", "100"];
    let moving = ["--operating-points", "moved", "--new-version", "2"];
    let output = spinetriage(folder.path(), arguments.into_iter().chain(moving));
    assert!(!output.status.success() && text(&output).contains("no [triage]"), "{}", text(&output));
}

#[test]
fn families_that_are_not_named_are_not_used() {
    let folder = folder_with(&features::of(80, false));
    let options = ["--classifier", "logistic-regression", "--families", "shape,film-radiomics"];
    assert!(train(folder.path(), "some", &options).status.success());
    let selected: Vec<String> = {
        let report = evaluate(folder.path(), "some", &[]);
        report["subject"]["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(!selected.is_empty() && selected.iter().all(|name| !name.contains("deep")), "{selected:?}");
}
