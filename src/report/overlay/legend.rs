//! What the colours of a picture mean, as text.

use super::font::{self, SMALL, shown_name};
use crate::findings::{ClassName, Findings, Language};
use crate::report::texts::{Text, pair};

/// One explanation below the film: the frame it explains, if it is one, and what it says.
pub struct Entry {
    /// The class of the frame, `None` for what is not assessed, and whether it is flagged.
    pub frame: Option<(Option<usize>, bool)>,
    /// The text behind it.
    pub says: String,
}

impl Entry {
    /// Length on the picture with the space behind it.
    pub fn length(&self, letters: f64) -> f64 {
        let frame = if self.frame.is_some() { 1.2 } else { 0.0 };
        font::width(&self.says, letters * SMALL) + (frame + 1.2) * letters
    }
}

/// The classes, and what is not assessed; and what a question mark means where there is one.
pub struct Legend(Vec<Entry>);

impl Legend {
    /// Of the bundle that made the findings.
    pub fn of(findings: &Findings, language: Language) -> Self {
        let entry = |(index, class): (usize, &ClassName)| Entry {
            frame: Some((Some(index), class.is_fracture(index) && findings.bundle.triage.is_some())),
            says: shown_name(class, language),
        };
        let mut entries: Vec<Entry> = findings.bundle.classes.iter().enumerate().map(entry).collect();
        if findings.vertebrae.iter().any(|vertebra| !vertebra.is_assessed()) {
            let says = Text::NotAssessed.said_in(language).to_owned();
            entries.push(Entry { frame: Some((None, false)), says });
        }
        if findings.vertebrae.iter().any(|vertebra| vertebra.level_is_assumed()) {
            entries.push(Entry { frame: None, says: pair("?", Text::CountedFromSacrum.said_in(language), language) });
        }
        Self(entries)
    }

    /// The entries in rows that fit into a picture of this width, `letters` the size of its letters.
    pub fn rows(&self, width: usize, letters: f64) -> Vec<Vec<&Entry>> {
        let room = width as f64 - letters * 0.6;
        let mut rows: Vec<Vec<&Entry>> = Vec::new();
        let mut used = f64::INFINITY;
        for entry in &self.0 {
            let length = entry.length(letters);
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
