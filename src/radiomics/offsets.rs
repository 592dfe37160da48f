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

/// Calls `visit(here, there)` for every pair of pixels of a `width` x `height` grid that lie
/// `offset` apart, row by row.
pub(super) fn for_each_pair(
    grid: &[u16],
    width: usize,
    height: usize,
    offset: Offset,
    mut visit: impl FnMut(u16, u16),
) {
    let shift = offset.dx.unsigned_abs();
    let (from, to) = if offset.dx < 0 { (shift, 0) } else { (0, shift) };
    let pairs_a_row = width.saturating_sub(shift);
    for y in 0..height.saturating_sub(offset.dy) {
        let here = &grid[y * width + from..][..pairs_a_row];
        let there = &grid[(y + offset.dy) * width + to..][..pairs_a_row];
        for (&a, &b) in here.iter().zip(there) {
            visit(a, b);
        }
    }
}
