//! Which bundles, exactly.

use super::cells::headings;
use crate::evaluation::markup::Markup;
use crate::evaluation::report::Report;

/// A row a bundle.
pub fn write(m: &mut Markup, report: &Report) {
    let second = report.against.as_ref().map(|against| ("second", against));
    m.element("table", &[], |m| {
        headings(m, &["bundle", "version", "classifier", "fused features", "SHA-256 of its manifest"]);
        m.element("tbody", &[], |m| {
            for (role, bundle) in [("first", &report.subject)].into_iter().chain(second) {
                let name = match report.against {
                    Some(_) => format!("{} ({role})", bundle.name),
                    None => bundle.name.clone(),
                };
                m.element("tr", &[], |m| {
                    m.leaf("td", &[("class", &"name")], name);
                    m.leaf("td", &[], &bundle.version);
                    m.leaf("td", &[], &bundle.classifier);
                    m.leaf("td", &[("class", &"number")], bundle.feature_count);
                    m.leaf("td", &[("class", &"long")], &bundle.digest);
                });
            }
        });
    });
}
