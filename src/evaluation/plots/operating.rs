//! ROC curves of bodies, films and patients, with the operating points on them.

use super::axis::Axis;
use super::chart::{Chart, Entry, Stroke};
use crate::evaluation::markup::Markup;
use crate::evaluation::triage::UnitFigures;
use crate::evaluation::words;

/// One curve a unit; on it a mark where each operating point lies.
pub fn operating_points(markup: &mut Markup, set: &str, units: &[&UnitFigures]) {
    let entries = || units.iter().enumerate().map(|(i, figures)| (*figures, Stroke::class(i)));
    let entry = |(figures, stroke): (&UnitFigures, Stroke)| {
        let auc = figures.auc.map_or_else(|| words::not_defined(None), words::short_estimate);
        Entry::with(stroke, format!("by {}", figures.unit.name()), auc)
    };
    let chart = Chart {
        title: format!("Any fracture: ROC and operating points, {set}"),
        x: Axis::share("1 \u{2212} specificity (share of the whole ones called)"),
        y: Axis::share("sensitivity (share of the fractured ones called)"),
        height: 384.0,
        legend: entries().map(entry).collect(),
    };
    if units.iter().all(|figures| figures.roc.is_empty()) {
        return chart.write_empty(markup, &words::not_defined(Some("every curve needs fractured and whole ones")));
    }
    chart.write(markup, |drawing| {
        drawing.line(&[(0.0, 0.0), (1.0, 1.0)], Stroke::faint());
        for (figures, stroke) in entries() {
            let points: Vec<(f64, f64)> = figures.roc.iter().map(|p| (p.false_positive_rate, p.sensitivity)).collect();
            drawing.line(&points, stroke);
            for point in &figures.points {
                if let (Some(sensitivity), Some(specificity)) = (point.sensitivity, point.specificity) {
                    drawing.disc((1.0 - specificity.value, sensitivity.value), 4.5, stroke.colour);
                }
            }
        }
    });
}
