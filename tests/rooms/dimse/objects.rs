//! A small image built element by element, as a dataset and as a file.

use std::path::{Path, PathBuf};

use spinetriage::dicom::uids::{DX_IMAGE_FOR_PRESENTATION, EXPLICIT_VR_LITTLE_ENDIAN};
use spinetriage::identifiers::Uid;

/// An explicit VR little endian element.
pub fn element(tag: u32, vr: &str, value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if vr == "UI" { 0 } else { b' ' });
    }
    headed(tag, vr, value.len() as u32, &value)
}

/// The same with a length of its own.
pub fn headed(tag: u32, vr: &str, length: u32, value: &[u8]) -> Vec<u8> {
    let mut bytes = [((tag >> 16) as u16).to_le_bytes(), (tag as u16).to_le_bytes()].concat();
    bytes.extend(vr.bytes());
    if ["OB", "OW", "SQ"].contains(&vr) {
        bytes.extend([0, 0]);
        bytes.extend(length.to_le_bytes());
    } else {
        bytes.extend((length as u16).to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

/// An item of a sequence.
pub fn item(content: &[u8]) -> Vec<u8> {
    [&[0xFE, 0xFF, 0x00, 0xE0][..], &(content.len() as u32).to_le_bytes(), content].concat()
}

/// The dataset of a storage commitment report, explicit VR little endian.
pub fn commitment_report(transaction: &str, committed: &[&str], failed: &[(&str, u16)]) -> Vec<u8> {
    let object = |uid: &str| {
        let class = element(0x0008_1150, "UI", DX_IMAGE_FOR_PRESENTATION.as_bytes());
        [class, element(0x0008_1155, "UI", uid.as_bytes())].concat()
    };
    let failure =
        |&(uid, reason): &(&str, u16)| item(&[object(uid), element(0x0008_1197, "US", &reason.to_le_bytes())].concat());
    let failed: Vec<u8> = failed.iter().flat_map(failure).collect();
    let committed: Vec<u8> = committed.iter().flat_map(|uid| item(&object(uid))).collect();
    let mut dataset = element(0x0008_1195, "UI", transaction.as_bytes());
    for (tag, items) in [(0x0008_1198, failed), (0x0008_1199, committed)] {
        if !items.is_empty() {
            dataset.extend(element(tag, "SQ", &items));
        }
    }
    dataset
}

/// A DX image of 64 x 64 pixels with 16 bits, `pixels` bytes of them stated.
pub fn image(sop_instance: &str) -> Vec<u8> {
    image_with(sop_instance, &ramp(64 * 64 * 2))
}

/// The same with other pixels.
pub fn image_with(sop_instance: &str, pixels: &[u8]) -> Vec<u8> {
    let us = |tag, value: u16| element(tag, "US", &value.to_le_bytes());
    [
        element(0x0008_0005, "CS", b"ISO_IR 192"),
        element(0x0008_0016, "UI", DX_IMAGE_FOR_PRESENTATION.as_bytes()),
        element(0x0008_0018, "UI", sop_instance.as_bytes()),
        element(0x0008_0020, "DA", b"20240102"),
        element(0x0008_0060, "CS", b"DX"),
        element(0x0008_1030, "LO", b"Lumbar spine lateral"),
        element(0x0008_2218, "SQ", &[]),
        element(0x0010_0010, "PN", b"Test^Object"),
        element(0x0010_0020, "LO", b"P1"),
        element(0x0018_0015, "CS", b"LSPINE"),
        element(0x0020_000D, "UI", b"1.2.3.1"),
        element(0x0020_000E, "UI", b"1.2.3.2"),
        us(0x0028_0002, 1),
        element(0x0028_0004, "CS", b"MONOCHROME2"),
        us(0x0028_0010, 64),
        us(0x0028_0011, 64),
        us(0x0028_0100, 16),
        us(0x0028_0101, 16),
        us(0x0028_0102, 15),
        us(0x0028_0103, 0),
        element(0x7FE0_0010, "OW", pixels),
    ]
    .concat()
}

/// Bytes that differ from place to place, so that a lost or doubled piece shows.
pub fn ramp(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i % 251) as u8).collect()
}

/// Writes `dataset` as a DICOM file.
pub fn write_file(path: &Path, sop_class: &str, sop_instance: &str, transfer_syntax: &str, dataset: &[u8]) {
    let meta = [
        element(0x0002_0001, "OB", &[0, 1]),
        element(0x0002_0002, "UI", sop_class.as_bytes()),
        element(0x0002_0003, "UI", sop_instance.as_bytes()),
        element(0x0002_0010, "UI", transfer_syntax.as_bytes()),
        element(0x0002_0012, "UI", b"1.2.3.9"),
    ]
    .concat();
    let length = element(0x0002_0000, "UL", &(meta.len() as u32).to_le_bytes());
    std::fs::write(path, [&[0; 128][..], b"DICM", &length, &meta, dataset].concat()).unwrap();
}

/// A new image as a file in `folder`, with its UID and dataset.
pub fn image_file(folder: &Path, name: &str) -> (PathBuf, Uid, Vec<u8>) {
    let uid = Uid::generate();
    let dataset = image(uid.as_str());
    let path = folder.join(name);
    write_file(&path, DX_IMAGE_FOR_PRESENTATION, uid.as_str(), EXPLICIT_VR_LITTLE_ENDIAN, &dataset);
    (path, uid, dataset)
}
