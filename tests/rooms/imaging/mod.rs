//! Real files through `imaging::decode`: every transfer syntax, every way to store a grey image,
//! and what must be refused. The values come from pydicom; see `tests/data/imaging/README.md`.

mod streams;

use std::path::PathBuf;

use serde::Deserialize;
use spinetriage::findings::{PixelSpacing, SpacingSource};
use spinetriage::imaging::decode::{read, read_png, read_with_voi};
use spinetriage::imaging::{ImagingError, Radiograph, png};

use crate::support::{npy, root};

/// `expected.json`.
#[derive(Deserialize)]
struct Expected {
    percentiles_of_explicit_le: Vec<(f64, f64)>,
    files: std::collections::BTreeMap<String, ExpectedFile>,
}

#[derive(Deserialize)]
struct ExpectedFile {
    rows: usize,
    columns: usize,
    tolerance: f32,
    values: String,
    grey_levels: Option<String>,
}

fn data() -> PathBuf {
    root().join("tests/data/imaging")
}

fn dicom(name: &str) -> PathBuf {
    data().join(format!("{name}.dcm"))
}

fn expected() -> Expected {
    serde_json::from_slice(&std::fs::read(data().join("expected.json")).unwrap()).unwrap()
}

/// The float32 values of a `.npy` file.
fn npy(name: &str) -> Vec<f32> {
    npy::read(&data().join(name)).values.into_iter().map(|value| value as f32).collect()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn refusal(name: &str) -> String {
    let error = read(&dicom(name)).expect_err(name);
    assert!(error.is_permanent(), "{name}: {error}");
    error.to_string()
}

#[test]
fn values_equal_pydicoms_in_every_representation() {
    let expected = expected();
    assert!(expected.files.len() >= 30);
    for (name, file) in &expected.files {
        let (radiograph, identity) = read(&dicom(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((radiograph.height, radiograph.width), (file.rows, file.columns), "{name}");
        assert_eq!((identity.rows as usize, identity.columns as usize), (file.rows, file.columns), "{name}");
        let difference = largest_difference(&radiograph.pixels, &npy(&file.values));
        assert!(difference <= file.tolerance, "{name}: values differ by {difference}");
    }
}

#[test]
fn every_transfer_syntax_is_among_the_files() {
    let expected = expected();
    for name in [
        "implicit_le",
        "explicit_le",
        "explicit_be",
        "deflated",
        "rle",
        "jpeg_baseline_50",
        "jpeg_lossless_57",
        "jpeg_lossless_70",
        "jpegls_80",
        "jpegls_81",
        "jpeg2000_90",
        "jpeg2000_91",
    ] {
        assert!(expected.files.contains_key(name), "{name}");
    }
}

#[test]
fn overlays_look_as_the_modality_wanted() {
    let expected = expected();
    let with_voi = expected.files.iter().filter_map(|(name, file)| Some((name, file.grey_levels.as_ref()?)));
    let mut checked = 0;
    for (name, grey_levels) in with_voi {
        let image = read_with_voi(&dicom(name)).unwrap();
        let shown: Vec<f32> =
            image.voi.expect(name).grey_levels(&image.radiograph).into_iter().map(f32::from).collect();
        let difference = largest_difference(&shown, &npy(grey_levels));
        assert!(difference <= 0.5 + 1e-3, "{name}: grey levels differ by {difference}");
        checked += 1;
    }
    assert_eq!(checked, 5);
    assert_eq!(read_with_voi(&dicom("explicit_le")).unwrap().voi, None);
}

#[test]
fn the_image_is_identified() {
    let (radiograph, identity) = read(&dicom("explicit_le")).unwrap();
    assert_eq!(identity.sop_class_uid.as_str(), "1.2.840.10008.5.1.4.1.1.1.1");
    assert!(identity.sop_instance_uid.as_str().starts_with("2.25."));
    assert_ne!(identity.study_instance_uid, identity.series_instance_uid);
    assert_eq!((identity.modality.as_str(), identity.body_part.as_str()), ("DX", "LSPINE"));
    assert_eq!(identity.view_position, "LL");
    assert_eq!(identity.patient_orientation, Some(["A".to_owned(), "F".to_owned()]));
    assert_eq!(identity.pixel_spacing, radiograph.spacing);
    assert_eq!(read(&dicom("spacing_none")).unwrap().1.patient_orientation, None);
}

#[test]
fn calibrated_spacing_goes_before_the_detectors_and_the_scanners() {
    let spacing = |name: &str| read(&dicom(name)).unwrap().0.spacing;
    let at = |row_mm, column_mm, source| Some(PixelSpacing { row_mm, column_mm, source });
    assert_eq!(spacing("spacing_calibrated"), at(0.14, 0.15, SpacingSource::PixelSpacing));
    assert_eq!(spacing("explicit_le"), at(0.2, 0.25, SpacingSource::ImagerPixelSpacing));
    assert_eq!(spacing("spacing_scanned"), at(0.1, 0.11, SpacingSource::NominalScannedPixelSpacing));
    assert_eq!(spacing("spacing_none"), None, "a spacing of 0 is none");
}

#[test]
fn percentiles_equal_numpys() {
    let (radiograph, _) = read(&dicom("explicit_le")).unwrap();
    for (percent, value) in expected().percentiles_of_explicit_le {
        let (low, high) = radiograph.percentile_window([percent, percent]);
        assert!((low - value).abs() < 1e-9 && low == high, "{percent}: {low} instead of {value}");
    }
}

#[test]
fn refusals_name_what_is_wrong() {
    assert_eq!(
        refusal("truncated"),
        "the pixel data has 1000 bytes, 48 x 64 pixels of 2 bytes need 6144; send the image again"
    );
    assert_eq!(refusal("no_pixel_data"), "no pixel data: the object is not an image");
    for (name, words) in [
        ("cut_off", "the file is not a complete DICOM file: "),
        ("not_dicom", "the file is not a complete DICOM file: "),
        ("multi_frame", "the image has 2 frames; only single-frame"),
        ("rgb", "the image is RGB with 3 samples per pixel; only single-frame"),
        ("too_large", "the image has 65535 x 65535 pixels, more than the 100000000"),
        ("no_study", "the attribute Study Instance UID is missing"),
        ("slope_0", "the attribute Rescale Slope is wrong: it is 0"),
        ("all_padding", "the attribute Pixel Padding Value is wrong: every pixel has it"),
        ("jpeg_extended_51_12_bit", "cannot decode JPEG Extended (Process 2 & 4) (1.2.840.10008.1.2.4.51): "),
        ("corrupt_jpeg_lossless", "cannot decode JPEG Lossless"),
        ("cut_off_jpeg_lossless", "the stream ends after "),
        ("cut_off_jpegls", "cannot decode JPEG-LS Lossless Image Compression (1.2.840.10008.1.2.4.80): "),
        ("cut_off_jpeg_baseline", "cannot decode JPEG Baseline (Process 1) (1.2.840.10008.1.2.4.50): "),
        ("cut_off_jpeg2000", "cannot decode JPEG 2000 Image Compression (Lossless Only) (1.2.840.10008.1.2.4.90): "),
        ("cut_off_rle", "cannot decode RLE Lossless (1.2.840.10008.1.2.5): "),
        ("rle_with_a_billion_segments", "the stream has 1073741823 segments"),
        ("jpeg2000_of_other_size", "the stream has 48 x 64 pixels, the data set says 96 x 64"),
    ] {
        let message = refusal(name);
        assert!(message.contains(words), "{name}: {message}");
        assert!(!message.contains("IMAGING^TEST"), "{name} names the patient: {message}");
    }
}

#[test]
fn a_missing_file_is_named_and_stays_missing() {
    let error = read("nowhere/image.dcm".as_ref()).unwrap_err();
    assert!(matches!(&error, ImagingError::Access { .. }) && error.is_permanent());
    assert!(error.to_string().starts_with("cannot access nowhere/image.dcm: "), "{error}");
}

/// A folder opens like a file and fails when it is read, as a failing disk does.
#[test]
fn a_disk_that_fails_is_worth_another_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let error = read(folder.path()).unwrap_err();
    assert!(matches!(&error, ImagingError::Access { .. }) && !error.is_permanent(), "{error}");
}

/// Where the compressed stream of an encapsulated file lies: behind the item of the offset table and
/// the item's own header, before the sequence delimiter.
fn stream_of(file: &[u8]) -> std::ops::Range<usize> {
    let item = [0xFE, 0xFF, 0x00, 0xE0];
    let items: Vec<usize> = (0..file.len() - 4).filter(|&at| file[at..at + 4] == item).collect();
    items[items.len() - 1] + 8..file.len() - 8
}

/// Whatever a byte of a stream is changed to, reading ends with a picture or a sentence, not with a
/// panic. (Lengths of elements are the scanner's to check, before a file comes here.)
#[test]
fn damaged_streams_end_with_a_picture_or_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.dcm");
    for name in ["rle", "jpeg_baseline_50", "jpeg_lossless_70", "jpegls_80", "jpeg2000_90"] {
        let whole = std::fs::read(dicom(name)).unwrap();
        let stream = stream_of(&whole);
        let mut sentences = 0;
        for at in stream.clone().take(120).chain(stream.clone().step_by(101)) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xA5;
            std::fs::write(&path, &damaged).unwrap();
            match read(&path) {
                Ok((radiograph, _)) => assert_eq!(radiograph.pixels.len(), 48 * 64, "{name} with byte {at} changed"),
                Err(ImagingError::Codec { .. }) => sentences += 1,
                Err(error) => panic!("{name} with byte {at} changed: {error}"),
            }
        }
        assert!(sentences > 0, "{name}: no damage was noticed");
    }
}

