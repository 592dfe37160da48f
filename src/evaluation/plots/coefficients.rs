//! The fused features with their coefficients as bars: a table, so that it breaks over printed pages.

use crate::evaluation::input::SelectedFeature;
use crate::evaluation::markup::Markup;
use crate::evaluation::report::Evaluated;
use crate::findings::ClassName;

use super::colour;

/// Width of a bar's drawing; the bar of the largest coefficient is nearly half of it.
const WIDTH: f64 = 150.0;
const HEIGHT: f64 = 14.0;

/// What of the features is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// What each is multiplied by; with a sign.
    Coefficients,
    /// How much each adds, mean size over the bodies.
    Contributions,
}

/// A row a feature, the one with the largest value first.
pub fn table(markup: &mut Markup, bundle: &Evaluated, classes: &[ClassName], shown: Shown) {
    let signed = shown == Shown::Coefficients;
    let values = |f: &SelectedFeature| if signed { f.coefficients.clone() } else { f.contributions.clone() };
    let size = |f: &SelectedFeature| values(f).unwrap_or_default().iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let mut features: Vec<&SelectedFeature> = bundle.features.iter().collect();
    features.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let largest = features.first().map_or(0.0, |f| size(f));
    let known = features.iter().any(|f| values(f).is_some());
    markup.element("table", &[("class", &"features")], |m| {
        m.element("thead", &[], |m| {
            m.element("tr", &[], |m| {
                m.leaf("th", &[], "feature");
                for class in classes.iter().filter(|_| known) {
                    m.leaf("th", &[], &class.name);
                }
            });
        });
        m.element("tbody", &[], |m| {
            for feature in features {
                m.element("tr", &[], |m| {
                    m.leaf("td", &[("class", &"name")], &feature.name);
                    match values(feature) {
                        Some(values) => {
                            for (class, value) in values.iter().enumerate() {
                                m.element("td", &[("class", &"bar")], |m| bar(m, *value, largest, signed, class));
                            }
                        }
                        None => classes.iter().filter(|_| known).for_each(|_| m.leaf("td", &[], "not known")),
                    }
                });
            }
        });
    });
}

/// A bar from the middle (from the left for what has no sign), and the number.
fn bar(m: &mut Markup, value: f64, largest: f64, signed: bool, class: usize) {
    let share = if largest > 0.0 { value / largest } else { 0.0 };
    let (zero, reach) = if signed { (WIDTH / 2.0, WIDTH / 2.0 - 1.0) } else { (1.0, WIDTH - 2.0) };
    let (from, to) = (zero + share.min(0.0) * reach, zero + share.max(0.0) * reach);
    let view = format!("0 0 {WIDTH} {HEIGHT}");
    m.element("svg", &[("class", &"bar"), ("viewBox", &view), ("width", &WIDTH), ("height", &HEIGHT)], |m| {
        let (x, width) = (format!("{from:.1}"), format!("{:.1}", to - from));
        m.empty("rect", &[("x", &x), ("y", &2), ("width", &width), ("height", &10), ("fill", &colour::class(class))]);
        m.empty("line", &[("x1", &zero), ("x2", &zero), ("y1", &0), ("y2", &HEIGHT), ("stroke", &"#444")]);
    });
    // A coefficient that the penalty removed is no small one.
    let text = if value == 0.0 { "0".to_owned() } else { format!("{value:.3}").replace('-', "\u{2212}") };
    m.leaf("span", &[], text);
}
