//! Coded concepts: PS3.16 where it has one, SNOMED CT through CID 7603, else our own scheme.

use crate::findings::{Call, Deformity, GenantGrade, Language, NotAssessed, StudyTriage, TriageResult};

/// Our own coding scheme, for the bundles' classes: no trustworthy code exists for ASTLOF's.
pub const PRIVATE_SCHEME: &str = "99SPINETRIAGE";
/// Coding Scheme UID of [`PRIVATE_SCHEME`].
pub const PRIVATE_SCHEME_UID: &str = "2.25.240127305218960421338547391012665812733";

/// Code Value, Coding Scheme Designator, Code Meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code<'a>(pub &'a str, pub &'a str, pub &'a str);

macro_rules! dcm {
    ($($name:ident = $value:literal, $meaning:literal;)*) => {
        $(pub const $name: Code<'static> = Code($value, "DCM", $meaning);)*
    };
}

dcm! {
    REPORT_TITLE = "126000", "Imaging Measurement Report";
    LANGUAGE = "121049", "Language of Content Item and Descendants";
    OBSERVER_TYPE = "121005", "Observer Type";
    DEVICE = "121007", "Device";
    DEVICE_UID = "121012", "Device Observer UID";
    DEVICE_NAME = "121013", "Device Observer Name";
    DEVICE_MANUFACTURER = "121014", "Device Observer Manufacturer";
    DEVICE_MODEL = "121015", "Device Observer Model Name";
    DEVICE_SERIAL = "121016", "Device Observer Serial Number";
    PROCEDURE_REPORTED = "121058", "Procedure reported";
    IMAGE_LIBRARY = "111028", "Image Library";
    IMAGE_LIBRARY_GROUP = "126200", "Image Library Group";
    MODALITY = "121139", "Modality";
    SERIES = "112002", "Series Instance UID";
    ROWS = "110910", "Pixel Data Rows";
    COLUMNS = "110911", "Pixel Data Columns";
    ORIENTATION_ROW = "111044", "Patient Orientation Row";
    ORIENTATION_COLUMN = "111043", "Patient Orientation Column";
    SPACING_HORIZONTAL = "111026", "Horizontal Pixel Spacing";
    SPACING_VERTICAL = "111066", "Vertical Pixel Spacing";
    MEASUREMENTS = "126010", "Imaging Measurements";
    MEASUREMENT_GROUP = "125007", "Measurement Group";
    TRACKING_IDENTIFIER = "112039", "Tracking Identifier";
    TRACKING_UID = "112040", "Tracking Unique Identifier";
    FINDING = "121071", "Finding";
    ALGORITHM_NAME = "111001", "Algorithm Name";
    ALGORITHM_PARAMETERS = "111002", "Algorithm Parameters";
    ALGORITHM_VERSION = "111003", "Algorithm Version";
    PROBABILITY = "122157", "Probability";
    IMAGE_REGION = "111030", "Image Region";
    SOURCE_OF_MEASUREMENT = "121112", "Source of Measurement";
    COMMENT = "121106", "Comment";
    OF_INTEREST = "113000", "Of Interest";
    KEY_OBJECT_DESCRIPTION = "113012", "Key Object Description";
    PROCESSING_EQUIPMENT = "109102", "Processing Equipment";
    CAD_SUMMARY = "111017", "CAD Processing and Findings Summary";
    ALL_WITHOUT_FINDINGS = "111241", "All algorithms succeeded; without findings";
    ALL_WITH_FINDINGS = "111242", "All algorithms succeeded; with findings";
    NOT_ALL_WITHOUT_FINDINGS = "111243", "Not all algorithms succeeded; without findings";
    NOT_ALL_WITH_FINDINGS = "111244", "Not all algorithms succeeded; with findings";
    NONE_WITHOUT_FINDINGS = "111245", "No algorithms succeeded; without findings";
    NOT_ATTEMPTED = "114007", "Measurement not attempted";
    OUT_OF_RANGE = "114009", "Value out of range";
    UNKNOWN_VALUE = "114010", "Value unknown";
    INDETERMINATE = "114011", "Value indeterminate";
}

const ENGLISH: Code<'static> = Code("en-US", "RFC5646", "English (United States)");
const CHINESE: Code<'static> = Code("zh-CN", "RFC5646", "Chinese (China)");
pub const IMAGING_PROCEDURE: Code<'static> = Code("363679005", "SCT", "Imaging procedure");
pub const SOURCE: Code<'static> = Code("260753009", "SCT", "Source");
pub const FINDING_SITE: Code<'static> = Code("363698007", "SCT", "Finding Site");
pub const VERTEBRA: Code<'static> = Code("51282000", "SCT", "Vertebra");
pub const FRACTURE: Code<'static> = Code("125605004", "SCT", "Fracture of bone");
pub const COMPRESSION_FRACTURE: Code<'static> = Code("42942008", "SCT", "Compression fracture of vertebral column");
pub const PRESENT: Code<'static> = Code("52101004", "SCT", "Present");
pub const UNDETERMINED: Code<'static> = Code("373068000", "SCT", "Undetermined");
pub const ABSENT: Code<'static> = Code("272519000", "SCT", "Absent");
pub const NO_UNITS: Code<'static> = Code("1", "UCUM", "no units");
pub const PIXELS: Code<'static> = Code("{pixels}", "UCUM", "Pixels");
pub const MILLIMETRES: Code<'static> = Code("mm", "UCUM", "mm");
/// The class the model chose, as a question.
pub const MODEL_CLASS: Code<'static> = Code("CLASS", PRIVATE_SCHEME, "Class by the model");

/// Percent.
pub const PERCENT: Code<'static> = Code("%", "UCUM", "percent");

macro_rules! private {
    ($($name:ident = $value:literal, $meaning:literal;)*) => {
        $(pub const $name: Code<'static> = Code($value, PRIVATE_SCHEME, $meaning);)*
    };
}

// Morphometry: no code of a public scheme was found that surely means one height of one vertebral
// body on a radiograph. `docs/report.md` defines each.
private! {
    LEVEL_SOURCE = "LEVEL-SOURCE", "Source of the vertebral level";
    FROM_SACRUM = "FROM-SACRUM", "Assumed, counted from the sacrum";
    SIX_POINTS = "SIX-POINTS", "Six points of the vertebral body";
    ANTERIOR_HEIGHT = "HEIGHT-ANTERIOR", "Anterior vertebral body height";
    MIDDLE_HEIGHT = "HEIGHT-MIDDLE", "Middle vertebral body height";
    POSTERIOR_HEIGHT = "HEIGHT-POSTERIOR", "Posterior vertebral body height";
    WEDGE_RATIO = "RATIO-WEDGE", "Anterior to posterior height ratio";
    BICONCAVE_RATIO = "RATIO-BICONCAVE", "Middle to posterior height ratio";
    CRUSH_RATIO = "RATIO-CRUSH", "Posterior height to neighbours' posterior height ratio";
    HEIGHT_LOSS = "HEIGHT-LOSS", "Largest loss of vertebral body height";
    GENANT = "GENANT", "Genant semiquantitative grade, measured";
    DEFORMITY = "DEFORMITY", "Shape of vertebral deformity";
    TRIAGE_RESULT = "TRIAGE-RESULT", "Triage result of the study";
    VERTEBRAE_ASSESSED = "VERTEBRAE", "Number of vertebrae assessed";
    VERTEBRAE_NOT_ASSESSED = "NOT-ASSESSED-N", "Number of vertebrae found and not assessed";
    NOT_ASSESSED_REASON = "NOT-ASSESSED", "Reason that it is not assessed";
    NO_PROBABILITY = "NO-PROBABILITY", "Why there is no probability of a fracture";
    OPERATING_POINT = "OPERATING-POINT", "Operating point at which it is called";
    OTHER_VIEW = "OTHER-VIEW", "The same vertebra on another image";
}

/// The language of a report.
pub fn language(language: Language) -> Code<'static> {
    match language {
        Language::English => ENGLISH,
        Language::Chinese => CHINESE,
    }
}

/// The value of [`GENANT`].
pub fn genant(grade: GenantGrade) -> Code<'static> {
    match grade {
        GenantGrade::Normal => Code("GENANT-0", PRIVATE_SCHEME, "Grade 0, less than 20 % lost"),
        GenantGrade::Mild => Code("GENANT-1", PRIVATE_SCHEME, "Grade 1, 20 to 25 % lost"),
        GenantGrade::Moderate => Code("GENANT-2", PRIVATE_SCHEME, "Grade 2, 25 to 40 % lost"),
        GenantGrade::Severe => Code("GENANT-3", PRIVATE_SCHEME, "Grade 3, more than 40 % lost"),
    }
}

