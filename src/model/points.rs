//! The points network: the six points of each body, once more and finer, and what else its picture shows.

use super::error::{Misfit, ModelError};
use super::feed::Feed;
use super::fit::Wanted;
use super::manifest;
use super::runtime::Network;
use super::tensor::{Element, listed};
use crate::findings::{Point, SixPoints};
use crate::imaging::{Radiograph, Sight};

/// Numbers a point: x, y and spread.
const COLUMNS: usize = 3;
/// Points a body.
const POINTS: usize = 6;
/// The looks of a body.
const LOOKS: usize = 5;

/// A body, looked at closely.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Closer {
    /// In pixels of the radiograph.
    pub points: SixPoints,
    /// The largest standard deviation of where the network thinks that one of them may be, parts of the body's depth.
    pub spread: f64,
    /// What else it sees.
    pub looks: Looks,
}

/// Probabilities of what the picture of a body shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Looks {
    /// A vertebral body.
    pub vertebra: f64,
    /// All of it.
    pub whole: f64,
    /// From the side.
    pub lateral: f64,
    /// Metal or cement on it.
    pub metal: f64,
    /// Its front where the first stage's points say.
    pub front: f64,
}

pub(super) struct Points {
    network: Network,
    settings: manifest::Points,
    feed: Feed,
}

impl Points {
    /// # Errors
    /// [`ModelError::Misfit`] when the network's input or outputs are not the manifest's.
    pub fn new(network: Network, settings: manifest::Points) -> Result<Self, ModelError> {
        let side = settings.side;
        let wanted = Wanted {
            section: "points",
            channels: 1,
            height: side,
            width: side,
            may_lack_batch: false,
            target_sizes: false,
        };
        let feed = wanted.of(&network)?;
        let floats = |name: &str, shape: &[Option<usize>]| {
            network.outputs().iter().any(|o| o.name == name && o.element == Element::Float32 && o.can_be(shape))
        };
        if !(floats("points", &[None, Some(POINTS), Some(COLUMNS)]) && floats("looks", &[None, Some(LOOKS)])) {
            return Err(network.misfit(Misfit {
                has: format!("its outputs are {}", listed(network.outputs())),
                says: format!("[points] reads points [N, {POINTS}, {COLUMNS}] and looks [N, {LOOKS}], float32"),
                remedy: "export it with these outputs, as docs/bundle.md says".into(),
            }));
        }
        Ok(Self { network, settings, feed })
    }

    /// Looks at each body whose points are `bodies`, all in one run; `None` where there is nothing to look at.
    ///
    /// # Errors
    /// [`ModelError`] when the run fails.
    pub fn look(
        &mut self,
        radiograph: &Radiograph,
        bodies: &[Option<SixPoints>],
    ) -> Result<Vec<Option<Closer>>, ModelError> {
        let side = self.settings.side;
        let sights: Vec<Option<Sight>> =
            bodies.iter().map(|body| Sight::of(body.as_ref()?, self.settings.reach)).collect();
        let seen: Vec<&Sight> = sights.iter().flatten().collect();
        if seen.is_empty() {
            return Ok(vec![None; bodies.len()]);
        }
        let crops = seen.iter().flat_map(|sight| standard(radiograph.seen(sight, side))).collect();
        let feed = Feed { shape: vec![seen.len(), 1, side, side], ..self.feed.clone() };
        let outputs = self.network.run(&feed, crops)?;
        let values = |name: &str, each: usize| {
            let values =
                outputs.iter().find(|o| o.header.name == name).map(|o| o.values.as_slice()).unwrap_or_default();
            if values.len() == seen.len() * each {
                return Ok(values.chunks_exact(each));
            }
            let (has, of) = (values.len(), seen.len());
            Err(self.network.wrong(format!("its output {name} has {has} values for {of} bodies, not {each} each")))
        };
        let (points, looks) = (values("points", POINTS * COLUMNS)?, values("looks", LOOKS)?);
        let mut closer = seen
            .iter()
            .zip(points.zip(looks))
            .map(|(sight, (points, looks))| of_body(sight, points, looks, self.settings.reach));
        Ok(sights.iter().map(|sight| sight.as_ref().and_then(|_| closer.next()).flatten()).collect())
    }
}

/// `None` for outputs that are no numbers.
fn of_body(sight: &Sight, points: &[f32], looks: &[f32], reach: f64) -> Option<Closer> {
    let number = |i: usize| f64::from(points[i]);
    let point = |p: usize| -> Point { sight.to_film([number(COLUMNS * p), number(COLUMNS * p + 1)]) };
    let found = SixPoints { upper: [0, 1, 2].map(point), lower: [3, 4, 5].map(point) };
    // The view is 2 `reach` depths wide.
    let spread = (0..POINTS).map(|p| 2.0 * reach * number(COLUMNS * p + 2)).fold(0.0, f64::max);
    let [vertebra, whole, lateral, metal, front] = [0, 1, 2, 3, 4].map(|i| f64::from(looks[i]));
    let usable = found.is_finite() && spread.is_finite() && looks.iter().all(|look| look.is_finite());
    usable.then_some(Closer { points: found, spread, looks: Looks { vertebra, whole, lateral, metal, front } })
}

/// Values in standard deviations from their mean; all 0 where they do not differ.
fn standard(values: Vec<f32>) -> Vec<f32> {
    let n = values.len().max(1) as f64;
    let mean = values.iter().copied().map(f64::from).sum::<f64>() / n;
    let deviation = (values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n).sqrt();
    let score = |v: f32| if deviation > 0.0 { ((f64::from(v) - mean) / deviation) as f32 } else { 0.0 };
    values.into_iter().map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_the_view_become_points_of_the_film_and_spreads_parts_of_the_depth() {
        let plate = |y: f64| [[30.0, y], [20.0, y], [10.0, y]];
        let body = SixPoints { upper: plate(10.0), lower: plate(26.0) };
        let sight = Sight::of(&body, 1.0).unwrap();
        // Depth 20: the view is 40 wide round (20, 18), the front at its left.
        let place = |x: f32, y: f32| [x, y, 0.01];
        let outputs = [(0.25, 0.3), (0.5, 0.3), (0.75, 0.3), (0.25, 0.7), (0.5, 0.7), (0.75, 0.7)];
        let outputs: Vec<f32> = outputs.into_iter().flat_map(|(x, y)| place(x, y)).collect();
        let closer = of_body(&sight, &outputs, &[1.0, 1.0, 0.9, 0.0, 1.0], 1.0).unwrap();
        let expected = SixPoints { upper: plate(10.0), lower: plate(26.0) };
        for (found, expected) in
            closer.points.upper.iter().chain(&closer.points.lower).zip(expected.upper.iter().chain(&expected.lower))
        {
            assert!((found[0] - expected[0]).hypot(found[1] - expected[1]) < 1e-5, "{found:?} {expected:?}");
        }
        assert!((closer.spread - 0.02).abs() < 1e-8);
        assert!(of_body(&sight, &[f32::NAN; 18], &[0.0; 5], 1.0).is_none());
    }

    #[test]
    fn a_flat_picture_has_standard_scores_too() {
        assert_eq!(standard(vec![7.0; 4]), [0.0; 4]);
        assert_eq!(standard(vec![1.0, 3.0]), [-1.0, 1.0]);
    }
}
