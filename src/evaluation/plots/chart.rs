//! A chart: title, axes with their grid, what is drawn in them, and the legend below.

use std::fmt::Write;

use super::axis::Axis;
use super::colour::{self, FAINT};
use crate::evaluation::markup::Markup;

/// Width of every chart in its own units, which a page shows as pixels or nearly.
const WIDTH: f64 = 460.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 34.0;
/// For ticks and the label of the lower axis.
const BELOW: f64 = 52.0;
/// A line of the legend.
const ENTRY: f64 = 20.0;
/// Bold letters that fit into the width.
const TITLE_LETTERS: usize = 51;
/// Left end of the title and the legend.
const LEGEND: f64 = 14.0;
/// Width of a letter of the legend on average, in a wide font (DejaVu Sans): nothing is cut off by the edge.
const LETTER: f64 = 6.6;

/// How a line looks.
#[derive(Debug, Clone, Copy)]
pub struct Stroke {
    /// Its colour.
    pub colour: &'static str,
    /// Dash pattern; empty for a solid line.
    pub dash: &'static str,
    /// Its width.
    pub width: f64,
}

/// Of a second bundle, where the first is solid.
pub const DASHED: &str = "7 4";
const INTERRUPTED: &str = "14 3";
const INTERRUPTED_SECOND: &str = "7 3 2 3";
/// Of what gives a measure.
pub const DOTTED: &str = "2 3";

impl Stroke {
    /// A solid line.
    pub fn solid(colour: &'static str) -> Self {
        Self { colour, dash: "", width: 2.0 }
    }

    /// The line of a class; of the seventh and later ones, whose colours come again, interrupted.
    pub fn class(class: usize) -> Self {
        let line = Self::solid(colour::class(class));
        if class < colour::DISTINCT { line } else { line.dashed(INTERRUPTED) }
    }

    /// The line of the same in the second bundle.
    pub fn second(self) -> Self {
        if self.dash.is_empty() { self.dashed(DASHED) } else { self.dashed(INTERRUPTED_SECOND) }
    }

    /// Another dash.
    pub fn dashed(self, dash: &'static str) -> Self {
        Self { dash, ..self }
    }

    /// Another width.
    pub fn wide(self, width: f64) -> Self {
        Self { width, ..self }
    }

    /// A thin dotted grey line.
    pub fn faint() -> Self {
        Self { colour: FAINT, dash: DOTTED, width: 1.4 }
    }
}

/// A line of the legend.
pub struct Entry {
    /// How its line looks.
    pub stroke: Stroke,
    /// What it is; shortened where the line is not long enough.
    pub name: String,
    /// What is told of it, never shortened.
    pub value: String,
}

impl Entry {
    /// A name alone.
    pub fn named(stroke: Stroke, name: impl Into<String>) -> Self {
        Self { stroke, name: name.into(), value: String::new() }
    }

    /// A name and a figure.
    pub fn with(stroke: Stroke, name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { stroke, name: name.into(), value: value.into() }
    }
}

/// What is around the drawing.
pub struct Chart {
    /// What it shows, for whom and where.
    pub title: String,
    /// The lower axis.
    pub x: Axis,
    /// The left axis.
    pub y: Axis,
    /// Height of the drawing; its width is 384.
    pub height: f64,
    /// What the lines are.
    pub legend: Vec<Entry>,
}

/// The inside of a chart under way: points in the units of its axes.
pub struct Drawing<'a> {
    markup: &'a mut Markup,
    chart: &'a Chart,
}

