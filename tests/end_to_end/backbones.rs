//! A ResNet-50 that the recipe exported, in the daemon.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::daemon::{AE_TITLE, Options, SENDER, Site};
use crate::films::film;
use crate::orthanc::Orthanc;
use crate::support::bundles::{copy_demo_files, with_digest};
use crate::support::ports::free_port;
use crate::support::programs::{run_in, text};
use crate::support::root;
use crate::tools::storescu;

/// Runs a module of the recipes.
fn recipe(module: &str, arguments: &[&Path]) -> Output {
    let python = root().join("vendor/python/bin/python");
    let first = ["-m", module].map(OsStr::new);
    let output =
        run_in(&root().join("recipes"), python, first.into_iter().chain(arguments.iter().map(|a| a.as_os_str())));
    assert!(output.status.success(), "{module}: {}", text(&output));
    output
}

/// The demo bundle with this backbone and `[backbone]` table, and a self-test that passes with any answer.
fn bundle_with_backbone(network: &Path, table: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let demo = root().join("bundles/demo");
    fs::copy(network, folder.path().join("backbone.onnx")).unwrap();
    copy_demo_files(folder.path(), &["backbone.onnx"]);
    let mut manifest = fs::read_to_string(demo.join("bundle.toml")).unwrap();
    let (start, end) = (manifest.find("[backbone]").unwrap(), manifest.find("[radiomics]").unwrap());
    manifest.replace_range(start..end, table);
    fs::write(folder.path().join("bundle.toml"), with_digest(&any_answer(&manifest), "backbone.onnx", folder.path()))
        .unwrap();
    folder
}

/// The manifest with a self-test that passes with any answer.
fn any_answer(manifest: &str) -> String {
    assert!(manifest.contains("tolerance = 0.001"));
    manifest.replace("tolerance = 0.001", "tolerance = 1.0")
}

#[test]
fn a_report_comes_with_a_resnet_50_of_random_weights() {
    let folder = tempfile::tempdir().unwrap();
    let (weights, network) = (folder.path().join("resnet50.pth"), folder.path().join("backbone.onnx"));
    recipe("tests.weights", &[&weights]);
    let said = String::from_utf8(recipe("backbones", &[&weights, &network]).stdout).unwrap();
    let section = &said[said.find("[backbone]").unwrap()..said.find("# and in [files]").unwrap()];
    let bundle = bundle_with_backbone(&network, section);
    let pacs = Orthanc::start(free_port(), false);
    let mut site =
        Site::new(&Options { pacs_port: pacs.dicom_port, bundle: bundle.path().to_owned(), ..Options::default() });
    site.start();
    let image = film(site.folder.path(), "intact");
    let (sent, said) = storescu(SENDER, AE_TITLE, site.port, &[&image.file]);
    assert!(sent, "{said}");
    assert!(pacs.report(&image.study, 90).len() > 1000);
    let found: usize = site.sql("SELECT count(*) FROM audit_findings").parse().unwrap();
    assert!(found > 5, "{found} bodies");
    site.stop();
}