/// The value of [`DEFORMITY`].
pub fn deformity(shape: Deformity) -> Code<'static> {
    match shape {
        Deformity::Wedge => Code("WEDGE", PRIVATE_SCHEME, "Wedge"),
        Deformity::Biconcave => Code("BICONCAVE", PRIVATE_SCHEME, "Biconcave"),
        Deformity::Crush => Code("CRUSH", PRIVATE_SCHEME, "Crush"),
    }
}

/// The value of [`TRIAGE_RESULT`]; without operating points there is none.
pub fn triage_result(result: Option<TriageResult>) -> Code<'static> {
    match result {
        Some(TriageResult::Suspected) => Code("RESULT-SUSPECTED", PRIVATE_SCHEME, "Suspected"),
        Some(TriageResult::Uncertain) => Code("RESULT-UNCERTAIN", PRIVATE_SCHEME, "Uncertain"),
        Some(TriageResult::NothingSuspected) => Code("RESULT-NOTHING", PRIVATE_SCHEME, "Nothing suspected"),
        Some(TriageResult::NotAssessed) => Code("RESULT-NONE", PRIVATE_SCHEME, "Not assessed"),
        None => Code("RESULT-NO-POINT", PRIVATE_SCHEME, "No operating point"),
    }
}

/// The value of [`CAD_SUMMARY`] (CID 6047) of a study.
pub fn cad_summary(study: &StudyTriage) -> Code<'static> {
    let all = study.assessed == study.found && study.missed == 0;
    match (study.result, all) {
        (TriageResult::NotAssessed, _) => NONE_WITHOUT_FINDINGS,
        (TriageResult::NothingSuspected, true) => ALL_WITHOUT_FINDINGS,
        (TriageResult::NothingSuspected, false) => NOT_ALL_WITHOUT_FINDINGS,
        (TriageResult::Suspected | TriageResult::Uncertain, true) => ALL_WITH_FINDINGS,
        (TriageResult::Suspected | TriageResult::Uncertain, false) => NOT_ALL_WITH_FINDINGS,
    }
}

