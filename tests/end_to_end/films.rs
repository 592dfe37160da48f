//! Images to send, made from the sample films, and sending a file as it is.

use std::fs;
use std::path::{Path, PathBuf};

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, open_file};
use spinetriage::dimse::part10::FileHeader;
use spinetriage::dimse::{Peer, ProposedContext, StoreAssociation, Timeouts};
use spinetriage::identifiers::{AeTitle, Uid};

use crate::tools::root;

/// An image in a study of its own.
pub struct Film {
    pub file: PathBuf,
    pub study: String,
    pub image: String,
}

/// A sample by name.
pub fn sample(name: &str) -> PathBuf {
    root().join(format!("tests/data/samples/{name}.dcm"))
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
    Film { file, study, image }
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

/// Sends the data set of a file as it is, which DCMTK would not do with every one, and gives the status answered.
pub fn send_as_is(calling: &str, called: &str, port: u16, file: &Path) -> String {
    let header = FileHeader::parse(&fs::read(file).unwrap()).unwrap();
    let [class, instance] = [header.sop_class_uid, header.sop_instance_uid].map(|uid| Uid::new(&uid.unwrap()).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let peer = Peer { ae_title: AeTitle::new(called).unwrap(), address: format!("127.0.0.1:{port}") };
        let context = ProposedContext { sop_class_uid: class.to_string(), transfer_syntax: header.transfer_syntax };
        let calling = AeTitle::new(calling).unwrap();
        let mut association = StoreAssociation::open(&peer, &calling, &[context], Timeouts::default()).await.unwrap();
        let response = association.store(file, &class, &instance).await.unwrap();
        association.release().await.unwrap();
        format!("{:04X}", response.status.code())
    })
}
