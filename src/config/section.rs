//! One table of the TOML tree, read key by key: each reader notes what is wrong and goes on, and
//! [`Section::finish`] notes every key nobody asked for.

use std::cell::RefCell;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use strsim::osa_distance;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problems::Collector;

/// A key in seconds, for [`Section::duration`].
pub(super) const SECOND: f64 = 1.0;
/// A key in hours.
pub(super) const HOUR: f64 = 3600.0 * SECOND;

/// A table of the file, or the absence of one (then every key is absent).
pub(super) struct Section<'a> {
    collector: &'a Collector<'a>,
    /// Path of the table: empty for the root, else `server`, `sender`...
    path: String,
    /// Where the table starts; `None` for the root and for an absent table.
    span: Option<Range<usize>>,
    table: Option<&'a DeTable<'a>>,
    /// The keys asked for so far: what else is there is unknown.
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    /// The root table of a file.
    pub(super) fn root(collector: &'a Collector<'a>, table: &'a DeTable<'a>) -> Self {
        Self { collector, path: String::new(), span: None, table: Some(table), known: RefCell::default() }
    }

    /// The table `[key]`.
    pub(super) fn section(&self, key: &'static str) -> Section<'a> {
        let value = self.value(key);
        let table = value.and_then(|value| match value.get_ref() {
            DeValue::Table(table) => Some(table),
            other => self.wrong_type(key, value, other, &format!("a section [{key}]")),
        });
        self.child(key, value.map(Spanned::span), table)
    }

    /// The tables `[[key]]`, in the file's order.
    pub(super) fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else {
            let expected = format!("[[{key}]], in double brackets, once for each");
            return self.wrong_type(key, value, value.get_ref(), &expected).unwrap_or_default();
        };
        let table_of = |item: &'a Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::Table(table) => Some(self.child(key, Some(item.span()), Some(table))),
            other => self.wrong_type(key, item, other, &format!("[[{key}]], once for each")),
        };
        array.iter().filter_map(table_of).collect()
    }

    fn child(&self, key: &str, span: Option<Range<usize>>, table: Option<&'a DeTable<'a>>) -> Section<'a> {
        Section { collector: self.collector, path: self.path_of(key), span, table, known: RefCell::default() }
    }

    /// A text that `check` turns into a `T` or says what is wrong with it.
    pub(super) fn text<T>(&self, key: &'static str, check: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::String(text) => self.checked(key, value, check(text)),
            other => self.wrong_type(key, value, other, "a text in quotes"),
        }
    }

    /// A list of texts, each checked on its own. `None` when the key is absent or no list.
    pub(super) fn texts<T>(
        &self,
        key: &'static str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<Located<T>>> {
        let value = self.value(key)?;
        let DeValue::Array(array) = value.get_ref() else {
            return self.wrong_type(key, value, value.get_ref(), "a list of texts, as in [\"one\", \"two\"]");
        };
        let read = |item: &Spanned<DeValue>| match item.get_ref() {
            DeValue::String(text) => {
                self.checked(key, item, check(text)).map(|value| Located { value, span: item.span() })
            }
            other => self.wrong_type(key, item, other, "a text in quotes"),
        };
        Some(array.iter().filter_map(read).collect())
    }

    /// A whole number within `range`.
    pub(super) fn integer(&self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = self.value(key)?;
        let DeValue::Integer(integer) = value.get_ref() else {
            return self.wrong_type(key, value, value.get_ref(), "a whole number");
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let inside = number.and_then(|n| u32::try_from(n).ok()).filter(|n| range.contains(n));
        let (low, high) = range.into_inner();
        self.checked(key, value, inside.ok_or_else(|| format!("{integer} is out of range: write {low} to {high}")))
    }

    /// A number within `range`, whole or with a fraction.
    pub(super) fn number(&self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let value = self.value(key)?;
        let (written, number) = match value.get_ref() {
            DeValue::Integer(integer) => {
                let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
                (integer.to_string(), number.map(|n| n as f64))
            }
            DeValue::Float(float) => (float.to_string(), float.as_str().parse().ok()),
            other => return self.wrong_type(key, value, other, "a number"),
        };
        let inside = number.filter(|n| range.contains(n));
        let (low, high) = range.into_inner();
        self.checked(key, value, inside.ok_or_else(|| format!("{written} is out of range: write {low} to {high}")))
    }

    /// A time of `unit` seconds, within `range` units.
    pub(super) fn duration(&self, key: &'static str, unit: f64, range: RangeInclusive<f64>) -> Option<Duration> {
        self.number(key, range).map(|n| Duration::from_secs_f64(n * unit))
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            other => self.wrong_type(key, value, other, "true or false"),
        }
    }

    /// Notes a key that must be there and is not; `example` is what to write.
    pub(super) fn require(&self, key: &'static str, example: &str) {
        if self.value(key).is_none() {
            let message = format!("is missing: write {key} = {example}");
            self.collector.report(self.span.as_ref(), &self.path_of(key), message);
        }
    }

    /// Notes a kind of `[[key]]` section that must be there at least once.
    pub(super) fn require_any(&self, key: &'static str, sections: &[Section], message: &str) {
        if sections.is_empty() && (self.value(key).is_none() || self.is_empty_list(key)) {
            self.report(key, message);
        }
    }

    /// Whether `key` is written as a list without items.
    pub(super) fn is_empty_list(&self, key: &'static str) -> bool {
        self.value(key).and_then(|value| value.get_ref().as_array()).is_some_and(|array| array.is_empty())
    }

    /// Notes a key whose feature this version does not have: silence would be a promise.
    pub(super) fn not_yet(&self, key: &'static str, what: &str) {
        if self.value(key).is_some() {
            self.report(key, &format!("this version does not {what} yet: remove the key"));
        }
    }

    /// Notes a problem with the value of `key`, or with the section where the key is absent.
    pub(super) fn report(&self, key: &'static str, message: &str) {
        let span = self.value(key).map(Spanned::span).or_else(|| self.span.clone());
        self.collector.report(span.as_ref(), &self.path_of(key), message);
    }

    /// Notes a problem with one item of the list `key`.
    pub(super) fn report_item<T>(&self, key: &'static str, item: &Located<T>, message: &str) {
        self.collector.report(Some(&item.span), &self.path_of(key), message);
    }

    /// Notes every key that was never asked for.
    pub(super) fn finish(self) {
        let known = self.known.borrow();
        for key in self.table.into_iter().flat_map(|table| table.keys()) {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let message = match nearest(name, &known) {
                Some(meant) => format!("unknown key: did you mean \"{meant}\"?"),
                None => format!("unknown key: remove it; the keys known here are {}", known.join(", ")),
            };
            self.collector.report(Some(&key.span()), &self.path_of(&printable(name)), message);
        }
    }

    fn value(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        self.table?.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    fn checked<T>(&self, key: &str, value: &Spanned<DeValue>, outcome: Result<T, String>) -> Option<T> {
        outcome.map_err(|message| self.collector.report(Some(&value.span()), &self.path_of(key), message)).ok()
    }

    fn wrong_type<T>(&self, key: &str, at: &Spanned<DeValue>, found: &DeValue, expected: &str) -> Option<T> {
        let message = format!("is of type {}: write {expected}", found.type_str());
        self.collector.report(Some(&at.span()), &self.path_of(key), message);
        None
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// An item of a list with its place in the file.
pub(super) struct Located<T> {
    pub(super) value: T,
    span: Range<usize>,
}

/// `name` bare, or quoted and escaped where a terminal or a log could be misled by it.
fn printable(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if is_bare { name.to_owned() } else { format!("{name:?}") }
}

/// The known name that `wrong` most likely stands for: at most a third of its letters differ. Two that changed places
/// are one slip of the hand (Levenshtein's distance with transpositions, "optimal string alignment").
pub(super) fn nearest<'k>(wrong: &str, known: &[&'k str]) -> Option<&'k str> {
    const LONGEST_NAME: usize = 64;
    if wrong.len() > LONGEST_NAME {
        return None;
    }
    let ranked = known.iter().map(|name| (osa_distance(&wrong.to_lowercase(), &name.to_lowercase()), *name));
    ranked.min().filter(|(distance, name)| *distance <= name.len().max(3) / 3).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_key_and_a_stranger_does_not() {
        let known = ["ae_title", "listen", "max_associations"];
        assert_eq!(nearest("ae_titel", &known), Some("ae_title"));
        assert_eq!(nearest("Listen", &known), Some("listen"));
        assert_eq!(nearest("max_asociation", &known), Some("max_associations"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest("pcas", &["archive", "pacs"]), Some("pacs"));
    }
}
