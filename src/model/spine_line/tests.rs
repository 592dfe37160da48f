use proptest::prelude::*;

use super::*;
use crate::findings::BoundingBox;

const BODY: usize = 0;
const SACRUM: usize = 1;

fn at(x: f64, y: f64, width: f64, height: f64, score: f64) -> Detection {
    let region = BoundingBox { x0: x - width / 2.0, y0: y - height / 2.0, x1: x + width / 2.0, y1: y + height / 2.0 };
    Detection { region, score, class: BODY, points: None }
}

fn chain(detections: &[Detection]) -> Spine {
    best_chain(detections, |class| class == SACRUM)
}

/// Upright bodies of 40 x 30 pixels, 35 apart, the first at height 100.
fn upright(n: usize) -> Vec<Detection> {
    (0..n).map(|i| at(200.0, 100.0 + 35.0 * i as f64, 40.0, 30.0, 0.8)).collect()
}

#[test]
fn nothing_from_nothing_and_a_lone_box_stays() {
    assert_eq!(chain(&[]), Spine::default());
    let lone = at(50.0, 50.0, 30.0, 20.0, 0.9);
    assert_eq!(chain(&[lone]).bodies, [lone]);
    let strange = [at(f64::NAN, 1.0, 2.0, 2.0, 0.5), at(1.0, 1.0, 0.0, 2.0, 0.5), at(1.0, 1.0, 1.0, 1.0, f64::NAN)];
    assert_eq!(chain(&strange), Spine::default());
}

#[test]
fn gas_beside_the_spine_and_a_second_box_on_a_body_go() {
    let spine = upright(6);
    let gas = at(260.0, 290.0, 40.0, 30.0, 0.6);
    let doubled = at(205.0, 112.0, 42.0, 28.0, 0.5);
    let jaw = at(140.0, 65.0, 45.0, 30.0, 0.45);
    let mut all = vec![gas, doubled, jaw];
    all.extend(&spine);
    assert_eq!(chain(&all).bodies, spine);
}

#[test]
fn a_thin_box_over_a_disc_goes_and_a_flattened_body_stays() {
    let mut bodies = upright(5);
    let disc = at(200.0, 187.5, 40.0, 13.0, 0.45);
    let with_disc = [&bodies[..], &[disc]].concat();
    assert_eq!(chain(&with_disc).bodies, bodies, "a box over a disc");
    bodies[2] = at(200.0, 170.0, 40.0, 14.0, 0.45);
    assert_eq!(chain(&bodies).bodies, bodies, "a crushed body");
}

/// The same box with the points of a body that fills it.
fn with_points(d: Detection) -> Detection {
    let BoundingBox { x0, y0, x1, y1 } = d.region;
    let plate = |y| [[x0, y], [(x0 + x1) / 2.0, y], [x1, y]];
    Detection { points: Some(SixPoints { upper: plate(y0), lower: plate(y1) }), ..d }
}

#[test]
fn points_that_lie_on_a_body_go_although_the_boxes_could_be_neighbours() {
    let spine: Vec<_> = [100.0, 135.0, 190.0, 225.0].map(|y| at(200.0, y, 40.0, 30.0, 0.8)).to_vec();
    let between = at(200.0, 159.0, 40.0, 26.0, 0.6);
    let all = [&spine[..], &[between]].concat();
    assert_eq!(chain(&all).bodies.len(), 5, "boxes alone may be those of tilted bodies");
    let all: Vec<_> = all.into_iter().map(with_points).collect();
    assert_eq!(chain(&all).bodies, all[..4]);
}

#[test]
fn points_that_are_no_numbers_cost_no_body() {
    let unknown = SixPoints { upper: [[f64::NAN; 2]; 3], lower: [[f64::NAN; 2]; 3] };
    let spine: Vec<_> = upright(5).into_iter().map(|d| Detection { points: Some(unknown), ..d }).collect();
    assert_eq!(chain(&spine).bodies.len(), 5);
}

#[test]
fn one_missed_body_is_bridged_and_two_are_not() {
    let mut bodies = upright(6);
    bodies.remove(3);
    assert_eq!(chain(&bodies).bodies, bodies);
    let missed: Vec<bool> = bodies.windows(2).map(|w| one_missed_between(&w[0], &w[1], false)).collect();
    assert_eq!(missed, [false, false, true, false]);
    bodies.remove(3);
    assert_eq!(chain(&bodies).bodies, bodies[..3], "the better part stays");
    let doubtful = [upright(4), vec![at(200.0, 275.0, 40.0, 30.0, 0.35)]].concat();
    assert_eq!(chain(&doubtful).bodies.len(), 4, "a doubtful box is not worth a missed body");
}

