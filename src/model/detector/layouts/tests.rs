//! What holds for all layouts: the same body in each, and no outputs that make one panic.

use proptest::prelude::*;

use super::*;
use crate::findings::SixPoints;

fn layout(decoder: Decoder, points: Points, classes: usize) -> Layout {
    Layout { decoder, points, classes, width: 96, height: 192 }
}

fn output(name: &str, shape: &[i64], values: &[f32]) -> Output {
    let header = Header { name: name.into(), element: Element::Float32, shape: Some(shape.to_vec()) };
    Output { header, values: values.to_vec() }
}

fn labels(name: &str, shape: &[i64], values: &[f32]) -> Output {
    let mut output = output(name, shape, values);
    output.header.element = Element::Int64;
    output
}

/// The one body: class 1 of 2, score 0.9, from (10, 20) to (30, 60).
fn expect(layout: Layout, outputs: &[Output]) -> Detection {
    let found = layout.decode(outputs, 0.5).unwrap();
    let name = layout.decoder.name();
    assert_eq!(found.len(), 1, "{name}");
    let BoundingBox { x0, y0, x1, y1 } = found[0].region;
    for (got, wanted) in [x0, y0, x1, y1].into_iter().zip([10.0, 20.0, 30.0, 60.0]) {
        assert!((got - wanted).abs() < 1e-4, "{name}: {got} is not {wanted}");
    }
    assert_eq!(found[0].class, 1, "{name}");
    assert!((found[0].score - 0.9).abs() < 1e-4, "{name}: {}", found[0].score);
    found[0]
}

fn plain(decoder: Decoder, outputs: &[Output]) {
    assert_eq!(expect(layout(decoder, Points::None, 2), outputs).points, None);
}

#[test]
fn yolo_has_a_column_a_box() {
    let rows = [20.0, 5.0, 40.0, 5.0, 20.0, 2.0, 40.0, 2.0, 0.1, 0.2, 0.9, 0.1];
    plain(Decoder::Yolo, &[output("output0", &[1, 6, 2], &rows)]);
}

#[test]
fn end_to_end_has_a_row_a_box() {
    let rows = [10.0, 20.0, 30.0, 60.0, 0.9, 1.0, 0.0, 0.0, 1.0, 1.0, 0.1, 0.0];
    plain(Decoder::YoloEnd2end, &[output("output0", &[1, 2, 6], &rows)]);
}

#[test]
fn yolov5_multiplies_by_objectness() {
    let rows = [20.0, 40.0, 20.0, 40.0, 0.95, 0.1, 0.9 / 0.95, 20.0, 40.0, 20.0, 40.0, 0.4, 0.9, 1.0];
    plain(Decoder::Yolov5, &[output("output0", &[1, 2, 7], &rows)]);
    let level = output("345", &[1, 3, 1, 1, 7], &[0.0; 21]);
    plain(Decoder::Yolov5, &[output("output", &[1, 2, 7], &rows), level]);
}

#[test]
fn yolox_counts_cells_by_level_then_row_then_column() {
    // 96 x 192: 12 x 24, 6 x 12 and 3 x 6 cells. The centre (20, 40) is in each level's cell below.
    for (stride, first, columns) in [(8.0f32, 0, 12), (16.0, 288, 6), (32.0, 360, 3)] {
        let mut values = vec![0.0; 378 * 7];
        let (x, y) = ((20.0 / stride).floor(), (40.0 / stride).floor());
        let at = 7 * (first + y as usize * columns + x as usize);
        values[at..at + 7].copy_from_slice(&[
            20.0 / stride - x,
            40.0 / stride - y,
            (20.0 / stride).ln(),
            (40.0 / stride).ln(),
            0.9,
            0.2,
            1.0,
        ]);
        plain(Decoder::Yolox, &[output("output", &[1, 378, 7], &values)]);
    }
    let of_another_size = output("output", &[1, 377, 7], &[0.0; 377 * 7]);
    let refusal = layout(Decoder::Yolox, Points::None, 2).decode(&[of_another_size], 0.5).unwrap_err();
    assert!(refusal.says.contains("[1, 378, 7]") && refusal.has.contains("[1, 377, 7]"), "{refusal:?}");
}

