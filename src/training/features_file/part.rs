//! Writing a file of features: a film at a time, so that a run that was stopped goes on where it was.
//!
//! `NAME.part` is CSV, whatever `NAME` ends in, and grows by whole films; `NAME.part.json` says what it is of. When all
//! is there the first becomes `NAME`, as CSV or Parquet, and the second stays beside it as its provenance. By the second
//! a part is known as ours: nothing else is written over.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::name::{Format, beside};
use super::parquet;
use super::provenance::Provenance;
use crate::training::labelled::{Body, COLUMNS};
use crate::unfinished::rename_without_replacing;

/// What is at the names that a file of features takes.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing, or what a run that was stopped left.
    Unfinished,
    /// Something of that name; what it is of, when that is said beside or in it.
    Finished(Option<Provenance>),
    /// What no run left, at a name that a run needs.
    Foreign(PathBuf),
}

impl Found {
    /// Looks at `path` and beside it.
    pub fn at(path: &Path) -> Self {
        let is_there = |path: &Path| path.symlink_metadata().is_ok();
        if is_there(path) {
            return Self::Finished(Provenance::of(path));
        }
        let [part, part_says, says] = [".part", ".part.json", ".json"].map(|ending| beside(path, ending));
        for says in [&part_says, &says] {
            if is_there(says) && Provenance::read(says).is_none() {
                return Self::Foreign(says.clone());
            }
        }
        if is_there(&part) && !is_there(&part_says) { Self::Foreign(part) } else { Self::Unfinished }
    }
}

/// A file of features on its way.
#[derive(Debug)]
pub struct FeaturesFile {
    path: PathBuf,
    provenance: Provenance,
    out: File,
    done: HashSet<String>,
    /// Rows that are there.
    rows: usize,
}

impl FeaturesFile {
    /// Begins `path`, or goes on with what an earlier run of the same provenance left.
    ///
    /// # Errors
    /// When its folder cannot be written, and [`io::ErrorKind::AlreadyExists`] unless [`Found::Unfinished`].
    pub fn open(path: &Path, provenance: &Provenance) -> io::Result<Self> {
        if Found::at(path) != Found::Unfinished {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let part = beside(path, ".part");
        let says = beside(path, ".part.json");
        let same = Provenance::read(&says).as_ref() == Some(provenance);
        let kept = if same { whole_films(&fs::read(&part).unwrap_or_default()) } else { Kept::default() };
        if !same {
            fs::write(&says, serde_json::to_vec_pretty(provenance)?)?;
        }
        let out = OpenOptions::new().create(true).write(true).truncate(false).open(&part)?;
        out.set_len(kept.bytes)?;
        let (path, provenance) = (path.to_owned(), provenance.clone());
        let mut file = Self { path, provenance, out, done: kept.films, rows: kept.rows };
        io::Seek::seek(&mut file.out, io::SeekFrom::End(0))?;
        Ok(file)
    }

    /// Whether the film's bodies are there already.
    pub fn has(&self, film: &str) -> bool {
        self.done.contains(film)
    }

    /// Rows written so far, in this run and earlier ones.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds the bodies of one film.
    ///
    /// # Errors
    /// When the disk takes no more.
    pub fn add(&mut self, bodies: &[(Body, Vec<(String, f64)>)]) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        if let (0, Some((_, features))) = (self.rows, bodies.first()) {
            let names = features.iter().map(|(name, _)| name.as_str());
            writer.write_record(COLUMNS.into_iter().chain(names))?;
        }
        for (body, features) in bodies {
            // The shortest digits that read back as the same number.
            let values = features.iter().map(|(_, value)| value.to_string());
            writer.write_record(body.cells().into_iter().chain(values))?;
        }
        let text = writer.into_inner().map_err(|e| io::Error::other(e.to_string()))?;
        self.out.write_all(&text)?;
        self.rows += bodies.len();
        Ok(())
    }

    /// Gives the file its name, when all films are there.
    ///
    /// # Errors
    /// When the disk fails, and [`io::ErrorKind::AlreadyExists`] when the name was taken in the meantime.
    pub fn finish(self) -> io::Result<()> {
        self.out.sync_all()?;
        let part = beside(&self.path, ".part");
        match Format::of(&self.path) {
            Format::Csv => rename_without_replacing(&part, &self.path)?,
            Format::Parquet => {
                parquet::from_csv(&part, &self.path, &self.provenance)?;
                fs::remove_file(part)?;
            }
        }
        // What it replaces is of a file that was taken away: `open` has looked.
        fs::rename(beside(&self.path, ".part.json"), beside(&self.path, ".json"))
    }
}

