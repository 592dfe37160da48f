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
    copy_demo_files(folder.path(), &["detector.onnx"]);
    let manifest = without_points(&fs::read_to_string(demo.join("bundle.toml")).unwrap());
    let (start, end) = (manifest.find("[detector]").unwrap(), manifest.find("[crop]").unwrap());
    let changed = without_shape(&format!("{}{table}{}", &manifest[..start], &manifest[end..]));
    fs::write(folder.path().join("bundle.toml"), with_digest(&changed, "detector.onnx", folder.path())).unwrap();
    folder
}

/// The bundle of one of [`EXPORTED`].
pub fn bundle_of(exported: &Exported) -> TempDir {
    bundle_with_detector(exported.network, &detector_table(exported.decoder, exported.points))
}

/// Copies the files that the demo bundle's manifest lists, but for `others`.
pub fn copy_demo_files(folder: &Path, others: &[&str]) {
    for entry in fs::read_dir(root().join("bundles/demo")).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap();
        if !["bundle.toml", "README.md"].contains(&name) && !others.contains(&name) {
            fs::copy(&file, folder.join(name)).unwrap();
        }
    }
}

/// The manifest without one of its tables, which ends where the next one begins.
fn without_table(manifest: &str, header: &str) -> String {
    let (before, table) = manifest.split_once(&format!("{header}\n")).unwrap_or_else(|| panic!("{header}"));
    let after = table.find("\n[").map_or("", |end| &table[end + 1..]);
    format!("{before}{after}")
}

/// The manifest without the points network, which needs a detector with points.
pub fn without_points(manifest: &str) -> String {
    without_table(&without_table(manifest, "[points.self_test]"), "[points]")
}

/// The manifest without the fusion model's features of shape, and what goes by their number.
fn without_shape(manifest: &str) -> String {
    const FEATURE: &str = "[[fusion.feature]]\n";
    let manifest = without_table(manifest, "[fusion.likeness]");
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
