//! First-order features: the histogram of the grey values (IBSI 3.3, 3.4; PyRadiomics names).

use super::discretise::Levels;
use super::plogp;
use super::region::Region;
use super::settings::Settings;

/// The 18 features in PyRadiomics' order.
pub(super) fn features(region: &Region, levels: &Levels, settings: &Settings) -> Vec<(&'static str, f64)> {
    let values = &region.values;
    let count = values.len() as f64;
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let mean = values.iter().sum::<f64>() / count;
    let moment = |order: i32| values.iter().map(|v| (v - mean).powi(order)).sum::<f64>() / count;
    let (variance, third, fourth) = (moment(2), moment(3), moment(4));
    let energy = values.iter().map(|v| (v + settings.voxel_array_shift).powi(2)).sum::<f64>();
    let (p10, p25, median, p75, p90) = (
        percentile(&sorted, 10.0),
        percentile(&sorted, 25.0),
        percentile(&sorted, 50.0),
        percentile(&sorted, 75.0),
        percentile(&sorted, 90.0),
    );
    let (minimum, maximum) = (sorted[0], sorted[sorted.len() - 1]);
    let mean_deviation = |of: &mut dyn Iterator<Item = f64>| {
        let kept: Vec<f64> = of.collect();
        let centre = kept.iter().sum::<f64>() / kept.len() as f64;
        kept.iter().map(|v| (v - centre).abs()).sum::<f64>() / kept.len() as f64
    };
    let probabilities = levels.counts.iter().map(|c| c / count);
    let flat = variance == 0.0;
    vec![
        ("10Percentile", p10),
        ("90Percentile", p90),
        ("Energy", energy),
        ("Entropy", -probabilities.clone().map(plogp).sum::<f64>()),
        ("InterquartileRange", p75 - p25),
        ("Kurtosis", if flat { 0.0 } else { fourth / variance.powi(2) }),
        ("Maximum", maximum),
        ("MeanAbsoluteDeviation", mean_deviation(&mut values.iter().copied())),
        ("Mean", mean),
        ("Median", median),
        ("Minimum", minimum),
        ("Range", maximum - minimum),
        (
            "RobustMeanAbsoluteDeviation",
            mean_deviation(&mut values.iter().copied().filter(|v| (p10..=p90).contains(v))),
        ),
        ("RootMeanSquared", (energy / count).sqrt()),
        ("Skewness", if flat { 0.0 } else { third / variance.powf(1.5) }),
        ("TotalEnergy", energy * region.row_mm * region.column_mm),
        ("Uniformity", probabilities.map(|p| p * p).sum()),
        ("Variance", variance),
    ]
}

/// Linear interpolation between order statistics, as NumPy's default.
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let rank = percent / 100.0 * (sorted.len() - 1) as f64;
    let (below, share) = (rank.floor() as usize, rank.fract());
    let next = sorted[(below + 1).min(sorted.len() - 1)];
    sorted[below] + share * (next - sorted[below])
}
