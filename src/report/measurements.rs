//! The measured part of the report: a group for each vertebra (TID 1410), one for each image (TID 1501).

use super::codes::{self, Code};
use super::content::Relationship::{ConceptModifier, Contains, ObservationContext, SelectedFrom};
use super::content::{Item, code, container, image, multipoint, number, polygon, text, uid_reference};
use super::modules::{algorithm_name, algorithm_version};
use super::request::ReportRequest;
use crate::analysis::{Findings, Vertebra};
use crate::identifiers::Uid;
use crate::imaging::{BoundingBox, SpacingSource};
use crate::model::{Morphometry, SixPoints};

/// The groups of one image.
pub fn groups_of(request: &ReportRequest, findings: &Findings) -> Vec<Item> {
    let mut groups: Vec<Item> = findings.vertebrae.iter().map(|v| vertebra_group(request, findings, v)).collect();
    groups.push(image_group(request, findings));
    groups
}

fn vertebra_group(request: &ReportRequest, findings: &Findings, vertebra: &Vertebra) -> Item {
    let class = &findings.bundle.classes[vertebra.class];
    let label = format!("vertebra {}", vertebra.full_label());
    let mut items = tracking(request, findings, &label);
    items.push(code(Contains, codes::FINDING, codes::VERTEBRA));
    items.push(code(ConceptModifier, codes::FINDING_SITE, codes::site_of(vertebra.level.as_deref())));
    items.extend(algorithm(findings));
    if vertebra.level_is_assumed() {
        items.push(code(Contains, codes::LEVEL_SOURCE, codes::FROM_SACRUM));
    }
    for (class, probability) in findings.bundle.classes.iter().zip(&vertebra.probabilities) {
        let of_class = code(ConceptModifier, codes::FINDING, Code(&class.code, codes::PRIVATE_SCHEME, &class.name));
        let mut children = vec![of_class];
        children.extend(algorithm(findings));
        items.push(super::content::with_children(
            number(Contains, codes::PROBABILITY, *probability, codes::NO_UNITS),
            children,
        ));
    }
    items.push(code(Contains, codes::MODEL_CLASS, Code(&class.code, codes::PRIVATE_SCHEME, &class.name)));
    if let Some((fractured, compressed)) = codes::astlof(&class.code) {
        items.push(code(Contains, codes::FRACTURE, present(fractured)));
        items.push(code(Contains, codes::COMPRESSION_FRACTURE, present(compressed)));
    }
    if !vertebra.imputed.is_empty() {
        let names = vertebra.imputed.join(", ");
        items.push(text(Contains, codes::COMMENT, &format!("Undefined here, taken at their training mean: {names}.")));
    }
    items.extend(vertebra.morphometry.iter().flat_map(morphometry));
    items.push(polygon(codes::IMAGE_REGION, &corners(&vertebra.bounding_box), source(findings)));
    if vertebra.morphometry.is_some() {
        let points = vertebra.points.map(|points| outline(&points, findings));
        items.extend(points.map(|points| multipoint(codes::SIX_POINTS, &points, source(findings))));
    }
    container(codes::MEASUREMENT_GROUP, Some("1410"), items)
}

/// The image that coordinates are on.
fn source(findings: &Findings) -> Item {
    let on = &findings.image;
    image(SelectedFrom, codes::SOURCE, on.sop_class_uid.as_str(), on.sop_instance_uid.as_str())
}

/// Heights where there are millimetres, ratios, the largest loss, grade and shape.
fn morphometry(m: &Morphometry) -> Vec<Item> {
    let heights = m.heights_mm.map(|h| {
        [
            (codes::ANTERIOR_HEIGHT, h.anterior, codes::MILLIMETRES),
            (codes::MIDDLE_HEIGHT, h.middle, codes::MILLIMETRES),
            (codes::POSTERIOR_HEIGHT, h.posterior, codes::MILLIMETRES),
        ]
    });
    let ratios = [
        (codes::WEDGE_RATIO, m.wedge_ratio, codes::NO_UNITS),
        (codes::BICONCAVE_RATIO, m.biconcave_ratio, codes::NO_UNITS),
    ];
    let crush = m.crush_ratio.map(|ratio| (codes::CRUSH_RATIO, ratio, codes::NO_UNITS));
    let numbers = heights.into_iter().flatten().chain(ratios).chain(crush);
    let numbers = numbers.chain([(codes::HEIGHT_LOSS, m.height_loss_percent, codes::PERCENT)]);
    let mut items: Vec<Item> = numbers.map(|(name, value, unit)| number(Contains, name, value, unit)).collect();
    items.push(code(Contains, codes::GENANT, codes::genant(m.genant_grade)));
    items.extend(m.deformity.map(|shape| code(Contains, codes::DEFORMITY, codes::deformity(shape))));
    items
}

