//! What is assessed and what is not, with the demo bundle on films that are cut, shut, covered with metal or turned: the
//! samples, changed. Every reason is said of the bodies it is about and of no other.

use spinetriage::analysis::analyse;
use spinetriage::findings::{BoundingBox, Findings, ImageIdentity, NotAssessed, TriageResult, View};
use spinetriage::imaging::{Radiograph, decode};
use spinetriage::model::{Bundle, Model};

use crate::support::programs::onnxruntime;
use crate::support::root;
use crate::support::samples::sample;

fn demo() -> Model {
    Model::open(Bundle::load(&root().join("bundles/demo")).unwrap(), Some(&onnxruntime()), 1).unwrap()
}

fn film(name: &str) -> (Radiograph, ImageIdentity) {
    decode::read(&sample(name)).unwrap()
}

fn result(findings: &Findings) -> TriageResult {
    Findings::triage_of(&[findings]).unwrap().result
}

/// Why the body is not assessed that lies where `place` is.
fn at(findings: &Findings, place: &BoundingBox) -> Option<NotAssessed> {
    let best = findings.vertebrae.iter().max_by(|a, b| a.bounding_box.iou(place).total_cmp(&b.bounding_box.iou(place)));
    let body = best.filter(|body| body.bounding_box.iou(place) > 0.3);
    body.unwrap_or_else(|| panic!("no body at {place:?}")).not_assessed
}

/// The brightest value of a film.
fn brightest(film: &Radiograph) -> f32 {
    film.pixels.iter().copied().fold(f32::MIN, f32::max)
}

#[test]
fn the_samples_have_the_results_of_what_they_show() {
    let mut model = demo();
    let mut of = |name: &str| {
        let (radiograph, image) = film(name);
        analyse(&mut model, &radiograph, image).unwrap()
    };
    assert_eq!(result(&of("intact")), TriageResult::NothingSuspected);
    for (name, class) in [("compression", 1), ("burst", 2)] {
        let findings = of(name);
        assert_eq!(result(&findings), TriageResult::Suspected, "{name}");
        let worst = findings
            .vertebrae
            .iter()
            .filter(|v| v.is_assessed())
            .max_by(|a, b| a.fracture_probability(&findings).total_cmp(&b.fracture_probability(&findings)));
        assert_eq!(worst.map(|v| (v.class, v.called.is_some())), Some((class, true)), "{name}");
    }
}

#[test]
fn a_body_that_the_film_cuts_is_not_assessed() {
    let (whole, image) = film("burst");
    let mut model = demo();
    let before = analyse(&mut model, &whole, image.clone()).unwrap();
    let cut = before.vertebrae.iter().find(|v| v.class == 2).unwrap().bounding_box;
    // The lowest fifth of the fractured body is missing.
    let height = (cut.y0 + 0.8 * cut.height()) as usize;
    let pixels = whole.pixels[..height * whole.width].to_vec();
    let upper = Radiograph { height, pixels, ..whole };
    let findings = analyse(&mut model, &upper, image).unwrap();
    let last = findings.vertebrae.last().unwrap();
    assert_eq!(last.not_assessed, Some(NotAssessed::CutByEdge), "{:?}", last.bounding_box);
    assert!(last.called.is_none());
    assert_ne!(result(&findings), TriageResult::Suspected, "a part of a burst body must not flag");
}

#[test]
fn a_body_behind_a_shutter_is_not_assessed() {
    let (mut shut, image) = film("burst");
    let mut model = demo();
    let before = analyse(&mut model, &shut, image.clone()).unwrap();
    let place = before.vertebrae.iter().find(|v| v.class == 2).unwrap().bounding_box;
    let row = ((place.y0 + place.y1) / 2.0) as usize * shut.width;
    let dark = shut.pixels.iter().copied().fold(f32::MAX, f32::min);
    shut.pixels[..row].fill(dark);
    let findings = analyse(&mut model, &shut, image).unwrap();
    for body in &findings.vertebrae {
        let hidden = body.bounding_box.y0 < (row / shut.width) as f64 - 2.0;
        assert!(!hidden || !body.is_assessed(), "{:?}", body.bounding_box);
    }
    assert_ne!(result(&findings), TriageResult::Suspected);
}

