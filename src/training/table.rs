//! The file that `extract` writes: a row a body, with its class, set and patient, and a column a feature.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::design::Design;

/// The set that models are fitted on.
pub const TRAINING: &str = "train";

/// Columns before the features.
const BEFORE: [&str; 9] = ["path", "x0", "y0", "x1", "y1", "level", "class", "set", "patient"];

/// What is known of a body beside its features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Its film, as the cases name it.
    pub film: String,
    /// Its level, empty when not known.
    pub level: String,
    /// Index of its class.
    pub class: usize,
    /// Which set it is in.
    pub set: String,
    /// Whose it is.
    pub patient: String,
}

/// Bodies and their features.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Names of the features.
    pub features: Vec<String>,
    /// The bodies, in the order of the file.
    pub bodies: Vec<Body>,
    /// Their features; NaN where one is undefined.
    pub values: Design,
}

/// Why a file of features is not used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It cannot be read.
    #[error("{path}: {reason}; name the file that `spinetriage extract` wrote")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// It holds what a study cannot be made of; all of it.
    #[error("{path} cannot be used:{}", .problems.iter().map(|p| format!("\n  {p}")).collect::<String>())]
    Problems {
        /// The file.
        path: PathBuf,
        /// Each with its line, where it has one.
        problems: Vec<Problem>,
    },
}

/// Something wrong with a file of features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line of the file, 1 for the header; `None` for what is wrong with the whole.
    pub line: Option<u64>,
    /// What, and what to do.
    pub says: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.says),
            None => f.write_str(&self.says),
        }
    }
}

