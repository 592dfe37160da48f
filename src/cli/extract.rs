//! `spinetriage extract`: the features of labelled vertebrae, computed by the code that serves.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use indicatif::ProgressBar;

use super::Outcome;
use crate::imaging::{BoundingBox, Radiograph, decode};
use crate::model::{Bundle, Model, Morphometry, morphometry};

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
    /// ONNX Runtime's library
    #[arg(long)]
    onnxruntime: Option<PathBuf>,
}

/// Columns copied from the cases to the features.
const COPIED: [&str; 9] = ["path", "x0", "y0", "x1", "y1", "level", "class", "set", "patient"];

/// A detected body belongs to a case's box from this overlap on.
const SAME_BODY_IOU: f64 = 0.5;

/// The detected bodies of a film, with what their points measure.
type Bodies = Vec<(BoundingBox, Option<Morphometry>)>;

struct Case {
    line: usize,
    fields: Vec<String>,
    region: BoundingBox,
    spacing_mm: Option<f64>,
}

/// Writes one row a case, in the order of the cases.
pub fn run(arguments: &Arguments) -> Outcome {
    let cases = read_cases(&arguments.cases)?;
    let mut model = Model::open(Bundle::load(&arguments.bundle)?, arguments.onnxruntime.as_deref(), 1)?;
    let folder = arguments.cases.parent().unwrap_or(Path::new("."));
    let mut out =
        BufWriter::new(File::create(&arguments.out).map_err(|e| format!("{}: {e}", arguments.out.display()))?);
    let progress = ProgressBar::new(cases.len() as u64);
    let bodies = bodies_by_film(&mut model, arguments, &cases, folder)?;
    let mut open: Option<(String, Radiograph)> = None;
    for (number, case) in cases.iter().enumerate() {
        let wrong = |e: &dyn Error| format!("{} line {}: {e}", arguments.cases.display(), case.line);
        let path = &case.fields[0];
        if open.as_ref().is_none_or(|(name, _)| name != path) {
            open =
                Some((path.clone(), read_image(&folder.join(path), case.spacing_mm).map_err(|e| wrong(e.as_ref()))?));
        }
        let Some((_, radiograph)) = &open else { continue };
        let features = match &bodies {
            None => model.features_of(radiograph, &case.region),
            Some(bodies) => {
                let shape = bodies.get(path).and_then(|bodies| shape_at(bodies, &case.region));
                model.features_of_body(radiograph, &case.region, shape.as_ref())
            }
        }
        .map_err(|e| wrong(&e))?;
        if number == 0 {
            let names: Vec<_> = features.iter().map(|(name, _)| name.as_str()).collect();
            writeln!(out, "{},{}", COPIED.join(","), names.join(","))?;
        }
        write!(out, "{}", case.fields.join(","))?;
        for (_, value) in &features {
            write!(out, ",{value}")?;
        }
        writeln!(out)?;
        progress.inc(1);
    }
    out.flush()?;
    progress.finish();
    Ok(ExitCode::SUCCESS)
}

/// What the detector finds on each film, measured as serving does; `None` for a detector that gives
/// no points on any of them: then the header has no shape features. Each film is read once for this,
/// before the first row is written.
fn bodies_by_film(
    model: &mut Model,
    arguments: &Arguments,
    cases: &[Case],
    folder: &Path,
) -> Result<Option<HashMap<String, Bodies>>, String> {
    let mut bodies: HashMap<String, Bodies> = HashMap::new();
    let mut points_seen = false;
    for case in cases {
        let wrong = |e: &dyn Error| format!("{} line {}: {e}", arguments.cases.display(), case.line);
        let path = &case.fields[0];
        if bodies.contains_key(path) {
            continue;
        }
        let radiograph = read_image(&folder.join(path), case.spacing_mm).map_err(|e| wrong(e.as_ref()))?;
        let detections = model.detect(&radiograph).map_err(|e| wrong(&e))?;
        let spine = model.spine_of(&detections);
        let points: Vec<_> = spine.bodies.iter().map(|body| body.points).collect();
        points_seen |= points.iter().any(Option::is_some);
        let shapes = morphometry::measure(&points, radiograph.spacing);
        bodies.insert(path.clone(), spine.bodies.iter().map(|body| body.region).zip(shapes).collect());
    }
    Ok(points_seen.then_some(bodies))
}

/// What was measured of the detected body that `region` means: the one it overlaps most.
fn shape_at(bodies: &Bodies, region: &BoundingBox) -> Option<Morphometry> {
    let overlaps = bodies.iter().map(|(place, shape)| (place.iou(region), shape));
    let best = overlaps.filter(|(iou, _)| *iou >= SAME_BODY_IOU).max_by(|a, b| a.0.total_cmp(&b.0))?;
    *best.1
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
        let bodies: Bodies = [0.0, 8.0, 100.0].map(region).into_iter().zip(shapes.clone()).collect();
        assert_eq!(shape_at(&bodies, &region(1.0)), shapes[0]);
        assert_eq!(shape_at(&bodies, &region(7.0)), shapes[1]);
        assert_eq!(shape_at(&bodies, &region(30.0)), None, "the overlap is too small");
        assert_eq!(shape_at(&bodies, &region(100.0)), None, "this body has no points");
    }
}