/// What of a part is kept.
#[derive(Default)]
struct Kept {
    bytes: u64,
    films: HashSet<String>,
    rows: usize,
}

/// The films of a part that are there for sure: all but the last, of which bodies may be missing. The rows of a film
/// follow each other.
fn whole_films(text: &[u8]) -> Kept {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let width = reader.headers().map_or(0, csv::StringRecord::len);
    let mut kept = Kept::default();
    let (mut last, mut rows_of_last) = (String::new(), 0);
    for record in reader.records() {
        let Ok(record) = record else { break };
        if record.len() != width {
            break;
        }
        if record[0] != last {
            kept.bytes = record.position().map_or(0, csv::Position::byte);
            kept.rows += rows_of_last;
            kept.films.extend(Some(std::mem::replace(&mut last, record[0].to_owned())).filter(|f| !f.is_empty()));
            rows_of_last = 0;
        }
        rows_of_last += 1;
    }
    if kept.films.is_empty() { Kept::default() } else { kept }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::findings::BoundingBox;

    fn film(number: usize) -> Vec<(Body, Vec<(String, f64)>)> {
        let body = |y0: f64| Body {
            film: format!("film \"{number}\", new\n.dcm"),
            region: BoundingBox { x0: 0.1, y0, x1: 5.0, y1: y0 + 7.0 },
            level: String::new(),
            class: Some(1),
            set: "train".into(),
            patient: format!("p{number}"),
        };
        let features = |value: f64| vec![("a".to_owned(), value), ("b".to_owned(), f64::NAN)];
        (0..=number % 3).map(|i| (body(10.0 * i as f64), features(0.1 + i as f64 / 3.0))).collect()
    }

    fn write(path: &Path, films: impl IntoIterator<Item = usize>) -> FeaturesFile {
        let mut file = FeaturesFile::open(path, &Provenance::of_boxes("given")).unwrap();
        for number in films {
            let bodies = film(number);
            if !file.has(&bodies[0].0.film) {
                file.add(&bodies).unwrap();
            }
        }
        file
    }

    proptest! {
        /// Wherever a run stops, in the middle of a number too, the next one ends with the same bytes.
        #[test]
        fn a_run_that_was_cut_off_is_taken_up(
            films in 1_usize..6,
            cut in 0.0..1.0_f64,
            ending in prop::sample::select(vec!["csv", "parquet"]),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let [at_once, cut_off] = ["a", "b"].map(|name| folder.path().join(name).with_extension(ending));
            write(&at_once, 0..films).finish().unwrap();
            let whole = fs::read(&at_once).unwrap();
            drop(write(&cut_off, 0..films));
            let part = beside(&cut_off, ".part");
            let text = fs::read(&part).unwrap();
            fs::write(&part, &text[..(cut * text.len() as f64) as usize]).unwrap();
            let file = write(&cut_off, 0..films);
            prop_assert_eq!(file.rows(), (0..films).map(|n| film(n).len()).sum::<usize>());
            file.finish().unwrap();
            prop_assert_eq!(fs::read(&cut_off).unwrap(), whole);
            prop_assert_eq!(Provenance::of(&cut_off), Some(Provenance::of_boxes("given")));
            prop_assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "two files, and what each is of");
        }
    }

    #[test]
    fn nothing_is_written_over_but_what_a_stopped_run_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        drop(write(&path, 0..3));
        assert_eq!(Found::at(&path), Found::Unfinished);
        for ending in [".part", ".part.json", ".json"] {
            let other = folder.path().join(format!("of{ending}.csv"));
            let theirs = beside(&other, ending);
            fs::write(&theirs, "theirs").unwrap();
            assert_eq!(Found::at(&other), Found::Foreign(theirs.clone()));
            let refused = FeaturesFile::open(&other, &Provenance::of_boxes("given")).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(theirs).unwrap(), b"theirs");
        }
        let file = write(&path, 0..3);
        fs::write(&path, "theirs").unwrap();
        assert_eq!(file.finish().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(Found::at(&path), Found::Finished(None));
    }

    #[test]
    fn features_that_were_taken_away_may_be_computed_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        write(&path, 0..3).finish().unwrap();
        assert_eq!(Found::at(&path), Found::Finished(Some(Provenance::of_boxes("given"))));
        fs::remove_file(&path).unwrap();
        write(&path, 0..3).finish().unwrap();
    }

    #[test]
    fn what_another_bundle_or_box_left_is_not_taken_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        drop(write(&path, 0..3));
        let file = FeaturesFile::open(&path, &Provenance::of_boxes("detected")).unwrap();
        assert_eq!((file.rows(), file.has(&film(0)[0].0.film)), (0, false));
    }
}
