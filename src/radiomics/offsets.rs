//! Offsets from a pixel to its neighbours.

/// A step of `dy` rows down and `dx` columns to the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    pub dy: usize,
    pub dx: isize,
}

/// Every direction to a neighbour at one of `distances` by the infinity norm, each of two opposite
/// ones once: 4 for distance 1, 8 for distance 2. Steps that leave a rectangle of `width` x
/// `height` from everywhere are left out.
pub(super) fn half_plane(distances: &[u32], width: usize, height: usize) -> Vec<Offset> {
    let reach = distances.iter().copied().max().unwrap_or(0) as usize;
    let signed = reach as isize;
    let mut offsets = Vec::new();
    for dy in 0..=reach {
        for dx in -signed..=signed {
            let forward = dy > 0 || dx > 0;
            let distance = dy.max(dx.unsigned_abs());
            if forward && distances.contains(&(distance as u32)) && dy < height && dx.unsigned_abs() < width {
                offsets.push(Offset { dy, dx });
            }
        }
    }
    offsets
}

/// Calls `visit(here, there)` with the indices of every two pixels of a `width` x `height` grid
/// that lie `offset` apart, row by row.
pub(super) fn for_each_pair(width: usize, height: usize, offset: Offset, mut visit: impl FnMut(usize, usize)) {
    let shift = offset.dx.unsigned_abs();
    let (from, to) = if offset.dx < 0 { (shift, 0) } else { (0, shift) };
    for y in 0..height.saturating_sub(offset.dy) {
        let here = y * width + from;
        let there = (y + offset.dy) * width + to;
        for x in 0..width.saturating_sub(shift) {
            visit(here + x, there + x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_has_four_directions_a_pixel() {
        assert_eq!(half_plane(&[1], 9, 9).len(), 4);
        assert_eq!(half_plane(&[2], 9, 9).len(), 8);
        assert_eq!(half_plane(&[1, 2], 9, 9).len(), 12);
        assert_eq!(half_plane(&[1], 9, 1), [Offset { dy: 0, dx: 1 }]);
        assert_eq!(half_plane(&[1], 1, 9), [Offset { dy: 1, dx: 0 }]);
    }

    #[test]
    fn every_pair_is_visited_once() {
        let mut pairs = Vec::new();
        for_each_pair(3, 2, Offset { dy: 1, dx: -1 }, |here, there| pairs.push((here, there)));
        assert_eq!(pairs, [(1, 3), (2, 4)]);
        pairs.clear();
        for_each_pair(3, 2, Offset { dy: 0, dx: 2 }, |here, there| pairs.push((here, there)));
        assert_eq!(pairs, [(0, 2), (3, 5)]);
    }
}
