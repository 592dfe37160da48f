//! The measured part of the report: a group for each vertebra (TID 1410) and one for the study (TID 1501).

use super::attributes::Item;
use super::codes::{self, Code};
use super::equipment::{algorithm_name, algorithm_version};
use super::sr_items::Relationship::{ConceptModifier, Contains, ObservationContext, SelectedFrom};
use super::sr_items::{SrItems, with_children};
use super::study::{self, Sighting, StudyVertebra};
use super::texts::{self, Summary, Text};
use crate::findings::{
    BoundingBox, BundleIdentity, ClassName, Findings, ImageIdentity, Language, Morphometry, NotAssessed, ReportRequest,
    SixPoints, SpacingSource, StudyTriage, TriageResult, Vertebra,
};
use crate::identifiers::Uid;

/// The groups of the study: its vertebrae, then the study as a whole.
pub fn groups(sr: SrItems, request: &ReportRequest, vertebrae: &[StudyVertebra<'_>]) -> Vec<Item> {
    let mut groups: Vec<Item> = vertebrae.iter().map(|v| vertebra_group(sr, request, v)).collect();
    groups.push(study_group(sr, request, vertebrae));
    groups
}

/// The study in a few sentences, its result first, for who reads no further.
pub fn summary(request: &ReportRequest, vertebrae: &[StudyVertebra<'_>]) -> String {
    let language = request.language;
    let says = |Sighting { findings, vertebra, .. }: &Sighting<'_>| {
        let class = texts::class_name(&findings.bundle.classes[vertebra.class], language);
        let (label, finding) = (texts::label(vertebra, language), texts::said_of(vertebra, class, language));
        (label, finding)
    };
    let main = || vertebrae.iter().map(|v| &v.main);
    let listed = |seen: &Sighting<'_>| {
        let (label, finding) = says(seen);
        format!("{label} {finding}")
    };
    let flagged: Vec<String> = main().filter(|seen| seen.is_flagged()).map(listed).collect();
    // A film that is not assessed as a whole is told of once, below.
    let alone = |seen: &&Sighting<'_>| !seen.vertebra.is_assessed() && seen.findings.not_assessed.is_none();
    let reason = |seen: &Sighting<'_>| {
        let label = texts::label(seen.vertebra, language);
        let why = seen.vertebra.not_assessed.map(|why| texts::reason(why, language)).unwrap_or_default();
        texts::with_remark(&label, why, language)
    };
    let not_assessed: Vec<String> = main().filter(alone).map(reason).collect();
    let first = study::most_suspicious(vertebrae).map(|seen| {
        let (label, finding) = says(&seen);
        texts::with_remark(&finding, &label, language)
    });
    let triage = study_triage(request);
    let study = Summary {
        triage: triage.as_ref(),
        most_suspicious: first,
        assessed: main().filter(|seen| seen.vertebra.is_assessed()).count(),
        flagged: &flagged,
        not_assessed: &not_assessed,
    };
    let mut sentences = texts::summary(&study, language);
    sentences.extend(silent_images(request));
    texts::with_notice(sentences, language)
}

/// What the operating points say of the images of a report.
pub fn study_triage(request: &ReportRequest) -> Option<StudyTriage> {
    let films: Vec<&Findings> = request.images.iter().map(|image| &image.findings).collect();
    Findings::triage_of(&films)
}

/// Series Description of the pictures and presentation states.
pub fn overlay_series(request: &ReportRequest) -> String {
    let result = study_triage(request).map(|triage| triage.result);
    texts::series(Text::OverlaySeries, result, request.language)
}