#[test]
fn detr_has_fractions_and_logits() {
    let boxes = [20.0 / 96.0, 40.0 / 192.0, 20.0 / 96.0, 40.0 / 192.0, 0.5, 0.5, 0.1, 0.1];
    let boxes = output("pred_boxes", &[1, 2, 4], &boxes);
    let sigmoid = output("logits", &[1, 2, 2], &[-3.0, 2.197_225, -3.0, -3.0]);
    plain(Decoder::Detr, &[sigmoid.clone(), boxes.clone()]);
    let softmax = output("logits", &[1, 2, 3], &[0.0, 2.890_372, 0.0, 0.0, 0.0, 9.0]);
    plain(Decoder::Detr, &[softmax, boxes.clone()]);
    // A hidden state of as many columns as there are classes is no reason to take it for logits.
    let hidden = output("hidden", &[1, 2, 2], &[0.0; 4]);
    plain(Decoder::Detr, &[hidden, boxes.clone(), sigmoid.clone()]);
    let fewer = output("logits", &[1, 1, 2], &sigmoid.values[..2]);
    assert!(layout(Decoder::Detr, Points::None, 2).decode(&[fewer, boxes], 0.5).is_err());
}

#[test]
fn rt_detr_of_ultralytics_has_fractions_and_scores() {
    let rows = [20.0 / 96.0, 40.0 / 192.0, 20.0 / 96.0, 40.0 / 192.0, 0.1, 0.9, 0.5, 0.5, 0.1, 0.1, 0.2, 0.1];
    plain(Decoder::RtDetrUltralytics, &[output("output0", &[1, 2, 6], &rows)]);
}

#[test]
fn rt_detr_counts_labels_from_0() {
    let outputs = [
        labels("labels", &[1, 2], &[1.0, 0.0]),
        output("boxes", &[1, 2, 4], &[10.0, 20.0, 30.0, 60.0, 0.0, 0.0, 9.0, 9.0]),
        output("scores", &[1, 2], &[0.9, 0.1]),
    ];
    plain(Decoder::RtDetr, &outputs);
}

#[test]
fn torchvision_counts_labels_from_1_and_may_have_numbers_for_names() {
    let rows = [10.0, 20.0, 30.0, 60.0, 0.0, 0.0, 9.0, 9.0];
    // Label 0 is the background.
    let found = |names: [&str; 3]| {
        let [boxes, classes, scores] = names;
        [output(scores, &[2], &[0.9, 0.99]), labels(classes, &[2], &[2.0, 0.0]), output(boxes, &[2, 4], &rows)]
    };
    plain(Decoder::Torchvision, &found(["boxes", "labels", "scores"]));
    plain(Decoder::Torchvision, &found(["2881", "2883", "2882"]));
    let [scores, classes, _] = found(["boxes", "labels", "scores"]);
    let fewer = [scores, classes, output("boxes", &[1, 4], &rows[..4])];
    assert!(layout(Decoder::Torchvision, Points::None, 2).decode(&fewer, 0.5).is_err());
}

/// x, y and the probability to be seen.
const SIX: [[f32; 3]; 6] =
    [[11.0, 21.0, 0.9], [20.0, 22.0, 0.8], [29.0, 23.0, 0.7], [12.0, 59.0, 0.6], [21.0, 58.0, 0.9], [28.0, 57.0, 0.9]];

fn points_as(points: Points, six: [[f32; 3]; 6]) -> Vec<f32> {
    six.iter().flat_map(|p| p[..points.columns() / 6].to_vec()).collect()
}

#[test]
fn points_are_in_the_order_of_the_manual() {
    let expected = SixPoints {
        upper: [[11.0, 21.0], [20.0, 22.0], [29.0, 23.0]],
        lower: [[12.0, 59.0], [21.0, 58.0], [28.0, 57.0]],
    };
    for points in [Points::Xy, Points::Xyv] {
        let columns = [vec![20.0, 40.0, 20.0, 40.0, 0.2, 0.9], points_as(points, SIX)].concat();
        let shape = [1, columns.len() as i64, 1];
        let one = expect(layout(Decoder::Yolo, points, 2), &[output("output0", &shape, &columns)]);
        assert_eq!(one.points, Some(expected));
        let row = [vec![10.0, 20.0, 30.0, 60.0, 0.9, 1.0], points_as(points, SIX)].concat();
        let shape = [1, 1, row.len() as i64];
        let one = expect(layout(Decoder::YoloEnd2end, points, 2), &[output("output0", &shape, &row)]);
        assert_eq!(one.points, Some(expected));
    }
}

