//! The page of a study: one HTML file with its pictures inside, nothing to load and nothing that runs.

mod bundles;
mod cells;
mod confusion;
mod differences;
mod methods;
mod set;
mod summary;
mod training;
mod triage;

use super::markup::Markup;
use super::report::Report;
use crate::RESEARCH_USE_ONLY;

/// The whole page.
pub fn of(report: &Report) -> String {
    let mut m = Markup::default();
    m.fixed("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    m.fixed("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    // Nothing is fetched and nothing runs, whatever a name in it tries.
    m.fixed(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
    );
    m.leaf("title", &[], title(report));
    m.fixed("\n<style>\n");
    m.fixed(include_str!("style.css"));
    m.fixed("</style>\n</head>\n<body>\n");
    notice(&mut m);
    m.leaf("h1", &[], title(report));
    bundles::write(&mut m, report);
    summary::write(&mut m, report);
    triage::write(&mut m, report);
    for set in &report.subject.sets {
        set::write(&mut m, report, set);
    }
    training::write(&mut m, report);
    methods::write(&mut m, report);
    notice(&mut m);
    m.fixed("</body>\n</html>\n");
    m.finish()
}

fn title(report: &Report) -> String {
    match &report.against {
        Some(against) => format!("Evaluation of {} against {}", report.subject.title(), against.title()),
        None => format!("Evaluation of {}", report.subject.title()),
    }
}

/// What it may be used for, where nobody misses it.
fn notice(m: &mut Markup) {
    m.leaf("p", &[("class", &"notice")], format!("{RESEARCH_USE_ONLY}."));
}
