//! How the model came to be: the path, the choice of the penalty, the features.

use crate::training::evaluation::markup::Markup;
use crate::training::evaluation::plots;
use crate::training::evaluation::report::Report;

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
            let signed = bundle.features.iter().any(|f| f.coefficients.is_some());
            let known = bundle.features.iter().any(|f| f.contributions.is_some());
            let what = match (signed, known) {
                (true, _) => "Coefficients of the z-scores, a class a column: to the right, more of the feature speaks for the class; 0, the penalty took it out.",
                (false, true) => "Mean size of what each feature adds to the score of a class; this classifier has no coefficients.",
                (false, false) => "This classifier has no coefficients.",
            };
            m.leaf("p", &[("class", &"small")], what);
            m.element("div", &[("class", &"scroll")], |m| plots::coefficients(m, bundle, &report.classes));
        });
    }
}
