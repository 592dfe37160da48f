//! Settings that are a choice of a few.

use super::value::Entry;
use crate::radiomics::{Interpolator, ResegmentationMode, WeightingNorm};

/// Settings of filters of which only PyRadiomics' default is built.
pub fn of_filters(entry: &Entry) -> Result<(), String> {
    match entry.key.as_str() {
        "wavelet" => entry.only_text("coif1"),
        "level" => entry.only_whole(1),
        "start_level" => entry.only_whole(0),
        "gradientUseSpacing" => entry.only_flag(true),
        "lbp2DRadius" => entry.only_whole(1),
        "lbp2DSamples" => entry.only_whole(8),
        "lbp2DMethod" => entry.only_text("uniform"),
        key => Err(format!("the setting \"{key}\" is not supported")),
    }
}

pub fn interpolator(entry: &Entry) -> Result<Interpolator, String> {
    match entry.text()? {
        "sitkBSpline" => Ok(Interpolator::BSpline),
        "sitkLinear" => Ok(Interpolator::Linear),
        "sitkNearestNeighbor" => Ok(Interpolator::NearestNeighbour),
        other => Err(format!(
            "the interpolator \"{other}\" is not supported: use sitkBSpline, sitkLinear or sitkNearestNeighbor"
        )),
    }
}

pub fn resegment_mode(entry: &Entry) -> Result<ResegmentationMode, String> {
    match entry.text()? {
        "absolute" => Ok(ResegmentationMode::Absolute),
        "relative" => Ok(ResegmentationMode::Relative),
        "sigma" => Ok(ResegmentationMode::Sigma),
        other => Err(format!("there is no resegmentMode \"{other}\": use absolute, relative or sigma")),
    }
}

pub fn weighting_norm(entry: &Entry) -> Result<WeightingNorm, String> {
    match entry.text()? {
        "manhattan" => Ok(WeightingNorm::Manhattan),
        "euclidean" => Ok(WeightingNorm::Euclidean),
        "infinity" => Ok(WeightingNorm::Infinity),
        "no_weighting" => Ok(WeightingNorm::NoWeighting),
        other => Err(format!(
            "there is no weightingNorm \"{other}\": use manhattan, euclidean, infinity, no_weighting or leave it empty"
        )),
    }
}
