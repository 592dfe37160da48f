//! Magnitude of the gradient: central differences per mm, the image's edge repeated outwards.
//!
//! Definition: ITK's `GradientMagnitudeImageFilter` with image spacing, whose pixels are 32-bit
//! whatever those of the image are.

use crate::radiomics::image::Image;
use crate::radiomics::region::Frame;

/// The gradient's magnitude in `frame`.
pub(super) fn magnitude(image: &Image, frame: Frame) -> Vec<f64> {
    let (per_column, per_row) = (0.5 / image.column_mm, 0.5 / image.row_mm);
    let row_at = |y: usize| &image.pixels[y * image.width..][..image.width];
    let mut values = Vec::with_capacity(frame.width * frame.height);
    // One column more on either side, so that no pixel of a row is a special case.
    let mut widened = vec![0.0; frame.width + 2];
    for y in frame.top..frame.top + frame.height {
        let row = row_at(y);
        widened[0] = row[frame.left.saturating_sub(1)];
        widened[1..=frame.width].copy_from_slice(&row[frame.left..][..frame.width]);
        widened[frame.width + 1] = row[(frame.left + frame.width).min(image.width - 1)];

        let above = &row_at(y.saturating_sub(1))[frame.left..][..frame.width];
        let below = &row_at((y + 1).min(image.height - 1))[frame.left..][..frame.width];
        values.extend(widened.iter().zip(&widened[2..]).zip(above.iter().zip(below)).map(
            |((left, right), (above, below))| {
                let along_row = right * per_column - left * per_column;
                let along_column = below * per_row - above * per_row;
                f64::from((along_row * along_row + along_column * along_column).sqrt() as f32)
            },
        ));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plane rising by 3 per mm along rows and 4 per mm along columns; its edges see half a step.
    #[test]
    fn a_ramp_has_its_slope() {
        let (width, height, row_mm, column_mm) = (7, 5, 0.5, 0.25);
        let plane = |index: usize| 3.0 * column_mm * (index % width) as f64 + 4.0 * row_mm * (index / width) as f64;
        let image = Image { width, height, pixels: (0..width * height).map(plane).collect(), row_mm, column_mm };

        let inner = magnitude(&image, Frame { left: 1, top: 1, width: width - 2, height: height - 2 });
        assert_eq!(inner, vec![5.0; (width - 2) * (height - 2)]);
        let corner = magnitude(&image, Frame { left: 0, top: 0, width: 1, height: 1 });
        assert_eq!(corner, [2.5]);
    }

    #[test]
    fn one_row_and_one_pixel_have_neighbours_in_themselves() {
        let row = Image { width: 3, height: 1, pixels: vec![0.0, 1.0, 4.0], row_mm: 1.0, column_mm: 1.0 };
        assert_eq!(magnitude(&row, Frame { left: 0, top: 0, width: 3, height: 1 }), [0.5, 2.0, 1.5]);
        let pixel = Image { width: 1, height: 1, pixels: vec![9.0], row_mm: 1.0, column_mm: 1.0 };
        assert_eq!(magnitude(&pixel, Frame { left: 0, top: 0, width: 1, height: 1 }), [0.0]);
    }
}
