//! A bundle that `train` wrote: the running daemon says what `evaluate` says, bit for bit.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::daemon::{AE_TITLE, Options, SENDER, Site};
use crate::films::film;
use crate::orthanc::Orthanc;
use crate::support::ports::free_port;
use crate::support::programs::{onnxruntime, spinetriage, text};
use crate::support::samples::{CASES_HEADER, cases_of};
use crate::support::{features, root};
use crate::tools::storescu;

fn run(folder: &Path, arguments: &[&str]) {
    let library = onnxruntime();
    let named = ["--onnxruntime", library.to_str().unwrap()];
    let output = spinetriage(folder, arguments.iter().chain(&named));
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
    let cases = cases_of("compression", "internal", "compression").join("\n");
    fs::write(folder.join("cases.csv"), format!("{CASES_HEADER}\n{cases}\n")).unwrap();
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
