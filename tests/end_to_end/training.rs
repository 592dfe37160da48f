//! A bundle that `train` wrote: the running daemon says what `evaluate` says, bit for bit.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::daemon::{AE_TITLE, Options, SENDER, Site};
use crate::features;
use crate::films::{film, sample};
use crate::orthanc::Orthanc;
use crate::tools::{free_port, onnxruntime, root, storescu, text};

/// Cases of the bodies on a sample film.
fn cases_of(name: &str) -> String {
    let truth: Value =
        serde_json::from_slice(&fs::read(root().join("tests/data/samples/truth.json")).unwrap()).unwrap();
    let row = |body: &Value| {
        let sides: Vec<String> = body["box"].as_array().unwrap().iter().map(Value::to_string).collect();
        let (film, level) = (sample(name), body["level"].as_str().unwrap());
        format!("{},{},{level},{},internal,{name}\n", film.display(), sides.join(","), body["class"])
    };
    truth[format!("{name}.dcm")].as_array().unwrap().iter().map(row).collect()
}

fn run(folder: &Path, arguments: &[&str]) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_spinetriage"))
        .args(arguments)
        .args(["--onnxruntime", onnxruntime().to_str().unwrap()])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", text(&output));
}

/// Boxes and probabilities by their bits, in an order of their own.
fn sorted(mut bodies: Vec<Vec<u64>>) -> Vec<Vec<u64>> {
    bodies.sort_unstable();
    bodies
}

/// What `evaluate` says of the detected bodies of a sample.
fn evaluated(folder: &Path, bundle: &str) -> Vec<Vec<u64>> {
    let out = format!("{bundle}-report");
    run(folder, &["evaluate", "cases.csv", "--bundle", bundle, "--boxes", "detected", "--out", &out]);
    let text = fs::read_to_string(folder.join(out).join("predictions.csv")).unwrap();
    let bits = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let numbers = cells[1..5].iter().chain(&cells[9..12]);
        numbers.map(|cell| cell.parse::<f64>().unwrap().to_bits()).collect()
    };
    sorted(text.lines().skip(1).map(bits).collect())
}

/// What the daemon says of them.
fn served(folder: &Path, bundle: &str) -> Vec<Vec<u64>> {
    let pacs = Orthanc::start(free_port(), false);
    let mut site =
        Site::new(&Options { pacs_port: pacs.dicom_port, bundle: folder.join(bundle), ..Options::default() });
    site.start();
    let image = film(site.folder.path(), "compression");
    let (sent, said) = storescu(SENDER, AE_TITLE, site.port, &[&image.file]);
    assert!(sent, "{said}");
    assert!(pacs.report(&image.study, 90).len() > 1000);
    // SQLite prints a column of REAL in fewer digits than it has; JSON keeps those that were written.
    let findings: Value = serde_json::from_str(&site.sql("SELECT findings FROM instances")).unwrap();
    site.stop();
    let bits = |body: &Value| {
        let sides = ["x0", "y0", "x1", "y1"].map(|side| &body["bounding_box"][side]);
        let probabilities = body["probabilities"].as_array().unwrap();
        sides.into_iter().chain(probabilities).map(|v| v.as_f64().unwrap().to_bits()).collect()
    };
    sorted(findings["vertebrae"].as_array().unwrap().iter().map(bits).collect())
}

#[test]
fn the_daemon_says_of_a_trained_bundle_what_evaluate_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let header = "path,x0,y0,x1,y1,level,class,set,patient\n";
    fs::write(folder.join("cases.csv"), format!("{header}{}", cases_of("compression"))).unwrap();
    fs::write(folder.join("features.csv"), features::of(80, false)).unwrap();
    let base = root().join("bundles/demo");
    for kind in ["logistic-regression", "lightgbm"] {
        run(
            folder,
            &[
                "train",
                "features.csv",
                "--base",
                base.to_str().unwrap(),
                "--out",
                kind,
                "--classifier",
                kind,
                "--folds",
                "4",
            ],
        );
        let (evaluated, served) = (evaluated(folder, kind), served(folder, kind));
        assert!(evaluated.len() >= 8, "{} bodies", evaluated.len());
        // The daemon also judges bodies that no case is about.
        assert!(evaluated.iter().all(|body| served.contains(body)), "{kind}: {evaluated:?} {served:?}");
    }
}
