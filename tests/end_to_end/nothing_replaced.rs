//! No command deletes or replaces what it did not make; what its own stopped run left, it takes up.

use std::fs;

use spinetriage::model::Bundle;
use tempfile::TempDir;

use crate::support::programs::{onnxruntime, spinetriage, text};
use crate::support::samples::{CASES_HEADER, cases_of};
use crate::support::{features, root};

const MINE: &[u8] = b"somebody's only copy\n";

fn in_root(path: &str) -> String {
    root().join(path).to_str().unwrap().to_owned()
}

/// Exit code of a command that is run in the folder, and what it says. `DEMO` is the demo's bundle, `SAMPLES` the folder
/// of the sample films.
fn run(folder: &TempDir, command: &str) -> (Option<i32>, String) {
    let full = command.replace("DEMO", &in_root("bundles/demo")).replace("SAMPLES", &in_root("tests/data/samples"));
    let library = onnxruntime();
    let mut arguments: Vec<&str> = full.split(' ').collect();
    if !command.starts_with("radiomics") {
        arguments.extend(["--onnxruntime", library.to_str().unwrap()]);
    }
    let output = spinetriage(folder.path(), arguments);
    (output.status.code(), text(&output))
}

/// Runs the command in the folder, where `path` is somebody's: it is refused by name, and stays.
fn refused(folder: &TempDir, path: &str, command: &str) {
    let file = folder.path().join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, MINE).unwrap();
    let (code, said) = run(folder, command);
    let left = fs::read(&file).unwrap_or_else(|e| panic!("{command}: {path}: {e}"));
    assert_eq!(left, MINE, "{command}: {path}: {said}");
    assert_eq!(code, Some(2), "{command}: {said}");
    assert!(said.contains(&format!("{path} is there already")) && said.contains("name another"), "{command}: {said}");
    fs::remove_file(file).unwrap();
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// `cases.csv` with the first bodies of a sample film.
fn write_cases(folder: &TempDir, bodies: usize) {
    let cases = cases_of("intact", "internal", "p")[..bodies].join("\n");
    fs::write(folder.path().join("cases.csv"), format!("{CASES_HEADER}\n{cases}\n")).unwrap();
}

/// `features.csv` that the demo bundle can judge.
fn write_features(folder: &TempDir) {
    let fusion = Bundle::load(&root().join("bundles/demo")).unwrap().fusion().unwrap().unwrap();
    let names: Vec<&str> = fusion.features.iter().map(|feature| feature.name.as_str()).collect();
    let values = vec!["0.5"; names.len()].join(",");
    let mut text = format!("{CASES_HEADER},{}\n", names.join(","));
    for (patient, class) in [0, 0, 1, 1, 2, 2].iter().enumerate() {
        text += &format!("f{patient}.dcm,1,2,30,40,L1,{class},internal,p{patient},{values}\n");
    }
    fs::write(folder.path().join("features.csv"), text).unwrap();
}

#[test]
fn demo_deleted_a_folder_that_was_there() {
    let folder = folder();
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/notes.txt"), MINE).unwrap();
    // Without a film the demo fails; it had deleted the folder by then.
    fs::create_dir(folder.path().join("no-films")).unwrap();
    let (code, said) = run(&folder, "demo --bundle DEMO --samples no-films --out mine");
    assert_eq!(fs::read(folder.path().join("mine/notes.txt")).unwrap(), MINE);
    assert_eq!(code, Some(2));
    assert!(said.contains("mine is there already and not empty; name another folder with --out"), "{said}");
}

#[test]
fn demo_without_a_folder_takes_the_first_that_is_free() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("spinetriage-demo")).unwrap();
    fs::write(folder.path().join("spinetriage-demo/audit.jsonl"), MINE).unwrap();
    fs::create_dir(folder.path().join("films")).unwrap();
    let (code, said) = run(&folder, "demo --bundle DEMO --samples films");
    assert_eq!((code, said.contains("films holds no .dcm file")), (Some(2), true), "{said}");
    assert!(!folder.path().join("spinetriage-demo-2").exists(), "a run that could not begin leaves nothing");
    fs::copy(in_root("tests/data/samples/intact.dcm"), folder.path().join("films/intact.dcm")).unwrap();
    let (code, said) = run(&folder, "demo --bundle DEMO --samples films");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("goes to spinetriage-demo-2."), "{said}");
    assert!(folder.path().join("spinetriage-demo-2/intact.png").is_file());
    assert_eq!(fs::read(folder.path().join("spinetriage-demo/audit.jsonl")).unwrap(), MINE);
}

#[test]
fn extract_replaced_a_file_that_was_there() {
    let folder = folder();
    write_cases(&folder, 1);
    for (path, out) in [
        ("features.csv", "features.csv"),
        ("features.parquet", "features.parquet"),
        ("features.csv.json", "features.csv"),
        ("features.csv.part", "features.csv"),
    ] {
        refused(&folder, path, &format!("extract cases.csv --bundle DEMO --out {out}"));
    }
}

