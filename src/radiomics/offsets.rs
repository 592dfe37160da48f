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
}
