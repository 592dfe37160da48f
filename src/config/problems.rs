//! What is wrong with a configuration: every mistake of a file in one answer.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A place in a text, both counted from 1; the column counts characters, as editors do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl Position {
    /// The position of byte `offset` of `text`. What lies beyond the last written line (an
    /// unexpected end of the file) is placed at that line's end, so that an editor can go there.
    pub(super) fn of(text: &str, offset: usize) -> Self {
        let mut end = offset.min(text.trim_end_matches(['\n', '\r']).len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

/// One mistake: where, which key, what is wrong and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where; `None` where no place in the file is wrong (it cannot be read, a section is missing).
    pub position: Option<Position>,
    /// Path of the key, such as `analysis.workers`; empty for the file as a whole.
    pub key: String,
    /// What is wrong and what to write.
    pub message: String,
}

/// Every mistake of one file, in the file's order; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    origin: PathBuf,
    list: Vec<Problem>,
}

impl Problems {
    pub(super) fn new(origin: &Path, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| problem.position);
        Self { origin: origin.to_owned(), list }
    }

    /// One problem with the file as a whole.
    pub(super) fn whole_file(origin: &Path, message: String) -> Self {
        Self::new(origin, vec![Problem { position: None, key: String::new(), message }])
    }

    /// The file the problems are in.
    pub fn origin(&self) -> &Path {
        &self.origin
    }

    /// The problems, those without a position first.
    pub fn list(&self) -> &[Problem] {
        &self.list
    }
}

/// One problem a line: `file:line:column: key: message`.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:", self.origin.display())?;
            if let Some(Position { line, column }) = problem.position {
                write!(f, "{line}:{column}:")?;
            }
            if !problem.key.is_empty() {
                write!(f, " {}:", problem.key)?;
            }
            write!(f, " {}", problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Gathers problems while a text is read.
pub(super) struct Collector<'t> {
    text: &'t str,
    found: std::cell::RefCell<Vec<Problem>>,
}

impl<'t> Collector<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, found: Default::default() }
    }

    /// Notes a problem with the bytes at `span`, or with the whole file.
    pub(super) fn report(&self, span: Option<&Range<usize>>, key: &str, message: impl Into<String>) {
        self.found.borrow_mut().push(Problem {
            position: span.map(|span| Position::of(self.text, span.start)),
            key: key.to_owned(),
            message: message.into(),
        });
    }

    /// Everything noted.
    pub(super) fn into_list(self) -> Vec<Problem> {
        self.found.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_stay_inside_the_text() {
        assert_eq!(Position::of("a\n\u{e9}b", 4), Position { line: 2, column: 2 });
        assert_eq!(Position::of("a\nb\n\n", 5), Position { line: 2, column: 2 });
        assert_eq!(Position::of("", 7), Position { line: 1, column: 1 });
    }

    #[test]
    fn a_problem_is_one_line_an_editor_can_follow() {
        let collector = Collector::new("x = 1\ny = 2");
        collector.report(Some(&(6..7)), "y", "unknown key");
        collector.report(None, "", "no destination");
        let problems = Problems::new(Path::new("a.toml"), collector.into_list());
        assert_eq!(problems.to_string(), "a.toml: no destination\na.toml:2:1: y: unknown key");
    }
}
