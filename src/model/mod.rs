//! Model: the bundle, a folder that is a model, and its networks.
//!
//! Owns: the manifest and its digests, ONNX Runtime, detector, spine line, points network, morphometry and its norms,
//! backbone, film-relative features, fusion and the self-tests.
//! In: a folder, and radiographs. Out: bodies, heights, features by name, probabilities.
//! Never: downloads anything, or runs a bundle whose digest or self-test fails.

mod backbone;
mod bundle;
pub mod calibration;
mod decoder;
mod detection;
pub mod detector;
mod error;
mod external;
mod feed;
pub mod film_relative;
mod fit;
mod fusion;
mod manifest;
pub mod morphometry;
mod nms;
mod norms;
mod open;
mod points;
mod runtime;
pub mod spine_line;
mod tensor;

pub use bundle::Bundle;
pub(crate) use bundle::digest_of;
pub use calibration::Calibration;
pub use detection::Detection;
pub use error::ModelError;
pub use film_relative::Family;
pub use fusion::{Feature, Fusion, Likeness};
pub use open::{Limits, Model};
pub use points::{Closer, Looks};
pub use spine_line::Spine;