#[test]
fn a_body_with_a_point_that_is_hidden_or_no_number_keeps_its_box_only() {
    for spoil in [[28.0, 57.0, 0.4], [f32::NAN, 57.0, 0.9]] {
        let six = [SIX[0], SIX[1], SIX[2], SIX[3], SIX[4], spoil];
        let row = [vec![10.0, 20.0, 30.0, 60.0, 0.9, 1.0], points_as(Points::Xyv, six)].concat();
        let found = expect(layout(Decoder::YoloEnd2end, Points::Xyv, 2), &[output("output0", &[1, 1, 24], &row)]);
        assert_eq!(found.points, None);
    }
}

#[test]
fn a_refusal_says_what_there_is_what_is_wanted_and_what_would_fit() {
    let refusal = |decoder, classes, shape: &[i64]| {
        let header = Header { name: "output0".into(), element: Element::Float32, shape: Some(shape.to_vec()) };
        layout(decoder, Points::None, classes).check(&[header]).unwrap_err()
    };
    let eighty = refusal(Decoder::Yolo, 2, &[1, 84, 8400]);
    assert_eq!(eighty.has, "its outputs are output0 float32 [1, 84, 8400]");
    assert_eq!(eighty.says, "[detector] says decoder = \"yolo\" and 2 classes: float32 [1, 6, N]");
    assert_eq!(eighty.remedy, "these outputs would fit 80 names in [detector] classes");
    let masks = refusal(Decoder::Yolo, 2, &[1, 32, 160, 160]);
    assert!(masks.remedy.contains("docs/bundle.md"), "{masks:?}");
    let pair = refusal(Decoder::Detr, 9, &[1, 300, 2]);
    assert!(pair.remedy.contains("docs/bundle.md"), "no boxes beside it: {pair:?}");
    let v5 = refusal(Decoder::Yolo, 2, &[1, 25200, 7]);
    assert_eq!(v5.remedy, "these outputs would fit decoder = \"yolov5\"");
    let pose = refusal(Decoder::Yolo, 1, &[1, 23, -1]);
    assert_eq!(
        pose.remedy,
        "these outputs would fit 19 names in [detector] classes or decoder = \"yolo\" with points = \"xyv\""
    );
}

#[test]
fn scores_above_1_and_classes_nobody_named_are_refused() {
    let row = |score: f32, class: f32| [output("output0", &[1, 1, 6], &[1.0, 2.0, 3.0, 4.0, score, class])];
    let decode = |score, class| layout(Decoder::YoloEnd2end, Points::None, 2).decode(&row(score, class), 0.5);
    assert_eq!(decode(1.0, 1.0).unwrap().len(), 1);
    assert!(decode(7.25, 1.0).unwrap_err().has.contains("7.25"));
    assert!(decode(0.9, 2.0).unwrap_err().has.contains("class number 2"));
    assert!(decode(0.1, 2.0).unwrap().is_empty(), "nobody asked for it");
    assert!(decode(0.9, f32::NAN).unwrap().is_empty());
    assert!(decode(0.9, -1.0).unwrap().is_empty());
}

/// Ordinary numbers, and such as a network gives when something went wrong.
fn number() -> impl Strategy<Value = f32> {
    prop_oneof![
        4 => 0.0f32..1.0,
        2 => -300.0f32..300.0,
        1 => prop::sample::select(vec![
            f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, f32::MIN_POSITIVE, -0.0, 1e30, 88.0, 710.0,
        ]),
    ]
}

/// Shapes near those of the layouts, and shapes that are lies.
fn shape() -> impl Strategy<Value = Vec<i64>> {
    let near = (0usize..12, 0i64..4).prop_map(|(kind, n)| match kind {
        0 => vec![1, 6, n],
        1 => vec![1, 18, n],
        2 => vec![1, 24, n],
        3 => vec![1, n, 6],
        4 => vec![1, n, 7],
        5 => vec![1, n, 18],
        6 => vec![1, n, 24],
        7 => vec![1, n, 4],
        8 => vec![1, n, 2],
        9 => vec![1, n, 3],
        10 => vec![n, 4],
        _ => vec![1, 378, 7],
    });
    let flat = prop_oneof![(0i64..4).prop_map(|n| vec![n]), (0i64..4).prop_map(|n| vec![1, n])];
    let lie = prop::collection::vec(prop_oneof![Just(i64::MAX), Just(i64::MIN), -2i64..30], 0..5);
    prop_oneof![4 => near, 3 => flat, 1 => lie]
}

