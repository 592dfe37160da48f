//! `spinetriage extract`: the features of labelled vertebrae, computed by the code that serves.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;

use super::Outcome;
use crate::imaging::{BoundingBox, Radiograph, decode};
use crate::model::{Bundle, Model, ModelError, Morphometry, morphometry};

/// Arguments of `extract`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Cases: a CSV with the columns path,x0,y0,x1,y1,level,class,set,patient and, for PNG, spacing_mm
    cases: PathBuf,
    /// Folder of the bundle whose features are computed
    #[arg(long)]
    bundle: PathBuf,
    /// CSV to write: the case's columns, then one column a feature
    #[arg(long)]
    out: PathBuf,
    /// Whose boxes the features are computed on
    #[arg(long, value_enum, default_value_t = Boxes::Given)]
    boxes: Boxes,
    /// ONNX Runtime's library
    #[arg(long)]
    onnxruntime: Option<PathBuf>,
}

/// Whose boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Boxes {
    /// Those of the cases
    Given,
    /// Those the detector finds on the same bodies, as when serving; bodies it misses are left out and named
    Detected,
}

/// Columns copied from the cases to the features.
const COPIED: [&str; 9] = ["path", "x0", "y0", "x1", "y1", "level", "class", "set", "patient"];

/// A detected body belongs to a case's box from this overlap on.
const SAME_BODY_IOU: f64 = 0.5;

/// How many missed bodies are named one by one.
const NAMED: usize = 10;

struct Case {
    line: usize,
    fields: Vec<String>,
    region: BoundingBox,
    spacing_mm: Option<f64>,
}

/// A film as serving sees it.
struct Film {
    path: String,
    radiograph: Radiograph,
    /// The bodies of its spine, with what their points measure.
    bodies: Vec<Body>,
}

struct Body {
    region: BoundingBox,
    shape: Option<Morphometry>,
}

/// Writes one row a case, in the order of the cases.
pub fn run(arguments: &Arguments) -> Outcome {
    let cases = read_cases(&arguments.cases)?;
    let mut model = Model::open(Bundle::load(&arguments.bundle)?, arguments.onnxruntime.as_deref(), 1)?;
    let folder = arguments.cases.parent().unwrap_or(Path::new("."));
    let mut out =
        BufWriter::new(File::create(&arguments.out).map_err(|e| format!("{}: {e}", arguments.out.display()))?);
    let progress = ProgressBar::new(cases.len() as u64);
    let mut open: Option<Film> = None;
    let mut header_written = false;
    let mut missed: Vec<&Case> = Vec::new();
    for case in &cases {
        progress.inc(1);
        let wrong = |e: &dyn Error| format!("{} line {}: {e}", arguments.cases.display(), case.line);
        let film = match open.take().filter(|film| film.path == case.fields[0]) {
            Some(film) => film,
            None => {
                let radiograph = read_image(&folder.join(&case.fields[0]), case.spacing_mm);
                see(&mut model, &case.fields[0], radiograph.map_err(|e| wrong(e.as_ref()))?).map_err(|e| wrong(&e))?
            }
        };
        let film = open.insert(film);
        let body = body_at(&film.bodies, &case.region);
        let region = match (arguments.boxes, body) {
            (Boxes::Given, _) => case.region,
            (Boxes::Detected, Some(body)) => body.region,
            (Boxes::Detected, None) => {
                missed.push(case);
                continue;
            }
        };
        let shape = body.and_then(|body| body.shape.as_ref());
        let features = if model.measures_shape() {
            model.features_of_body(&film.radiograph, &region, shape)
        } else {
            model.features_of(&film.radiograph, &region)
        }
        .map_err(|e| wrong(&e))?;
        if !header_written {
            let names: Vec<_> = features.iter().map(|(name, _)| name.as_str()).collect();
            writeln!(out, "{},{}", COPIED.join(","), names.join(","))?;
            header_written = true;
        }
        write!(out, "{}", case.row(&region))?;
        for (_, value) in &features {
            write!(out, ",{value}")?;
        }
        writeln!(out)?;
    }
    out.flush()?;
    progress.finish();
    if !missed.is_empty() {
        eprintln!("{}", left_out(&missed, cases.len()));
    }
    if !header_written {
        let out = arguments.out.display();
        return Err(
            format!("no row for {out}: give cases whose bodies this detector finds, or use --boxes given").into()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Looks at a film as serving does.
fn see(model: &mut Model, path: &str, radiograph: Radiograph) -> Result<Film, ModelError> {
    let detections = model.detect(&radiograph)?;
    let spine = model.spine_of(&detections);
    let shapes = morphometry::measure(&spine.points(), radiograph.spacing);
    let bodies = spine.bodies.iter().zip(shapes).map(|(body, shape)| Body { region: body.region, shape }).collect();
    Ok(Film { path: path.to_owned(), radiograph, bodies })
}

/// The detected body that `region` means: the one it overlaps most.
fn body_at<'a>(bodies: &'a [Body], region: &BoundingBox) -> Option<&'a Body> {
    let overlaps = bodies.iter().map(|body| (body.region.iou(region), body));
    let best = overlaps.filter(|(iou, _)| *iou >= SAME_BODY_IOU).max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(best.1)
}

/// What is said of the bodies that the detector did not find.
fn left_out(missed: &[&Case], of: usize) -> String {
    let places = missed.iter().take(NAMED).map(|case| format!("\n  line {}: {}", case.line, case.fields[0]));
    let more = missed.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    format!(
        "{} of {of} bodies were not found by the detector and are left out:{}{rest}",
        missed.len(),
        places.collect::<String>()
    )
}

impl Case {
    /// The copied columns, with the box that the features are of.
    fn row(&self, region: &BoundingBox) -> String {
        if *region == self.region {
            return self.fields.join(",");
        }
        let BoundingBox { x0, y0, x1, y1 } = region;
        format!("{},{x0},{y0},{x1},{y1},{}", self.fields[0], self.fields[5..].join(","))
    }
}

fn read_image(path: &Path, spacing_mm: Option<f64>) -> Result<Radiograph, Box<dyn Error>> {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")) {
        let mm = spacing_mm.ok_or("a PNG needs the column spacing_mm")?;
        return Ok(decode::read_png(path, Some([mm, mm]))?);
    }
    Ok(decode::read(path)?.0)
}

