//! An RGB picture, and the few shapes that are drawn on it with grey edges.

use super::font::Mask;
use super::labels::Area;

/// A colour: red, green, blue.
pub type Colour = [u8; 3];

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

/// Something that is drawn: how far a point is from its inside, negative within it.
pub enum Shape {
    /// The outline of a box, half the width of its line.
    Frame(Area, f64),
    /// A filled box with round corners of this radius.
    Plate(Area, f64),
    /// A disc: centre, radius.
    Disc([f64; 2], f64),
    /// A straight line: ends, half its width.
    Line([[f64; 2]; 2], f64),
}

impl Shape {
    fn distance(&self, [x, y]: [f64; 2]) -> f64 {
        match self {
            Self::Frame(b, half) => from_box(b, x, y).abs() - half,
            Self::Plate(b, radius) => from_box(&b.grown(-radius), x, y) - radius,
            Self::Disc(centre, radius) => (x - centre[0]).hypot(y - centre[1]) - radius,
            Self::Line([a, b], half) => {
                let (along, to) = ([b[0] - a[0], b[1] - a[1]], [x - a[0], y - a[1]]);
                let length = (along[0] * along[0] + along[1] * along[1]).max(f64::MIN_POSITIVE);
                let t = ((to[0] * along[0] + to[1] * along[1]) / length).clamp(0.0, 1.0);
                (to[0] - t * along[0]).hypot(to[1] - t * along[1]) - half
            }
        }
    }

    /// What holds all of it.
    fn extent(&self) -> Area {
        match self {
            Self::Frame(b, half) => b.grown(*half),
            Self::Plate(b, _) => *b,
            Self::Disc([x, y], radius) => Area { x0: *x, y0: *y, x1: *x, y1: *y }.grown(*radius),
            Self::Line([a, b], half) => {
                Area { x0: a[0].min(b[0]), y0: a[1].min(b[1]), x1: a[0].max(b[0]), y1: a[1].max(b[1]) }.grown(*half)
            }
        }
    }
}

/// Distance of a point from the edge of a box, negative within it.
fn from_box(b: &Area, x: f64, y: f64) -> f64 {
    let (dx, dy) = ((b.x0 - x).max(x - b.x1), (b.y0 - y).max(y - b.y1));
    dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0)
}

impl Picture {
    /// A picture of one colour.
    pub(super) fn plain(width: usize, height: usize, colour: Colour) -> Self {
        Self { width, height, rgb: colour.repeat(width * height) }
    }

    /// The picture as a PNG file.
    pub fn png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&self.rgb));
        written.expect("a Vec takes every byte, and `rgb` has exactly the size that width and height say");
        bytes
    }

    /// Lays `share` (0 to 1) of a colour over a pixel; nothing beyond the picture.
    pub(super) fn blend(&mut self, x: i64, y: i64, colour: Colour, share: f64) {
        if !(0..self.width as i64).contains(&x) || !(0..self.height as i64).contains(&y) {
            return;
        }
        let at = (y as usize * self.width + x as usize) * 3;
        for (old, new) in self.rgb[at..at + 3].iter_mut().zip(colour) {
            *old = (f64::from(*old) + (f64::from(new) - f64::from(*old)) * share).round() as u8;
        }
    }

    /// Draws the shape grown by `by` pixels, `share` of its colour.
    pub(super) fn shape(&mut self, shape: &Shape, by: f64, colour: Colour, share: f64) {
        let picture = Area { x0: 0.0, y0: 0.0, x1: self.width as f64, y1: self.height as f64 };
        let e = shape.extent().grown(by + 1.0).within(&picture);
        for y in e.y0 as i64..e.y1.ceil() as i64 {
            for x in e.x0 as i64..e.x1.ceil() as i64 {
                let inside = 0.5 + by - shape.distance([x as f64 + 0.5, y as f64 + 0.5]);
                if inside > 0.0 {
                    self.blend(x, y, colour, inside.min(1.0) * share);
                }
            }
        }
    }

    /// Draws a mask with its top left corner at (`x`, `y`), `share` of its colour.
    pub(super) fn mask(&mut self, mask: &Mask, [x, y]: [i64; 2], colour: Colour, share: f64) {
        for (at, ink) in mask.coverage.iter().enumerate().filter(|(_, ink)| **ink > 0.0) {
            let (dx, dy) = (at % mask.width, at / mask.width);
            self.blend(x + dx as i64, y + dy as i64, colour, f64::from(*ink) * share);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREY: Colour = [128; 3];
    const WHITE: Colour = [255; 3];

    fn drawn(shape: &Shape) -> Picture {
        let mut picture = Picture::plain(12, 10, GREY);
        picture.shape(shape, 0.0, WHITE, 1.0);
        picture
    }

    fn at(picture: &Picture, x: usize, y: usize) -> u8 {
        picture.rgb[(y * picture.width + x) * 3]
    }

    #[test]
    fn a_frame_is_hollow_and_a_disc_has_grey_edges() {
        let frame = drawn(&Shape::Frame(Area { x0: 2.0, y0: 2.0, x1: 9.0, y1: 8.0 }, 1.0));
        assert_eq!([at(&frame, 1, 5), at(&frame, 2, 5), at(&frame, 5, 5), at(&frame, 9, 3)], [255, 255, 128, 255]);
        let disc = drawn(&Shape::Disc([5.5, 5.5], 2.0));
        assert_eq!([at(&disc, 5, 5), at(&disc, 7, 5), at(&disc, 8, 5)], [255, 192, 128]);
    }

    #[test]
    fn nothing_is_drawn_beyond_the_picture() {
        let untouched = Picture::plain(12, 10, GREY);
        assert_eq!(drawn(&Shape::Disc([f64::NAN, 1.0], 3.0)), untouched);
        assert_eq!(drawn(&Shape::Disc([-9.0, 3.0], 3.0)), untouched);
        assert_eq!(drawn(&Shape::Line([[20.0, 0.0], [30.0, 90.0]], 1.0)), untouched);
        assert_ne!(drawn(&Shape::Line([[-20.0, 5.0], [30.0, 5.0]], 1.0)), untouched, "it crosses the picture");
    }
}
