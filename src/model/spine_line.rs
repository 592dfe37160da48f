//! The spine among the detections: the best chain of bodies from above to below.
//!
//! A chain is worth the sum of its scores less what its steps cost. Neighbouring bodies are about
//! one height apart, of similar size, and the line through their centres bends little; gas, pelvis,
//! femur and doubled boxes are not. Found by dynamic programming over pairs of successive bodies, so
//! that a bend costs what it costs wherever the chain began. Distances are measured along the step
//! itself: a tilted or scoliotic spine is as good as an upright one. A spine that lies across the
//! film (decubitus) is out of scope: of it one body stays.

use super::detector::Detection;

/// Centre distances, in mean heights of the two bodies, between which they are neighbours. Nearer is
/// one body boxed twice; a flattened body with wide discs stays below the upper limit.
const NEIGHBOURS: [f64; 2] = [0.55, 1.9];
/// Up to this distance one body was missed in between; further away two ends do not belong together.
const ONE_MISSED: f64 = 3.2;
/// What a missed body costs: more than a doubtful box (detectors' thresholds are about 0.3 to 0.35)
/// brings, less than a body well seen.
const MISSED_COST: f64 = 0.4;
/// Largest ratio of two neighbours' widths or heights that costs nothing. Healthy neighbours differ
/// by a tenth, a film's edge or a moderate fracture takes a third of the height.
const FREE_SIZE_RATIO: f64 = 1.5;
/// Largest ratio in a chain: a body crushed to a third of its neighbour.
const MOST_SIZE_RATIO: f64 = 3.0;
/// Cost of each 1 the ratio is above the free one. A body of half the height costs 0.25 on either
/// side: a fractured one is worth that, because without it a body is missed; a thin box over a disc,
/// whose neighbours are neighbours without it, is not.
const SIZE_COST: f64 = 0.5;
/// A step this far off the vertical, degrees, costs nothing: kyphosis or scoliosis of a film that is
/// also rotated a bit.
const FREE_TILT: f64 = 45.0;
/// No step is further off the vertical, degrees: what lies beside a body does not follow it.
const MOST_TILT: f64 = 65.0;
/// Cost of a step of the largest tilt.
const TILT_COST: f64 = 0.5;
/// Change of direction between successive steps, degrees, that costs nothing: the kyphosis of a
/// fracture, or a centre that is a fifth of a height off.
const FREE_BEND: f64 = 25.0;
/// No spine bends more from one body to the next, degrees.
const MOST_BEND: f64 = 60.0;
/// Cost of the largest bend: no score outweighs it.
const BEND_COST: f64 = 1.0;
/// Distance in mean heights of the bodies, as their six points give them, from which two that follow
/// each other are as far apart as bodies must be. Boxes do not tell: that of a tilted body is higher than the body.
const APART: f64 = 0.95;
/// Bodies whose points are this near lie on each other.
const ON_EACH_OTHER: f64 = 0.8;
/// Cost of lying on each other: more than any score brings.
const OVERLAP_COST: f64 = 1.0;
/// How many predecessors of a body are tried, the nearest ones: within [`ONE_MISSED`] heights there
/// are two bodies of the same spine, the rest is room for false boxes. Keeps the search O(n²).
const PREDECESSORS: usize = 8;

/// The chain that was kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spine {
    /// The vertebral bodies from above, their scores unchanged.
    pub bodies: Vec<Detection>,
    /// The sacrum that ends the chain at its bottom.
    pub sacrum: Option<Detection>,
}

