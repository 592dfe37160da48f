//! What the picture must show, and where nothing may be drawn.

use proptest::prelude::*;

use super::*;
use crate::findings::{
    BoundingBox, BundleIdentity, Call, ImageIdentity, LevelSource, NotAssessed, OperatingPoint, Rate, Triage,
};
use crate::identifiers::Uid;
use crate::report::drawing;
use crate::report::study::{self, most_suspicious};

fn film(width: usize, height: usize) -> Radiograph {
    let pixels = (0..width * height).map(|i| (i % width + i / width) as f32).collect();
    Radiograph { width, height, pixels, spacing: None }
}

fn class(code: &str, name: &str) -> ClassName {
    ClassName { code: code.into(), name: name.into() }
}

fn body(class: usize, [x0, y0, x1, y1]: [f64; 4]) -> Vertebra {
    let mut probabilities = vec![0.05; 3];
    probabilities[class] = 0.9;
    Vertebra {
        ordinal: 1,
        level: Some("L1".into()),
        level_source: None,
        bounding_box: BoundingBox { x0, y0, x1, y1 },
        detection_score: 1.0,
        class,
        probabilities,
        points: None,
        morphometry: None,
        imputed: vec![],
        contributions: vec![],
        not_assessed: None,
        called: (class > 0).then_some(Call::Specific),
        points_spread: None,
    }
}

fn findings(vertebrae: Vec<Vertebra>) -> Findings {
    let uid = || Uid::new("2.25.1").unwrap();
    let image = ImageIdentity {
        sop_class_uid: uid(),
        sop_instance_uid: uid(),
        series_instance_uid: uid(),
        study_instance_uid: uid(),
        modality: "DX".into(),
        body_part: String::new(),
        view_position: String::new(),
        patient_orientation: None,
        rows: 1,
        columns: 1,
        pixel_spacing: None,
        spacing_refused: None,
    };
    let classes = [("ASTLOF-0", "no fracture"), ("ASTLOF-1", "compression fracture"), ("ASTLOF-2", "burst fracture")];
    let classes = classes.map(|(code, name)| class(code, name)).to_vec();
    let bundle = BundleIdentity {
        name: "demo".into(),
        version: "1".into(),
        digest: "ab".into(),
        classes,
        ..BundleIdentity::default()
    };
    Findings { notice: String::new(), image, bundle, view: None, not_assessed: None, missed: 0, vertebrae }
}

fn drawn(film: &Radiograph, findings: &Findings, language: Language) -> Picture {
    draw(film, findings, &[findings], language)
}

/// Pixels that differ, or `None` where the pictures are not of one size.
fn changed(a: &Picture, b: &Picture) -> Option<Vec<[usize; 2]>> {
    let differs = |i: &usize| a.rgb[3 * i..3 * i + 3] != b.rgb[3 * i..3 * i + 3];
    let same = (a.width, a.height) == (b.width, b.height);
    same.then(|| (0..a.width * a.height).filter(differs).map(|i| [i % a.width, i / a.width]).collect())
}

#[test]
fn the_film_is_seen_but_for_lines_and_labels() {
    let film = film(500, 700);
    let bare = drawn(&film, &findings(vec![]), Language::English);
    let marked = drawn(&film, &findings(vec![body(1, [100.0, 300.0, 200.0, 360.0])]), Language::English);
    let sheet = Sheet::of(&film, &Legend::of(&findings(vec![]), Language::English), Language::English);
    let on_film = |[_, y]: &&[usize; 2]| (sheet.film.y0 as usize..sheet.film.y1 as usize).contains(y);
    let changed = changed(&bare, &marked).unwrap();
    let touched: Vec<_> = changed.iter().filter(on_film).collect();
    let [left, right] = [100.0, 200.0].map(|x| sheet.point([x, 0.0])[0] as usize);
    let [top, bottom] = [300.0, 360.0].map(|y| sheet.point([0.0, y])[1] as usize);
    assert!(touched.iter().any(|[x, _]| *x > right + 30), "a label beside the box");
    let hidden = touched.iter().filter(|[x, y]| (left + 9..right - 9).contains(x) && (top + 9..bottom - 9).contains(y));
    assert_eq!(hidden.count(), 0, "the body itself");
    assert!(touched.iter().all(|[_, y]| (top - 9..bottom + 9).contains(y)), "the rest of the film");
}

