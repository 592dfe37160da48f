//! PyRadiomics' parameter files (YAML or JSON), as they are: what they ask for, or all that is wrong.

mod choices;
mod sections;
mod value;

use saphyr::{LoadableYamlNode, MarkedYaml};

use super::{FeatureClass, Settings};
use sections::Sections;

/// What a parameter file asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// How features are computed.
    pub settings: Settings,
    /// Which of the features are kept.
    pub kept: Kept,
    /// Label of the region in the mask.
    pub label: u32,
    /// What the file asks for in vain and PyRadiomics leaves out as well.
    pub warnings: Vec<String>,
}

/// Names of features to keep of a class; a class that is absent keeps all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept(Vec<(FeatureClass, Vec<String>)>);

impl Kept {
    /// Whether a feature is kept, by its whole name, such as `original_glcm_JointEntropy`.
    pub fn keeps(&self, name: &str) -> bool {
        let mut parts = name.splitn(3, '_').skip(1);
        let (Some(class), Some(feature)) = (parts.next(), parts.next()) else { return true };
        let kept = self.0.iter().find(|(of, _)| of.name() == class);
        kept.is_none_or(|(_, names)| names.iter().any(|name| name == feature))
    }
}

/// All that is wrong with a parameter file: what is no YAML, unknown, of a wrong kind or not supported. A line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ParameterProblems(Vec<String>);

/// Reads the text of a parameter file.
///
/// # Errors
/// All problems of the file.
pub fn parse(text: &str) -> Result<Parameters, ParameterProblems> {
    let whole_file = |problem: String| ParameterProblems(vec![problem]);
    let documents = MarkedYaml::load_from_str(text).map_err(|e| whole_file(format!("it is no YAML: {e}")))?;
    let mut problems = Vec::new();
    let sections = match documents.as_slice() {
        [] => Vec::new(),
        [document] => value::entries(document, "the file", &mut problems),
        _ => return Err(whole_file("it has several documents: a parameter file is one".into())),
    };

    let mut found = Sections::default();
    for section in &sections {
        match section.key.as_str() {
            "setting" => found.read_settings(section, &mut problems),
            "imageType" => found.read_image_types(section, &mut problems),
            "featureClass" => found.read_classes(section, &mut problems),
            // Feature maps are not built: their settings do not touch the features of a region.
            "voxelSetting" => {}
            unknown => problems.push(format!(
                "line {}: there is no section \"{unknown}\": the sections are setting, imageType, featureClass, voxelSetting",
                section.line
            )),
        }
    }
    let parameters = found.finish(&mut problems);
    if problems.is_empty() { Ok(parameters) } else { Err(ParameterProblems(problems)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_the_features_it_names_of_a_class_and_all_of_the_others() {
        let text = "featureClass:\n  firstorder:\n  glcm: [JointEntropy]\n";
        let kept = parse(text).unwrap().kept;
        let names = ["original_glcm_JointEntropy", "original_glcm_Contrast", "wavelet-LH_firstorder_Mean", "spacing"];
        assert_eq!(names.map(|name| kept.keeps(name)), [true, false, true, true]);
    }

    #[test]
    fn an_empty_file_is_pyradiomics_defaults() {
        let parameters = parse("").unwrap();
        assert_eq!((parameters.settings, parameters.label), (Settings::default(), 1));
        assert!(parameters.warnings.is_empty());
    }

    #[test]
    fn every_problem_is_told_with_its_line() {
        let said = parse("setting:\n  binWidth: none\n  label: -1\nsettings: {}\n").unwrap_err().to_string();
        let places: Vec<&str> = said.lines().map(|line| line.split(':').next().unwrap()).collect();
        assert_eq!(places, ["line 2", "line 3", "line 4"], "{said}");
    }
}
