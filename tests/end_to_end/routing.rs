//! The main job: an X-ray goes in, a structured report comes back to the PACS, in the same study.

use std::fs;

use crate::daemon::{AE_TITLE, Options, SENDER, Site};
use crate::films::film;
use crate::orthanc::Orthanc;
use crate::support::ports::free_port;
use crate::support::programs::{run, text};
use crate::tools::storescu;

/// The report is valid for the two validators that find most (docs/report.md says who finds what).
fn judge(report: &[u8], site: &Site) {
    let file = site.folder.path().join("report.dcm");
    fs::write(&file, report).unwrap();
    let said = text(&run("dciodvfy", [&file]));
    let errors: Vec<_> = said.lines().filter(|l| l.starts_with("Error")).collect();
    assert!(errors.is_empty(), "dciodvfy: {errors:#?}");
    let dump = run("dsrdump", [&file]);
    let tree = text(&dump);
    assert!(dump.status.success() && !tree.lines().any(|l| l.starts_with("E:")), "dsrdump: {tree}");
    assert!(tree.contains("Imaging Measurement Report") && tree.contains("Vertebra"), "{tree}");
    assert!(tree.to_lowercase().contains("research use only"), "{tree}");
}

#[test]
fn a_modality_sends_and_the_pacs_gets_the_report() {
    let pacs = Orthanc::start(free_port(), false);
    let mut site =
        Site::new(&Options { pacs_port: pacs.dicom_port, overlay: "secondary-capture", ..Options::default() });
    site.start();
    let image = film(site.folder.path(), "compression");
    let (sent, said) = storescu(SENDER, AE_TITLE, site.port, &[&image.file]);
    assert!(sent, "{said}");
    judge(&pacs.report(&image.study, 60), &site);
    site.wait_sql(30, "SELECT state FROM instances", "reported");
    assert_eq!(
        pacs.instances(&image.study, "OT").len() + pacs.instances(&image.study, "DX").len(),
        1,
        "one overlay picture"
    );
    site.stop();
}

#[test]
fn orthanc_routes_and_gets_the_report_back() {
    let daemon_port = free_port();
    let pacs = Orthanc::start(daemon_port, true);
    let mut site = Site::at(daemon_port, &Options { pacs_port: pacs.dicom_port, ..Options::default() });
    site.write_configuration(&crate::daemon::sender("ORTHANC", "127.0.0.1/32"));
    site.start();
    let image = film(site.folder.path(), "burst");
    let (sent, said) = storescu("MODALITY", "ORTHANC", pacs.dicom_port, &[&image.file]);
    assert!(sent, "{said}");
    judge(&pacs.report(&image.study, 60), &site);
    assert_eq!(pacs.instances(&image.study, "DX").len(), 1, "the image stays in its study");
}
