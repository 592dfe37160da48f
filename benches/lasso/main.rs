//! Cross-validates a path of multinomial LASSO on drawn samples shaped like a study's.
//!
//! `compare.py` beside this file runs it in turn with scikit-learn; alone,
//! `cargo bench --bench lasso -- SAMPLES FEATURES FOLDS PENALTIES FOLDER` prints one JSON object, and leaves what was
//! fitted in FOLDER for the peer: `x.bin` [samples, features] and `penalties.bin` as float64, `y.bin` and `fold.bin` as
//! int64.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use spinetriage::training::design::Design;
use spinetriage::training::lasso::{self, Folds, Until};
use spinetriage::training::standard_scores::StandardScores;

const CLASSES: usize = 3;
/// Features that tell the classes; many others follow them with noise, as radiomics and deep features do.
const TELL: usize = 20;
/// The least penalty as a part of the largest, as `train` has it.
const LEAST: f64 = 0.01;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [samples, features, folds, penalties, folder] = arguments.as_slice() else {
        eprintln!("usage: cargo bench --bench lasso -- SAMPLES FEATURES FOLDS PENALTIES FOLDER");
        std::process::exit(2);
    };
    let number = |text: &String| text.parse::<usize>().expect("a number");
    let (samples, folds, penalties) = (number(samples), number(folds), number(penalties));
    let (design, labels) = drawn(samples, number(features));
    let each: Vec<usize> = (0..samples).collect();
    let fold = Folds::stratified(&labels, &each, CLASSES, folds, 1);
    let penalties = lasso::penalties(lasso::largest_penalty(&design, &labels, CLASSES), LEAST, penalties);

    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let start = Instant::now();
    let as_they_are = |seen, unseen| (seen, unseen);
    let found =
        lasso::cross_validate(&design, &labels, CLASSES, (&penalties, &fold, Until::End), threads, as_they_are, || {});
    let cross_validated = start.elapsed().as_secs_f64();
    let path = lasso::path(&design, &labels, CLASSES, &penalties, || {});
    let seconds = start.elapsed().as_secs_f64();

    let mut of = vec![0_i64; samples];
    (0..folds).for_each(|f| fold.split(f).1.into_iter().for_each(|i| of[i] = f as i64));
    let folder = Path::new(folder);
    let put = |name: &str, bytes: Vec<u8>| fs::write(folder.join(name), bytes).expect("the folder can be written");
    put("x.bin", (0..samples).flat_map(|i| design.row(i)).flat_map(f64::to_le_bytes).collect());
    put("penalties.bin", penalties.iter().flat_map(|p| p.to_le_bytes()).collect());
    put("y.bin", labels.iter().flat_map(|l| (*l as i64).to_le_bytes()).collect());
    put("fold.bin", of.iter().flat_map(|f| f.to_le_bytes()).collect());
    println!(
        "{}",
        serde_json::json!({
            "seconds": seconds, "cross_validation_seconds": cross_validated, "loss": found.loss,
            "kept": path.iter().map(|model| model.coefficients.len()).collect::<Vec<_>>(),
        })
    );
}

/// Standard scores of drawn samples, with their classes.
fn drawn(samples: usize, features: usize) -> (Design, Vec<usize>) {
    let mut rng = StdRng::seed_from_u64(4);
    let mut normal = move || (0..12).map(|_| rng.random_range(0.0..1.0)).sum::<f64>() - 6.0;
    let labels: Vec<usize> = (0..samples).map(|i| i % CLASSES).collect();
    let row = |class: &usize| {
        let tells: Vec<f64> = (0..TELL).map(|j| normal() + if j % CLASSES == *class { 0.8 } else { 0.0 }).collect();
        (0..features).map(|j| if j < TELL { tells[j] } else { 0.6 * tells[j % TELL] + normal() }).collect()
    };
    let raw = Design::from_rows(&labels.iter().map(row).collect::<Vec<Vec<f64>>>());
    (StandardScores::fit(&raw).apply(&raw), labels)
}
