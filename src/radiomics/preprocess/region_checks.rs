//! Whether a region is large enough to be measured.

use crate::radiomics::error::RadiomicsError;
use crate::radiomics::region::Region;
use crate::radiomics::settings::Settings;

/// Refuses a region, which has two pixels at least, that is a line where the settings ask for a
/// surface, or that has no more pixels than `minimum_roi_size`. The order is PyRadiomics' `checkMask`.
///
/// # Errors
/// [`RadiomicsError::TooFewDimensions`] and [`RadiomicsError::BelowMinimumSize`].
pub(super) fn check(region: &Region, settings: &Settings) -> Result<(), RadiomicsError> {
    let dimensions = u32::from(region.frame.width > 1) + u32::from(region.frame.height > 1);
    if dimensions < settings.minimum_roi_dimensions {
        return Err(RadiomicsError::TooFewDimensions { minimum: settings.minimum_roi_dimensions });
    }
    match settings.minimum_roi_size {
        Some(minimum) if region.count <= minimum => {
            Err(RadiomicsError::BelowMinimumSize { pixels: region.count, minimum })
        }
        _ => Ok(()),
    }
}
