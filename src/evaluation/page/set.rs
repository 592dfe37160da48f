//! One set: its curves, who was taken for what, and the rest of the figures of its classes.

use super::cells::{figure, headings};
use super::{confusion, differences};
use crate::evaluation::curves::RocPoint;
use crate::evaluation::figures::SetFigures;
use crate::evaluation::markup::Markup;
use crate::evaluation::report::Report;
use crate::evaluation::{plots, words};

/// The section of a set.
pub fn write(m: &mut Markup, report: &Report, set: &SetFigures) {
    let against = report.against.as_ref().and_then(|a| a.set(&set.set).map(|figures| (a, figures)));
    let others = against.map(|(_, figures)| figures);
    m.element("section", &[("class", &"set-section")], |m| {
        m.leaf("h2", &[], format!("Set: {}", words::set_title(set)));
        let bodies = words::count(set.bodies, "body", "bodies");
        let patients = words::count(set.patients, "patient", "patients");
        m.leaf("p", &[], format!("{bodies} of {patients}."));
        m.element("div", &[("class", &"charts")], |m| {
            m.element("div", &[], |m| plots::curves(m, set, others));
            m.element("div", &[], |m| plots::reliability(m, set));
            m.element("div", &[], |m| plots::of_fracture(m, set, others));
            m.element("div", &[], |m| plots::of_classes(m, set));
        });
        m.element("div", &[("class", &"tables")], |m| match against {
            None => confusion::write(m, "Confusion matrix", set),
            Some((second, figures)) => {
                confusion::write(m, &format!("Confusion matrix, {}", report.subject.title()), set);
                confusion::write(m, &format!("Confusion matrix, {}", second.title()), figures);
            }
        });
        if let (Some(found), Some((second, _))) = (report.comparison(&set.set), against) {
            let title = format!("AUC of {} less that of {}", report.subject.title(), second.title());
            differences::write(m, &title, &found.tests, &report.classes);
        }
        m.leaf("h3", &[], "More of the classes");
        m.element("div", &[("class", &"scroll")], |m| {
            details(m, set, report.against.as_ref().map(|_| report.subject.title()).as_deref());
            if let Some((second, figures)) = against {
                details(m, figures, Some(&second.title()));
            }
        });
    });
}

fn details(m: &mut Markup, set: &SetFigures, bundle: Option<&str>) {
    let first = bundle.map_or_else(|| "class".to_owned(), |bundle| format!("class ({bundle})"));
    m.element("table", &[], |m| {
        headings(
            m,
            &[
                &first,
                "95\u{a0}%\u{a0}CI of the AUC by patients",
                "Youden: threshold",
                "sensitivity there",
                "specificity there",
                "Brier",
                "ECE",
            ],
        );
        m.element("tbody", &[], |m| {
            for (i, class) in set.classes.iter().enumerate() {
                m.element("tr", &[], |m| {
                    m.element("td", &[], |m| {
                        let style = format!("background:{}", plots::class_colour(i));
                        m.empty("span", &[("class", &"swatch"), ("style", &style)]);
                        m.text(&class.name);
                    });
                    let by_patient = class.auc_interval_by_patient;
                    figure(m, &by_patient.map_or_else(|| words::not_defined(None), |i| words::interval(Some(i))));
                    youden(m, class.youden);
                    figure(m, &words::number(class.brier));
                    figure(m, &words::number(class.calibration.expected_error));
                });
            }
        });
    });
}

fn youden(m: &mut Markup, point: Option<RocPoint>) {
    match point {
        None => (0..3).for_each(|_| figure(m, &words::not_defined(None))),
        Some(point) => {
            figure(m, &point.threshold.map_or_else(|| "none is called".to_owned(), words::number));
            figure(m, &words::number(point.sensitivity));
            figure(m, &words::number(1.0 - point.false_positive_rate));
        }
    }
}
