//! The tables a paper prints: classes of sets, then sets, for one bundle or two side by side.

use super::cells::{figure, headings};
use crate::evaluation::comparison::{Test, Tested};
use crate::evaluation::figures::{ClassFigures, Estimate, SetFigures};
use crate::evaluation::markup::Markup;
use crate::evaluation::report::Report;
use crate::evaluation::words;

/// Both tables.
pub fn write(m: &mut Markup, report: &Report) {
    m.leaf("h2", &[], "Summary");
    if report.subject.sets.iter().any(|set| set.fitted_on) {
        m.leaf(
            "p",
            &[("class", &"small")],
            "Models are fitted on the set marked \u{201c}fitted on\u{201d}: its figures are too good, and say nothing of new patients.",
        );
    }
    m.element("div", &[("class", &"scroll")], |m| classes(m, report));
    if report.against.is_some() {
        m.leaf(
            "p",
            &[("class", &"small")],
            "acc., sens., spec.: accuracy, sensitivity, specificity of calling the most probable class.",
        );
    }
    m.leaf("h3", &[], "All classes together");
    m.element("div", &[("class", &"scroll")], |m| sets(m, report));
}

fn classes(m: &mut Markup, report: &Report) {
    let columns = ["AUC (95\u{a0}%\u{a0}CI)", "accuracy", "sensitivity", "specificity"];
    // Two bundles side by side fill the page.
    let short = ["AUC (95\u{a0}%\u{a0}CI)", "acc.", "sens.", "spec."];
    m.element("table", &[("class", &table_class(report))], |m| {
        match &report.against {
            None => headings(m, &[&["set", "class", "bodies"][..], &columns].concat()),
            Some(against) => m.element("thead", &[], |m| {
                m.element("tr", &[], |m| {
                    ["set", "class", "bodies"].iter().for_each(|h| m.leaf("th", &[("rowspan", &2)], h));
                    m.leaf("th", &[("colspan", &4)], format!("first: {}", report.subject.title()));
                    m.leaf("th", &[("colspan", &4)], format!("second: {}", against.title()));
                    m.leaf("th", &[("colspan", &2)], "AUCs differ?");
                });
                m.element("tr", &[], |m| {
                    short.iter().chain(&short).for_each(|h| m.leaf("th", &[], h));
                    m.leaf("th", &[], "p (DeLong)");
                    m.leaf("th", &[], "p (Holm)");
                });
            }),
        }
        for set in &report.subject.sets {
            let others = report.against.as_ref().and_then(|against| against.set(&set.set));
            m.element("tbody", &[("class", &"set")], |m| {
                for (i, class) in set.classes.iter().enumerate() {
                    m.element("tr", &[], |m| {
                        if i == 0 {
                            m.leaf("td", &[("rowspan", &set.classes.len())], words::set_title(set));
                        }
                        m.leaf("td", &[("class", &"class")], &class.name);
                        m.leaf("td", &[("class", &"number")], class.bodies);
                        class_cells(m, class);
                        if let Some(others) = others {
                            class_cells(m, &others.classes[i]);
                            p_cells(m, report, set, &Tested::Class(class.code.clone()));
                        }
                    });
                }
            });
        }
    });
}

fn class_cells(m: &mut Markup, class: &ClassFigures) {
    figure(m, &words::class_auc(class));
    for value in [class.accuracy, class.sensitivity, class.specificity] {
        figure(m, &words::or_undefined(value));
    }
}

fn p_cells(m: &mut Markup, report: &Report, set: &SetFigures, of: &Tested) {
    let test: Option<&Test> =
        report.comparison(&set.set).and_then(|comparison| comparison.tests.iter().find(|t| t.of == *of));
    match test {
        Some(test) if test.p.is_some() => {
            figure(m, &words::p_value(test.p));
            figure(m, &words::p_value(test.p_holm));
        }
        Some(test) => {
            m.leaf("td", &[("class", &"none"), ("colspan", &2)], words::not_defined(test.undefined.as_deref()))
        }
        None => m.leaf("td", &[("class", &"none"), ("colspan", &2)], words::not_defined(None)),
    }
}

fn sets(m: &mut Markup, report: &Report) {
    let two = report.against.is_some();
    let mut columns = vec!["set", "bodies", "patients"];
    columns.extend(two.then_some("bundle"));
    columns.extend([
        "macro AUC (95\u{a0}%\u{a0}CI)",
        "micro AUC (95\u{a0}%\u{a0}CI)",
        "accuracy (95\u{a0}%\u{a0}CI)",
        "kappa",
        "Brier",
        "log loss",
        "ECE",
    ]);
    columns.extend(two.then_some(["p of macro", "p (Holm)"]).into_iter().flatten());
    m.element("table", &[("class", &table_class(report))], |m| {
        headings(m, &columns);
        for set in &report.subject.sets {
            let others = report.against.as_ref().and_then(|against| against.set(&set.set));
            let rows = if others.is_some() { 2 } else { 1 };
            m.element("tbody", &[("class", &"set")], |m| {
                m.element("tr", &[], |m| {
                    m.leaf("td", &[("rowspan", &rows)], words::set_title(set));
                    m.leaf("td", &[("rowspan", &rows), ("class", &"number")], set.bodies);
                    m.leaf("td", &[("rowspan", &rows), ("class", &"number")], set.patients);
                    if others.is_some() {
                        m.leaf("td", &[], "first");
                    }
                    set_cells(m, set);
                    if others.is_some() {
                        p_cells(m, report, set, &Tested::MacroAuc);
                    }
                });
                if let Some(figures) = others {
                    m.element("tr", &[], |m| {
                        m.leaf("td", &[], "second");
                        set_cells(m, figures);
                        m.leaf("td", &[("colspan", &2)], "");
                    });
                }
            });
        }
    });
}

fn set_cells(m: &mut Markup, set: &SetFigures) {
    let auc = |auc: Option<Estimate>| words::set_auc(auc, set);
    figure(m, &auc(set.macro_auc));
    figure(m, &auc(set.micro_auc));
    figure(m, &words::estimate(set.accuracy));
    figure(m, &words::or_undefined(set.kappa));
    for value in [set.brier, set.log_loss, set.calibration.expected_error] {
        figure(m, &words::number(value));
    }
}

fn table_class(report: &Report) -> &'static str {
    if report.against.is_some() { "two" } else { "one" }
}
