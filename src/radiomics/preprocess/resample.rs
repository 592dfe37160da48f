//! Resampling of image and mask to another pixel size, as PyRadiomics' `resampleImage` does it with
//! ITK's `ResampleImageFilter`.

use super::direction::Direction;
use super::interpolate::{Surface, is_inside, nearest};
use crate::radiomics::error::RadiomicsError;
use crate::radiomics::image::{Image, Mask};
use crate::radiomics::region::{Frame, Region};
use crate::radiomics::settings::Resampling;

/// Most new pixels: 2 GiB of values.
const PIXELS_AT_MOST: f64 = (1_u64 << 28) as f64;

/// The part of image and mask around the region, with pixels of another size. New pixels whose
/// centre lies outside the image are 0 and not in the region. When the size does not change, up to
/// a hundred-thousandth, the part is cut out as it is.
///
/// # Errors
/// [`RadiomicsError::RegionTooSmall`] when the mask has no two pixels to begin with, and
/// [`RadiomicsError::ResampledTooLarge`].
pub(super) fn resampled(image: &Image, mask: &Mask, resampling: Resampling) -> Result<(Image, Mask), RadiomicsError> {
    let Frame { left, top, width, height } = Region::new(mask)?.frame;
    let columns = Direction::new(image.width, image.column_mm, resampling.column_mm, left, width);
    let rows = Direction::new(image.height, image.row_mm, resampling.row_mm, top, height);
    if columns.keeps_its_spacing() && rows.keeps_its_spacing() {
        let (left, width) = columns.padded(resampling.pad_distance);
        let (top, height) = rows.padded(resampling.pad_distance);
        return Ok(cut_out(image, mask, Frame { left, top, width, height }));
    }

    let (columns, rows) = (columns.grid(resampling.pad_distance), rows.grid(resampling.pad_distance));
    let count = columns.count * rows.count;
    if count.is_nan() || count > PIXELS_AT_MOST {
        return Err(RadiomicsError::ResampledTooLarge { rows: rows.count, columns: columns.count });
    }
    let (width, height) = (columns.count as usize, rows.count as usize);
    let surface = Surface::of(image, resampling.interpolator);
    let mut pixels = Vec::with_capacity(width * height);
    let mut inside = Vec::with_capacity(width * height);
    for row in 0..height {
        let y = rows.position(row as f64);
        for column in 0..width {
            let x = columns.position_on_the_way(column as f64);
            let exists = is_inside(x, image.width) && is_inside(y, image.height);
            let value = if exists { surface.value(x, y) } else { 0.0 };
            pixels.push(resampling.integer_range.map_or(value, |range| to_integer(value, range)));
            inside.push(exists && mask.inside[nearest(y, image.height) * image.width + nearest(x, image.width)]);
        }
    }
    let image = Image { width, height, pixels, row_mm: rows.new_mm, column_mm: columns.new_mm };
    Ok((image, Mask { width, height, inside }))
}

/// The value as a pixel of a type with this smallest and largest value: cut to the range, then
/// truncated towards zero, not rounded. SimpleITK 2.5.7 (ITK 5.4) does so for every integer type:
/// resampling 0, 100, 200 to tenths by the spline gives 4.64 as 4 and 17.92 as 17, and the spline's
/// 99.99999999999999 at the centre of the pixel 100 as 99.
fn to_integer(value: f64, [smallest, largest]: [f64; 2]) -> f64 {
    value.max(smallest).min(largest).trunc()
}

fn cut_out(image: &Image, mask: &Mask, frame: Frame) -> (Image, Mask) {
    let Frame { width, height, .. } = frame;
    let inside = frame.rows(&mask.inside, mask.width).flatten().copied().collect();
    (Image { width, height, pixels: frame.cut(image), ..*image }, Mask { width, height, inside })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::radiomics::settings::Interpolator;

    fn resampling(mm: f64, pad_distance: u32) -> Resampling {
        let interpolator = Interpolator::NearestNeighbour;
        Resampling { row_mm: mm, column_mm: mm, interpolator, pad_distance, integer_range: None }
    }

    /// 6 x 4 pixels of 1 mm, numbered row by row, and the two by two of them from column 2, row 1 on.
    fn numbered() -> (Image, Mask) {
        let pixels = (0..24).map(f64::from).collect();
        let inside = (0..24).map(|index| [8, 9, 14, 15].contains(&index)).collect();
        (Image { width: 6, height: 4, pixels, row_mm: 1.0, column_mm: 1.0 }, Mask { width: 6, height: 4, inside })
    }

    #[test]
    fn an_equal_size_only_crops() {
        let (image, mask) = numbered();
        let (image, mask) = resampled(&image, &mask, resampling(1.000_009, 1)).unwrap();
        assert_eq!((image.width, image.height, image.row_mm), (4, 4, 1.0));
        assert_eq!(image.pixels[..5], [1.0, 2.0, 3.0, 4.0, 7.0]);
        assert_eq!(mask.inside.iter().filter(|&&inside| inside).count(), 4);
    }

    #[test]
    fn halves_stay_within_their_pixel() {
        let (image, mask) = numbered();
        // The region's new columns are 4 to 7 and its new rows 2 to 5; the grid begins half an old pixel before.
        let (image, mask) = resampled(&image, &mask, resampling(0.5, 0)).unwrap();
        assert_eq!((image.width, image.height, image.row_mm), (5, 5, 0.5));
        assert_eq!(image.pixels[..5], [1.0, 2.0, 2.0, 3.0, 3.0]);
        assert_eq!(mask.inside.iter().filter(|&&inside| inside).count(), 16);
    }

    #[test]
    fn integers_lose_their_fraction() {
        let eight_bits = [0.0, 255.0];
        assert_eq!([4.9, -3.0, 300.7].map(|value| to_integer(value, eight_bits)), [4.0, 0.0, 255.0]);
        assert_eq!(to_integer(-4.9, [-128.0, 127.0]), -4.0);
    }

    #[test]
    fn no_image_larger_than_memory() {
        let (image, mask) = numbered();
        let error = resampled(&image, &mask, resampling(1e-5, 5)).unwrap_err();
        assert!(matches!(error, RadiomicsError::ResampledTooLarge { rows, .. } if rows > 2e5), "{error}");
        let error = resampled(&image, &mask, resampling(f64::MIN_POSITIVE, 5)).unwrap_err();
        assert!(matches!(error, RadiomicsError::ResampledTooLarge { .. }), "{error}");
    }
}
