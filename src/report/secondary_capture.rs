//! The overlay picture as a Secondary Capture image in the same study: once as it is, once compressed.

use charls::{CharLS, FrameInfo, InterleaveMode};
use dicom_core::value::PixelFragmentSequence;
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};

use super::attributes::{Item, image_reference, put, put_items};
use super::error::ReportError;
use super::file::{self, Identity};
use super::measurements::overlay_series;
use super::modules::{Heading, begin, describe, put_body_part};
use super::news::Film;
use super::object::ReportObject;
use super::overlay::{self, Picture};
use super::texts::{Text, sentences};
use crate::findings::{Findings, ImageIdentity, ObjectKind, ReportRequest};
use crate::imaging::decode;

/// Draws one image's findings and wraps the picture.
pub fn write(request: &ReportRequest, film: &Film) -> Result<ReportObject, ReportError> {
    let image = film.image(request);
    let (radiograph, _) =
        decode::read(film.file).map_err(|source| ReportError::Pixels { path: film.file.to_owned(), source })?;
    let study: Vec<&Findings> = request.images.iter().map(|image| &image.findings).collect();
    let picture = overlay::draw(&radiograph, &image.findings, &study, request.language);
    let identity = &image.findings.image;
    let uid = request.uid_of("overlay", identity);

    let heading = Heading {
        sop_class: uids::SECONDARY_CAPTURE_IMAGE_STORAGE,
        sop_instance: &uid,
        modality: "OT",
        series: &request.overlay_series_uid,
        series_after: 1,
        number: film.number(),
    };
    let mut object = begin(request, &film.source, &heading);
    put(&mut object, tags::CONVERSION_TYPE, VR::CS, "WSD");
    describe(&mut object, request, &image.findings.bundle, &overlay_series(request));
    put(&mut object, tags::IMAGE_TYPE, VR::CS, "DERIVED\\SECONDARY");
    let derivation = sentences(&[Text::OverlayDerivation, Text::ResearchUseOnly], request.language);
    put(&mut object, tags::DERIVATION_DESCRIPTION, VR::ST, &derivation);
    relate(&mut object, identity);
    put(
        &mut object,
        tags::PATIENT_ORIENTATION,
        VR::CS,
        &identity.patient_orientation.as_ref().map(|o| o.join("\\")).unwrap_or_default(),
    );
    put(&mut object, tags::BURNED_IN_ANNOTATION, VR::CS, "YES");
    put_body_part(&mut object, identity);
    put(&mut object, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "RGB");
    for (tag, value) in [
        (tags::SAMPLES_PER_PIXEL, 3),
        (tags::PLANAR_CONFIGURATION, 0),
        (tags::ROWS, picture.height as u16),
        (tags::COLUMNS, picture.width as u16),
        (tags::BITS_ALLOCATED, 8),
        (tags::BITS_STORED, 8),
        (tags::HIGH_BIT, 7),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
    }
    let identity = Identity { sop_class: uids::SECONDARY_CAPTURE_IMAGE_STORAGE, sop_instance: &uid };
    let mut compressed = object.clone();
    compressed.put(DataElement::new(
        tags::PIXEL_DATA,
        VR::OB,
        PixelFragmentSequence::new(vec![0], vec![jpeg_ls(&picture)?]),
    ));
    let compressed = file::encode(compressed, &identity, uids::JPEGLS_LOSSLESS)?;
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(even(picture.rgb).into())));
    Ok(ReportObject { compressed: Some(compressed), ..file::finish(object, ObjectKind::Overlay, identity)? })
}

/// Of which image the picture is. Its series is in the Common Instance Reference module (PS3.3 C.12.2): of two images
/// with one SOP Instance UID it says which.
fn relate(object: &mut Item, image: &ImageIdentity) {
    let reference = image_reference(image);
    put_items(object, tags::SOURCE_IMAGE_SEQUENCE, vec![reference.clone()]);
    let mut series = Item::new_empty();
    put(&mut series, tags::SERIES_INSTANCE_UID, VR::UI, image.series_instance_uid.as_str());
    put_items(&mut series, tags::REFERENCED_INSTANCE_SEQUENCE, vec![reference]);
    put_items(object, tags::REFERENCED_SERIES_SEQUENCE, vec![series]);
}

/// The pixels in JPEG-LS, lossless (PS3.5 A.4.3), the samples of a pixel together as they are in memory.
fn jpeg_ls(picture: &Picture) -> Result<Vec<u8>, ReportError> {
    let frame = FrameInfo {
        width: picture.width as u32,
        height: picture.height as u32,
        bits_per_sample: 8,
        component_count: 3,
    };
    let mut encoder = CharLS::default();
    let stream =
        encoder.set_interleave_mode(InterleaveMode::Sample).and_then(|()| encoder.encode(frame, 0, &picture.rgb));
    stream.map(even).map_err(|e| ReportError::Encoding(format!("JPEG-LS: {e}")))
}

/// A value of an even number of bytes (PS3.5 7.1.1).
fn even(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes
}
