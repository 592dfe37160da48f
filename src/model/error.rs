//! Why a bundle or one of its networks cannot be used.

use std::path::PathBuf;

use crate::findings::Point;
use crate::imaging::ImagingError;
use crate::radiomics::RadiomicsError;

/// Each message names the file or the key, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file of the bundle cannot be read.
    #[error("{} of the bundle cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file that `[files]` lists is not there.
    #[error("{} is missing, though bundle.toml lists it in [files]: the bundle is incomplete, copy the whole folder again", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// bundle.toml is not of the format.
    #[error("{}: {problem}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong, with the line where TOML knows it.
        problem: String,
    },
    /// A file is not the one the manifest describes.
    #[error("{} has SHA-256 {found}, bundle.toml says {expected}: the bundle is damaged or was changed", path.display())]
    Digest {
        /// The file.
        path: PathBuf,
        /// Digest of the file.
        found: String,
        /// Digest in the manifest.
        expected: String,
    },
    /// ONNX Runtime's library was not found or does not load.
    #[error(
        "ONNX Runtime cannot be loaded ({0}): run scripts/fetch-onnxruntime, or set [analysis] onnxruntime to the path of libonnxruntime.so"
    )]
    Runtime(String),
    /// A network cannot be loaded or run.
    #[error("the network {file} cannot be used: {problem}")]
    Network {
        /// File of the bundle.
        file: String,
        /// ONNX Runtime's reason, or what is wrong with its output.
        problem: String,
    },
    /// A network's inputs or outputs are not the ones bundle.toml speaks of.
    #[error("the network {file} does not fit bundle.toml: {has}, but {says}; {remedy}")]
    Misfit {
        /// File of the bundle.
        file: String,
        /// What the network has.
        has: String,
        /// What the manifest says.
        says: String,
        /// What to do.
        remedy: String,
    },
    /// The fusion model asks for a feature nobody computes.
    #[error("the fusion model needs the feature \"{0}\", which this bundle does not compute")]
    MissingFeature(String),
    /// No fusion model in a bundle that should classify.
    #[error("the bundle has no [fusion] section, so it can extract features but not classify")]
    NoFusion,
    /// The self-test's answer is another one.
    #[error(
        "the self-test gives probabilities {found:?}, bundle.toml says {expected:?} within {tolerance}: this machine computes something else than the bundle was made for"
    )]
    SelfTest {
        /// What came out.
        found: Vec<f64>,
        /// What should.
        expected: Vec<f64>,
        /// Largest difference allowed.
        tolerance: f64,
    },
    /// The self-test of the points network gives other points.
    #[error(
        "the self-test of [points] gives the points {found:?}, bundle.toml says {expected:?} within {tolerance} pixels: this machine computes something else than the bundle was made for"
    )]
    PointsSelfTest {
        /// What came out.
        found: Vec<Point>,
        /// What should.
        expected: Vec<Point>,
        /// Largest distance allowed, pixels.
        tolerance: f64,
    },
    /// The self-test's picture.
    #[error("the self-test's picture cannot be used: {0}")]
    Picture(#[from] ImagingError),
    /// Features of a box.
    #[error("features cannot be computed: {0}")]
    Radiomics(#[from] RadiomicsError),
}

/// What a network has, what the manifest says instead, and what to do about it. Parts of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    pub has: String,
    pub says: String,
    pub remedy: String,
}
