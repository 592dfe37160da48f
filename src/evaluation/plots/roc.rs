//! ROC curves of a set.

use super::axis::Axis;
use super::chart::{Chart, Entry, Stroke};
use crate::evaluation::figures::{ClassFigures, SetFigures};
use crate::evaluation::markup::Markup;
use crate::evaluation::words;

/// One curve a class; those of the second bundle are dashed.
pub fn curves(markup: &mut Markup, set: &SetFigures, against: Option<&SetFigures>) {
    let first = || entries(set).map(|(class, stroke)| (class, stroke, ""));
    let second = || against.into_iter().flat_map(entries).map(|(class, stroke)| (class, stroke.second(), "second: "));
    let entry = |(class, stroke, prefix): (&ClassFigures, Stroke, &str)| {
        let auc = class.auc.map_or_else(|| words::not_defined(None), words::short_estimate);
        Entry::with(stroke, format!("{prefix}{}", class.name), auc)
    };
    let chart = Chart {
        title: format!("ROC curves and AUC (95 % CI), {}", words::set_title(set)),
        x: Axis::share("1 \u{2212} specificity (share of the others called)"),
        y: Axis::share("sensitivity (share of the class called)"),
        height: 384.0,
        legend: first().chain(second()).map(entry).collect(),
    };
    if set.classes.iter().all(|c| c.roc.is_empty()) {
        return chart.write_empty(markup, &words::not_defined(Some("every curve needs bodies of two classes")));
    }
    chart.write(markup, |drawing| {
        drawing.line(&[(0.0, 0.0), (1.0, 1.0)], Stroke::faint());
        // The first bundle above the second.
        for (class, stroke, _) in second().chain(first()) {
            let points: Vec<(f64, f64)> = class.roc.iter().map(|p| (p.false_positive_rate, p.sensitivity)).collect();
            drawing.line(&points, stroke);
        }
    });
}

/// Each class with its line.
fn entries(set: &SetFigures) -> impl Iterator<Item = (&ClassFigures, Stroke)> {
    set.classes.iter().enumerate().map(|(i, class)| (class, Stroke::class(i)))
}
