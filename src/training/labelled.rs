//! Labelled bodies: the columns that cases and features begin with, and what a study needs of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use csv::StringRecord;

use super::problem::{Place, Problem};
use crate::evaluation::TRAINING;
use crate::findings::BoundingBox;

/// The columns of a labelled body.
pub const COLUMNS: [&str; 9] = ["path", "x0", "y0", "x1", "y1", "level", "class", "set", "patient"];

/// What stands in the column `class` for a body that nobody has labelled.
const UNLABELLED: &str = "-1";

/// A body on a film of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// Its film, as the file names it.
    pub film: String,
    /// Where it is, in pixels of the film.
    pub region: BoundingBox,
    /// Its level, empty when not known.
    pub level: String,
    /// Index of its class; `None` of a body of the film that nobody has labelled, which a study is judged by too.
    pub class: Option<usize>,
    /// Which set it is in.
    pub set: String,
    /// Whose it is.
    pub patient: String,
}

impl Body {
    /// Its cells, in the order of [`COLUMNS`].
    pub fn cells(&self) -> [String; 9] {
        let BoundingBox { x0, y0, x1, y1 } = self.region;
        let [x0, y0, x1, y1] = [x0, y0, x1, y1].map(|side| side.to_string());
        let class = self.class.map_or(UNLABELLED.to_owned(), |class| class.to_string());
        [self.film.clone(), x0, y0, x1, y1, self.level.clone(), class, self.set.clone(), self.patient.clone()]
    }
}

/// What the bodies are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Their features are computed.
    Extract,
    /// A model is fitted, with so many folds of cross-validation.
    Train {
        /// At least 2.
        folds: usize,
    },
    /// A model is measured.
    Evaluate,
}

/// Rows on their way in, with the problems they have.
pub(super) struct Rows {
    classes: usize,
    /// Whether a body may be one that nobody has labelled.
    unlabelled: bool,
    /// Where in a record each of [`COLUMNS`] is.
    at: [usize; 9],
    /// The bodies that were read; one with a problem too, so that the whole is judged by all of them.
    pub bodies: Vec<Body>,
    /// Where each film and box is.
    places: HashMap<[String; 5], Place>,
    pub problems: Vec<Problem>,
}

impl Rows {
    /// For a file with this header, at `place`, and the classes 0 to `classes` - 1; `Err` names columns that are
    /// missing or there twice.
    pub fn new(header: &StringRecord, place: Option<Place>, classes: usize) -> Result<Self, Problem> {
        let wrong = |says| Err(Problem { place, says });
        let names: Vec<&str> = header.iter().map(str::trim).collect();
        let mut seen = BTreeSet::new();
        let twice: Vec<&str> = names.iter().copied().filter(|name| !seen.insert(*name)).collect();
        if !twice.is_empty() {
            return wrong(format!("the columns {} are there twice; keep one of each", twice.join(", ")));
        }
        let at = COLUMNS.map(|name| names.iter().position(|n| *n == name));
        let missing: Vec<&str> = COLUMNS.iter().zip(at).filter(|(_, at)| at.is_none()).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            let (missing, all) = (missing.join(", "), COLUMNS.join(","));
            return wrong(format!("the columns {missing} are missing; the header begins {all}"));
        }
        let at = at.map(Option::unwrap_or_default);
        Ok(Self { classes, unlabelled: false, at, bodies: Vec::new(), places: HashMap::new(), problems: Vec::new() })
    }

    /// The same, of a file that may have bodies that nobody has labelled.
    pub fn with_unlabelled(self) -> Self {
        Self { unlabelled: true, ..self }
    }

    pub fn says(&mut self, place: Place, says: impl Into<String>) {
        self.problems.push(Problem::at(place, says));
    }

    /// Reads the body of a record.
    pub fn row(&mut self, record: &StringRecord, place: Place) {
        let cell = |i: usize| record.get(self.at[i]).unwrap_or_default().trim().to_owned();
        let cells: [String; 9] = std::array::from_fn(cell);
        let [film, sides @ .., level, class, set, patient] = &cells;
        let region = [0, 1, 2, 3, 4].map(cell);
        if let Some(first) = self.places.insert(region, place) {
            self.says(place, format!("the same box of the same film as in {first}; keep one of the two"));
        }
        let known = class.parse().ok().filter(|class: &usize| *class < self.classes);
        if known.is_none() && !(self.unlabelled && class == UNLABELLED) {
            let last = self.classes - 1;
            self.says(
                place,
                format!("\"{class}\" is no class: write its number, 0 to {last}, in the order of [[class]]"),
            );
        }
        for (value, name) in [(film, "path"), (set, "set"), (patient, "patient")] {
            if value.is_empty() {
                self.says(place, format!("{name} is empty; every body needs one"));
            }
        }
        let mut numbers = [0.0; 4];
        for ((number, side), name) in numbers.iter_mut().zip(sides).zip(&COLUMNS[1..5]) {
            match side.parse::<f64>().ok().filter(|side| side.is_finite()) {
                Some(side) => *number = side,
                None => self.says(place, format!("\"{side}\" in column {name} is no number; boxes are in pixels")),
            }
        }
        let [x0, y0, x1, y1] = numbers;
        self.bodies.push(Body {
            film: film.clone(),
            region: BoundingBox { x0, y0, x1, y1 },
            level: level.clone(),
            class: known,
            set: set.clone(),
            patient: patient.clone(),
        });
    }

    /// What only shows when all rows are there; a model learns of the bodies that `teaches` says.
    pub fn whole(&mut self, purpose: Purpose, teaches: impl Fn(usize) -> bool) {
        let mut found = torn_patients(&self.bodies);
        if self.bodies.is_empty() {
            found.push("there is no row below the header; write one for every body".to_owned());
        } else if let Purpose::Train { folds } = purpose {
            let teaching = self.bodies.iter().enumerate().filter(|(i, _)| teaches(*i));
            let teaching: Vec<&Body> = teaching.map(|(_, body)| body).collect();
            found.extend((0..self.classes).filter_map(|class| too_few(&teaching, class, self.classes, folds)));
        }
        self.problems.extend(found.into_iter().map(Problem::of_the_whole));
    }
}

fn torn_patients(bodies: &[Body]) -> Vec<String> {
    let mut sets_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for body in bodies {
        sets_of.entry(&body.patient).or_default().insert(&body.set);
    }
    let torn = sets_of.into_iter().filter(|(_, sets)| sets.len() > 1).map(|(patient, sets)| {
        let sets: Vec<&str> = sets.into_iter().collect();
        format!(
            "patient {patient} is in the sets {}; a patient belongs to one, or the figures are too good",
            sets.join(" and ")
        )
    });
    torn.collect()
}

/// What is said of a class that cannot be in every fold.
fn too_few(bodies: &[&Body], class: usize, classes: usize, folds: usize) -> Option<String> {
    let of_class = bodies.iter().filter(|b| b.set == TRAINING && b.class == Some(class));
    let patients: BTreeSet<&str> = of_class.map(|b| b.patient.as_str()).collect();
    match patients.len() {
        0 => {
            Some(format!("no body of the set {TRAINING} has class {class}; a model needs all of its {classes} classes"))
        }
        n if n < folds => Some(format!(
            "class {class} has bodies of {n} patients in the set {TRAINING}, fewer than the {folds} folds; label more, or take fewer with --folds"
        )),
        _ => None,
    }
}