#[test]
fn evaluate_replaced_a_report_that_was_there() {
    let folder = folder();
    write_features(&folder);
    write_cases(&folder, 1);
    for name in ["report.json", "report.html", "predictions.csv", "contributions.csv"] {
        let command = "evaluate features.csv --bundle DEMO --out report --resamplings 100";
        refused(&folder, &format!("report/{name}"), command);
    }
    refused(&folder, "report/features.csv", "evaluate cases.csv --bundle DEMO --out report");
    refused(
        &folder,
        "report/against_features.csv",
        "evaluate features.csv --bundle DEMO --out report --against DEMO --against-features cases.csv",
    );
}

#[test]
fn train_replaced_features_and_deleted_a_folder_that_were_there() {
    let folder = folder();
    write_cases(&folder, 1);
    refused(&folder, "mine.features.csv", "train cases.csv --base DEMO --out mine");
    fs::write(folder.path().join("features.csv"), features::of(40, false)).unwrap();
    fs::create_dir(folder.path().join("mine.part")).unwrap();
    fs::write(folder.path().join("mine.part/notes.txt"), MINE).unwrap();
    let options = "--classifier logistic-regression --folds 3 --penalties 10";
    let (code, said) = run(&folder, &format!("train features.csv --base DEMO --out mine {options}"));
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(fs::read(folder.path().join("mine.part/notes.txt")).unwrap(), MINE);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "cases, features, the bundle and what was there");
}

#[test]
fn analyze_replaced_pictures_that_were_there() {
    let folder = folder();
    refused(&folder, "out/intact.png", "analyze SAMPLES/intact.dcm --bundle DEMO --overlay out");
    assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 0);
}

#[test]
fn analyze_drew_two_films_of_one_name_into_one_picture() {
    let folder = folder();
    for patient in ["a", "b"] {
        fs::create_dir(folder.path().join(patient)).unwrap();
        fs::copy(in_root("tests/data/samples/intact.dcm"), folder.path().join(patient).join("film.dcm")).unwrap();
    }
    let (code, said) = run(&folder, "analyze a/film.dcm b/film.dcm --bundle DEMO --overlay out");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("a/film.dcm and b/film.dcm would both be written to out/film.png"), "{said}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn radiomics_replaced_a_file_that_was_there() {
    let folder = folder();
    for name in ["image", "mask"] {
        let from = in_root(&format!("tests/data/radiomics/c3_tiny_roi_bw25.{name}.npy"));
        fs::copy(from, folder.path().join(format!("{name}.npy"))).unwrap();
    }
    fs::write(folder.path().join("cases.csv"), "Image,Mask\nimage.npy,mask.npy\n").unwrap();
    for input in ["image.npy mask.npy", "--batch cases.csv"] {
        let command = format!("radiomics {input} --spacing 0.15,0.15 --out out.csv");
        refused(&folder, "out.csv", &command);
        let (code, said) = run(&folder, &command);
        assert_eq!(code, Some(0), "{said}");
        assert!(fs::read_to_string(folder.path().join("out.csv")).unwrap().lines().count() == 2);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
    }
}

#[test]
fn train_refused_a_folder_that_was_there_only_after_all_of_its_work() {
    let folder = folder();
    for (path, command) in [
        ("out", "extract none.csv --bundle none --out out"),
        ("out", "train none.csv --base none --out out"),
        ("out/report.json", "evaluate none.csv --bundle none --out out"),
        ("out/none.png", "analyze none.dcm --bundle none --overlay out"),
        ("out.csv", "radiomics none.npy none.npy --out out.csv"),
        ("out.csv", "radiomics --batch none.csv --out out.csv"),
    ] {
        refused(&folder, path, command);
    }
}

#[test]
fn features_that_a_stopped_run_computed_are_taken_and_those_of_other_cases_refused() {
    let folder = folder();
    write_cases(&folder, 1);
    let command = "evaluate cases.csv --bundle DEMO --out report --resamplings 100";
    let (code, said) = run(&folder, command);
    assert_eq!(code, Some(0), "{said}");
    let report = folder.path().join("report");
    let answer = fs::read(report.join("predictions.csv")).unwrap();
    // As if it had been stopped before it wrote its results.
    for name in ["report.json", "report.html", "predictions.csv", "contributions.csv"] {
        fs::remove_file(report.join(name)).unwrap();
    }
    write_cases(&folder, 2);
    let (code, said) = run(&folder, command);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("report/features.csv is there already, and nothing beside it says that it holds"), "{said}");
    write_cases(&folder, 1);
    let (code, said) = run(&folder, command);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Taking the features in report/features.csv"), "{said}");
    assert_eq!(fs::read(report.join("predictions.csv")).unwrap(), answer);
}
