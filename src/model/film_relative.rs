//! Features of a body against the film's other bodies: exposure, size and a person's own build are the same for all
//! of them, a fracture is not.

/// What stands before the name of a feature in its film-relative form.
pub const PREFIX: &str = "film_";
/// Other bodies that must have a feature for a median to mean something.
const LEAST_OTHERS: usize = 2;

/// The family that is always offered as it is too: a height has a meaning of its own, on one body as well.
const SHAPE: &str = "shape";

/// What the families of features are called, and how the names in them begin.
pub const FAMILIES: [(&str, &str); 3] = [(SHAPE, "shape_"), ("deep", "deep_"), ("radiomics", "")];

/// The family of a feature that is not in its film-relative form.
pub fn family(name: &str) -> &'static str {
    FAMILIES.iter().find(|(_, begin)| name.starts_with(begin)).map_or("radiomics", |(family, _)| *family)
}

/// What is offered of a body with `features`: of the families that `relative` names the film-relative form, and all
/// else, and every shape, as it is. That form is the value less the median of the same feature of `others`, the film's
/// other bodies; NaN where fewer than two of them have it.
pub fn offered(features: &[(String, f64)], others: &[&[(String, f64)]], relative: &[String]) -> Vec<(String, f64)> {
    let is_relative = |name: &str| relative.iter().any(|f| f == family(name));
    let plain = features.iter().filter(|(name, _)| !is_relative(name) || family(name) == SHAPE).cloned();
    let against = |(place, (name, value)): (usize, &(String, f64))| {
        // All bodies of a film have the same features in the same order.
        let values = others.iter().filter_map(|other| other.get(place)).map(|(_, value)| *value);
        let mut known: Vec<f64> = values.filter(|v| v.is_finite()).collect();
        let middle = if known.len() < LEAST_OTHERS { f64::NAN } else { median(&mut known) };
        (format!("{PREFIX}{name}"), value - middle)
    };
    plain.chain(features.iter().enumerate().filter(|(_, (name, _))| is_relative(name)).map(against)).collect()
}

/// A family in one of its forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Heights and what is made of them
    Shape,
    /// The same against the film's other bodies
    FilmShape,
    /// Radiomics of the body
    Radiomics,
    /// The same against the film's other bodies
    FilmRadiomics,
    /// Deep features of the body
    Deep,
    /// The same against the film's other bodies
    FilmDeep,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Shape, Self::FilmShape, Self::Radiomics, Self::FilmRadiomics, Self::Deep, Self::FilmDeep];

    /// That of a feature.
    pub fn of(name: &str) -> Self {
        let (film, rest) = name.strip_prefix(PREFIX).map_or((false, name), |rest| (true, rest));
        match (family(rest), film) {
            (SHAPE, false) => Self::Shape,
            (SHAPE, true) => Self::FilmShape,
            ("deep", false) => Self::Deep,
            ("deep", true) => Self::FilmDeep,
            (_, false) => Self::Radiomics,
            (_, true) => Self::FilmRadiomics,
        }
    }

    /// As the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::FilmShape => "film-shape",
            Self::Radiomics => "radiomics",
            Self::FilmRadiomics => "film-radiomics",
            Self::Deep => "deep",
            Self::FilmDeep => "film-deep",
        }
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { (values[half - 1] + values[half]) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(values: [f64; 3]) -> Vec<(String, f64)> {
        ["shape_WedgeRatio", "original_glcm_Contrast", "deep_0007"]
            .iter()
            .map(|n| (*n).to_owned())
            .zip(values)
            .collect()
    }

    fn relative(of: [f64; 3], others: &[[f64; 3]], families: &[&str]) -> Vec<(String, f64)> {
        let others: Vec<_> = others.iter().map(|o| features(*o)).collect();
        let others: Vec<&[(String, f64)]> = others.iter().map(Vec::as_slice).collect();
        let families: Vec<String> = families.iter().map(|f| (*f).to_owned()).collect();
        offered(&features(of), &others, &families)
    }

    #[test]
    fn a_feature_is_told_from_the_median_of_the_others() {
        let found = relative(
            [0.5, 3.0, 1.0],
            &[[0.9, 1.0, 0.0], [0.8, 2.0, 0.0], [1.0, f64::NAN, 9.0]],
            &["shape", "radiomics"],
        );
        let expected = [
            ("shape_WedgeRatio", 0.5),
            ("deep_0007", 1.0),
            ("film_shape_WedgeRatio", 0.5 - 0.9),
            ("film_original_glcm_Contrast", 1.5),
        ];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn a_feature_s_name_tells_its_family() {
        let of = [
            "shape_WedgeScore",
            "film_shape_WedgeScore",
            "original_glcm_Contrast",
            "film_log-sigma-1-0-mm_x",
            "deep_0001",
            "film_deep_0001",
        ];
        assert_eq!(of.map(Family::of), Family::ALL);
    }

    #[test]
    fn with_fewer_than_two_others_nothing_is_known() {
        assert!(relative([0.5, 3.0, 1.0], &[[0.9, 1.0, 0.0]], &["deep"])[2].1.is_nan());
    }
}
