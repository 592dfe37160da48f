//! The operating points: ROC curves of bodies, films and patients with both points on them, and what they do.

use super::cells::{figure, headings};
use crate::evaluation::markup::Markup;
use crate::evaluation::report::{Evaluated, Report};
use crate::evaluation::text::{POINT_COLUMNS, point_rows};
use crate::evaluation::triage::UnitFigures;
use crate::evaluation::{plots, words};

/// The section, when one of the bundles has operating points.
pub fn write(m: &mut Markup, report: &Report) {
    for evaluated in [Some(&report.subject), report.against.as_ref()].into_iter().flatten() {
        if !evaluated.triage.is_empty() {
            m.element("section", &[("class", &"set-section")], |m| section(m, evaluated));
        }
    }
}

fn section(m: &mut Markup, evaluated: &Evaluated) {
    m.leaf("h2", &[], format!("Operating points of {}", evaluated.title()));
    m.leaf(
        "p",
        &[],
        "The unit of triage is the study, a patient's films. Bodies that nobody has labelled on a labelled film are taken for whole.",
    );
    let mut sets: Vec<&str> = evaluated.triage.iter().map(|figures| figures.set.as_str()).collect();
    sets.dedup();
    m.element("div", &[("class", &"charts")], |m| {
        for set in sets {
            let of_set: Vec<&UnitFigures> = evaluated.triage.iter().filter(|figures| figures.set == set).collect();
            m.element("div", &[], |m| plots::operating_points(m, set, &of_set));
        }
    });
    m.element("div", &[("class", &"scroll")], |m| {
        m.element("table", &[], |m| {
            headings(m, &POINT_COLUMNS);
            m.element("tbody", &[], |m| {
                for row in evaluated.triage.iter().flat_map(point_rows) {
                    m.element("tr", &[], |m| row.iter().for_each(|cell| figure(m, cell)));
                }
            });
        });
    });
    m.leaf("h3", &[], "Predictive values");
    m.element("div", &[("class", &"scroll")], |m| predictive(m, evaluated));
}

fn predictive(m: &mut Markup, evaluated: &Evaluated) {
    m.element("table", &[], |m| {
        headings(m, &["set", "by", "point", "prevalence", "positive", "negative"]);
        m.element("tbody", &[], |m| {
            for figures in &evaluated.triage {
                for point in &figures.points {
                    for values in &point.predictive {
                        let [positive, negative] = [values.positive, values.negative].map(words::or_undefined);
                        let of = [&figures.set, figures.unit.name(), &point.point];
                        m.element("tr", &[], |m| {
                            of.iter().for_each(|cell| m.leaf("td", &[], cell));
                            [words::number(values.prevalence), positive, negative]
                                .iter()
                                .for_each(|cell| figure(m, cell));
                        });
                    }
                }
            }
        });
    });
}
