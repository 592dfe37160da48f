//! Requests and reports as dicom-object reads and writes them, and reports built and bent here.

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries;
use proptest::prelude::*;

use super::request::encode;
use super::*;
use crate::dicom::dataset::ScanError;
use crate::dicom::uids::{
    CR_IMAGE_STORAGE, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN as EXPLICIT,
    IMPLICIT_VR_LITTLE_ENDIAN as IMPLICIT,
};
use crate::dicom::{FailureReason, Status};
use crate::identifiers::Uid;

fn uid(text: &str) -> Uid {
    Uid::new(text).unwrap()
}

fn report(committed: &[&str], failed: &[(&str, u16)]) -> CommitmentReport {
    CommitmentReport {
        transaction_uid: uid("2.25.7"),
        committed: committed.iter().map(|text| uid(text)).collect(),
        failed: failed
            .iter()
            .map(|(text, reason)| CommitmentFailure { sop_instance_uid: uid(text), reason: FailureReason(*reason) })
            .collect(),
    }
}

/// A report as dicom-object writes it: with sequences of undefined length.
fn written(report: &CommitmentReport, transfer_syntax: &str) -> Vec<u8> {
    let text = |tag, uid: &str| DataElement::new(tag, VR::UI, PrimitiveValue::from(uid));
    let object = |instance: &Uid| {
        InMemDicomObject::from_element_iter([
            text(tags::REFERENCED_SOP_CLASS_UID, CR_IMAGE_STORAGE),
            text(tags::REFERENCED_SOP_INSTANCE_UID, instance.as_str()),
        ])
    };
    let failures = report.failed.iter().map(|failure| {
        let mut item = object(&failure.sop_instance_uid);
        item.put(DataElement::new(tags::FAILURE_REASON, VR::US, PrimitiveValue::from(failure.reason.code())));
        item
    });
    let list = |tag, items: Vec<InMemDicomObject>| DataElement::new(tag, VR::SQ, DataSetSequence::from(items));
    let mut dataset = InMemDicomObject::from_element_iter([
        DataElement::new(tags::RETRIEVE_AE_TITLE, VR::AE, PrimitiveValue::from("PACS")),
        text(tags::TRANSACTION_UID, report.transaction_uid.as_str()),
    ]);
    if !report.failed.is_empty() {
        dataset.put(list(tags::FAILED_SOP_SEQUENCE, failures.collect()));
    }
    if !report.committed.is_empty() {
        dataset.put(list(tags::REFERENCED_SOP_SEQUENCE, report.committed.iter().map(object).collect()));
    }
    let mut bytes = Vec::new();
    let syntax = if transfer_syntax == EXPLICIT {
        entries::EXPLICIT_VR_LITTLE_ENDIAN.erased()
    } else {
        entries::IMPLICIT_VR_LITTLE_ENDIAN.erased()
    };
    dataset.write_dataset_with_ts(&mut bytes, &syntax).unwrap();
    bytes
}

fn read(bytes: &[u8], transfer_syntax: &str, sizes: &[usize]) -> Result<CommitmentReport, ReportError> {
    let mut reader = ReportReader::new(transfer_syntax)?;
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, after) = rest.split_at((*size).min(rest.len()));
        reader.push(chunk)?;
        rest = after;
    }
    reader.finish()
}

fn read_at_once(bytes: &[u8]) -> Result<CommitmentReport, ReportError> {
    read(bytes, EXPLICIT, &[usize::MAX])
}

/// An explicit element of a stated length.
fn element(tag: Tag, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let tag = [tag.group().to_le_bytes(), tag.element().to_le_bytes()].concat();
    let length = value.len() as u32;
    if vr == b"SQ" || vr == b"UN" {
        return [&tag[..], vr, &[0, 0], &length.to_le_bytes(), value].concat();
    }
    [&tag[..], vr, &(length as u16).to_le_bytes(), value].concat()
}

fn item(content: &[u8]) -> Vec<u8> {
    [&[0xFE, 0xFF, 0x00, 0xE0][..], &(content.len() as u32).to_le_bytes(), content].concat()
}

fn transaction() -> Vec<u8> {
    element(tags::TRANSACTION_UID, b"UI", b"2.25.7")
}

fn instance(text: &str) -> Vec<u8> {
    let padding = if text.len() % 2 == 1 { "\0" } else { "" };
    element(tags::REFERENCED_SOP_INSTANCE_UID, b"UI", format!("{text}{padding}").as_bytes())
}

fn committed(items: &[u8]) -> Vec<u8> {
    element(tags::REFERENCED_SOP_SEQUENCE, b"SQ", items)
}

fn failed(items: &[u8]) -> Vec<u8> {
    element(tags::FAILED_SOP_SEQUENCE, b"SQ", items)
}

