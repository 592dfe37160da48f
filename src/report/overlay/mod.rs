//! The picture a person looks at: the film with each vertebra's box, six points, class and probability.
//!
//! In: a film, its findings and those of its study. Out: an RGB picture with a header, the film, and a
//! legend below it. Never: covers the film by more than lines and letters.

mod bands;
mod font;
mod headline;
mod labels;
mod picture;
mod sheet;

use super::drawing::{self, Mark};
use super::texts::{self, class_name, with_remark};
use crate::findings::{ClassName, Findings, Language, Vertebra};
use crate::imaging::Radiograph;
use bands::{Legend, footer, header};
pub use headline::Headline;
use labels::{Area, Wanted};
pub use picture::Picture;
use picture::{Colour, Shape};
use sheet::{SMALL, Sheet};

/// How much of their colour the marks of what is not flagged have.
const DIM: f64 = 0.75;
/// How dark the film becomes behind letters.
const PLATE: f64 = 0.55;
const WHITE: Colour = [255, 255, 255];
const BLACK: Colour = [0, 0, 0];
/// Colours of the classes in their order, told apart by people with any colour vision (Okabe and
/// Ito's palette, the vermilion lighter so that it can be read on a dark film); more classes begin again.
const COLOURS: [Colour; 4] = [[86, 180, 233], [240, 228, 66], [240, 112, 32], [204, 121, 167]];

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

fn colour(class: usize) -> Colour {
    COLOURS[class % COLOURS.len()]
}

/// A class's name; where the font does not have all of it, with its code, which it has.
fn shown_name(class: &ClassName, language: Language) -> String {
    let name = class_name(class, language);
    if font::covers(name) { name.to_owned() } else { with_remark(name, &class.code, language) }
}

/// Letters with their top left corner at (`x`, `y`); on the film with a dark halo.
fn text(picture: &mut Picture, [x, y]: [f64; 2], text: &str, size: f64, (colour, share): (Colour, f64), halo: f64) {
    let margin = halo as usize + 1;
    let mask = font::line(text, size, margin);
    let corner = [x.round() as i64 - margin as i64, y.round() as i64 - margin as i64];
    if halo > 0.0 {
        picture.mask(&mask.grown(halo as usize), corner, BLACK, 0.8);
    }
    picture.mask(&mask, corner, colour, share);
}

/// A frame inside its box, with a dark rim on both sides.
fn framed(picture: &mut Picture, sheet: &Sheet, b: &Area, colour: Colour, flagged: bool) {
    let half = sheet.half_line(flagged);
    let inside = (half - 0.5).max(0.0);
    let b = Area { x0: b.x0 + inside, y0: b.y0 + inside, x1: b.x1 - inside, y1: b.y1 - inside };
    let frame = Shape::Frame(b, half);
    let share = if flagged { 1.0 } else { DIM };
    picture.shape(&frame, sheet.halo() * share, BLACK, 0.55 * share);
    picture.shape(&frame, 0.0, colour, share);
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
    let finding = texts::finding(&shown_name(class, sheet.language), vertebra.probabilities[vertebra.class]);
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
    let texts: Vec<_> = bodies.map(|(mark, v)| lines_of(mark, v, &classes[mark.class], sheet)).collect();
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
