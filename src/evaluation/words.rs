//! Numbers as a paper prints them.

use super::comparison::Test;
use super::figures::{ClassFigures, Estimate, SetFigures};
use crate::statistics::Interval;

/// Three decimals.
pub fn number(value: f64) -> String {
    // Minus nought is nought.
    format!("{:.3}", if value.abs() < 0.0005 { 0.0 } else { value })
}

/// Three decimals, or that there is none.
pub fn or_undefined(value: Option<f64>) -> String {
    value.map_or_else(|| "not defined".to_owned(), number)
}

/// `0.883 (0.822 to 0.938)`.
pub fn estimate(estimate: Estimate) -> String {
    format!("{} ({})", number(estimate.value), interval(estimate.interval))
}

/// `0.883 (0.822\u{2013}0.938)`, where space is short.
pub fn short_estimate(estimate: Estimate) -> String {
    let interval = interval(estimate.interval).replace(" to ", "\u{2013}");
    format!("{} ({interval})", number(estimate.value))
}

/// `0.822 to 0.938`.
pub fn interval(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "no interval".to_owned(), |i| format!("{} to {}", number(i.low), number(i.high)))
}

/// The area of a class, or why there is none.
pub fn class_auc(class: &ClassFigures) -> String {
    class.auc.map_or_else(|| not_defined(class.undefined.as_deref()), estimate)
}

/// A macro or micro area of a set, or why there is none.
pub fn set_auc(auc: Option<Estimate>, set: &SetFigures) -> String {
    auc.map_or_else(|| not_defined(set.undefined.as_deref()), estimate)
}

/// `not defined: no body of the set has this class`.
pub fn not_defined(why: Option<&str>) -> String {
    match why {
        Some(why) => format!("not defined: {why}"),
        None => "not defined".to_owned(),
    }
}

/// The difference that a test is of, with its interval.
pub fn difference(test: &Test) -> String {
    test.difference.map_or_else(|| not_defined(None), |d| estimate(Estimate { value: d, interval: test.interval }))
}

/// A p-value: three decimals, `<0.001` below.
pub fn p_value(p: Option<f64>) -> String {
    match p {
        None => "not defined".to_owned(),
        Some(p) if p < 0.001 => "<0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
    }
}

/// `1 body`, `2 bodies`.
pub fn count(n: usize, one: &str, several: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { several })
}

/// The set's name, and whether models are fitted on it.
pub fn set_title(set: &SetFigures) -> String {
    if set.fitted_on { format!("{} (fitted on)", set.set) } else { set.set.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_a_paper_prints() {
        let interval = Some(Interval { low: 0.8216, high: 0.9382 });
        assert_eq!(estimate(Estimate { value: 0.8829, interval }), "0.883 (0.822 to 0.938)");
        assert_eq!(estimate(Estimate { value: 1.0, interval: None }), "1.000 (no interval)");
        assert_eq!(
            (p_value(Some(0.0004)), p_value(Some(0.05)), p_value(None)),
            ("<0.001".into(), "0.050".into(), "not defined".into())
        );
        assert_eq!(number(-0.0001), "0.000");
    }
}
