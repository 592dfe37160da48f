//! Headings and cells, the same in every table of the page.

use crate::evaluation::markup::Markup;

/// A row of headings.
pub fn headings(m: &mut Markup, headings: &[&str]) {
    m.element("thead", &[], |m| {
        m.element("tr", &[], |m| headings.iter().for_each(|h| m.leaf("th", &[], h)));
    });
}

/// A cell with a figure, or with why there is none. An interval may stand below its figure, but is not torn itself.
pub fn figure(m: &mut Markup, text: &str) {
    if text.starts_with("not defined") {
        return m.leaf("td", &[("class", &"none")], text);
    }
    m.element("td", &[("class", &"number")], |m| match text.split_once(" (") {
        Some((value, interval)) => {
            m.text(value);
            m.text(" ");
            m.leaf("span", &[("class", &"interval")], format!("({interval}"));
        }
        None => m.text(text),
    });
}
