//! The UIDs of PS3.6 Annex A that this software negotiates.

/// Application context of DICOM (PS3.7 A.2.1).
pub const APPLICATION_CONTEXT: &str = "1.2.840.10008.3.1.1.1";

/// Verification SOP Class (C-ECHO).
pub const VERIFICATION: &str = "1.2.840.10008.1.1";
/// Storage Commitment Push Model SOP Class.
pub const STORAGE_COMMITMENT: &str = "1.2.840.10008.1.20.1";
/// Its one instance, which is every archive's.
pub const STORAGE_COMMITMENT_INSTANCE: &str = "1.2.840.10008.1.20.1.1";
/// Computed Radiography Image Storage.
pub const CR_IMAGE_STORAGE: &str = "1.2.840.10008.5.1.4.1.1.1";
/// Digital X-Ray Image Storage, for presentation.
pub const DX_IMAGE_FOR_PRESENTATION: &str = "1.2.840.10008.5.1.4.1.1.1.1";
/// Digital X-Ray Image Storage, for processing.
pub const DX_IMAGE_FOR_PROCESSING: &str = "1.2.840.10008.5.1.4.1.1.1.1.1";

/// What the receiver accepts by default: spine X-rays and C-ECHO.
pub const RECEIVED_SOP_CLASSES: [&str; 4] =
    [VERIFICATION, CR_IMAGE_STORAGE, DX_IMAGE_FOR_PRESENTATION, DX_IMAGE_FOR_PROCESSING];

/// Implicit VR Little Endian.
pub const IMPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2";
/// Explicit VR Little Endian.
pub const EXPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";
/// What storage commitment is spoken in: it has no pixels, so nothing is compressed.
pub const COMMITMENT_TRANSFER_SYNTAXES: [&str; 2] = [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN];
/// Deflated Explicit VR Little Endian.
pub const DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1.99";
/// Explicit VR Big Endian (retired, still sent).
pub const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// What the receiver accepts by default: every encoding whose pixels the analysis can decode.
/// JPEG Extended (…4.51) is left out because its 12-bit images cannot be decoded here: a sender
/// that is refused it falls back to another encoding, one that is accepted would send in vain.
pub const RECEIVED_TRANSFER_SYNTAXES: [&str; 12] = [
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    "1.2.840.10008.1.2.4.50", // JPEG Baseline, 8 bit
    "1.2.840.10008.1.2.4.57", // JPEG Lossless
    "1.2.840.10008.1.2.4.70", // JPEG Lossless, first-order prediction
    "1.2.840.10008.1.2.4.80", // JPEG-LS Lossless
    "1.2.840.10008.1.2.4.81", // JPEG-LS Near-lossless
    "1.2.840.10008.1.2.4.90", // JPEG 2000 Lossless
    "1.2.840.10008.1.2.4.91", // JPEG 2000
    "1.2.840.10008.1.2.5",    // RLE Lossless
];

/// What X-ray modalities send beside the images that are analysed: taken only to be passed on.
pub const FORWARDED_SOP_CLASSES: [&str; 20] = [
    "1.2.840.10008.5.1.4.1.1.1.2",   // Digital Mammography X-Ray, for presentation
    "1.2.840.10008.5.1.4.1.1.1.2.1", // and for processing
    "1.2.840.10008.5.1.4.1.1.1.3",   // Digital Intra-Oral X-Ray, for presentation
    "1.2.840.10008.5.1.4.1.1.1.3.1", // and for processing
    "1.2.840.10008.5.1.4.1.1.7",     // Secondary Capture
    "1.2.840.10008.5.1.4.1.1.7.1",   // Multi-frame Single Bit Secondary Capture
    "1.2.840.10008.5.1.4.1.1.7.2",   // Multi-frame Grayscale Byte Secondary Capture
    "1.2.840.10008.5.1.4.1.1.7.3",   // Multi-frame Grayscale Word Secondary Capture
    "1.2.840.10008.5.1.4.1.1.7.4",   // Multi-frame True Color Secondary Capture
    "1.2.840.10008.5.1.4.1.1.11.1",  // Grayscale Softcopy Presentation State
    "1.2.840.10008.5.1.4.1.1.12.1",  // X-Ray Angiographic
    "1.2.840.10008.5.1.4.1.1.12.2",  // X-Ray Radiofluoroscopic
    "1.2.840.10008.5.1.4.1.1.88.11", // Basic Text SR
    "1.2.840.10008.5.1.4.1.1.88.22", // Enhanced SR
    "1.2.840.10008.5.1.4.1.1.88.33", // Comprehensive SR
    "1.2.840.10008.5.1.4.1.1.88.34", // Comprehensive 3D SR
    "1.2.840.10008.5.1.4.1.1.88.50", // Mammography CAD SR
    "1.2.840.10008.5.1.4.1.1.88.59", // Key Object Selection Document
    "1.2.840.10008.5.1.4.1.1.88.67", // X-Ray Radiation Dose SR
    "1.2.840.10008.5.1.4.1.1.104.1", // Encapsulated PDF
];

/// Encodings that cannot be decoded here, but passed on.
pub const FORWARDED_TRANSFER_SYNTAXES: [&str; 6] = [
    "1.2.840.10008.1.2.4.51",  // JPEG Extended, 12 bit
    "1.2.840.10008.1.2.4.92",  // JPEG 2000 Part 2 Lossless
    "1.2.840.10008.1.2.4.93",  // JPEG 2000 Part 2
    "1.2.840.10008.1.2.4.201", // High-Throughput JPEG 2000 Lossless
    "1.2.840.10008.1.2.4.202", // High-Throughput JPEG 2000 RPCL Lossless
    "1.2.840.10008.1.2.4.203", // High-Throughput JPEG 2000
];
