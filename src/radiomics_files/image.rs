//! Images: DICOM, grey PNG or NumPy.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use super::RadiomicsFileError;
use super::npy::{self, Matrix};
use crate::dicom::scan;
use crate::imaging::{ImagingError, Radiograph, decode};
use crate::radiomics::Image;

/// An image to measure.
#[derive(Debug)]
pub struct ImageFile {
    /// Values and size of a pixel.
    pub image: Image,
    /// Range of the file's pixel type when the values are whole numbers.
    pub integer_range: Option<[f64; 2]>,
}

impl ImageFile {
    /// Reads an image; `spacing_mm` (rows, columns) wins over what the file says.
    ///
    /// # Errors
    /// When the file cannot be read or says no pixel size.
    pub fn read(path: &Path, spacing_mm: Option<[f64; 2]>) -> Result<Self, RadiomicsFileError> {
        let named = |reason: ImagingError| RadiomicsFileError::Image { path: path.to_owned(), reason };
        let (width, height, pixels, own_spacing, integer_range) = match Kind::of(path) {
            Kind::Npy => {
                let Matrix { rows, columns, values, integer_range } = read_npy(path)?;
                (columns, rows, values, None, integer_range)
            }
            Kind::Png => {
                let radiograph = decode::read_png(path, None).map_err(named)?;
                of_radiograph(radiograph, Some([0.0, png_maximum(path)?]))
            }
            Kind::Dicom => {
                scan::check(path).map_err(|reason| RadiomicsFileError::DataSet { reason })?;
                let (radiograph, _) = decode::read(path).map_err(named)?;
                let signed = radiograph.pixels.iter().any(|&value| value < 0.0);
                // Fractions show that the Modality LUT made the values real.
                let whole = radiograph.pixels.iter().all(|value| value.fract() == 0.0);
                let range = if signed { [i16::MIN.into(), i16::MAX.into()] } else { [0.0, u16::MAX.into()] };
                of_radiograph(radiograph, whole.then_some(range))
            }
        };
        let Some([row_mm, column_mm]) = spacing_mm.or(own_spacing) else {
            return Err(RadiomicsFileError::NoSpacing { path: path.to_owned() });
        };
        Ok(Self { image: Image { width, height, pixels, row_mm, column_mm }, integer_range })
    }
}

type Parts = (usize, usize, Vec<f64>, Option<[f64; 2]>, Option<[f64; 2]>);

fn of_radiograph(radiograph: Radiograph, integer_range: Option<[f64; 2]>) -> Parts {
    let Radiograph { width, height, pixels, spacing } = radiograph;
    let pixels = pixels.into_iter().map(f64::from).collect();
    (width, height, pixels, spacing.map(|pixel| [pixel.row_mm, pixel.column_mm]), integer_range)
}

/// Largest value of a PNG's samples.
fn png_maximum(path: &Path) -> Result<f64, RadiomicsFileError> {
    let bits = open_png(path)?.info().bit_depth as u32;
    Ok(f64::from(2_u32.pow(bits) - 1))
}

/// A PNG whose header is read.
pub fn open_png(path: &Path) -> Result<png::Reader<BufReader<File>>, RadiomicsFileError> {
    let file = File::open(path).map_err(|reason| RadiomicsFileError::Access { path: path.to_owned(), reason })?;
    let png = png::Decoder::new(BufReader::new(file)).read_info();
    png.map_err(|reason| RadiomicsFileError::Png { path: path.to_owned(), reason })
}

/// The matrix in a `.npy` file.
pub fn read_npy(path: &Path) -> Result<Matrix, RadiomicsFileError> {
    let bytes = fs::read(path).map_err(|reason| RadiomicsFileError::Access { path: path.to_owned(), reason })?;
    npy::parse(&bytes).map_err(|reason| RadiomicsFileError::Npy { path: path.to_owned(), reason })
}

/// What a file's name says that it is.
pub enum Kind {
    /// NumPy.
    Npy,
    /// PNG.
    Png,
    /// DICOM, whatever its name.
    Dicom,
}

impl Kind {
    /// By the ending of the name.
    pub fn of(path: &Path) -> Self {
        let is = |wanted: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(wanted));
        match () {
            () if is("npy") => Self::Npy,
            () if is("png") => Self::Png,
            () => Self::Dicom,
        }
    }
}
