//! From stored values to real ones: padding, Modality LUT, polarity.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::ImagingError;
use super::attributes::{first_item, optional_number};
use super::lookup_table::LookupTable;
use super::pixel_module::PixelModule;
use super::samples::Samples;

/// The Modality LUT (PS3.3 C.11.1): from stored values to values the modality means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ModalityLut {
    /// Rescale Slope and Rescale Intercept; 1 and 0 when the file has neither.
    Linear {
        /// Factor, not 0.
        slope: f64,
        /// Added after the factor.
        intercept: f64,
    },
    /// Modality LUT Sequence, which excludes the other two.
    Table(LookupTable),
}

impl ModalityLut {
    /// Reads the Modality LUT of an image.
    ///
    /// # Errors
    /// When its table is broken or its slope is 0 or no number.
    pub fn of(object: &InMemDicomObject, module: &PixelModule) -> Result<Self, ImagingError> {
        if let Some(item) = first_item(object, tags::MODALITY_LUT_SEQUENCE) {
            return Ok(Self::Table(LookupTable::of(item, module.signed)?));
        }
        let slope = optional_number(object, tags::RESCALE_SLOPE, "Rescale Slope")?.unwrap_or(1.0);
        let intercept = optional_number(object, tags::RESCALE_INTERCEPT, "Rescale Intercept")?.unwrap_or(0.0);
        if slope == 0.0 {
            let reason = "it is 0, which gives every pixel the same value".to_owned();
            return Err(ImagingError::WrongAttribute { attribute: "Rescale Slope", reason });
        }
        Ok(Self::Linear { slope, intercept })
    }

    fn apply(&self, stored: i32) -> f64 {
        match self {
            Self::Linear { slope, intercept } => f64::from(stored) * slope + intercept,
            Self::Table(table) => f64::from(table.apply(f64::from(stored))),
        }
    }

    /// The sum that a value and its mirror image have: the lowest plus the highest value that the
    /// LUT can give. It depends on the header only, so two exposures are mirrored alike.
    pub fn mirror_sum(&self, module: &PixelModule) -> f64 {
        match self {
            Self::Linear { .. } => {
                let (lowest, highest) = module.stored_range();
                self.apply(lowest) + self.apply(highest)
            }
            Self::Table(table) => f64::from(table.maximum()),
        }
    }
}

/// The values of an image: Modality LUT applied, MONOCHROME1 mirrored so that bone is bright,
/// padding set to the darkest value of the image.
///
/// # Errors
/// When every pixel is padding.
pub(super) fn real_values(
    samples: &Samples,
    module: &PixelModule,
    modality: &ModalityLut,
) -> Result<Vec<f32>, ImagingError> {
    let table = value_table(samples.precision, module, modality);
    let mut values: Vec<f32> = samples.words.iter().map(|&word| table[usize::from(word)]).collect();
    if module.padding.is_some() {
        let darkest = values.iter().copied().filter(|value| !value.is_nan()).fold(f32::INFINITY, f32::min);
        if darkest == f32::INFINITY {
            let reason = "every pixel has it, the image is empty".to_owned();
            return Err(ImagingError::WrongAttribute { attribute: "Pixel Padding Value", reason });
        }
        values.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = darkest);
    }
    Ok(values)
}

/// What each of the 65536 words that a sample can be stands for; NaN for padding. A table because
/// an image has far more pixels than that.
fn value_table(precision: u32, module: &PixelModule, modality: &ModalityLut) -> Vec<f32> {
    // A codec that was told the exact bits gives samples without the unused low bits.
    let bits = module.bits_stored.min(precision);
    let shift = if precision <= module.bits_stored { 0 } else { module.high_bit + 1 - module.bits_stored };
    let mirror_sum = modality.mirror_sum(module);
    let value = |word: u16| {
        // Bits above the high bit may carry overlays in old files: they are no part of the value.
        let field = i32::from(word >> shift) & ((1 << bits) - 1);
        let stored = if module.signed && field >> (bits - 1) == 1 { field - (1 << bits) } else { field };
        if module.padding.is_some_and(|(low, high)| (low..=high).contains(&stored)) {
            return f32::NAN;
        }
        let real = modality.apply(stored);
        (if module.lowest_is_white { mirror_sum - real } else { real }) as f32
    };
    (0..=u16::MAX).map(value).collect()
}
