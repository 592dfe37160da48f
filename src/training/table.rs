//! The file that `extract` writes: a row a body, with its class, set and patient, and a column a feature.

use std::collections::BTreeSet;
use std::path::Path;

use super::design::Design;
use super::features_file::{self, Format, Row, Source};
use super::labelled::{Body, COLUMNS, Purpose, Rows};
use super::problem::{FileError, Problem};
use crate::evaluation::TRAINING;
use crate::model::Family;

/// Bodies and their features.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Names of the features.
    pub features: Vec<String>,
    /// The labelled bodies, in the order of the file.
    pub bodies: Vec<Body>,
    /// Their classes.
    pub labels: Vec<usize>,
    /// Their features; NaN where one is undefined.
    pub values: Design,
    /// What else is found on their films, as far as the file has it: nobody has labelled it.
    pub others: Vec<Body>,
    /// The features of these.
    pub other_values: Design,
    /// Labelled bodies of which no feature is defined: they were not found, or not assessed. Nothing is learnt of them
    /// but what their study is.
    pub unseen: Vec<Body>,
}

impl Table {
    /// Whether `path` is a file of features rather than of cases: `extract` always writes deep ones, and cases are
    /// never Parquet.
    pub fn is_one(path: &Path) -> bool {
        let is_deep = |name: &str| matches!(Family::of(name), Family::Deep | Family::FilmDeep);
        let deep = |source: Source| source.header.iter().skip(COLUMNS.len()).any(is_deep);
        Format::of(path) == Format::Parquet || features_file::open(path).is_ok_and(deep)
    }

    /// Reads `path`, whose classes are the numbers below `classes`.
    ///
    /// # Errors
    /// [`FileError`], with every problem of the file.
    pub fn read(path: &Path, classes: usize, purpose: Purpose) -> Result<Self, FileError> {
        let problems = |problems| FileError::Problems { path: path.to_owned(), problems };
        let source = features_file::open(path)?;
        let features = features_of(&source).map_err(|p| problems(vec![p]))?;
        let mut rows =
            Rows::new(&source.header, source.header_place, classes).map_err(|p| problems(vec![p]))?.with_unlabelled();
        let mut values = Vec::new();
        for row in source.rows {
            let Row { place, body, values: found } = row?;
            body.iter().for_each(|body| rows.row(body, place));
            match found {
                Ok(found) => values.push(found.into_iter().map(defined).collect()),
                Err(says) => rows.says(place, says),
            }
        }
        let is_seen = |values: &[f64]| values.iter().any(|value| !value.is_nan());
        rows.whole(purpose, |i| values.get(i).is_some_and(|values: &Vec<f64>| is_seen(values)));
        if !rows.problems.is_empty() {
            return Err(problems(rows.problems));
        }
        let (labelled, others): (Vec<_>, Vec<_>) =
            rows.bodies.into_iter().zip(values).partition(|(b, _)| b.class.is_some());
        let (labelled, unseen): (Vec<_>, Vec<_>) = labelled.into_iter().partition(|(_, values)| is_seen(values));
        let (bodies, values): (Vec<Body>, Vec<Vec<f64>>) = labelled.into_iter().unzip();
        let (others, other_values): (Vec<Body>, Vec<Vec<f64>>) = others.into_iter().unzip();
        Ok(Self {
            features,
            labels: bodies.iter().filter_map(|body| body.class).collect(),
            bodies,
            values: Design::from_rows(&values),
            others,
            other_values: Design::from_rows(&other_values),
            unseen: unseen.into_iter().map(|(body, _)| body).collect(),
        })
    }

    /// The features of body `i` by name, as the router has them.
    pub fn features_of(&self, i: usize) -> Vec<(String, f64)> {
        self.features.iter().cloned().zip(self.values.row(i)).collect()
    }

    /// The same of the body `i` of [`Self::others`].
    pub fn features_of_other(&self, i: usize) -> Vec<(String, f64)> {
        self.features.iter().cloned().zip(self.other_values.row(i)).collect()
    }

    /// What a model is fitted on: the bodies of the set [`TRAINING`], and nothing of another.
    pub fn training(&self) -> TrainingSet {
        let samples = self.of_set(TRAINING);
        TrainingSet {
            features: self.features.clone(),
            values: self.values.rows(&samples),
            labels: samples.iter().map(|&i| self.labels[i]).collect(),
            patients: samples.iter().map(|&i| self.bodies[i].patient.clone()).collect(),
        }
    }

    /// Indices of the bodies of a set.
    pub fn of_set(&self, set: &str) -> Vec<usize> {
        (0..self.bodies.len()).filter(|&i| self.bodies[i].set == set).collect()
    }

    /// The sets that are no training sets, in alphabetical order.
    pub fn other_sets(&self) -> Vec<&str> {
        let sets: BTreeSet<&str> = self.bodies.iter().map(|b| b.set.as_str()).collect();
        sets.into_iter().filter(|set| *set != TRAINING).collect()
    }
}

/// The bodies that models are fitted on. Only [`Table::training`] makes one, so that what takes it cannot see others.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingSet {
    features: Vec<String>,
    values: Design,
    labels: Vec<usize>,
    patients: Vec<String>,
}

