//! The image library of the report (TID 1600): which images it is about, and what they say of themselves.

use super::attributes::Item;
use super::codes;
use super::sr_items::Relationship::{AcquisitionContext, Contains};
use super::sr_items::{SrItems, with_children};
use crate::findings::{ImageIdentity, ReportRequest};

/// The library with an entry for each image; their place in it is the number that texts call them by.
pub fn library(sr: SrItems, request: &ReportRequest) -> Item {
    let entries = request.identities().into_iter().map(|image| entry(sr, request, image)).collect();
    let group = sr.container(codes::IMAGE_LIBRARY_GROUP, None, entries);
    sr.container(codes::IMAGE_LIBRARY, Some("1600"), vec![group])
}

/// TID 1601 with the descriptors of TID 1602 and 1603. Of two images with one SOP Instance UID each says its series.
fn entry(sr: SrItems, request: &ReportRequest, identity: &ImageIdentity) -> Item {
    let mut about = vec![sr.code(AcquisitionContext, codes::MODALITY, codes::modality(&identity.modality))];
    if request.shares_its_uid(identity) {
        about.push(sr.uid_reference(AcquisitionContext, codes::SERIES, identity.series_instance_uid.as_str()));
    }
    // Nothing is known of the size of an image that could not be read.
    for (name, size) in [(codes::ROWS, identity.rows), (codes::COLUMNS, identity.columns)] {
        about.extend((size > 0).then(|| sr.number(AcquisitionContext, name, f64::from(size), codes::PIXELS)));
    }
    if let Some([row, column]) = &identity.patient_orientation {
        about.push(sr.text(AcquisitionContext, codes::ORIENTATION_ROW, row));
        about.push(sr.text(AcquisitionContext, codes::ORIENTATION_COLUMN, column));
    }
    if let Some(spacing) = identity.pixel_spacing {
        about.push(sr.number(AcquisitionContext, codes::SPACING_HORIZONTAL, spacing.column_mm, codes::MILLIMETRES));
        about.push(sr.number(AcquisitionContext, codes::SPACING_VERTICAL, spacing.row_mm, codes::MILLIMETRES));
    }
    with_children(sr.image(Contains, codes::SOURCE, identity), about)
}
