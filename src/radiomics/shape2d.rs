//! Shape features in 2-D: the outline by marching squares, and the region's principal axes.

use std::f64::consts::PI;

use super::region::Region;

/// The 9 features in PyRadiomics' order.
pub(super) fn features(region: &Region) -> Vec<(&'static str, f64)> {
    let outline = Outline::of(region);
    let [minor, major] = principal_variances(region);
    let axis = |variance: f64| 4.0 * variance.max(0.0).sqrt();
    vec![
        ("Elongation", if major > 0.0 { (minor.max(0.0) / major).sqrt() } else { 0.0 }),
        ("MajorAxisLength", axis(major)),
        ("MaximumDiameter", outline.diameter),
        ("MeshSurface", outline.surface),
        ("MinorAxisLength", axis(minor)),
        ("Perimeter", outline.perimeter),
        ("PerimeterSurfaceRatio", outline.perimeter / outline.surface),
        ("PixelSurface", region.values.len() as f64 * region.row_mm * region.column_mm),
        ("Sphericity", 2.0 * (PI * outline.surface).sqrt() / outline.perimeter),
    ]
}

struct Outline {
    perimeter: f64,
    surface: f64,
    diameter: f64,
}

/// Corners of a square of four pixel centres, clockwise from the top left: (column, row).
const CORNERS: [(usize, usize); 4] = [(0, 0), (1, 0), (1, 1), (0, 1)];
/// The middle of the edge from each corner to the next, in (column, row) of the square.
const EDGES: [(f64, f64); 4] = [(0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)];

impl Outline {
    /// Marching squares over the mask: line segments between the middles of edges that cross the
    /// outline; diagonal neighbours are not joined.
    fn of(region: &Region) -> Self {
        let (mut perimeter, mut twice_surface) = (0.0, 0.0);
        let mut vertices = Vec::new();
        for y in 0..region.height - 1 {
            for x in 0..region.width - 1 {
                let inside = CORNERS.map(|(dx, dy)| region.inside[(y + dy) * region.width + x + dx]);
                let point =
                    |(ex, ey): (f64, f64)| ((x as f64 + ex) * region.column_mm, (y as f64 + ey) * region.row_mm);
                for (from, to) in segments(inside) {
                    let (a, b) = (point(EDGES[from]), point(EDGES[to]));
                    perimeter += (a.0 - b.0).hypot(a.1 - b.1);
                    twice_surface += a.0 * b.1 - b.0 * a.1;
                    vertices.push(a);
                }
            }
        }
        Self { perimeter, surface: twice_surface.abs() / 2.0, diameter: diameter(vertices) }
    }
}

/// The segments of one square, each as (edge where it enters, edge where it leaves) with the inside
/// on its right. A run of inside corners is cut off from the edge before it to the edge after it.
fn segments(inside: [bool; 4]) -> impl Iterator<Item = (usize, usize)> {
    let starts = (0..4).filter(move |&i| inside[i] && !inside[(i + 3) % 4]);
    starts.map(move |start| {
        let mut last = start;
        while inside[(last + 1) % 4] {
            last = (last + 1) % 4;
        }
        ((start + 3) % 4, last)
    })
}

/// Largest distance between two points: between corners of their convex hull (monotone chain).
fn diameter(mut points: Vec<(f64, f64)>) -> f64 {
    points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    let chain = |points: &mut dyn Iterator<Item = (f64, f64)>| {
        let mut hull: Vec<(f64, f64)> = Vec::new();
        for p in points {
            while let [.., a, b] = hull[..] {
                if (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0) > 0.0 {
                    break;
                }
                hull.pop();
            }
            hull.push(p);
        }
        hull
    };
    let mut hull = chain(&mut points.iter().copied());
    hull.extend(chain(&mut points.iter().rev().copied()));
    let mut largest = 0.0f64;
    for (i, a) in hull.iter().enumerate() {
        for b in &hull[i + 1..] {
            largest = largest.max((a.0 - b.0).hypot(a.1 - b.1));
        }
    }
    largest
}

/// Variances of the pixel centres along the principal axes, mm squared, the smaller first.
fn principal_variances(region: &Region) -> [f64; 2] {
    let count = region.values.len() as f64;
    let place = |(x, y): (usize, usize)| (x as f64 * region.column_mm, y as f64 * region.row_mm);
    let (sum_x, sum_y) = region.positions().map(place).fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in region.positions().map(place) {
        xx += (x - mean_x).powi(2);
        xy += (x - mean_x) * (y - mean_y);
        yy += (y - mean_y).powi(2);
    }
    let (middle, spread) = ((xx + yy) / 2.0, ((xx - yy) / 2.0).hypot(xy));
    [(middle - spread) / count, (middle + spread) / count]
}
