//! `spinetriage extract` on the sample X-rays: whose boxes, which rows, what is said of the rest.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Output;

use spinetriage::training::labelled::Purpose;
use spinetriage::training::table::Table;
use tempfile::TempDir;

use crate::support::programs::{onnxruntime, spinetriage};
use crate::support::root;
use crate::support::samples::{self, CASES_HEADER};

/// The labelled bodies of a sample film, which is called as its patient.
fn cases_of(film: &str) -> Vec<String> {
    samples::cases_of(film.trim_end_matches(".dcm"), "train", film)
}

/// Runs `extract` on the cases; the folder holds `features.csv`.
fn extract(cases: &[String], options: &[&str]) -> (Output, TempDir) {
    extract_to("features.csv", cases, options)
}

/// Runs `extract` on the cases; the folder holds the file `out`.
fn extract_to(out: &str, cases: &[String], options: &[&str]) -> (Output, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut text = format!("{CASES_HEADER}\n");
    cases.iter().for_each(|case| writeln!(text, "{case}").unwrap());
    fs::write(folder.path().join("cases.csv"), text).unwrap();
    let library = onnxruntime();
    let [cases, out] = ["cases.csv", out].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let mut arguments = vec!["extract", &cases, "--out", &out, "--bundle", "bundles/demo"];
    arguments.extend(["--onnxruntime", library.to_str().unwrap()]);
    arguments.extend(options);
    let output = spinetriage(root(), arguments);
    (output, folder)
}

fn rows(folder: &TempDir) -> Vec<Vec<String>> {
    let text = fs::read_to_string(folder.path().join("features.csv")).unwrap();
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn region(row: &[String]) -> Vec<f64> {
    row[1..5].iter().map(|v| v.parse().unwrap()).collect()
}

/// Of a film without a fracture beside the spine: no body is there.
fn beside_the_spine(film: &str) -> String {
    format!("{},2,700,40,740,L9,0,train,nobody", root().join("tests/data/samples").join(film).display())
}

#[test]
fn given_boxes_stay_and_detected_ones_are_those_of_the_same_bodies() {
    let cases = cases_of("compression.dcm");
    let (given, given_folder) = extract(&cases, &[]);
    let (detected, detected_folder) = extract(&cases, &["--boxes", "detected"]);
    for output in [&given, &detected] {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let (given, detected) = (rows(&given_folder), rows(&detected_folder));
    assert_eq!(given[0], detected[0], "the header");
    assert_eq!((given.len(), detected.len()), (cases.len() + 1, cases.len() + 1));
    for ((case, given), detected) in cases.iter().zip(&given[1..]).zip(&detected[1..]) {
        assert_eq!(given[..9].join(","), *case);
        assert_eq!((&given[0], &given[5..9]), (&detected[0], &detected[5..9]));
        assert_eq!(given.len(), detected.len());
        let (given_box, detected_box) = (region(given), region(detected));
        assert_ne!(given_box, detected_box);
        let height = given_box[3] - given_box[1];
        let apart = given_box.iter().zip(&detected_box).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart < height / 2.0, "{given_box:?} {detected_box:?}");
    }
}

#[test]
fn a_body_the_detector_misses_is_left_out_and_named() {
    let cases = [beside_the_spine("intact.dcm"), cases_of("intact.dcm")[3].clone()];
    let (output, folder) = extract(&cases, &["--boxes", "detected"]);
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("1 of 2 bodies were not found by the detector"), "{said}");
    assert!(said.contains("line 2: ") && said.contains("intact.dcm"), "{said}");
    let rows = rows(&folder);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1][8], "intact.dcm");
    let (_, folder) = extract(&cases, &[]);
    assert_eq!(self::rows(&folder).len(), 3, "a given box needs no detection");
}

