//! A frame of grey levels with a margin around it, so that a neighbour is always there to be looked
//! at: the step to it is one number, and a pixel beyond the region has level 0.

use std::ops::Range;

use super::offsets::Offset;

/// Ranks of grey levels, row by row. A margin as wide as the farthest neighbour separates the rows
/// and lies above and below them.
#[derive(Debug)]
pub(super) struct Grid {
    /// Columns of the frame.
    pub width: usize,
    /// Rows of the frame.
    pub height: usize,
    /// Cells from a pixel to the one below it.
    pub stride: usize,
    /// Cells before the frame's first pixel, and after its last row.
    margin: usize,
    /// The ranks; 0 outside the region.
    pub cells: Vec<u16>,
}

impl Grid {
    /// A grid of zeros for neighbours up to `reach` pixels away.
    pub fn outside(width: usize, height: usize, reach: usize) -> Self {
        let stride = width + reach;
        let margin = reach * stride + reach;
        Self { width, height, stride, margin, cells: vec![0; margin + height * stride + margin] }
    }

    /// Index of a pixel of the frame.
    pub fn index(&self, row: usize, column: usize) -> usize {
        self.margin + row * self.stride + column
    }

    /// The cells of the frame, each row with the margin behind it.
    pub fn frame(&self) -> &[u16] {
        &self.cells[self.margin..][..self.height * self.stride]
    }

    /// Where the cells lie that are `offset` from each of [`Grid::frame`]'s; it is within reach.
    pub fn at(&self, offset: Offset) -> Range<usize> {
        self.frame_moved_by((offset.dy * self.stride) as isize + offset.dx)
    }

    /// The same in the opposite direction.
    pub fn at_back(&self, offset: Offset) -> Range<usize> {
        self.frame_moved_by(-((offset.dy * self.stride) as isize + offset.dx))
    }

    /// The cells that are `offset` from each of [`Grid::frame`]'s.
    pub fn shifted(&self, offset: Offset) -> &[u16] {
        &self.cells[self.at(offset)]
    }

    /// The same in the opposite direction.
    pub fn shifted_back(&self, offset: Offset) -> &[u16] {
        &self.cells[self.at_back(offset)]
    }

    fn frame_moved_by(&self, cells: isize) -> Range<usize> {
        let start = self.margin.checked_add_signed(cells).expect("a neighbour within reach lies in the margin");
        start..start + self.height * self.stride
    }
}

#[cfg(test)]
impl Grid {
    /// A grid of ranks given row by row.
    pub fn of(width: usize, ranks: &[u16], reach: usize) -> Self {
        let mut grid = Self::outside(width, ranks.len() / width, reach);
        for (row, ranks) in ranks.chunks_exact(width).enumerate() {
            let first = grid.index(row, 0);
            grid.cells[first..first + width].copy_from_slice(ranks);
        }
        grid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbour_beyond_the_frame_is_outside() {
        let grid = Grid::of(2, &[1, 2, 3, 4], 2);
        assert_eq!(grid.frame(), [1, 2, 0, 0, 3, 4, 0, 0]);
        let below_left = Offset { dy: 1, dx: -1 };
        assert_eq!(grid.shifted(below_left), [0, 3, 4, 0, 0, 0, 0, 0]);
        // The lower left pixel has 2 above it on the right; what margins see does not count.
        assert_eq!(grid.shifted_back(below_left), [0, 0, 0, 1, 2, 0, 0, 3]);
        let far = Offset { dy: 2, dx: 2 };
        assert!(grid.shifted(far).iter().chain(grid.shifted_back(far)).all(|&rank| rank == 0));
    }
}
