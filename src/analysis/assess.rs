//! Whether a body, and a film, can be assessed, and if not, why.

use super::film::{Body, Film};
use crate::findings::{BoundingBox, NotAssessed};
use crate::imaging::Radiograph;
use crate::model::{Limits, Model};

/// A body is cut where its box comes this near to an edge, parts of the box's height.
const NEAR_AN_EDGE: f64 = 0.04;

/// Why nothing on a film is assessed.
pub fn film(model: &Model, film: &Film) -> Option<NotAssessed> {
    if film.bodies.is_empty() {
        return Some(NotAssessed::NoSpine);
    }
    (!model.covers(film.view)).then_some(NotAssessed::View)
}

/// Why a body cannot be judged, as far as this shows before it is.
pub fn body(model: &Model, radiograph: &Radiograph, film: &Film, body: &Body) -> Option<NotAssessed> {
    let (width, height) = (radiograph.width as f64, radiograph.height as f64);
    let edge = BoundingBox { x0: 0.0, y0: 0.0, x1: width, y1: height };
    cut(&body.region, &edge, &film.field).or_else(|| looks(body, model.limits()))
}

/// Whether a box comes too near to the edge of the film, or of what is exposed of it.
fn cut(region: &BoundingBox, edge: &BoundingBox, field: &BoundingBox) -> Option<NotAssessed> {
    let near = NEAR_AN_EDGE * region.height();
    let within = |outer: &BoundingBox| {
        let room = [region.x0 - outer.x0, region.y0 - outer.y0, outer.x1 - region.x1, outer.y1 - region.y1];
        room.iter().all(|room| *room >= near)
    };
    if !within(edge) {
        Some(NotAssessed::CutByEdge)
    } else if !within(field) {
        Some(NotAssessed::OutsideField)
    } else {
        None
    }
}

/// What the points network says against a body; without one only that it cannot be measured.
fn looks(body: &Body, limits: Option<Limits>) -> Option<NotAssessed> {
    let (Some(limits), Some(closer)) = (limits, body.closer) else {
        return (limits.is_some() || body.points.is_some() && body.shape.is_none())
            .then_some(NotAssessed::UncertainPoints);
    };
    let looks = closer.looks;
    if looks.vertebra < limits.vertebra_at_least {
        Some(NotAssessed::NoBody)
    } else if looks.whole < limits.whole_at_least {
        Some(NotAssessed::OutsideField)
    } else if looks.metal > limits.metal_at_most {
        Some(NotAssessed::Metal)
    } else if closer.spread > limits.spread_at_most || body.shape.is_none() {
        Some(NotAssessed::UncertainPoints)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(x0: f64, y0: f64, x1: f64, y1: f64) -> BoundingBox {
        BoundingBox { x0, y0, x1, y1 }
    }

    #[test]
    fn a_body_at_an_edge_is_cut_and_one_at_a_shutter_outside() {
        let (edge, field) = (region(0.0, 0.0, 300.0, 400.0), region(20.0, 30.0, 280.0, 400.0));
        let of = |r: BoundingBox| cut(&r, &edge, &field);
        assert_eq!(of(region(100.0, 0.0, 150.0, 25.0)), Some(NotAssessed::CutByEdge));
        assert_eq!(of(region(100.0, 370.0, 150.0, 399.5)), Some(NotAssessed::CutByEdge));
        assert_eq!(of(region(100.0, 20.0, 150.0, 55.0)), Some(NotAssessed::OutsideField));
        assert_eq!(of(region(100.0, 100.0, 150.0, 140.0)), None);
    }
}
