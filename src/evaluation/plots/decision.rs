//! Decision curves.

use super::axis::Axis;
use super::chart::{Chart, DASHED, DOTTED, Entry, Stroke};
use super::colour;
use crate::evaluation::curves::DecisionCurve;
use crate::evaluation::figures::SetFigures;
use crate::evaluation::markup::Markup;
use crate::evaluation::words;

const THRESHOLD: &str = "threshold probability";
const BENEFIT: &str = "net benefit per body";

/// Acting on any class but the first, by the model, by the second one, on everybody, and on nobody.
pub fn of_fracture(markup: &mut Markup, set: &SetFigures, against: Option<&SetFigures>) {
    let model = Stroke::solid(colour::class(0));
    let second = Stroke::solid(colour::class(1)).dashed(DASHED);
    let everybody = Stroke::solid(colour::FAINT);
    let nobody = Stroke::solid(colour::WHOLE).dashed(DOTTED).wide(1.4);
    let mut legend = vec![Entry::named(model, "acting by the model")];
    legend.extend(against.map(|_| Entry::named(second, "acting by the second model")));
    legend.extend([Entry::named(everybody, "acting on everybody"), Entry::named(nobody, "acting on nobody")]);
    let curve = &set.decision;
    let others = against.map(|other| &other.decision);
    let chart = Chart {
        title: format!("Decision curve of \u{201c}{}\u{201d}, {}", curve.of, words::set_title(set)),
        x: Axis::share(THRESHOLD),
        y: range([curve].into_iter().chain(others)),
        height: 270.0,
        legend,
    };
    chart.write(markup, |drawing| {
        drawing.level(0.0, nobody);
        drawing.line(&everybody_of(curve), everybody);
        others.iter().for_each(|other| drawing.line(&model_of(other), second));
        drawing.line(&model_of(curve), model);
    });
}

/// Acting on each class; dotted, acting on everybody for its sake.
pub fn of_classes(markup: &mut Markup, set: &SetFigures) {
    let stroke = Stroke::class;
    let entries = set.classes.iter().enumerate();
    let legend = entries.clone().map(|(i, c)| Entry::named(stroke(i), &c.decision.of));
    let dotted = Entry::named(Stroke::faint(), "dotted: acting on everybody; level line: on nobody");
    let chart = Chart {
        title: format!("Decision curves of the classes, {}", words::set_title(set)),
        x: Axis::share(THRESHOLD),
        y: range(set.classes.iter().map(|c| &c.decision)),
        height: 270.0,
        legend: legend.chain([dotted]).collect(),
    };
    chart.write(markup, |drawing| {
        drawing.level(0.0, Stroke::solid(colour::WHOLE).wide(1.0));
        for (i, class) in entries {
            drawing.line(&everybody_of(&class.decision), stroke(i).dashed(DOTTED).wide(1.2));
            drawing.line(&model_of(&class.decision), stroke(i));
        }
    });
}

fn model_of(curve: &DecisionCurve) -> Vec<(f64, f64)> {
    curve.points.iter().map(|p| (p.threshold, p.model)).collect()
}

fn everybody_of(curve: &DecisionCurve) -> Vec<(f64, f64)> {
    curve.points.iter().map(|p| (p.threshold, p.everybody)).collect()
}

/// From somewhat below 0 to what perfect knowledge would give: what is far below does harm, however far.
fn range<'a>(curves: impl Iterator<Item = &'a DecisionCurve>) -> Axis {
    let highest = curves.map(|c| c.prevalence).fold(0.05, f64::max);
    Axis::spanning(-0.25 * highest, 1.08 * highest, BENEFIT)
}
