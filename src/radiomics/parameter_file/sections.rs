//! What the sections of a parameter file say, put together.

use super::choices::{interpolator, of_filters, resegment_mode, weighting_norm};
use super::value::{self, Entry};
use super::{Kept, Parameters};
use crate::radiomics::{
    Binning, FeatureClass, Filter, ImageType, Interpolator, Normalisation, Resampling, Resegmentation,
    ResegmentationMode, Settings,
};

/// Problems of a file, each with its line.
type Problems = Vec<String>;

/// Settings that have no effect here, as image and mask are one film on the same pixels.
const WITHOUT_EFFECT: [&str; 5] = ["additionalInfo", "geometryTolerance", "correctMask", "preCrop", "label_channel"];

/// What the sections say, before it is put together.
#[derive(Default)]
pub struct Sections<'a> {
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
    pub fn read_settings(&mut self, section: &Entry<'a>, problems: &mut Problems) {
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

    pub fn read_image_types(&mut self, section: &Entry<'a>, problems: &mut Problems) {
        self.image_types = Some(value::entries(section.node, "imageType", problems));
    }

    pub fn read_classes(&mut self, section: &Entry<'a>, problems: &mut Problems) {
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

    pub fn finish(mut self, problems: &mut Problems) -> Parameters {
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
        Parameters { settings, kept: Kept(self.kept), label: self.label.unwrap_or(1), warnings: self.warnings }
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
