//! The scanner on datasets built here, element by element.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use proptest::prelude::*;

use super::*;
use crate::dicom::{Status, uids};

const LIMIT: u64 = 1 << 20;
const EXPLICIT: &str = uids::EXPLICIT_VR_LITTLE_ENDIAN;
const IMPLICIT: &str = uids::IMPLICIT_VR_LITTLE_ENDIAN;
const JPEG_LOSSLESS: &str = "1.2.840.10008.1.2.4.70";

/// An explicit little endian element.
fn element(tag: u32, vr: &str, value: &[u8]) -> Vec<u8> {
    headed(tag, vr, value.len() as u32, value)
}

/// The same with a length of its own.
fn headed(tag: u32, vr: &str, length: u32, value: &[u8]) -> Vec<u8> {
    let mut bytes = tag_bytes(tag);
    bytes.extend(vr.bytes());
    if ["OB", "OW", "SQ", "UN", "UT", "OL"].contains(&vr) {
        bytes.extend([0, 0]);
        bytes.extend(length.to_le_bytes());
    } else {
        bytes.extend((length as u16).to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

/// An implicit little endian element; items and delimiters look the same in explicit layouts.
fn implicit(tag: u32, length: u32, value: &[u8]) -> Vec<u8> {
    let mut bytes = tag_bytes(tag);
    bytes.extend(length.to_le_bytes());
    bytes.extend(value);
    bytes
}

fn tag_bytes(tag: u32) -> Vec<u8> {
    [((tag >> 16) as u16).to_le_bytes(), (tag as u16).to_le_bytes()].concat()
}

fn item(content: &[u8]) -> Vec<u8> {
    implicit(0xFFFE_E000, content.len() as u32, content)
}

fn undefined_item(content: &[u8]) -> Vec<u8> {
    [implicit(0xFFFE_E000, u32::MAX, content), implicit(0xFFFE_E00D, 0, &[])].concat()
}

fn sequence_end() -> Vec<u8> {
    implicit(0xFFFE_E0DD, 0, &[])
}

/// A small image: what a modality sends, with sequences of both kinds.
fn image() -> Vec<u8> {
    let code = element(0x0008_0100, "SH", b"122496007 ");
    [
        element(0x0008_0005, "CS", b"ISO_IR 100"),
        element(0x0008_0016, "UI", b"1.2.840.10008.5.1.4.1.1.1.1\0"),
        element(0x0008_0018, "UI", b"1.2.3.4\0"),
        element(0x0008_0020, "DA", b"20240102"),
        element(0x0008_0060, "CS", b"DX"),
        element(0x0008_1030, "LO", b"R\xFCcken ap "),
        headed(0x0008_2218, "SQ", u32::MAX, &[undefined_item(&code), item(&code), sequence_end()].concat()),
        element(0x0009_0010, "LO", b"PRIVATE "),
        element(0x0009_1001, "UN", &[7; 300]),
        element(0x0018_0015, "CS", b"LSPINE"),
        element(0x0020_000D, "UI", b"1.2.3\0"),
        element(0x0028_0010, "US", &64u16.to_le_bytes()),
        element(0x0028_0011, "US", &32u16.to_le_bytes()),
        element(0x0040_0555, "SQ", &item(&element(0x0008_0018, "UI", b"9.9.9.9\0"))),
        element(0x7FE0_0010, "OW", &[0; 4096]),
    ]
    .concat()
}

fn scan(transfer_syntax: &str, bytes: &[u8]) -> Result<DatasetSummary, ScanError> {
    let mut scanner = Scanner::new(transfer_syntax, LIMIT)?;
    scanner.push(bytes)?;
    scanner.finish()
}

fn scan_in_chunks(transfer_syntax: &str, mut bytes: &[u8], sizes: &[usize]) -> Result<DatasetSummary, ScanError> {
    let mut scanner = Scanner::new(transfer_syntax, LIMIT)?;
    for &size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (chunk, rest) = bytes.split_at(size.min(bytes.len()));
        scanner.push(chunk)?;
        bytes = rest;
    }
    scanner.finish()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn the_summary_holds_the_top_level_only() {
    let summary = scan(EXPLICIT, &image()).unwrap();
    assert_eq!(summary.sop_class_uid.as_deref(), Some("1.2.840.10008.5.1.4.1.1.1.1"));
    assert_eq!(summary.sop_instance_uid.as_deref(), Some("1.2.3.4"), "not the one inside the sequence");
    assert_eq!(summary.study_instance_uid.as_deref(), Some("1.2.3"));
    assert_eq!(summary.series_instance_uid, None);
    assert_eq!(summary.study_description.as_deref(), Some("R\u{fc}cken ap"));
    assert_eq!(summary.body_part_examined.as_deref(), Some("LSPINE"));
    assert_eq!(summary.modality.as_deref(), Some("DX"));
    assert_eq!((summary.rows, summary.columns), (Some(64), Some(32)));
    assert!(summary.has_pixel_data);
    assert_eq!(summary.bytes, image().len() as u64);
}

#[test]
fn implicit_vr_walks_sequences_by_the_dictionary() {
    let nested = implicit(0x0008_0018, 8, b"9.9.9.9\0");
    let dataset = [
        implicit(0x0008_0018, 8, b"1.2.3.4\0"),
        implicit(0x0040_0555, 8 + nested.len() as u32, &item(&nested)),
        implicit(0x0028_0010, 2, &7u16.to_le_bytes()),
        implicit(0x7FE0_0010, 4, &[1; 4]),
    ]
    .concat();
    let summary = scan(IMPLICIT, &dataset).unwrap();
    assert_eq!(summary.sop_instance_uid.as_deref(), Some("1.2.3.4"));
    assert_eq!(summary.rows, Some(7));
    // The same sequence with garbage for an item.
    let broken = implicit(0x0040_0555, nested.len() as u32, &nested);
    assert!(matches!(scan(IMPLICIT, &broken), Err(ScanError::Misplaced { .. })));
}

#[test]
fn big_endian_headers_and_numbers_are_turned() {
    let big = |group: u16, number: u16, vr: &[u8; 2], value: &[u8]| {
        let length = value.len() as u16;
        [&group.to_be_bytes()[..], &number.to_be_bytes(), vr, &length.to_be_bytes(), value].concat()
    };
    let mut dataset = [big(0x0008, 0x0060, b"CS", b"CR"), big(0x0028, 0x0010, b"US", &300u16.to_be_bytes())].concat();
    dataset.extend([&[0x7F, 0xE0, 0x00, 0x10, b'O', b'W', 0, 0, 0, 0, 0, 4][..], &[9; 4]].concat());
    let summary = scan(uids::EXPLICIT_VR_BIG_ENDIAN, &dataset).unwrap();
    assert_eq!((summary.modality.as_deref(), summary.rows), (Some("CR"), Some(300)));
    assert!(summary.has_pixel_data);
}

#[test]
fn unknown_vr_of_undefined_length_is_implicit_inside() {
    let inside = [undefined_item(&implicit(0x0008_0100, 4, b"CODE")), sequence_end()].concat();
    let dataset = [headed(0x0009_1002, "UN", u32::MAX, &inside), element(0x0018_0015, "CS", b"SPINE ")].concat();
    assert_eq!(scan(EXPLICIT, &dataset).unwrap().body_part_examined.as_deref(), Some("SPINE"));
}

#[test]
fn compressed_pixels_come_in_fragments() {
    let fragments = [item(&[]), item(&[1; 10]), item(&[2; 20]), sequence_end()].concat();
    let icon = [item(&element(0x7FE0_0010, "OW", &[0; 8]))].concat();
    let dataset = [element(0x0088_0200, "SQ", &icon), headed(0x7FE0_0010, "OB", u32::MAX, &fragments)].concat();
    assert!(scan(JPEG_LOSSLESS, &dataset).unwrap().has_pixel_data);
    // Native pixels where fragments must be, and fragments where native pixels must be.
    let native = element(0x7FE0_0010, "OW", &[0; 8]);
    assert!(matches!(scan(JPEG_LOSSLESS, &native), Err(ScanError::NotEncapsulated(_))));
    assert!(matches!(scan(EXPLICIT, &dataset), Err(ScanError::UndefinedLength(_))));
    let unended = dataset[..dataset.len() - 8].to_vec();
    let error = scan(JPEG_LOSSLESS, &unended).unwrap_err();
    assert_eq!(error.to_string(), "dataset ends inside (7FE0,0010) PixelData: its end is missing");
}

#[test]
fn a_deflated_dataset_is_inflated_in_passing() {
    let mut bytes = deflated(&image());
    assert_eq!(scan(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &bytes).unwrap().rows, Some(64));
    bytes.push(0);
    assert!(scan(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &bytes).is_ok(), "one byte of padding is legal");
    bytes.push(0);
    assert!(matches!(
        scan(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &bytes),
        Err(ScanError::Deflate { what: "bytes follow the end of the stream", .. })
    ));
    let cut = deflated(&image());
    assert!(scan(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &cut[..cut.len() - 2]).is_err());
}

#[test]
fn a_deflate_bomb_stops_at_the_limit() {
    let length = LIMIT as u32 - 100;
    let small = element(0x0009_1001, "UN", &vec![0; length as usize]);
    let bomb = deflated(&[small.clone(), small].concat());
    assert!(bomb.len() < 20_000);
    let error = scan(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &bomb).unwrap_err();
    assert!(matches!(error, ScanError::DoesNotFit { .. }), "{error}");
}

#[test]
fn truncation_names_the_element_and_what_it_lacks() {
    let whole = image();
    let error = scan(EXPLICIT, &whole[..whole.len() - 1000]).unwrap_err();
    assert_eq!(error.to_string(), "dataset ends inside (7FE0,0010) PixelData: 1000 bytes missing");
    assert_eq!(error.status(), Status::CANNOT_UNDERSTAND);
    let error = scan(EXPLICIT, &whole[..whole.len() - 4096 - 3]).unwrap_err();
    assert!(error.to_string().ends_with("cut in an element header"), "{error}");
}

#[test]
fn no_prefix_of_a_dataset_passes_but_those_that_end_after_an_element() {
    let elements = [
        element(0x0008_0060, "CS", b"DX"),
        headed(
            0x0008_2218,
            "SQ",
            u32::MAX,
            &[undefined_item(&element(0x0008_0100, "SH", b"AB")), sequence_end()].concat(),
        ),
        element(0x0040_0555, "SQ", &item(&element(0x0008_0100, "SH", b"AB"))),
        element(0x7FE0_0010, "OW", &[0; 6]),
    ];
    let mut ends = vec![0];
    for element in &elements {
        ends.push(ends.last().unwrap() + element.len());
    }
    let whole = elements.concat();
    for cut in 0..=whole.len() {
        assert_eq!(scan(EXPLICIT, &whole[..cut]).is_ok(), ends.contains(&cut), "cut at {cut}");
    }
}

/// `depth` sequences in each other, of undefined length.
fn nested_undefined(depth: usize) -> Vec<u8> {
    let open = [headed(0x0040_A730, "SQ", u32::MAX, &[]), implicit(0xFFFE_E000, u32::MAX, &[])].concat();
    let close = [implicit(0xFFFE_E00D, 0, &[]), sequence_end()].concat();
    [open.repeat(depth), close.repeat(depth)].concat()
}

#[test]
fn nesting_ends_at_its_limit_in_every_layout() {
    assert!(scan(EXPLICIT, &nested_undefined(MAX_DEPTH)).is_ok());
    assert!(matches!(scan(EXPLICIT, &nested_undefined(MAX_DEPTH + 1)), Err(ScanError::TooDeep(_))));
    assert!(matches!(scan(EXPLICIT, &nested_undefined(2000)), Err(ScanError::TooDeep(_))));
    // Defined lengths, explicit and implicit: a recursive parser would follow these too.
    let nest = |wrap: fn(&[u8]) -> Vec<u8>, depth| (0..depth).fold(Vec::new(), |inner, _| wrap(&item(&inner)));
    let explicit = |inner: &[u8]| element(0x0040_A730, "SQ", inner);
    let implicit = |inner: &[u8]| implicit(0x0040_A730, inner.len() as u32, inner);
    // One level more than sequences: the innermost holds an empty item.
    assert!(scan(EXPLICIT, &nest(explicit, MAX_DEPTH)).is_ok());
    assert!(matches!(scan(EXPLICIT, &nest(explicit, MAX_DEPTH + 1)), Err(ScanError::TooDeep(_))));
    assert!(scan(IMPLICIT, &nest(implicit, MAX_DEPTH)).is_ok());
    assert!(matches!(scan(IMPLICIT, &nest(implicit, MAX_DEPTH + 1)), Err(ScanError::TooDeep(_))));
}

#[test]
fn false_lengths_are_refused_when_their_header_comes() {
    let claims_4_gib = headed(0x7FE0_0010, "OW", u32::MAX - 1, &[]);
    let error = scan(EXPLICIT, &claims_4_gib).unwrap_err();
    assert!(matches!(error, ScanError::DoesNotFit { length: 0xFFFF_FFFE, .. }), "{error}");
    // An element longer than its item, an item longer than its sequence, a sequence than its item.
    let long_value = element(0x0040_0555, "SQ", &item(&headed(0x0008_0100, "SH", 3, b"AB")));
    let long_item = element(0x0040_0555, "SQ", &implicit(0xFFFE_E000, 9, &[0; 8]));
    let long_sequence = element(0x0040_0555, "SQ", &item(&headed(0x0040_A730, "SQ", 1, &[])));
    let followed = element(0x7FE0_0010, "OW", &[0; 64]);
    for broken in [long_value, long_item, long_sequence] {
        let outcome = scan(EXPLICIT, &[broken, followed.clone()].concat());
        assert!(matches!(outcome, Err(ScanError::DoesNotFit { .. })), "{outcome:?}");
    }
}

#[test]
fn an_undefined_sequence_may_not_outgrow_the_item_around_it() {
    let endless = headed(0x0040_A730, "SQ", u32::MAX, &implicit(0xFFFE_E000, u32::MAX, &[]));
    let dataset = [element(0x0040_0555, "SQ", &item(&endless)), element(0x7FE0_0010, "OW", &[0; 64])].concat();
    let error = scan(EXPLICIT, &dataset).unwrap_err();
    assert!(matches!(error, ScanError::Overrun(_)), "{error}");
    // Nor may a header cross the end of its item.
    let cut_header = element(0x0040_0555, "SQ", &item(&tag_bytes(0x0008_0100)));
    let dataset = [cut_header, element(0x7FE0_0010, "OW", &[0; 64])].concat();
    let error = scan(EXPLICIT, &dataset).unwrap_err();
    assert!(matches!(error, ScanError::Overrun(_)), "{error}");
}

#[test]
fn what_has_no_place_in_a_dataset_is_refused() {
    let forbidden = [
        element(0x0002_0010, "UI", b"1.2\0"),
        element(0x0000_0002, "UI", b"1.2\0"),
        item(&[]),
        implicit(0xFFFE_E00D, 0, &[]),
        sequence_end(),
    ];
    for bytes in forbidden {
        assert!(matches!(scan(EXPLICIT, &bytes), Err(ScanError::Forbidden(_))), "{bytes:?}");
    }
    let meta_in_item = element(0x0040_0555, "SQ", &item(&element(0x0002_0010, "UI", b"1.2\0")));
    assert!(matches!(scan(EXPLICIT, &meta_in_item), Err(ScanError::Forbidden(_))));
    let delimiter_in_defined_item = element(0x0040_0555, "SQ", &item(&implicit(0xFFFE_E00D, 0, &[])));
    assert!(matches!(scan(EXPLICIT, &delimiter_in_defined_item), Err(ScanError::Misplaced { .. })));
    let twice = element(0x0008_0018, "UI", b"1.2\0").repeat(2);
    assert_eq!(scan(EXPLICIT, &twice).unwrap_err().to_string(), "(0008,0018) SOPInstanceUID occurs twice");
    let no_vr = [tag_bytes(0x0008_0018), vec![8, 0, 0, 0]].concat();
    assert!(matches!(scan(EXPLICIT, &no_vr), Err(ScanError::InvalidVr { vr: [8, 0], .. })));
    let long_delimiter = headed(0x0040_A730, "SQ", u32::MAX, &implicit(0xFFFE_E0DD, 2, &[0; 2]));
    assert!(matches!(scan(EXPLICIT, &long_delimiter), Err(ScanError::DelimiterWithLength(_))));
}

#[test]
fn the_largest_object_is_a_limit_of_its_own() {
    let mut scanner = Scanner::new(EXPLICIT, 100).unwrap();
    let error = scanner.push(&image()).unwrap_err();
    assert_eq!(error.status(), Status::OUT_OF_RESOURCES);
    assert!(Scanner::new("1.2.3", LIMIT).is_err());
}

#[test]
fn long_values_are_cut_and_control_characters_made_spaces() {
    let dataset = [element(0x0008_1030, "LO", &[b'x'; 5000]), element(0x0018_1030, "LO", b" a\nb\0")].concat();
    let summary = scan(EXPLICIT, &dataset).unwrap();
    assert_eq!(summary.study_description.map(|text| text.len()), Some(MAX_VALUE_BYTES));
    assert_eq!(summary.protocol_name.as_deref(), Some("a b"));
}

/// A dataset of random shape that is well formed by construction.
fn any_dataset() -> impl Strategy<Value = Vec<u8>> {
    let private = |tag| move |value: Vec<u8>| element(tag, "UN", &value);
    let leaf = prop::collection::vec(any::<u8>(), 0..40).prop_map(private(0x0009_1001));
    let tree = leaf.prop_recursive(5, 40, 4, |inner| {
        (prop::collection::vec(inner, 0..4), any::<[bool; 2]>()).prop_map(|(items, [open_items, open_sequence])| {
            let wrap = if open_items { undefined_item } else { item };
            let content: Vec<u8> = items.iter().flat_map(|content| wrap(content)).collect();
            if open_sequence {
                headed(0x0040_A730, "SQ", u32::MAX, &[content, sequence_end()].concat())
            } else {
                element(0x0040_A730, "SQ", &content)
            }
        })
    });
    prop::collection::vec(tree, 0..4).prop_map(|elements| elements.concat())
}

proptest! {
    #[test]
    fn well_formed_datasets_pass_in_any_chunking(
        dataset in any_dataset(),
        sizes in prop::collection::vec(1usize..50, 1..10),
    ) {
        let at_once = scan(EXPLICIT, &dataset);
        prop_assert!(at_once.is_ok(), "{at_once:?}");
        prop_assert_eq!(scan_in_chunks(EXPLICIT, &dataset, &sizes), at_once);
    }

    #[test]
    fn chunking_never_changes_the_outcome(
        at in 0usize..5000,
        byte in any::<u8>(),
        sizes in prop::collection::vec(1usize..400, 1..10),
        compressed in any::<bool>(),
    ) {
        let mut bytes = image();
        let end = bytes.len() - 1;
        bytes[at.min(end)] = byte;
        let syntax = if compressed {
            bytes = deflated(&bytes);
            uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
        } else {
            EXPLICIT
        };
        prop_assert_eq!(scan_in_chunks(syntax, &bytes, &sizes), scan(syntax, &bytes));
    }

    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        syntax in prop::sample::select(crate::dicom::transfer_syntax::received().collect::<Vec<_>>()),
    ) {
        let _ = scan(syntax, &bytes);
    }
}
