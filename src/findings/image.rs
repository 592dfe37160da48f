//! What identifies an image, and the size of its pixels.

use serde::{Deserialize, Serialize};

use crate::identifiers::Uid;

/// What identifies an image and says how to read coordinates on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageIdentity {
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// Series Instance UID.
    pub series_instance_uid: Uid,
    /// Study Instance UID.
    pub study_instance_uid: Uid,
    /// Modality, `CR` or `DX`.
    pub modality: String,
    /// Body Part Examined, empty when absent.
    pub body_part: String,
    /// View Position, empty when absent.
    pub view_position: String,
    /// Patient Orientation of rows and columns, when the file has both.
    pub patient_orientation: Option<[String; 2]>,
    /// Rows of the image.
    pub rows: u32,
    /// Columns of the image.
    pub columns: u32,
    /// Size of a pixel, when the file says one.
    pub pixel_spacing: Option<PixelSpacing>,
    /// What the file says of it that cannot be, and what follows, as a sentence without its full stop; absent in
    /// findings of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spacing_refused: Option<String>,
}

/// Size of a pixel in millimetres and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PixelSpacing {
    /// Between the centres of adjacent rows (vertical), mm.
    pub row_mm: f64,
    /// Between the centres of adjacent columns (horizontal), mm.
    pub column_mm: f64,
    /// Which attribute says so.
    pub source: SpacingSource,
}

/// The attribute a pixel spacing was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpacingSource {
    /// Pixel Spacing (0028,0030): calibrated, or at the patient as the device states.
    PixelSpacing,
    /// Imager Pixel Spacing (0018,1164): at the detector, not corrected for magnification.
    ImagerPixelSpacing,
    /// Nominal Scanned Pixel Spacing (0018,2010): a digitised film.
    NominalScannedPixelSpacing,
    /// Given by the caller, not by the file.
    Given,
}

impl SpacingSource {
    /// The attribute's name and tag (PS3.6).
    pub fn attribute(self) -> &'static str {
        match self {
            Self::PixelSpacing => "Pixel Spacing (0028,0030)",
            Self::ImagerPixelSpacing => "Imager Pixel Spacing (0018,1164)",
            Self::NominalScannedPixelSpacing => "Nominal Scanned Pixel Spacing (0018,2010)",
            Self::Given => "spacing given by the caller",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_without_refused_spacing_are_read_and_written_as_ever() {
        let old = r#"{"sop_class_uid":"1.2","sop_instance_uid":"1.3","series_instance_uid":"1.4","study_instance_uid":"1.5","modality":"DX","body_part":"","view_position":"","patient_orientation":null,"rows":9,"columns":9,"pixel_spacing":null}"#;
        let mut image: ImageIdentity = serde_json::from_str(old).unwrap();
        assert_eq!((serde_json::to_string(&image).unwrap().as_str(), &image.spacing_refused), (old, &None));
        image.spacing_refused = Some("none".into());
        assert_eq!(serde_json::from_str::<ImageIdentity>(&serde_json::to_string(&image).unwrap()).unwrap(), image);
    }
}
