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
    for pixels in SCALING.into_iter().filter(|pixels| only.contains(&format!("scaling-{pixels}"))) {
        let (image, mask) = enlarged(&image, &mask, pixels);
        fastest.insert(format!("scaling-{pixels}"), fastest_ms(rounds, &image, &mask, &original).into());
    }
    println!("{}", serde_json::Value::Object(fastest));
}

/// Sizes of the region, in pixels, by which is seen how time grows.
const SCALING: [usize; 5] = [5_000, 20_000, 80_000, 200_000, 500_000];

/// Image and mask with pixels repeated or left out, so that the region has about `pixels`; noise of
/// a level or two keeps the texture as fine as it was.
fn enlarged(image: &Image, mask: &Mask, pixels: usize) -> (Image, Mask) {
    let region = mask.inside.iter().filter(|&&inside| inside).count();
    let factor = (pixels as f64 / region as f64).sqrt();
    let (width, height) = ((image.width as f64 * factor) as usize, (image.height as f64 * factor) as usize);
    let from = |index: usize| {
        let (row, column) = (index / width, index % width);
        ((row as f64 / factor) as usize).min(image.height - 1) * image.width
            + ((column as f64 / factor) as usize).min(image.width - 1)
    };
    let noise = |index: usize| (index.wrapping_mul(2_654_435_761) >> 7 & 0xFF) as f64;
    let pixels = (0..width * height).map(|index| image.pixels[from(index)] + noise(index)).collect();
    let inside = (0..width * height).map(|index| mask.inside[from(index)]).collect();
    (Image { width, height, pixels, ..*image }, Mask { width, height, inside })
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
