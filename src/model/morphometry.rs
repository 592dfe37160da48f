//! Vertebral morphometry: heights, ratios and Genant's grade from the six points of each body.
//!
//! Source: Genant HK, Wu CY, van Kuijk C, Nevitt MC. Vertebral fracture assessment using a
//! semiquantitative technique. J Bone Miner Res 1993;8:1137-1148. A reader judges by eye; here the
//! same limits are applied to measured heights, so a grade is a measurement, not a reading. The
//! loss of projected area that the paper names beside the heights is not used.

use crate::findings::{Deformity, EndplateWidths, GenantGrade, Heights, Morphometry, PixelSpacing, Point, SixPoints};

/// Loss of height, percent, from which a body is deformed: a ratio of 0.8.
const MILD_FROM: f64 = 20.0;
/// From which the deformity is moderate.
const MODERATE_FROM: f64 = 25.0;
/// Above which it is severe.
const SEVERE_ABOVE: f64 = 40.0;
/// A height below this part of the wider end plate cannot be told from coincident points.
const LEAST_HEIGHT: f64 = 0.05;

/// Measures the bodies of one spine, given from above; neighbours are the nearest bodies above and
/// below that have usable points, one of them at the ends. Without `spacing` pixels are taken as
/// square, and nothing is in mm. A body whose points coincide, are no numbers or cross has `None`.
pub fn measure(bodies: &[Option<SixPoints>], spacing: Option<PixelSpacing>) -> Vec<Option<Morphometry>> {
    let spacing = spacing.map(|s| [s.column_mm, s.row_mm]).filter(|s| s.iter().all(|mm| mm.is_finite() && *mm > 0.0));
    let [column, row] = spacing.unwrap_or([1.0, 1.0]);
    let outline = |points: &SixPoints| Outline::of(points.map(|[x, y]| [x * column, y * row]));
    let outlines: Vec<Option<Outline>> = bodies.iter().map(|b| b.as_ref().and_then(outline)).collect();
    let mut above: Option<Outline> = None;
    let mut neighbours: Vec<Vec<Outline>> = Vec::with_capacity(outlines.len());
    for outline in &outlines {
        neighbours.push(above.into_iter().collect());
        above = outline.or(above);
    }
    let mut below: Option<Outline> = None;
    for (outline, neighbours) in outlines.iter().zip(&mut neighbours).rev() {
        neighbours.extend(below);
        below = outline.or(below);
    }
    let of_body = |(outline, neighbours): (&Option<Outline>, &Vec<Outline>)| {
        outline.map(|outline| outline.against(neighbours, spacing.is_some()))
    };
    outlines.iter().zip(&neighbours).map(of_body).collect()
}

/// Names of the features of [`features`], in its order. Heights and widths are in mm, the loss in
/// percent, the rest without unit; scores are in standard deviations of intact bodies.
pub const FEATURES: [&str; 13] = [
    "shape_WedgeRatio",
    "shape_BiconcaveRatio",
    "shape_CrushRatio",
    "shape_HeightLoss",
    "shape_EndplateRatio",
    "shape_HeightToWidthRatio",
    "shape_AnteriorHeight",
    "shape_MiddleHeight",
    "shape_PosteriorHeight",
    "shape_UpperEndplateWidth",
    "shape_LowerEndplateWidth",
    "shape_WedgeScore",
    "shape_BiconcaveScore",
];

/// The shape features of a body for the fusion model; NaN is what could not be measured.
pub fn features(measured: Option<&Morphometry>) -> impl Iterator<Item = (String, f64)> {
    let values = measured.map_or([None; FEATURES.len()], |m| {
        let (heights, widths) = (m.heights_mm, m.endplate_widths_mm);
        [
            Some(m.wedge_ratio),
            Some(m.biconcave_ratio),
            m.crush_ratio,
            Some(m.height_loss_percent),
            Some(m.endplate_ratio),
            Some(m.height_to_width_ratio),
            heights.map(|h| h.anterior),
            heights.map(|h| h.middle),
            heights.map(|h| h.posterior),
            widths.map(|w| w.upper),
            widths.map(|w| w.lower),
            m.wedge_score,
            m.biconcave_score,
        ]
    });
    FEATURES.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value.unwrap_or(f64::NAN)))
}

/// Heights and widths of one body in the unit of its points.
#[derive(Debug, Clone, Copy)]
struct Outline {
    heights: Heights,
    widths: EndplateWidths,
}

