//! The size of a pixel, as far as a film can have it.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::attributes::numbers;
use super::pixel_module::PixelModule;
use crate::findings::{PixelSpacing, SpacingSource};

/// Smallest and largest distance of pixels, mm. Detectors have 0.1 to 0.2 mm and mammographic ones 0.05 to 0.1,
/// imaging plates are read at 0.04 to 0.2, films scanned at 0.04 to 0.35; a picture made smaller for teaching has 1 to
/// 2. So a factor of four and more on either side: metres for millimetres are outside, and so are pixels of a whole
/// film each.
const PIXEL_MM: std::ops::RangeInclusive<f64> = 0.01..=10.0;
/// Largest ratio of a pixel's sides. They are square but for slot scanners, whose lines may lie apart.
const LARGEST_RATIO: f64 = 4.0;
/// Smallest side of a film, mm: less than one vertebral body with its discs.
const SMALLEST_FILM_MM: f64 = 20.0;
/// Largest side of a film, mm: slot scanners take the whole of a person, 1.8 m.
const LARGEST_FILM_MM: f64 = 3000.0;
/// A side of fewer pixels may be cut out of a film, and says nothing of how small that can be.
const PIXELS_OF_A_FILM: usize = 512;

/// What a data set says of the size of its pixels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spacing {
    /// The size that is used.
    pub used: Option<PixelSpacing>,
    /// What was refused before, and what follows.
    pub refused: Option<String>,
}

impl Spacing {
    /// Pixel Spacing, which is calibrated or stated at the patient (PS3.3 10.7.1.3), before Imager Pixel Spacing at
    /// the detector, before Nominal Scanned Pixel Spacing of a digitised film: the first that a film can have. A value
    /// that is no pair of numbers counts as absent.
    pub fn of(object: &InMemDicomObject, module: &PixelModule) -> Self {
        let sources = [
            (tags::PIXEL_SPACING, SpacingSource::PixelSpacing),
            (tags::IMAGER_PIXEL_SPACING, SpacingSource::ImagerPixelSpacing),
            (tags::NOMINAL_SCANNED_PIXEL_SPACING, SpacingSource::NominalScannedPixelSpacing),
        ];
        let mut refused = Vec::new();
        let used = sources.into_iter().find_map(|(tag, source)| {
            let &[row_mm, column_mm] = numbers(object, tag).as_slice() else { return None };
            if is_possible(row_mm, column_mm, module) {
                return Some(PixelSpacing { row_mm, column_mm, source });
            }
            refused.push(format!("{} of {} x {} mm", source.attribute(), in_words(row_mm), in_words(column_mm)));
            None
        });
        let follows = used.map_or("lengths are not given in millimetres".to_owned(), |used| {
            format!("{} is used instead", used.source.attribute())
        });
        let are = if refused.len() == 1 { "is" } else { "are" };
        let refused = (!refused.is_empty())
            .then(|| format!("{} {are} none that a film can have: {follows}", refused.join(" and ")));
        Self { used, refused }
    }
}

fn is_possible(row_mm: f64, column_mm: f64, module: &PixelModule) -> bool {
    let side = |pixels: usize, mm: f64| {
        let length = pixels as f64 * mm;
        length <= LARGEST_FILM_MM && (length >= SMALLEST_FILM_MM || pixels < PIXELS_OF_A_FILM)
    };
    // Not a number is in no range.
    PIXEL_MM.contains(&row_mm)
        && PIXEL_MM.contains(&column_mm)
        && row_mm / column_mm <= LARGEST_RATIO
        && column_mm / row_mm <= LARGEST_RATIO
        && side(module.rows, row_mm)
        && side(module.columns, column_mm)
}

/// A number of few characters, whatever it is.
fn in_words(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-6..1e9).contains(&size) { format!("{number}") } else { format!("{number:e}") }
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, PrimitiveValue, Tag, VR};

    use super::*;

    /// What a film of 3000 rows and 1500 columns has to say.
    fn spacing(values: &[(Tag, &str)]) -> Spacing {
        let mut object = InMemDicomObject::new_empty();
        for (tag, value) in
            [(tags::ROWS, 3000), (tags::COLUMNS, 1500), (tags::BITS_ALLOCATED, 16), (tags::BITS_STORED, 12)]
        {
            object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value as u16)));
        }
        object.put(DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"));
        let module = PixelModule::of(&object).unwrap();
        for &(tag, value) in values {
            let values = value.split('\\').map(str::to_owned).collect();
            object.put(DataElement::new(tag, VR::DS, PrimitiveValue::Strs(values)));
        }
        Spacing::of(&object, &module)
    }

    #[test]
    fn pixels_that_no_film_has_are_refused_and_said() {
        for (value, said) in [
            ("0.000001\\0.000001", "0.000001 x 0.000001"),
            ("396\\396", "396 x 396"),
            ("0.009\\0.009", "0.009 x 0.009"),
            ("1.01\\1.01", "1.01 x 1.01"),
            ("0.14\\0.6", "0.14 x 0.6"),
            ("0.01\\0.01", "0.01 x 0.01"),
            ("0\\0", "0 x 0"),
            ("-0.14\\-0.14", "-0.14 x -0.14"),
            ("1e-300\\1e300", "1e-300 x 1e300"),
        ] {
            let Spacing { used, refused } = spacing(&[(tags::PIXEL_SPACING, value)]);
            assert_eq!(used, None, "{value}");
            let says = format!(
                "Pixel Spacing (0028,0030) of {said} mm is none that a film can have: lengths are not given in millimetres"
            );
            assert_eq!(refused, Some(says));
        }
    }

    #[test]
    fn pixels_of_real_films_are_taken_without_a_word() {
        for value in ["0.143\\0.143", "0.04375\\0.04375", "0.35\\0.35", "0.1794\\0.254", "1\\1"] {
            let Spacing { used, refused } = spacing(&[(tags::PIXEL_SPACING, value)]);
            assert_eq!((used.map(|used| used.source), refused), (Some(SpacingSource::PixelSpacing), None), "{value}");
        }
        assert_eq!(spacing(&[(tags::PIXEL_SPACING, "0.143")]), Spacing { used: None, refused: None });
    }

    #[test]
    fn the_next_attribute_takes_the_place_of_an_impossible_one() {
        let values = [(tags::PIXEL_SPACING, "396\\396"), (tags::IMAGER_PIXEL_SPACING, "0.143\\0.143")];
        let Spacing { used, refused } = spacing(&values);
        assert_eq!(
            used,
            Some(PixelSpacing { row_mm: 0.143, column_mm: 0.143, source: SpacingSource::ImagerPixelSpacing })
        );
        let says = refused.unwrap();
        assert!(says.ends_with("can have: Imager Pixel Spacing (0018,1164) is used instead"), "{says}");

        let values = [(tags::PIXEL_SPACING, "396\\396"), (tags::IMAGER_PIXEL_SPACING, "0\\0")];
        let says = spacing(&values).refused.unwrap();
        assert!(says.contains("396 x 396 mm and Imager Pixel Spacing (0018,1164) of 0 x 0 mm are none"), "{says}");
    }
}
