//! Grey PNG files: what `extract` and a bundle's self-test read, and test pictures.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use png::{BitDepth, ColorType, Decoder, Encoder, Reader};

use super::samples::words_of_bytes;
use super::{ImagingError, MAX_PIXELS, Radiograph};
use crate::findings::{PixelSpacing, SpacingSource};
use crate::guard::in_words;

/// Reads an 8 or 16 bit grey PNG: its values as they are, bright is bone. `spacing_mm` is the
/// distance of rows and of columns in mm, which a PNG does not say itself.
///
/// # Errors
/// When the file cannot be read, is broken, has colour, transparency or fewer than 8 bits, or is
/// larger than [`MAX_PIXELS`].
pub fn read(path: &Path, spacing_mm: Option<[f64; 2]>) -> Result<Radiograph, ImagingError> {
    let broken = |reason: String| ImagingError::Png { path: path.to_owned(), reason };
    let mut reader = open(path)?;

    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    if width.saturating_mul(height) > MAX_PIXELS {
        return Err(ImagingError::TooLarge { rows: height, columns: width, limit: MAX_PIXELS });
    }
    let bytes_per_sample = match (reader.info().color_type, reader.info().bit_depth) {
        (ColorType::Grayscale, BitDepth::Eight) => 1,
        (ColorType::Grayscale, BitDepth::Sixteen) => 2,
        (color, depth) => return Err(broken(format!("it is {color:?} with {} bits", depth as u8))),
    };
    let mut bytes = vec![0; width * height * bytes_per_sample];
    reader.next_frame(&mut bytes).map_err(|error| broken(in_words(&error)))?;
    if bytes_per_sample == 2 {
        // PNG is big-endian.
        bytes.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
    }
    let pixels = words_of_bytes(&bytes, bytes_per_sample).into_iter().map(f32::from).collect();
    let spacing =
        spacing_mm.map(|[row_mm, column_mm]| PixelSpacing { row_mm, column_mm, source: SpacingSource::Given });
    Ok(Radiograph { width, height, pixels, spacing })
}

/// Width and height in pixels, as the header says.
///
/// # Errors
/// When the file cannot be read or is no PNG.
pub fn size(path: &Path) -> Result<[usize; 2], ImagingError> {
    let reader = open(path)?;
    Ok([reader.info().width, reader.info().height].map(|side| side as usize))
}

fn open(path: &Path) -> Result<Reader<BufReader<File>>, ImagingError> {
    let file = File::open(path).map_err(|source| ImagingError::Access { path: path.to_owned(), source })?;
    let broken = |error| ImagingError::Png { path: path.to_owned(), reason: in_words(&error) };
    Decoder::new(BufReader::new(file)).read_info().map_err(broken)
}

/// Writes a radiograph as a 16 bit grey PNG, its values rounded and clamped to 0..=65535.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, radiograph: &Radiograph) -> Result<(), ImagingError> {
    let bytes: Vec<u8> =
        radiograph.pixels.iter().flat_map(|&value| (value.round().clamp(0.0, 65535.0) as u16).to_be_bytes()).collect();
    write_grey(path, radiograph.width, radiograph.height, BitDepth::Sixteen, &bytes)
}

/// Writes `height * width` grey levels in row-major order as an 8 bit grey PNG.
///
/// # Errors
/// When the file cannot be written or `grey_levels` has another length.
pub fn write_grey_levels(path: &Path, width: usize, height: usize, grey_levels: &[u8]) -> Result<(), ImagingError> {
    write_grey(path, width, height, BitDepth::Eight, grey_levels)
}

fn write_grey(path: &Path, width: usize, height: usize, depth: BitDepth, bytes: &[u8]) -> Result<(), ImagingError> {
    let access = |source| ImagingError::Access { path: path.to_owned(), source };
    let file = File::create(path).map_err(access)?;
    let mut encoder = Encoder::new(BufWriter::new(file), width as u32, height as u32);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(depth);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(bytes)?;
        writer.finish()
    });
    written.map_err(|error| match error {
        png::EncodingError::IoError(source) => access(source),
        error => ImagingError::Png { path: path.to_owned(), reason: in_words(&error) },
    })
}
