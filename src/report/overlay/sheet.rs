//! Where things are on a picture: header, film, legend.

use super::font::{self, SMALL};
use super::labels::Area;
use super::legend::Legend;
use super::picture::{Colour, Picture};
use crate::findings::{BoundingBox, Language};
use crate::imaging::Radiograph;

/// Longest side of a picture, pixels: larger films are scaled down.
const LONGEST_SIDE: f64 = 1600.0;
/// Small films are enlarged by at most this, so that labels find room beside the boxes.
const LARGEST_SCALE: f64 = 2.0;
/// Percentiles shown as black and white.
const WINDOW: [f64; 2] = [0.5, 99.5];
/// Size of the letters: this part of the picture's longest side, within limits. A picture of 1600 rows
/// on 900 rows of a screen shows letters of 17 pixels.
const LETTERS: f64 = 1.0 / 52.0;
const LETTER_LIMITS: [f64; 2] = [16.0, 31.0];
/// A narrow film gets dark margins: labels beside the boxes want this part of its height.
const LEAST_WIDTH: f64 = 0.66;
/// The least width in letters, for the header.
const LEAST_LETTERS: f64 = 26.0;
/// The most rows of a legend: classes that need more are not explained.
const LEGEND_ROWS: usize = 8;
const PAPER: Colour = [14, 16, 20];

/// Where things are on the picture, and in which language.
pub struct Sheet {
    /// What the lines around the film are written in.
    pub language: Language,
    /// Size of the letters.
    pub letters: f64,
    /// Columns of the picture.
    pub width: usize,
    /// Rows of the picture.
    pub height: usize,
    /// The film's part.
    pub film: Area,
    /// Pixels of the picture for a pixel of the film.
    scale: f64,
    /// Rows that the legend has.
    pub legend_rows: usize,
}

impl Sheet {
    /// Room for the film and for the legend's rows, as large as both may be.
    pub fn of(radiograph: &Radiograph, legend: &Legend, language: Language) -> Self {
        let (width, height) = (radiograph.width.max(1) as f64, radiograph.height.max(1) as f64);
        let longest = LONGEST_SIDE.min(width.max(height) * LARGEST_SCALE);
        let letters = (longest * LETTERS).round().clamp(LETTER_LIMITS[0], LETTER_LIMITS[1]);
        let sized = |legend_rows: usize| {
            let header = (letters * (1.0 + SMALL) * font::LINE + letters * 0.7).round();
            let footer = (legend_rows as f64 * letters * SMALL * font::LINE + letters * 0.6).round();
            let scale = LARGEST_SCALE.min(LONGEST_SIDE / width).min((LONGEST_SIDE - header - footer) / height);
            let [w, h] = [width, height].map(|side| (side * scale).round().max(1.0));
            let whole = w.max((h * LEAST_WIDTH).round()).max((letters * LEAST_LETTERS).round()).min(LONGEST_SIDE);
            let left = ((whole - w) / 2.0).floor();
            let film = Area { x0: left, y0: header, x1: left + w, y1: header + h };
            let (width, height) = (whole as usize, (header + h + footer) as usize);
            Self { language, letters, width, height, film, scale, legend_rows }
        };
        // The legend's rows depend on the width, which depends on the height that they leave.
        let fits = |sheet: &Self| legend.rows(sheet.width, sheet.letters).len() <= sheet.legend_rows;
        (1..LEGEND_ROWS).map(sized).find(fits).unwrap_or_else(|| sized(LEGEND_ROWS))
    }

    /// The picture with nothing but the film on it.
    pub fn with_film(&self, radiograph: &Radiograph) -> Picture {
        let mut picture = Picture::plain(self.width, self.height, PAPER);
        let (width, height) = (self.film.width() as usize, self.film.height() as usize);
        let film = radiograph.windowed(radiograph.percentile_window(WINDOW)).resampled(width, height);
        for (row, line) in film.pixels.chunks(width).enumerate() {
            let start = ((self.film.y0 as usize + row) * self.width + self.film.x0 as usize) * 3;
            let grey = line.iter().map(|p| (p * 255.0).round() as u8).flat_map(|g| [g, g, g]);
            picture.rgb[start..start + 3 * width].iter_mut().zip(grey).for_each(|(pixel, grey)| *pixel = grey);
        }
        picture
    }

    /// A point of the film on the picture.
    pub fn point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [self.film.x0 + x * self.scale, self.film.y0 + y * self.scale]
    }

    /// A box on the film, as far as it is on it.
    pub fn area(&self, b: &BoundingBox) -> Area {
        let ([x0, y0], [x1, y1]) = (self.point([b.x0, b.y0]), self.point([b.x1, b.y1]));
        Area { x0: x0.min(x1), y0: y0.min(y1), x1: x0.max(x1), y1: y0.max(y1) }.within(&self.film)
    }

    /// Where labels may be: beside the film too.
    pub fn room(&self) -> Area {
        Area { x0: 0.0, x1: self.width as f64, ..self.film }
    }

    /// Half the width of a mark's lines.
    pub fn half_line(&self, flagged: bool) -> f64 {
        self.letters * if flagged { 0.075 } else { 0.035 }
    }

    /// Width of the dark rim around lines and letters.
    pub fn halo(&self) -> f64 {
        (self.letters * 0.08).round().max(1.0)
    }
}
