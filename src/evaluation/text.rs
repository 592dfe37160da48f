//! The tables of a study for a terminal.

use super::figures::{ClassFigures, Estimate, SetFigures};
use super::report::{Evaluated, Report};
use super::triage::{PointFigures, UnitFigures};
use super::words;
use crate::RESEARCH_USE_ONLY;

/// The paper's table, the sets' figures, the tests, and what it all may be used for.
pub fn of(report: &Report, lay_out: impl Fn(&[&str], &[Vec<String>]) -> String) -> String {
    let mut text = String::new();
    let mut paragraph = |title: &str, table: String| text.push_str(&format!("{title}\n\n{table}\n\n"));
    for evaluated in [Some(&report.subject), report.against.as_ref()].into_iter().flatten() {
        let rows: Vec<Vec<String>> =
            evaluated.sets.iter().flat_map(|set| set.classes.iter().map(move |class| class_row(set, class))).collect();
        paragraph(
            &heading(evaluated),
            lay_out(&["set", "class", "bodies", "AUC (95 % CI)", "accuracy", "sensitivity", "specificity"], &rows),
        );
        let rows: Vec<Vec<String>> = evaluated.sets.iter().map(set_row).collect();
        paragraph(
            "All classes together",
            lay_out(
                &["set", "bodies", "patients", "macro AUC (95 % CI)", "accuracy (95 % CI)", "kappa", "Brier", "ECE"],
                &rows,
            ),
        );
    }
    for evaluated in [Some(&report.subject), report.against.as_ref()].into_iter().flatten() {
        let rows: Vec<Vec<String>> = evaluated.triage.iter().flat_map(point_rows).collect();
        if !rows.is_empty() {
            paragraph(&format!("Operating points of {}", evaluated.title()), lay_out(&POINT_COLUMNS, &rows));
        }
    }
    if let Some(against) = &report.against {
        let rows = test_rows(report);
        paragraph(
            &format!("{} less {} on the same bodies", report.subject.title(), against.title()),
            lay_out(&["set", "AUC of", "difference (95 % CI)", "p", "p (Holm)"], &rows),
        );
    }
    let reasons = reasons(report);
    if !reasons.is_empty() {
        paragraph("Not defined", reasons.join("\n"));
    }
    text.push_str(&format!("{RESEARCH_USE_ONLY}.\n"));
    text
}

fn heading(evaluated: &Evaluated) -> String {
    let features = words::count(evaluated.feature_count, "feature", "features");
    format!("{}: {}, {features}", evaluated.title(), evaluated.classifier)
}

fn class_row(set: &SetFigures, class: &ClassFigures) -> Vec<String> {
    let auc = class.auc.map_or_else(|| words::not_defined(None), words::estimate);
    let others = [class.accuracy, class.sensitivity, class.specificity].map(words::or_undefined);
    [words::set_title(set), class.name.clone(), class.bodies.to_string(), auc].into_iter().chain(others).collect()
}

/// Of the rows of [`point_rows`].
pub const POINT_COLUMNS: [&str; 9] = [
    "set",
    "by",
    "number",
    "fractured",
    "AUC (95 % CI)",
    "point",
    "sensitivity (95 % CI)",
    "specificity (95 % CI)",
    "false alarms a hundred",
];

/// A row for each operating point.
pub fn point_rows(figures: &UnitFigures) -> Vec<Vec<String>> {
    let estimate = |e: Option<Estimate>| e.map_or_else(|| words::not_defined(None), words::estimate);
    let row = |point: &PointFigures| {
        vec![
            figures.set.clone(),
            figures.unit.name().to_owned(),
            figures.units.to_string(),
            figures.fractured.to_string(),
            estimate(figures.auc),
            format!("{} (from {})", point.point, words::number(point.threshold)),
            estimate(point.sensitivity),
            estimate(point.specificity),
            format!("{:.1}", point.false_alarms_per_hundred),
        ]
    };
    figures.points.iter().map(row).collect()
}

fn set_row(set: &SetFigures) -> Vec<String> {
    vec![
        words::set_title(set),
        set.bodies.to_string(),
        set.patients.to_string(),
        set.macro_auc.map_or_else(|| words::not_defined(None), words::estimate),
        words::estimate(set.accuracy),
        words::or_undefined(set.kappa),
        words::number(set.brier),
        words::number(set.calibration.expected_error),
    ]
}

fn test_rows(report: &Report) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for comparison in &report.comparisons {
        for test in &comparison.tests {
            rows.push(vec![
                comparison.set.clone(),
                test.of.title(&report.classes),
                words::difference(test),
                words::p_value(test.p),
                words::p_value(test.p_holm),
            ]);
        }
    }
    rows
}

/// Why each figure that the tables lack is not there.
fn reasons(report: &Report) -> Vec<String> {
    let mut reasons = Vec::new();
    for bundle in [Some(&report.subject), report.against.as_ref()].into_iter().flatten() {
        let whose = if report.against.is_some() { format!("{}, ", bundle.title()) } else { String::new() };
        for set in &bundle.sets {
            for class in &set.classes {
                let why = class.undefined.as_ref();
                reasons.extend(why.map(|why| format!("{whose}{}, AUC of {}: {why}", set.set, class.name)));
            }
            let why = set.undefined.as_ref();
            reasons.extend(why.map(|why| format!("{whose}{}, macro AUC: {why}", set.set)));
        }
    }
    for comparison in &report.comparisons {
        for test in &comparison.tests {
            let why = test.undefined.as_ref();
            let of = test.of.title(&report.classes);
            reasons.extend(why.map(|why| format!("{}, test of {of}: {why}", comparison.set)));
        }
    }
    reasons
}
