//! The Modality LUT: stored values to the device's values (PS3.3 C.11.1).

use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;

use super::attributes::number;
use super::error::ImagingError;

/// Rescale slope and intercept, or a lookup table.
pub enum ModalityTransform {
    /// `value * slope + intercept`.
    Rescale {
        /// Rescale Slope (0028,1053).
        slope: f64,
        /// Rescale Intercept (0028,1052).
        intercept: f64,
    },
    /// Modality LUT Sequence (0028,3000): values below the first entry take the first, values above
    /// the last entry take the last (PS3.3 C.11.1.1.1).
    Table {
        /// Stored value of the first entry.
        first: i32,
        /// The entries.
        values: Vec<u16>,
    },
}

impl ModalityTransform {
    /// Reads it from the data set; the identity where there is none.
    pub fn of(object: &DefaultDicomObject, signed: bool) -> Result<Self, ImagingError> {
        let table = object.get(tags::MODALITY_LUT_SEQUENCE).and_then(|e| e.items()).and_then(|items| items.first());
        let Some(item) = table else {
            let slope = number(object, tags::RESCALE_SLOPE).filter(|s| *s != 0.0).unwrap_or(1.0);
            return Ok(Self::Rescale { slope, intercept: number(object, tags::RESCALE_INTERCEPT).unwrap_or(0.0) });
        };
        let broken = |problem: &str| ImagingError::Attribute {
            attribute: "Modality LUT Sequence (0028,3000)",
            problem: problem.into(),
        };
        let descriptor = item.element(tags::LUT_DESCRIPTOR).ok().and_then(|e| e.to_multi_int::<i32>().ok());
        let Some([_, first, bits]) = descriptor.as_deref() else {
            return Err(broken("has no LUT Descriptor of three values"));
        };
        let data = item.element(tags::LUT_DATA).ok().and_then(|e| e.to_bytes().ok());
        let data = data.ok_or_else(|| broken("has no LUT Data"))?;
        let values: Vec<u16> = match bits {
            8 if data.len() == descriptor_entries(&descriptor) => data.iter().map(|&b| u16::from(b)).collect(),
            _ => data.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect(),
        };
        if values.is_empty() {
            return Err(broken("has empty LUT Data"));
        }
        // The descriptor's VR follows Pixel Representation, but writers disagree: read both ways.
        let first = if signed { i32::from(*first as u16 as i16) } else { i32::from(*first as u16) };
        Ok(Self::Table { first, values })
    }

    /// The device's value of a stored value.
    pub fn apply(&self, stored: i32) -> f32 {
        match self {
            Self::Rescale { slope, intercept } => (f64::from(stored) * slope + intercept) as f32,
            Self::Table { first, values } => {
                let index = stored.saturating_sub(*first).clamp(0, values.len() as i32 - 1);
                f32::from(values[index as usize])
            }
        }
    }
}

/// Entries a LUT Descriptor announces; 0 stands for 65,536.
fn descriptor_entries(descriptor: &Option<Vec<i32>>) -> usize {
    match descriptor.as_ref().and_then(|d| d.first()) {
        Some(0) | None => 65_536,
        Some(&n) => n as u16 as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_clamps_at_both_ends() {
        let table = ModalityTransform::Table { first: -2, values: vec![10, 20, 30] };
        assert_eq!([-9, -2, -1, 0, 1000].map(|v| table.apply(v)), [10.0, 10.0, 20.0, 30.0, 30.0]);
    }
}
