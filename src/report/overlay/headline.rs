//! What a picture's header says of the whole study: more than its own film, so that another film can change it.

use super::font::shown_name;
use super::palette::{WHITE, colour};
use super::picture::Colour;
use crate::findings::{Findings, Language};
use crate::report::study::{self, Sighting, most_suspicious};
use crate::report::texts::{self, Text, label, pair, with_remark};

/// The most suspicious body of a study, and whether there are other films that it may be on.
#[derive(Debug)]
pub struct Headline<'a> {
    most_suspicious: Option<Sighting<'a>>,
    of_several: bool,
}

impl<'a> Headline<'a> {
    /// Of the findings of all films of the study.
    pub fn of(study: &[&'a Findings]) -> Self {
        let vertebrae = study::vertebrae(study.iter().copied());
        Self { most_suspicious: most_suspicious(&vertebrae), of_several: study.len() > 1 }
    }

    /// In words on the picture of `film`, and in the colour of the body's class.
    pub fn on(&self, film: &Findings, language: Language) -> (String, Colour) {
        let Some(Sighting { findings, vertebra, .. }) = self.most_suspicious else {
            return (Text::NoVertebraFound.said_in(language).to_owned(), WHITE);
        };
        let class = shown_name(&findings.bundle.classes[vertebra.class], language);
        let finding = texts::finding(&class, vertebra.probabilities[vertebra.class]);
        let before = if self.of_several { Text::MostSuspiciousOfStudy } else { Text::MostSuspicious };
        // A place on another film would be looked for on this one.
        let here = study::is_same_image(&findings.image, &film.image);
        let finding = if here { with_remark(&finding, &label(vertebra, language), language) } else { finding };
        (pair(before.said_in(language), &finding, language), colour(vertebra.class))
    }
}