/// The value of [`NOT_ASSESSED_REASON`].
pub fn not_assessed(reason: NotAssessed) -> Code<'static> {
    match reason {
        NotAssessed::View => Code("NA-VIEW", PRIVATE_SCHEME, "View that the model does not cover"),
        NotAssessed::NoSpine => Code("NA-NO-SPINE", PRIVATE_SCHEME, "No spine found"),
        NotAssessed::CutByEdge => Code("NA-EDGE", PRIVATE_SCHEME, "Cut by the edge of the film"),
        NotAssessed::OutsideField => Code("NA-FIELD", PRIVATE_SCHEME, "Outside the exposed field"),
        NotAssessed::NoBody => Code("NA-NO-BODY", PRIVATE_SCHEME, "Does not look like a vertebral body"),
        NotAssessed::Metal => Code("NA-METAL", PRIVATE_SCHEME, "Metal or cement on it"),
        NotAssessed::UncertainPoints => Code("NA-POINTS", PRIVATE_SCHEME, "Outline uncertain"),
        NotAssessed::UnlikeTraining => Code("NA-UNLIKE", PRIVATE_SCHEME, "Unlike anything in the training"),
    }
}

/// Why a probability has no value (CID 42), for a reason that a body is not assessed.
pub fn value_qualifier(reason: NotAssessed) -> Code<'static> {
    match reason {
        NotAssessed::NoBody | NotAssessed::NoSpine => UNKNOWN_VALUE,
        NotAssessed::UncertainPoints => INDETERMINATE,
        NotAssessed::UnlikeTraining => OUT_OF_RANGE,
        NotAssessed::View | NotAssessed::CutByEdge | NotAssessed::OutsideField | NotAssessed::Metal => NOT_ATTEMPTED,
    }
}

/// The value of [`OPERATING_POINT`].
pub fn operating_point(call: Call) -> Code<'static> {
    match call {
        Call::Sensitive => Code("POINT-SENSITIVE", PRIVATE_SCHEME, "The sensitive one alone"),
        Call::Specific => Code("POINT-SPECIFIC", PRIVATE_SCHEME, "The specific one"),
    }
}

