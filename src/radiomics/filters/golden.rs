//! The filtered images against PyRadiomics', before any feature hides a mistake; and whether a frame
//! is a window on them.

use std::path::Path;

use proptest::prelude::*;

use super::*;

#[path = "../../../tests/support/npy.rs"]
mod npy;

/// The filters of the golden images.
const FILTERS: [Filter; 9] = [
    Filter::Wavelet,
    Filter::LoG { sigma_mm: 1.0 },
    Filter::LoG { sigma_mm: 3.0 },
    Filter::Square,
    Filter::SquareRoot,
    Filter::Logarithm,
    Filter::Exponential,
    Filter::Gradient,
    Filter::Lbp2D,
];

fn array(name: &str) -> npy::Array {
    npy::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/radiomics").join(name))
}

/// A case's image, with the spacing its `.json` says.
fn image(case: &str) -> Image {
    let json = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/radiomics/{case}.json"));
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
    let [column_mm, row_mm] = serde_json::from_value(json["spacing_xy_mm"].clone()).unwrap();
    let npy::Array { rows, columns, values } = array(&format!("{case}.image.npy"));
    Image { width: columns, height: rows, pixels: values, row_mm, column_mm }
}

fn whole(image: &Image) -> Frame {
    Frame { left: 0, top: 0, width: image.width, height: image.height }
}

/// Largest error, as a share of the image's largest magnitude. What needs sums, products and roots
/// only is the same to the last bit, on any machine; the rest hangs on a library's exponentials, and
/// in LoG these move a rounding to 32 bits now and then.
fn tolerance(filter: Filter) -> f64 {
    match filter {
        Filter::LoG { .. } => 1e-6,
        Filter::Logarithm | Filter::Exponential => 1e-12,
        _ => 0.0,
    }
}

#[test]
fn filtered_images_are_those_of_pyradiomics() {
    let mut compared = 0;
    for case in ["c2_aniso_16bit_bw500", "c5_border_bc16"] {
        let image = image(case);
        for filter in FILTERS {
            for Derived { name, values } in derive(filter, &image, whole(&image)).unwrap() {
                let golden = array(&format!("filters/{case}.{name}.npy"));
                assert_eq!((golden.rows, golden.columns), (image.height, image.width));
                assert_eq!(golden.values.len(), values.len());
                let largest = golden.values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
                let pairs = values.iter().zip(&golden.values);
                let worst = pairs.clone().map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f64::max) / largest;
                let same = pairs.filter(|(ours, theirs)| ours == theirs).count();
                println!("{case} {name}: worst {worst:.1e}, {same} of {} to the last bit", values.len());
                assert!(worst <= tolerance(filter), "{case} {name}: {worst:e} of the largest magnitude");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 24);
}

#[test]
fn names_of_log_are_those_of_python() {
    for (sigma_mm, name) in
        [(1.0, "log-sigma-1-0-mm-3D"), (0.5, "log-sigma-0-5-mm-3D"), (12.25, "log-sigma-12-25-mm-3D")]
    {
        assert_eq!(log_name(sigma_mm), name);
    }
}

#[test]
fn degenerate_images_give_values_and_no_panic() {
    let pixels = [0.0, -3.0, 1e300, f64::MAX, f64::MIN_POSITIVE];
    for (width, height) in [(1, 1), (1, 7), (7, 1), (2, 2), (3, 5)] {
        for constant in pixels {
            let image = Image { width, height, pixels: vec![constant; width * height], row_mm: 0.2, column_mm: 1e-3 };
            for filter in FILTERS.into_iter().filter(|filter| !matches!(filter, Filter::LoG { .. })) {
                for derived in derive(filter, &image, whole(&image)).unwrap() {
                    assert_eq!(derived.values.len(), width * height, "{}", derived.name);
                }
            }
        }
    }
}

/// An image of noise and flat areas, and a frame in it.
fn image_and_frame() -> impl Strategy<Value = (Image, Frame)> {
    (1..24_usize, 1..24_usize, 0.3..3.0, 0.3..3.0).prop_flat_map(|(width, height, row_mm, column_mm)| {
        let pixel = prop_oneof![Just(0.0), Just(-7.5), -1e4..1e4];
        let pixels = prop::collection::vec(pixel, width * height);
        let side = |length: usize| (0..length).prop_flat_map(move |first| (Just(first), 1..=length - first));
        (pixels, side(width), side(height)).prop_map(move |(pixels, (left, width_in), (top, height_in))| {
            let image = Image { width, height, pixels, row_mm, column_mm };
            (image, Frame { left, top, width: width_in, height: height_in })
        })
    })
}

proptest! {
    #[test]
    fn a_frame_is_a_window_on_the_whole((image, frame) in image_and_frame()) {
        for filter in FILTERS.into_iter().chain([Filter::Original, Filter::LoG { sigma_mm: 0.1 }]) {
            let (Ok(of_frame), Ok(of_whole)) = (derive(filter, &image, frame), derive(filter, &image, whole(&image)))
            else {
                prop_assert!(matches!(filter, Filter::LoG { .. }), "only LoG refuses an image");
                continue;
            };
            for (part, all) in of_frame.zip(of_whole) {
                prop_assert_eq!(&part.name, &all.name);
                let window = frame.rows(&all.values, image.width).flatten();
                let bits = |value: &f64| value.to_bits();
                prop_assert!(part.values.iter().map(bits).eq(window.map(bits)), "{}", part.name);
            }
        }
    }
}
