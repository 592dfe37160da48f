//! How each figure was computed, so that a reader can judge and repeat it.

use crate::evaluation::curves::CALIBRATION_BINS;
use crate::evaluation::markup::Markup;
use crate::evaluation::report::Report;

/// The last section.
pub fn write(m: &mut Markup, report: &Report) {
    m.leaf("h2", &[], "How the figures were computed");
    let bootstrap = format!(
        "Intervals of macro and micro AUC and of accuracy, and of the AUCs \u{201c}by patients\u{201d}: percentiles 2.5 and 97.5 of {} resamples (seed {}) of whole patients, within the class of their first body.",
        report.bootstrap.resamples, report.bootstrap.seed
    );
    let first = report.classes.first().map_or("", |c| c.name.as_str());
    let decision = format!(
        "Decision curves: net benefit (Vickers and Elkin 2006) at each hundredth. \u{201c}Not {first}\u{201d} has the probability 1 less that of {first}."
    );
    let calibration = format!(
        "ECE: expected calibration error over {CALIBRATION_BINS} equal bins; in the summary of the class that is called. A disc\u{2019}s area grows with the bodies in its bin. Brier\u{2019}s score over all classes is 0 at best and 2 at worst, of one class against the rest 0 and 1. Log loss: natural logarithm."
    );
    m.element("ul", &[("class", &"small")], |m| {
        m.leaf("li", &[], "AUC of a class: that class against all others. Interval after DeLong (1988), which takes bodies for independent; those of one patient are not quite, so the interval by patients stands beside it. An interval without width is not printed: it says nothing of how sure the figure is.");
        m.leaf("li", &[], "Accuracy, sensitivity and specificity of a class: the class with the largest probability is called, and each body is of the class or not. Youden\u{2019}s threshold is chosen on the set itself and so too good.");
        m.leaf("li", &[], "Macro AUC: mean of the classes\u{2019} AUCs. Micro AUC: all pairs of body and class together.");
        m.leaf("li", &[], bootstrap);
        m.leaf("li", &[], calibration);
        m.leaf("li", &[], decision);
        if report.against.is_some() {
            m.leaf("li", &[], "Two bundles: DeLong\u{2019}s paired test of each class on the same bodies; the macro AUCs by the same resamples of patients. \u{201c}p (Holm)\u{201d}: corrected over all defined tests of the set.");
        }
    });
}
