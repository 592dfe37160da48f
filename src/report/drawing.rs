//! What is drawn on a film, independent of pixels and fonts: the picture and other annotations of the
//! same film show the same.

use super::study::is_flagged;
use super::texts::{class_name, label, pair, said_of};
use crate::findings::{BoundingBox, Findings, Language, SixPoints, Vertebra};

/// One vertebra as it is drawn. Coordinates are in pixels of the film, as in the findings: they may
/// lie beyond its edges.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Its box.
    pub bounding_box: BoundingBox,
    /// Its name: `L3`, `L3?` for an assumed level, or its place from above.
    pub label: String,
    /// Its class and the probability: `burst fracture 0.99`; or why it is not assessed.
    pub finding: String,
    /// Index of its class in the bundle's, which is also that of its colour; `None` of a body that is not assessed.
    pub class: Option<usize>,
    /// Whether a person should look at it.
    pub flagged: bool,
    /// The six points where they were measured: what is no body is not shown as if it were one.
    pub points: Option<SixPoints>,
}

impl Mark {
    /// Name and finding in one line.
    pub fn text(&self, language: Language) -> String {
        pair(&self.label, &self.finding, language)
    }
}

/// The marks of a film, from above.
pub fn marks(findings: &Findings, language: Language) -> Vec<Mark> {
    let mark = |vertebra: &Vertebra| {
        let class = &findings.bundle.classes[vertebra.class];
        Mark {
            bounding_box: vertebra.bounding_box,
            label: label(vertebra, language),
            finding: said_of(vertebra, class_name(class, language), language),
            class: Some(vertebra.class).filter(|_| vertebra.is_assessed()),
            flagged: is_flagged(vertebra),
            points: vertebra.points.filter(|_| vertebra.morphometry.is_some()),
        }
    };
    findings.vertebrae.iter().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{Call, GenantGrade, Morphometry, NotAssessed};

    const POINTS: &str = r#"{"upper":[[0,0],[1,0],[2,0]],"lower":[[0,2],[1,2],[2,2]]}"#;

    fn vertebra(class: usize, probability: f64) -> Vertebra {
        let json = format!(
            r#"{{"ordinal":2,"level":null,"bounding_box":{{"x0":1,"y0":2,"x1":3,"y1":4}},"detection_score":0.5,
            "class":{class},"probabilities":[{probability},{probability},{probability}],"points":{POINTS}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    fn findings(codes: [&str; 3], vertebrae: Vec<Vertebra>) -> Findings {
        let classes = codes.map(|code| format!(r#"{{"code":"{code}","name":"name of {code}"}}"#)).join(",");
        let json = format!(
            r#"{{"notice":"","image":{{"sop_class_uid":"1.2","sop_instance_uid":"1.3","series_instance_uid":"1.4",
            "study_instance_uid":"1.5","modality":"DX","body_part":"","view_position":"","patient_orientation":null,
            "rows":9,"columns":9,"pixel_spacing":null}},"bundle":{{"name":"demo","version":"1","digest":"ab",
            "classes":[{classes}]}},"vertebrae":[]}}"#
        );
        Findings { vertebrae, ..serde_json::from_str(&json).unwrap() }
    }

    #[test]
    fn a_mark_says_name_class_and_probability() {
        let found = findings(["ASTLOF-0", "ASTLOF-1", "ASTLOF-2"], vec![vertebra(2, 0.993)]);
        let text = |language| marks(&found, language)[0].text(language);
        assert_eq!(text(Language::English), "2nd from above: name of ASTLOF-2 0.99");
        assert_eq!(text(Language::Chinese), "自上第2个：爆裂性骨折 0.99");
    }

    #[test]
    fn what_is_called_is_flagged_and_nothing_that_is_not_assessed() {
        let mut found = findings(["A0", "A1", "A2"], (0..4).map(|_| vertebra(1, 0.5)).collect());
        found.vertebrae[1].called = Some(Call::Sensitive);
        found.vertebrae[2].called = Some(Call::Specific);
        found.vertebrae[3].not_assessed = Some(NotAssessed::Metal);
        let marks = marks(&found, Language::English);
        assert_eq!(marks.iter().map(|mark| mark.flagged).collect::<Vec<_>>(), [false, true, true, false]);
        assert_eq!(marks[1].finding, "possible name of A1 0.50");
        assert_eq!(marks[2].finding, "name of A1 0.50");
        assert_eq!((marks[3].finding.as_str(), marks[3].class), ("not assessed: metal or cement on it", None));
    }

    #[test]
    fn points_that_measure_nothing_are_not_drawn() {
        let mut found = findings(["A0", "A1", "A2"], vec![vertebra(0, 0.5)]);
        assert!(found.vertebrae[0].points.is_some() && marks(&found, Language::English)[0].points.is_none());
        let points = [found.vertebrae[0].points];
        found.vertebrae[0].morphometry = Some(Morphometry {
            heights_mm: None,
            endplate_widths_mm: None,
            wedge_ratio: 1.0,
            biconcave_ratio: 1.0,
            wedge_score: None,
            biconcave_score: None,
            crush_ratio: None,
            endplate_ratio: 1.0,
            height_to_width_ratio: 0.8,
            height_loss_percent: 0.0,
            genant_grade: GenantGrade::Normal,
            deformity: None,
        });
        assert_eq!(marks(&found, Language::English)[0].points, points[0]);
    }
}
