//! The LASSO path: coefficients as the penalty falls.

use super::axis::Axis;
use super::chart::{Chart, DASHED, Entry, Stroke};
use super::colour;
use crate::evaluation::markup::Markup;
use crate::evaluation::path::{PathFeature, PathRecord};

/// Coefficients of one class; the features with the largest at the chosen penalty are coloured and named.
pub fn of_class(markup: &mut Markup, path: &PathRecord, class: usize, name: &str) {
    let mut features: Vec<&PathFeature> = path.features.iter().collect();
    let chosen = |f: &PathFeature| f.coefficients[path.chosen][class];
    features.sort_by(|a, b| chosen(b).abs().total_cmp(&chosen(a).abs()));
    let used = features.iter().filter(|f| chosen(f) != 0.0).count();
    let named = used.min(colour::DISTINCT);
    let mut legend: Vec<Entry> = features[..named]
        .iter()
        .enumerate()
        .map(|(i, f)| {
            Entry::with(Stroke::solid(colour::class(i)), &f.name, format!("{:.3}", chosen(f)).replace('-', "\u{2212}"))
        })
        .collect();
    if used > named {
        legend.push(Entry::named(Stroke::solid(colour::FAINT).wide(1.0), format!("{} more", used - named)));
    }
    let all = || path.features.iter().flat_map(|f| f.coefficients.iter().map(|c| c[class]));
    let (low, high) = (all().fold(0.0, f64::min), all().fold(0.0, f64::max));
    let margin = 0.05 * (high - low);
    let chart = Chart {
        title: format!("LASSO path, {name}"),
        x: penalty_axis(path),
        y: Axis::spanning(low - margin, high + margin, "coefficient of the z-score"),
        height: 270.0,
        legend,
    };
    chart.write(markup, |drawing| {
        drawing.level(0.0, Stroke::solid(colour::WHOLE).wide(0.8));
        drawing.upright(path.penalties[path.chosen].log10(), Stroke::solid(colour::WHOLE).dashed(DASHED).wide(1.2));
        // The named ones last, above the others.
        for (i, feature) in features.iter().enumerate().rev() {
            let along = path.penalties.iter().zip(&feature.coefficients);
            let points: Vec<(f64, f64)> = along.map(|(p, c)| (p.log10(), c[class])).collect();
            let stroke =
                if i < named { Stroke::solid(colour::class(i)) } else { Stroke::solid(colour::FAINT).wide(0.8) };
            drawing.line(&points, stroke);
        }
    });
}

/// Logarithms of the penalties; the simplest model is at the right.
pub fn penalty_axis(path: &PathRecord) -> Axis {
    let of = |i: usize| path.penalties[i].log10();
    Axis::spanning(of(path.penalties.len() - 1), of(0), "log10 of the penalty (mean log loss per unit of coefficient)")
}
