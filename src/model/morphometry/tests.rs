use proptest::prelude::*;

use super::*;
use crate::findings::SpacingSource;

/// A body 40 wide whose upper end plate sinks: heights as given, its lower end plate level.
fn body(y: f64, [anterior, middle, posterior]: [f64; 3]) -> SixPoints {
    let x = [100.0, 120.0, 140.0];
    SixPoints { upper: [[x[0], y - anterior], [x[1], y - middle], [x[2], y - posterior]], lower: x.map(|x| [x, y]) }
}

fn spacing(column_mm: f64, row_mm: f64) -> Option<PixelSpacing> {
    Some(PixelSpacing { row_mm, column_mm, source: SpacingSource::Given })
}

fn measured(bodies: &[[f64; 3]]) -> Vec<Morphometry> {
    let bodies: Vec<_> =
        bodies.iter().enumerate().map(|(i, heights)| Some(body(50.0 * (i + 1) as f64, *heights))).collect();
    measure(&bodies, spacing(0.5, 0.5)).into_iter().map(|m| m.expect("points are good")).collect()
}

#[test]
fn heights_and_ratios_are_those_computed_by_hand() {
    let m = measured(&[[30.0, 27.0, 30.0], [18.0, 24.0, 30.0], [30.0, 27.0, 34.0]])[1];
    let heights = m.heights_mm.unwrap();
    assert_eq!([heights.anterior, heights.middle, heights.posterior], [9.0, 12.0, 15.0]);
    assert_eq!((m.wedge_ratio, m.biconcave_ratio), (0.6, 0.8));
    assert_eq!(m.crush_ratio, Some(15.0 / 16.0), "against the mean of 15 and 17 mm");
    let upper = 20.0_f64.hypot(6.0);
    assert_eq!(m.endplate_widths_mm, Some(EndplateWidths { upper, lower: 20.0 }));
    assert_eq!(m.endplate_ratio, upper / 20.0);
    assert_eq!(m.height_to_width_ratio, 12.0 / ((upper + 20.0) / 2.0));
    assert_eq!(m.height_loss_percent, 40.0);
    assert_eq!((m.genant_grade, m.deformity), (GenantGrade::Moderate, Some(Deformity::Wedge)));
}

#[test]
fn grades_and_shapes_follow_the_lost_height() {
    let normal = [30.0, 30.0, 30.0];
    for (heights, grade, shape) in [
        ([30.0, 27.0, 30.0], 0, None),
        ([24.3, 27.0, 30.0], 0, None),
        ([24.0, 27.0, 30.0], 1, Some(Deformity::Wedge)),
        ([27.0, 23.0, 30.0], 1, Some(Deformity::Biconcave)),
        ([27.0, 22.5, 30.0], 2, Some(Deformity::Biconcave)),
        ([17.0, 18.0, 30.0], 3, Some(Deformity::Wedge)),
        ([21.0, 21.0, 21.0], 2, Some(Deformity::Crush)),
        ([15.0, 18.0, 24.0], 3, Some(Deformity::Crush)),
    ] {
        let m = measured(&[normal, heights, normal])[1];
        assert_eq!((m.genant_grade.number(), m.deformity), (grade, shape), "{heights:?}: {m:?}");
    }
}

#[test]
fn a_fractured_neighbour_hides_no_wedge_and_one_alone_shows_no_crush() {
    let wedge = [18.0, 24.0, 30.0];
    assert!(measured(&[wedge, wedge, wedge]).iter().all(|m| m.genant_grade == GenantGrade::Moderate));
    let alone = measured(&[[15.0, 15.0, 15.0]])[0];
    assert_eq!((alone.crush_ratio, alone.genant_grade), (None, GenantGrade::Normal));
    assert_eq!(measured(&[wedge])[0].genant_grade, GenantGrade::Moderate);
}

#[test]
fn neighbours_are_the_nearest_bodies_with_points() {
    let [low, high] = [[20.0; 3], [30.0; 3]];
    let bodies = [Some(body(50.0, high)), None, Some(body(150.0, low)), Some(body(200.0, [25.0; 3]))];
    let m = measure(&bodies, None);
    assert!(m[1].is_none());
    assert_eq!(m[2].unwrap().crush_ratio, Some(20.0 / 27.5));
    assert_eq!(m[3].unwrap().crush_ratio, Some(1.25), "one-sided at the end");
    assert_eq!((m[2].unwrap().heights_mm, m[2].unwrap().endplate_widths_mm), (None, None), "no spacing, no mm");
}

