//! Colours that people who see red and green alike can tell apart, on paper too.

/// Okabe and Ito's palette (<https://jfly.uni-koeln.de/color/>) without yellow, which is not seen on white.
const CLASSES: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// What is no class: the whole, or the model as such.
pub const WHOLE: &str = "#000000";

/// What only gives a measure: diagonals, features that are not named.
pub const FAINT: &str = "#8a8f98";

/// The colour of a class; after six they come again.
pub fn class(class: usize) -> &'static str {
    CLASSES[class % CLASSES.len()]
}

/// How many lines can be told apart.
pub const DISTINCT: usize = CLASSES.len();

/// White to blue for a share from 0 to 1.
pub fn heat(share: f64) -> String {
    let part = |to: f64| (255.0 + (to - 255.0) * share.clamp(0.0, 1.0)).round() as u8;
    format!("#{:02x}{:02x}{:02x}", part(0.0), part(84.0), part(140.0))
}

/// Whether text on the heat of this share is white: from here on its contrast is the better one.
pub fn against_white(share: f64) -> bool {
    share > 0.75
}
