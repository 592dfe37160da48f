//! What every number of a classifier from a file must keep to.

/// Fitted numbers and scores lie within this of 0. Products and sums of a few of them stay finite, so that no file
/// can make a NaN; no fit comes near it.
const LARGEST: f64 = 1e60;

/// Nothing when `holds`, else what `says` says.
pub fn that(holds: bool, says: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(says()) }
}

/// All `values` are numbers that one can reckon with.
pub fn numbers(what: &str, values: &[f64]) -> Result<(), String> {
    match values.iter().find(|v| v.is_nan() || v.abs() > LARGEST) {
        Some(v) => Err(format!("{what} holds {v:e}, and numbers must lie between -1e60 and 1e60")),
        None => Ok(()),
    }
}

/// There are `wanted` of `what`.
pub fn count(what: &str, found: usize, wanted: usize) -> Result<(), String> {
    that(found == wanted, || format!("{what} has {found} entries, and needs {wanted}"))
}

/// Rows of one length, of numbers, and one at least; the length.
pub fn rows(what: &str, rows: &[Vec<f64>]) -> Result<usize, String> {
    let Some(first) = rows.first() else { return Err(format!("{what} is empty")) };
    for row in rows {
        count(&format!("a row of {what}"), row.len(), first.len())?;
        numbers(what, row)?;
    }
    Ok(first.len())
}

/// `value` within what a fitted number may be; 0 for what is no number.
pub fn bounded(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(-LARGEST, LARGEST) }
}

/// Parts to probabilities; all classes alike when there are none.
pub fn shares(mut parts: Vec<f64>) -> Vec<f64> {
    let sum: f64 = parts.iter().sum();
    let alike = 1.0 / parts.len() as f64;
    parts.iter_mut().for_each(|p| *p = if sum > 0.0 { *p / sum } else { alike });
    parts
}

/// 1 / (1 + exp(-x)), without an overflow.
pub fn logistic(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}
