//! The file that a data scientist writes: films, and on them labelled bodies.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::labelled::{Body, Purpose, Rows};
use super::problem::{FileError, Place, Problem};
use crate::findings::BoundingBox;
use crate::imaging::{ImagingError, Radiograph, decode};
use crate::model::digest_of;

/// The column that PNG films need: the distance of their pixels in mm.
const SPACING: &str = "spacing_mm";

/// The least side of a box, in pixels: of less no feature can be computed.
const LEAST_SIDE: f64 = 2.0;

/// The films and bodies of a study, all of which are there.
#[derive(Debug, Clone)]
pub struct Cases {
    /// In the order in which the file first names them.
    pub films: Vec<Film>,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
}

/// A film and the bodies labelled on it.
#[derive(Debug, Clone)]
pub struct Film {
    /// Where it is.
    pub path: PathBuf,
    /// Distance of the pixels in mm, of a PNG.
    spacing_mm: Option<f64>,
    /// In the order of the file.
    pub cases: Vec<Case>,
}

/// A body and where the file speaks of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Line of the file.
    pub line: u64,
    /// What it says.
    pub body: Body,
}

impl Cases {
    /// Reads `file`, whose classes are the numbers below `classes`, and looks at the header of every film; paths are
    /// from the file's folder. `looked` is told the number of films, and of each film when it was looked at.
    ///
    /// # Errors
    /// [`FileError`], with every problem of the file: also a film that is missing or no image, and a box that is not
    /// on its film.
    pub fn read(
        file: &Path,
        classes: usize,
        purpose: Purpose,
        mut looked: impl FnMut(usize),
    ) -> Result<Self, FileError> {
        let problems = |problems| FileError::Problems { path: file.to_owned(), problems };
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).from_path(file).map_err(|e| FileError::read(file, &e))?;
        let header = reader.headers().map_err(|e| FileError::read(file, &e))?.clone();
        let spacing_column = header.iter().position(|name| name.trim() == SPACING);
        let mut rows = Rows::new(&header, Some(Place::Line(1)), classes).map_err(|p| problems(vec![p]))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut films: Vec<Film> = Vec::new();
        let mut index = HashMap::new();
        for record in reader.records() {
            let record = record.map_err(|e| FileError::read(file, &e))?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.len() != header.len() {
                rows.says(Place::Line(line), format!("{} columns, the header has {}", record.len(), header.len()));
                continue;
            }
            rows.row(&record, Place::Line(line));
            let Some(body) = rows.bodies.last().cloned() else { continue };
            let spacing = spacing_column.map(|at| record[at].trim()).filter(|cell| !cell.is_empty());
            let spacing_mm = spacing.and_then(|cell| cell.parse().ok()).filter(|mm: &f64| *mm > 0.0 && mm.is_finite());
            if let (Some(cell), None) = (spacing, spacing_mm) {
                rows.says(Place::Line(line), format!("\"{cell}\" in column {SPACING} is no distance of pixels in mm"));
            }
            let film = *index.entry(body.film.clone()).or_insert_with(|| {
                films.push(Film { path: folder.join(&body.film), spacing_mm, cases: Vec::new() });
                films.len() - 1
            });
            films[film].cases.push(Case { line, body });
        }
        rows.whole(purpose, |_| true);
        let mut found = rows.problems;
        for film in &films {
            found.extend(film.problems());
            looked(films.len());
        }
        if found.is_empty() {
            let digest = digest_of(file).map_err(|e| FileError::read(file, &e))?;
            return Ok(Self { films, digest });
        }
        // What is wrong with the whole stays at the end.
        found.sort_by_key(|p| (p.place.is_none(), p.place));
        Err(problems(found))
    }

    /// Number of bodies.
    pub fn bodies(&self) -> usize {
        self.films.iter().map(|film| film.cases.len()).sum()
    }
}

impl Film {
    /// The film as the model sees it.
    ///
    /// # Errors
    /// See [`decode::read`].
    pub fn radiograph(&self) -> Result<Radiograph, ImagingError> {
        if self.is_png() {
            return decode::read_png(&self.path, self.spacing_mm.map(|mm| [mm, mm]));
        }
        Ok(decode::read(&self.path)?.0)
    }

    fn is_png(&self) -> bool {
        self.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"))
    }