impl Chart {
    /// Writes the chart with what `draw` puts into it. Lines that leave the axes' range end at its edge.
    pub fn write(&self, markup: &mut Markup, draw: impl FnOnce(&mut Drawing)) {
        let below = TOP + self.height + BELOW;
        let height = below + ENTRY * self.legend.len() as f64 + 6.0;
        let view = format!("0 0 {WIDTH} {height}");
        let attributes: [(&'static str, &dyn std::fmt::Display); 6] = [
            ("xmlns", &"http://www.w3.org/2000/svg"),
            ("class", &"chart"),
            ("viewBox", &view),
            ("role", &"img"),
            ("aria-label", &self.title),
            ("font-family", &"sans-serif"),
        ];
        markup.element("svg", &attributes, |m| {
            let title = shortened(&self.title, TITLE_LETTERS);
            m.leaf("text", &[("x", &LEGEND), ("y", &20), ("font-size", &14), ("font-weight", &"bold")], title);
            self.axes(m);
            let (x, y) = (px(LEFT), px(TOP));
            let size = (px(WIDTH - LEFT - RIGHT), px(self.height));
            m.empty(
                "rect",
                &[
                    ("x", &x),
                    ("y", &y),
                    ("width", &size.0),
                    ("height", &size.1),
                    ("fill", &"none"),
                    ("stroke", &"#444"),
                ],
            );
            draw(&mut Drawing { markup: m, chart: self });
            for (i, entry) in self.legend.iter().enumerate() {
                legend_entry(m, entry, below + ENTRY * (i as f64 + 0.6));
            }
        });
    }

    /// Says in the middle why there is nothing to draw.
    pub fn write_empty(&self, markup: &mut Markup, why: &str) {
        self.write(markup, |d| d.note(why));
    }

    fn axes(&self, m: &mut Markup) {
        let (bottom, right) = (TOP + self.height, WIDTH - RIGHT);
        for (value, text) in &self.x.ticks {
            let x = px(self.x_of(*value));
            m.empty("line", &[("x1", &x), ("x2", &x), ("y1", &TOP), ("y2", &px(bottom)), ("stroke", &"#e4e6ea")]);
            let y = px(bottom + 18.0);
            m.leaf("text", &[("x", &x), ("y", &y), ("font-size", &12.5), ("text-anchor", &"middle")], text);
        }
        for (value, text) in &self.y.ticks {
            let y = px(self.y_of(*value));
            m.empty("line", &[("x1", &LEFT), ("x2", &right), ("y1", &y), ("y2", &y), ("stroke", &"#e4e6ea")]);
            let baseline = px(self.y_of(*value) + 4.5);
            m.leaf(
                "text",
                &[("x", &px(LEFT - 7.0)), ("y", &baseline), ("font-size", &12.5), ("text-anchor", &"end")],
                text,
            );
        }
        let middle = px((LEFT + right) / 2.0);
        let under = px(bottom + 38.0);
        m.leaf("text", &[("x", &middle), ("y", &under), ("font-size", &13), ("text-anchor", &"middle")], &self.x.label);
        let turned = format!("translate(16 {}) rotate(-90)", px(TOP + self.height / 2.0));
        m.leaf("text", &[("transform", &turned), ("font-size", &13), ("text-anchor", &"middle")], &self.y.label);
    }

    fn x_of(&self, value: f64) -> f64 {
        LEFT + self.x.position(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y_of(&self, value: f64) -> f64 {
        TOP + (1.0 - self.y.position(value)) * self.height
    }
}

impl Drawing<'_> {
    /// A line through points that may leave the range of the left axis: there it is cut.
    pub fn line(&mut self, points: &[(f64, f64)], stroke: Stroke) {
        let mut d = String::new();
        for piece in within(points, self.chart.y.low, self.chart.y.high) {
            for (i, (x, y)) in piece.iter().enumerate() {
                let letter = if i == 0 { 'M' } else { 'L' };
                // Writing to a string cannot fail.
                let _ = write!(d, "{letter}{} {}", px(self.chart.x_of(*x)), px(self.chart.y_of(*y)));
            }
        }
        self.stroke(&d, stroke);
    }

    /// A line from one end of the left axis to the other.
    pub fn upright(&mut self, x: f64, stroke: Stroke) {
        self.line(&[(x, self.chart.y.low), (x, self.chart.y.high)], stroke);
    }

    /// A line from one end of the lower axis to the other.
    pub fn level(&mut self, y: f64, stroke: Stroke) {
        self.line(&[(self.chart.x.low, y), (self.chart.x.high, y)], stroke);
    }

    /// A disc of `radius` in the chart's units.
    pub fn disc(&mut self, (x, y): (f64, f64), radius: f64, colour: &'static str) {
        let at = (px(self.chart.x_of(x)), px(self.chart.y_of(y)));
        self.markup.empty(
            "circle",
            &[
                ("cx", &at.0),
                ("cy", &at.1),
                ("r", &px(radius)),
                ("fill", &colour),
                ("stroke", &"#fff"),
                ("stroke-width", &0.8),
            ],
        );
    }

    /// Text in the middle, a line a few words.
    pub fn note(&mut self, text: &str) {
        let (x, middle) = (px((LEFT + WIDTH - RIGHT) / 2.0), TOP + self.chart.height / 2.0);
        for (i, line) in wrapped(text, 44).iter().enumerate() {
            let y = px(middle + i as f64 * 18.0);
            self.markup.leaf(
                "text",
                &[("x", &x), ("y", &y), ("font-size", &13), ("text-anchor", &"middle"), ("font-style", &"italic")],
                line,
            );
        }
    }

    fn stroke(&mut self, d: &str, stroke: Stroke) {
        self.markup.empty(
            "path",
            &[
                ("d", &d),
                ("fill", &"none"),
                ("stroke", &stroke.colour),
                ("stroke-width", &stroke.width),
                ("stroke-dasharray", &if stroke.dash.is_empty() { "none" } else { stroke.dash }),
                ("stroke-linejoin", &"round"),
            ],
        );
    }
}

fn legend_entry(m: &mut Markup, entry: &Entry, y: f64) {
    let Stroke { colour, dash, width } = entry.stroke;
    let at = px(y - 4.0);
    m.empty(
        "line",
        &[
            ("x1", &px(LEGEND)),
            ("x2", &px(LEGEND + 28.0)),
            ("y1", &at),
            ("y2", &at),
            ("stroke", &colour),
            ("stroke-width", &width),
            ("stroke-dasharray", &if dash.is_empty() { "none" } else { dash }),
        ],
    );
    let from = LEGEND + 36.0;
    let room = ((WIDTH - from) / LETTER) as usize;
    let value = if entry.value.is_empty() { String::new() } else { format!(": {}", entry.value) };
    m.element("text", &[("x", &px(from)), ("y", &px(y)), ("font-size", &12.5)], |m| {
        let name = shortened(&entry.name, room.saturating_sub(value.chars().count()).max(12));
        if name != entry.name {
            m.leaf("title", &[], &entry.name);
        }
        m.text(name);
        m.text(value);
    });
}

/// The pieces of a line that lie between `low` and `high`, cut where it crosses them.
fn within(points: &[(f64, f64)], low: f64, high: f64) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let rise = y1 - y0;
        let crossing = |level: f64| if rise == 0.0 { f64::NAN } else { (level - y0) / rise };
        let (a, b) = (crossing(low), crossing(high));
        // f64::min and max pass over NaN: a level line is all in or all out.
        let (enters, leaves) = (0.0_f64.max(a.min(b)), 1.0_f64.min(a.max(b)));
        if enters > leaves || (rise == 0.0 && !(low..=high).contains(&y0)) {
            continue;
        }
        let at = |t: f64| (x0 + t * (x1 - x0), y0 + t * rise);
        match pieces.last_mut() {
            Some(piece) if enters == 0.0 && piece.last() == Some(&(x0, y0)) => piece.push(at(leaves)),
            _ => pieces.push(vec![at(enters), at(leaves)]),
        }
    }
    pieces
}

