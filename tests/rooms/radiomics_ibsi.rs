//! The digital phantom of the Image Biomarker Standardisation Initiative, chapter IBSI-1: its 2-D
//! consensus values (origin: `data/radiomics/README.md`), and which of them are defined here.

use serde_json::Value;
use spinetriage::radiomics::{
    Binning, FeatureClass, Features, Image, Mask, RadiomicsError, Settings, WeightingNorm, extract_slices,
};

use crate::radiomics;
use crate::support::root;

/// IBSI's names of features that are defined here, and ours. A kurtosis is shifted by 3.
const DEFINED: [(&str, &str); 106] = [
    ("stat_mean", "firstorder_Mean"),
    ("stat_var", "firstorder_Variance"),
    ("stat_skew", "firstorder_Skewness"),
    ("stat_kurt", "firstorder_Kurtosis"),
    ("stat_median", "firstorder_Median"),
    ("stat_min", "firstorder_Minimum"),
    ("stat_p10", "firstorder_10Percentile"),
    ("stat_p90", "firstorder_90Percentile"),
    ("stat_max", "firstorder_Maximum"),
    ("stat_iqr", "firstorder_InterquartileRange"),
    ("stat_range", "firstorder_Range"),
    ("stat_mad", "firstorder_MeanAbsoluteDeviation"),
    ("stat_rmad", "firstorder_RobustMeanAbsoluteDeviation"),
    ("stat_energy", "firstorder_Energy"),
    ("stat_rms", "firstorder_RootMeanSquared"),
    ("ih_entropy", "firstorder_Entropy"),
    ("ih_uniformity", "firstorder_Uniformity"),
    ("cm_joint_max", "glcm_MaximumProbability"),
    ("cm_joint_avg", "glcm_JointAverage"),
    ("cm_joint_var", "glcm_SumSquares"),
    ("cm_joint_entr", "glcm_JointEntropy"),
    ("cm_diff_avg", "glcm_DifferenceAverage"),
    ("cm_diff_var", "glcm_DifferenceVariance"),
    ("cm_diff_entr", "glcm_DifferenceEntropy"),
    ("cm_sum_avg", "glcm_SumAverage"),
    ("cm_sum_var", "glcm_ClusterTendency"),
    ("cm_sum_entr", "glcm_SumEntropy"),
    ("cm_energy", "glcm_JointEnergy"),
    ("cm_contrast", "glcm_Contrast"),
    ("cm_dissimilarity", "glcm_DifferenceAverage"),
    ("cm_inv_diff", "glcm_Id"),
    ("cm_inv_diff_norm", "glcm_Idn"),
    ("cm_inv_diff_mom", "glcm_Idm"),
    ("cm_inv_diff_mom_norm", "glcm_Idmn"),
    ("cm_inv_var", "glcm_InverseVariance"),
    ("cm_corr", "glcm_Correlation"),
    ("cm_auto_corr", "glcm_Autocorrelation"),
    ("cm_clust_tend", "glcm_ClusterTendency"),
    ("cm_clust_shade", "glcm_ClusterShade"),
    ("cm_clust_prom", "glcm_ClusterProminence"),
    ("cm_info_corr1", "glcm_Imc1"),
    ("cm_info_corr2", "glcm_Imc2"),
    ("rlm_sre", "glrlm_ShortRunEmphasis"),
    ("rlm_lre", "glrlm_LongRunEmphasis"),
    ("rlm_lgre", "glrlm_LowGrayLevelRunEmphasis"),
    ("rlm_hgre", "glrlm_HighGrayLevelRunEmphasis"),
    ("rlm_srlge", "glrlm_ShortRunLowGrayLevelEmphasis"),
    ("rlm_srhge", "glrlm_ShortRunHighGrayLevelEmphasis"),
    ("rlm_lrlge", "glrlm_LongRunLowGrayLevelEmphasis"),
    ("rlm_lrhge", "glrlm_LongRunHighGrayLevelEmphasis"),
    ("rlm_glnu", "glrlm_GrayLevelNonUniformity"),
    ("rlm_glnu_norm", "glrlm_GrayLevelNonUniformityNormalized"),
    ("rlm_rlnu", "glrlm_RunLengthNonUniformity"),
    ("rlm_rlnu_norm", "glrlm_RunLengthNonUniformityNormalized"),
    ("rlm_r_perc", "glrlm_RunPercentage"),
    ("rlm_gl_var", "glrlm_GrayLevelVariance"),
    ("rlm_rl_var", "glrlm_RunVariance"),
    ("rlm_rl_entr", "glrlm_RunEntropy"),
    ("szm_sze", "glszm_SmallAreaEmphasis"),
    ("szm_lze", "glszm_LargeAreaEmphasis"),
    ("szm_lgze", "glszm_LowGrayLevelZoneEmphasis"),
    ("szm_hgze", "glszm_HighGrayLevelZoneEmphasis"),
    ("szm_szlge", "glszm_SmallAreaLowGrayLevelEmphasis"),
    ("szm_szhge", "glszm_SmallAreaHighGrayLevelEmphasis"),
    ("szm_lzlge", "glszm_LargeAreaLowGrayLevelEmphasis"),
    ("szm_lzhge", "glszm_LargeAreaHighGrayLevelEmphasis"),
    ("szm_glnu", "glszm_GrayLevelNonUniformity"),
    ("szm_glnu_norm", "glszm_GrayLevelNonUniformityNormalized"),
    ("szm_zsnu", "glszm_SizeZoneNonUniformity"),
    ("szm_zsnu_norm", "glszm_SizeZoneNonUniformityNormalized"),
    ("szm_z_perc", "glszm_ZonePercentage"),
    ("szm_gl_var", "glszm_GrayLevelVariance"),
    ("szm_zs_var", "glszm_ZoneVariance"),
    ("szm_zs_entr", "glszm_ZoneEntropy"),
    ("ngt_coarseness", "ngtdm_Coarseness"),
    ("ngt_contrast", "ngtdm_Contrast"),
    ("ngt_busyness", "ngtdm_Busyness"),
    ("ngt_complexity", "ngtdm_Complexity"),
    ("ngt_strength", "ngtdm_Strength"),
    ("ngl_lde", "gldm_SmallDependenceEmphasis"),
    ("ngl_hde", "gldm_LargeDependenceEmphasis"),
    ("ngl_lgce", "gldm_LowGrayLevelEmphasis"),
    ("ngl_hgce", "gldm_HighGrayLevelEmphasis"),
    ("ngl_ldlge", "gldm_SmallDependenceLowGrayLevelEmphasis"),
    ("ngl_ldhge", "gldm_SmallDependenceHighGrayLevelEmphasis"),
    ("ngl_hdlge", "gldm_LargeDependenceLowGrayLevelEmphasis"),
    ("ngl_hdhge", "gldm_LargeDependenceHighGrayLevelEmphasis"),
    ("ngl_glnu", "gldm_GrayLevelNonUniformity"),
    ("ngl_dcnu", "gldm_DependenceNonUniformity"),
    ("ngl_dcnu_norm", "gldm_DependenceNonUniformityNormalized"),
    ("ngl_gl_var", "gldm_GrayLevelVariance"),
    ("ngl_dc_var", "gldm_DependenceVariance"),
    ("ngl_dc_entr", "gldm_DependenceEntropy"),
    // The intensity histogram of levels that are the values themselves.
    ("ih_mean", "firstorder_Mean"),
    ("ih_var", "firstorder_Variance"),
    ("ih_skew", "firstorder_Skewness"),
    ("ih_kurt", "firstorder_Kurtosis"),
    ("ih_median", "firstorder_Median"),
    ("ih_min", "firstorder_Minimum"),
    ("ih_p10", "firstorder_10Percentile"),
    ("ih_p90", "firstorder_90Percentile"),
    ("ih_max", "firstorder_Maximum"),
    ("ih_iqr", "firstorder_InterquartileRange"),
    ("ih_range", "firstorder_Range"),
    ("ih_mad", "firstorder_MeanAbsoluteDeviation"),
    ("ih_rmad", "firstorder_RobustMeanAbsoluteDeviation"),
];

