//! Bundles made from the demo bundle with another detector.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::root;

/// A network of `tests/data/detectors` and what a manifest says of it.
#[derive(Debug, Clone, Copy)]
pub struct Exported {
    /// File name without its ending.
    pub network: &'static str,
    pub decoder: &'static str,
    pub points: &'static str,
}

const fn exported(network: &'static str, decoder: &'static str, points: &'static str) -> Exported {
    Exported { network, decoder, points }
}

/// All layouts.
pub const EXPORTED: [Exported; 16] = [
    exported("yolov8", "yolo", "none"),
    exported("yolo11-pose-xy", "yolo", "xy"),
    exported("yolo11-pose-xyv", "yolo", "xyv"),
    exported("yolov10", "yolo-end2end", "none"),
    exported("yolo26-pose-xy", "yolo-end2end", "xy"),
    exported("yolo26-pose-xyv", "yolo-end2end", "xyv"),
    exported("yolov5", "yolov5", "none"),
    exported("yolov7", "yolov5", "none"),
    exported("yolox", "yolox", "none"),
    exported("yolox-decoded", "yolov5", "none"),
    exported("detr", "detr", "none"),
    exported("deformable-detr", "detr", "none"),
    exported("rt-detr", "rt-detr", "none"),
    exported("rt-detr-ultralytics", "rt-detr-ultralytics", "none"),
    exported("faster-rcnn", "torchvision", "none"),
    exported("retinanet", "torchvision", "none"),
];

/// The `[detector]` table for a network of `tests/data/detectors`.
pub fn detector_table(decoder: &str, points: &str) -> String {
    format!(
        "[detector]\nfile = \"detector.onnx\"\ndecoder = \"{decoder}\"\npoints = \"{points}\"\n\
         width = 64\nheight = 128\nchannels = 3\n\
         window_percentiles = [0.5, 99.5]\nscale = 255.0\nmean = [0.0, 0.0, 0.0]\nstd = [1.0, 1.0, 1.0]\n\
         classes = [\"T12\", \"L1\"]\nscore_threshold = 0.35\niou_threshold = 0.4\nat_most = 25\n\n"
    )
}

/// The demo bundle with this network and `[detector]` table, its digests right. The fusion model does
/// without the features of shape, which some of the networks cannot give; the self-test has none either.
pub fn bundle_with_detector(network: &str, table: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let demo = root().join("bundles/demo");
    let networks = root().join("tests/data/detectors");
    fs::copy(networks.join(format!("{network}.onnx")), folder.path().join("detector.onnx")).unwrap();
    for file in ["backbone.onnx", "self_test.png", "training.json"] {
        fs::copy(demo.join(file), folder.path().join(file)).unwrap();
    }
    let manifest = fs::read_to_string(demo.join("bundle.toml")).unwrap();
    let (start, end) = (manifest.find("[detector]").unwrap(), manifest.find("[crop]").unwrap());
    let changed = without_shape(&format!("{}{table}{}", &manifest[..start], &manifest[end..]));
    fs::write(folder.path().join("bundle.toml"), with_digest(&changed, "detector.onnx", folder.path())).unwrap();
    folder
}

/// The bundle of one of [`EXPORTED`].
pub fn bundle_of(exported: &Exported) -> TempDir {
    bundle_with_detector(exported.network, &detector_table(exported.decoder, exported.points))
}

/// The manifest without the fusion model's features of shape.
fn without_shape(manifest: &str) -> String {
    const FEATURE: &str = "[[fusion.feature]]\n";
    let mut parts = manifest.split(FEATURE);
    let head = parts.next().unwrap();
    let kept: Vec<&str> = parts.filter(|feature| !feature.starts_with("name = \"shape_")).collect();
    assert!(!kept.is_empty(), "the demo bundle has features that are not of shape");
    [&[head], &kept[..]].concat().join(FEATURE)
}

/// The manifest with the digest of `file` as it is.
pub fn with_digest(manifest: &str, file: &str, folder: &Path) -> String {
    let mut digest = String::new();
    for byte in Sha256::digest(fs::read(folder.join(file)).unwrap()) {
        write!(digest, "{byte:02x}").unwrap();
    }
    let line =
        |l: &str| if l.starts_with(&format!("\"{file}\" =")) { format!("\"{file}\" = \"{digest}\"") } else { l.into() };
    manifest.lines().map(line).collect::<Vec<_>>().join("\n")
}