/// Reads the cases; fields are plain, without quotes.
fn read_cases(file: &Path) -> Result<Vec<Case>, String> {
    let lines = BufReader::new(File::open(file).map_err(|e| format!("{}: {e}", file.display()))?).lines();
    let mut lines = lines.enumerate().map(|(i, line)| (i + 1, line));
    let named = |line: usize, problem: String| format!("{} line {line}: {problem}", file.display());
    let Some((_, Ok(header))) = lines.next() else { return Err(named(1, "there is no header".into())) };
    let columns: Vec<_> = header.trim().split(',').collect();
    let column = |name: &str| columns.iter().position(|c| *c == name);
    let copied: Vec<usize> = COPIED
        .iter()
        .map(|name| column(name).ok_or_else(|| named(1, format!("the column \"{name}\" is missing"))))
        .collect::<Result<_, _>>()?;
    let spacing_column = column("spacing_mm");
    let mut cases = Vec::new();
    for (line, text) in lines {
        let text = text.map_err(|e| named(line, e.to_string()))?;
        let cells: Vec<&str> = text.trim().split(',').collect();
        if cells.len() != columns.len() {
            return Err(named(line, format!("{} columns, the header has {}", cells.len(), columns.len())));
        }
        let number = |i: usize| {
            cells[i]
                .parse::<f64>()
                .map_err(|_| named(line, format!("\"{}\" in column {} is no number", cells[i], columns[i])))
        };
        let [x0, y0, x1, y1] = [number(copied[1])?, number(copied[2])?, number(copied[3])?, number(copied[4])?];
        cases.push(Case {
            line,
            fields: copied.iter().map(|i| cells[*i].to_owned()).collect(),
            region: BoundingBox { x0, y0, x1, y1 },
            spacing_mm: spacing_column.map(number).transpose()?,
        });
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SixPoints;

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
            .map(|(y0, shape)| Body { region: region(*y0), shape: *shape })
            .collect();
        let shape_at = |y0: f64| body_at(&bodies, &region(y0)).map(|body| body.shape);
        assert_eq!(shape_at(1.0), Some(shapes[0]));
        assert_eq!(shape_at(7.0), Some(shapes[1]));
        assert_eq!(shape_at(30.0), None, "the overlap is too small");
        assert_eq!(shape_at(100.0), Some(None), "this body has no points");
    }
}
