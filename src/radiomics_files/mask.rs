//! Masks: PNG or NumPy, whose values are labels.

use std::path::Path;

use super::RadiomicsFileError;
use super::image::{Kind, open_png, read_npy};
use super::npy::Matrix;
use crate::imaging::MAX_PIXELS;
use crate::radiomics::Mask;

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
    /// When the file cannot be read or has no labels.
    pub fn read(path: &Path) -> Result<Self, RadiomicsFileError> {
        match Kind::of(path) {
            Kind::Npy => {
                let Matrix { rows, columns, values, .. } = read_npy(path)?;
                Ok(Self { width: columns, height: rows, values })
            }
            Kind::Png => Self::read_png(path),
            Kind::Dicom => Err(RadiomicsFileError::MaskFormat { path: path.to_owned() }),
        }
    }

    fn read_png(path: &Path) -> Result<Self, RadiomicsFileError> {
        let mut reader = open_png(path)?;
        let (width, height) = (reader.info().width as usize, reader.info().height as usize);
        if width.saturating_mul(height) > MAX_PIXELS {
            return Err(RadiomicsFileError::MaskTooLarge { path: path.to_owned(), width, height });
        }
        let found = reader.info().color_type;
        if !matches!(found, png::ColorType::Grayscale | png::ColorType::Indexed) {
            return Err(RadiomicsFileError::MaskColour { path: path.to_owned(), found });
        }
        let bits = reader.info().bit_depth as usize;
        let line = (width * bits).div_ceil(8);
        let mut bytes = vec![0; line * height];
        reader.next_frame(&mut bytes).map_err(|reason| RadiomicsFileError::Png { path: path.to_owned(), reason })?;
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
        Ok(Self { width, height, values })
    }

    /// The pixels of `label`, or all that are not 0.
    ///
    /// # Errors
    /// When no pixel has the label: those that there are.
    pub fn mask(&self, label: Option<u32>) -> Result<Mask, NoSuchLabel> {
        let inside: Vec<bool> = match label {
            Some(label) => self.values.iter().map(|&value| value == f64::from(label)).collect(),
            None => self.values.iter().map(|&value| value != 0.0).collect(),
        };
        match label {
            Some(label) if !inside.contains(&true) => Err(NoSuchLabel { label, known: self.known() }),
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

/// A label that no pixel has.
#[derive(Debug)]
pub struct NoSuchLabel {
    /// The label.
    pub label: u32,
    /// The labels there are.
    pub known: String,
}
