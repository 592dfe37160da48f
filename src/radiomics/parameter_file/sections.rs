//! PyRadiomics' parameter files (YAML or JSON), as they are: what they ask for, or all that is wrong.

use saphyr::{LoadableYamlNode, MarkedYaml};

use super::parameter_value::{self as value, Entry};
use crate::radiomics::{
    Binning, FeatureClass, Filter, ImageType, Interpolator, Normalisation, Resampling, Resegmentation,
    ResegmentationMode, Settings, WeightingNorm,
};

/// What a parameter file asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// How features are computed.
    pub settings: Settings,
    /// Names of features to keep of a class; a class that is absent keeps all.
    pub kept: Vec<(FeatureClass, Vec<String>)>,
    /// Label of the region in the mask.
    pub label: u32,
    /// What the file asks for in vain and PyRadiomics leaves out as well.
    pub warnings: Vec<String>,
}

/// Problems of a file, each with its line.
type Problems = Vec<String>;

/// Settings that have no effect here, as image and mask are one film on the same pixels.
const WITHOUT_EFFECT: [&str; 5] = ["additionalInfo", "geometryTolerance", "correctMask", "preCrop", "label_channel"];

/// Reads a parameter file.
///
/// # Errors
/// All problems, a line each: what is no YAML, unknown, of a wrong kind or not supported.
pub fn parse(text: &str) -> Result<Parameters, String> {
    let documents = MarkedYaml::load_from_str(text).map_err(|e| format!("it is no YAML: {e}"))?;
    let mut problems = Problems::new();
    let sections = match documents.as_slice() {
        [] => Vec::new(),
        [document] => value::entries(document, "the file", &mut problems),
        _ => return Err("it has several documents: a parameter file is one".into()),
    };

    let mut found = Sections { image_types: None, ..Sections::default() };
    for section in &sections {
        match section.key.as_str() {
            "setting" => found.read_settings(section, &mut problems),
            "imageType" => found.image_types = Some(value::entries(section.node, "imageType", &mut problems)),
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
    if problems.is_empty() { Ok(parameters) } else { Err(problems.join("\n")) }
}

/// What the sections say, before it is put together.
#[derive(Default)]
struct Sections<'a> {
    settings: Settings,
    bin_width: Option<f64>,
    bin_count: Option<u32>,
    normalise: bool,
    normalise_scale: Option<f64>,
    remove_outliers: Option<f64>,
    spacing: Option<[f64; 2]>,
    interpolator: Option<Interpolator>,
    pad_distance: Option<u32>,
    resegment_range: Option<Vec<f64>>,
    resegment_mode: Option<ResegmentationMode>,
    resegment_shape: bool,
    sigma: Vec<f64>,
    label: Option<u32>,
    image_types: Option<Vec<Entry<'a>>>,
    classes: Option<Vec<FeatureClass>>,
    kept: Vec<(FeatureClass, Vec<String>)>,
    warnings: Vec<String>,
}

impl<'a> Sections<'a> {
    fn read_settings(&mut self, section: &Entry<'a>, problems: &mut Problems) {
        for entry in value::entries(section.node, "setting", problems) {
            if let Err(problem) = self.read_setting(&entry) {
                problems.push(format!("line {}: {problem}", entry.line));
            }
        }
    }

    fn read_setting(&mut self, entry: &Entry<'a>) -> Result<(), String> {
        let settings = &mut self.settings;
        match entry.key.as_str() {
            "minimumROIDimensions" => settings.minimum_roi_dimensions = entry.whole()?,
            "minimumROISize" => {
                settings.minimum_roi_size = entry.optional(Entry::whole)?.map(|size: u32| size as usize)
            }
            "label" => self.label = Some(entry.whole()?),
            "binWidth" => self.bin_width = Some(entry.positive()?),
            "binCount" => self.bin_count = entry.optional(Entry::whole)?,
            "normalize" => self.normalise = entry.flag()?,
            "normalizeScale" => self.normalise_scale = Some(entry.positive()?),
            "removeOutliers" => self.remove_outliers = entry.optional(Entry::positive)?,
            "resampledPixelSpacing" => self.spacing = entry.optional(Entry::spacing)?,
            "interpolator" => self.interpolator = entry.optional(interpolator)?,
            "padDistance" => self.pad_distance = Some(entry.whole()?),
            "distances" => settings.distances = entry.wholes()?,
            "resegmentRange" => self.resegment_range = entry.optional(Entry::numbers)?,
            "resegmentMode" => self.resegment_mode = Some(resegment_mode(entry)?),
            "resegmentShape" => self.resegment_shape = entry.flag()?,
            "sigma" => self.sigma = entry.numbers()?,
            "voxelArrayShift" => settings.voxel_array_shift = entry.number()?,
            "symmetricalGLCM" => settings.symmetrical_glcm = entry.flag()?,
            "weightingNorm" => settings.weighting_norm = entry.optional(weighting_norm)?,
            "gldm_a" => settings.gldm_alpha = entry.whole()?,
            // A film has one plane, the first dimension of a one-slice volume.
            "force2D" => drop(entry.flag()?),
            "force2Ddimension" => entry.only_whole(0)?,
            key if WITHOUT_EFFECT.contains(&key) => {}
            _ => of_filters(entry)?,
        }
        Ok(())
    }

    fn read_classes(&mut self, section: &Entry<'a>, problems: &mut Problems) {
        let classes = self.classes.get_or_insert_default();
        for entry in value::entries(section.node, "featureClass", problems) {
            if entry.key == "shape" {
                let left_out = "the class shape is three-dimensional and left out, as PyRadiomics does: use shape2D";
                self.warnings.push(format!("line {}: {left_out}", entry.line));
                continue;
            }
            match (entry.key.parse::<FeatureClass>(), entry.names()) {
                (Ok(class), Ok(names)) => {
                    let unknown: Vec<&str> =
                        names.iter().map(String::as_str).filter(|name| !class.feature_names().contains(name)).collect();
                    if !unknown.is_empty() {
                        let unknown = unknown.join(", ");
                        problems.push(format!("line {}: {class} has no feature {unknown} here", entry.line));
                    }
                    classes.push(class);
                    if !names.is_empty() {
                        self.kept.push((class, names));
                    }
                }
                (Err(problem), _) => problems.push(format!("line {}: {problem}", entry.line)),
                (_, Err(problem)) => problems.push(format!("line {}: {problem}", entry.line)),
            }
        }
    }

    fn finish(mut self, problems: &mut Problems) -> Parameters {
        let mut settings = std::mem::take(&mut self.settings);
        settings.binning = binning(self.bin_width, self.bin_count).unwrap_or(settings.binning);
        if self.normalise {
            let scale = self.normalise_scale.unwrap_or(1.0);
            settings.normalisation = Some(Normalisation { scale, remove_outliers: self.remove_outliers });
        }
        settings.resampling = self.spacing.map(|[column_mm, row_mm]| Resampling {
            row_mm,
            column_mm,
            interpolator: self.interpolator.unwrap_or(Interpolator::BSpline),
            pad_distance: self.pad_distance.unwrap_or(5),
            integer_range: None, // the caller knows the image
        });
        if let Some(mut range) = self.resegment_range.take() {
            range.sort_unstable_by(f64::total_cmp);
            match range.as_slice() {
                [lower, upper @ ..] if upper.len() <= 1 => {
                    settings.resegmentation = Some(Resegmentation {
                        lower: *lower,
                        upper: upper.first().copied(),
                        mode: self.resegment_mode.unwrap_or(ResegmentationMode::Absolute),
                        shape: self.resegment_shape,
                    });
                }
                _ => problems.push("resegmentRange needs one or two thresholds".into()),
            }
        }
        if let Some(classes) = self.classes.take().filter(|classes| !classes.is_empty()) {
            settings.feature_classes = classes;
        }
        let image_types = self.image_types.take().filter(|image_types| !image_types.is_empty());
        if let Some(entries) = image_types {
            settings.image_types =
                entries.iter().flat_map(|entry| image_types_of(entry, &self.sigma, problems)).collect();
        }
        if problems.is_empty()
            && let Err(problem) = settings.check()
        {
            problems.push(problem.to_string());
        }
        Parameters { settings, kept: self.kept, label: self.label.unwrap_or(1), warnings: self.warnings }
    }
}

/// The images of one entry of `imageType` with the settings that are its own.
fn image_types_of(entry: &Entry, sigma: &[f64], problems: &mut Problems) -> Vec<ImageType> {
    let (mut sigma, mut width, mut count) = (sigma.to_vec(), None, None);
    for own in value::entries(entry.node, &entry.key, problems) {
        let read = match own.key.as_str() {
            "binWidth" => own.positive().map(|own| width = Some(own)),
            "binCount" => own.whole().map(|own| count = Some(own)),
            "sigma" if entry.key == "LoG" => own.numbers().map(|own| sigma = own),
            _ => of_filters(&own).map_err(|problem| format!("{}: {problem}", entry.key)),
        };
        if let Err(problem) = read {
            problems.push(format!("line {}: {problem}", own.line));
        }
    }
    match Filter::named(&entry.key, &sigma) {
        Ok(filters) => {
            let binning = binning(width, count);
            filters.into_iter().map(|filter| ImageType { filter, binning }).collect()
        }
        Err(problem) => {
            problems.push(format!("line {}: {problem}", entry.line));
            Vec::new()
        }
    }
}

/// A number of bins wins over their width, as in PyRadiomics.
fn binning(width: Option<f64>, count: Option<u32>) -> Option<Binning> {
    count.map(Binning::Count).or(width.map(Binning::Width))
}

/// Settings of filters of which only PyRadiomics' default is built.
fn of_filters(entry: &Entry) -> Result<(), String> {
    match entry.key.as_str() {
        "wavelet" => entry.only_text("coif1"),
        "level" => entry.only_whole(1),
        "start_level" => entry.only_whole(0),
        "gradientUseSpacing" => entry.only_flag(true),
        "lbp2DRadius" => entry.only_whole(1),
        "lbp2DSamples" => entry.only_whole(8),
        "lbp2DMethod" => entry.only_text("uniform"),
        key => Err(format!("the setting \"{key}\" is not supported")),
    }
}

fn interpolator(entry: &Entry) -> Result<Interpolator, String> {
    match entry.text()? {
        "sitkBSpline" => Ok(Interpolator::BSpline),
        "sitkLinear" => Ok(Interpolator::Linear),
        "sitkNearestNeighbor" => Ok(Interpolator::NearestNeighbour),
        other => Err(format!(
            "the interpolator \"{other}\" is not supported: use sitkBSpline, sitkLinear or sitkNearestNeighbor"
        )),
    }
}

fn resegment_mode(entry: &Entry) -> Result<ResegmentationMode, String> {
    match entry.text()? {
        "absolute" => Ok(ResegmentationMode::Absolute),
        "relative" => Ok(ResegmentationMode::Relative),
        "sigma" => Ok(ResegmentationMode::Sigma),
        other => Err(format!("there is no resegmentMode \"{other}\": use absolute, relative or sigma")),
    }
}

fn weighting_norm(entry: &Entry) -> Result<WeightingNorm, String> {
    match entry.text()? {
        "manhattan" => Ok(WeightingNorm::Manhattan),
        "euclidean" => Ok(WeightingNorm::Euclidean),
        "infinity" => Ok(WeightingNorm::Infinity),
        "no_weighting" => Ok(WeightingNorm::NoWeighting),
        other => Err(format!(
            "there is no weightingNorm \"{other}\": use manhattan, euclidean, infinity, no_weighting or leave it empty"
        )),
    }
}