impl TrainingSet {
    /// Names of the features.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// [bodies, features]; NaN where one is undefined.
    pub fn values(&self) -> &Design {
        &self.values
    }

    /// The class of each body.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// The patient of each body.
    pub fn patients(&self) -> &[String] {
        &self.patients
    }
}

/// Names of the features, which follow what is said of the body.
fn features_of(source: &Source) -> Result<Vec<String>, Problem> {
    let header = &source.header;
    if header.len() > COLUMNS.len() && header.iter().take(COLUMNS.len()).eq(COLUMNS) {
        return Ok(header.iter().skip(COLUMNS.len()).map(str::to_owned).collect());
    }
    let before = COLUMNS.join(",");
    let says = format!("the header is not {before} and a feature or more; write the file with `spinetriage extract`");
    Err(Problem { place: source.header_place, says })
}

/// The value, NaN when it is infinite: a feature is a number or undefined.
fn defined(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(text: &str) -> Result<Table, FileError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("features.csv");
        fs::write(&file, text).unwrap();
        Table::read(&file, 2, Purpose::Train { folds: 1 })
    }

    const HEADER: &str = "path,x0,y0,x1,y1,level,class,set,patient,a,b\n";

    #[test]
    fn bodies_and_values_are_read() {
        let table = read(&format!("{HEADER}f.dcm,1,2,3,4,L1,0,train,p,1.5,NaN\n\"g,1.dcm\",1,2,3,4,,1,train,q,2,-1e3\nh.dcm,0,0,1,1,L2,1,internal,r,3,4\n")).unwrap();
        assert_eq!(table.features, ["a", "b"]);
        assert_eq!((table.bodies[1].film.as_str(), table.bodies[1].class), ("g,1.dcm", Some(1)));
        assert_eq!((table.values.row(1), table.values.row(0)[1].is_nan()), (vec![2.0, -1000.0], true));
        assert_eq!((table.of_set(TRAINING), table.other_sets()), (vec![0, 1], vec!["internal"]));
    }

    #[test]
    fn bodies_that_nobody_has_labelled_stand_apart() {
        let table = read(&format!(
            "{HEADER}f.dcm,1,2,3,4,L1,0,train,p,1,2\nf.dcm,1,9,3,12,,-1,train,p,3,4\ng.dcm,1,2,3,4,,1,train,q,5,6\n"
        ));
        let table = table.unwrap();
        assert_eq!((table.labels.as_slice(), table.values.row(1)), ([0, 1].as_slice(), vec![5.0, 6.0]));
        assert_eq!((table.others.len(), table.other_values.row(0)), (1, vec![3.0, 4.0]));
        assert_eq!(table.features_of_other(0)[1], ("b".to_owned(), 4.0));
    }

    #[test]
    fn labelled_bodies_without_features_stand_apart_and_teach_nothing() {
        let row =
            |film: &str, class: u8, values: &str| format!("{film}.dcm,1,2,3,4,L1,{class},train,{film},{values}\n");
        let [intact, seen, unseen] = [row("f", 0, "1,2"), row("g", 1, "3,4"), row("h", 1, "NaN,NaN")];
        let table = read(&format!("{HEADER}{intact}{seen}{unseen}")).unwrap();
        assert_eq!((table.bodies.len(), table.labels.as_slice()), (2, [0, 1].as_slice()));
        assert_eq!((table.unseen.len(), table.unseen[0].patient.as_str(), table.unseen[0].class), (1, "h", Some(1)));
        let said = read(&format!("{HEADER}{intact}{unseen}")).unwrap_err().to_string();
        assert!(said.contains("no body of the set train has class 1"), "{said}");
    }

    #[test]
    fn all_problems_are_named_at_once() {
        let said = read(&format!(
            "{HEADER}f.dcm,1,2,3,4,L1,0,train,p,1,2\nf.dcm,1,2,3,4,L1,0,internal,p,1,2\ng.dcm,1,2,3,4,L1,7,train,q,1,x\nh.dcm,1,2,3,4,L1,0,,r,1\ni.dcm,1,2,3,4,L1,0,,r,1,2\n"
        ))
        .unwrap_err()
        .to_string();
        for part in [
            "line 3: the same box of the same film as in line 2",
            "line 4: \"7\" is no class: write its number, 0 to 1",
            "line 4: \"x\" in column b is no number",
            "line 5: 10 cells, the header has 11",
            "line 6: set is empty",
            "patient p is in the sets internal and train",
            "no body of the set train has class 1",
        ] {
            assert!(said.contains(part), "{part} is missing:\n{said}");
        }
    }

    #[test]
    fn another_file_is_refused_by_its_header() {
        let said = read("path,label\na,1\n").unwrap_err().to_string();
        assert!(said.contains("line 1: the header is not path,x0") && said.contains("extract"), "{said}");
        let said = read("path,x0,y0,x1,y1,level,class,set,patient,a,a\n").unwrap_err().to_string();
        assert!(said.contains("the columns a are there twice"), "{said}");
        let said = Table::read(Path::new("no/such.csv"), 2, Purpose::Evaluate).unwrap_err().to_string();
        assert!(said.contains("no/such.csv"), "{said}");
    }
}