#[test]
fn both_axes_have_their_own_spacing() {
    let m = measure(&[Some(body(50.0, [30.0; 3]))], spacing(0.25, 0.5))[0].unwrap();
    assert_eq!(m.heights_mm.unwrap().anterior, 15.0);
    assert_eq!(m.endplate_widths_mm.unwrap().lower, 10.0);
}

#[test]
fn degenerate_points_give_nothing() {
    let good = body(50.0, [30.0; 3]);
    assert!(measure(&[Some(good)], None)[0].is_some());
    type Spoil = fn(&mut SixPoints);
    let spoilt: [(&str, Spoil); 7] = [
        ("coincident", |p| *p = p.map(|_| [1.0, 1.0])),
        ("no number", |p| p.upper[1][0] = f64::NAN),
        ("infinite", |p| p.lower[2][1] = f64::INFINITY),
        ("end plates that cross", |p| p.upper[2][1] = p.lower[2][1] + 20.0),
        ("one end plate the other way", |p| p.lower.reverse()),
        ("a middle point outside", |p| p.upper[1][0] = 500.0),
        ("no height", |p| p.upper = p.lower),
    ];
    for (what, spoil) in spoilt {
        let mut points = good;
        spoil(&mut points);
        assert_eq!(measure(&[Some(points), Some(good)], None)[0], None, "{what}");
    }
    assert!(measure(&[Some(good)], spacing(0.0, f64::NAN))[0].unwrap().heights_mm.is_none());
}

#[test]
fn a_grade_is_written_as_its_number() {
    assert_eq!(serde_json::to_string(&GenantGrade::Moderate).unwrap(), "2");
    assert_eq!(serde_json::from_str::<GenantGrade>("3").unwrap(), GenantGrade::Severe);
    assert!(serde_json::from_str::<GenantGrade>("4").is_err());
}

#[test]
fn every_feature_has_its_name_and_what_is_missing_is_no_number() {
    let m = measure(&[Some(body(50.0, [27.0, 27.0, 30.0]))], None)[0];
    let by_name: std::collections::HashMap<_, _> = features(m.as_ref()).collect();
    assert_eq!(by_name["shape_WedgeRatio"], 0.9);
    assert!(by_name["shape_CrushRatio"].is_nan() && by_name["shape_AnteriorHeight"].is_nan());
    assert!(features(None).all(|(name, value)| name.starts_with("shape_") && value.is_nan()));
    assert_eq!(features(None).count(), FEATURES.len());
}

fn any_bodies() -> impl Strategy<Value = Vec<Option<SixPoints>>> {
    let heights = [10.0..40.0_f64, 10.0..40.0_f64, 10.0..40.0_f64];
    let bodies = prop::collection::vec(prop::option::weighted(0.8, heights), 1..8);
    bodies.prop_map(|b| b.iter().enumerate().map(|(i, h)| h.map(|h| body(60.0 * (i + 1) as f64, h))).collect())
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}

proptest! {
    #[test]
    fn a_larger_film_has_larger_heights_and_the_same_ratios(bodies in any_bodies(), scale in 0.1..10.0_f64) {
        let larger: Vec<_> = bodies.iter().map(|b| b.map(|b| b.map(|[x, y]| [x * scale, y * scale]))).collect();
        let pairs = measure(&bodies, spacing(0.2, 0.2)).into_iter().zip(measure(&larger, spacing(0.2, 0.2)));
        for (a, b) in pairs {
            prop_assert_eq!(a.is_some(), b.is_some());
            for ((name, a), (_, b)) in features(a.as_ref()).zip(features(b.as_ref())) {
                let long = name.ends_with("Height") || name.ends_with("Width");
                let factor = if long { scale } else { 1.0 };
                prop_assert!(a.is_nan() && b.is_nan() || close(a * factor, b), "{}: {} {}", name, a, b);
            }
        }
    }

    #[test]
    fn a_mirrored_film_is_measured_alike(bodies in any_bodies()) {
        let mirrored: Vec<_> = bodies.iter().map(|b| b.map(|b| b.map(|[x, y]| [512.0 - x, y]))).collect();
        prop_assert_eq!(measure(&bodies, spacing(0.2, 0.3)), measure(&mirrored, spacing(0.2, 0.3)));
    }
}
