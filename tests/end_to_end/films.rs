//! Images to send, made from the sample films.

use std::fs;
use std::path::{Path, PathBuf};

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, open_file};
use spinetriage::dicom::part10::FileHeader;
use spinetriage::identifiers::Uid;

use crate::support::root;
use crate::support::samples::sample;

/// An image in a study of its own.
pub struct Film {
    pub file: PathBuf,
    pub study: String,
    pub series: String,
    pub image: String,
}

/// Digits at the end of a UID that number its successors.
const NUMBER: usize = 6;
/// Where a file's UIDs are, all of them in front of its pixels.
const HEAD: usize = 4096;

impl Film {
    /// Makes it the next image of its study. Digits are replaced in the file, where they stand: nothing is encoded
    /// again, so thousands of films cost nothing to make.
    pub fn renumber(&mut self, number: usize) {
        // In the header and in the data set.
        self.image = renumbered(&self.file, &self.image, number, 2);
    }

    /// Moves it to the next study, as the first image of a series there.
    pub fn renumber_study(&mut self, number: usize) {
        self.study = renumbered(&self.file, &self.study, number, 1);
        self.series = renumbered(&self.file, &self.series, number, 1);
    }
}

/// Gives a UID in a file its number, at all of the places where it must be.
fn renumbered(file: &Path, uid: &str, number: usize, places: usize) -> String {
    let new = format!("{}{number:0NUMBER$}", &uid[..uid.len() - NUMBER]);
    assert_eq!(new.len(), uid.len(), "a UID has room for {NUMBER} digits");
    let mut bytes = fs::read(file).unwrap();
    let found: Vec<usize> = (0..HEAD.min(bytes.len())).filter(|i| bytes[*i..].starts_with(uid.as_bytes())).collect();
    assert_eq!(found.len(), places, "{uid} in the head of {}", file.display());
    for place in found {
        bytes[place..place + uid.len()].copy_from_slice(new.as_bytes());
    }
    fs::write(file, bytes).unwrap();
    new
}

/// A copy of a sample with UIDs of its own, changed by `change`.
pub fn film_with(folder: &Path, name: &str, change: impl FnOnce(&mut DefaultDicomObject)) -> Film {
    let mut object = open_file(sample(name)).unwrap();
    let [study, series, image] = [(); 3].map(|()| Uid::generate().to_string());
    for (tag, uid) in
        [(tags::STUDY_INSTANCE_UID, &study), (tags::SERIES_INSTANCE_UID, &series), (tags::SOP_INSTANCE_UID, &image)]
    {
        object.put(DataElement::new(tag, VR::UI, uid.as_str()));
    }
    object.meta_mut().media_storage_sop_instance_uid = image.clone();
    change(&mut object);
    object.meta_mut().update_information_group_length();
    let file = folder.join(format!("{image}.dcm"));
    object.write_to_file(&file).unwrap();
    Film { file, study, series, image }
}

/// A copy of a sample with UIDs of its own.
pub fn film(folder: &Path, name: &str) -> Film {
    film_with(folder, name, |_| {})
}

/// A film of 3072 x 2560 pixels of 16 bits (15 MB) of a chest: received, but not analysed.
pub fn big_chest(folder: &Path) -> Film {
    film_with(folder, "intact", |object| {
        let pixels: Vec<u16> = (0..3072 * 2560u32).map(|i| (i % 4093) as u16).collect();
        object.put(DataElement::new(tags::ROWS, VR::US, PrimitiveValue::from(3072u16)));
        object.put(DataElement::new(tags::COLUMNS, VR::US, PrimitiveValue::from(2560u16)));
        object.put(DataElement::new(tags::BODY_PART_EXAMINED, VR::CS, "CHEST"));
        object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
    })
}

/// The chest X-ray of the pydicom-data package (RG1 of the NEMA WG-04 images).
pub fn chest() -> PathBuf {
    let site_packages = root().join("vendor/python/lib");
    let versions =
        fs::read_dir(&site_packages).unwrap_or_else(|e| panic!("{}: {e}: run scripts/test", site_packages.display()));
    let in_version = |v: fs::DirEntry| v.path().join("site-packages/data_store/data/RG1_UNCR.dcm");
    let found = versions.map(|v| in_version(v.unwrap())).find(|f| f.exists());
    found.unwrap_or_else(|| panic!("pydicom-data is not in {}: run scripts/test", site_packages.display()))
}

/// What a file says of itself, and its data set byte by byte.
pub fn dataset_of(file: &[u8]) -> (FileHeader, &[u8]) {
    let header = FileHeader::parse(file).unwrap();
    let start = header.dataset_offset as usize;
    (header, &file[start..])
}