#[test]
fn what_is_flagged_is_stronger_than_what_is_not() {
    let film = film(500, 700);
    let ink = |class: usize| {
        let marked = drawn(&film, &findings(vec![body(class, [100.0, 300.0, 200.0, 360.0])]), Language::English);
        let frame = colour(Some(class));
        let near = |pixel: &[u8]| pixel.iter().zip(frame).map(|(a, b)| u32::from(a.abs_diff(b))).sum::<u32>() < 12;
        let row = marked.width * 3;
        marked.rgb[60 * row..marked.rgb.len() - 60 * row].chunks(3).filter(|pixel| near(pixel)).count()
    };
    assert!(ink(1) > 3 * ink(0), "{} {}", ink(1), ink(0));
}

#[test]
fn a_bundle_of_many_classes_has_a_legend_of_several_rows() {
    let mut many = findings(vec![]);
    many.bundle.classes = (0..500).map(|n| class(&format!("A{n}"), "a class with a long name")).collect();
    let picture = drawn(&film(500, 700), &many, Language::English);
    assert!(picture.height <= 1600 && picture.width >= 400, "{} x {}", picture.width, picture.height);
    let sheet = Sheet::of(&film(500, 700), &Legend::of(&many, Language::English), Language::English);
    assert_eq!(sheet.legend_rows, 8);
    assert!(sheet.film.height() > 1000.0 && sheet.film.y1 + 200.0 < picture.height as f64, "{:?}", sheet.film);
}

#[test]
fn a_small_and_a_narrow_film_have_room_for_the_letters() {
    let all = findings(vec![body(1, [2.0, 10.0, 30.0, 20.0])]);
    for (width, height) in [(40, 30), (1, 1), (300, 3000), (3000, 300), (4000, 5000)] {
        let picture = drawn(&film(width, height), &all, Language::Chinese);
        assert!(picture.width <= 1600 && picture.height <= 1600, "{width} x {height}");
        assert!(picture.width >= 26 * 16, "{width} x {height}: {}", picture.width);
        assert_eq!(picture.rgb.len(), picture.width * picture.height * 3);
    }
}

#[test]
fn a_name_that_the_font_cannot_write_is_shown_with_its_code() {
    let strange = class("KO-1", "\u{e01}\u{e02}");
    assert_eq!(shown_name(&strange, Language::English), "\u{e01}\u{e02} (KO-1)");
    assert_eq!(shown_name(&class("ASTLOF-1", "compression fracture"), Language::Chinese), "压缩性骨折");
    let mut findings = findings(vec![body(1, [0.0, 0.0, 9.0, 9.0])]);
    findings.bundle.classes[1] = strange.clone();
    let mark = &drawing::marks(&findings, Language::English)[0];
    let sheet = Sheet::of(&film(500, 700), &Legend::of(&findings, Language::English), Language::English);
    let (lines, _) = lines_of(mark, &findings.vertebrae[0], &strange, &sheet);
    assert_eq!(lines, ["L1", "\u{e01}\u{e02} (KO-1) 0.90"]);
}

#[test]
fn the_header_names_the_most_suspicious_body() {
    let words = |vertebrae: Vec<Vertebra>| {
        let findings = findings(vertebrae);
        Headline::of(&[&findings]).on(&findings, Language::English).0
    };
    let place = [0.0, 0.0, 9.0, 9.0];
    let (normal, compressed, burst) = (body(0, place), body(1, place), body(2, place));
    let mut unsure = body(0, place);
    unsure.probabilities = vec![0.5, 0.3, 0.2];
    let mut surely = body(1, place);
    surely.probabilities = vec![0.0, 0.99, 0.01];
    surely.level = Some("T12".into());
    let [none, first] = ["no operating point: no vertebra found", "no operating point · most suspicious:"];
    assert_eq!(words(vec![]), none);
    assert_eq!(words(vec![normal.clone(), unsure]), format!("{first} no fracture 0.50 (L1)"));
    assert_eq!(words(vec![compressed.clone(), surely, normal]), format!("{first} compression fracture 0.99 (T12)"));
    assert_eq!(words(vec![burst, compressed.clone()]), format!("{first} burst fracture 0.90 (L1)"));
    let (here, mut there) = (findings(vec![]), findings(vec![compressed]));
    there.image.sop_instance_uid = Uid::new("2.25.2").unwrap();
    let (said, _) = Headline::of(&[&here, &there]).on(&here, Language::Chinese);
    assert_eq!(said, "无工作点 · 本次检查最可疑：压缩性骨折 0.90", "not the level, which is on another film");
    there.image = here.image.clone();
    there.image.series_instance_uid = Uid::new("2.25.2").unwrap();
    let (said, _) = Headline::of(&[&here, &there]).on(&here, Language::Chinese);
    assert_eq!(said, "无工作点 · 本次检查最可疑：压缩性骨折 0.90", "another series, the same SOP Instance UID");
}