/// A vertebra as its main image shows it, and where else it is seen (TID 1410).
fn vertebra_group(sr: SrItems, request: &ReportRequest, seen: &StudyVertebra<'_>) -> Item {
    let Sighting { findings, vertebra, .. } = seen.main;
    let class = &findings.bundle.classes[vertebra.class];
    let mut items = tracking(sr, request, seen);
    items.push(sr.code(Contains, codes::FINDING, codes::VERTEBRA));
    items.push(sr.code(ConceptModifier, codes::FINDING_SITE, codes::site_of(vertebra.level.as_deref())));
    items.extend(algorithm(sr, &findings.bundle, Some(&findings.image)));
    if vertebra.level_is_assumed() {
        items.push(sr.code(Contains, codes::LEVEL_SOURCE, codes::FROM_SACRUM));
    }
    match vertebra.not_assessed {
        Some(why) => items.extend(not_assessed(sr, why)),
        None => {
            items.push(sr.code(Contains, codes::MODEL_CLASS, class_code(class, sr.language)));
            if let Some((fractured, compressed)) = codes::astlof(&class.code) {
                items.push(sr.code(Contains, codes::FRACTURE, present(fractured)));
                items.push(sr.code(Contains, codes::COMPRESSION_FRACTURE, present(compressed)));
            }
            let point = vertebra.called.map(codes::operating_point);
            items.extend(point.map(|point| sr.code(Contains, codes::OPERATING_POINT, point)));
            items.extend(probabilities(sr, findings, vertebra));
        }
    }
    if vertebra.is_assessed() && !vertebra.imputed.is_empty() {
        items.push(sr.text(Contains, codes::COMMENT, &texts::imputed(&vertebra.imputed, sr.language)));
    }
    items.extend(vertebra.morphometry.iter().flat_map(|measured| morphometry(sr, measured)));
    items.push(sr.polygon(codes::IMAGE_REGION, &corners(&vertebra.bounding_box), source(sr, findings)));
    if vertebra.morphometry.is_some() {
        let points = vertebra.points.map(|points| outline(&points, findings));
        items.extend(points.map(|points| sr.multipoint(codes::SIX_POINTS, &points, source(sr, findings))));
    }
    items.extend(seen.others.iter().flat_map(|other| on_another_image(sr, other)));
    sr.container(codes::MEASUREMENT_GROUP, Some("1410"), items)
}

/// Why nothing is said of a body: in our own words, and in those that a missing value has (CID 42). A probability without
/// a value would say it too, but readers of templates take one for a mistake.
fn not_assessed(sr: SrItems, why: NotAssessed) -> [Item; 2] {
    let reason = sr.code(Contains, codes::NOT_ASSESSED_REASON, codes::not_assessed(why));
    [reason, sr.code(Contains, codes::NO_PROBABILITY, codes::value_qualifier(why))]
}

/// The probability of each class, with the class as what it is a probability of.
fn probabilities(sr: SrItems, findings: &Findings, vertebra: &Vertebra) -> Vec<Item> {
    let classes = findings.bundle.classes.iter().zip(&vertebra.probabilities);
    let of_class =
        |(class, probability): (&ClassName, &f64)| probability_of(sr, class_code(class, sr.language), *probability);
    classes.map(of_class).collect()
}

/// A probability, with what it is a probability of.
fn probability_of(sr: SrItems, finding: Code<'_>, probability: f64) -> Item {
    let measured = sr.number(Contains, codes::PROBABILITY, probability, codes::NO_UNITS);
    with_children(measured, vec![sr.code(ConceptModifier, codes::FINDING, finding)])
}

/// The same vertebra on another image: what it looks like there, and where it is.
fn on_another_image(sr: SrItems, other: &Sighting<'_>) -> [Item; 2] {
    let Sighting { findings, vertebra, image } = other;
    let class = texts::class_name(&findings.bundle.classes[vertebra.class], sr.language);
    let says = texts::also_seen(*image, &texts::said_of(vertebra, class, sr.language), sr.language);
    let region = sr.polygon(codes::OTHER_VIEW, &corners(&vertebra.bounding_box), source(sr, findings));
    [sr.text(Contains, codes::COMMENT, &says), region]
}

/// The image that coordinates are on.
fn source(sr: SrItems, findings: &Findings) -> Item {
    sr.image(SelectedFrom, codes::SOURCE, &findings.image)
}

/// Heights where there are millimetres, ratios, the largest loss, grade and shape.
fn morphometry(sr: SrItems, m: &Morphometry) -> Vec<Item> {
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
    let mut items: Vec<Item> = numbers.map(|(name, value, unit)| sr.number(Contains, name, value, unit)).collect();
    items.push(sr.code(Contains, codes::GENANT, codes::genant(m.genant_grade)));
    items.extend(m.deformity.map(|shape| sr.code(Contains, codes::DEFORMITY, codes::deformity(shape))));
    items
}

