//! Which images are spine X-rays: the `[select]` table applied to what the scanner saw.

use crate::config::Select;
use crate::dicom::DatasetSummary;

/// The decision on one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Is analysed.
    Selected,
    /// Is kept and audited, but not analysed.
    Skipped {
        /// Why, with the values that decided.
        reason: String,
    },
}

/// Decides on an image: its modality must be listed; then the body part decides, and only where it
/// is absent the descriptions do. A body part that contradicts a description is believed, because
/// it describes this image and the description often describes the whole study.
pub fn select(rules: &Select, image: &DatasetSummary) -> Selection {
    let skipped = |reason| Selection::Skipped { reason };
    let text = |value: &Option<String>| value.as_deref().unwrap_or("").trim().to_owned();
    let listed = |list: &[String], value: &str| list.iter().any(|v| v.eq_ignore_ascii_case(value));

    let modality = text(&image.modality);
    if !listed(&rules.modalities, &modality) {
        return skipped(format!("modality \"{modality}\" is not in [select] modalities"));
    }
    let body_part = text(&image.body_part_examined);
    if !body_part.is_empty() {
        return if listed(&rules.body_parts, &body_part) {
            Selection::Selected
        } else {
            skipped(format!("body part \"{body_part}\" is not in [select] body_parts"))
        };
    }
    let descriptions = [&image.study_description, &image.series_description, &image.protocol_name].map(text);
    match &rules.description_matches {
        Some(pattern) if descriptions.iter().any(|d| pattern.is_match(d)) => Selection::Selected,
        Some(_) => skipped(format!(
            "no body part is given and none of the descriptions \"{}\" matches [select] description_matches",
            descriptions.join("\", \"")
        )),
        None => skipped("no body part is given and [select] description_matches is not set".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    fn rules() -> Select {
        Select {
            modalities: vec!["CR".into(), "DX".into()],
            body_parts: vec!["LSPINE".into()],
            description_matches: Some(Regex::new("(?i)spine|lumbar").unwrap()),
        }
    }

    fn image(modality: &str, body_part: &str, description: &str) -> DatasetSummary {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        DatasetSummary {
            modality: some(modality),
            body_part_examined: some(body_part),
            study_description: some(description),
            ..DatasetSummary::default()
        }
    }

    #[test]
    fn body_part_decides_where_it_is_given() {
        assert_eq!(select(&rules(), &image("DX", "lspine ", "")), Selection::Selected);
        let Selection::Skipped { reason } = select(&rules(), &image("DX", "CHEST", "lumbar spine")) else {
            panic!("a chest image is no spine image")
        };
        assert!(reason.contains("CHEST"), "{reason}");
    }

    #[test]
    fn descriptions_decide_where_it_is_absent() {
        assert_eq!(select(&rules(), &image("CR", "", "LUMBAR LAT")), Selection::Selected);
        assert!(matches!(select(&rules(), &image("CR", "", "Thorax pa")), Selection::Skipped { .. }));
    }

    #[test]
    fn other_modalities_are_skipped() {
        assert!(matches!(select(&rules(), &image("MR", "LSPINE", "")), Selection::Skipped { .. }));
    }
}