/// The best chain among `detections`; `is_sacrum` tells of a detector class whether it may only end
/// one. A sacrum without a body above it is no chain. Equal sums: the chain that ends higher up, then
/// further left; detections that differ in nothing, in the order of the input. The order of the input
/// decides nothing else.
pub fn best_chain(detections: &[Detection], is_sacrum: impl Fn(usize) -> bool) -> Spine {
    let places = from_above(detections, is_sacrum);
    let mut states: Vec<State> = Vec::new();
    let mut states_of: Vec<std::ops::Range<usize>> = Vec::with_capacity(places.len());
    for (here, place) in places.iter().enumerate() {
        let first = states.len();
        if !place.sacrum {
            states.push(State { value: place.detection.score, place: here, from: None, direction: None });
        }
        for above in predecessors(&places[..here], place) {
            let direction = places[above].direction_to(place);
            let mut best: Option<State> = None;
            for from in states_of[above].clone() {
                let Some(cost) = step_cost(&places[above], place, states[from].direction) else { continue };
                let value = states[from].value + place.detection.score - cost;
                if best.as_ref().is_none_or(|b| value > b.value) {
                    best = Some(State { value, place: here, from: Some(from), direction: Some(direction) });
                }
            }
            states.extend(best);
        }
        states_of.push(first..states.len());
    }

    let mut last: Option<usize> = None;
    for (i, state) in states.iter().enumerate() {
        if last.is_none_or(|l| state.value > states[l].value) {
            last = Some(i);
        }
    }
    let mut spine = Spine::default();
    while let Some(state) = last.map(|l| &states[l]) {
        let place = &places[state.place];
        if place.sacrum {
            spine.sacrum = Some(*place.detection);
        } else {
            spine.bodies.push(*place.detection);
        }
        last = state.from;
    }
    spine.bodies.reverse();
    spine
}

/// All detections by the height of their centres, side by side from the left: for a bundle that
/// does without the chain. A sacrum is left out and, as nothing says that it belongs, not reported.
pub fn all_from_above(detections: &[Detection], is_sacrum: impl Fn(usize) -> bool) -> Spine {
    let places = from_above(detections, is_sacrum);
    Spine { bodies: places.iter().filter(|p| !p.sacrum).map(|p| *p.detection).collect(), sacrum: None }
}

/// Whether the distance of two successive members of a chain says that one body between them was
/// missed; `onto_sacrum` when `below` is the sacrum.
pub fn one_missed_between(above: &Detection, below: &Detection, onto_sacrum: bool) -> bool {
    let (above, below) = (Place::new(above, false), Place::new(below, onto_sacrum));
    above.distance_to(&below) > NEIGHBOURS[1]
}

/// A chain that ends with the step from one place to another, or begins here.
struct State {
    /// Scores less costs.
    value: f64,
    /// Where it ends: an index of the places.
    place: usize,
    /// The state it continues.
    from: Option<usize>,
    /// Of its last step.
    direction: Option<[f64; 2]>,
}

struct Place<'a> {
    detection: &'a Detection,
    sacrum: bool,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl<'a> Place<'a> {
    fn new(detection: &'a Detection, sacrum: bool) -> Self {
        let b = &detection.region;
        Self { detection, sacrum, x: (b.x0 + b.x1) / 2.0, y: (b.y0 + b.y1) / 2.0, width: b.width(), height: b.height() }
    }

    fn direction_to(&self, below: &Place) -> [f64; 2] {
        [below.x - self.x, below.y - self.y]
    }

    /// Distance of the centres in mean heights. A sacrum's box may hold one segment or all of them:
    /// its upper edge counts, as if it were a body of the height of the one above.
    fn distance_to(&self, below: &Place) -> f64 {
        let [dx, dy] = self.direction_to(below);
        if below.sacrum {
            (dx.hypot(dy) - (below.height - self.height) / 2.0) / self.height
        } else {
            2.0 * dx.hypot(dy) / (self.height + below.height)
        }
    }

    /// Distance of the middles of the six points in mean heights of the bodies; `None` where one has
    /// no points, or points that are no numbers or have no height.
    fn distance_of_points(&self, below: &Place) -> Option<f64> {
        let (above, below) = (self.detection.points?, below.detection.points?);
        let [[ax, ay], [bx, by]] = [above.middle(), below.middle()];
        let distance = 2.0 * (bx - ax).hypot(by - ay) / (above.mean_height() + below.mean_height());
        distance.is_finite().then_some(distance)
    }
}