fn phantom() -> Value {
    let file = root().join("tests/data/radiomics/ibsi1/digital_phantom.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn slices(phantom: &Value) -> Vec<(Image, Mask)> {
    let stack = |key: &str| -> Vec<Vec<Vec<f64>>> { serde_json::from_value(phantom[key].clone()).unwrap() };
    let of_slice = |(image, mask): (Vec<Vec<f64>>, Vec<Vec<f64>>)| {
        let (width, height) = (image[0].len(), image.len());
        let inside = mask.concat().into_iter().map(|flag| flag == 1.0).collect();
        let image = Image { width, height, pixels: image.concat(), row_mm: 2.0, column_mm: 2.0 };
        (image, Mask { width, height, inside })
    };
    stack("image").into_iter().zip(stack("mask")).map(of_slice).collect()
}

/// The grey levels are the values: bins of width 1 from 1 on.
fn settings() -> Settings {
    let mut settings = Settings { binning: Binning::WidthFrom { width: 1.0, lower: 1.0 }, ..Settings::default() };
    settings.feature_classes.retain(|&class| class != FeatureClass::Shape2D);
    settings
}

fn value(features: &Features, name: &str) -> f64 {
    let value = radiomics::value(features, &format!("original_{name}"));
    if name == "firstorder_Kurtosis" { value - 3.0 } else { value }
}

/// Half a unit of the last of the three significant digits that are printed.
fn half_a_digit(printed: f64) -> f64 {
    if printed == 0.0 { 5e-4 } else { 0.5 * 10_f64.powf(printed.abs().log10().floor() - 2.0) }
}

#[test]
fn every_defined_value_of_the_digital_phantom() {
    let phantom = phantom();
    let averaged = extract_slices(&slices(&phantom), &settings()).unwrap();
    let merged = Settings { weighting_norm: Some(WeightingNorm::NoWeighting), ..settings() };
    let merged = extract_slices(&slices(&phantom), &merged).unwrap();

    let (mut compared, mut undefined, mut wrong) = (0, Vec::new(), Vec::new());
    let parts = ["statistics", "intensity_histogram", "texture_2d"];
    for (tag, consensus) in parts.iter().flat_map(|part| phantom[part].as_object().unwrap()) {
        let printed = consensus["value"].as_f64().unwrap();
        let name = tag.trim_end_matches("_avg").trim_end_matches("_comb").trim_end_matches("_2D");
        let Some((_, ours)) = DEFINED.iter().find(|(ibsi, _)| *ibsi == name) else {
            undefined.push(tag.as_str());
            continue;
        };
        let ours = value(if tag.ends_with("_comb") { &merged } else { &averaged }, ours);
        compared += 1;
        if (ours - printed).abs() > half_a_digit(printed) * 1.000_001 {
            wrong.push(format!("{tag}: {ours}, consensus {printed}"));
        }
    }
    println!("{compared} consensus values compared; not defined here: {}", undefined.join(", "));
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((compared, undefined.len()), (147, 30));
}

#[test]
fn a_value_below_the_first_bin_is_refused() {
    let higher = Settings { binning: Binning::WidthFrom { width: 1.0, lower: 2.0 }, ..settings() };
    let refusal = extract_slices(&slices(&phantom()), &higher).unwrap_err();
    assert_eq!(refusal, RadiomicsError::BelowLowerBound { value: 1.0, lower: 2.0 });
}

#[test]
fn a_stack_has_no_form() {
    assert_eq!(extract_slices(&slices(&phantom()), &Settings::default()), Err(RadiomicsError::ShapeOfSlices));
}
