//! The cross-validated loss over the penalties.

use super::axis::Axis;
use super::chart::{Chart, DASHED, DOTTED, Entry, Stroke};
use super::colour;
use super::path::penalty_axis;
use crate::evaluation::markup::Markup;
use crate::evaluation::path::PathRecord;
use crate::evaluation::words;

/// Mean loss over the folds with one standard error either way, the best penalty and the chosen one.
pub fn loss(markup: &mut Markup, path: &PathRecord) {
    let with_error = |sign: f64| path.loss.iter().zip(&path.standard_error).map(move |(l, e)| l + sign * e);
    let low = with_error(-1.0).fold(f64::INFINITY, f64::min);
    let high = with_error(1.0).fold(f64::NEG_INFINITY, f64::max);
    let margin = 0.06 * (high - low);
    let bar = Stroke::solid(colour::FAINT).wide(1.2);
    let best = Stroke::solid(colour::WHOLE).dashed(DOTTED).wide(1.4);
    let chosen = Stroke::solid(colour::WHOLE).dashed(DASHED).wide(1.4);
    let at = |i: usize| {
        let features = words::count(path.selected(i), "feature", "features");
        format!("penalty {:.4}, loss {}, {features}", path.penalties[i], words::number(path.loss[i]))
    };
    let chart = Chart {
        title: "Cross-validated loss".to_owned(),
        x: penalty_axis(path),
        y: Axis::spanning(low - margin, high + margin, "log loss on the folds left out"),
        height: 270.0,
        legend: vec![
            Entry::named(Stroke::solid(colour::class(1)), "mean over the folds; bars: one standard error"),
            Entry::with(best, "least", at(path.best)),
            Entry::with(chosen, "chosen", at(path.chosen)),
        ],
    };
    chart.write(markup, |drawing| {
        drawing.upright(path.penalties[path.best].log10(), best);
        drawing.upright(path.penalties[path.chosen].log10(), chosen);
        for ((penalty, loss), error) in path.penalties.iter().zip(&path.loss).zip(&path.standard_error) {
            let x = penalty.log10();
            drawing.line(&[(x, loss - error), (x, loss + error)], bar);
            drawing.disc((x, *loss), 3.0, colour::class(1));
        }
    });
}