impl Table {
    /// Reads `path`, whose classes are the numbers below `classes`.
    ///
    /// # Errors
    /// [`TableError`], with every problem of the file.
    pub fn read(path: &Path, classes: usize) -> Result<Self, TableError> {
        let unreadable = |e: &dyn fmt::Display| TableError::Read { path: path.to_owned(), reason: e.to_string() };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(|e| unreadable(&e))?;
        let header = reader.headers().map_err(|e| unreadable(&e))?.clone();
        let mut reading = Reading::new(&header, classes);
        if reading.problems.is_empty() {
            for record in reader.records() {
                reading.row(&record.map_err(|e| unreadable(&e))?);
            }
            reading.whole();
        }
        if reading.problems.is_empty() {
            Ok(Self { features: reading.features, bodies: reading.bodies, values: Design::from_rows(&reading.rows) })
        } else {
            Err(TableError::Problems { path: path.to_owned(), problems: reading.problems })
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

/// A file on its way in.
struct Reading {
    classes: usize,
    features: Vec<String>,
    bodies: Vec<Body>,
    rows: Vec<Vec<f64>>,
    /// Line of each film and box.
    places: HashMap<[String; 5], u64>,
    problems: Vec<Problem>,
}

impl Reading {
    fn new(header: &StringRecord, classes: usize) -> Self {
        let names: Vec<&str> = header.iter().collect();
        let features: Vec<String> = names.iter().skip(BEFORE.len()).map(|n| (*n).to_owned()).collect();
        let mut reading = Self {
            classes,
            features,
            bodies: Vec::new(),
            rows: Vec::new(),
            places: HashMap::new(),
            problems: Vec::new(),
        };
        let mut seen = BTreeSet::new();
        let twice: Vec<&str> = names.iter().copied().filter(|name| !seen.insert(*name)).collect();
        if names.get(..BEFORE.len()) != Some(&BEFORE[..]) || names.len() == BEFORE.len() {
            let before = BEFORE.join(",");
            reading.says(
                Some(1),
                format!("the header is not {before} and a feature or more; write the file with `spinetriage extract`"),
            );
        } else if !twice.is_empty() {
            reading.says(Some(1), format!("the columns {} are there twice; keep one of each", twice.join(", ")));
        }
        reading
    }

    fn says(&mut self, line: Option<u64>, says: String) {
        self.problems.push(Problem { line, says });
    }

    fn row(&mut self, record: &StringRecord) {
        let line = record.position().map(csv::Position::line);
        let width = BEFORE.len() + self.features.len();
        if record.len() != width {
            return self.says(line, format!("{} cells, the header has {width}", record.len()));
        }
        let cell = |i: usize| record[i].trim().to_owned();
        let place = [0, 1, 2, 3, 4].map(cell);
        if let Some(first) = self.places.insert(place, line.unwrap_or_default()) {
            self.says(line, format!("the same box of the same film as in line {first}; keep one of the two"));
        }
        let class = cell(6).parse().ok().filter(|&class: &usize| class < self.classes);
        if class.is_none() {
            let last = self.classes - 1;
            self.says(
                line,
                format!("\"{}\" is no class: write its number, 0 to {last}, in the order of [[class]]", cell(6)),
            );
        }
        for (column, name) in [(0, "path"), (7, "set"), (8, "patient")] {
            if cell(column).is_empty() {
                self.says(line, format!("{name} is empty; every body needs one"));
            }
        }
        let values: Vec<Option<f64>> = (BEFORE.len()..width).map(|i| record[i].trim().parse().ok()).collect();
        if let Some(at) = values.iter().position(Option::is_none) {
            let name = &self.features[at];
            self.says(
                line,
                format!(
                    "\"{}\" in column {name} is no number; NaN says that a feature is undefined",
                    &record[BEFORE.len() + at]
                ),
            );
        }
        self.bodies.push(Body {
            film: cell(0),
            level: cell(5),
            class: class.unwrap_or(0),
            set: cell(7),
            patient: cell(8),
        });
        self.rows.push(values.into_iter().map(|v| v.filter(|v| v.is_finite()).unwrap_or(f64::NAN)).collect());
    }

    /// What only shows when all rows are there.
    fn whole(&mut self) {
        let mut sets_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for body in &self.bodies {
            sets_of.entry(&body.patient).or_default().insert(&body.set);
        }
        let torn = sets_of.iter().filter(|(_, sets)| sets.len() > 1).map(|(patient, sets)| {
            let sets: Vec<&str> = sets.iter().copied().collect();
            format!(
                "patient {patient} is in the sets {}; a patient belongs to one, or the figures are too good",
                sets.join(" and ")
            )
        });
        let mut found: Vec<String> = torn.collect();
        for class in 0..self.classes {
            let bodies = self.bodies.iter().filter(|b| b.set == TRAINING && b.class == class).count();
            if bodies == 0 {
                found.push(format!(
                    "no body of the set {TRAINING} has class {class}; a model needs all of its {} classes",
                    self.classes
                ));
            }
        }
        found.into_iter().for_each(|says| self.says(None, says));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(text: &str) -> Result<Table, TableError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("features.csv");
        fs::write(&file, text).unwrap();
        Table::read(&file, 2)
    }

    const HEADER: &str = "path,x0,y0,x1,y1,level,class,set,patient,a,b\n";

    #[test]
    fn bodies_and_values_are_read() {
        let table = read(&format!("{HEADER}f.dcm,1,2,3,4,L1,0,train,p,1.5,NaN\n\"g,1.dcm\",1,2,3,4,,1,train,q,2,-1e3\nh.dcm,0,0,1,1,L2,1,internal,r,3,4\n")).unwrap();
        assert_eq!(table.features, ["a", "b"]);
        assert_eq!((table.bodies[1].film.as_str(), table.bodies[1].class), ("g,1.dcm", 1));
        assert_eq!((table.values.row(1), table.values.row(0)[1].is_nan()), (vec![2.0, -1000.0], true));
        assert_eq!((table.of_set(TRAINING), table.other_sets()), (vec![0, 1], vec!["internal"]));
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
        let said = Table::read(Path::new("no/such.csv"), 2).unwrap_err().to_string();
        assert!(said.contains("no/such.csv"), "{said}");
    }
}
