//! Where labels go: beside their bodies, one below the other, never over each other.

/// A part of the picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left.
    pub x0: f64,
    /// Top.
    pub y0: f64,
    /// Right.
    pub x1: f64,
    /// Bottom.
    pub y1: f64,
}

impl Area {
    /// Half way between top and bottom.
    pub fn middle(&self) -> f64 {
        (self.y0 + self.y1) / 2.0
    }

    /// From left to right.
    pub fn width(&self) -> f64 {
        self.x1 - self.x0
    }

    /// From top to bottom.
    pub fn height(&self) -> f64 {
        self.y1 - self.y0
    }

    /// Larger by `by` on every side.
    pub fn grown(&self, by: f64) -> Self {
        Self { x0: self.x0 - by, y0: self.y0 - by, x1: self.x1 + by, y1: self.y1 + by }
    }

    /// The part of it inside `other`; where they do not meet, the nearest edge.
    pub fn within(&self, other: &Self) -> Self {
        let (x, y) = (|x: f64| x.clamp(other.x0, other.x1), |y: f64| y.clamp(other.y0, other.y1));
        Self { x0: x(self.x0), y0: y(self.y0), x1: x(self.x1), y1: y(self.y1) }
    }
}

/// A label that wants a place.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// What it is about.
    pub body: Area,
    /// How wide the label is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
}

/// The places of all labels, in `area`, each as near to its body as the others allow, `gap` beside it.
/// Labels that are too many or too wide for the area are all made smaller by the factor.
pub fn place(wanted: &[Wanted], area: &Area, gap: f64) -> (f64, Vec<Area>) {
    let factor = shrink(wanted, area);
    let sized: Vec<Wanted> =
        wanted.iter().map(|w| Wanted { width: w.width * factor, height: w.height * factor, ..*w }).collect();
    let tops = stack(&sized, area);
    let fits = |left: f64, w: &Wanted| left >= area.x0 && left + w.width <= area.x1;
    let beside = |w: &Wanted, top: f64| [right_of(&sized, w, top, gap), left_of(&sized, w, top, gap)];
    // All on one side where one side has room for all.
    let all_fit = |side: usize| sized.iter().zip(&tops).all(|(w, top)| fits(beside(w, *top)[side], w));
    let sides = if !all_fit(0) && all_fit(1) { [1, 0] } else { [0, 1] };
    let put = |(w, top): (&Wanted, &f64)| {
        let lefts = beside(w, *top);
        let left = sides.into_iter().map(|side| lefts[side]).find(|left| fits(*left, w)).unwrap_or(lefts[0]);
        let left = left.clamp(area.x0, (area.x1 - w.width).max(area.x0));
        Area { x0: left, y0: *top, x1: left + w.width, y1: top + w.height }
    };
    (factor, sized.iter().zip(&tops).map(put).collect())
}

/// What labels must shrink by for the widest, and all of them below each other, to fit.
fn shrink(wanted: &[Wanted], area: &Area) -> f64 {
    let widest = wanted.iter().map(|w| w.width).fold(0.0, f64::max);
    let together: f64 = wanted.iter().map(|w| w.height).sum();
    // A hair less, so that rounding does not push the last one out.
    let factor = (area.width() / widest).min(area.height() / together) * (1.0 - 1e-9);
    factor.min(1.0)
}

/// Labels that stand on each other's shoulders.
struct Block {
    members: Vec<usize>,
    height: f64,
    /// Sum over the members of the top of the block that each would like best.
    wishes: f64,
}

impl Block {
    fn top(&self, area: &Area) -> f64 {
        (self.wishes / self.members.len() as f64).min(area.y1 - self.height).max(area.y0)
    }

    /// Takes in the block below: its members' wishes are for what is now further down.
    fn append(&mut self, below: Block) {
        self.wishes += below.wishes - self.height * below.members.len() as f64;
        self.height += below.height;
        self.members.extend(below.members);
    }
}

/// The top of each label: beside its body's middle, or as near as the sum of squared moves has it when
/// labels would overlap (pool adjacent violators).
fn stack(sized: &[Wanted], area: &Area) -> Vec<f64> {
    let wish = |i: usize| sized[i].body.middle() - sized[i].height / 2.0;
    let mut order: Vec<usize> = (0..sized.len()).collect();
    order.sort_by(|a, b| sized[*a].body.middle().total_cmp(&sized[*b].body.middle()));
    let mut blocks: Vec<Block> = Vec::new();
    for i in order {
        let mut block = Block { members: vec![i], height: sized[i].height, wishes: wish(i) };
        while let Some(mut above) = blocks.pop_if(|above| above.top(area) + above.height > block.top(area)) {
            above.append(block);
            block = above;
        }
        blocks.push(block);
    }
    let mut tops = vec![0.0; sized.len()];
    for block in blocks {
        let mut top = block.top(area);
        for i in block.members {
            tops[i] = top;
            top += sized[i].height;
        }
    }
    tops
}

