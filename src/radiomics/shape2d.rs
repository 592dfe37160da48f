//! Shape: size and form of the region, without its values.
//!
//! Definitions: PyRadiomics 3.0.1 `shape2D`. The outline is the marching-squares contour at half
//! height (Lorensen and Cline 1987, in the plane): its points lie midway between a pixel inside
//! and a neighbour outside.

use std::f64::consts::PI;

use super::image::Spacing;
use super::region::{Region, Span};

/// The 9 features of the region, in millimetres and square millimetres.
pub(super) fn features(region: &Region, spacing: Spacing) -> [(&'static str, f64); 9] {
    let pixel_area = spacing.row_mm * spacing.column_mm;
    let Outline { perimeter, area_in_pixels } = Outline::of(region, spacing);
    let area = area_in_pixels * pixel_area;
    let [major, minor] = principal_variances(region, spacing);
    [
        ("Elongation", (minor / major).sqrt()),
        ("MajorAxisLength", 4.0 * major.sqrt()),
        ("MaximumDiameter", maximum_diameter(region, spacing)),
        ("MeshSurface", area),
        ("MinorAxisLength", 4.0 * minor.sqrt()),
        ("Perimeter", perimeter),
        ("PerimeterSurfaceRatio", perimeter / area),
        ("PixelSurface", region.count as f64 * pixel_area),
        ("Sphericity", 2.0 * (PI * area).sqrt() / perimeter),
    ]
}

/// Length of the contour and the area it holds.
struct Outline {
    perimeter: f64,
    area_in_pixels: f64,
}

impl Outline {
    /// Sums over the squares between four pixel centres. A square's share depends on its corners
    /// inside: one or three cut a corner off, two neighbours halve it, two opposite ones are two
    /// cut-off corners that stay apart.
    fn of(region: &Region, spacing: Spacing) -> Self {
        let Spacing { row_mm, column_mm } = spacing;
        let cut = row_mm.hypot(column_mm) / 2.0;
        let (mut perimeter, mut eighths) = (0.0, 0);
        for (corners, squares) in squares_by_corners(region).into_iter().enumerate() {
            let (length, area) = match corners {
                0b0000 => (0.0, 0),
                0b0001 | 0b0010 | 0b0100 | 0b1000 => (cut, 1),
                0b0011 | 0b1100 => (column_mm, 4),
                0b0101 | 0b1010 => (row_mm, 4),
                0b0110 | 0b1001 => (2.0 * cut, 2),
                0b0111 | 0b1011 | 0b1101 | 0b1110 => (cut, 7),
                _ => (0.0, 8),
            };
            perimeter += length * squares as f64;
            eighths += area * squares;
        }
        Self { perimeter, area_in_pixels: eighths as f64 / 8.0 }
    }
}

/// Numbers of squares between four pixel centres by which corners are inside: bit 0 the upper left,
/// 1 the upper right, 2 the lower left, 3 the lower right. Squares without a corner inside are not
/// all counted.
fn squares_by_corners(region: &Region) -> [u64; 16] {
    // A row of outside above and below the frame.
    let mut rows: Vec<&[Span]> = vec![&[]; region.frame.height + 2];
    for spans in region.spans.chunk_by(|a, b| a.row == b.row) {
        rows[spans[0].row + 1] = spans;
    }
    let mut squares = [0; 16];
    for pair in rows.windows(2) {
        count_between_rows(pair[0], pair[1], &mut squares);
    }
    squares
}

/// Counts the squares between two rows, from one end of a span to the next: between those, all
/// squares are alike.
fn count_between_rows(upper: &[Span], lower: &[Span], squares: &mut [u64; 16]) {
    const UPPER: usize = 0b0001;
    const LOWER: usize = 0b0100;
    let [mut upper, mut lower] =
        [upper, lower].map(|spans| spans.iter().flat_map(|span| [span.start, span.end]).peekable());
    // The pixels of both rows in the columns from `since` on.
    let (mut since, mut inside) = (0, 0);
    while let Some(column) = upper.peek().into_iter().chain(lower.peek()).min().copied() {
        squares[inside | inside << 1] += column.saturating_sub(since + 1) as u64;
        let before = inside;
        for (row, ends) in [(UPPER, &mut upper), (LOWER, &mut lower)] {
            if ends.next_if_eq(&column).is_some() {
                inside ^= row;
            }
        }
        squares[before | inside << 1] += 1;
        since = column;
    }
}

/// Variances (divisor n) of the pixel centres along the principal axes, mm², larger first.
fn principal_variances(region: &Region, spacing: Spacing) -> [f64; 2] {
    let count = region.count as f64;
    let (mut sum_y, mut sum_x) = (0.0, 0.0);
    for span in &region.spans {
        let pixels = (span.end - span.start) as f64;
        sum_y += pixels * span.row as f64;
        sum_x += pixels * (span.start + span.end - 1) as f64 / 2.0;
    }
    let (mean_y, mean_x) = (sum_y / count, sum_x / count);
    let (mut yy, mut yx, mut xx) = (0.0, 0.0, 0.0);
    for span in &region.spans {
        let pixels = (span.end - span.start) as f64;
        let y = span.row as f64 - mean_y;
        let x = (span.start + span.end - 1) as f64 / 2.0 - mean_x;
        yy += pixels * y * y;
        yx += pixels * y * x;
        // Of n numbers one apart, the variance is (n² - 1) / 12.
        xx += pixels * (x * x + (pixels * pixels - 1.0) / 12.0);
    }
    let yy = yy / count * spacing.row_mm * spacing.row_mm;
    let yx = yx / count * spacing.row_mm * spacing.column_mm;
    let xx = xx / count * spacing.column_mm * spacing.column_mm;
    let major = (yy + xx) / 2.0 + ((yy - xx) / 2.0).hypot(yx);
    // Through the determinant: the difference would cancel for a region that is nearly a line.
    let minor = ((yy * xx - yx * yx) / major).max(0.0);
    [major, minor]
}

/// Largest distance between two points of the contour, mm.
fn maximum_diameter(region: &Region, spacing: Spacing) -> f64 {
    let hull = convex_hull(outermost_points(region));
    let mut largest: f64 = 0.0;
    for (index, a) in hull.iter().enumerate() {
        for b in &hull[index + 1..] {
            let [dy, dx] = [0, 1].map(|axis| (a[axis] - b[axis]) as f64 / 2.0);
            let [y, x] = [dy * spacing.row_mm, dx * spacing.column_mm];
            largest = largest.max(y * y + x * x);
        }
    }
    largest.sqrt()
}

/// Points among which are all corners of the contour's convex hull, as (row, column) in half pixels so
/// that they are whole numbers: those around the first and the last pixel of each row. Such a point
/// may lie inside the contour, but none lies outside, and every other one lies between two of them.
fn outermost_points(region: &Region) -> Vec<[i64; 2]> {
    let mut points = Vec::with_capacity(6 * region.frame.height);
    for row in region.spans.chunk_by(|a, b| a.row == b.row) {
        let (y, first, last) = (2 * row[0].row as i64, 2 * row[0].start as i64, 2 * row[row.len() - 1].end as i64 - 2);
        points.extend([[y - 1, first], [y - 1, last], [y, first - 1], [y, last + 1], [y + 1, first], [y + 1, last]]);
    }
    points
}

/// Corners of the convex hull (Andrew's monotone chain, 1979). The farthest two points are among
/// them, and they stay the hull when the axes are scaled.
fn convex_hull(mut points: Vec<[i64; 2]>) -> Vec<[i64; 2]> {
    points.sort_unstable();
    points.dedup();
    let mut hull: Vec<[i64; 2]> = half_hull(points.iter());
    hull.extend(half_hull(points.iter().rev()));
    hull
}

/// The chain of left turns through points in order.
fn half_hull<'a>(points: impl Iterator<Item = &'a [i64; 2]>) -> Vec<[i64; 2]> {
    let turns_left =
        |a: [i64; 2], b: [i64; 2], c: [i64; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0;
    let mut chain: Vec<[i64; 2]> = Vec::new();
    for &point in points {
        while let [.., a, b] = chain[..] {
            if turns_left(a, b, point) {
                break;
            }
            chain.pop();
        }
        chain.push(point);
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::radiomics::image::Mask;

    fn shape(width: usize, rows: &str) -> [(&'static str, f64); 9] {
        let inside: Vec<bool> = rows.chars().map(|pixel| pixel == '#').collect();
        let mask = Mask { width, height: inside.len() / width, inside };
        features(&Region::new(&mask).unwrap(), Spacing { row_mm: 2.0, column_mm: 1.0 })
    }

    fn value(features: &[(&str, f64)], name: &str) -> f64 {
        features.iter().find(|(known, _)| *known == name).unwrap().1
    }

    #[test]
    fn two_pixels_by_hand() {
        // The contour of ## is a hexagon: 1 mm above, 1 mm below and four cut corners of half the
        // diagonal of a pixel; its area is that of two pixels without four eighths.
        let features = shape(2, "##");
        let close = |name: &str, expected: f64| assert!((value(&features, name) - expected).abs() < 1e-12, "{name}");
        close("Perimeter", 2.0 + 2.0 * 5.0_f64.sqrt());
        close("MeshSurface", 3.0);
        close("PixelSurface", 4.0);
        close("MajorAxisLength", 2.0);
        close("MinorAxisLength", 0.0);
        close("Elongation", 0.0);
        close("MaximumDiameter", 5.0_f64.sqrt());
    }

    #[test]
    fn pixels_that_touch_by_a_corner_stay_apart() {
        let alone = shape(4, "#..#");
        for diagonal in [shape(2, "#..#"), shape(2, ".##.")] {
            for name in ["Perimeter", "MeshSurface"] {
                assert_eq!(value(&diagonal, name), value(&alone, name), "{name}");
            }
        }
    }
}