#[test]
fn screws_over_three_bodies_are_metal() {
    let (mut film, image) = film("intact");
    let mut model = demo();
    let before = analyse(&mut model, &film, image.clone()).unwrap();
    let middle = before.vertebrae.len() / 2;
    let screwed: Vec<_> = before.vertebrae[middle - 1..=middle + 1].to_vec();
    let white = 1.3 * brightest(&film);
    for body in &screwed {
        let points = body.points.unwrap();
        let [front, back] = [0, 2].map(|i| [0, 1].map(|axis| (points.upper[i][axis] + points.lower[i][axis]) / 2.0));
        // From behind the body to near its front, a sixth of its height thick, with a head behind.
        let towards = |t: f64| [0, 1].map(|axis| back[axis] + t * (front[axis] - back[axis]));
        let half = points.mean_height() / 10.0;
        for step in 0..400 {
            let t = -0.9 + 1.7 * f64::from(step) / 400.0;
            let ([x, y], thick) = (towards(t), if t < -0.6 { 2.2 * half } else { half });
            for row in (y - thick).max(0.0) as usize..=(y + thick) as usize {
                for column in (x - 1.0).max(0.0) as usize..=(x + 1.0) as usize {
                    film.pixels[row * film.width + column] = white;
                }
            }
        }
    }
    let findings = analyse(&mut model, &film, image).unwrap();
    let reasons: Vec<_> = screwed.iter().map(|body| at(&findings, &body.bounding_box)).collect();
    assert_eq!(reasons, [Some(NotAssessed::Metal); 3]);
    assert_ne!(result(&findings), TriageResult::Suspected);
}

#[test]
fn a_frontal_film_is_known_by_its_picture_whatever_its_headers_say() {
    let mut model = demo();
    for (name, view) in [("study/frontal", View::Frontal), ("study/lateral", View::Lateral)] {
        let (radiograph, image) = film(name);
        for said in ["", "AP", "LL"] {
            let orientation = None;
            let image = ImageIdentity { view_position: said.into(), patient_orientation: orientation, ..image.clone() };
            let findings = analyse(&mut model, &radiograph, image).unwrap();
            assert_eq!(findings.view, Some(view), "{name} that says \"{said}\"");
            let frontal = view == View::Frontal;
            assert_eq!(findings.not_assessed, frontal.then_some(NotAssessed::View), "{name}");
            assert!(!frontal || findings.vertebrae.iter().all(|v| v.not_assessed == Some(NotAssessed::View)));
        }
    }
}

#[test]
fn a_film_of_something_else_is_not_assessed() {
    let mut model = demo();
    for name in ["no_spine/hand", "no_spine/chest", "no_spine/hip"] {
        let (radiograph, image) = film(name);
        let findings = analyse(&mut model, &radiograph, image).unwrap();
        assert_eq!(findings.not_assessed, Some(NotAssessed::NoSpine), "{name}");
        assert_eq!(result(&findings), TriageResult::NotAssessed, "{name}");
    }
}

#[test]
fn a_film_that_faces_the_other_way_has_the_same_result() {
    let mut model = demo();
    let (radiograph, image) = film("compression");
    let mirrored = radiograph.pixels.chunks(radiograph.width).flat_map(|row| row.iter().rev()).copied().collect();
    let mirrored = Radiograph { pixels: mirrored, ..radiograph.clone() };
    let of = |model: &mut Model, film: &Radiograph| analyse(model, film, image.clone()).unwrap();
    let (one, other) = (of(&mut model, &radiograph), of(&mut model, &mirrored));
    assert_eq!(result(&one), result(&other));
    let anterior = |findings: &Findings| {
        let points = findings.vertebrae[findings.vertebrae.len() / 2].points.unwrap();
        points.upper[0][0] < points.upper[2][0]
    };
    assert!(anterior(&one) && !anterior(&other), "the front is where it is");
}