/// Usable detections from above, in an order that does not depend on that of the input.
fn from_above(detections: &[Detection], is_sacrum: impl Fn(usize) -> bool) -> Vec<Place<'_>> {
    let mut places: Vec<Place> = detections.iter().map(|d| Place::new(d, is_sacrum(d.class))).collect();
    // Also false for what is no number.
    places.retain(|p| p.width > 0.0 && p.height > 0.0 && (p.x + p.y + p.detection.score).is_finite());
    places.sort_by(|a, b| {
        let key = |p: &Place| [p.y, p.x, p.height, p.width, p.detection.score];
        let by_value = key(a).iter().zip(key(b)).map(|(a, b)| a.total_cmp(&b)).find(|order| order.is_ne());
        by_value.unwrap_or_else(|| a.detection.class.cmp(&b.detection.class))
    });
    places
}

/// The places above `below` that a chain may come from, the nearest first.
fn predecessors(places: &[Place], below: &Place) -> Vec<usize> {
    let possible = |(i, above): (usize, &Place)| {
        let allowed = !above.sacrum && step_cost(above, below, None).is_some();
        allowed.then(|| (above.distance_to(below), i))
    };
    let mut near: Vec<(f64, usize)> = places.iter().enumerate().filter_map(possible).collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    near.truncate(PREDECESSORS);
    near.into_iter().map(|(_, i)| i).collect()
}

/// What the step costs after one in direction `before`; `None` when no spine makes it.
fn step_cost(above: &Place, below: &Place, before: Option<[f64; 2]>) -> Option<f64> {
    let [dx, dy] = above.direction_to(below);
    let distance = above.distance_to(below);
    let tilt = dx.abs().atan2(dy).to_degrees();
    if !(NEIGHBOURS[0]..=ONE_MISSED).contains(&distance) || tilt > MOST_TILT {
        return None;
    }
    let mut cost = if distance > NEIGHBOURS[1] { MISSED_COST } else { 0.0 };
    cost += TILT_COST * beyond(tilt, FREE_TILT, MOST_TILT);
    // A sacrum has a size and, at the lumbosacral angle, a direction of its own.
    if below.sacrum {
        return Some(cost);
    }
    cost += OVERLAP_COST * above.distance_of_points(below).map_or(0.0, |d| beyond(-d, -APART, -ON_EACH_OTHER));
    let ratio = |a: f64, b: f64| (a / b).max(b / a);
    let size = ratio(above.width, below.width).max(ratio(above.height, below.height));
    let bend = before.map_or(0.0, |before| angle(before, [dx, dy]));
    if size > MOST_SIZE_RATIO || bend > MOST_BEND {
        return None;
    }
    Some(cost + SIZE_COST * (size - FREE_SIZE_RATIO).max(0.0) + BEND_COST * beyond(bend, FREE_BEND, MOST_BEND))
}

/// How much of the way from `free` to `most` a value has gone, 0 to 1.
fn beyond(value: f64, free: f64, most: f64) -> f64 {
    ((value - free) / (most - free)).clamp(0.0, 1.0)
}

/// Between two directions, degrees.
fn angle([ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> f64 {
    (ax * by - ay * bx).abs().atan2(ax * bx + ay * by).to_degrees()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::imaging::BoundingBox;
    use crate::model::six_points::SixPoints;

    const BODY: usize = 0;
    const SACRUM: usize = 1;

    fn at(x: f64, y: f64, width: f64, height: f64, score: f64) -> Detection {
        let region =
            BoundingBox { x0: x - width / 2.0, y0: y - height / 2.0, x1: x + width / 2.0, y1: y + height / 2.0 };
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
        for (place, missed) in [(sacrum(242.0, 34.0), false), (sacrum(262.0, 75.0), false), (sacrum(272.0, 34.0), true)]
        {
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
}