#[test]
fn a_request_is_what_dicom_object_reads() {
    for (syntax, entry) in [
        (EXPLICIT, entries::EXPLICIT_VR_LITTLE_ENDIAN.erased()),
        (IMPLICIT, entries::IMPLICIT_VR_LITTLE_ENDIAN.erased()),
    ] {
        for count in [1, 2, MAX_OBJECTS] {
            let object = |n| CommitmentObject {
                sop_class_uid: uid(CR_IMAGE_STORAGE),
                sop_instance_uid: uid(&format!("1.2.3.{n}")),
            };
            let request =
                CommitmentRequest { transaction_uid: uid("2.25.7"), objects: (0..count).map(object).collect() };
            let dataset = InMemDicomObject::read_dataset_with_ts(&encode(&request, syntax)[..], &entry).unwrap();
            assert_eq!(dataset.iter().count(), 2);
            let text = |object: &InMemDicomObject, tag| {
                object.element(tag).unwrap().to_str().unwrap().trim_end_matches('\0').to_owned()
            };
            assert_eq!(text(&dataset, tags::TRANSACTION_UID), "2.25.7");
            let items = dataset.element(tags::REFERENCED_SOP_SEQUENCE).unwrap().items().unwrap();
            assert_eq!(items.len(), count);
            for (item, object) in items.iter().zip(&request.objects) {
                assert_eq!(item.iter().count(), 2);
                assert_eq!(text(item, tags::REFERENCED_SOP_CLASS_UID), object.sop_class_uid.as_str());
                assert_eq!(text(item, tags::REFERENCED_SOP_INSTANCE_UID), object.sop_instance_uid.as_str());
            }
        }
    }
}

#[test]
fn a_report_tells_of_each_object() {
    let expected = report(&["1.2.3.1", "1.2.3.20"], &[("1.2.3.3", 0x0112), ("1.2.3.4", 0x0213)]);
    for syntax in [EXPLICIT, IMPLICIT] {
        assert_eq!(read(&written(&expected, syntax), syntax, &[usize::MAX]), Ok(expected.clone()));
    }
}

#[test]
fn stated_lengths_and_unknown_elements_are_stepped_over() {
    // A sequence of its own with the same elements inside, at the top and in an item.
    let decoy = item(&[instance("9.9.9"), committed(&item(&instance("9.9.8")))].concat());
    let private = element(Tag(0x0009, 0x1001), b"UN", &[7; 300]);
    let steps = element(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, b"SQ", &decoy);
    let known = item(&[steps.clone(), instance("1.2.3.1"), private.clone()].concat());
    let dataset = [steps, private, transaction(), committed(&known)].concat();
    assert_eq!(read_at_once(&dataset), Ok(report(&["1.2.3.1"], &[])));
}

#[test]
fn a_failure_without_a_reason_is_a_failure() {
    let none = item(&instance("1.2.3.1"));
    let long = item(&[instance("1.2.3.2"), element(tags::FAILURE_REASON, b"US", &[1, 2, 3, 4])].concat());
    let outcome = read_at_once(&[transaction(), failed(&[none, long].concat())].concat());
    assert_eq!(outcome, Ok(report(&[], &[("1.2.3.1", 0x0110), ("1.2.3.2", 0x0110)])));
}

#[test]
fn what_cannot_be_used_is_named() {
    let fine = item(&instance("1.2.3.1"));
    let said = |parts: &[Vec<u8>]| {
        let error = read_at_once(&parts.concat()).unwrap_err();
        assert_eq!(error.status(), Status::INVALID_ARGUMENT_VALUE, "{error}");
        error.to_string()
    };
    assert_eq!(said(&[committed(&fine)]), "Transaction UID (0008,1195): \"\" is no UID: it is empty");
    let long = element(tags::TRANSACTION_UID, b"UI", "1.".repeat(40).as_bytes());
    assert!(said(&[long, committed(&fine)]).ends_with("it is longer than 64 characters"));
    assert_eq!(said(&[transaction()]), "the report names no object, neither committed nor failed");
    assert_eq!(said(&[transaction(), committed(&[])]), "the report names no object, neither committed nor failed");
    let nameless = said(&[transaction(), committed(&[fine.clone(), item(&[])].concat())]);
    assert_eq!(nameless, "Referenced SOP Instance UID (0008,1155): \"\" is no UID: it is empty");
    assert!(said(&[transaction(), committed(&item(&instance("../../etc/passwd")))]).contains("is no UID"));
    let both = said(&[transaction(), failed(&fine), committed(&fine)]);
    assert_eq!(both, "the report says of 1.2.3.1 that it is committed and that it failed");
    assert_eq!(said(&[transaction(), transaction(), committed(&fine)]), "(0008,1195) TransactionUID occurs twice");
    let lists = said(&[transaction(), committed(&fine), committed(&fine)]);
    assert_eq!(lists, "(0008,1199) ReferencedSOPSequence occurs twice");
    let two_names = item(&[instance("1.2.3.1"), instance("1.2.3.2")].concat());
    assert_eq!(said(&[transaction(), committed(&two_names)]), "(0008,1155) ReferencedSOPInstanceUID occurs twice");
}