/// CID 7603 "Vertebra".
const LEVELS: [(&str, Code<'static>); 17] = [
    ("T1", Code("64864005", "SCT", "T1 vertebra")),
    ("T2", Code("53733008", "SCT", "T2 vertebra")),
    ("T3", Code("1626008", "SCT", "T3 vertebra")),
    ("T4", Code("73071006", "SCT", "T4 vertebra")),
    ("T5", Code("56401006", "SCT", "T5 vertebra")),
    ("T6", Code("45296009", "SCT", "T6 vertebra")),
    ("T7", Code("62487009", "SCT", "T7 vertebra")),
    ("T8", Code("11068009", "SCT", "T8 vertebra")),
    ("T9", Code("82687006", "SCT", "T9 vertebra")),
    ("T10", Code("7610001", "SCT", "T10 vertebra")),
    ("T11", Code("12989004", "SCT", "T11 vertebra")),
    ("T12", Code("23215003", "SCT", "T12 vertebra")),
    ("L1", Code("66794005", "SCT", "L1 vertebra")),
    ("L2", Code("14293000", "SCT", "L2 vertebra")),
    ("L3", Code("36470004", "SCT", "L3 vertebra")),
    ("L4", Code("11994002", "SCT", "L4 vertebra")),
    ("L5", Code("49668003", "SCT", "L5 vertebra")),
];

/// The finding site of a vertebra: its level, or just "vertebra".
pub fn site_of(level: Option<&str>) -> Code<'static> {
    let known = level.and_then(|level| LEVELS.iter().find(|(name, _)| *name == level));
    known.map_or(VERTEBRA, |(_, code)| *code)
}

/// The part of the spine an image shows, by its Body Part Examined (PS3.16 Annex L).
pub fn region_of(body_part: &str) -> Code<'static> {
    match body_part {
        "LSPINE" => Code("122496007", "SCT", "Lumbar spine"),
        "TSPINE" => Code("122495006", "SCT", "Thoracic spine"),
        "TLSPINE" => Code("1217256009", "SCT", "Thoracolumbar spine"),
        _ => VERTEBRA,
    }
}

/// The modality as a code.
pub fn modality(name: &str) -> Code<'static> {
    match name {
        "CR" => Code("CR", "DCM", "Computed Radiography"),
        _ => Code("DX", "DCM", "Digital Radiography"),
    }
}

/// What an ASTLOF class says about a fracture: whether there is any, and whether it is a compression
/// fracture. `None` for classes of other systems.
pub fn astlof(class_code: &str) -> Option<(bool, bool)> {
    match class_code {
        "ASTLOF-0" => Some((false, false)),
        "ASTLOF-1" => Some((true, true)),
        "ASTLOF-2" => Some((true, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_codes_fit_into_their_value_representations() {
        let grades = [GenantGrade::Normal, GenantGrade::Mild, GenantGrade::Moderate, GenantGrade::Severe].map(genant);
        let shapes = [Deformity::Wedge, Deformity::Biconcave, Deformity::Crush].map(deformity);
        let questions = [
            LEVEL_SOURCE,
            FROM_SACRUM,
            SIX_POINTS,
            ANTERIOR_HEIGHT,
            MIDDLE_HEIGHT,
            POSTERIOR_HEIGHT,
            WEDGE_RATIO,
            BICONCAVE_RATIO,
            CRUSH_RATIO,
            HEIGHT_LOSS,
            GENANT,
            DEFORMITY,
            TRIAGE_RESULT,
            VERTEBRAE_ASSESSED,
            VERTEBRAE_NOT_ASSESSED,
            NOT_ASSESSED_REASON,
            NO_PROBABILITY,
            OPERATING_POINT,
            OTHER_VIEW,
        ];
        let reasons = NotAssessed::ALL.map(not_assessed);
        let results = TriageResult::ALL.map(Some).into_iter().chain([None]).map(triage_result).collect::<Vec<_>>();
        let points = [Call::Sensitive, Call::Specific].map(operating_point);
        let all = [&grades[..], &shapes, &questions, &reasons, &results, &points].concat();
        for Code(value, _, meaning) in &all {
            assert!(value.len() <= 16 && meaning.len() <= 64, "SH {value}, LO {meaning}");
        }
        let values: std::collections::HashSet<_> = all.iter().map(|c| c.0).collect();
        assert_eq!(values.len(), all.len(), "each is one thing");
    }
}
