//! The filters' images against PyRadiomics' (origin: `tests/data/radiomics/README.md`).

use std::path::PathBuf;

use super::{Filter, derive};
use crate::radiomics::image::Image;
use crate::radiomics::region::Frame;

#[path = "../../../tests/support/npy.rs"]
mod npy;

/// The cases with spacing (row, column) in mm.
const CASES: [(&str, [f64; 2]); 2] = [("c2_aniso_16bit_bw500", [0.2, 0.15]), ("c5_border_bc16", [0.15, 0.15])];

fn data(file: &str) -> npy::Array {
    npy::read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/radiomics").join(file))
}

fn image(case: &str, [row_mm, column_mm]: [f64; 2]) -> Image {
    let array = data(&format!("{case}.image.npy"));
    Image { width: array.columns, height: array.rows, pixels: array.values, row_mm, column_mm }
}

fn all_filters() -> Vec<Filter> {
    Filter::NAMES.iter().flat_map(|name| Filter::named(name, &[1.0, 3.0]).unwrap()).collect()
}

/// Largest difference a filter's image may have, as a share of its largest magnitude.
fn tolerance(name: &str) -> f64 {
    match name {
        "lbp-2D" => 0.0,
        "gradient" => 1e-6, // 32 bits there and here
        name if name.starts_with("log-sigma") => 1e-6,
        _ => 1e-12,
    }
}

#[test]
fn filtered_images_equal_those_of_pyradiomics() {
    for (case, spacing) in CASES {
        let image = image(case, spacing);
        let whole = Frame { left: 0, top: 0, width: image.width, height: image.height };
        let mut compared = 0;
        for derived in all_filters().into_iter().skip(1).flat_map(|filter| derive(filter, &image, whole).unwrap()) {
            let expected = data(&format!("filters/{case}.{}.npy", derived.name)).values;
            let largest = expected.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
            let pairs = derived.values.iter().zip(&expected);
            let difference = pairs.fold(0.0, |worst: f64, (ours, theirs)| worst.max((ours - theirs).abs()));
            println!("{case} {:<22} {:.1e} of the largest", derived.name, difference / largest);
            assert!(difference <= tolerance(&derived.name) * largest, "{case} {}: {difference:e}", derived.name);
            assert_eq!(derived.values.len(), expected.len());
            compared += 1;
        }
        assert_eq!(compared, 12);
    }
}

#[test]
fn a_frame_sees_what_the_whole_image_sees() {
    for (case, spacing) in CASES {
        let image = image(case, spacing);
        let whole = Frame { left: 0, top: 0, width: image.width, height: image.height };
        let corner = Frame { left: image.width - 11, top: image.height - 13, width: 11, height: 13 };
        for frame in [Frame { left: 7, top: 5, width: 21, height: 10 }, corner, Frame { width: 1, height: 1, ..whole }]
        {
            for filter in all_filters() {
                let parts = derive(filter, &image, frame).unwrap();
                for (part, all) in parts.iter().zip(derive(filter, &image, whole).unwrap()) {
                    let cut: Vec<f64> = frame.rows(&all.values, image.width).flatten().copied().collect();
                    assert_eq!(part.values, cut, "{case} {} {frame:?}", all.name);
                }
            }
        }
    }
}
