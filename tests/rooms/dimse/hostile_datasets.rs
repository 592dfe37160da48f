//! Objects that are broken, or not what their command says: a failure status each, no harm done.

use spinetriage::dicom::Status;
use spinetriage::dicom::uids::{CR_IMAGE_STORAGE, DX_IMAGE_FOR_PRESENTATION};
use spinetriage::dimse::Refusal;

use crate::dimse::archive::{Archive, Receiver};
use crate::dimse::objects::{element, headed, image, image_with, ramp};
use crate::dimse::wire::{DX, LAST_COMMAND, Wire, command_element, data, pdata, store_command};

/// Sends `dataset` as object 1.2.3.4, and expects a failure with `status`, a living association and
/// nothing stored. Returns the receiver for a closer look, and the comment.
async fn refused(dataset: &[u8], status: Status) -> (Receiver, String) {
    let receiver = Archive::default().start().await;
    let mut wire = Wire::associate(receiver.address).await;
    let (answer, comment) = wire.store(1, "1.2.3.4", dataset).await;
    assert_eq!(answer, status, "{comment}");
    wire.echo(2).await;
    assert_eq!(wire.store(3, "1.2.3.4", &image("1.2.3.4")).await.0, Status::SUCCESS, "a good object is still taken");
    wire.release().await;
    {
        let record = receiver.archive.record();
        assert_eq!((record.stored.len(), record.discarded.len()), (1, 1));
    }
    (receiver, comment)
}

fn item(content: &[u8]) -> Vec<u8> {
    [&[0xFE, 0xFF, 0x00, 0xE0][..], &(content.len() as u32).to_le_bytes(), content].concat()
}

#[tokio::test]
async fn two_thousand_nested_sequences_are_refused_without_recursion() {
    let open = [headed(0x0040_A730, "SQ", u32::MAX, &[]), [0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF].to_vec()];
    let nested = open.concat().repeat(2000);
    let (_, comment) = refused(&nested, Status::CANNOT_UNDERSTAND).await;
    assert_eq!(comment, "(0040,A730) ContentSequence is nested deeper than 64 sequences");
    let defined = (0..2000).fold(Vec::new(), |inner: Vec<u8>, _| element(0x0040_A730, "SQ", &item(&inner)));
    refused(&defined, Status::CANNOT_UNDERSTAND).await;
}

#[tokio::test]
async fn a_false_length_is_refused_before_it_is_believed() {
    let mut dataset = image("1.2.3.4");
    dataset.extend(headed(0x0011_1010, "OB", 0xFFFF_FFF0, &[0; 10]));
    let (receiver, comment) = refused(&dataset, Status::CANNOT_UNDERSTAND).await;
    assert!(comment.starts_with("(0011,1010) claims 4294967280 bytes where "), "{comment}");
    let record = receiver.archive.record();
    let (refusal, so_far) = &record.discarded[0];
    assert!(refusal.comment.ends_with(" can follow"), "{refusal}");
    assert_eq!(so_far.sop_instance_uid.as_deref(), Some("1.2.3.4"));
}

#[tokio::test]
async fn a_truncated_dataset_is_refused_and_named() {
    let dataset = image("1.2.3.4");
    let (_, comment) = refused(&dataset[..dataset.len() - 3000], Status::CANNOT_UNDERSTAND).await;
    assert_eq!(comment, "dataset ends inside (7FE0,0010) PixelData: 3000 bytes missing");
}

#[tokio::test]
async fn random_bytes_are_no_dataset() {
    let noise: Vec<u8> = (0..20_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    refused(&noise, Status::CANNOT_UNDERSTAND).await;
}

#[tokio::test]
async fn the_dataset_must_be_the_object_of_the_command() {
    let (_, comment) = refused(&image("1.2.3.5"), Status::DATASET_MISMATCH).await;
    assert_eq!(comment, "SOP Instance UID of the dataset is not the command's");
    let other_class = element(0x0008_0016, "UI", CR_IMAGE_STORAGE.as_bytes());
    let dataset = [other_class, element(0x0008_0018, "UI", b"1.2.3.4")].concat();
    refused(&dataset, Status::DATASET_MISMATCH).await;
    refused(&element(0x0008_0060, "CS", b"DX"), Status::DATASET_MISMATCH).await;
}

#[tokio::test]
async fn an_empty_dataset_is_a_mismatch_not_an_object() {
    let receiver = Archive::default().start().await;
    let mut wire = Wire::associate(receiver.address).await;
    wire.send(&[store_command(1, "1.2.3.4"), pdata(&[(DX, 2, &[])])].concat()).await;
    assert_eq!(wire.store_response(1).await.0, Status::DATASET_MISMATCH);
}

#[tokio::test]
async fn an_object_beyond_the_limit_is_refused_as_too_large_and_dropped() {
    let receiver = Archive::ruled(|rules| rules.max_object_bytes = 100_000).start().await;
    let mut wire = Wire::associate(receiver.address).await;
    // The stated length gives it away at its header; the rest is still read.
    let (status, _) = wire.store(1, "1.2.3.4", &image_with("1.2.3.4", &ramp(110_000))).await;
    assert_eq!(status, Status::CANNOT_UNDERSTAND);
    // Many elements, each of them legal.
    let many = element(0x0009_1001, "OB", &[0; 1000]).repeat(110);
    let (status, comment) = wire.store(2, "1.2.3.4", &many).await;
    assert_eq!(status, Status::OUT_OF_RESOURCES, "{comment}");
    assert!(comment.starts_with("object exceeds the limit of 100000 bytes"), "{comment}");
    wire.echo(3).await;
}

#[tokio::test]
async fn commands_that_name_no_proper_object_are_refused_and_recorded() {
    let command = |class: &[u8], instance: &[u8], dataset_type: u16| {
        [
            command_element(0x0002, class),
            command_element(0x0100, &1u16.to_le_bytes()),
            command_element(0x0110, &4u16.to_le_bytes()),
            command_element(0x0800, &dataset_type.to_le_bytes()),
            command_element(0x1000, instance),
        ]
        .concat()
    };
    let dx = DX_IMAGE_FOR_PRESENTATION.as_bytes();
    let cases = [
        (command(dx, b"../../../../etc/passwd", 0), Status::INVALID_SOP_INSTANCE),
        (command(dx, b"", 0), Status::INVALID_SOP_INSTANCE),
        (command(dx, format!("1.2.{}", "9".repeat(61)).as_bytes(), 0), Status::INVALID_SOP_INSTANCE),
        (command(CR_IMAGE_STORAGE.as_bytes(), b"1.2.3.4", 0), Status::SOP_CLASS_NOT_SUPPORTED),
        (command(dx, b"1.2.3.4", 0x0101), Status::CANNOT_UNDERSTAND),
    ];
    let receiver = Archive::default().start().await;
    let mut wire = Wire::associate(receiver.address).await;
    for (bytes, status) in &cases {
        wire.send(&pdata(&[(DX, LAST_COMMAND, bytes)])).await;
        if *status != Status::CANNOT_UNDERSTAND {
            wire.send(&data(DX, &image("1.2.3.4"))).await;
        }
        assert_eq!(wire.store_response(4).await.0, *status);
    }
    wire.echo(5).await;
    let record = receiver.archive.record();
    let refused: Vec<Status> = record.refused.iter().map(|(_, Refusal { status, .. })| *status).collect();
    assert_eq!(refused, cases.map(|(_, status)| status));
    assert_eq!(record.refused[0].0, "../../../../etc/passwd");
    assert!(record.stored.is_empty() && record.discarded.is_empty());
}
