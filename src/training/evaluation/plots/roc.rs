//! ROC curves of a set.

use super::axis::Axis;
use super::chart::{Chart, DASHED, Entry, Stroke};
use super::colour;
use crate::training::evaluation::figures::{ClassFigures, SetFigures};
use crate::training::evaluation::markup::Markup;
use crate::training::evaluation::words;

/// One curve a class; those of the second bundle are dashed.
pub fn curves(markup: &mut Markup, set: &SetFigures, against: Option<&SetFigures>) {
    let legend = entries(set, "").chain(against.into_iter().flat_map(|other| entries(other, "second: ")));
    let chart = Chart {
        title: format!("ROC curves and AUC (95 % CI), {}", words::set_title(set)),
        x: Axis::share("1 \u{2212} specificity (share of the others called)"),
        y: Axis::share("sensitivity (share of the class called)"),
        height: 384.0,
        legend: legend.map(|(_, _, entry)| entry).collect(),
    };
    if set.classes.iter().all(|c| c.roc.is_empty()) {
        return chart.write_empty(markup, &words::not_defined(Some("every curve needs bodies of two classes")));
    }
    chart.write(markup, |drawing| {
        drawing.line(&[(0.0, 0.0), (1.0, 1.0)], Stroke::faint());
        let second = against.into_iter().flat_map(|other| entries(other, ""));
        for (class, dash, entry) in second.map(|(c, _, e)| (c, DASHED, e)).chain(entries(set, "")) {
            let points: Vec<(f64, f64)> = class.roc.iter().map(|p| (p.false_positive_rate, p.sensitivity)).collect();
            drawing.line(&points, entry.stroke.dashed(dash));
        }
    });
}

/// Each class with its dash and its line of the legend.
fn entries<'a>(
    set: &'a SetFigures,
    prefix: &'static str,
) -> impl Iterator<Item = (&'a ClassFigures, &'static str, Entry)> {
    let dash = if prefix.is_empty() { "" } else { DASHED };
    set.classes.iter().enumerate().map(move |(i, class)| {
        let auc = class.auc.map_or_else(|| words::not_defined(None), words::short_estimate);
        let stroke = Stroke::solid(colour::class(i)).dashed(dash);
        (class, dash, Entry::with(stroke, format!("{prefix}{}", class.name), auc))
    })
}