#[test]
fn the_header_says_the_result_of_the_study_first() {
    let rate = Rate { value: 0.9, interval: [0.8, 1.0], of: 10 };
    let point = |at: f64| OperatingPoint {
        study: at,
        body: at,
        sensitivity: rate,
        specificity: rate,
        measured_on: String::new(),
    };
    let (sensitive, specific) = (point(0.3), point(0.6));
    let triage = Triage { intercept: 0.0, highest: 1.0, second: 0.0, bodies: 0.0, at_least: 1, sensitive, specific };
    let said = |vertebrae: Vec<Vertebra>, language| {
        let mut findings = findings(vertebrae);
        findings.bundle.triage = Some(triage.clone());
        Headline::of(&[&findings]).on(&findings, language).0
    };
    let place = [0.0, 0.0, 9.0, 9.0];
    let mut metal = body(1, place);
    (metal.called, metal.not_assessed) = (None, Some(NotAssessed::Metal));
    let english = |vertebrae| said(vertebrae, Language::English);
    assert_eq!(english(vec![body(1, place)]), "suspected 0.95 · most suspicious: compression fracture 0.90 (L1)");
    assert_eq!(english(vec![body(0, place)]), "nothing suspected 0.10 · most suspicious: no fracture 0.90 (L1)");
    assert_eq!(english(vec![metal.clone()]), "not assessed: metal or cement on it");
    assert_eq!(said(vec![metal], Language::Chinese), "未评估：其上有金属或骨水泥");
    assert_eq!(english(vec![]), "not assessed: no vertebra found");
}

#[test]
fn a_question_mark_is_explained_where_there_is_one() {
    let mut assumed = body(0, [0.0, 0.0, 9.0, 9.0]);
    let said = |legend: &Legend| -> Vec<String> {
        let sheet = Sheet::of(&film(500, 700), legend, Language::English);
        legend.rows(sheet.width, sheet.letters).concat().iter().map(|entry| entry.says.clone()).collect()
    };
    assert_eq!(said(&Legend::of(&findings(vec![assumed.clone()]), Language::English)).len(), 3);
    assumed.level_source = Some(LevelSource::CountedFromSacrum);
    let legend = Legend::of(&findings(vec![assumed]), Language::English);
    assert_eq!(said(&legend)[3], "?: assumed, counted from the sacrum");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn header_and_legend_stay_clear_of_marks_wherever_boxes_are(
        boxes in prop::collection::vec((-100.0..300.0, -100.0..400.0, 1.0..150.0, 1.0..100.0, 0..3_usize), 1..30)
    ) {
        let film = film(200, 300);
        let vertebrae: Vec<Vertebra> =
            boxes.iter().map(|(x, y, w, h, class)| body(*class, [*x, *y, x + w, y + h])).collect();
        let all = findings(vertebrae);
        let marked = drawn(&film, &all, Language::English);
        let mut bands_only = all.clone();
        // The most suspicious body alone: the same header.
        let worst = most_suspicious(&study::vertebrae([&all])).unwrap().vertebra;
        bands_only.vertebrae = vec![worst.clone()];
        let sheet = Sheet::of(&film, &Legend::of(&all, Language::English), Language::English);
        let bands = drawn(&film, &bands_only, Language::English);
        let outside = |[_, y]: &[usize; 2]| (*y as f64) < sheet.film.y0 - 3.0 || *y as f64 > sheet.film.y1 + 3.0;
        prop_assert!(!changed(&marked, &bands).unwrap().iter().any(outside));
    }
}
