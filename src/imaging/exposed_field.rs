//! The exposed field: what collimators and the borders of a stitched or letterboxed film leave of the picture.

use super::Radiograph;
use crate::findings::BoundingBox;

/// Part of the film's range of values that a row or column must span to be exposed: shutters are flat but for noise.
const LEAST_RANGE: f64 = 0.04;
/// Percentiles between which ranges are measured: letters on a shutter, and single bright pixels, are not seen.
const INNER: [f64; 2] = [4.0, 96.0];
/// Part of the picture that must be left on either axis: less is no field but a strange film.
const LEAST_LEFT: f64 = 0.2;

impl Radiograph {
    /// The box of rows and columns that shutters and black borders leave; the whole picture where none is told.
    pub fn exposed_field(&self) -> BoundingBox {
        let whole = BoundingBox { x0: 0.0, y0: 0.0, x1: self.width as f64, y1: self.height as f64 };
        let (low, high) = self.percentile_window([0.5, 99.5]);
        let least = LEAST_RANGE * (high - low);
        if least <= 0.0 {
            return whole;
        }
        let row = |y: usize| (0..self.width).map(|x| self.pixels[y * self.width + x]).collect();
        let Some([y0, y1]) = open(self.height, least, row) else { return whole };
        // Of the open rows alone: a closed one would hide that a column is flat, or not.
        let column = |x: usize| (y0..y1).map(|y| self.pixels[y * self.width + x]).collect();
        let Some([x0, x1]) = open(self.width, least, column) else { return whole };
        BoundingBox { x0: x0 as f64, y0: y0 as f64, x1: x1 as f64, y1: y1 as f64 }
    }
}

/// The first and the one behind the last of `count` lines that span `least`; `None` when too few are between them.
fn open(count: usize, least: f64, line: impl Fn(usize) -> Vec<f32>) -> Option<[usize; 2]> {
    let spans = |i: &usize| {
        let pixels = line(*i);
        let line = Radiograph { width: pixels.len(), height: 1, pixels, spacing: None };
        let (low, high) = line.percentile_window(INNER);
        high - low >= least
    };
    let first = (0..count).find(spans)?;
    let last = (first..count).rev().find(spans)?;
    let left = last + 1 - first;
    (left as f64 >= LEAST_LEFT * count as f64).then_some([first, last + 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A film of 60 x 100 whose part inside the box is a pattern, the rest `closed`.
    fn film(x: std::ops::Range<usize>, y: std::ops::Range<usize>, closed: f32) -> Radiograph {
        let value = |i: usize| {
            let (column, row) = (i % 60, i / 60);
            let inside = x.contains(&column) && y.contains(&row);
            let noise = ((i * 7919) % 13) as f32 * 0.2;
            if inside { ((column * 37 + row * 11) % 300) as f32 } else { closed + noise }
        };
        Radiograph { width: 60, height: 100, pixels: (0..6000).map(value).collect(), spacing: None }
    }

    fn field(film: &Radiograph) -> [f64; 4] {
        let BoundingBox { x0, y0, x1, y1 } = film.exposed_field();
        [x0, y0, x1, y1]
    }

    #[test]
    fn shutters_of_any_shade_are_outside() {
        for closed in [0.0, 140.0, 300.0] {
            assert_eq!(field(&film(12..50, 9..83, closed)), [12.0, 9.0, 50.0, 83.0], "{closed}");
        }
    }

    #[test]
    fn a_letter_on_a_shutter_does_not_open_it() {
        let mut film = film(12..50, 9..83, 0.0);
        film.pixels[3 * 60 + 20] = 300.0;
        assert_eq!(field(&film)[1], 9.0);
    }

    #[test]
    fn a_film_without_shutters_is_all_exposed_and_a_blank_one_is_not_judged() {
        assert_eq!(field(&film(0..60, 0..100, 0.0)), [0.0, 0.0, 60.0, 100.0]);
        assert_eq!(field(&film(0..0, 0..0, 5.0)), [0.0, 0.0, 60.0, 100.0]);
        let empty = Radiograph { width: 0, height: 0, pixels: vec![], spacing: None };
        assert_eq!(field(&empty), [0.0; 4]);
    }
}
