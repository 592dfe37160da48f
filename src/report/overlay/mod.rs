//! The picture a person looks at: the film with each vertebra's box, six points, class and probability.

use font8x8::{BASIC_FONTS, UnicodeFonts};

use crate::analysis::Findings;
use crate::imaging::Radiograph;

/// Longest side of a picture, pixels: larger films are scaled down.
const LONGEST_SIDE: usize = 1600;
/// Small films are enlarged by at most this, so that labels find room beside the boxes.
const LARGEST_SCALE: f64 = 2.0;
/// Percentiles shown as black and white.
const WINDOW: [f64; 2] = [0.5, 99.5];
const BANNER: &str = "RESEARCH USE ONLY - NOT FOR DIAGNOSIS";
const WHITE: [u8; 3] = [255, 255, 255];
const BLACK: [u8; 3] = [0, 0, 0];
/// Colours of the classes in their order, told apart by people with any colour vision (Okabe and
/// Ito's palette); more classes begin again.
const COLOURS: [[u8; 3]; 4] = [[86, 180, 233], [240, 228, 66], [213, 94, 0], [204, 121, 167]];
/// Side of a glyph of the font.
const GLYPH: usize = 8;

/// An RGB picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `height * width * 3` bytes: red, green, blue, row-major.
    pub rgb: Vec<u8>,
}

/// Draws the findings on the film.
pub fn draw(radiograph: &Radiograph, findings: &Findings) -> Picture {
    let longest = radiograph.width.max(radiograph.height).max(1);
    let scale = (LONGEST_SIDE as f64 / longest as f64).min(LARGEST_SCALE);
    let size = |n: usize| ((n as f64 * scale).round() as usize).max(1);
    let film = radiograph
        .windowed(radiograph.percentile_window(WINDOW))
        .resampled(size(radiograph.width), size(radiograph.height));
    let grey = film.pixels.iter().map(|p| (p * 255.0).round() as u8);
    let mut picture = Picture { width: film.width, height: film.height, rgb: grey.flat_map(|g| [g, g, g]).collect() };

    let zoom = (film.width / 700).clamp(1, 3);
    for vertebra in &findings.vertebrae {
        let colour = COLOURS[vertebra.class % COLOURS.len()];
        let b = &vertebra.bounding_box;
        let [x0, y0, x1, y1] = [b.x0, b.y0, b.x1, b.y1].map(|v| (v * scale).round() as usize);
        picture.frame([x0, y0, x1, y1], zoom + 1, colour);
        // Only points that are a body: what could not be measured is not shown as if it had been.
        let points = vertebra.points.filter(|_| vertebra.morphometry.is_some());
        for [x, y] in points.iter().flat_map(|p| p.upper.iter().chain(&p.lower)) {
            picture.mark((x * scale, y * scale), zoom, colour);
        }
        let class = &findings.bundle.classes[vertebra.class];
        let label = format!("{}: {} {:.2}", vertebra.label(), class.name, vertebra.probabilities[vertebra.class]);
        // Beside the box where there is room: a label must not hide what it is about.
        let width = (label.chars().count() * GLYPH + 5) * zoom;
        let left = match x0.checked_sub(width) {
            _ if x1 + width <= film.width => x1 + 4 * zoom,
            Some(beside) => beside,
            None => film.width.saturating_sub(width),
        };
        picture.text(left, (y0 + y1).saturating_sub(GLYPH * zoom) / 2, zoom, &label, colour);
    }
    if findings.vertebrae.is_empty() {
        picture.text(4, 4 * zoom + GLYPH * zoom, zoom, "no vertebra found", WHITE);
    }
    picture.text(4, 4, zoom, BANNER, WHITE);
    picture
}

impl Picture {
    /// The picture as a PNG file.
    pub fn png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&self.rgb));
        written.expect("a Vec takes every byte, and `rgb` has exactly the size that width and height say");
        bytes
    }

    fn set(&mut self, x: usize, y: usize, colour: [u8; 3]) {
        if x < self.width && y < self.height {
            let at = (y * self.width + x) * 3;
            self.rgb[at..at + 3].copy_from_slice(&colour);
        }
    }

    fn fill(&mut self, [x0, y0, x1, y1]: [usize; 4], colour: [u8; 3]) {
        for y in y0..y1.min(self.height) {
            for x in x0..x1.min(self.width) {
                self.set(x, y, colour);
            }
        }
    }

    /// A box's outline, `thick` pixels inwards.
    fn frame(&mut self, [x0, y0, x1, y1]: [usize; 4], thick: usize, colour: [u8; 3]) {
        let inner = |high: usize, low: usize| high.saturating_sub(thick).max(low);
        for side in [
            [x0, y0, x1, y0 + thick],
            [x0, inner(y1, y0), x1, y1],
            [x0, y0, x0 + thick, y1],
            [inner(x1, x0), y0, x1, y1],
        ] {
            self.fill(side, colour);
        }
    }

    /// A square of `2 * zoom + 1` pixels on a black one, its centre at the point. Nothing for a point
    /// beyond the picture.
    fn mark(&mut self, (x, y): (f64, f64), zoom: usize, colour: [u8; 3]) {
        if !(0.0..=self.width as f64).contains(&x) || !(0.0..=self.height as f64).contains(&y) {
            return;
        }
        let (x, y) = (x.round() as usize, y.round() as usize);
        for (half, colour) in [(zoom + 1, BLACK), (zoom, colour)] {
            self.fill([x.saturating_sub(half), y.saturating_sub(half), x + half + 1, y + half + 1], colour);
        }
    }

    /// A line of text on black, `zoom` times the font's size, its top left corner at (`x`, `y`).
    fn text(&mut self, x: usize, y: usize, zoom: usize, text: &str, colour: [u8; 3]) {
        let width = text.chars().count() * GLYPH * zoom;
        self.fill([x.saturating_sub(zoom), y.saturating_sub(zoom), x + width + zoom, y + (GLYPH + 1) * zoom], BLACK);
        for (i, character) in text.chars().enumerate() {
            let glyph = BASIC_FONTS.get(character).or_else(|| BASIC_FONTS.get('?')).unwrap_or_default();
            for (row, bits) in glyph.iter().enumerate() {
                for column in (0..GLYPH).filter(|column| bits >> column & 1 == 1) {
                    let (left, top) = (x + (i * GLYPH + column) * zoom, y + row * zoom);
                    self.fill([left, top, left + zoom, top + zoom], colour);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_small_has_a_dark_rim_and_none_lies_beyond_the_picture() {
        let grey = Picture { width: 12, height: 10, rgb: vec![128; 360] };
        let mut picture = grey.clone();
        picture.mark((5.2, 4.8), 1, WHITE);
        let at = |x: usize, y: usize| picture.rgb[(y * 12 + x) * 3];
        assert_eq!([at(5, 5), at(4, 6), at(3, 5), at(7, 7), at(2, 5), at(8, 5)], [255, 255, 0, 0, 128, 128]);
        let mut untouched = grey.clone();
        untouched.mark((f64::NAN, 1.0), 1, WHITE);
        untouched.mark((-1.0, 3.0), 1, WHITE);
        assert_eq!(untouched, grey);
    }
}
