//! Fusion classifiers that were fitted elsewhere and exported to ONNX; `tests/data/classifiers/README.md` says how.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Output;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::support::bundles::copy_demo_files;
use crate::support::programs::{onnxruntime, spinetriage};
use crate::support::root;

/// A folder with the demo bundle whose fusion model is this network, and features of a body with these scores.
fn folder_with(network: &str, more: &str, scores: [f64; 2]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle");
    fs::create_dir(&bundle).unwrap();
    let demo = root().join("bundles/demo");
    copy_demo_files(&bundle, &[]);
    let bytes = fs::read(root().join("tests/data/classifiers").join(format!("external_{network}.onnx"))).unwrap();
    fs::write(bundle.join("classifier.onnx"), &bytes).unwrap();
    let digest = Sha256::digest(&bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let manifest = fs::read_to_string(demo.join("bundle.toml")).unwrap();
    let mut text = manifest[..manifest.find("[self_test]").unwrap()].to_owned();
    write!(
        text,
        "\"classifier.onnx\" = \"{digest}\"\n\n[self_test]\nimage = \"self_test.png\"\nspacing_mm = [0.5, 0.5]\n\
         box = [100, 100, 160, 140]\nprobabilities = [0.5, 0.5, 0.5]\ntolerance = 1.0\n\n\
         [fusion]\nkind = \"onnx\"\nfile = \"classifier.onnx\"\n{more}\n\
         [[fusion.feature]]\nname = \"shape_HeightLoss\"\nmean = 20.0\nscale = 10.0\n\n\
         [[fusion.feature]]\nname = \"film_deep_0000\"\nmean = 0.5\nscale = 0.5\n"
    )
    .unwrap();
    fs::write(bundle.join("bundle.toml"), text).unwrap();
    let values = [20.0 + 10.0 * scores[0], 0.5 + 0.5 * scores[1]];
    let features = format!(
        "path,x0,y0,x1,y1,level,class,set,patient,shape_HeightLoss,film_deep_0000\n\
         f.dcm,1,2,30,40,L1,0,internal,p,{},{}\n",
        values[0], values[1]
    );
    fs::write(folder.path().join("features.csv"), features).unwrap();
    folder
}

fn evaluate(folder: &Path) -> Output {
    let library = onnxruntime();
    let arguments = ["evaluate", "features.csv", "--bundle", "bundle", "--out", "report", "--onnxruntime"];
    spinetriage(folder, arguments.into_iter().chain(library.to_str()))
}

/// The probabilities of the one body.
fn probabilities(folder: &Path) -> Vec<f64> {
    let output = evaluate(folder);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(folder.join("report/predictions.csv")).unwrap();
    text.lines().nth(1).unwrap().split(',').skip(9).map(|cell| cell.parse().unwrap()).collect()
}

#[test]
fn scikit_learns_logistic_regression_gives_its_own_probabilities() {
    let at_the_means = probabilities(folder_with("logistic", "", [0.0, 0.0]).path());
    let apart = at_the_means.iter().zip([0.723_59, 0.222_383, 0.054_027]).map(|(a, b)| (a - b).abs());
    assert!(apart.fold(0.0, f64::max) < 2e-6, "{at_the_means:?}");
    let fractured = probabilities(folder_with("logistic", "", [3.0, 0.0]).path());
    assert!(fractured[2] > 0.6, "{fractured:?}");
}

#[test]
fn calibration_is_applied_to_what_a_network_says() {
    let calibration = "calibration = { slope = 2.0, intercepts = [0.0, 0.0, 0.0] }\n";
    let plain = probabilities(folder_with("logistic", "", [0.0, 0.0]).path());
    let surer = probabilities(folder_with("logistic", calibration, [0.0, 0.0]).path());
    let squared: f64 = plain.iter().map(|p| p * p).sum();
    assert!((surer[0] - plain[0] * plain[0] / squared).abs() < 1e-12, "{surer:?}");
}

#[test]
fn forests_and_boosted_trees_run() {
    for network in ["forest", "xgboost", "lightgbm"] {
        let said = probabilities(folder_with(network, "", [2.0, -0.5]).path());
        assert!((said.iter().sum::<f64>() - 1.0).abs() < 1e-5 && said[2] > said[0], "{network}: {said:?}");
    }
}

#[test]
fn an_export_that_gives_no_probabilities_is_refused_with_the_remedy() {
    let wrong = [
        ("zipmap", "", "export scikit-learn models with zipmap=False, or set [fusion] output"),
        ("logistic", "output = \"scores\"\n", "[fusion] wants a float32 output \"scores\""),
        (
            "logistic",
            "[[fusion.feature]]\nname = \"deep_0001\"\nmean = 0.0\nscale = 1.0\n",
            "[fusion] has 3 features; export it with a float32 input [1, features]",
        ),
    ];
    for (network, more, expected) in wrong {
        let output = evaluate(folder_with(network, more, [0.0, 0.0]).path());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(expected), "{expected} is missing:\n{said}");
    }
}
