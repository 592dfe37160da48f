//! The overlay pictures: valid, in both languages, and the same pixels compressed.

use std::fs;
use std::path::Path;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::{InMemDicomObject, open_file};
use spinetriage::findings::{Language, ReportRequest};

use crate::report::requests::*;

fn number(item: &InMemDicomObject, tag: Tag) -> usize {
    item.element(tag).unwrap().to_int().unwrap()
}

fn pixels(item: &InMemDicomObject) -> Vec<u8> {
    item.element(tags::PIXEL_DATA).unwrap().to_bytes().unwrap().into_owned()
}

/// Pixels of the rows that fulfil `is`.
fn count(picture: &InMemDicomObject, rows: std::ops::Range<usize>, is: impl Fn(&[u8]) -> bool) -> usize {
    let line = number(picture, tags::COLUMNS) * 3;
    pixels(picture)[rows.start * line..rows.end * line].chunks(3).filter(|pixel| is(pixel)).count()
}

/// The data set of a file without its pixels: from Specific Character Set to Pixel Data.
fn header(file: &Path) -> Vec<u8> {
    let bytes = fs::read(file).unwrap();
    let at = |tag: &[u8]| bytes.windows(tag.len()).position(|window| window == tag).unwrap();
    bytes[at(b"\x08\0\x05\0CS")..at(b"\xe0\x7f\x10\0OB")].to_vec()
}

fn in_chinese() -> ReportRequest {
    ReportRequest { language: Language::Chinese, ..one_image() }
}

#[test]
fn a_picture_shows_banner_film_and_legend() {
    let (_folder, objects) = judged(&one_image());
    let picture = &objects[1];
    let (rows, columns) = (number(picture, tags::ROWS), number(picture, tags::COLUMNS));
    assert_eq!(rows, 1600, "the film is enlarged as far as the picture may grow");
    assert_eq!(pixels(picture).len(), rows * columns * 3);
    let is_white = |pixel: &[u8]| pixel.iter().all(|v| *v > 250);
    let is_yellow = |pixel: &[u8]| pixel[0] > 220 && pixel[1] > 200 && pixel[2] < 90;
    let is_orange = |pixel: &[u8]| pixel[0] > 220 && (90..140).contains(&pixel[1]) && pixel[2] < 60;
    assert!(count(picture, 0..45, is_white) > 1000, "the banner");
    assert!(
        count(picture, 45..88, is_yellow) > 1000,
        "of two that are equally probable the first is the most suspicious"
    );
    assert_eq!(count(picture, 0..88, is_orange), 0);
    assert!(count(picture, 88..1550, is_yellow) > 3000, "the compression fracture's box and label");
    assert!(count(picture, 1555..1600, is_yellow) > 50, "and its colour in the legend");
    assert_eq!(text(picture, tags::SERIES_DESCRIPTION), "Triage: suspected, overlay, research use only");
    assert_eq!(text(picture, tags::BURNED_IN_ANNOTATION), "YES");
}

#[test]
fn a_chinese_picture_is_another_one_and_says_so_in_its_header() {
    let (_folder, english) = judged(&one_image());
    let (_folder, chinese) = judged(&in_chinese());
    let [english, chinese] = [&english[1], &chinese[1]];
    assert_ne!(pixels(english), pixels(chinese));
    assert_eq!(text(chinese, tags::SERIES_DESCRIPTION), "分诊：可疑骨折，标注图，仅供研究使用");
    assert_eq!(text(chinese, tags::DERIVATION_DESCRIPTION), "图中标注为自动分析结果。仅供研究使用，不得用于诊断。");
    let letters = |picture| count(picture, 0..45, |pixel| pixel.iter().all(|v| *v > 250));
    assert!(letters(chinese) > 1000, "{}", letters(chinese));
}

#[test]
fn a_film_without_vertebrae_has_a_picture_that_says_so() {
    let file = sample("intact");
    let (_folder, objects) = judged(&request(vec![image(&file, findings(&file, vec![]))]));
    let letters = count(&objects[1], 45..88, |pixel| pixel.iter().all(|v| *v > 250));
    assert!(letters > 300, "{letters}");
}

#[test]
fn another_decoder_reads_the_same_pixels_from_the_compressed_picture() {
    let (folder, objects) = judged(&in_chinese());
    let picture = &objects[1];
    let file = compressed_file(&folder, &text(picture, tags::SOP_INSTANCE_UID));
    let compressed = open_file(&file).unwrap();
    assert_eq!(compressed.meta().transfer_syntax(), uids::JPEGLS_LOSSLESS);
    assert_eq!(compressed.meta().media_storage_sop_instance_uid(), picture.meta().media_storage_sop_instance_uid());
    let uncompressed = folder.path().join(format!("overlay-{}.dcm", text(picture, tags::SOP_INSTANCE_UID)));
    assert!(header(&file) == header(&uncompressed), "all but the pixels is the same, byte for byte");

    let decoded = folder.path().join("decoded.dcm");
    let (well, said) = tool("dcmdjpls", &[&file, &decoded]);
    assert!(well, "dcmdjpls: {said}");
    let decoded = open_file(&decoded).unwrap();
    assert_eq!(number(&decoded, tags::PLANAR_CONFIGURATION), 0);
    assert!(pixels(&decoded) == pixels(picture), "DCMTK's pixels are other ones");
    let (small, large) = (file.metadata().unwrap().len(), pixels(picture).len() as u64);
    assert!(small * 3 < large * 2, "{small} of {large} bytes");
}
