//! Confusion matrices as heated tables.

use crate::evaluation::figures::SetFigures;
use crate::evaluation::markup::Markup;
use crate::evaluation::plots;

/// True classes down, called ones across; the colour is the share of the row.
pub fn write(m: &mut Markup, title: &str, set: &SetFigures) {
    m.element("div", &[], |m| {
        m.leaf("h3", &[], title);
        m.element("table", &[("class", &"confusion")], |m| {
            m.element("thead", &[], |m| {
                m.element("tr", &[], |m| {
                    m.leaf("th", &[], "true \\ called");
                    set.classes.iter().for_each(|c| m.leaf("th", &[], &c.name));
                });
            });
            m.element("tbody", &[], |m| {
                for (class, row) in set.classes.iter().zip(&set.confusion) {
                    m.element("tr", &[], |m| {
                        m.leaf("th", &[], &class.name);
                        row.iter().for_each(|&count| cell(m, count, class.bodies));
                    });
                }
            });
        });
    });
}

fn cell(m: &mut Markup, count: usize, of: usize) {
    if of == 0 {
        return m.leaf("td", &[], count);
    }
    let share = count as f64 / of as f64;
    let ink = if plots::against_white(share) { "#fff" } else { "#16191d" };
    let style = format!("background:{};color:{ink}", plots::heat(share));
    m.leaf("td", &[("style", &style)], format!("{count} ({:.0} %)", 100.0 * share));
}
