//! Who judges what is written: programs of others, and [`complete`] for what none of them looks at.

pub mod complete;
pub mod programs;

use std::path::Path;

use dicom_object::{DefaultDicomObject, open_file};
use spinetriage::findings::ObjectKind;
use spinetriage::report::ReportObject;

use crate::report::requests::{measurement_groups, named};

/// Holds an object to all judges that are quick; `sources` are the files of its study's images.
pub fn judge(object: &ReportObject, path: &Path, sources: &[&Path]) -> DefaultDicomObject {
    let name = &object.file_name;
    assert_eq!(programs::dciodvfy(path), Vec::<String>::new(), "dciodvfy: {name}");
    let read = open_file(path).unwrap();
    let names = [path, sources[0]].map(|file| programs::highdicom(file)["patient_name"].clone());
    assert_eq!(names[0], names[1], "the patient's name as pydicom reads it: {name}");
    let sources: Vec<_> = sources.iter().map(|file| open_file(file).unwrap()).collect();
    let sources = sources.as_slice();
    assert_eq!(complete::complaints_of_any(&read, sources), Vec::<String>::new(), "{name}");
    match object.kind {
        ObjectKind::StructuredReport => {
            assert_eq!(programs::dsrdump(path), None, "{name}");
            highdicom_finds_the_groups(path, &read);
            assert_eq!(complete::complaints(&read, sources), Vec::<String>::new(), "{name}");
        }
        ObjectKind::KeyObject => assert_eq!(programs::dsrdump(path), None, "{name}"),
        ObjectKind::PresentationState => assert_eq!(programs::dcmpschk(path), Vec::<String>::new(), "{name}"),
        ObjectKind::Overlay => {}
    }
    read
}

/// Holds a structured report or key object to its template, which takes seconds.
pub fn judge_template(object: &ReportObject, path: &Path) {
    let template = match object.kind {
        ObjectKind::StructuredReport => "TID_1500",
        ObjectKind::KeyObject => "TID_2010",
        ObjectKind::PresentationState | ObjectKind::Overlay => return,
    };
    let mut complaints = template_complaints(&programs::pixelmed(path), template);
    let report = open_file(path).unwrap();
    if named(&report, "111030").len() == 1 {
        complaints.retain(|what| !is_of_the_wrong_template(what));
    }
    assert_eq!(complaints, Vec::<String>::new(), "PixelMed: {}", object.file_name);
}

/// PixelMed counts the regions of all groups together (release 20220618, TID 1500): when there is one,
/// it takes each group for TID 1410, also that of the image, which has no region and is of TID 1501.
/// When there are more it looks at none of them as TID 1410.
fn is_of_the_wrong_template(complaint: &str) -> bool {
    let missing = ["[Row 5] SCOORD (111030", "[Row 7] IMAGE (121214"].iter().any(|row| complaint.contains(row));
    missing && complaint.contains("Template 1410") && complaint.ends_with("Missing conditional content item")
}

/// The errors in what PixelMed said, and what it did not get to. Its warnings about content that is
/// not in the template are about private codes and qualitative evaluations, which may be there.
fn template_complaints(said: &str, template: &str) -> Vec<String> {
    let error = |line: &&str| line.starts_with("Error") || line.contains("illegal");
    let mut complaints: Vec<String> = said.lines().filter(error).map(str::to_owned).collect();
    for milestone in
        [&format!("Found Root Template {template}"), "Root Template Validation Complete", "IOD validation complete"]
    {
        if !said.contains(milestone) {
            complaints.push(format!("never said \"{milestone}\""));
        }
    }
    complaints
}

