//! Gradient: how steep the image is, in values per millimetre.

use crate::radiomics::image::Image;
use crate::radiomics::region::Frame;

/// Magnitude of the central differences, an edge pixel being its own neighbour beyond the edge, as
/// ITK's `GradientMagnitudeImageFilter` has it. Rounded to 32 bits like its result.
pub(super) fn magnitude(image: &Image, frame: Frame) -> Vec<f64> {
    let per_mm = [0.5 / image.row_mm, 0.5 / image.column_mm];
    let rows: Vec<&[f64]> = image.pixels.chunks_exact(image.width).collect();
    let mut values = Vec::with_capacity(frame.width * frame.height);
    for y in frame.top..frame.top + frame.height {
        let above = rows[y.saturating_sub(1)];
        let below = rows[(y + 1).min(image.height - 1)];
        for x in frame.left..frame.left + frame.width {
            let (left, right) = (x.saturating_sub(1), (x + 1).min(image.width - 1));
            let down = (below[x] - above[x]) * per_mm[0];
            let across = (rows[y][right] - rows[y][left]) * per_mm[1];
            values.push(f64::from((down * down + across * across).sqrt() as f32));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_has_its_slope() {
        // 3 a column of 0.5 mm and 8 a row of 2 mm: 6 and 4 per mm.
        let pixels = (0..20).map(|index| f64::from(index % 5 * 3 + index / 5 * 8)).collect();
        let image = Image { width: 5, height: 4, pixels, row_mm: 2.0, column_mm: 0.5 };
        let inner = Frame { left: 1, top: 1, width: 3, height: 2 };
        assert!(magnitude(&image, inner).iter().all(|&value| value == f64::from(52.0_f32.sqrt())));
        // At a corner half of each difference is left.
        let corner = Frame { left: 0, top: 0, width: 1, height: 1 };
        assert_eq!(magnitude(&image, corner), [f64::from(13.0_f32.sqrt())]);
    }
}
