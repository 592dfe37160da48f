//! The features of labelled bodies, computed by the code that serves.

use std::num::NonZeroUsize;

use super::cases::{Case, Cases, Film};
use super::labelled::Body;
use super::problem::{Place, Problem};
use crate::analysis::{self, assess};
use crate::findings::{BoundingBox, NotAssessed};
use crate::imaging::Radiograph;
use crate::model::{Model, ModelError};
use crate::parallel;

/// Whose boxes the features are computed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Boxes {
    /// Those of the cases
    Given,
    /// Those the detector finds on the same bodies, as when serving; bodies that it misses, or that would not be
    /// assessed, are left out and named
    Detected,
    /// The same, with a row of class -1 for each other body of the films that is assessed, and one without features for
    /// each that is left out: a study is judged by all
    All,
}

/// A detected body belongs to a case's box from this overlap on.
const SAME_BODY_IOU: f64 = 0.5;

/// Films a thread has at a time: the results that wait for their turn are of so many.
const FILMS_A_THREAD: usize = 4;

/// What a film gave.
#[derive(Debug, Default)]
pub struct Extracted {
    /// Each body, its box the one that the features are of, and its features by name; NaN of one that was not found or
    /// not assessed, where all bodies are asked for.
    pub rows: Vec<(Body, Vec<(String, f64)>)>,
    /// The film's other bodies that are assessed, when they are asked for, likewise.
    pub others: Vec<(Body, Vec<(String, f64)>)>,
    /// Lines of bodies that the detector did not find.
    pub missed: Vec<u64>,
    /// Lines of bodies that are not assessed when serving, and why.
    pub not_assessed: Vec<(u64, NotAssessed)>,
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
    let mut left_out = Vec::new();
    for case in &film.cases {
        let found = body_at(&seen.film.bodies, &case.body.region);
        let place = Place::Line(case.line);
        match of_case(model, &seen, case, found, boxes) {
            Ok(Row::Features(body, features)) => extracted.rows.push((body, features)),
            Ok(Row::Missed) => {
                extracted.missed.push(case.line);
                left_out.push((case, found));
            }
            Ok(Row::NotAssessed(why)) => {
                extracted.not_assessed.push((case.line, why));
                left_out.push((case, found));
            }
            Err(error) => extracted.problems.push(Problem::at(place, error.to_string())),
        }
    }
    if boxes == Boxes::All {
        extracted.others = others(model, &seen, &film.cases);
        extracted.rows.extend(left_out.into_iter().filter_map(|(case, found)| without(model, &seen, case, found)));
    }
    extracted
}

/// The assessed bodies of a film that no case is about.
fn others(model: &Model, seen: &Seen, cases: &[Case]) -> Vec<(Body, Vec<(String, f64)>)> {
    let Seen { radiograph, film } = seen;
    let about = |i: usize| cases.iter().any(|case| body_at(&film.bodies, &case.body.region) == Some(i));
    let of_film = &cases[0].body;
    let row = |(i, body): (usize, &analysis::Body)| {
        let level = body.level.as_ref().map(|(name, _)| name.clone()).unwrap_or_default();
        let other = Body { region: body.region, level, class: None, ..of_film.clone() };
        (other, film.features(model, &body.features, Some(i)))
    };
    let assessed = |body: &analysis::Body| assess::body(model, radiograph, film, body).is_none();
    film.bodies.iter().enumerate().filter(|(i, body)| !about(*i) && assessed(body)).map(row).collect()
}

/// The row of a body that was not found or not assessed: its label, and no features; `None` where not even their names
/// can be had.
fn without(model: &mut Model, seen: &Seen, case: &Case, found: Option<usize>) -> Option<(Body, Vec<(String, f64)>)> {
    let features = model.features_of_body(&seen.radiograph, &case.body.region, None).ok()?;
    let named = seen.film.features(model, &features, found).into_iter();
    Some((case.body.clone(), named.map(|(name, _)| (name, f64::NAN)).collect()))
}

/// What a case gave.
enum Row {
    Features(Body, Vec<(String, f64)>),
    Missed,
    NotAssessed(NotAssessed),
}

fn of_case(model: &mut Model, seen: &Seen, case: &Case, found: Option<usize>, boxes: Boxes) -> Result<Row, ModelError> {
    let Seen { radiograph, film } = seen;
    let detected = found.map(|i| &film.bodies[i]);
    match (boxes, found.zip(detected)) {
        (Boxes::Detected | Boxes::All, None) => Ok(Row::Missed),
        (Boxes::Detected | Boxes::All, Some((i, body))) => {
            // As when serving: what is not assessed there teaches nothing here.
            if let Some(why) = assess::body(model, radiograph, film, body) {
                return Ok(Row::NotAssessed(why));
            }
            let features = film.features(model, &body.features, Some(i));
            Ok(Row::Features(Body { region: body.region, ..case.body.clone() }, features))
        }
        (Boxes::Given, _) => {
            let region = case.body.region;
            let shape = detected.and_then(|body| body.shape.as_ref());
            let features = if model.measures_shape() {
                model.features_of_body(radiograph, &region, shape)?
            } else {
                model.features_of(radiograph, &region)?
            };
            Ok(Row::Features(case.body.clone(), film.features(model, &features, found)))
        }
    }
}

/// A film as serving sees it.
struct Seen {
    radiograph: Radiograph,
    film: analysis::Film,
}

fn see(model: &mut Model, radiograph: Radiograph) -> Result<Seen, ModelError> {
    let film = analysis::Film::see(model, &radiograph, None)?;
    Ok(Seen { radiograph, film })
}

/// The number of the detected body that `region` means: the one it overlaps most.
fn body_at(bodies: &[analysis::Body], region: &BoundingBox) -> Option<usize> {
    let overlaps = bodies.iter().map(|body| body.region.iou(region)).enumerate();
    let best = overlaps.filter(|(_, iou)| *iou >= SAME_BODY_IOU).max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(best.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_means_the_body_it_overlaps_most() {
        let region = |y0: f64| BoundingBox { x0: 0.0, y0, x1: 40.0, y1: y0 + 30.0 };
        let body = |y0: &f64| analysis::Body {
            region: region(*y0),
            score: 1.0,
            level: None,
            points: None,
            closer: None,
            shape: None,
            features: Vec::new(),
        };
        let bodies: Vec<_> = [0.0, 8.0, 100.0].iter().map(body).collect();
        let at = |y0: f64| body_at(&bodies, &region(y0));
        assert_eq!([at(1.0), at(7.0), at(30.0), at(100.0)], [Some(0), Some(1), None, Some(2)]);
    }
}
