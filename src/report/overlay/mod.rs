//! The picture a person looks at: the film with each vertebra's box, six points, class and probability.
//!
//! In: a film, its findings and those of its study. Out: an RGB picture with a header, the film, and a
//! legend below it. Never: covers the film by more than lines and letters.

mod bands;
mod font;
mod headline;
mod labels;
mod legend;
mod palette;
mod pen;
mod picture;
mod sheet;

use super::drawing::{self, Mark};
use super::texts;
use crate::findings::{ClassName, Findings, Language, Vertebra};
use crate::imaging::Radiograph;
use bands::{footer, header};
use font::{SMALL, shown_name};
pub use headline::Headline;
use labels::{Area, Wanted};
use legend::Legend;
use palette::{BLACK, colour};
use pen::{DIM, framed, text};
pub use picture::Picture;
use picture::Shape;
use sheet::Sheet;

/// How dark the film becomes behind letters.
const PLATE: f64 = 0.55;

/// Draws the findings on the film. `study` has those of all films of the study, of which the header
/// names the most suspicious body.
pub fn draw(radiograph: &Radiograph, findings: &Findings, study: &[&Findings], language: Language) -> Picture {
    let legend = Legend::of(findings, language);
    let sheet = Sheet::of(radiograph, &legend, language);
    let mut picture = sheet.with_film(radiograph);
    header(&mut picture, &sheet, findings, study);
    footer(&mut picture, &sheet, &legend);
    let marks = drawing::marks(findings, language);
    // What is flagged is drawn last, over its neighbours.
    for flagged in [false, true] {
        for mark in marks.iter().filter(|mark| mark.flagged == flagged) {
            outline(&mut picture, &sheet, mark);
        }
    }
    label_all(&mut picture, &sheet, &marks, findings);
    picture
}

/// Box and points of a vertebra. A point beyond the film is not drawn.
fn outline(picture: &mut Picture, sheet: &Sheet, mark: &Mark) {
    framed(picture, sheet, &sheet.area(&mark.bounding_box), colour(mark.class), mark.flagged);
    let on_film =
        |[x, y]: &[f64; 2]| (sheet.film.x0..=sheet.film.x1).contains(x) && (sheet.film.y0..=sheet.film.y1).contains(y);
    let points = mark.points.iter().flat_map(|p| p.upper.into_iter().chain(p.lower));
    for point in points.map(|point| sheet.point(point)).filter(on_film) {
        let disc = Shape::Disc(point, sheet.letters * if mark.flagged { 0.15 } else { 0.1 });
        let share = if mark.flagged { 1.0 } else { DIM };
        picture.shape(&disc, sheet.halo(), BLACK, 0.7 * share);
        picture.shape(&disc, 0.0, colour(mark.class), share);
    }
}

/// The lines of a mark's label and the size of their letters: two large ones where it is flagged.
fn lines_of(mark: &Mark, vertebra: &Vertebra, class: &ClassName, sheet: &Sheet) -> (Vec<String>, f64) {
    let finding = texts::said_of(vertebra, &shown_name(class, sheet.language), sheet.language);
    if mark.flagged {
        return (vec![mark.label.clone(), finding], sheet.letters);
    }
    (vec![format!("{}  {finding}", mark.label)], sheet.letters * SMALL)
}

/// Every label beside its box, with a line to it where it had to move away.
fn label_all(picture: &mut Picture, sheet: &Sheet, marks: &[Mark], findings: &Findings) {
    let pad = sheet.letters * 0.22;
    let classes = &findings.bundle.classes;
    let bodies = marks.iter().zip(&findings.vertebrae);
    let texts: Vec<_> = bodies.map(|(mark, v)| lines_of(mark, v, &classes[v.class], sheet)).collect();
    let wanted = |(mark, (lines, size)): (&Mark, &(Vec<String>, f64))| {
        let width = lines.iter().map(|line| font::width(line, *size)).fold(0.0, f64::max);
        let height = lines.len() as f64 * size * font::LINE;
        Wanted { body: sheet.area(&mark.bounding_box), width: width + 2.0 * pad, height }
    };
    let wanted: Vec<Wanted> = marks.iter().zip(&texts).map(wanted).collect();
    let (factor, places) = labels::place(&wanted, &sheet.room(), sheet.letters * 0.4);
    for ((mark, wanted), place) in marks.iter().zip(&wanted).zip(&places) {
        if let Some(ends) = leader(&wanted.body, place, sheet.letters) {
            let line = Shape::Line(ends, sheet.half_line(false));
            picture.shape(&line, sheet.halo(), BLACK, 0.5);
            picture.shape(&line, 0.0, colour(mark.class), DIM);
        }
    }
    for ((mark, (lines, size)), place) in marks.iter().zip(&texts).zip(&places) {
        picture.shape(&Shape::Plate(place.grown(-1.0), pad), 0.0, BLACK, PLATE);
        let ink = (colour(mark.class), 1.0);
        for (row, line) in lines.iter().enumerate() {
            let top = place.y0 + row as f64 * size * font::LINE * factor;
            text(picture, [place.x0 + pad * factor, top], line, size * factor, ink, sheet.halo());
        }
    }
}

/// From the middle of a body's side to its label, where the label is not just beside it.
fn leader(body: &Area, label: &Area, letters: f64) -> Option<[[f64; 2]; 2]> {
    let right = label.x0 >= body.x1;
    let (from, to) = if right { (body.x1, label.x0) } else { (body.x0, label.x1) };
    let beside = (label.middle() - body.middle()).abs() <= body.height() / 2.0 && (to - from).abs() <= letters;
    let apart = right || label.x1 <= body.x0;
    (apart && !beside).then_some([[from, body.middle()], [to, label.middle()]])
}

#[cfg(test)]
mod tests;