#[test]
fn only_plain_little_endian_is_read() {
    for syntax in [DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.70", ""] {
        let error = ReportReader::new(syntax).unwrap_err();
        assert_eq!(error.to_string(), format!("transfer syntax {syntax} is not supported"));
    }
}

#[test]
fn objects_and_bytes_have_a_limit() {
    let list = |count: usize| {
        let items: Vec<u8> = (0..count).flat_map(|n| item(&instance(&format!("1.2.3.{n}")))).collect();
        [transaction(), committed(&items)].concat()
    };
    assert_eq!(read_at_once(&list(MAX_REPORTED_OBJECTS)).unwrap().committed.len(), MAX_REPORTED_OBJECTS);
    let error = read_at_once(&list(MAX_REPORTED_OBJECTS + 1)).unwrap_err();
    assert_eq!((error.status(), error), (Status::RESOURCE_LIMITATION, ReportError::TooManyObjects));
    // More bytes than any report has: when they come, and when they are only announced.
    let megabyte = element(Tag(0x0009, 0x1001), b"UN", &vec![0; 1_000_000]);
    assert!(read_at_once(&[transaction(), megabyte.repeat(4), failed(&item(&instance("1.2.3.1")))].concat()).is_ok());
    let error = read_at_once(&[transaction(), megabyte.repeat(5)].concat()).unwrap_err();
    assert!(matches!(error, ReportError::Dataset(ScanError::DoesNotFit { length: 1_000_000, .. })), "{error}");
    let announced = [&transaction()[..], &[0x08, 0x00, 0x99, 0x11, b'S', b'Q', 0, 0, 0, 0, 0, 0x10]].concat();
    let error = read_at_once(&announced).unwrap_err();
    assert_eq!(error.status(), Status::RESOURCE_LIMITATION, "{error}");
}

#[test]
fn no_prefix_of_a_report_passes_but_those_that_end_after_a_list() {
    let whole = report(&["1.2.3.1", "1.2.3.20"], &[("1.2.3.3", 0x0112)]);
    let bytes = written(&whole, EXPLICIT);
    let until_failed = written(&report(&[], &[("1.2.3.3", 0x0112)]), EXPLICIT);
    assert!(bytes.starts_with(&until_failed));
    for cut in 0..bytes.len() {
        let outcome = read_at_once(&bytes[..cut]);
        assert_eq!(outcome.is_ok(), cut == until_failed.len(), "cut at {cut}: {outcome:?}");
    }
}

/// A report with up to 20 objects in each list, none in both.
fn any_report() -> impl Strategy<Value = CommitmentReport> {
    let failure = ("[1-9][0-9]{0,20}", any::<u16>());
    let objects = prop::collection::vec("[1-9][0-9]{0,20}", 0..20);
    (objects, prop::collection::vec(failure, 0..20))
        .prop_filter("at least one object", |(committed, failed)| committed.len() + failed.len() > 0)
        .prop_map(|(committed, failed)| CommitmentReport {
            transaction_uid: uid("2.25.7"),
            committed: committed.iter().map(|n| uid(&format!("1.2.{n}"))).collect(),
            failed: failed
                .iter()
                .map(|(n, reason)| CommitmentFailure {
                    sop_instance_uid: uid(&format!("1.3.{n}")),
                    reason: FailureReason(*reason),
                })
                .collect(),
        })
}

proptest! {
    #[test]
    fn reports_survive_the_wire_in_any_chunking(
        report in any_report(),
        syntax in prop::sample::select(vec![EXPLICIT, IMPLICIT]),
        sizes in prop::collection::vec(1usize..60, 1..10),
    ) {
        prop_assert_eq!(read(&written(&report, syntax), syntax, &sizes), Ok(report));
    }

    #[test]
    fn a_bent_report_is_read_or_refused_the_same_in_any_chunking(
        at in 0usize..400,
        byte in any::<u8>(),
        cut in 0usize..500,
        syntax in prop::sample::select(vec![EXPLICIT, IMPLICIT]),
        sizes in prop::collection::vec(1usize..60, 1..10),
    ) {
        let mut bytes = written(&report(&["1.2.3.1", "1.2.3.20"], &[("1.2.3.3", 0x0112)]), syntax);
        let last = bytes.len() - 1;
        bytes[at.min(last)] = byte;
        bytes.truncate(cut);
        prop_assert_eq!(read(&bytes, syntax, &sizes), read(&bytes, syntax, &[usize::MAX]));
    }

    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        syntax in prop::sample::select(vec![EXPLICIT, IMPLICIT]),
    ) {
        let _ = read(&bytes, syntax, &[7]);
    }
}