/// The bodies at the height of a label: it must not hide them.
fn at_height<'a>(sized: &'a [Wanted], label: &'a Wanted, top: f64) -> impl Iterator<Item = &'a Area> {
    let meets = move |body: &&Area| body.y0 < top + label.height && body.y1 > top;
    std::iter::once(&label.body).chain(sized.iter().map(|w| &w.body).filter(meets))
}

fn right_of(sized: &[Wanted], label: &Wanted, top: f64, gap: f64) -> f64 {
    at_height(sized, label, top).map(|body| body.x1).fold(f64::MIN, f64::max) + gap
}

fn left_of(sized: &[Wanted], label: &Wanted, top: f64, gap: f64) -> f64 {
    at_height(sized, label, top).map(|body| body.x0).fold(f64::MAX, f64::min) - gap - label.width
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AREA: Area = Area { x0: 10.0, y0: 50.0, x1: 810.0, y1: 1050.0 };

    fn wanted(y: f64) -> Wanted {
        let body = Area { x0: 300.0, y0: y, x1: 400.0, y1: y + 60.0 };
        Wanted { body, width: 200.0, height: 30.0 }
    }

    #[test]
    fn a_label_alone_is_right_of_its_body_at_its_middle() {
        let (factor, places) = place(&[wanted(100.0)], &AREA, 8.0);
        assert_eq!((factor, places[0]), (1.0, Area { x0: 408.0, y0: 115.0, x1: 608.0, y1: 145.0 }));
    }

    #[test]
    fn labels_that_would_overlap_share_the_way() {
        let (_, places) = place(&[wanted(110.0), wanted(100.0)], &AREA, 8.0);
        assert_eq!((places[1].y0, places[0].y0), (105.0, 135.0), "ten apart become thirty");
    }

    #[test]
    fn all_go_to_the_left_where_the_right_has_no_room() {
        let mut low = wanted(500.0);
        (low.body.x0, low.body.x1) = (550.0, 650.0);
        let (_, places) = place(&[wanted(100.0), low], &AREA, 8.0);
        assert_eq!((places[0].x1, places[1].x1), (292.0, 542.0));
    }

    #[test]
    fn a_label_does_not_hide_the_body_beside_it() {
        let mut neighbour = wanted(130.0);
        (neighbour.body.x0, neighbour.body.x1) = (350.0, 460.0);
        let (_, places) = place(&[wanted(100.0), neighbour], &AREA, 8.0);
        assert_eq!(places[0].x0, 468.0);
    }

    fn any_wanted() -> impl Strategy<Value = Wanted> {
        (-200.0..1000.0, -200.0..1200.0, 1.0..400.0, 1.0..300.0, 1.0..1500.0, 1.0..90.0).prop_map(
            |(x0, y0, w, h, width, height): (f64, f64, f64, f64, f64, f64)| {
                let body = Area { x0, y0, x1: x0 + w, y1: y0 + h }.within(&AREA);
                Wanted { body, width, height }
            },
        )
    }

    proptest! {
        #[test]
        fn labels_never_overlap_and_stay_inside(wanted in prop::collection::vec(any_wanted(), 1..60)) {
            let (factor, places) = place(&wanted, &AREA, 8.0);
            prop_assert!(factor > 0.0 && factor <= 1.0);
            for (i, a) in places.iter().enumerate() {
                prop_assert!(a.x0 >= AREA.x0 && a.x1 <= AREA.x1 + 1e-6, "{a:?}");
                prop_assert!(a.y0 >= AREA.y0 && a.y1 <= AREA.y1 + 1e-6, "{a:?}");
                prop_assert!((a.height() - wanted[i].height * factor).abs() < 1e-6);
                for b in &places[..i] {
                    let apart = a.x1 <= b.x0 || b.x1 <= a.x0 || a.y1 <= b.y0 + 1e-6 || b.y1 <= a.y0 + 1e-6;
                    prop_assert!(apart, "{a:?} over {b:?}");
                }
            }
        }
    }
}
