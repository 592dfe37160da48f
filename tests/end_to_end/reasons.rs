//! Images that end as skipped or failed, each with its reason.

use std::fs;

use dicom_core::{DataElement, VR};
use dicom_dictionary_std::tags;
use dicom_object::open_file;
use spinetriage::dicom::Status;

use crate::daemon::{AE_TITLE, Options, SENDER, Site};
use crate::films::{chest, film, film_with};
use crate::modality::Modality;
use crate::support::programs::{run, text};
use crate::tools::storescu;

#[test]
fn every_image_ends_with_its_reason() {
    let mut site = Site::new(&Options::default());
    site.start();
    let folder = site.folder.path().to_owned();

    let chest = chest();
    let chest_uid = open_file(&chest)
        .unwrap()
        .element(tags::SOP_INSTANCE_UID)
        .unwrap()
        .to_str()
        .unwrap()
        .trim_end_matches('\0')
        .to_owned();
    let (sent, said) = storescu(SENDER, AE_TITLE, site.port, &[&chest]);
    assert!(sent, "{said}");

    let blind = film_with(&folder, "intact", |object| {
        object.remove_element(tags::PIXEL_DATA);
    });
    let (sent, said) = storescu(SENDER, AE_TITLE, site.port, &[&blind.file]);
    assert!(sent, "{said}");

    let plain = film(&folder, "intact");
    let compressed = folder.join("jpeg.dcm");
    let made = run("dcmcjpeg", [plain.file.as_os_str(), compressed.as_os_str()]);
    assert!(made.status.success(), "{}", text(&made));
    let mut bytes = fs::read(&compressed).unwrap();
    let middle = bytes.len() / 2;
    // In the middle of the entropy-coded data: no length or marker of DICOM's is touched.
    bytes[middle..middle + 4000].fill(0xAA);
    bytes[middle + 100..middle + 102].copy_from_slice(&[0xFF, 0xC4]);
    fs::write(&compressed, &bytes).unwrap();
    let modality = Modality::new(SENDER, site.port);
    assert_eq!(modality.send(&compressed).unwrap(), Status::SUCCESS);

    let cut = film(&folder, "burst");
    let bytes = fs::read(&cut.file).unwrap();
    fs::write(&cut.file, &bytes[..bytes.len() - 1001]).unwrap();
    let status = modality.send(&cut.file).unwrap();
    assert!(status.code() >> 12 == 0xC, "a truncated data set is answered with {status}, not Success");

    site.wait_sql(60, "SELECT count(*) FROM instances WHERE state IN ('failed', 'skipped')", "4");
    let expected = [
        (&chest_uid, "skipped", "[select]"),
        (&blind.image, "failed", "no pixel data"),
        (&plain.image, "failed", "cannot decode"),
        (&cut.image, "failed", "refused: "),
    ];
    let list = text(&site.command(&["queue", "list"]));
    for (image, state, reason) in expected {
        let line =
            list.lines().find(|l| l.contains(image.as_str())).unwrap_or_else(|| panic!("{image} is not in\n{list}"));
        assert!(line.contains(state) && line.contains(reason), "{line}");
        println!("{line}");
        let trail = site.sql(&format!("SELECT outcome, detail FROM audit_trail WHERE image = '{image}'"));
        assert!(trail.contains(reason.trim_start_matches("refused: ")), "audit_trail of {image}: {trail}");
    }
    // Nothing is retried that must fail in the same way.
    assert_eq!(site.sql("SELECT max(attempts) FROM jobs"), "1");

    let no_study = film_with(&folder, "intact", |object| {
        object.put(DataElement::new(tags::STUDY_INSTANCE_UID, VR::UI, "1.02"));
    });
    let status = modality.send(&no_study.file).unwrap();
    assert_eq!(status, Status::DATASET_MISMATCH, "an invalid Study Instance UID");
}
