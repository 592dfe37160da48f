//! DICOM and PNG files to [`Radiograph`].
//!
//! The caller has already walked a file from the network with the bounded scanner of
//! [`crate::dimse::dataset`]; what is parsed here runs in a worker process.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_encoding::TransferSyntaxIndex;
use dicom_object::{DefaultDicomObject, OpenFileOptions};
use dicom_pixeldata::PixelDecoder;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::attributes::{identity_of, number, text};
use super::error::ImagingError;
use super::modality::ModalityTransform;
use super::radiograph::{PixelSpacing, Radiograph, SpacingSource};
use crate::analysis::ImageIdentity;

/// Most pixels of an image: 100 megapixels, several times the largest detector.
pub const MOST_PIXELS: usize = 100_000_000;

/// Reads a CR or DX image: pixel values after the Modality LUT (PS3.3 C.11.1), bone bright, no VOI
/// window; and what identifies it.
///
/// # Errors
/// [`ImagingError`] names what is missing, broken or not decodable.
pub fn read(path: &Path) -> Result<(Radiograph, ImageIdentity), ImagingError> {
    File::open(path).map_err(|source| ImagingError::Unreadable { path: path.to_owned(), source })?;
    let object = shielded(|| OpenFileOptions::new().open_file(path).map_err(|e| with_causes(&e)))
        .map_err(ImagingError::NotDicom)?;
    let layout = PixelLayout::of(&object)?;
    let identity = identity_of(&object, layout.rows, layout.columns)?;
    let samples = decode_samples(&object, &layout)?;
    let transform = ModalityTransform::of(&object, layout.signed)?;
    let mut pixels: Vec<f32> = samples.into_iter().map(|stored| transform.apply(layout.value(stored))).collect();
    if layout.bone_is_dark {
        invert(&mut pixels);
    }
    let spacing = identity.pixel_spacing;
    Ok((Radiograph { width: layout.columns, height: layout.rows, pixels, spacing }, identity))
}

/// Reads an 8 or 16 bit grey PNG, bone bright; `spacing_mm` is row and column spacing.
///
/// # Errors
/// [`ImagingError::Png`] for another kind of PNG, [`ImagingError::Unreadable`] for no file.
pub fn read_png(path: &Path, spacing_mm: Option<[f64; 2]>) -> Result<Radiograph, ImagingError> {
    let unreadable = |source| ImagingError::Unreadable { path: path.to_owned(), source };
    let bad = |e: png::DecodingError| ImagingError::Png(e.to_string());
    let file = std::io::BufReader::new(File::open(path).map_err(unreadable)?);
    let mut reader = png::Decoder::new(file).read_info().map_err(bad)?;
    let info = reader.info();
    let (width, height, depth) = (info.width as usize, info.height as usize, info.bit_depth);
    if info.color_type != png::ColorType::Grayscale {
        return Err(ImagingError::Png(format!("its colour type is {:?}, not greyscale", info.color_type)));
    }
    check_size(height, width)?;
    let mut bytes = vec![0; reader.output_buffer_size().unwrap_or(0)];
    reader.next_frame(&mut bytes).map_err(bad)?;
    let pixels = match depth {
        png::BitDepth::Eight => bytes.iter().map(|&b| f32::from(b)).collect(),
        png::BitDepth::Sixteen => bytes.chunks_exact(2).map(|b| f32::from(u16::from_be_bytes([b[0], b[1]]))).collect(),
        other => return Err(ImagingError::Png(format!("its bit depth is {other:?}, not 8 or 16"))),
    };
    let spacing =
        spacing_mm.map(|[row_mm, column_mm]| PixelSpacing { row_mm, column_mm, source: SpacingSource::Given });
    Ok(Radiograph { width, height, pixels, spacing })
}

/// How the stored samples are to be read (PS3.5 section 8).
struct PixelLayout {
    rows: usize,
    columns: usize,
    bytes_per_pixel: usize,
    bits_stored: u32,
    shift: u32,
    signed: bool,
    bone_is_dark: bool,
}

