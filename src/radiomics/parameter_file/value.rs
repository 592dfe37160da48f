//! Values of a parameter file, each with its line.

use saphyr::{MarkedYaml, Scalar, YamlData};

/// A key and what it stands for.
pub struct Entry<'a> {
    /// The key.
    pub key: String,
    /// Line of the key, from 1.
    pub line: usize,
    /// The value.
    pub node: &'a MarkedYaml<'a>,
}

/// The entries of a mapping; nothing for an empty value. Anything else is a problem of `what`.
pub fn entries<'a>(node: &'a MarkedYaml<'a>, what: &str, problems: &mut Vec<String>) -> Vec<Entry<'a>> {
    let line = node.span.start.line();
    match &node.data {
        YamlData::Value(Scalar::Null) => Vec::new(),
        YamlData::Mapping(mapping) => mapping
            .iter()
            .filter_map(|(key, node)| match &key.data {
                YamlData::Value(Scalar::String(name)) => {
                    Some(Entry { key: name.to_string(), line: key.span.start.line(), node })
                }
                _ => {
                    problems.push(format!("line {}: a key of {what} is no name", key.span.start.line()));
                    None
                }
            })
            .collect(),
        _ => {
            problems.push(format!("line {line}: {what} must be a list of \"key: value\""));
            Vec::new()
        }
    }
}

impl Entry<'_> {
    fn wrong<T>(&self, wanted: &str) -> Result<T, String> {
        Err(format!("{} must be {wanted}", self.key))
    }

    /// The value, unless it is empty.
    pub fn optional<T>(&self, read: impl Fn(&Self) -> Result<T, String>) -> Result<Option<T>, String> {
        if matches!(self.node.data, YamlData::Value(Scalar::Null)) { Ok(None) } else { read(self).map(Some) }
    }

    /// Any finite number.
    pub fn number(&self) -> Result<f64, String> {
        number(self.node).map_or_else(|| self.wrong("a number"), Ok)
    }

    /// A number above 0.
    pub fn positive(&self) -> Result<f64, String> {
        number(self.node).filter(|value| *value > 0.0).map_or_else(|| self.wrong("a number above 0"), Ok)
    }

    /// A whole number from 0 on.
    pub fn whole(&self) -> Result<u32, String> {
        whole(self.node).map_or_else(|| self.wrong("a whole number, not below 0"), Ok)
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Result<bool, String> {
        match self.node.data {
            YamlData::Value(Scalar::Boolean(flag)) => Ok(flag),
            _ => self.wrong("true or false"),
        }
    }

    /// A word.
    pub fn text(&self) -> Result<&str, String> {
        match &self.node.data {
            YamlData::Value(Scalar::String(text)) => Ok(text),
            _ => self.wrong("a word"),
        }
    }

    /// A list of numbers.
    pub fn numbers(&self) -> Result<Vec<f64>, String> {
        self.list(number).map_or_else(|| self.wrong("a list of numbers, such as [1, 3, 5]"), Ok)
    }

    /// A list of whole numbers.
    pub fn wholes(&self) -> Result<Vec<u32>, String> {
        self.list(whole).map_or_else(|| self.wrong("a list of whole numbers, such as [1, 2]"), Ok)
    }

    /// A list of names; nothing is an empty list.
    pub fn names(&self) -> Result<Vec<String>, String> {
        let name = |node: &MarkedYaml| match &node.data {
            YamlData::Value(Scalar::String(text)) => Some(text.to_string()),
            // A name such as 10Percentile needs no quotes, but one made of digits would be a number.
            _ => None,
        };
        let names = self.optional(|_| self.list(name).map_or_else(|| self.wrong("a list of feature names"), Ok))?;
        Ok(names.unwrap_or_default())
    }

    /// Pixel sizes in mm, x first; a third one, of slices, means nothing on a film.
    pub fn spacing(&self) -> Result<[f64; 2], String> {
        match self.numbers()?.as_slice() {
            [x, y] | [x, y, _] if *x >= 0.0 && *y >= 0.0 => Ok([*x, *y]),
            _ => self.wrong("two pixel sizes in mm, x first, such as [0.15, 0.15]"),
        }
    }

    /// Refuses any number but `only`.
    pub fn only_whole(&self, only: u32) -> Result<(), String> {
        let it = number(self.node).is_some_and(|value| value == f64::from(only));
        if it { Ok(()) } else { Err(format!("{} is supported as {only} only", self.key)) }
    }

    /// Refuses any word but `only`.
    pub fn only_text(&self, only: &str) -> Result<(), String> {
        if self.text()? == only { Ok(()) } else { Err(format!("{} is supported as {only} only", self.key)) }
    }

    /// Refuses any flag but `only`.
    pub fn only_flag(&self, only: bool) -> Result<(), String> {
        if self.flag()? == only { Ok(()) } else { Err(format!("{} is supported as {only} only", self.key)) }
    }

    fn list<T>(&self, element: impl Fn(&MarkedYaml) -> Option<T>) -> Option<Vec<T>> {
        match &self.node.data {
            YamlData::Sequence(items) => items.iter().map(element).collect(),
            _ => element(self.node).map(|one| vec![one]),
        }
    }
}

fn number(node: &MarkedYaml) -> Option<f64> {
    let value = match node.data {
        YamlData::Value(Scalar::Integer(value)) => value as f64,
        YamlData::Value(Scalar::FloatingPoint(value)) => value.into_inner(),
        _ => return None,
    };
    value.is_finite().then_some(value)
}

fn whole(node: &MarkedYaml) -> Option<u32> {
    match node.data {
        YamlData::Value(Scalar::Integer(value)) => u32::try_from(value).ok(),
        _ => None,
    }
}
