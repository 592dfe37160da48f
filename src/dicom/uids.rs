//! The UIDs that this software negotiates, by the names that its rooms use. The numbers are the dictionary's
//! (PS3.6 Annex A); transfer syntaxes have a table of their own ([`super::transfer_syntax`]).

use dicom_dictionary_std::uids as dictionary;

pub use dictionary::{
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, VERIFICATION,
};

/// Explicit VR Big Endian: retired, and deprecated in the dictionary for that, but still sent.
pub const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
/// Application context of DICOM (PS3.7 A.2.1).
pub const APPLICATION_CONTEXT: &str = dictionary::DICOM_APPLICATION_CONTEXT;

/// Storage Commitment Push Model SOP Class.
pub const STORAGE_COMMITMENT: &str = dictionary::STORAGE_COMMITMENT_PUSH_MODEL;
/// Its one instance, which is every archive's.
pub const STORAGE_COMMITMENT_INSTANCE: &str = dictionary::STORAGE_COMMITMENT_PUSH_MODEL_INSTANCE;
/// What storage commitment is spoken in: it has no pixels, so nothing is compressed.
pub const COMMITMENT_TRANSFER_SYNTAXES: [&str; 2] = [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN];

/// Computed Radiography Image Storage.
pub const CR_IMAGE_STORAGE: &str = dictionary::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE;
/// Digital X-Ray Image Storage, for presentation.
pub const DX_IMAGE_FOR_PRESENTATION: &str = dictionary::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION;
/// Digital X-Ray Image Storage, for processing.
pub const DX_IMAGE_FOR_PROCESSING: &str = dictionary::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PROCESSING;

/// What the receiver accepts by default: spine X-rays and C-ECHO.
pub const RECEIVED_SOP_CLASSES: [&str; 4] =
    [VERIFICATION, CR_IMAGE_STORAGE, DX_IMAGE_FOR_PRESENTATION, DX_IMAGE_FOR_PROCESSING];

/// What X-ray modalities send beside the images that are analysed: taken only to be passed on.
pub const FORWARDED_SOP_CLASSES: [&str; 20] = [
    dictionary::DIGITAL_MAMMOGRAPHY_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION,
    dictionary::DIGITAL_MAMMOGRAPHY_X_RAY_IMAGE_STORAGE_FOR_PROCESSING,
    dictionary::DIGITAL_INTRA_ORAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION,
    dictionary::DIGITAL_INTRA_ORAL_X_RAY_IMAGE_STORAGE_FOR_PROCESSING,
    dictionary::SECONDARY_CAPTURE_IMAGE_STORAGE,
    dictionary::MULTI_FRAME_SINGLE_BIT_SECONDARY_CAPTURE_IMAGE_STORAGE,
    dictionary::MULTI_FRAME_GRAYSCALE_BYTE_SECONDARY_CAPTURE_IMAGE_STORAGE,
    dictionary::MULTI_FRAME_GRAYSCALE_WORD_SECONDARY_CAPTURE_IMAGE_STORAGE,
    dictionary::MULTI_FRAME_TRUE_COLOR_SECONDARY_CAPTURE_IMAGE_STORAGE,
    dictionary::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE,
    dictionary::X_RAY_ANGIOGRAPHIC_IMAGE_STORAGE,
    dictionary::X_RAY_RADIOFLUOROSCOPIC_IMAGE_STORAGE,
    dictionary::BASIC_TEXT_SR_STORAGE,
    dictionary::ENHANCED_SR_STORAGE,
    dictionary::COMPREHENSIVE_SR_STORAGE,
    dictionary::COMPREHENSIVE3_DSR_STORAGE,
    dictionary::MAMMOGRAPHY_CADSR_STORAGE,
    dictionary::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE,
    dictionary::X_RAY_RADIATION_DOSE_SR_STORAGE,
    dictionary::ENCAPSULATED_PDF_STORAGE,
];
