//! Model: the bundle, a folder that is a model, and its networks.
//!
//! Owns: the manifest and its digests, ONNX Runtime, detector, spine line, morphometry, backbone, fusion
//! and the self-test.
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
mod fit;
mod fusion;
mod manifest;
pub mod morphometry;
mod nms;
mod open;
mod runtime;
pub mod spine_line;
mod tensor;

pub use bundle::Bundle;
pub(crate) use bundle::digest_of;
pub use calibration::Calibration;
pub use detection::Detection;
pub use error::ModelError;
pub use fusion::{Feature, Fusion};
pub use open::Model;
pub use spine_line::Spine;
