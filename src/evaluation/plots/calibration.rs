//! Reliability diagrams.

use super::axis::Axis;
use super::chart::{Chart, Entry, Stroke};
use super::colour;
use crate::evaluation::curves::Calibration;
use crate::evaluation::figures::SetFigures;
use crate::evaluation::markup::Markup;
use crate::evaluation::words;

/// What was said against what happened, of the called class and of each class; a disc's area grows with its bodies.
pub fn reliability(markup: &mut Markup, set: &SetFigures) {
    let entry = |name: &str, calibration: &Calibration, stroke: Stroke| {
        Entry::with(stroke, name, format!("ECE {}", words::number(calibration.expected_error)))
    };
    let whole = Stroke::solid(colour::WHOLE);
    let of_class = |i: usize| Stroke::class(i).wide(1.4);
    let classes = set.classes.iter().enumerate();
    let legend = classes.clone().map(|(i, c)| entry(&c.name, &c.calibration, of_class(i)));
    let chart = Chart {
        title: format!("Calibration, {}", words::set_title(set)),
        x: Axis::share("mean predicted probability"),
        y: Axis::share("observed share"),
        height: 384.0,
        legend: [entry("class that is called", &set.calibration, whole)].into_iter().chain(legend).collect(),
    };
    chart.write(markup, |drawing| {
        drawing.line(&[(0.0, 0.0), (1.0, 1.0)], Stroke::faint());
        let all = classes.map(|(i, c)| (&c.calibration, of_class(i))).chain([(&set.calibration, whole)]);
        for (calibration, stroke) in all {
            let bins: Vec<(f64, f64, usize)> =
                calibration.bins.iter().filter_map(|b| Some((b.said?, b.happened?, b.count))).collect();
            drawing.line(&bins.iter().map(|b| (b.0, b.1)).collect::<Vec<_>>(), stroke);
            for (said, happened, count) in bins {
                let share = count as f64 / set.bodies as f64;
                drawing.disc((said, happened), 2.5 + 9.0 * share.sqrt(), stroke.colour);
            }
        }
    });
}
