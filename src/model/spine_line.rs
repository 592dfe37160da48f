//! The spine among the detections: the best chain of bodies from above to below.
//!
//! A chain is worth the sum of its scores less what its steps cost. Neighbouring bodies are about
//! one height apart, of similar size, and the line through their centres bends little; gas, pelvis,
//! femur and doubled boxes are not. Found by dynamic programming over pairs of successive bodies, so
//! that a bend costs what it costs wherever the chain began. Distances are measured along the step
//! itself: a tilted or scoliotic spine is as good as an upright one. A spine that lies across the
//! film (decubitus) is out of scope: of it one body stays.

use super::detection::Detection;
use crate::findings::SixPoints;

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

impl Spine {
    /// Bodies and sacrum.
    pub fn members(&self) -> usize {
        self.bodies.len() + usize::from(self.sacrum.is_some())
    }

    /// The six points of each body, where the detector gave finite ones.
    pub fn points(&self) -> Vec<Option<SixPoints>> {
        self.bodies.iter().map(|body| body.points.filter(SixPoints::is_finite)).collect()
    }
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
mod tests;
