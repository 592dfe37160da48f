//! Fits every kind with every setting of its grid and measures it on the sets that are not the training's.
//!
//! `compare.py` beside this file runs it in turn with scikit-learn, XGBoost and LightGBM; alone,
//! `cargo bench --bench classifiers -- FEATURES.csv SCORES.csv SEEDS` prints one JSON object a fit, and writes what
//! was fitted on, the standard scores of the features with the largest LASSO weights, to SCORES.csv.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use spinetriage::classifier::Kind;
use spinetriage::evaluation::TRAINING;
use spinetriage::statistics::macro_area;
use spinetriage::training::classifiers::{HeldOut, choose, fit, grid};
use spinetriage::training::design::Design;
use spinetriage::training::labelled::Purpose;
use spinetriage::training::lasso::{self, Folds};
use spinetriage::training::standard_scores::StandardScores;
use spinetriage::training::table::Table;

const CLASSES: usize = 3;
/// Features that are fitted on.
const FEATURES: usize = 24;
/// Folds that settings are chosen by.
const FOLDS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [features, scores, seeds] = arguments.as_slice() else {
        eprintln!("usage: cargo bench --bench classifiers -- FEATURES.csv SCORES.csv SEEDS");
        std::process::exit(2);
    };
    let seeds: u64 = seeds.parse().expect("SEEDS is a number");
    let table =
        Table::read(Path::new(features), CLASSES, Purpose::Train { folds: FOLDS }).unwrap_or_else(|e| panic!("{e}"));
    let labels = table.labels.clone();
    let train = table.of_set(TRAINING);
    let design = selected(&table, &labels, &train);
    write_scores(Path::new(scores), &table, &design);

    let of = |samples: &[usize]| -> Vec<usize> { samples.iter().map(|&i| labels[i]).collect() };
    let (seen, truth) = (design.rows(&train), of(&train));
    let patients: Vec<&str> = train.iter().map(|&i| table.bodies[i].patient.as_str()).collect();
    let folds = Folds::stratified(&truth, &patients, CLASSES, FOLDS, 1);
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let held_out = HeldOut::all(&seen, &truth, &folds, threads, |seen, _, unseen| (seen, unseen));
    for kind in Kind::ALL {
        let chosen = choose(&grid(kind), &held_out, (&truth, CLASSES), 1, threads, || {})
            .unwrap_or_else(|e| panic!("{e}"))
            .settings;
        for settings in grid(kind) {
            for seed in 1..=seeds {
                let start = Instant::now();
                let fitted = fit(&seen, &truth, CLASSES, &settings, seed).unwrap_or_else(|e| panic!("{e}"));
                let ms = start.elapsed().as_secs_f64() * 1e3;
                let bytes = serde_json::to_string(&fitted).expect("a classifier can be written").len();
                let mut areas = serde_json::Map::new();
                for set in table.other_sets() {
                    let samples = table.of_set(set);
                    let judged: Vec<Vec<f64>> = samples.iter().map(|&i| fitted.probabilities(&design.row(i))).collect();
                    areas.insert(set.to_owned(), macro_area(&of(&samples), &judged).into());
                }
                let line = serde_json::json!({
                    "settings": settings, "says": settings.to_string(), "chosen": settings == chosen,
                    "seed": seed, "areas": areas, "ms": ms, "bytes": bytes,
                });
                println!("{line}");
            }
        }
    }
}

/// Standard scores of the features with the largest LASSO weights.
fn selected(table: &Table, labels: &[usize], train: &[usize]) -> Design {
    let scores = StandardScores::fit(&table.values.rows(train)).apply(&table.values);
    let (seen, truth) = (scores.rows(train), train.iter().map(|&i| labels[i]).collect::<Vec<usize>>());
    let penalties = lasso::penalties(lasso::largest_penalty(&seen, &truth, CLASSES), 0.1, 30);
    let path = lasso::path(&seen, &truth, CLASSES, &penalties, || {});
    let model = path.iter().find(|model| model.coefficients.len() >= FEATURES).or(path.last()).expect("a path of 30");
    let weight = |coefficients: &[f64]| coefficients.iter().map(|c| c.abs()).sum::<f64>();
    let mut by_weight = model.coefficients.clone();
    by_weight.sort_by(|a, b| weight(&b.1).total_cmp(&weight(&a.1)));
    let chosen: Vec<usize> = by_weight.iter().take(FEATURES).map(|(feature, _)| *feature).collect();
    scores.columns(&chosen)
}

fn write_scores(path: &Path, table: &Table, design: &Design) {
    let mut text = String::from("class,set");
    (0..design.features()).for_each(|j| write!(text, ",f{j}").expect("a string takes all"));
    for (i, body) in table.bodies.iter().enumerate() {
        write!(text, "\n{},{}", table.labels[i], body.set).expect("a string takes all");
        design.row(i).iter().for_each(|z| write!(text, ",{z}").expect("a string takes all"));
    }
    std::fs::write(path, text + "\n").unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}
