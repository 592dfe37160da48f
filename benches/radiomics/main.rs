//! Times `radiomics::extract` on the region of PyRadiomics' own speed figures, one JSON object on stdout.
//!
//! `compare.py` beside this file runs it in turn with the peers and prints the ratios; alone,
//! `cargo bench --bench radiomics -- IMAGE.npy MASK.npy ROUNDS [JOB...]` gives milliseconds only.

#[path = "../../tests/support/npy.rs"]
mod npy;

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use spinetriage::radiomics::{Binning, FeatureClass, Filter, Image, ImageType, Mask, Settings, extract};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [image, mask, rounds, only @ ..] = arguments.as_slice() else {
        eprintln!("usage: cargo bench --bench radiomics -- IMAGE.npy MASK.npy ROUNDS [JOB...]");
        std::process::exit(2);
    };
    let rounds: usize = rounds.parse().expect("ROUNDS is a number");
    let (image, mask) = (npy::read(Path::new(image)), npy::read(Path::new(mask)));
    let image = Image { width: image.columns, height: image.rows, pixels: image.values, row_mm: 0.15, column_mm: 0.15 };
    let inside = mask.values.iter().map(|&value| value != 0.0).collect();
    let mask = Mask { width: mask.columns, height: mask.rows, inside };

    let original = Settings { binning: Binning::Count(32), ..Settings::default() };
    let mut jobs = vec![("original".to_owned(), original.clone())];
    for class in FeatureClass::ALL {
        jobs.push((class.name().to_owned(), Settings { feature_classes: vec![class], ..original.clone() }));
    }
    jobs.push(("all".to_owned(), Settings { image_types: all_image_types(), ..original.clone() }));
    for image_type in all_image_types() {
        let name = format!("{:?}", image_type.filter);
        let settings =
            Settings { image_types: vec![image_type], feature_classes: vec![FeatureClass::Ngtdm], ..original.clone() };
        jobs.push((name, settings));
    }
    let mut fastest = serde_json::Map::new();
    for (name, settings) in jobs.into_iter().filter(|(name, _)| only.is_empty() || only.contains(name)) {
        fastest.insert(name, fastest_ms(rounds, &image, &mask, &settings).into());
    }
    println!("{}", serde_json::Value::Object(fastest));
}

/// Every filter, LoG with five widths: 16 images, 1497 features.
fn all_image_types() -> Vec<ImageType> {
    let filters = Filter::NAMES.iter().flat_map(|name| Filter::named(name, &[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap());
    filters.map(ImageType::from).collect()
}

/// The fastest of the rounds: what else the machine does can only add to it.
fn fastest_ms(rounds: usize, image: &Image, mask: &Mask, settings: &Settings) -> f64 {
    let once = || {
        let start = Instant::now();
        let features = extract(black_box(image), black_box(mask), settings).expect("the region has all features");
        black_box(features);
        start.elapsed().as_secs_f64() * 1e3
    };
    once();
    (0..rounds).map(|_| once()).fold(f64::INFINITY, f64::min)
}