#[test]
fn png_keeps_sixteen_bits_and_takes_the_given_spacing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.png");
    let (radiograph, _) = read(&dicom("sixteen_bit")).unwrap();
    png::write(&path, &radiograph).unwrap();
    let again = read_png(&path, Some([0.3, 0.4])).unwrap();
    assert_eq!(again.pixels, radiograph.pixels);
    let given = PixelSpacing { row_mm: 0.3, column_mm: 0.4, source: SpacingSource::Given };
    assert_eq!(again.spacing, Some(given));

    png::write_grey_levels(&path, 3, 2, &[0, 1, 2, 253, 254, 255]).unwrap();
    let eight_bit = read_png(&path, None).unwrap();
    let pixels = vec![0.0, 1.0, 2.0, 253.0, 254.0, 255.0];
    assert_eq!(eight_bit, Radiograph { width: 3, height: 2, pixels, spacing: None });
}

#[test]
fn png_of_another_kind_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("colour.png");
    let mut encoder = ::png::Encoder::new(std::fs::File::create(&path).unwrap(), 1, 1);
    encoder.set_color(::png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&[1, 2, 3]).unwrap();
    assert!(
        read_png(&path, None).unwrap_err().to_string().ends_with("is no 8 or 16 bit grey PNG: it is Rgb with 8 bits")
    );

    std::fs::write(&path, b"no picture").unwrap();
    assert!(matches!(read_png(&path, None), Err(ImagingError::Png { .. })));
}
