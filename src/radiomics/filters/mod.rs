//! Filters: images derived from an image, on which the features are computed as on the image itself.
//!
//! Owns: PyRadiomics 3.0.1's filters for images of two dimensions, one file a filter, and their names.
//! In: the whole image, and the frame around the region. Out: the filtered values inside the frame.
//! Never: crops before it filters (what lies beyond the frame is used, not made), or bins values.

mod gradient;
mod intensity;
mod laplacian_of_gaussian;
mod local_binary_pattern;
mod recursive_gaussian;
mod wavelet;

#[cfg(test)]
mod golden;

use super::error::RadiomicsError;
use super::image::Image;
use super::region::Frame;
use super::settings::{Binning, Settings};

/// The image itself, or one derived from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Filter {
    /// The image as it is.
    Original,
    /// Four sub-bands of the undecimated coif1 wavelet, one level.
    Wavelet,
    /// Laplacian of Gaussian.
    LoG {
        /// Width of the Gaussian, mm.
        sigma_mm: f64,
    },
    /// Square, scaled to the largest magnitude of the image.
    Square,
    /// Square root of the magnitude with the value's sign, scaled likewise.
    SquareRoot,
    /// Logarithm of 1 + magnitude with the value's sign, scaled likewise.
    Logarithm,
    /// Exponential, scaled so that the largest magnitude stays.
    Exponential,
    /// Magnitude of the gradient, per mm.
    Gradient,
    /// Local binary pattern of the 8 neighbours at distance 1, uniform codes.
    Lbp2D,
}

impl Filter {
    /// PyRadiomics' names of image types that can be asked for.
    pub const NAMES: [&'static str; 9] =
        ["Original", "Wavelet", "LoG", "Square", "SquareRoot", "Logarithm", "Exponential", "Gradient", "LBP2D"];

    /// The filters that PyRadiomics calls `name` in a list of image types: one, but for `LoG`, which
    /// is one for each of `log_sigma_mm`.
    ///
    /// # Errors
    /// An unknown name, or `LoG` without a sigma.
    pub fn named(name: &str, log_sigma_mm: &[f64]) -> Result<Vec<Self>, RadiomicsError> {
        let one = |filter| Ok(vec![filter]);
        match name {
            "Original" => one(Self::Original),
            "Wavelet" => one(Self::Wavelet),
            "LoG" if log_sigma_mm.is_empty() => Err(RadiomicsError::LogWithoutSigma),
            "LoG" => Ok(log_sigma_mm.iter().map(|&sigma_mm| Self::LoG { sigma_mm }).collect()),
            "Square" => one(Self::Square),
            "SquareRoot" => one(Self::SquareRoot),
            "Logarithm" => one(Self::Logarithm),
            "Exponential" => one(Self::Exponential),
            "Gradient" => one(Self::Gradient),
            "LBP2D" => one(Self::Lbp2D),
            unknown => Err(RadiomicsError::UnknownFilter(unknown.to_owned())),
        }
    }

    /// Names of the images the filter makes, the first part of their features' names.
    pub(super) fn image_names(self) -> Vec<String> {
        match self {
            Self::Original => vec!["original".to_owned()],
            Self::Wavelet => wavelet::SUB_BANDS.map(|band| format!("wavelet-{band}")).to_vec(),
            Self::LoG { sigma_mm } => vec![log_name(sigma_mm)],
            Self::Square => vec!["square".to_owned()],
            Self::SquareRoot => vec!["squareroot".to_owned()],
            Self::Logarithm => vec!["logarithm".to_owned()],
            Self::Exponential => vec!["exponential".to_owned()],
            Self::Gradient => vec!["gradient".to_owned()],
            Self::Lbp2D => vec!["lbp-2D".to_owned()],
        }
    }
}

/// A filter, and how its image is made into grey levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageType {
    /// The filter.
    pub filter: Filter,
    /// Binning of this image alone; `None` takes that of the [`Settings`](super::Settings).
    pub binning: Option<Binning>,
}

impl ImageType {
    /// Its own binning, or that of the settings.
    pub(super) fn binning(&self, settings: &Settings) -> Binning {
        self.binning.unwrap_or(settings.binning)
    }

    pub(super) fn check(&self) -> Result<(), RadiomicsError> {
        if let Filter::LoG { sigma_mm } = self.filter
            && !(sigma_mm.is_finite() && sigma_mm > 0.0)
        {
            return Err(RadiomicsError::LogSigma(sigma_mm));
        }
        self.binning.map_or(Ok(()), Binning::check)
    }
}

impl From<Filter> for ImageType {
    fn from(filter: Filter) -> Self {
        Self { filter, binning: None }
    }
}

/// An image that a filter made.
#[derive(Debug)]
pub(super) struct Derived {
    /// The first part of its features' names.
    pub name: String,
    /// Values in the frame, row by row.
    pub values: Vec<f64>,
}

/// The images `filter` makes of `image`, inside `frame`, in PyRadiomics' order; each is made when it is
/// asked for, so that memory holds one.
///
/// # Errors
/// [`RadiomicsError::ImageTooSmallForLog`].
pub(super) fn derive(
    filter: Filter,
    image: &Image,
    frame: Frame,
) -> Result<impl Iterator<Item = Derived>, RadiomicsError> {
    fn one<'a>(values: Vec<f64>) -> Box<dyn Iterator<Item = Vec<f64>> + 'a> {
        Box::new(std::iter::once(values))
    }
    let values = match filter {
        Filter::Wavelet => Box::new(wavelet::sub_bands(image, frame)),
        Filter::Original => one(frame.cut(image)),
        Filter::LoG { sigma_mm } => one(laplacian_of_gaussian::response(image, frame, sigma_mm)?),
        Filter::Square => one(intensity::square(image, frame)),
        Filter::SquareRoot => one(intensity::square_root(image, frame)),
        Filter::Logarithm => one(intensity::logarithm(image, frame)),
        Filter::Exponential => one(intensity::exponential(image, frame)),
        Filter::Gradient => one(gradient::magnitude(image, frame)),
        Filter::Lbp2D => one(local_binary_pattern::codes(image, frame)),
    };
    Ok(filter.image_names().into_iter().zip(values).map(|(name, values)| Derived { name, values }))
}

/// `log-sigma-3-0-mm-3D` for 3 mm: PyRadiomics says 3D of a film as well.
fn log_name(sigma_mm: f64) -> String {
    format!("log-sigma-{}-mm-3D", format!("{sigma_mm:?}").replace('.', "-"))
}
