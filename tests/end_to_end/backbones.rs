//! A ResNet-50 that the recipe exported, in the daemon.

use std::path::Path;
use std::process::{Command, Output};

use crate::bundles::bundle_with_backbone;
use crate::daemon::{AE_TITLE, Options, SENDER, Site};
use crate::films::film;
use crate::orthanc::Orthanc;
use crate::tools::{free_port, root, storescu, text};

/// Runs a module of the recipes.
fn recipe(module: &str, arguments: &[&Path]) -> Output {
    let python = root().join("vendor/python/bin/python");
    let output =
        Command::new(&python).args(["-m", module]).args(arguments).current_dir(root().join("recipes")).output();
    let output =
        output.unwrap_or_else(|e| panic!("{} cannot be run ({e}): scripts/test installs it", python.display()));
    assert!(output.status.success(), "{module}: {}", text(&output));
    output
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
