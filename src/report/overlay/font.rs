//! The letters of the picture: a subset of Noto Sans CJK SC, rasterised with grey edges.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use crate::findings::{ClassName, Language};
use crate::report::texts::{class_name, with_remark};

static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(include_bytes!("../fonts/NotoSansCJKsc-subset.otf"))
        .expect("the file is compiled in, and the tests draw with it")
});

/// Height of a line over the size of its letters, and where its baseline is.
pub const LINE: f64 = 1.3;
const BASELINE: f64 = 0.98;
/// Letters of what is not flagged, and of the lines around the film, over those of what is.
pub const SMALL: f64 = 0.82;

/// Letters as ink on pixels.
pub struct Mask {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// How much of each pixel is ink, 0 to 1, row-major.
    pub coverage: Vec<f32>,
}

/// Whether the font has every character. One it does not have is drawn as a box.
pub fn covers(text: &str) -> bool {
    text.chars().all(|character| FONT.glyph_id(character).0 != 0)
}

/// A class's name; where the font does not have all of it, with its code, which it has.
pub fn shown_name(class: &ClassName, language: Language) -> String {
    let name = class_name(class, language);
    if covers(name) { name.to_owned() } else { with_remark(name, &class.code, language) }
}

/// Length of a line of letters of `size` pixels an em.
pub fn width(text: &str, size: f64) -> f64 {
    let font = FONT.as_scaled(scale(size));
    text.chars().map(|character| f64::from(font.h_advance(font.glyph_id(character)))).sum()
}

/// The line with `margin` pixels around it, for what is drawn behind the letters.
pub fn line(text: &str, size: f64, margin: usize) -> Mask {
    let font = FONT.as_scaled(scale(size));
    let grown = |length: f64| length.ceil() as usize + 2 * margin;
    let mut mask = Mask { width: grown(width(text, size)), height: grown(size * LINE), coverage: Vec::new() };
    mask.coverage = vec![0.0; mask.width * mask.height];
    let mut x = margin as f32;
    let baseline = (margin as f64 + size * BASELINE).round() as f32;
    for character in text.chars() {
        let id = font.glyph_id(character);
        let glyph = id.with_scale_and_position(scale(size), point(x, baseline));
        if let Some(outline) = font.outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            outline.draw(|dx, dy, coverage| {
                mask.add(corner.x as i64 + i64::from(dx), corner.y as i64 + i64::from(dy), coverage)
            });
        }
        x += font.h_advance(id);
    }
    mask
}

/// ab_glyph scales by the height from ascender to descender, letters are sized by their em.
fn scale(size: f64) -> PxScale {
    let em = FONT.units_per_em().unwrap_or(1000.0);
    PxScale::from(size as f32 * FONT.height_unscaled() / em)
}

impl Mask {
    /// Adds ink to a pixel; beyond the mask there is none.
    fn add(&mut self, x: i64, y: i64, coverage: f32) {
        if (0..self.width as i64).contains(&x) && (0..self.height as i64).contains(&y) {
            let pixel = &mut self.coverage[y as usize * self.width + x as usize];
            *pixel = (*pixel + coverage).min(1.0);
        }
    }

    /// The ink grown by `radius` pixels, fading over the outer half of them.
    pub fn grown(&self, radius: usize) -> Self {
        let reach = radius as i64;
        let fade = |distance: f32| ((radius as f32 + 0.5 - distance) / (radius as f32 / 2.0).max(1.0)).clamp(0.0, 1.0);
        let disc: Vec<(i64, i64, f32)> = (-reach..=reach)
            .flat_map(|dy| (-reach..=reach).map(move |dx| (dx, dy)))
            .map(|(dx, dy)| (dx, dy, fade(((dx * dx + dy * dy) as f32).sqrt())))
            .filter(|(.., share)| *share > 0.0)
            .collect();
        let mut grown = Self { coverage: vec![0.0; self.coverage.len()], ..*self };
        for (at, ink) in self.coverage.iter().enumerate().filter(|(_, ink)| **ink > 0.0) {
            let (x, y) = ((at % self.width) as i64, (at / self.width) as i64);
            for (dx, dy, share) in &disc {
                grown.raise(x + dx, y + dy, ink * share);
            }
        }
        grown
    }

    fn raise(&mut self, x: i64, y: i64, coverage: f32) {
        if (0..self.width as i64).contains(&x) && (0..self.height as i64).contains(&y) {
            let pixel = &mut self.coverage[y as usize * self.width + x as usize];
            *pixel = pixel.max(coverage);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::{fs, str};

    use super::*;
    use crate::report::texts::Text;

    /// The characters of `text` that have no glyph.
    fn missing(text: &str) -> String {
        text.chars().filter(|c| !c.is_control() && !covers(c.encode_utf8(&mut [0; 4]))).collect()
    }

    fn sources(folder: &Path) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(sources(&path));
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
        found
    }

    #[test]
    fn every_character_of_every_text_has_a_glyph() {
        for text in Text::ALL {
            for language in [Language::English, Language::Chinese] {
                assert_eq!(missing(text.said_in(language)), "", "{text:?}: run recipes/build_font.sh");
            }
        }
        let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report"));
        assert!(sources.len() > 10, "{sources:?}");
        for (file, source) in sources {
            // One that the font must not have stands in tests as an escape.
            assert_eq!(missing(&source), "", "{file}: run recipes/build_font.sh");
        }
        assert_eq!(missing("äßŁžµ°±²–…≥αβ10 %"), "");
    }

    #[test]
    fn a_character_without_glyph_is_a_box_that_is_seen() {
        let thai = "\u{e01}";
        assert!(!covers(thai) && covers("ko kai"));
        let mask = line(thai, 40.0, 2);
        let ink: f32 = mask.coverage.iter().sum();
        assert!(ink > 100.0, "{ink}");
    }

    #[test]
    fn edges_are_grey_and_no_ink_is_cut_off() {
        let mask = line("Åg压", 40.0, 3);
        let shades = mask.coverage.iter().filter(|c| (0.1..0.9).contains(*c)).count();
        assert!(shades > 100, "{shades}");
        let edge = |x: usize, y: usize| x == 0 || y == 0 || x + 1 == mask.width || y + 1 == mask.height;
        let at_edge =
            mask.coverage.iter().enumerate().filter(|(i, c)| edge(i % mask.width, i / mask.width) && **c > 0.0);
        assert_eq!(at_edge.count(), 0);
        let grown = mask.grown(2);
        assert!(grown.coverage.iter().zip(&mask.coverage).all(|(g, m)| g >= m));
        assert!(grown.coverage.iter().sum::<f32>() > 1.5 * mask.coverage.iter().sum::<f32>());
    }
}