    /// What is wrong with the film, at its first case, or with the boxes on it.
    fn problems(&self) -> Vec<Problem> {
        let first = Place::Line(self.cases[0].line);
        if self.path.as_os_str().is_empty() || self.cases[0].body.film.is_empty() {
            return Vec::new();
        }
        let path = self.path.display();
        if self.is_png() && self.spacing_mm.is_none() {
            return vec![Problem::at(first, format!("{path} is a PNG, which needs the column {SPACING}"))];
        }
        let size = if self.is_png() { decode::size_of_png(&self.path) } else { decode::size(&self.path) };
        match size {
            Err(error) => vec![Problem::at(first, format!("the film {path} cannot be used: {error}"))],
            Ok(size) => {
                let wrong = |case: &Case| Some(Problem::at(Place::Line(case.line), outside(&case.body.region, size)?));
                self.cases.iter().filter_map(wrong).collect()
            }
        }
    }
}

/// What is said of a box of which no features can be computed on a film of so many pixels.
fn outside(region: &BoundingBox, [width, height]: [usize; 2]) -> Option<String> {
    let BoundingBox { x0, y0, x1, y1 } = *region;
    if x1 - x0 < LEAST_SIDE || y1 - y0 < LEAST_SIDE {
        return Some(format!("the box from {x0},{y0} to {x1},{y1} has no {LEAST_SIDE} pixels a side"));
    }
    let seen = region.clipped(width, height);
    let enough = seen.width() >= LEAST_SIDE && seen.height() >= LEAST_SIDE && seen.area() >= region.area() / 2.0;
    (!enough).then(|| {
        format!(
            "the box from {x0},{y0} to {x1},{y1} is not on its film of {width} x {height} pixels; boxes are in pixels from the upper left corner"
        )
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::imaging::png;

    const HEADER: &str = "patient,set,class,level,y1,x1,y0,x0,path,spacing_mm,note\n";

    /// Reads cases beside a film of 30 x 20 pixels; how many films were looked at.
    fn read(folder: &TempDir, rows: &str) -> (Result<Cases, FileError>, usize) {
        png::write_grey_levels(&folder.path().join("f.png"), 30, 20, &[7; 600]).unwrap();
        fs::write(folder.path().join("broken.dcm"), "no image").unwrap();
        let file = folder.path().join("cases.csv");
        fs::write(&file, format!("{HEADER}{rows}")).unwrap();
        let mut films = 0;
        let found = Cases::read(&file, 2, Purpose::Train { folds: 1 }, |_| films += 1);
        (found, films)
    }

    #[test]
    fn columns_may_stand_in_any_order_and_films_gather_their_bodies() {
        let folder = tempfile::tempdir().unwrap();
        let (cases, looked) = read(
            &folder,
            "p,train,1,L1,9,9,1,1,f.png,0.2,\nq,train,0,,9,9,1,1,./f.png,0.2,\"a, b\"\np,train,0,L2,19,9,10,1,f.png,0.2,x\n",
        );
        let cases = cases.unwrap();
        let lines: Vec<Vec<u64>> = cases.films.iter().map(|f| f.cases.iter().map(|c| c.line).collect()).collect();
        assert_eq!((lines, looked, cases.bodies()), (vec![vec![2, 4], vec![3]], 2, 3));
        assert_eq!(cases.films[0].radiograph().unwrap().spacing.unwrap().row_mm, 0.2);
        assert_eq!(cases.films[0].cases[1].body.cells().join(","), "f.png,1,10,9,19,L2,0,train,p");
    }

    #[test]
    fn all_problems_are_named_at_once() {
        let said = read(
            &tempfile::tempdir().unwrap(),
            "p,train,1,L1,9,9,1,1,none.png,0.2,\nq,train,1,L1,9,9,1,1,broken.dcm,,\nr,train,4,L1,9,99,1,40,f.png,0.2,\n\
             s,train,1,L1,1,9,1,1,f.png,0.2,\nt,train,1,L1,9,9,1,x,f.png,-1,\nu,train,1,L1\n",
        )
        .0
        .unwrap_err()
        .to_string();
        let parts = [
            "line 2: the film ",
            "line 3: the film ",
            "line 4: \"4\" is no class",
            "line 4: the box from 40,1 to 99,9 is not on its film of 30 x 20 pixels",
            "line 5: the box from 1,1 to 9,1 has no 2 pixels a side",
            "line 6: \"x\" in column x0 is no number",
            "line 6: \"-1\" in column spacing_mm",
            "line 7: 4 columns, the header has 11",
            "no body of the set train has class 0",
        ];
        let mut rest = said.as_str();
        for part in parts {
            let at = rest.find(part).unwrap_or_else(|| panic!("{part} is missing, or out of order:\n{said}"));
            rest = &rest[at..];
        }
    }
}