/// Upper end plate, then lower, each from anterior to posterior. A body at the film's edge may have
/// points beyond it, where coordinates of a report must not be (PS3.3 C.18.6.1.2): they are drawn in.
fn outline(points: &SixPoints, findings: &Findings) -> Vec<(f64, f64)> {
    let (columns, rows) = (f64::from(findings.image.columns), f64::from(findings.image.rows));
    let all = points.upper.iter().chain(&points.lower);
    all.map(|[x, y]| (x.clamp(0.0, columns), y.clamp(0.0, rows))).collect()
}

/// The study's result and its probability, whether there is a fracture, and which images say nothing (TID 1501).
fn study_group(sr: SrItems, request: &ReportRequest, vertebrae: &[StudyVertebra<'_>]) -> Item {
    let identities = request.identities();
    let study = identities[0].study_instance_uid.as_str();
    let mut items = named(sr, Text::WholeStudy.said_in(sr.language), tracking_uid(request, &[study]));
    items.push(sr.code(Contains, codes::FINDING, codes::FRACTURE));
    items.push(sr.code(ConceptModifier, codes::FINDING_SITE, codes::region_of(&identities[0].body_part)));
    items.extend(algorithm(sr, &request.bundle, None));
    items.extend(result(sr, study_triage(request).as_ref(), vertebrae));
    let assessed = vertebrae.iter().filter(|v| v.main.vertebra.is_assessed()).count();
    let counts = [(codes::VERTEBRAE_ASSESSED, assessed), (codes::VERTEBRAE_NOT_ASSESSED, vertebrae.len() - assessed)];
    items.extend(counts.map(|(name, count)| sr.number(Contains, name, count as f64, codes::NO_UNITS)));
    items.extend(silent_images(request).iter().map(|says| sr.text(Contains, codes::COMMENT, says)));
    for on in identities {
        items.push(sr.image(Contains, codes::SOURCE_OF_MEASUREMENT, on));
    }
    sr.container(codes::MEASUREMENT_GROUP, Some("1501"), items)
}

/// What is said of the study: its result, how much of it could be assessed (CID 6047), and whether there is a fracture,
/// which classes that are not known to be fractures do not say.
fn result(sr: SrItems, triage: Option<&StudyTriage>, vertebrae: &[StudyVertebra<'_>]) -> Vec<Item> {
    let said = triage.map(|triage| triage.result);
    let mut items = vec![sr.code(Contains, codes::TRIAGE_RESULT, codes::triage_result(said))];
    items.extend(triage.map(|triage| sr.code(Contains, codes::CAD_SUMMARY, codes::cad_summary(triage))));
    let assessed = || vertebrae.iter().map(|v| &v.main).filter(|seen| seen.vertebra.is_assessed());
    let fractures: Option<Vec<f64>> = assessed().map(study::fracture_probability).collect();
    let Some(fractures) = fractures else { return items };
    // Without a study model the study's probability is that of its most suspicious body.
    let largest = || fractures.iter().copied().reduce(f64::max);
    let probability = triage.map_or_else(largest, |triage| triage.probability);
    items.extend(probability.map(|p| probability_of(sr, codes::FRACTURE, p)));
    let fracture = match said {
        Some(TriageResult::Suspected) => codes::PRESENT,
        Some(TriageResult::NothingSuspected) => codes::ABSENT,
        Some(TriageResult::Uncertain | TriageResult::NotAssessed) | None => codes::UNDETERMINED,
    };
    items.push(sr.code(Contains, codes::FRACTURE, fracture));
    items
}

/// What is said of images without a vertebra or without any that is assessed, by their number in the image library.
fn silent_images(request: &ReportRequest) -> Vec<String> {
    let empty = (1..).zip(&request.images).filter(|(_, image)| image.findings.vertebrae.is_empty());
    let empty = empty.map(|(number, _)| texts::no_vertebra_on(number, request.language));
    let other = (1..).zip(&request.images).filter(|(_, image)| !image.findings.vertebrae.is_empty());
    let other = other.filter_map(|(number, image)| {
        image.findings.not_assessed.map(|why| texts::image_not_assessed(number, why, request.language))
    });
    let failed = (request.images.len() + 1..).zip(&request.failed);
    let failed = failed.map(|(number, image)| texts::analysis_failed(number, &image.reason, request.language));
    empty.chain(other).chain(failed).collect()
}

fn class_code(class: &ClassName, language: Language) -> Code<'_> {
    Code(&class.code, codes::PRIVATE_SCHEME, texts::class_name(class, language))
}

fn present(yes: bool) -> Code<'static> {
    if yes { codes::PRESENT } else { codes::ABSENT }
}

