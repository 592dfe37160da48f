//! The tests of two bundles on one set.

use super::cells::{figure, headings};
use crate::evaluation::comparison::Test;
use crate::evaluation::markup::Markup;
use crate::evaluation::words;
use crate::findings::ClassName;

/// A row a test: the difference with its interval, and both p-values.
pub fn write(m: &mut Markup, title: &str, tests: &[Test], classes: &[ClassName]) {
    m.leaf("h3", &[], title);
    m.element("table", &[], |m| {
        headings(m, &["AUC of", "difference (95\u{a0}%\u{a0}CI)", "z", "p", "p (Holm)"]);
        m.element("tbody", &[], |m| {
            for test in tests {
                m.element("tr", &[], |m| {
                    m.leaf("td", &[], test.of.title(classes));
                    figure(m, &words::difference(test));
                    match test.p {
                        None => {
                            let why = words::not_defined(test.undefined.as_deref());
                            m.leaf("td", &[("class", &"none"), ("colspan", &3)], why);
                        }
                        Some(_) => {
                            // The bootstrap's test has no z.
                            figure(m, &test.z.map_or_else(|| "\u{2013}".to_owned(), words::number));
                            figure(m, &words::p_value(test.p));
                            figure(m, &words::p_value(test.p_holm));
                        }
                    }
                });
            }
        });
    });
}
