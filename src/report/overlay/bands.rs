//! The lines around the film: what it is above it, what the colours mean below it.

use super::font::{self, SMALL};
use super::headline::Headline;
use super::labels::Area;
use super::legend::Legend;
use super::palette::{WHITE, colour};
use super::pen::{framed, text};
use super::picture::{Colour, Picture};
use super::sheet::Sheet;
use crate::findings::Findings;
use crate::report::equipment::algorithm_name;
use crate::report::texts::Text;

const LIGHT: Colour = [190, 194, 200];

/// The warning; then the model, the study's result and its most suspicious body.
pub fn header(picture: &mut Picture, sheet: &Sheet, findings: &Findings, study: &[&Findings]) {
    let indent = sheet.letters * 0.6;
    let room = sheet.width as f64 - 2.0 * indent;
    let fitted = |line: &str, size: f64| size * (room / font::width(line, size)).min(1.0);
    let banner = Text::ResearchUseOnly.said_in(sheet.language);
    let top = sheet.letters * 0.3;
    text(picture, [indent, top], banner, fitted(banner, sheet.letters), (WHITE, 1.0), 0.0);

    let model = format!("{} {} · ", algorithm_name(&findings.bundle), findings.bundle.version);
    let (result, ink) = Headline::of(study).on(findings, sheet.language);
    let size = fitted(&format!("{model}{result}"), sheet.letters * SMALL);
    let top = top + sheet.letters * font::LINE;
    text(picture, [indent, top], &model, size, (LIGHT, 1.0), 0.0);
    text(picture, [indent + font::width(&model, size), top], &result, size, (ink, 1.0), 0.0);
}

/// The legend below the film.
pub fn footer(picture: &mut Picture, sheet: &Sheet, legend: &Legend) {
    let size = sheet.letters * SMALL;
    let mut y = sheet.film.y1 + sheet.letters * 0.3;
    for row in legend.rows(sheet.width, sheet.letters).into_iter().take(sheet.legend_rows) {
        let mut x = sheet.letters * 0.6;
        for entry in row {
            let mut after = x;
            if let Some((class, flagged)) = entry.frame {
                let side = size * 0.8;
                let top = y + size * (font::LINE - 0.8) / 2.0;
                let frame = Area { x0: x, y0: top, x1: x + side, y1: top + side };
                framed(picture, sheet, &frame, colour(class), flagged);
                after += sheet.letters * 1.2;
            }
            text(picture, [after, y], &entry.says, size, (LIGHT, 1.0), 0.0);
            x += entry.length(sheet.letters);
        }
        y += size * font::LINE;
    }
}
