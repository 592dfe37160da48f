//! Detectors exported elsewhere, each in a daemon of its own.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;

use crate::daemon::{AE_TITLE, Options, SENDER, Site};
use crate::films::film;
use crate::orthanc::Orthanc;
use crate::support::bundles::{EXPORTED, Exported, bundle_of, bundle_with_detector, detector_table};
use crate::support::ports::free_port;
use crate::support::programs::text;
use crate::tools::storescu;

/// As many daemons at a time as a small machine has processors.
const AT_ONCE: usize = 2;

/// A film goes in and its report comes out; gives what the audit says of the vertebrae.
fn report_of(exported: &Exported, pacs: &Orthanc) -> String {
    let network = exported.network;
    let bundle = bundle_of(exported);
    let bundle_path = bundle.path().to_owned();
    let mut site = Site::new(&Options { pacs_port: pacs.dicom_port, bundle: bundle_path, ..Options::default() });
    site.start();
    let image = film(site.folder.path(), "intact");
    let (sent, said) = storescu(SENDER, AE_TITLE, site.port, &[&image.file]);
    assert!(sent, "{network}: {said}");
    assert!(pacs.report(&image.study, 60).len() > 1000, "{network}");
    site.wait_sql(30, "SELECT state FROM instances", "reported");
    let found = site.sql(
        "SELECT level, round(x0, 1), round(y0, 1), round(x1, 1), round(y1, 1), class FROM audit_findings ORDER BY y0",
    );
    site.stop();
    println!("{network}: {}", found.replace('\n', "  "));
    found
}

#[test]
fn a_report_comes_with_every_layout() {
    let pacs = Orthanc::start(free_port(), false);
    let waiting: Mutex<VecDeque<&Exported>> = Mutex::new(EXPORTED.iter().collect());
    let found: Mutex<Vec<String>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(exported) = waiting.lock().unwrap().pop_front() else { break };
                    let said = report_of(exported, &pacs);
                    found.lock().unwrap().push(format!("{}|{said}", exported.network));
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    assert_eq!(found.len(), EXPORTED.len());
    for said in found {
        let rows: Vec<&str> = said.lines().collect();
        assert_eq!(rows.len(), 2, "{said}");
        assert!(rows[0].contains("|T12|105.0|175.0|315.0|350.0|ASTLOF-"), "{said}");
        assert!(rows[1].starts_with("L1|122.5|385.0|332.5|560.0|ASTLOF-"), "{said}");
    }
}

#[test]
fn check_refuses_a_network_that_is_not_the_manifests() {
    let bundle = bundle_with_detector("yolov8", &detector_table("yolov5", "none"));
    let site = Site::new(&Options { bundle: bundle.path().to_owned(), ..Options::default() });
    let output = site.command(&["check"]);
    let said = text(&output);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("detector.onnx does not fit bundle.toml") && said.contains("would fit"), "{said}");
}