fn any_output() -> impl Strategy<Value = Output> {
    let names = ["boxes", "labels", "scores", "logits", "pred_boxes", "output0", "2881"];
    let elements = [Element::Float32, Element::Float32, Element::Int64, Element::Int32, Element::Other("float16")];
    let values = prop::collection::vec(number(), 1..64);
    (prop::sample::select(names.to_vec()), prop::sample::select(elements.to_vec()), shape(), values, 0usize..8)
        .prop_map(|(name, element, shape, pattern, cut)| {
            let count = shape.iter().try_fold(1usize, |p, l| p.checked_mul(usize::try_from(*l).ok()?)).unwrap_or(7);
            // One of eight has another number of values than its shape says.
            let count = if cut == 0 { count.min(9000) / 2 } else { count.min(9000) };
            let values = pattern.iter().copied().cycle().take(count).collect();
            Output { header: Header { name: name.into(), element, shape: Some(shape) }, values }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_outputs_make_a_decoder_panic_or_give_a_box_that_is_not_finite(
        outputs in prop::collection::vec(any_output(), 0..5),
        classes in 1usize..4,
        threshold in -0.5f64..1.0,
    ) {
        for decoder in Decoder::ALL {
            for points in Points::ALL.into_iter().filter(|p| *p == Points::None || decoder.may_have_points()) {
                let layout = layout(decoder, points, classes);
                let Ok(found) = layout.decode(&outputs, threshold) else { continue };
                for d in found {
                    prop_assert!(is_finite(&d.region), "{decoder:?}: {d:?}");
                    prop_assert!(d.score >= threshold && d.score <= LARGEST_SCORE && d.class < classes, "{decoder:?}: {d:?}");
                    let points = d.points.iter().flat_map(|p| p.upper.iter().chain(&p.lower)).flatten();
                    prop_assert!(points.copied().all(f64::is_finite), "{decoder:?}: {d:?}");
                }
            }
        }
    }

    #[test]
    fn every_layout_is_reached_by_such_outputs(values in prop::collection::vec(number(), 378 * 7)) {
        let cut = |n: usize| &values[..n];
        let of = |shape: &[i64]| output("output0", shape, cut(shape.iter().product::<i64>() as usize));
        let named = |name: &str, shape: &[i64]| output(name, shape, cut(shape.iter().product::<i64>() as usize));
        let cases = [
            (Decoder::Yolo, Points::None, vec![of(&[1, 6, 20])]),
            (Decoder::Yolo, Points::Xyv, vec![of(&[1, 24, 20])]),
            (Decoder::YoloEnd2end, Points::None, vec![of(&[1, 20, 6])]),
            (Decoder::YoloEnd2end, Points::Xy, vec![of(&[1, 20, 18])]),
            (Decoder::Yolov5, Points::None, vec![of(&[1, 20, 7])]),
            (Decoder::Yolox, Points::None, vec![of(&[1, 378, 7])]),
            (Decoder::Detr, Points::None, vec![named("logits", &[1, 20, 3]), named("pred_boxes", &[1, 20, 4])]),
            (Decoder::RtDetrUltralytics, Points::None, vec![of(&[1, 20, 6])]),
            (
                Decoder::RtDetr,
                Points::None,
                vec![named("boxes", &[1, 20, 4]), named("labels", &[1, 20]), named("scores", &[1, 20])],
            ),
            (
                Decoder::Torchvision,
                Points::None,
                vec![named("boxes", &[20, 4]), named("labels", &[20]), named("scores", &[20])],
            ),
        ];
        for (decoder, points, outputs) in cases {
            let layout = layout(decoder, points, 2);
            prop_assert!(layout.found_in(&outputs.iter().map(|o| o.header.clone()).collect::<Vec<_>>()), "{decoder:?}");
            for d in layout.decode(&outputs, 0.1).unwrap_or_default() {
                prop_assert!(is_finite(&d.region), "{decoder:?}: {d:?}");
            }
        }
    }
}
