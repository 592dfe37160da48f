//! Each check finds what it is there for: a good report is changed in one place at a time.

use dicom_core::{DataElement, PrimitiveValue};
use spinetriage::report::write;

use super::*;
use crate::report::requests::*;

/// The check that must complain, and the change.
type Fault = (&'static str, fn(&mut DefaultDicomObject));

fn put(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    object.put(DataElement::new(tag, vr, value));
}

fn remove(report: &mut DefaultDicomObject, concept: &str) {
    edit(report, concept, &mut |_| false);
}

/// Changes the first content item with this concept.
fn first(report: &mut DefaultDicomObject, concept: &str, change: fn(&mut InMemDicomObject)) {
    let mut done = false;
    edit(report, concept, &mut |item| {
        if !std::mem::replace(&mut done, true) {
            change(item);
        }
        true
    });
}

/// Puts a value into the first item of a sequence.
fn inside(object: &mut InMemDicomObject, sequence: Tag, tag: Tag, vr: VR, value: &str) {
    within(object, sequence, &mut |item| {
        put(item, tag, vr, value);
        true
    });
}

/// Puts other coordinates into a content item.
fn draw(item: &mut InMemDicomObject, points: &[f32]) {
    item.put(DataElement::new(tags::GRAPHIC_DATA, VR::FL, PrimitiveValue::F32(points.into())));
}

const FAULTS: &[Fault] = &[
    ("file", |r| put(r, tags::MODALITY, VR::CS, "DX")),
    ("file", |r| r.meta_mut().media_storage_sop_instance_uid = "2.25.9".into()),
    ("file", |r| r.meta_mut().media_storage_sop_class_uid = "1.2.840.10008.5.1.4.1.1.88.22".into()),
    ("file", |r| r.meta_mut().implementation_class_uid = String::new()),
    ("file", |r| r.meta_mut().implementation_version_name = Some("OF_SEVENTEEN_CHAR".into())),
    ("file", |r| r.meta_mut().transfer_syntax = "1.2.840.10008.1.2".into()),
    ("flags", |r| put(r, tags::COMPLETION_FLAG, VR::CS, "PARTIAL")),
    ("flags", |r| put(r, tags::VERIFICATION_FLAG, VR::CS, "VERIFIED")),
    ("flags", |r| put(r, tags::PRELIMINARY_FLAG, VR::CS, "FINAL")),
    ("title", |r| inside(r, tags::CONCEPT_NAME_CODE_SEQUENCE, tags::CODE_VALUE, VR::SH, "126001")),
    ("title", |r| put(r, tags::VALUE_TYPE, VR::CS, "TEXT")),
    ("title", |r| inside(r, tags::CONTENT_TEMPLATE_SEQUENCE, tags::TEMPLATE_IDENTIFIER, VR::CS, "2000")),
    ("title", |r| remove(r, "126010")),
    ("title", |r| remove(r, "125007")),
    ("language", |r| remove(r, "121049")),
    ("language", |r| {
        first(r, "121049", |i| inside(i, tags::CONCEPT_CODE_SEQUENCE, tags::CODING_SCHEME_DESIGNATOR, VR::SH, "DCM"))
    }),
    ("observer", |r| remove(r, "121005")),
    ("observer", |r| {
        first(r, "121005", |i| inside(i, tags::CONCEPT_CODE_SEQUENCE, tags::CODE_VALUE, VR::SH, "121006"))
    }),
    ("observer", |r| remove(r, "121016")),
    ("observer", |r| first(r, "121013", |i| put(i, tags::TEXT_VALUE, VR::UT, ""))),
    ("observer", |r| first(r, "121013", |i| put(i, tags::RELATIONSHIP_TYPE, VR::CS, "CONTAINS"))),
    ("procedure", |r| remove(r, "121058")),
    ("procedure", |r| first(r, "121058", |i| put_items(i, tags::CONCEPT_CODE_SEQUENCE, vec![]))),
    ("library", |r| remove(r, "111028")),
    ("library", |r| first(r, "126200", |i| put_items(i, tags::CONTENT_SEQUENCE, vec![]))),
    ("tracking", |r| remove(r, "112039")),
    ("tracking", |r| first(r, "112040", |i| put(i, tags::UID, VR::UI, "2.25.x"))),
    ("tracking", |r| {
        edit(r, "112040", &mut |i| {
            put(i, tags::UID, VR::UI, "2.25.7");
            true
        })
    }),
    ("regions", |r| first(r, "111030", |i| draw(i, &[1.0, 1.0, 9.0, 1.0, 9.0, 9.0, 1.0, 9.0]))),
    ("regions", |r| first(r, "111030", |i| draw(i, &[1.0, 1.0, 9.0, 1.0, 1.0, 1.0]))),
    ("regions", |r| first(r, "111030", |i| draw(i, &[1.0, 1.0, 560.5, 1.0, 9.0, 9.0, 1.0, 1.0]))),
    ("regions", |r| first(r, "111030", |i| draw(i, &[1.0, 1.0, 9.0, -0.5, 9.0, 9.0, 1.0, 1.0]))),
    ("regions", |r| first(r, "111030", |i| draw(i, &[1.0, 1.0, 9.0, f32::NAN, 9.0, 9.0, 1.0, 1.0]))),
    ("regions", |r| first(r, "111030", |i| draw(i, &[1.0, 1.0, 9.0, 1.0, 9.0]))),
    ("regions", |r| first(r, "111030", |i| draw(i, &[]))),
    ("regions", |r| first(r, "111030", |i| put_items(i, tags::CONTENT_SEQUENCE, vec![]))),
    ("regions", |r| first(r, "SIX-POINTS", |i| draw(i, &[1.0, 760.5]))),
    ("references", |r| put_items(r, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, vec![])),
    ("references", |r| {
        let evidence = tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE;
        inside(r, evidence, tags::STUDY_INSTANCE_UID, VR::UI, "2.25.7");
    }),
    ("references", |r| {
        within(r, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, &mut |study| {
            inside(study, tags::REFERENCED_SERIES_SEQUENCE, tags::SERIES_INSTANCE_UID, VR::UI, "2.25.7");
            true
        })
    }),
    ("references", |r| {
        within(r, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, &mut |study| {
            let listed = items(study, tags::REFERENCED_SERIES_SEQUENCE);
            let twice = [listed, listed].concat();
            put_items(study, tags::REFERENCED_SERIES_SEQUENCE, twice);
            true
        })
    }),
    ("references", |r| {
        first(r, "121112", |i| {
            inside(i, tags::REFERENCED_SOP_SEQUENCE, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, "2.25.7")
        })
    }),
    ("references", |r| {
        first(r, "121112", |i| {
            inside(i, tags::REFERENCED_SOP_SEQUENCE, tags::REFERENCED_SOP_CLASS_UID, VR::UI, "2.25.7")
        })
    }),
    ("identity", |r| put(r, tags::PATIENT_NAME, VR::PN, "ANOTHER^ONE")),
    ("identity", |r| put(r, tags::ACCESSION_NUMBER, VR::SH, "")),
    ("identity", |r| {
        r.remove_element(tags::STUDY_TIME);
    }),
    ("identity", |r| {
        let source = dicom_object::open_file(sample("compression")).unwrap();
        put(r, tags::SERIES_INSTANCE_UID, VR::UI, &text(&source, tags::SERIES_INSTANCE_UID));
    }),
    ("algorithm", |r| first(r, "125007", |group| edit(group, "111003", &mut |_| false))),
    ("algorithm", |r| {
        first(r, "125007", |group| {
            edit(group, "111001", &mut |_| false);
            edit(group, "111003", &mut |_| false);
        })
    }),
    ("equipment", |r| put_items(r, tags::CONTRIBUTING_EQUIPMENT_SEQUENCE, vec![])),
    ("equipment", |r| inside(r, tags::CONTRIBUTING_EQUIPMENT_SEQUENCE, tags::SOFTWARE_VERSIONS, VR::LO, "0")),
    ("equipment", |r| inside(r, tags::CONTRIBUTING_EQUIPMENT_SEQUENCE, tags::MANUFACTURER, VR::LO, "another")),
    ("equipment", |r| inside(r, tags::CONTRIBUTING_EQUIPMENT_SEQUENCE, tags::DEVICE_UID, VR::UI, "2.25.7")),
    ("equipment", |r| first(r, "121015", |i| put(i, tags::TEXT_VALUE, VR::UT, "another"))),
    ("uids and numbers", |r| put(r, tags::DEVICE_UID, VR::UI, "2.25.007")),
    ("uids and numbers", |r| {
        first(r, "122157", |i| {
            inside(i, tags::MEASURED_VALUE_SEQUENCE, tags::NUMERIC_VALUE, VR::DS, "0.123456789012345")
        })
    }),
    ("uids and numbers", |r| {
        first(r, "122157", |i| inside(i, tags::MEASURED_VALUE_SEQUENCE, tags::NUMERIC_VALUE, VR::DS, "inf"))
    }),
    ("schemes", |r| put_items(r, tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, vec![])),
    ("schemes", |r| {
        first(r, "CLASS", |i| inside(i, tags::CONCEPT_CODE_SEQUENCE, tags::CODING_SCHEME_DESIGNATOR, VR::SH, "99OTHER"))
    }),
];

#[test]
fn every_check_finds_its_faults() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.dcm");
    std::fs::write(&file, &write(&with_points()).unwrap()[0].bytes).unwrap();
    let good = dicom_object::open_file(&file).unwrap();
    let sources = [dicom_object::open_file(sample("compression")).unwrap()];
    assert_eq!(complaints(&good, &sources), Vec::<String>::new());
    for (number, (check, change)) in FAULTS.iter().enumerate() {
        let mut report = good.clone();
        change(&mut report);
        let found = complaints(&report, &sources);
        assert!(found.iter().any(|what| what.starts_with(check)), "fault {number}, {check}: {found:?}");
    }
    let proved: BTreeSet<_> = FAULTS.iter().map(|(check, _)| check).collect();
    assert_eq!(proved, CHECKS.iter().map(|(check, _)| check).collect(), "no check without a proof");
    let nothing_received = complaints(&good, &[]);
    assert!(nothing_received.iter().any(|what| what.starts_with("references")), "{nothing_received:?}");
}