/// How a vertebra is called, and a UID that it keeps in later versions of the report.
fn tracking(sr: SrItems, request: &ReportRequest, seen: &StudyVertebra<'_>) -> Vec<Item> {
    let Sighting { findings, vertebra, image } = seen.main;
    let on = &findings.image;
    // What cannot be told apart by its level or by the UID of its image is told by the image's number.
    let by_number = vertebra.level.is_none() && request.images.len() > 1 || request.shares_its_uid(on);
    let label = texts::vertebra(&texts::full_label(vertebra, sr.language), sr.language);
    let label = if by_number { texts::on_image(&label, image, sr.language) } else { label };
    let first = std::iter::once(&seen.main).chain(&seen.others).min_by_key(|s| s.image).unwrap_or(&seen.main);
    match &vertebra.level {
        // Two bodies of one image may bear the same level: the image and the place tell them apart.
        Some(level) if !shares_its_level(seen) => {
            named(sr, &label, tracking_uid(request, &[on.study_instance_uid.as_str(), level]))
        }
        _ => {
            let place = first.vertebra.ordinal.to_string();
            let on = &first.findings.image;
            let on = [&on.study_instance_uid, &on.series_instance_uid, &on.sop_instance_uid].map(Uid::as_str);
            named(sr, &label, tracking_uid(request, &[&on[..], &[&place]].concat()))
        }
    }
}

/// The UID of what is found on the patient again and again: made of what identifies it in the study, and of another
/// patient's under the same Study Instance UID another one. The first patient's are as they always were, since a
/// body keeps its UID across versions of the report and of this program.
fn tracking_uid(request: &ReportRequest, identity: &[&str]) -> Uid {
    let whose = match request.patient_number {
        ..=1 => "tracking".to_owned(),
        number => format!("tracking of patient {number}"),
    };
    Uid::derived(&[&[whose.as_str()], identity].concat())
}

/// Whether another body of the same image has the level too.
fn shares_its_level(seen: &StudyVertebra<'_>) -> bool {
    let Sighting { findings, vertebra, .. } = seen.main;
    findings.vertebrae.iter().filter(|v| v.level == vertebra.level).count() > 1
}

/// Tracking identifier and tracking UID.
fn named(sr: SrItems, label: &str, uid: Uid) -> Vec<Item> {
    vec![
        sr.text(ObservationContext, codes::TRACKING_IDENTIFIER, label),
        sr.uid_reference(ObservationContext, codes::TRACKING_UID, uid.as_str()),
    ]
}

/// TID 4019: name, version and parameters of the algorithm; with `image`, where its millimetres come from.
fn algorithm(sr: SrItems, bundle: &BundleIdentity, image: Option<&ImageIdentity>) -> Vec<Item> {
    let mut parameters = vec![format!("bundle sha256 {}", bundle.digest)];
    parameters.extend(bundle.thresholds.iter().cloned());
    parameters.extend(image.map(|image| format!("millimetres from: {}", spacing_source(image))));
    parameters.extend(image.and_then(|image| image.spacing_refused.clone()));
    vec![
        sr.text(ConceptModifier, codes::ALGORITHM_NAME, &algorithm_name(bundle)),
        sr.text(ConceptModifier, codes::ALGORITHM_VERSION, &algorithm_version(bundle)),
        sr.text(ConceptModifier, codes::ALGORITHM_PARAMETERS, &parameters.join("; ")),
    ]
}

fn spacing_source(image: &ImageIdentity) -> &'static str {
    match image.pixel_spacing.map(|spacing| spacing.source) {
        Some(SpacingSource::PixelSpacing) => "Pixel Spacing (0028,0030)",
        Some(SpacingSource::ImagerPixelSpacing) => "Imager Pixel Spacing (0018,1164), at the detector",
        Some(SpacingSource::NominalScannedPixelSpacing) => "Nominal Scanned Pixel Spacing (0018,2010)",
        Some(SpacingSource::Given) => "given by the caller",
        None if image.spacing_refused.is_some() => "nothing that can be",
        None => "none in the image",
    }
}

fn corners(b: &BoundingBox) -> [(f64, f64); 4] {
    [(b.x0, b.y0), (b.x1, b.y0), (b.x1, b.y1), (b.x0, b.y1)]
}