/// highdicom sorts groups by their regions: one is planar, several are a volume, none is an image's.
fn highdicom_finds_the_groups(path: &Path, report: &DefaultDicomObject) {
    let found = programs::highdicom(path);
    assert!(found["error"].is_null(), "highdicom: {found}");
    let with_region = |group: &&&_| !named(group, "111030").is_empty();
    let groups = measurement_groups(report);
    let regions = groups.iter().filter(with_region).count();
    let count = |kind: &str| found[kind].as_u64().unwrap() as usize;
    assert_eq!(count("planar") + count("volumetric"), regions, "highdicom: {found}");
    assert_eq!(count("image"), groups.len() - regions, "highdicom: {found}");
    assert!(count("image") > 0, "highdicom: {found}");
}

mod tests {
    use std::path::PathBuf;

    use dicom_core::{DataElement, VR};
    use dicom_dictionary_std::tags;
    use spinetriage::report::write;
    use tempfile::TempDir;

    use super::*;
    use crate::report::requests::*;

    /// A file with the first object of `request` that is of this kind, after a change.
    fn changed(kind: ObjectKind, change: impl FnOnce(&mut DefaultDicomObject)) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let mut asked = one_image();
        asked.companions = EVERYTHING;
        let objects = write(&asked).unwrap();
        let file = saved(folder.path(), objects.iter().find(|o| o.kind == kind).unwrap());
        let mut object = open_file(&file).unwrap();
        change(&mut object);
        object.write_to_file(&file).unwrap();
        (folder, file)
    }

    #[test]
    fn a_number_without_unit_is_found_by_dciodvfy() {
        let (_folder, file) = changed(ObjectKind::StructuredReport, |report| {
            edit(report, "122157", &mut |item| {
                within(item, tags::MEASURED_VALUE_SEQUENCE, &mut |value| {
                    value.remove_element(tags::MEASUREMENT_UNITS_CODE_SEQUENCE)
                });
                true
            });
        });
        assert_ne!(programs::dciodvfy(&file), Vec::<String>::new());
    }

    #[test]
    fn a_relationship_that_is_not_the_templates_is_found_by_pixelmed() {
        let (_folder, file) = changed(ObjectKind::StructuredReport, |report| {
            edit(report, "112039", &mut |item| {
                item.put(DataElement::new(tags::RELATIONSHIP_TYPE, VR::CS, "CONTAINS"));
                true
            });
        });
        assert_ne!(template_complaints(&programs::pixelmed(&file), "TID_1500"), Vec::<String>::new());
    }

    #[test]
    fn a_state_without_displayed_area_or_with_half_a_graphic_is_found_by_dcmpschk() {
        let (_folder, file) = changed(ObjectKind::PresentationState, |state| {
            state.remove_element(tags::DISPLAYED_AREA_SELECTION_SEQUENCE);
        });
        assert_ne!(programs::dcmpschk(&file), Vec::<String>::new());
        let (_folder, file) = changed(ObjectKind::PresentationState, |state| {
            within(state, tags::GRAPHIC_ANNOTATION_SEQUENCE, &mut |annotation| {
                within(annotation, tags::GRAPHIC_OBJECT_SEQUENCE, &mut |graphic| {
                    graphic.remove_element(tags::GRAPHIC_TYPE)
                });
                true
            });
        });
        assert_ne!(programs::dcmpschk(&file), Vec::<String>::new());
    }

    #[test]
    fn a_report_without_groups_and_what_is_no_report_are_found_by_highdicom_and_dsrdump() {
        let (_folder, file) = changed(ObjectKind::StructuredReport, |report| {
            edit(report, "126010", &mut |_| false);
        });
        assert_eq!(programs::highdicom(&file)["image"], 0);
        let film = sample("intact");
        assert!(programs::dsrdump(&film).is_some());
    }

    #[test]
    fn a_validator_that_says_nothing_has_not_praised() {
        assert_eq!(template_complaints("", "TID_1500").len(), 3);
        let incomplete = "Found Root Template TID_1500\nRoot Template Validation Complete\n";
        assert_eq!(template_complaints(incomplete, "TID_1500"), ["never said \"IOD validation complete\""]);
        assert_eq!(template_complaints(incomplete, "TID_2010").len(), 2);
    }
}
