//! What a picture's header says of the whole study: more than its own film, so that another film can change it.

use super::font::shown_name;
use super::palette::{WHITE, colour};
use super::picture::Colour;
use crate::findings::{Findings, Language, StudyTriage};
use crate::report::study::{self, Sighting, most_suspicious};
use crate::report::texts::{self, Text, label, pair, with_remark};

/// The result of a study and its most suspicious body, and whether there are other films that it may be on.
#[derive(Debug)]
pub struct Headline<'a> {
    triage: Option<StudyTriage>,
    most_suspicious: Option<Sighting<'a>>,
    of_several: bool,
}

impl<'a> Headline<'a> {
    /// Of the findings of all films of the study.
    pub fn of(study: &[&'a Findings]) -> Self {
        let vertebrae = study::vertebrae(study.iter().copied());
        let most_suspicious = most_suspicious(&vertebrae);
        Self { triage: Findings::triage_of(study), most_suspicious, of_several: study.len() > 1 }
    }

    /// In words on the picture of `film`, and in the colour of the body's class.
    pub fn on(&self, film: &Findings, language: Language) -> (String, Colour) {
        let result = texts::result(self.triage.as_ref().map(|triage| triage.result), language);
        let probability = self.triage.as_ref().and_then(|triage| triage.probability);
        let result = probability.map_or_else(|| result.to_owned(), |p| texts::finding(result, p));
        let Some(Sighting { findings, vertebra, .. }) = self.most_suspicious else {
            return (self.of_nothing(film, &result, language), WHITE);
        };
        let class = shown_name(&findings.bundle.classes[vertebra.class], language);
        let finding = texts::said_of(vertebra, &class, language);
        let before = if self.of_several { Text::MostSuspiciousOfStudy } else { Text::MostSuspicious };
        // A place on another film would be looked for on this one.
        let here = study::is_same_image(&findings.image, &film.image);
        let finding = if here { with_remark(&finding, &label(vertebra, language), language) } else { finding };
        let body = pair(before.said_in(language), &finding, language);
        (format!("{result} · {body}"), colour(Some(vertebra.class)))
    }

    /// Of a study in which no body is assessed: why not this film.
    fn of_nothing(&self, film: &Findings, result: &str, language: Language) -> String {
        let why = match film.not_assessed {
            Some(why) if !film.vertebrae.is_empty() => Some(texts::reason(why, language)),
            _ if film.vertebrae.is_empty() => Some(Text::NoVertebraFound.said_in(language)),
            _ => film.vertebrae.iter().find_map(|v| v.not_assessed).map(|why| texts::reason(why, language)),
        };
        why.map_or_else(|| result.to_owned(), |why| pair(result, why, language))
    }
}
