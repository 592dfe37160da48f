//! Writing HTML and SVG so that nothing from outside can become markup.
//!
//! Tags and names of attributes are `'static`: they are ours. Text and values come from anywhere and are escaped here
//! and nowhere else.

use std::fmt::{Display, Write};

/// An attribute: its name, and a value of any kind.
pub type Attribute<'a> = (&'static str, &'a dyn Display);

/// HTML or SVG under way.
#[derive(Debug, Default)]
pub struct Markup(String);

impl Markup {
    /// Something of ours, as it stands.
    pub fn fixed(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Text.
    pub fn text(&mut self, text: impl Display) {
        self.escaped(&text);
    }

    /// An element with what `inside` writes in it.
    pub fn element(&mut self, tag: &'static str, attributes: &[Attribute], inside: impl FnOnce(&mut Self)) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.escaped(value);
            self.0.push('"');
        }
        self.0.push('>');
        inside(self);
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
        if BLOCKS.contains(&tag) {
            self.0.push('\n');
        }
    }

    /// An element with text in it.
    pub fn leaf(&mut self, tag: &'static str, attributes: &[Attribute], text: impl Display) {
        self.element(tag, attributes, |m| m.text(text));
    }

    /// An element with nothing in it.
    pub fn empty(&mut self, tag: &'static str, attributes: &[Attribute]) {
        self.element(tag, attributes, |_| ());
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.0
    }

    fn escaped(&mut self, value: &dyn Display) {
        // Writing to a string cannot fail.
        let _ = write!(Escaping(&mut self.0), "{value}");
    }
}

/// Elements after which a line ends, so that a page can be read and compared.
const BLOCKS: [&str; 12] = ["tr", "table", "section", "svg", "p", "h1", "h2", "h3", "figure", "li", "path", "text"];

struct Escaping<'a>(&'a mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // XML has no way to write these, and a terminal's escape codes do not belong on a page.
                c if c.is_control() && !matches!(c, '\n' | '\t') => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_values_never_become_markup() {
        let mut markup = Markup::default();
        markup.element("b", &[("title", &"\"><script>"), ("x", &1.5)], |m| m.text("a<b & 'c'\u{1b}"));
        assert_eq!(
            markup.finish(),
            "<b title=\"&quot;&gt;&lt;script&gt;\" x=\"1.5\">a&lt;b &amp; &#39;c&#39;\u{fffd}</b>"
        );
    }
}