/// Upper end plate, then lower, each from anterior to posterior. A body at the film's edge may have
/// points beyond it, where coordinates of a report must not be (PS3.3 C.18.6.1.2): they are drawn in.
fn outline(points: &SixPoints, findings: &Findings) -> Vec<(f64, f64)> {
    let (columns, rows) = (f64::from(findings.image.columns), f64::from(findings.image.rows));
    let all = points.upper.iter().chain(&points.lower);
    all.map(|[x, y]| (x.clamp(0.0, columns), y.clamp(0.0, rows))).collect()
}

/// Whether the image shows any fracture, as the most suspicious vertebra says.
fn image_group(request: &ReportRequest, findings: &Findings) -> Item {
    let mut items = tracking(request, findings, "whole image");
    items.push(code(Contains, codes::FINDING, codes::FRACTURE));
    items.push(code(ConceptModifier, codes::FINDING_SITE, codes::region_of(&findings.image.body_part)));
    items.extend(algorithm(findings));
    let classes: Vec<_> = findings.bundle.classes.iter().map(|c| codes::astlof(&c.code)).collect();
    if classes.iter().all(Option::is_some) && !findings.vertebrae.is_empty() {
        let fractured = |index: usize| classes[index].is_some_and(|(fractured, _)| fractured);
        let of_vertebra = |v: &Vertebra| {
            v.probabilities.iter().enumerate().filter(|(i, _)| fractured(*i)).map(|(_, p)| p).sum::<f64>()
        };
        let largest = findings.vertebrae.iter().map(of_vertebra).fold(0.0, f64::max);
        items.push(super::content::with_children(
            number(Contains, codes::PROBABILITY, largest, codes::NO_UNITS),
            algorithm(findings),
        ));
        items.push(code(Contains, codes::FRACTURE, present(findings.vertebrae.iter().any(|v| fractured(v.class)))));
    } else if findings.vertebrae.is_empty() {
        items.push(text(Contains, codes::COMMENT, "No vertebra was found on this image."));
    }
    items.push(image(
        Contains,
        codes::SOURCE_OF_MEASUREMENT,
        findings.image.sop_class_uid.as_str(),
        findings.image.sop_instance_uid.as_str(),
    ));
    container(codes::MEASUREMENT_GROUP, Some("1501"), items)
}

fn present(yes: bool) -> Code<'static> {
    if yes { codes::PRESENT } else { codes::ABSENT }
}

/// Tracking identifier, and a UID that no other group of any report has.
fn tracking(request: &ReportRequest, findings: &Findings, label: &str) -> Vec<Item> {
    let uid = Uid::derived(&["tracking", request.report_uid.as_str(), findings.image.sop_instance_uid.as_str(), label]);
    vec![
        text(ObservationContext, codes::TRACKING_IDENTIFIER, label),
        uid_reference(ObservationContext, codes::TRACKING_UID, uid.as_str()),
    ]
}

/// TID 4019: name, version and parameters of the algorithm.
fn algorithm(findings: &Findings) -> Vec<Item> {
    let spacing = match findings.image.pixel_spacing.map(|s| s.source) {
        Some(SpacingSource::PixelSpacing) => "Pixel Spacing (0028,0030)",
        Some(SpacingSource::ImagerPixelSpacing) => "Imager Pixel Spacing (0018,1164), at the detector",
        Some(SpacingSource::NominalScannedPixelSpacing) => "Nominal Scanned Pixel Spacing (0018,2010)",
        Some(SpacingSource::Given) => "given by the caller",
        None => "none in the image",
    };
    let parameters = format!("bundle sha256 {}; millimetres from: {spacing}", findings.bundle.digest);
    vec![
        text(ConceptModifier, codes::ALGORITHM_NAME, &algorithm_name(&findings.bundle)),
        text(ConceptModifier, codes::ALGORITHM_VERSION, &algorithm_version(&findings.bundle)),
        text(ConceptModifier, codes::ALGORITHM_PARAMETERS, &parameters),
    ]
}

fn corners(b: &BoundingBox) -> [(f64, f64); 4] {
    [(b.x0, b.y0), (b.x1, b.y0), (b.x1, b.y1), (b.x0, b.y1)]
}
