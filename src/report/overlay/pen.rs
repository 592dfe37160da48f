//! Letters and frames that are seen on any film.

use super::font;
use super::labels::Area;
use super::palette::BLACK;
use super::picture::{Colour, Picture, Shape};
use super::sheet::Sheet;

/// How much of their colour the marks of what is not flagged have.
pub const DIM: f64 = 0.75;

/// Letters with their top left corner at (`x`, `y`); on the film with a dark halo.
pub fn text(picture: &mut Picture, [x, y]: [f64; 2], text: &str, size: f64, (colour, share): (Colour, f64), halo: f64) {
    let margin = halo as usize + 1;
    let mask = font::line(text, size, margin);
    let corner = [x.round() as i64 - margin as i64, y.round() as i64 - margin as i64];
    if halo > 0.0 {
        picture.mask(&mask.grown(halo as usize), corner, BLACK, 0.8);
    }
    picture.mask(&mask, corner, colour, share);
}

/// A frame inside its box, with a dark rim on both sides.
pub fn framed(picture: &mut Picture, sheet: &Sheet, b: &Area, colour: Colour, flagged: bool) {
    let half = sheet.half_line(flagged);
    let inside = (half - 0.5).max(0.0);
    let b = Area { x0: b.x0 + inside, y0: b.y0 + inside, x1: b.x1 - inside, y1: b.y1 - inside };
    let frame = Shape::Frame(b, half);
    let share = if flagged { 1.0 } else { DIM };
    picture.shape(&frame, sheet.halo() * share, BLACK, 0.55 * share);
    picture.shape(&frame, 0.0, colour, share);
}
