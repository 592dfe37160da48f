//! How the model came to be: the path, the choice of the penalty, the features.

use crate::evaluation::markup::Markup;
use crate::evaluation::plots::{self, Shown};
use crate::evaluation::report::Report;

/// The path when it was recorded, and the features of each bundle.
pub fn write(m: &mut Markup, report: &Report) {
    if let Some(path) = &report.path {
        m.element("section", &[("class", &"set-section")], |m| {
            m.leaf("h2", &[], format!("Selection of features, {}", report.subject.title()));
            m.leaf(
                "p",
                &[("class", &"small")],
                "Each line is a feature; a smaller penalty (to the left) lets more of them in. The dashed line is the penalty that was chosen, by cross-validation on the training set alone.",
            );
            m.element("div", &[("class", &"charts")], |m| {
                m.element("div", &[], |m| plots::loss(m, path));
                for (class, name) in report.classes.iter().enumerate() {
                    m.element("div", &[], |m| plots::path(m, path, class, &name.name));
                }
            });
        });
    }
    for bundle in [Some(&report.subject), report.against.as_ref()].into_iter().flatten() {
        if bundle.features.is_empty() {
            continue;
        }
        m.element("section", &[], |m| {
            m.leaf("h2", &[], format!("Fused features, {}", bundle.title()));
            let known = [
                (
                    bundle.features.iter().any(|f| f.coefficients.is_some()),
                    Shown::Coefficients,
                    "Coefficients of the z-scores, a class a column: to the right, more of the feature speaks for the class; 0, the penalty took it out.",
                ),
                (
                    bundle.features.iter().any(|f| f.contributions.is_some()),
                    Shown::Contributions,
                    "What each feature adds to the score of a class: coefficient times z-score, mean size over all bodies. Of each body it is in contributions.csv.",
                ),
            ];
            for (_, shown, says) in known.iter().filter(|(known, ..)| *known) {
                m.leaf("p", &[("class", &"small")], says);
                m.element("div", &[("class", &"scroll")], |m| plots::coefficients(m, bundle, &report.classes, *shown));
            }
            if known.iter().all(|(known, ..)| !known) {
                m.leaf("p", &[("class", &"small")], "This classifier does not add features up: it has no coefficients.");
                m.leaf("p", &[], bundle.features.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(", "));
            }
        });
    }
}
