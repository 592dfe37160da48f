//! Images and masks from files: DICOM, grey PNG or NumPy.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use super::npy::{self, Matrix};
use crate::dicom::scan;
use crate::findings::PixelSpacing;
use crate::imaging::{MAX_PIXELS, Radiograph, decode};
use crate::radiomics::{Image, Mask};

/// An image to measure.
#[derive(Debug)]
pub struct ImageFile {
    /// Values and size of a pixel.
    pub image: Image,
    /// Range of the file's pixel type when the values are whole numbers.
    pub integer_range: Option<[f64; 2]>,
}

/// Reads an image; `spacing_mm` (rows, columns) wins over what the file says.
///
/// # Errors
/// A sentence that names the file when it cannot be read or says no pixel size.
pub fn read_image(path: &Path, spacing_mm: Option<[f64; 2]>) -> Result<ImageFile, String> {
    let named = |problem: String| format!("{}: {problem}", path.display());
    let (width, height, pixels, own_spacing, integer_range) = match kind(path) {
        Kind::Npy => {
            let Matrix { rows, columns, values, integer_range } = read_npy(path)?;
            (columns, rows, values, None, integer_range)
        }
        Kind::Png => {
            let radiograph = decode::read_png(path, None).map_err(|e| named(e.to_string()))?;
            of_radiograph(radiograph, Some([0.0, png_maximum(path).map_err(&named)?]))
        }
        Kind::Dicom => {
            scan::check(path)?;
            let (radiograph, _) = decode::read(path).map_err(|e| named(e.to_string()))?;
            let signed = radiograph.pixels.iter().any(|&value| value < 0.0);
            // Fractions show that the Modality LUT made the values real.
            let whole = radiograph.pixels.iter().all(|value| value.fract() == 0.0);
            let range = if signed { [i16::MIN.into(), i16::MAX.into()] } else { [0.0, u16::MAX.into()] };
            of_radiograph(radiograph, whole.then_some(range))
        }
    };
    let Some([row_mm, column_mm]) = spacing_mm.or(own_spacing) else {
        return Err(named("it does not say how large a pixel is: pass --spacing ROW,COL in millimetres".into()));
    };
    Ok(ImageFile { image: Image { width, height, pixels, row_mm, column_mm }, integer_range })
}

type Parts = (usize, usize, Vec<f64>, Option<[f64; 2]>, Option<[f64; 2]>);

fn of_radiograph(radiograph: Radiograph, integer_range: Option<[f64; 2]>) -> Parts {
    let Radiograph { width, height, pixels, spacing } = radiograph;
    let pixels = pixels.into_iter().map(f64::from).collect();
    let spacing = spacing.map(|PixelSpacing { row_mm, column_mm, .. }| [row_mm, column_mm]);
    (width, height, pixels, spacing, integer_range)
}

/// Largest value of a PNG's samples.
fn png_maximum(path: &Path) -> Result<f64, String> {
    let bits = png_info(path)?.info().bit_depth as u32;
    Ok(f64::from(2_u32.pow(bits) - 1))
}

fn png_info(path: &Path) -> Result<png::Reader<BufReader<File>>, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    png::Decoder::new(BufReader::new(file)).read_info().map_err(|e| e.to_string())
}

/// The labels of a mask, one a pixel.
#[derive(Debug)]
pub struct Labels {
    width: usize,
    height: usize,
    values: Vec<f64>,
}

impl Labels {
    /// Reads a mask; grey values, palette indices or elements are labels.
    ///
    /// # Errors
    /// A sentence that names the file when it cannot be read.
    pub fn read(path: &Path) -> Result<Self, String> {
        match kind(path) {
            Kind::Npy => {
                let Matrix { rows, columns, values, .. } = read_npy(path)?;
                Ok(Self { width: columns, height: rows, values })
            }
            Kind::Png => read_png_labels(path).map_err(|problem| format!("{}: {problem}", path.display())),
            Kind::Dicom => Err(format!("{}: a mask is a PNG or .npy file", path.display())),
        }
    }

    /// The pixels of `label`, or all that are not 0.
    ///
    /// # Errors
    /// A sentence when no pixel has the label.
    pub fn mask(&self, label: Option<u32>) -> Result<Mask, String> {
        let inside: Vec<bool> = match label {
            Some(label) => self.values.iter().map(|&value| value == f64::from(label)).collect(),
            None => self.values.iter().map(|&value| value != 0.0).collect(),
        };
        match label {
            Some(label) if !inside.contains(&true) => {
                Err(format!("the mask has no pixel of label {label}: it has {}", self.known()))
            }
            _ => Ok(Mask { width: self.width, height: self.height, inside }),
        }
    }

    fn known(&self) -> String {
        let mut labels: Vec<f64> = self.values.iter().copied().filter(|value| *value != 0.0).collect();
        labels.sort_unstable_by(f64::total_cmp);
        labels.dedup();
        match labels.len() {
            0 => "only 0, which is outside".into(),
            1..=20 => format!("the labels {}", labels.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")),
            count => format!("{count} labels from {} to {}", labels[0], labels[count - 1]),
        }
    }
}

enum Kind {
    Npy,
    Png,
    Dicom,
}

fn kind(path: &Path) -> Kind {
    let is = |wanted: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(wanted));
    match () {
        () if is("npy") => Kind::Npy,
        () if is("png") => Kind::Png,
        () => Kind::Dicom,
    }
}

fn read_npy(path: &Path) -> Result<Matrix, String> {
    let bytes = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    npy::parse(&bytes).map_err(|problem| format!("{}: {problem}", path.display()))
}

fn read_png_labels(path: &Path) -> Result<Labels, String> {
    let mut reader = png_info(path)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    if width.saturating_mul(height) > MAX_PIXELS {
        return Err(format!("it has {width} x {height} pixels, more than {MAX_PIXELS}"));
    }
    if !matches!(reader.info().color_type, png::ColorType::Grayscale | png::ColorType::Indexed) {
        return Err(format!("it is {:?}: a mask is grey or has a palette", reader.info().color_type));
    }
    let bits = reader.info().bit_depth as usize;
    let line = (width * bits).div_ceil(8);
    let mut bytes = vec![0; line * height];
    reader.next_frame(&mut bytes).map_err(|e| e.to_string())?;
    let mut values = Vec::with_capacity(width * height);
    for row in bytes.chunks_exact(line.max(1)) {
        values.extend((0..width).map(|column| match bits {
            16 => f64::from(u16::from_be_bytes([row[2 * column], row[2 * column + 1]])),
            // Small samples are packed from the highest bit of a byte on.
            bits => {
                let position = column * bits;
                let sample = row[position / 8] >> (8 - bits - position % 8);
                f64::from(sample & (0xFF >> (8 - bits)))
            }
        }));
    }
    Ok(Labels { width, height, values })
}