impl Outline {
    /// `None` for points that are no body.
    fn of(points: SixPoints) -> Option<Self> {
        let SixPoints { upper, lower } = points;
        let plates = [minus(upper[2], upper[0]), minus(lower[2], lower[0])];
        let columns = [0, 1, 2].map(|i| minus(lower[i], upper[i]));
        let widths = EndplateWidths { upper: length(plates[0]), lower: length(plates[1]) };
        let [anterior, middle, posterior] = columns.map(length);
        let widest = widths.upper.max(widths.lower);
        let measurable = widths.upper.min(widths.lower) >= LEAST_HEIGHT * widest
            && anterior.min(middle).min(posterior) >= LEAST_HEIGHT * widest
            && widest > 0.0
            && [widths.upper, widths.lower, anterior, middle, posterior].iter().all(|l| l.is_finite());
        // The end plates run the same way, the lower one is on the same side of the upper one at
        // every height, and the middle points are between the outer ones.
        let sides = plates.iter().flat_map(|plate| columns.iter().map(|column| cross(*plate, *column)));
        let side = cross(plates[0], columns[1]).signum();
        let uncrossed = dot(plates[0], plates[1]) > 0.0 && sides.into_iter().all(|s| s * side > 0.0);
        let between = [upper, lower].iter().zip(plates).all(|(plate, along)| {
            let middle = dot(minus(plate[1], plate[0]), along);
            middle > 0.0 && middle < dot(along, along)
        });
        (measurable && uncrossed && between)
            .then_some(Self { heights: Heights { anterior, middle, posterior }, widths })
    }

    fn against(&self, neighbours: &[Outline], in_mm: bool) -> Morphometry {
        let h = self.heights;
        let mean = |of: fn(&Heights) -> f64| {
            let sum: f64 = neighbours.iter().map(|n| of(&n.heights)).sum();
            (!neighbours.is_empty()).then(|| sum / neighbours.len() as f64)
        };
        let (anterior, middle, posterior) = (mean(|h| h.anterior), mean(|h| h.middle), mean(|h| h.posterior));
        let lost = |height: f64, expected: f64| (100.0 * (expected - height) / expected).max(0.0);
        let lost_anterior = lost(h.anterior, anterior.map_or(h.posterior, |mean| mean.max(h.posterior)));
        let lost_middle = lost(h.middle, middle.map_or(h.posterior, |mean| mean.max(h.posterior)));
        let lost_posterior = posterior.map_or(0.0, |mean| lost(h.posterior, mean));
        let loss = lost_anterior.max(lost_middle).max(lost_posterior);
        let genant_grade = grade(loss);
        let deformity = (genant_grade > GenantGrade::Normal).then_some(if lost_posterior >= MILD_FROM {
            Deformity::Crush
        } else if lost_anterior >= lost_middle {
            Deformity::Wedge
        } else {
            Deformity::Biconcave
        });
        let widths = self.widths;
        Morphometry {
            heights_mm: in_mm.then_some(h),
            endplate_widths_mm: in_mm.then_some(widths),
            wedge_ratio: h.anterior / h.posterior,
            biconcave_ratio: h.middle / h.posterior,
            wedge_score: None,
            biconcave_score: None,
            crush_ratio: posterior.map(|mean| h.posterior / mean),
            endplate_ratio: widths.upper / widths.lower,
            height_to_width_ratio: (h.anterior + h.middle + h.posterior) / 3.0 / ((widths.upper + widths.lower) / 2.0),
            height_loss_percent: loss,
            genant_grade,
            deformity,
        }
    }
}

/// Genant's grade by the largest loss of a height, percent.
fn grade(loss: f64) -> GenantGrade {
    match loss {
        l if l > SEVERE_ABOVE => GenantGrade::Severe,
        l if l >= MODERATE_FROM => GenantGrade::Moderate,
        l if l >= MILD_FROM => GenantGrade::Mild,
        _ => GenantGrade::Normal,
    }
}

fn minus([ax, ay]: Point, [bx, by]: Point) -> Point {
    [ax - bx, ay - by]
}

fn length([x, y]: Point) -> f64 {
    x.hypot(y)
}

fn dot([ax, ay]: Point, [bx, by]: Point) -> f64 {
    ax * bx + ay * by
}

fn cross([ax, ay]: Point, [bx, by]: Point) -> f64 {
    ax * by - ay * bx
}

#[cfg(test)]
mod tests;
