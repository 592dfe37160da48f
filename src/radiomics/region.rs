//! The region: which pixels count, inside the smallest rectangle that holds them.

use super::error::RadiomicsError;
use super::image::{Image, Mask};

/// A rectangle of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Frame {
    /// The rows of the frame in a buffer of rows of `width`.
    pub fn rows<T>(self, buffer: &[T], width: usize) -> impl Iterator<Item = &[T]> {
        buffer.chunks_exact(width).skip(self.top).take(self.height).map(move |row| &row[self.left..][..self.width])
    }

    /// The values of `image` in the frame, row by row.
    pub fn cut(self, image: &Image) -> Vec<f64> {
        let mut values = Vec::with_capacity(self.width * self.height);
        self.rows(&image.pixels, image.width).for_each(|row| values.extend_from_slice(row));
        values
    }
}

/// Pixels of one row of a frame that lie side by side inside the region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Row in the frame.
    pub row: usize,
    /// First column in the frame.
    pub start: usize,
    /// Column after the last.
    pub end: usize,
}

/// The pixels a mask selects, cut out to their bounding rectangle.
#[derive(Debug)]
pub(super) struct Region {
    /// The bounding rectangle in the image.
    pub frame: Frame,
    /// The pixels, row by row from the top left.
    pub spans: Vec<Span>,
    /// Pixels inside, at least 2.
    pub count: usize,
}

impl Region {
    /// Cuts out a mask that was checked; PyRadiomics too refuses a region of no or one pixel.
    pub fn new(mask: &Mask) -> Result<Self, RadiomicsError> {
        let mut spans = Vec::new();
        for (row, flags) in mask.inside.chunks_exact(mask.width.max(1)).enumerate() {
            let mut column = 0;
            while let Some(start) = first_from(flags, column, true) {
                column = first_from(flags, start, false).unwrap_or(flags.len());
                spans.push(Span { row, start, end: column });
            }
        }
        let count = spans.iter().map(|span| span.end - span.start).sum();
        let [Some(first), Some(last)] = [spans.first(), spans.last()].map(|span| span.map(|span| span.row)) else {
            return Err(RadiomicsError::RegionTooSmall { pixels: 0 });
        };
        if count < 2 {
            return Err(RadiomicsError::RegionTooSmall { pixels: count });
        }
        let left = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let right = spans.iter().map(|span| span.end).max().unwrap_or(mask.width);
        let frame = Frame { left, top: first, width: right - left, height: last - first + 1 };
        for span in &mut spans {
            *span = Span { row: span.row - first, start: span.start - left, end: span.end - left };
        }
        Ok(Self { frame, spans, count })
    }

    /// A region of `count` pixels side by side, for values whose place does not matter.
    pub fn line(count: usize) -> Self {
        let frame = Frame { left: 0, top: 0, width: count, height: 1 };
        Self { frame, spans: vec![Span { row: 0, start: 0, end: count }], count }
    }

    /// The values of `image` inside the region.
    pub fn values(&self, image: &Image) -> Vec<f64> {
        let mut values = Vec::with_capacity(self.count);
        for span in &self.spans {
            let row = (self.frame.top + span.row) * image.width + self.frame.left;
            values.extend_from_slice(&image.pixels[row + span.start..row + span.end]);
        }
        values
    }

    /// Of `values`, one a pixel of the frame, those inside the region; in the same memory.
    pub fn select(&self, mut values: Vec<f64>) -> Vec<f64> {
        let mut count = 0;
        for span in &self.spans {
            let row = span.row * self.frame.width;
            values.copy_within(row + span.start..row + span.end, count);
            count += span.end - span.start;
        }
        values.truncate(count);
        values
    }
}

/// Index of the first flag that is `wanted`, from `start` on. Whole chunks are looked at at once.
fn first_from(flags: &[bool], start: usize, wanted: bool) -> Option<usize> {
    const CHUNK: usize = 32;
    let has_one = |chunk: &[bool]| chunk.iter().fold(false, |found, &flag| found | (flag == wanted));
    let chunk = flags[start..].chunks(CHUNK).position(has_one)?;
    let start = start + chunk * CHUNK;
    flags[start..].iter().position(|&flag| flag == wanted).map(|further| start + further)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_the_pixels_of_the_mask() {
        let inside = "......##.#..#...".chars().map(|pixel| pixel == '#').collect();
        let region = Region::new(&Mask { width: 4, height: 4, inside }).unwrap();
        assert_eq!(region.frame, Frame { left: 0, top: 1, width: 4, height: 3 });
        let spans = region.spans.iter().map(|span| (span.row, span.start, span.end));
        assert_eq!(spans.collect::<Vec<_>>(), [(0, 2, 4), (1, 1, 2), (2, 0, 1)]);
        assert_eq!(region.count, 4);
        let values: Vec<f64> = (0..12).map(f64::from).collect();
        assert_eq!(region.select(values), [2.0, 3.0, 5.0, 8.0]);
    }
}