/// A length with one decimal at most: less than anyone sees, and the page stays small.
fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// At most `letters`, with the middle left out: both ends of a feature's name tell it from others.
fn shortened(text: &str, letters: usize) -> String {
    let all: Vec<char> = text.chars().collect();
    if all.len() <= letters {
        return text.to_owned();
    }
    let (head, tail) = ((letters - 1) / 2, letters - 1 - (letters - 1) / 2);
    all[..head].iter().chain(['\u{2026}'].iter()).chain(&all[all.len() - tail..]).collect()
}

/// Lines of about `letters`, broken between words.
fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(shortened(word, letters)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_where_it_leaves() {
        let cut = within(&[(0.0, 0.0), (1.0, 2.0), (2.0, 0.0), (3.0, 0.0)], 0.0, 1.0);
        assert_eq!(cut, [vec![(0.0, 0.0), (0.5, 1.0)], vec![(1.5, 1.0), (2.0, 0.0), (3.0, 0.0)]]);
        assert!(within(&[(0.0, 5.0), (1.0, 5.0)], 0.0, 1.0).is_empty());
        assert!(within(&[(0.0, 5.0), (1.0, 7.0)], 0.0, 1.0).is_empty());
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened("log-sigma_glcm_Shade", 9), "log-\u{2026}hade");
        assert_eq!(shortened("short", 9), "short");
        assert_eq!(wrapped("not defined: no body here", 13), ["not defined:", "no body here"]);
    }
}
