//! What a report is made from, and what comes out.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{BundleIdentity, Findings, ImageIdentity};
use crate::identifiers::Uid;

/// Everything a report is made from. All UIDs and times are in it or derived from what is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportRequest {
    /// SOP Instance UID of the structured report, in the first of [`Self::sop_classes`].
    pub report_uid: Uid,
    /// Its series.
    pub series_uid: Uid,
    /// Series of the overlay pictures.
    pub overlay_series_uid: Uid,
    /// Series Number of the report; pictures, presentation states and key objects take the next ones.
    pub series_number: u32,
    /// 1, or more for a later version: Instance Number.
    pub version: u32,
    /// Content date and time, `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    pub content_time: String,
    /// Device UID of the installation.
    pub device_uid: Uid,
    /// Device observer name: our AE title.
    pub observer_name: String,
    /// SOP classes of the structured report, at least one: the same report once in each.
    pub sop_classes: Vec<SopClass>,
    /// The version before.
    pub predecessor: Option<Predecessor>,
    /// What is written beside the report.
    pub companions: Companions,
    /// Language of the texts.
    pub language: Language,
    /// The model; images may have been analysed by an earlier one.
    pub bundle: BundleIdentity,
    /// 1, or more when films of other patients came under the same Study Instance UID before: each patient has
    /// reports of its own, and nothing that names a body may be the same in two patients' reports.
    pub patient_number: u32,
    /// The analysed images that one study has of one patient, each once: an image is its SOP Instance UID in its
    /// series, since a modality may have used a SOP Instance UID in two.
    pub images: Vec<ReportImage>,
    /// Images of the study whose analysis failed; with [`Self::images`] at least one, and one with a file.
    pub failed: Vec<FailedImage>,
}

impl ReportRequest {
    /// Every image the report is about.
    pub fn identities(&self) -> Vec<&ImageIdentity> {
        let analysed = self.images.iter().map(|image| &image.findings.image);
        analysed.chain(self.failed.iter().map(|image| &image.image)).collect()
    }

    /// The files that are there.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let analysed = self.images.iter().map(|image| &image.file);
        analysed.chain(self.failed.iter().map(|image| &image.file)).flatten().map(PathBuf::as_path)
    }

    /// Whether another image has the SOP Instance UID of `image` too, in another series.
    pub fn shares_its_uid(&self, image: &ImageIdentity) -> bool {
        let of_image = |other: &&&ImageIdentity| other.sop_instance_uid == image.sop_instance_uid;
        self.identities().iter().filter(of_image).count() > 1
    }

    /// SOP Instance UID of an object that is written of one image.
    pub fn uid_of(&self, kind: &str, image: &ImageIdentity) -> Uid {
        let [series, instance] = [&image.series_instance_uid, &image.sop_instance_uid].map(Uid::as_str);
        Uid::derived(&[kind, self.report_uid.as_str(), series, instance])
    }

    /// SOP Instance UID of the structured report in `sop_class`.
    pub fn uid_in(&self, sop_class: SopClass) -> Uid {
        if self.sop_classes.first() == Some(&sop_class) {
            return self.report_uid.clone();
        }
        Uid::derived(&["report", self.report_uid.as_str(), sop_class.uid()])
    }
}

/// SOP class of the structured report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SopClass {
    /// Comprehensive 3D SR, which IHE AI Results names.
    Comprehensive3dSr,
    /// Comprehensive SR, for an older PACS.
    ComprehensiveSr,
}

impl SopClass {
    /// SOP Class UID (PS3.4 table B.5-1).
    pub fn uid(self) -> &'static str {
        match self {
            Self::Comprehensive3dSr => dicom_dictionary_std::uids::COMPREHENSIVE3_DSR_STORAGE,
            Self::ComprehensiveSr => dicom_dictionary_std::uids::COMPREHENSIVE_SR_STORAGE,
        }
    }
}

/// Language of what a person reads in the report and on the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English.
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

/// A version of a study's report that a later one replaces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Predecessor {
    /// Its series.
    pub series_uid: Uid,
    /// SOP Class UID and SOP Instance UID of its structured reports, at least one.
    pub reports: Vec<(Uid, Uid)>,
    /// How many images it told of with findings. Are as many of this request's told, then they are all of them, and
    /// what its pictures said is known; else it told of an image that is gone now or has other findings.
    pub images: u32,
}

/// Objects beside the structured report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companions {
    /// A Secondary Capture image of each film with its findings drawn in.
    pub pictures: bool,
    /// A Grayscale Softcopy Presentation State for each film.
    pub presentation_states: bool,
    /// A Key Object Selection of the films with a finding.
    pub key_object: bool,
}

/// An image and what was found on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportImage {
    /// The DICOM file as received; `None` when it is gone, as retention deletes it.
    pub file: Option<PathBuf>,
    /// What was found.
    pub findings: Findings,
    /// Whether the report's predecessor told of the same image with the same findings.
    pub told: bool,
}

/// An image whose analysis failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailedImage {
    /// The DICOM file as received; `None` when it is gone, as retention deletes it.
    pub file: Option<PathBuf>,
    /// What identifies it, as far as its header says.
    pub image: ImageIdentity,
    /// Why there are no findings.
    pub reason: String,
}

/// What an object of a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// The structured report.
    StructuredReport,
    /// A Secondary Capture image with the findings drawn in.
    Overlay,
    /// A Grayscale Softcopy Presentation State that draws them over the film.
    PresentationState,
    /// A Key Object Selection of the films with a finding.
    KeyObject,
}

impl ObjectKind {
    /// As the database and file names have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::StructuredReport => "structured-report",
            Self::Overlay => "overlay",
            Self::PresentationState => "presentation-state",
            Self::KeyObject => "key-object",
        }
    }
}
