//! One study out of its images: a vertebra seen on several of them is one vertebra.

use super::codes;
use crate::findings::{Findings, ImageIdentity, Vertebra, View};

/// A vertebra on one image.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    /// What was found on the image.
    pub findings: &'a Findings,
    /// The vertebra among it.
    pub vertebra: &'a Vertebra,
    /// Number of the image among the report's, 1 the first.
    pub image: usize,
}

/// Whether both are of one image: the SOP Instance UID does not say it alone, a modality may have used one twice.
pub fn is_same_image(a: &ImageIdentity, b: &ImageIdentity) -> bool {
    [&a.series_instance_uid, &a.sop_instance_uid] == [&b.series_instance_uid, &b.sop_instance_uid]
}

/// A vertebra of the study.
#[derive(Debug)]
pub struct StudyVertebra<'a> {
    /// Where it is measured and classified.
    pub main: Sighting<'a>,
    /// Where else it is seen.
    pub others: Vec<Sighting<'a>>,
}

/// The vertebrae of a study, in the order they are first seen.
///
/// The same level on two images is the same vertebra. A body whose level nobody knows stays alone: there is
/// nothing to recognise it by. It is measured on the lateral image, where a body's heights are seen; of two
/// images of the same view, on the one where it looks more like a fracture.
pub fn vertebrae<'a>(images: impl IntoIterator<Item = &'a Findings>) -> Vec<StudyVertebra<'a>> {
    let mut all: Vec<StudyVertebra<'a>> = Vec::new();
    for (image, findings) in (1..).zip(images) {
        for vertebra in &findings.vertebrae {
            let sighting = Sighting { findings, vertebra, image };
            match all.iter_mut().find(|known| known.is_also(&sighting)) {
                Some(known) => known.join(sighting),
                None => all.push(StudyVertebra { main: sighting, others: Vec::new() }),
            }
        }
    }
    all
}

impl<'a> StudyVertebra<'a> {
    fn is_also(&self, sighting: &Sighting<'_>) -> bool {
        let elsewhere = self.sightings().all(|known| known.image != sighting.image);
        elsewhere && sighting.vertebra.level.is_some() && sighting.vertebra.level == self.main.vertebra.level
    }

    fn join(&mut self, sighting: Sighting<'a>) {
        let other =
            if sighting.shows_more_than(&self.main) { std::mem::replace(&mut self.main, sighting) } else { sighting };
        self.others.push(other);
        self.others.sort_by_key(|other| other.image);
    }

    fn sightings(&self) -> impl Iterator<Item = &Sighting<'a>> {
        std::iter::once(&self.main).chain(&self.others)
    }
}

impl Sighting<'_> {
    /// Whether a person should look at it.
    pub fn is_flagged(&self) -> bool {
        is_flagged(self.vertebra)
    }

    fn shows_more_than(&self, other: &Self) -> bool {
        let view = |sighting: &Self| sighting.findings.view.unwrap_or_else(|| View::stated(&sighting.findings.image));
        let assessed = |sighting: &Self| sighting.vertebra.is_assessed();
        let fracture = |sighting: &Self| sighting.vertebra.fracture_probability(sighting.findings);
        let by_what_is_seen = assessed(self).cmp(&assessed(other)).then(view(self).cmp(&view(other)));
        by_what_is_seen.then(fracture(self).total_cmp(&fracture(other))).is_gt()
    }
}

/// Probability of any fracture, 0 to 1; `None` when a class of the bundle says nothing about fractures.
pub fn fracture_probability(sighting: &Sighting<'_>) -> Option<f64> {
    let classes = sighting.findings.bundle.classes.iter().map(|class| codes::astlof(&class.code));
    let parts = classes.zip(&sighting.vertebra.probabilities);
    parts.map(|(class, p)| class.map(|(fractured, _)| if fractured { *p } else { 0.0 })).sum()
}

/// Whether a person should look at it: it is called at one of the bundle's operating points. Never by the most probable
/// class alone, and never what is not assessed.
pub fn is_flagged(vertebra: &Vertebra) -> bool {
    vertebra.called.is_some() && vertebra.is_assessed()
}