/// What `evaluate` says of the features in the folder: its report, and its answer to every body.
fn evaluated(folder: &Path, features: &str) -> (Vec<u8>, String) {
    let bundle = root().join("bundles/demo");
    let arguments = ["evaluate", features, "--out", "report", "--json", "--resamplings", "100", "--bundle"];
    let output = spinetriage(folder, arguments.into_iter().chain(bundle.to_str()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("Nothing beside"), "{said}");
    (output.stdout, fs::read_to_string(folder.join("report/predictions.csv")).unwrap())
}

#[test]
fn parquet_holds_what_csv_holds_to_the_bit() {
    let mut cases = cases_of("compression.dcm");
    cases.extend(cases_of("burst.dcm"));
    let [csv, parquet] = ["features.csv", "features.parquet"].map(|name| {
        let (output, folder) = extract_to(name, &cases, &["--boxes", "detected"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let features = Table::read(&folder.path().join(name), 3, Purpose::Evaluate).unwrap();
        let provenance = fs::read_to_string(folder.path().join(format!("{name}.json"))).unwrap();
        let files = fs::read_dir(folder.path()).unwrap().count();
        (features, provenance, files, evaluated(folder.path(), name), fs::read(folder.path().join(name)).unwrap())
    });
    assert!(parquet.4.starts_with(b"PAR1") && parquet.4.ends_with(b"PAR1") && csv.4.starts_with(b"path,x0"));
    assert_eq!((parquet.0.bodies.len(), parquet.2), (cases.len(), 3), "the cases, the features, what they are of");
    assert_eq!((&parquet.0.features, &parquet.0.bodies), (&csv.0.features, &csv.0.bodies));
    let bits = |of: &Table, j: usize| of.values.column(j).iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    for (j, name) in csv.0.features.iter().enumerate() {
        assert_eq!(bits(&parquet.0, j), bits(&csv.0, j), "{name}");
    }
    assert_eq!((parquet.1, parquet.3), (csv.1, csv.3));
}

#[test]
fn without_any_body_there_is_nothing_to_write() {
    let (output, _folder) = extract(&[beside_the_spine("intact.dcm")], &["--boxes", "detected"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("1 of 1 bodies were not found") && said.contains("or use --boxes given"), "{said}");
}

#[test]
fn what_is_wrong_with_a_case_is_said_with_its_line() {
    let good = cases_of("intact.dcm")[0].clone();
    let with = |from: &str, to: &str| good.replacen(from, to, 1);
    let missing = "/nowhere/film.dcm,1,2,30,40,L1,0,train,p".to_owned();
    let wrong = [
        (with(",train", ",train,more"), vec!["line 3", "10 columns", "the header has 9"]),
        (with(".dcm,", ".dcm,left"), vec!["line 3", "is no number", "x0"]),
        (missing, vec!["line 3", "film.dcm"]),
    ];
    for (case, parts) in wrong {
        let (output, _) = extract(&[good.clone(), case], &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(parts.iter().all(|part| said.contains(part)), "{parts:?} in {said}");
    }
}

#[test]
fn all_bodies_of_a_film_are_written_the_unlabelled_ones_as_such() {
    let cases = vec![cases_of("burst.dcm")[3].clone()];
    let (output, folder) = extract(&cases, &["--boxes", "all"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = Table::read(&folder.path().join("features.csv"), 3, Purpose::Evaluate).unwrap();
    assert_eq!(table.bodies.len(), 1);
    assert!(table.others.len() >= 6, "{} others", table.others.len());
    let other = &table.others[0];
    assert_eq!((other.class, &other.set, &other.patient), (None, &table.bodies[0].set, &table.bodies[0].patient));
    assert!(table.features.iter().any(|name| name == "film_shape_WedgeScore"), "what compares a body with the others");
}

#[test]
fn with_all_bodies_one_that_is_not_found_has_a_row_with_its_label_and_no_feature() {
    let cases = [beside_the_spine("intact.dcm").replace(",0,train,", ",2,train,"), cases_of("intact.dcm")[3].clone()];
    let (output, folder) = extract(&cases, &["--boxes", "all"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 of 2 bodies were not found"));
    let table = Table::read(&folder.path().join("features.csv"), 3, Purpose::Evaluate).unwrap();
    let [unseen] = table.unseen.as_slice() else { panic!("{:?}", table.unseen) };
    assert_eq!((unseen.class, unseen.level.as_str(), unseen.region.x0), (Some(2), "L9", 2.0));
    assert_eq!(table.bodies.len(), 1);
}
