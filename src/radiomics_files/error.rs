//! Why files give no features.

use std::io;
use std::path::{Path, PathBuf};

use super::npy::NpyError;
use crate::imaging::{ImagingError, MAX_PIXELS};
use crate::radiomics::RadiomicsError;
use crate::radiomics::parameter_file::ParameterProblems;

/// Why files give no features, cases or parameters. Each message names the file and holds its reason, as it is also a
/// cell of a batch's answer; so the reason is no `source`, which would be told a second time.
#[derive(Debug, thiserror::Error)]
pub enum RadiomicsFileError {
    /// The operating system does not give the file.
    #[error("{}: {reason}", path.display())]
    Access {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        reason: io::Error,
    },
    /// A `.npy` file that is no matrix of numbers.
    #[error("{}: {reason}", path.display())]
    Npy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: NpyError,
    },
    /// A PNG that cannot be decoded.
    #[error("{}: {reason}", path.display())]
    Png {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: png::DecodingError,
    },
    /// A DICOM file whose data set is broken.
    #[error("{reason}")]
    DataSet {
        /// What is wrong with it; names the file.
        reason: String,
    },
    /// A PNG or DICOM file that is no image of grey values.
    #[error("{}: {reason}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: ImagingError,
    },
    /// Nobody says how large a pixel is.
    #[error("{}: it does not say how large a pixel is: pass --spacing ROW,COL in millimetres", path.display())]
    NoSpacing {
        /// The image.
        path: PathBuf,
    },
    /// A mask in a format that has no labels.
    #[error("{}: a mask is a PNG or .npy file", path.display())]
    MaskFormat {
        /// The mask.
        path: PathBuf,
    },
    /// A mask of more pixels than are ever decoded.
    #[error("{}: it has {width} x {height} pixels, more than {MAX_PIXELS}", path.display())]
    MaskTooLarge {
        /// The mask.
        path: PathBuf,
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// A mask in colours, which are no labels.
    #[error("{}: it is {found:?}: a mask is grey or has a palette", path.display())]
    MaskColour {
        /// The mask.
        path: PathBuf,
        /// What its pixels are.
        found: png::ColorType,
    },
    /// No pixel of the mask has the label.
    #[error("{}: the mask has no pixel of label {label}: it has {known}", path.display())]
    NoSuchLabel {
        /// The mask.
        path: PathBuf,
        /// The label.
        label: u32,
        /// The labels it has.
        known: String,
    },
    /// The pixels give no features.
    #[error("{} with {}: {reason}", image.display(), mask.display())]
    Measure {
        /// The image.
        image: PathBuf,
        /// The mask.
        mask: PathBuf,
        /// Why not.
        reason: RadiomicsError,
    },
    /// A file of cases that cannot be opened.
    #[error("{}: {reason}", path.display())]
    Cases {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: csv::Error,
    },
    /// Cases that cannot be measured, each named by file and line.
    #[error("{}", .0.join("\n"))]
    CaseProblems(Vec<String>),
    /// A parameter file with mistakes.
    #[error("{}", lines_of(path, reason))]
    Parameters {
        /// The file.
        path: PathBuf,
        /// All of its mistakes.
        reason: ParameterProblems,
    },
}

/// Each problem behind the name of its file.
fn lines_of(path: &Path, problems: &ParameterProblems) -> String {
    let named = format!("{}: ", path.display());
    format!("{named}{}", problems.to_string().replace('\n', &format!("\n{named}")))
}
