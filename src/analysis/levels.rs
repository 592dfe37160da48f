//! The level of each body: as the detector calls it, or counted upwards from the sacrum.

use crate::findings::LevelSource;
use crate::model::Spine;
use crate::model::spine_line::one_missed_between;

/// The detector class of a vertebra whose level is not known.
const VERTEBRA: &str = "vertebra";
/// Vertebrae from the sacrum upwards.
const FROM_THE_SACRUM: [&str; 24] = [
    "L5", "L4", "L3", "L2", "L1", "T12", "T11", "T10", "T9", "T8", "T7", "T6", "T5", "T4", "T3", "T2", "T1", "C7",
    "C6", "C5", "C4", "C3", "C2", "C1",
];

/// A level and how it is known.
pub type Level = (String, LevelSource);

/// The levels of the bodies of `spine`, in its order; `class_name` is the detector's name of a class.
///
/// Counted only where the spine ends in a sacrum and the detector names none of the bodies itself. A
/// body missed in between, by the distance of its neighbours, counts as one level.
pub fn name<'a>(spine: &Spine, class_name: impl Fn(usize) -> &'a str) -> Vec<Option<Level>> {
    let mut levels: Vec<Option<Level>> = spine
        .bodies
        .iter()
        .map(|body| class_name(body.class))
        .map(|name| (name != VERTEBRA).then(|| (name.to_owned(), LevelSource::Detector)))
        .collect();
    if let Some(sacrum) = spine.sacrum.as_ref().filter(|_| levels.iter().all(Option::is_none)) {
        let (mut below, mut onto_sacrum, mut count) = (sacrum, true, 0);
        for (body, level) in spine.bodies.iter().zip(&mut levels).rev() {
            count += usize::from(one_missed_between(body, below, onto_sacrum));
            *level = FROM_THE_SACRUM.get(count).map(|name| ((*name).to_owned(), LevelSource::CountedFromSacrum));
            count += 1;
            (below, onto_sacrum) = (body, false);
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::BoundingBox;
    use crate::model::Detection;

    const CLASSES: [&str; 3] = ["vertebra", "sacrum", "T12"];

    /// A box of 30 pixels height whose centre is `n` bodies of 35 pixels below the first.
    fn at(n: f64, class: usize) -> Detection {
        let y0 = 35.0 * n;
        Detection { region: BoundingBox { x0: 0.0, y0, x1: 40.0, y1: y0 + 30.0 }, score: 0.9, class, points: None }
    }

    fn names(bodies: &[Detection], sacrum: Option<Detection>) -> Vec<String> {
        let levels = name(&Spine { bodies: bodies.to_vec(), sacrum }, |class| CLASSES[class]);
        levels.into_iter().map(|l| l.map_or("-".into(), |(level, source)| format!("{level} {source:?}"))).collect()
    }

    #[test]
    fn levels_are_counted_from_the_sacrum_upwards() {
        let bodies: Vec<_> = (0..6).map(|n| at(f64::from(n), 0)).collect();
        let expected = ["T12", "L1", "L2", "L3", "L4", "L5"].map(|l| format!("{l} CountedFromSacrum"));
        assert_eq!(names(&bodies, Some(at(6.0, 1))), expected);
        assert_eq!(names(&bodies, None), ["-"; 6], "nothing is counted without a sacrum");
    }

    #[test]
    fn a_missed_body_is_counted() {
        let bodies = [at(0.0, 0), at(2.0, 0), at(3.0, 0)];
        let expected = ["L1", "L3", "L4"].map(|l| format!("{l} CountedFromSacrum"));
        assert_eq!(names(&bodies, Some(at(5.0, 1))), expected, "L2 and L5 were missed");
    }

    #[test]
    fn a_detector_that_names_levels_keeps_its_names() {
        assert_eq!(names(&[at(0.0, 2), at(1.0, 0)], Some(at(2.0, 1))), ["T12 Detector", "-"]);
    }

    #[test]
    fn above_c1_nothing_is_named() {
        let bodies: Vec<_> = (0..25).map(|n| at(f64::from(n), 0)).collect();
        let found = names(&bodies, Some(at(25.0, 1)));
        assert_eq!(found[..2], ["-", "C1 CountedFromSacrum"]);
    }
}
