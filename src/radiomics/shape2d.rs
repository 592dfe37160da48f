//! Shape: size and form of the region, without its values.
//!
//! Definitions: PyRadiomics 3.0.1 `shape2D`. The outline is the marching-squares contour at half
//! height (Lorensen and Cline 1987, in the plane): its points lie midway between a pixel inside
//! and a neighbour outside.

use std::f64::consts::PI;

use super::image::Spacing;
use super::region::Region;

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

/// Whether the pixel is inside; rows and columns are counted from 1 so that 0 and beyond the last
/// are outside.
fn inside(region: &Region, row: usize, column: usize) -> bool {
    (1..=region.frame.height).contains(&row)
        && (1..=region.frame.width).contains(&column)
        && region.inside[(row - 1) * region.frame.width + column - 1]
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
        let (mut perimeter, mut eighths) = (0.0, 0_u64);
        for row in 0..=region.frame.height {
            for column in 0..=region.frame.width {
                let [top_left, top_right] = [inside(region, row, column), inside(region, row, column + 1)];
                let [low_left, low_right] = [inside(region, row + 1, column), inside(region, row + 1, column + 1)];
                let corners = [top_left, top_right, low_left, low_right].iter().filter(|&&corner| corner).count();
                let (length, area) = match corners {
                    0 => (0.0, 0),
                    1 => (cut, 1),
                    2 if top_left == top_right => (column_mm, 4),
                    2 if top_left == low_left => (row_mm, 4),
                    2 => (2.0 * cut, 2),
                    3 => (cut, 7),
                    _ => (0.0, 8),
                };
                perimeter += length;
                eighths += area;
            }
        }
        Self { perimeter, area_in_pixels: eighths as f64 / 8.0 }
    }
}

/// Variances (divisor n) of the pixel centres along the principal axes, mm², larger first.
fn principal_variances(region: &Region, spacing: Spacing) -> [f64; 2] {
    let count = region.count as f64;
    let centres = || {
        let members = region.inside.iter().enumerate().filter(|&(_, &inside)| inside);
        members.map(|(index, _)| {
            let (row, column) = (index / region.frame.width, index % region.frame.width);
            (row as f64 * spacing.row_mm, column as f64 * spacing.column_mm)
        })
    };
    let (sum_y, sum_x) = centres().fold((0.0, 0.0), |(sum_y, sum_x), (y, x)| (sum_y + y, sum_x + x));
    let (mean_y, mean_x) = (sum_y / count, sum_x / count);
    let (mut yy, mut yx, mut xx) = (0.0, 0.0, 0.0);
    for (y, x) in centres() {
        let (y, x) = (y - mean_y, x - mean_x);
        yy += y * y;
        yx += y * x;
        xx += x * x;
    }
    let (yy, yx, xx) = (yy / count, yx / count, xx / count);
    let major = (yy + xx) / 2.0 + ((yy - xx) / 2.0).hypot(yx);
    // Through the determinant: the difference would cancel for a region that is nearly a line.
    let minor = ((yy * xx - yx * yx) / major).max(0.0);
    [major, minor]
}

/// Largest distance between two points of the contour, mm.
fn maximum_diameter(region: &Region, spacing: Spacing) -> f64 {
    let hull = convex_hull(contour_points(region));
    let mut largest: f64 = 0.0;
    for (index, a) in hull.iter().enumerate() {
        for b in &hull[index + 1..] {
            let [dy, dx] = [0, 1].map(|axis| (a[axis] - b[axis]) as f64 / 2.0);
            largest = largest.max((dy * spacing.row_mm).hypot(dx * spacing.column_mm));
        }
    }
    largest
}

/// Points of the contour as (row, column) in half pixels, so that they are whole numbers.
fn contour_points(region: &Region) -> Vec<[i64; 2]> {
    let mut points = Vec::new();
    for row in 0..=region.frame.height {
        for column in 0..=region.frame.width {
            let here = inside(region, row, column);
            let [y, x] = [2 * row as i64, 2 * column as i64];
            if here != inside(region, row, column + 1) {
                points.push([y, x + 1]);
            }
            if here != inside(region, row + 1, column) {
                points.push([y + 1, x]);
            }
        }
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
