//! The VOI LUT (PS3.3 C.11.2): the picture as the modality wanted a person to see it.
//!
//! No model sees it; it is for overlays only.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::Radiograph;
use super::attributes::{first_item, numbers, text};
use super::lookup_table::LookupTable;
use super::modality::ModalityLut;
use super::pixel_module::PixelModule;

/// How the values of one image are turned into grey levels for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Voi {
    function: Function,
    /// MONOCHROME1: what a value of the radiograph and the value of the file add up to, because the
    /// radiograph was mirrored and the VOI LUT speaks of the file.
    mirror_sum: Option<f64>,
}

#[derive(Debug, Clone, PartialEq)]
enum Function {
    Window { center: f64, width: f64, shape: Shape },
    Table(LookupTable),
}

/// VOI LUT Function (0028,1056).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Linear,
    LinearExact,
    Sigmoid,
}

impl Voi {
    /// The first VOI LUT of a file, or else its first window; `None` when it has neither or they
    /// are unusable: a broken window is no reason not to analyse an image.
    pub(super) fn of(object: &InMemDicomObject, module: &PixelModule, modality: &ModalityLut) -> Option<Self> {
        let signed = module.signed && matches!(modality, ModalityLut::Linear { .. });
        let table = first_item(object, tags::VOILUT_SEQUENCE).and_then(|item| LookupTable::of(item, signed).ok());
        let function = match table {
            Some(table) => Function::Table(table),
            None => {
                let center = *numbers(object, tags::WINDOW_CENTER).first()?;
                let width = *numbers(object, tags::WINDOW_WIDTH).first()?;
                let shape = match text(object, tags::VOILUT_FUNCTION).as_str() {
                    "SIGMOID" => Shape::Sigmoid,
                    "LINEAR_EXACT" => Shape::LinearExact,
                    _ => Shape::Linear,
                };
                let least_width = if shape == Shape::Linear { 1.0 } else { f64::MIN_POSITIVE };
                if !center.is_finite() || !width.is_finite() || width < least_width {
                    return None;
                }
                Function::Window { center, width, shape }
            }
        };
        Some(Self { function, mirror_sum: module.lowest_is_white.then(|| modality.mirror_sum(module)) })
    }

    /// The grey levels, 0 to 255 in row-major order, of the radiograph this VOI LUT was read with,
    /// bone bright.
    pub fn grey_levels(&self, radiograph: &Radiograph) -> Vec<u8> {
        radiograph.pixels.iter().map(|&pixel| (self.brightness(f64::from(pixel)) * 255.0).round() as u8).collect()
    }

    /// 0 to 1, bone bright.
    fn brightness(&self, pixel: f64) -> f64 {
        match self.mirror_sum {
            Some(sum) => 1.0 - self.function.apply(sum - pixel),
            None => self.function.apply(pixel),
        }
    }
}

impl Function {
    /// 0 to 1 (C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2).
    fn apply(&self, value: f64) -> f64 {
        match *self {
            Self::Window { center, width, shape: Shape::Linear } => {
                let (middle, slope) = (center - 0.5, width - 1.0);
                if value <= middle - slope / 2.0 {
                    0.0
                } else if value > middle + slope / 2.0 {
                    1.0
                } else {
                    (value - middle) / slope + 0.5
                }
            }
            Self::Window { center, width, shape: Shape::LinearExact } => {
                ((value - center) / width + 0.5).clamp(0.0, 1.0)
            }
            Self::Window { center, width, shape: Shape::Sigmoid } => {
                1.0 / (1.0 + (-4.0 * (value - center) / width).exp())
            }
            Self::Table(ref table) => f64::from(table.apply(value)) / f64::from(table.maximum()),
        }
    }
}
