//! The features of labelled bodies, computed by the code that serves.

use std::num::NonZeroUsize;

use super::cases::{Cases, Film};
use super::labelled::Body;
use super::problem::{Place, Problem};
use crate::findings::{BoundingBox, Morphometry};
use crate::imaging::Radiograph;
use crate::model::{Model, ModelError, morphometry};
use crate::parallel;

/// Whose boxes the features are computed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Boxes {
    /// Those of the cases
    Given,
    /// Those the detector finds on the same bodies, as when serving; bodies it misses are left out and named
    Detected,
}

/// A detected body belongs to a case's box from this overlap on.
const SAME_BODY_IOU: f64 = 0.5;

/// Films a thread has at a time: the results that wait for their turn are of so many.
const FILMS_A_THREAD: usize = 4;

/// What a film gave.
#[derive(Debug, Default)]
pub struct Extracted {
    /// Each body, its box the one that the features are of, and its features by name.
    pub rows: Vec<(Body, Vec<(String, f64)>)>,
    /// Lines of bodies that the detector did not find.
    pub missed: Vec<u64>,
    /// Why a body, or all of the film, has no features.
    pub problems: Vec<Problem>,
}

/// Gives what each film of `cases` gave to `sink`, in their order, on as many threads as there are `models`.
///
/// # Errors
/// What `sink` returns; the films after that are not looked at.
pub fn extract<E>(
    models: &mut [Model],
    films: &[&Film],
    boxes: Boxes,
    mut sink: impl FnMut(&Film, Extracted) -> Result<(), E>,
) -> Result<(), E> {
    for some in films.chunks(models.len() * FILMS_A_THREAD) {
        let found = parallel::map_with(models, some, |model, film| of_film(model, film, boxes));
        for (film, extracted) in some.iter().zip(found) {
            sink(film, extracted)?;
        }
    }
    Ok(())
}

/// The films of which nothing is in `done`, which holds names of films as the cases have them.
pub fn remaining(cases: &Cases, done: impl Fn(&str) -> bool) -> Vec<&Film> {
    cases.films.iter().filter(|film| !done(&film.cases[0].body.film)).collect()
}

/// A model for each thread.
///
/// # Errors
/// As `open`.
pub fn models(threads: NonZeroUsize, open: impl Fn() -> Result<Model, ModelError>) -> Result<Vec<Model>, ModelError> {
    (0..threads.get()).map(|_| open()).collect()
}

fn of_film(model: &mut Model, film: &Film, boxes: Boxes) -> Extracted {
    let mut extracted = Extracted::default();
    let seen = match film.radiograph() {
        Ok(radiograph) => see(model, radiograph).map_err(|e| e.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let seen = match seen {
        Ok(seen) => seen,
        Err(reason) => {
            let says = format!("the film {} cannot be used: {reason}", film.path.display());
            extracted.problems.push(Problem::at(Place::Line(film.cases[0].line), says));
            return extracted;
        }
    };
    for case in &film.cases {
        let found = body_at(&seen.bodies, &case.body.region);
        let region = match (boxes, found) {
            (Boxes::Given, _) => case.body.region,
            (Boxes::Detected, Some(found)) => found.region,
            (Boxes::Detected, None) => {
                extracted.missed.push(case.line);
                continue;
            }
        };
        let shape = found.and_then(|found| found.shape.as_ref());
        let features = if model.measures_shape() {
            model.features_of_body(&seen.radiograph, &region, shape)
        } else {
            model.features_of(&seen.radiograph, &region)
        };
        match features {
            Ok(features) => extracted.rows.push((Body { region, ..case.body.clone() }, features)),
            Err(error) => extracted.problems.push(Problem::at(Place::Line(case.line), error.to_string())),
        }
    }
    extracted
}

/// A film as serving sees it.
struct Seen {
    radiograph: Radiograph,
    /// The bodies of its spine, with what their points measure.
    bodies: Vec<Detected>,
}

struct Detected {
    region: BoundingBox,
    shape: Option<Morphometry>,
}

fn see(model: &mut Model, radiograph: Radiograph) -> Result<Seen, ModelError> {
    let detections = model.detect(&radiograph)?;
    let spine = model.spine_of(&detections);
    let shapes = morphometry::measure(&spine.points(), radiograph.spacing);
    let bodies = spine.bodies.iter().zip(shapes).map(|(body, shape)| Detected { region: body.region, shape }).collect();
    Ok(Seen { radiograph, bodies })
}

/// The detected body that `region` means: the one it overlaps most.
fn body_at<'a>(bodies: &'a [Detected], region: &BoundingBox) -> Option<&'a Detected> {
    let overlaps = bodies.iter().map(|body| (body.region.iou(region), body));
    let best = overlaps.filter(|(iou, _)| *iou >= SAME_BODY_IOU).max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::SixPoints;

    #[test]
    fn a_case_takes_the_shape_of_the_body_it_overlaps_most() {
        let region = |y0: f64| BoundingBox { x0: 0.0, y0, x1: 40.0, y1: y0 + 30.0 };
        let points = |height: f64| SixPoints {
            upper: [0.0, 20.0, 40.0].map(|x| [x, 0.0]),
            lower: [0.0, 20.0, 40.0].map(|x| [x, height]),
        };
        let shapes = morphometry::measure(&[Some(points(30.0)), Some(points(20.0)), None], None);
        let bodies: Vec<_> = [0.0, 8.0, 100.0]
            .iter()
            .zip(&shapes)
            .map(|(y0, shape)| Detected { region: region(*y0), shape: *shape })
            .collect();
        let shape_at = |y0: f64| body_at(&bodies, &region(y0)).map(|body| body.shape);
        assert_eq!(shape_at(1.0), Some(shapes[0]));
        assert_eq!(shape_at(7.0), Some(shapes[1]));
        assert_eq!(shape_at(30.0), None, "the overlap is too small");
        assert_eq!(shape_at(100.0), Some(None), "this body has no points");
    }
}
