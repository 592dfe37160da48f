//! A body seen from where it stands: turned so that its end plates lie level, the front at the left, and scaled by its
//! depth.

use super::Radiograph;
use crate::findings::{Point, SixPoints};

/// Samples a side that a pixel of the view is the mean of, at most: films are seldom finer.
const MOST_SAMPLES: usize = 8;

/// Where a square view lies on a film.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    centre: Point,
    /// Unit vectors from the middle of the view to its left side and downwards.
    front: [f64; 2],
    down: [f64; 2],
    /// Pixels of the film from the middle to each side.
    reach: f64,
}

impl Sight {
    /// The view of a body that shows `reach` times its depth, the mean distance of the anterior and the posterior points
    /// of an end plate, to each side of the points' middle. `None` where the points have no extent.
    pub fn of(points: &SixPoints, reach: f64) -> Option<Self> {
        let SixPoints { upper, lower } = points;
        let plates = [minus(upper[0], upper[2]), minus(lower[0], lower[2])];
        let depth = plates.iter().map(|p| length(*p)).sum::<f64>() / 2.0;
        let along = [plates[0][0] + plates[1][0], plates[0][1] + plates[1][1]];
        let far = length(along);
        if !(far > 0.0 && depth.is_finite() && reach * depth > 0.0) {
            return None;
        }
        let front = along.map(|v| v / far);
        let downwards = minus(middle(lower), middle(upper));
        let side = [-front[1], front[0]];
        let down = if side[0] * downwards[0] + side[1] * downwards[1] < 0.0 { side.map(|v| -v) } else { side };
        Some(Self { centre: points.middle(), front, down, reach: reach * depth })
    }

    /// The point of the film that lies at (x, y) of the view, whose sides run from 0 to 1.
    pub fn to_film(&self, [x, y]: Point) -> Point {
        let (u, v) = (self.reach * (1.0 - 2.0 * x), self.reach * (2.0 * y - 1.0));
        [0, 1].map(|i| self.centre[i] + u * self.front[i] + v * self.down[i])
    }
}

impl Radiograph {
    /// `side` x `side` values of the view, row by row. Each is the mean of samples that lie no further apart than the
    /// film's pixels, interpolated linearly; beyond the film its border goes on.
    pub fn seen(&self, sight: &Sight, side: usize) -> Vec<f32> {
        let samples = ((2.0 * sight.reach / side as f64).ceil() as usize).clamp(1, MOST_SAMPLES);
        let steps = (side * samples) as f64;
        let mut sums = vec![0.0; side * side];
        for row in 0..side * samples {
            let y = (row as f64 + 0.5) / steps;
            for column in 0..side * samples {
                let at = sight.to_film([(column as f64 + 0.5) / steps, y]);
                sums[row / samples * side + column / samples] += self.value_at(at);
            }
        }
        sums.into_iter().map(|sum| (sum / (samples * samples) as f64) as f32).collect()
    }

    /// The value at a point, interpolated between the four nearest pixels' centres.
    fn value_at(&self, [x, y]: Point) -> f64 {
        let ([left, right], across) = between(x, self.width);
        let ([above, below], along) = between(y, self.height);
        let at = |row: usize, column: usize| f64::from(self.pixels[row * self.width + column]);
        let upper = at(above, left) * (1.0 - across) + at(above, right) * across;
        let lower = at(below, left) * (1.0 - across) + at(below, right) * across;
        upper * (1.0 - along) + lower * along
    }
}

/// The two pixels whose centres a coordinate lies between, and how far it is from the first.
fn between(coordinate: f64, length: usize) -> ([usize; 2], f64) {
    let last = length - 1;
    let place = (coordinate - 0.5).clamp(0.0, last as f64);
    let first = place as usize;
    ([first, (first + 1).min(last)], place - first as f64)
}

fn minus([ax, ay]: Point, [bx, by]: Point) -> [f64; 2] {
    [ax - bx, ay - by]
}

fn length([x, y]: [f64; 2]) -> f64 {
    x.hypot(y)
}

fn middle(plate: &[Point; 3]) -> Point {
    [0, 1].map(|i| plate.iter().map(|p| p[i]).sum::<f64>() / 3.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A body of depth 20 and height 10 whose front looks along `angle`, round (50, 40).
    fn body(angle: f64, mirrored: bool) -> SixPoints {
        let (sin, cos) = angle.sin_cos();
        let side = if mirrored { -1.0 } else { 1.0 };
        let at = |u: f64, v: f64| [50.0 + cos * u - side * sin * v, 40.0 + sin * u + side * cos * v];
        let plate = |v: f64| [10.0, 0.0, -10.0].map(|u| at(u, v));
        SixPoints { upper: plate(-5.0), lower: plate(5.0) }
    }

    /// Value x + 1000 y at the centre of each pixel.
    fn slope() -> Radiograph {
        let pixels = (0..100 * 80).map(|i| ((i % 100) as f32 + 0.5) + 1000.0 * ((i / 100) as f32 + 0.5)).collect();
        Radiograph { width: 100, height: 80, pixels, spacing: None }
    }

    #[test]
    fn the_front_is_at_the_left_and_the_lower_end_plate_below() {
        for (angle, mirrored) in [(std::f64::consts::PI, true), (0.0, false), (0.4, false), (2.9, true)] {
            let points = body(angle, mirrored);
            let sight = Sight::of(&points, 1.0).unwrap();
            for (at, expected) in [([0.25, 0.375], points.upper[0]), ([0.75, 0.625], points.lower[2])] {
                let found = sight.to_film(at);
                assert!(length(minus(found, expected)) < 1e-9, "{angle}: {found:?} {expected:?}");
            }
        }
    }

    #[test]
    fn points_without_extent_have_no_view() {
        let nowhere = SixPoints { upper: [[3.0, 3.0]; 3], lower: [[3.0, 3.0]; 3] };
        assert_eq!(Sight::of(&nowhere, 1.0), None);
        let endless = SixPoints { upper: [[f64::NAN, 0.0]; 3], ..nowhere };
        assert_eq!(Sight::of(&endless, 1.0), None);
    }

    proptest! {
        #[test]
        fn a_view_shows_what_lies_where_it_says(angle in 0.0..6.0f64, side in 4..40usize, reach in 0.2..1.2f64) {
            let sight = Sight::of(&body(angle, false), reach).unwrap();
            let view = slope().seen(&sight, side);
            for i in [0, side * side / 2, side * side - 1] {
                let [x, y] = sight.to_film([((i % side) as f64 + 0.5) / side as f64, ((i / side) as f64 + 0.5) / side as f64]);
                prop_assert!((f64::from(view[i]) - (x + 1000.0 * y)).abs() < 0.05, "{} {}", view[i], x + 1000.0 * y);
            }
        }
    }
}