impl PixelLayout {
    fn of(object: &DefaultDicomObject) -> Result<Self, ImagingError> {
        let required = |tag: Tag, attribute: &'static str| {
            number(object, tag)
                .ok_or_else(|| ImagingError::Attribute { attribute, problem: "is missing or no number".into() })
        };
        let rows = required(tags::ROWS, "Rows (0028,0010)")? as usize;
        let columns = required(tags::COLUMNS, "Columns (0028,0011)")? as usize;
        check_size(rows, columns)?;
        let samples = number(object, tags::SAMPLES_PER_PIXEL).unwrap_or(1.0);
        if samples != 1.0 {
            return Err(ImagingError::NotGrey(format!("the image has {samples} samples a pixel")));
        }
        let frames = number(object, tags::NUMBER_OF_FRAMES).unwrap_or(1.0);
        if frames > 1.0 {
            return Err(ImagingError::NotGrey(format!("the image has {frames} frames")));
        }
        let bone_is_dark = match text(object, tags::PHOTOMETRIC_INTERPRETATION).as_str() {
            "MONOCHROME1" => true,
            "MONOCHROME2" => false,
            other => return Err(ImagingError::NotGrey(format!("the photometric interpretation is \"{other}\""))),
        };
        let allocated = required(tags::BITS_ALLOCATED, "Bits Allocated (0028,0100)")?;
        let stored = number(object, tags::BITS_STORED).unwrap_or(allocated);
        let high = number(object, tags::HIGH_BIT).unwrap_or(stored - 1.0);
        let signed = number(object, tags::PIXEL_REPRESENTATION).unwrap_or(0.0) == 1.0;
        if !(allocated == 8.0 || allocated == 16.0)
            || !(1.0..=allocated).contains(&stored)
            || high + 1.0 < stored
            || high >= allocated
        {
            return Err(ImagingError::Attribute {
                attribute: "Bits Allocated, Bits Stored and High Bit (0028,0100-0102)",
                problem: format!("are {allocated}, {stored} and {high}: no layout of 8 to 16 bits"),
            });
        }
        let (bytes_per_pixel, bits_stored, shift) =
            (allocated as usize / 8, stored as u32, (high + 1.0 - stored) as u32);
        Ok(Self { rows, columns, bytes_per_pixel, bits_stored, shift, signed, bone_is_dark })
    }

    /// The value a stored sample stands for.
    fn value(&self, stored: u16) -> i32 {
        let bits = (u32::from(stored) >> self.shift) & ((1 << self.bits_stored) - 1);
        if self.signed && bits >> (self.bits_stored - 1) == 1 {
            bits as i32 - (1 << self.bits_stored)
        } else {
            bits as i32
        }
    }
}

fn check_size(rows: usize, columns: usize) -> Result<(), ImagingError> {
    if rows == 0 || columns == 0 {
        return Err(ImagingError::Attribute {
            attribute: "Rows and Columns (0028,0010-0011)",
            problem: format!("are {rows} and {columns}"),
        });
    }
    if rows.saturating_mul(columns) > MOST_PIXELS {
        return Err(ImagingError::TooLarge { rows, columns, limit: MOST_PIXELS });
    }
    Ok(())
}

/// The stored samples, `rows * columns` of them.
fn decode_samples(object: &DefaultDicomObject, layout: &PixelLayout) -> Result<Vec<u16>, ImagingError> {
    if object.get(tags::PIXEL_DATA).is_none() {
        return Err(ImagingError::NoPixelData);
    }
    let uid = object.meta().transfer_syntax().to_owned();
    let name = TransferSyntaxRegistry.get(&uid).map_or("unknown transfer syntax", |ts| ts.name()).to_owned();
    let decoded = shielded(|| object.decode_pixel_data().map_err(|e| with_causes(&e)))
        .map_err(|reason| ImagingError::CannotDecode { name, uid, reason })?;
    let (bytes, pixels) = (decoded.data(), layout.rows * layout.columns);
    let needed = pixels * layout.bytes_per_pixel;
    if bytes.len() < needed {
        let (rows, columns, bytes_per_pixel) = (layout.rows, layout.columns, layout.bytes_per_pixel);
        return Err(ImagingError::PixelDataSize { found: bytes.len(), needed, rows, columns, bytes_per_pixel });
    }
    Ok(match layout.bytes_per_pixel {
        1 => bytes[..needed].iter().map(|&b| u16::from(b)).collect(),
        _ => bytes[..needed].chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect(),
    })
}

/// MONOCHROME1: the smallest value is displayed white. Mirrors the values between their extremes, so
/// that the range is kept.
fn invert(pixels: &mut [f32]) {
    let (low, high) = pixels.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), &p| (l.min(p), h.max(p)));
    for pixel in pixels {
        *pixel = low + high - *pixel;
    }
}

/// Runs third-party parsing and decoding so that its panic is an error of this file. The worker
/// process around it is the outer wall.
fn shielded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("the decoder broke down on it".into()))
}

/// An error and its causes in one sentence: dicom-rs says the point in the innermost one.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut sentence = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        sentence.push_str(": ");
        sentence.push_str(&cause.to_string());
        source = cause.source();
    }
    sentence
}
