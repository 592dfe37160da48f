//! Films on which there is no vertebra: nothing is found, and the report says so. The headers all say
//! that it is a spine, so that only the pixels speak.

use std::fs;
use std::path::{Path, PathBuf};

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::open_file;
use serde_json::Value;

use crate::support::programs::{onnxruntime, spinetriage};
use crate::support::root;
use crate::support::samples::sample;

/// The hand's header with other pixels.
fn film_of(folder: &Path, name: &str, pixel: impl FnMut(usize) -> u16) -> PathBuf {
    let mut object = open_file(sample("no_spine/hand")).unwrap();
    let size = [tags::ROWS, tags::COLUMNS].map(|tag| object.element(tag).unwrap().to_int::<usize>().unwrap());
    let pixels: Vec<u16> = (0..size[0] * size[1]).map(pixel).collect();
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
    let file = folder.join(name);
    object.write_to_file(&file).unwrap();
    file
}

/// Values of 0 to 4095 that follow no rule a detector could see (the low bits of a linear
/// congruential generator are its poor ones).
fn noise() -> impl FnMut(usize) -> u16 {
    let mut state = 20_263_u64;
    move |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 52) as u16
    }
}

#[test]
fn nothing_is_found_where_there_is_no_vertebra_and_the_report_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let reports = folder.path().join("reports");
    let mut files = ["no_spine/hand", "no_spine/chest", "no_spine/hip"].map(sample).to_vec();
    files.push(film_of(folder.path(), "black.dcm", |_| 0));
    files.push(film_of(folder.path(), "white.dcm", |_| 4095));
    files.push(film_of(folder.path(), "noise.dcm", noise()));
    for file in files {
        let (library, files) = (onnxruntime(), [&reports, &file].map(|path| path.to_str().unwrap()));
        let arguments = ["analyze", "--json", "--bundle", "bundles/demo", "--onnxruntime", library.to_str().unwrap()];
        let output = spinetriage(root(), arguments.into_iter().chain(["--report"]).chain(files));
        let name = file.display();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["vertebrae"], Value::Array(vec![]), "{name}");
        let written: Vec<_> = fs::read_dir(&reports).unwrap().map(|entry| entry.unwrap().path()).collect();
        let [report] = &written[..] else { panic!("{name}: {written:?}") };
        assert!(says(report, "No vertebra was found on image 1. Research use only"), "{name}");
        assert!(says(report, "esearch use only, not for diagnosis"), "{name}");
        fs::remove_dir_all(&reports).unwrap();
    }
}

/// Whether a text of the structured report holds these words.
fn says(report: &Path, words: &str) -> bool {
    let bytes = fs::read(report).unwrap();
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}