#[test]
fn a_sacrum_ends_the_chain_and_nothing_else() {
    let sacrum = |y: f64, height: f64| Detection { class: SACRUM, ..at(220.0, y, 60.0, height, 0.9) };
    let bodies = upright(4);
    // The last body's lower edge is at 220.
    for (place, missed) in [(sacrum(242.0, 34.0), false), (sacrum(262.0, 75.0), false), (sacrum(272.0, 34.0), true)] {
        let spine = chain(&[&[place], &bodies[..]].concat());
        assert_eq!((spine.bodies.len(), spine.sacrum), (4, Some(place)));
        assert_eq!(one_missed_between(&bodies[3], &place, true), missed, "{place:?}");
    }
    let on_top = sacrum(65.0, 30.0);
    assert_eq!(chain(&[&[on_top], &bodies[..]].concat()).sacrum, None);
    assert_eq!(chain(&[on_top]), Spine::default(), "a sacrum alone is no spine");
    assert_eq!(all_from_above(&[bodies[1], on_top, bodies[0]], |c| c == SACRUM).bodies, bodies[..2]);
}

#[test]
fn a_horizontal_spine_does_not_panic() {
    let lying: Vec<_> = (0..5).map(|i| at(100.0 + 35.0 * f64::from(i), 200.0, 30.0, 40.0, 0.8)).collect();
    assert_eq!(chain(&lying).bodies.len(), 1);
}

fn any_box() -> impl Strategy<Value = Detection> {
    (0.0..400.0_f64, 0.0..400.0_f64, 5.0..80.0_f64, 5.0..80.0_f64, 0.3..1.0_f64, 0..2_usize)
        .prop_map(|(x, y, w, h, score, class)| Detection { class, ..at(x, y, w, h, score) })
}

/// A spine that curves: three to twelve bodies, tilted up to 35 degrees.
fn any_spine() -> impl Strategy<Value = Vec<Detection>> {
    let body = (-12.0..12.0_f64, 1.0..1.45_f64, 0.95..1.1_f64, 0.5..1.0_f64);
    (-25.0..25.0_f64, 15.0..50.0_f64, prop::collection::vec(body, 3..12)).prop_map(|(tilt, height, steps)| {
        let (mut x, mut y, mut height, mut tilt) = (1000.0, 1000.0, height, tilt);
        let mut bodies = Vec::new();
        for (turn, distance, growth, score) in steps {
            bodies.push(at(x, y, height * 1.3, height, score));
            tilt = f64::clamp(tilt + turn, -35.0, 35.0);
            x += height * distance * tilt.to_radians().sin();
            y += height * distance * tilt.to_radians().cos();
            height *= growth;
        }
        bodies
    })
}

proptest! {
    #[test]
    fn what_is_kept_is_a_part_from_above_with_its_scores(boxes in prop::collection::vec(any_box(), 0..30)) {
        let spine = chain(&boxes);
        let centre = |d: &Detection| d.region.y0 + d.region.y1;
        let all: Vec<_> = spine.bodies.iter().chain(&spine.sacrum).copied().collect();
        prop_assert!(all.iter().all(|d| boxes.contains(d)));
        prop_assert!(all.windows(2).all(|w| centre(&w[0]) < centre(&w[1])));
        prop_assert!(spine.bodies.iter().all(|d| d.class == BODY));
        prop_assert_eq!(spine.bodies.is_empty(), boxes.iter().all(|d| d.class == SACRUM));
    }

    #[test]
    fn the_order_of_the_input_changes_nothing(
        (boxes, shuffled) in prop::collection::vec(any_box(), 0..20)
            .prop_flat_map(|boxes| (Just(boxes.clone()), Just(boxes).prop_shuffle()))
    ) {
        prop_assert_eq!(chain(&boxes), chain(&shuffled));
    }

    #[test]
    fn a_spine_is_found_among_boxes_far_away(
        bodies in any_spine(),
        far in prop::collection::vec((0.0..6.0_f64, 0.0..1.0_f64, 0.6..2.0_f64, 0.3..0.45_f64, any::<bool>()), 0..3),
    ) {
        let edge = |f: fn(f64, f64) -> f64, v: fn(&Detection) -> f64| bodies.iter().map(v).reduce(f).unwrap();
        let (left, right) = (edge(f64::min, |d| d.region.x0), edge(f64::max, |d| d.region.x1));
        let (top, bottom) = (edge(f64::min, |d| d.region.y0), edge(f64::max, |d| d.region.y1));
        let largest = edge(f64::max, |d| d.region.y1 - d.region.y0);
        let mut boxes: Vec<_> = far.iter().map(|&(off, along, size, score, leftwards)| {
            let off = (7.0 + off) * largest;
            let x = if leftwards { left - off } else { right + off };
            at(x, top + along * (bottom - top), size * largest, size * largest, score)
        }).collect();
        boxes.extend(&bodies);
        prop_assert_eq!(chain(&boxes).bodies, bodies);
    }
}