/// The vertebra that a person should look at first: of those that are assessed the one that is called at the stricter
/// operating point, then the most probable fracture; the first of equals. `None` where none is assessed.
pub fn most_suspicious<'a>(vertebrae: &[StudyVertebra<'a>]) -> Option<Sighting<'a>> {
    let suspicion = |seen: &Sighting<'_>| (seen.vertebra.called, seen.vertebra.fracture_probability(seen.findings));
    let assessed = vertebrae.iter().map(|v| v.main).filter(|seen| seen.vertebra.is_assessed());
    assessed.reduce(|first, next| if suspicion(&next) > suspicion(&first) { next } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RESEARCH_USE_ONLY;
    use crate::findings::{BoundingBox, BundleIdentity, Call, ClassName, NotAssessed};
    use crate::identifiers::Uid;

    /// An image with bodies of (level, class, probability of the class).
    fn image(view_position: &str, bodies: &[(&str, usize, f64)]) -> Findings {
        let uid = || Uid::new("2.25.1").unwrap();
        let image = ImageIdentity {
            sop_class_uid: uid(),
            sop_instance_uid: uid(),
            series_instance_uid: uid(),
            study_instance_uid: uid(),
            modality: "DX".into(),
            body_part: String::new(),
            view_position: view_position.into(),
            patient_orientation: None,
            rows: 100,
            columns: 100,
            pixel_spacing: None,
            spacing_refused: None,
        };
        let body = |(level, class, p): &(&str, usize, f64)| {
            let mut probabilities = vec![(1.0 - p) / 2.0; 3];
            probabilities[*class] = *p;
            Vertebra {
                ordinal: 1,
                level: Some((*level).to_owned()).filter(|level| !level.is_empty()),
                level_source: None,
                bounding_box: BoundingBox { x0: 0.0, y0: 0.0, x1: 1.0, y1: 1.0 },
                detection_score: 1.0,
                class: *class,
                probabilities,
                points: None,
                morphometry: None,
                imputed: vec![],
                contributions: vec![],
                not_assessed: None,
                called: (*class > 0).then_some(Call::Specific),
                points_spread: None,
            }
        };
        let classes = (0..3).map(|n| ClassName { code: format!("ASTLOF-{n}"), name: n.to_string() }).collect();
        let bundle = BundleIdentity { classes, ..BundleIdentity::default() };
        let vertebrae = bodies.iter().map(body).collect();
        let (notice, view) = (RESEARCH_USE_ONLY.into(), None);
        Findings { notice, image, bundle, view, not_assessed: None, missed: 0, vertebrae }
    }

    /// Level, class and image of each vertebra, and the images it is seen on too.
    fn seen(images: &[Findings]) -> Vec<(String, usize, usize, Vec<usize>)> {
        let row = |v: &StudyVertebra<'_>| {
            let level = v.main.vertebra.level.clone().unwrap_or_default();
            (level, v.main.vertebra.class, v.main.image, v.others.iter().map(|o| o.image).collect())
        };
        vertebrae(images).iter().map(row).collect()
    }

    #[test]
    fn a_vertebra_on_two_views_is_one_and_the_lateral_one_counts() {
        let images =
            [image("AP", &[("L1", 2, 0.9), ("L2", 0, 0.9)]), image("LATERAL", &[("L1", 1, 0.5), ("L3", 0, 0.8)])];
        let expected = [("L1", 1, 2, vec![1]), ("L2", 0, 1, vec![]), ("L3", 0, 2, vec![])];
        assert_eq!(seen(&images), expected.map(|(l, c, i, o)| (l.to_owned(), c, i, o)));
    }

    #[test]
    fn of_two_equal_views_the_more_suspicious_one_counts() {
        let images = [image("LL", &[("L1", 0, 0.9)]), image("LL", &[("L1", 1, 0.8)]), image("LL", &[("L1", 1, 0.7)])];
        assert_eq!(seen(&images), [("L1".to_owned(), 1, 2, vec![1, 3])]);
    }

    #[test]
    fn bodies_of_unknown_level_or_of_one_image_stay_apart() {
        let images = [image("LL", &[("", 0, 0.9), ("L5", 0, 0.9), ("L5", 1, 0.9)]), image("AP", &[("", 0, 0.9)])];
        assert_eq!(seen(&images).len(), 4);
    }

    #[test]
    fn a_view_is_told_by_its_position_else_by_the_patients_orientation() {
        let mut film = image("", &[]).image;
        assert_eq!(View::stated(&film), View::Unknown);
        film.patient_orientation = Some(["P".into(), "F".into()]);
        assert_eq!(View::stated(&film), View::Lateral);
        film.patient_orientation = Some(["LF".into(), "F".into()]);
        assert_eq!(View::stated(&film), View::Frontal);
        film.view_position = "LL".into();
        assert_eq!(View::stated(&film), View::Lateral);
    }

    #[test]
    fn the_most_probable_fracture_that_is_called_is_looked_at_first() {
        let mut films = [image("LL", &[("L1", 1, 0.9), ("L2", 2, 0.95), ("L3", 0, 0.01), ("L4", 0, 1.0)])];
        let first = |films: &[Findings]| {
            most_suspicious(&vertebrae(films)).and_then(|seen| seen.vertebra.level.clone()).unwrap_or_default()
        };
        assert_eq!(first(&films), "L2", "L3 is more probably fractured, and not called");
        films[0].vertebrae[1].not_assessed = Some(NotAssessed::Metal);
        assert_eq!(first(&films), "L1", "what is not assessed never leads");
        films[0].vertebrae[0].called = Some(Call::Sensitive);
        films[0].vertebrae[3].called = Some(Call::Specific);
        assert_eq!(first(&films), "L4");
        assert!((fracture_probability(&vertebrae(&films)[0].main).unwrap() - 0.95).abs() < 1e-12);
        assert!(most_suspicious(&[]).is_none());
    }

    #[test]
    fn without_a_fracture_the_least_sure_vertebra_comes_first_and_of_equals_the_first() {
        let images = [image("LL", &[("L1", 0, 0.9), ("L2", 0, 0.6), ("L3", 0, 0.6)])];
        assert_eq!(most_suspicious(&vertebrae(&images)).unwrap().vertebra.level.as_deref(), Some("L2"));
    }

    #[test]
    fn of_two_images_the_one_on_which_a_body_is_assessed_counts() {
        let mut images = [image("LL", &[("L1", 2, 0.9)]), image("AP", &[("L1", 0, 0.9)])];
        images[0].vertebrae[0].not_assessed = Some(NotAssessed::CutByEdge);
        assert_eq!(seen(&images), [("L1".to_owned(), 0, 2, vec![1])]);
    }

    #[test]
    fn nothing_is_flagged_by_its_most_probable_class_alone() {
        let mut film = image("LL", &[("L1", 2, 0.99)]);
        assert!(is_flagged(&film.vertebrae[0]));
        film.vertebrae[0].called = None;
        assert!(!is_flagged(&film.vertebrae[0]));
    }
}
