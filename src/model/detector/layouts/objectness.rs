//! YOLO with objectness: [1, N, 5 + classes], score = objectness x class.
//!
//! Source of the layouts: YOLOv5 (github.com/ultralytics/yolov5), `export.py --include onnx`; YOLOv7
//! (github.com/WongKinYiu/yolov7), `export.py --grid`; YOLOX (github.com/Megvii-BaseDetection/YOLOX),
//! `tools/export_onnx.py`, with `--decode_in_inference` like YOLOv5, without it as offsets in cells
//! (the grid and strides are those of its `yolox/utils/demo_utils.py`).

use super::layout::Layout;
use super::numbers::{best, centred};
use crate::model::detection::Detection;
use crate::model::tensor::{Header, Output, floats};

/// Input pixels of a cell of YOLOX's three levels, in the order of the output's rows.
pub const STRIDES: [usize; 3] = [8, 16, 32];

/// One output [1, N, 5 + classes]; the raw levels [1, 3, rows, columns, 5 + classes] that older exports
/// add to it are not looked at.
pub fn find(headers: &[Header], layout: &Layout) -> Option<usize> {
    floats(headers, &[Some(1), None, Some(5 + layout.classes)])
}

/// Columns: centre x, centre y, width, height in input pixels; objectness; a score a class, 0 to 1.
pub fn decode(outputs: &[&Output], headers: &[Header], layout: &Layout) -> Option<Vec<Detection>> {
    let values = &outputs[find(headers, layout)?].values;
    Some(values.chunks_exact(5 + layout.classes).map(row).collect())
}

/// One output [1, cells of all levels, 5 + classes].
pub fn find_cells(headers: &[Header], layout: &Layout) -> Option<usize> {
    floats(headers, &[Some(1), Some(cells(layout)), Some(5 + layout.classes)])
}

/// How many cells the three levels have together.
pub fn cells(layout: &Layout) -> usize {
    STRIDES.iter().map(|stride| (layout.width / stride) * (layout.height / stride)).sum()
}

/// Columns: the centre as offset from its cell's top left corner in cells, the logarithms of width and
/// height in cells; objectness; a score a class. Rows: the levels from fine to coarse, each row by row.
pub fn decode_cells(outputs: &[&Output], headers: &[Header], layout: &Layout) -> Option<Vec<Detection>> {
    let values = &outputs[find_cells(headers, layout)?].values;
    let places = STRIDES.iter().flat_map(|stride| {
        let (columns, rows) = (layout.width / stride, layout.height / stride);
        (0..rows).flat_map(move |y| (0..columns).map(move |x| (x as f64, y as f64, *stride as f64)))
    });
    let detection = |(values, (x, y, stride)): (&[f32], (f64, f64, f64))| {
        let [cx, cy, w, h] = [0, 1, 2, 3].map(|i| f64::from(values[i]));
        let region = centred([(cx + x) * stride, (cy + y) * stride, w.exp() * stride, h.exp() * stride]);
        Detection { region, ..row(values) }
    };
    Some(values.chunks_exact(5 + layout.classes).zip(places).map(detection).collect())
}

fn row(values: &[f32]) -> Detection {
    let (class, score) = best(values[5..].iter().map(|s| f64::from(*s)));
    let region = centred([0, 1, 2, 3].map(|i| f64::from(values[i])));
    Detection { region, score: f64::from(values[4]) * score, class, points: None }
}
