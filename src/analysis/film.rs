//! A film as serving and `extract` see it: its spine, looked at closely and measured, with the features of each body.

use super::levels::{self, Level};
use super::view;
use crate::findings::{BoundingBox, ImageIdentity, Morphometry, SixPoints, View};
use crate::imaging::Radiograph;
use crate::model::spine_line::one_missed_between;
use crate::model::{Closer, Model, ModelError, Spine};

/// The spine of a film.
#[derive(Debug)]
pub struct Film {
    /// From above.
    pub bodies: Vec<Body>,
    /// From where it is looked at.
    pub view: View,
    /// Bodies that the distance of two found ones says are between them.
    pub missed: u32,
    /// What shutters leave of it.
    pub field: BoundingBox,
}

/// One vertebral body.
#[derive(Debug)]
pub struct Body {
    /// In pixels of the film.
    pub region: BoundingBox,
    /// The detector's score.
    pub score: f64,
    /// Where it is known.
    pub level: Option<Level>,
    /// The points network's, else the detector's.
    pub points: Option<SixPoints>,
    /// What the points network sees, when the bundle has one.
    pub closer: Option<Closer>,
    /// What the points measure.
    pub shape: Option<Morphometry>,
    /// Radiomics, deep and shape features.
    pub features: Vec<(String, f64)>,
}

/// Part of the bodies that must show their front where the detector says, or all are turned.
const FRONT_AT_LEAST: f64 = 0.5;

impl Film {
    /// Detects, looks closely, counts levels, measures and computes the features of each body.
    ///
    /// # Errors
    /// [`ModelError`] when a network fails.
    pub fn see(model: &mut Model, radiograph: &Radiograph, image: Option<&ImageIdentity>) -> Result<Self, ModelError> {
        let detections = model.detect(radiograph)?;
        let spine = model.spine_of(&detections);
        let levels = levels::name(&spine, |class| model.detector_class(class));
        let closer = look(model, radiograph, &spine.points())?;
        let points: Vec<Option<SixPoints>> =
            closer.iter().zip(spine.points()).map(|(closer, first)| closer.map(|c| c.points).or(first)).collect();
        let names: Vec<Option<&str>> = levels.iter().map(|l| l.as_ref().map(|(name, _)| name.as_str())).collect();
        let shapes = model.measure(&points, &names, radiograph);
        let mut bodies = Vec::with_capacity(spine.bodies.len());
        let seen = spine.bodies.iter().zip(levels).zip(points.iter().zip(closer.iter().zip(shapes)));
        for ((found, level), (points, (closer, shape))) in seen {
            let features = model.features_of_body(radiograph, &found.region, shape.as_ref())?;
            let (region, score, points, closer) = (found.region, found.score, *points, *closer);
            bodies.push(Body { region, score, level, points, closer, shape, features });
        }
        let view = view::decide(image, &closer);
        Ok(Self { bodies, view, missed: missed(&spine), field: radiograph.exposed_field() })
    }

    /// What the fusion model is offered of a body with these features, number `of` of the film or one that the detector
    /// did not find.
    pub fn features(&self, model: &Model, features: &[(String, f64)], of: Option<usize>) -> Vec<(String, f64)> {
        let others = self.bodies.iter().enumerate().filter(|(i, _)| Some(*i) != of);
        let others: Vec<&[(String, f64)]> = others.map(|(_, body)| body.features.as_slice()).collect();
        model.offered(features, &others)
    }
}

/// Looks at each body, and once more the other way round where the film's bodies face the other way than the detector
/// thought.
fn look(
    model: &mut Model,
    radiograph: &Radiograph,
    first: &[Option<SixPoints>],
) -> Result<Vec<Option<Closer>>, ModelError> {
    let closer = model.look_closely(radiograph, first)?;
    let fronts: Vec<f64> = closer.iter().flatten().map(|c| c.looks.front).collect();
    let facing = fronts.iter().sum::<f64>() / fronts.len().max(1) as f64;
    if fronts.is_empty() || facing >= FRONT_AT_LEAST {
        return Ok(closer);
    }
    let turned: Vec<Option<SixPoints>> = first.iter().map(|p| p.map(SixPoints::turned)).collect();
    let other = model.look_closely(radiograph, &turned)?;
    let fronts: Vec<f64> = other.iter().flatten().map(|c| c.looks.front).collect();
    let better = fronts.iter().sum::<f64>() / fronts.len().max(1) as f64 > facing;
    Ok(if better { other } else { closer })
}

fn missed(spine: &Spine) -> u32 {
    let pairs = spine.bodies.windows(2).filter(|pair| one_missed_between(&pair[0], &pair[1], false)).count();
    let above_sacrum = spine.bodies.last().zip(spine.sacrum.as_ref());
    let onto_sacrum = above_sacrum.is_some_and(|(last, sacrum)| one_missed_between(last, sacrum, true));
    pairs as u32 + u32::from(onto_sacrum)
}
