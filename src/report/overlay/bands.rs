//! The lines around the film: what it is above it, what the colours mean below it.

use super::headline::Headline;
use super::labels::Area;
use super::picture::Colour;
use super::sheet::{SMALL, Sheet};
use super::{Picture, WHITE, colour, font, framed, shown_name, text};
use crate::findings::{ClassName, Findings, Language};
use crate::report::equipment::algorithm_name;
use crate::report::study;
use crate::report::texts::{Text, pair};

const LIGHT: Colour = [190, 194, 200];

/// The warning; then the model and the most suspicious body.
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

/// One explanation below the film: the frame it explains, if it is one, and what it says.
pub struct Entry {
    class: Option<(usize, bool)>,
    pub says: String,
}

impl Entry {
    /// Length on the picture with the space behind it.
    fn length(&self, letters: f64) -> f64 {
        let frame = if self.class.is_some() { 1.2 } else { 0.0 };
        font::width(&self.says, letters * SMALL) + (frame + 1.2) * letters
    }
}

/// The classes; and what a question mark means where there is one.
pub struct Legend(Vec<Entry>);

impl Legend {
    /// Of the bundle that made the findings.
    pub fn of(findings: &Findings, language: Language) -> Self {
        let entry = |(index, class): (usize, &ClassName)| Entry {
            class: Some((index, study::is_flagged(class, index))),
            says: shown_name(class, language),
        };
        let mut entries: Vec<Entry> = findings.bundle.classes.iter().enumerate().map(entry).collect();
        if findings.vertebrae.iter().any(|vertebra| vertebra.level_is_assumed()) {
            entries.push(Entry { class: None, says: pair("?", Text::CountedFromSacrum.said_in(language), language) });
        }
        Self(entries)
    }

    /// The entries in rows that fit into the picture.
    pub fn rows(&self, sheet: &Sheet) -> Vec<Vec<&Entry>> {
        let room = sheet.width as f64 - sheet.letters * 0.6;
        let mut rows: Vec<Vec<&Entry>> = Vec::new();
        let mut used = f64::INFINITY;
        for entry in &self.0 {
            let length = entry.length(sheet.letters);
            if used + length > room {
                rows.push(Vec::new());
                used = 0.0;
            }
            rows.last_mut().into_iter().for_each(|row| row.push(entry));
            used += length;
        }
        rows
    }
}

/// The legend below the film.
pub fn footer(picture: &mut Picture, sheet: &Sheet, legend: &Legend) {
    let size = sheet.letters * SMALL;
    let mut y = sheet.film.y1 + sheet.letters * 0.3;
    for row in legend.rows(sheet).into_iter().take(sheet.legend_rows) {
        let mut x = sheet.letters * 0.6;
        for entry in row {
            let mut after = x;
            if let Some((class, flagged)) = entry.class {
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
