//! The findings as a Grayscale Softcopy Presentation State (PS3.3 A.33.1): a viewer draws them over
//! the film itself, and can switch them off.

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};

use super::appearance;
use super::attributes::{Item, decimal, image_reference, put, put_items, shortened};
use super::drawing::marks;
use super::error::ReportError;
use super::file::{self, Identity};
use super::measurements::overlay_series;
use super::modules::{Heading, begin, date_and_time, describe, put_body_part};
use super::news::Film;
use super::object::ReportObject;
use super::source::Source;
use super::texts::Text;
use crate::findings::{Findings, ImageIdentity, Language, ObjectKind, ReportRequest};
use crate::identifiers::Uid;

/// Graphic Layer of everything we draw; VR CS.
const LAYER: &str = "FINDINGS";
/// Lines of text that fill a film from top to bottom.
const LINES: f64 = 60.0;
/// Width of a letter over the height of its line.
const LETTER: f64 = 0.6;
/// Most characters of a text: Unformatted Text Value has VR ST.
const LONGEST_TEXT: usize = 1024;

/// Left, top, right and bottom, in pixels from the film's top left corner.
type Frame = [f64; 4];

/// Writes the presentation state of one image.
pub fn write(request: &ReportRequest, film: &Film) -> Result<ReportObject, ReportError> {
    let (findings, source) = (&film.image(request).findings, &film.source);
    let of = &findings.image;
    let uid = request.uid_of("presentation-state", of);
    let series = Uid::derived(&["presentation-state-series", request.series_uid.as_str()]);

    let sop_class = uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE;
    let heading = Heading {
        sop_class,
        sop_instance: &uid,
        modality: "PR",
        series: &series,
        series_after: 2,
        number: film.number(),
    };
    let mut object = begin(request, source, &heading);
    put_body_part(&mut object, of);
    describe(&mut object, request, &findings.bundle, &overlay_series(request));
    identify(&mut object, request);
    relate(&mut object, of);
    display_whole(&mut object, of, source);
    annotate(&mut object, findings, request.language);
    let of_film = appearance::take_over(&mut object, source);
    layers(&mut object, of_film, request.language);
    file::finish(object, ObjectKind::PresentationState, Identity { sop_class, sop_instance: &uid })
}

/// Presentation State Identification module (PS3.3 C.11.10).
fn identify(object: &mut Item, request: &ReportRequest) {
    let (date, time) = date_and_time(object, &request.content_time);
    for of_documents in [tags::CONTENT_DATE, tags::CONTENT_TIME] {
        object.remove_element(of_documents);
    }
    put(object, tags::PRESENTATION_CREATION_DATE, VR::DA, &date);
    put(object, tags::PRESENTATION_CREATION_TIME, VR::TM, &time);
    put(object, tags::CONTENT_LABEL, VR::CS, "SPINETRIAGE");
    put(object, tags::CONTENT_DESCRIPTION, VR::LO, Text::ResearchUseOnly.said_in(request.language));
    put(object, tags::CONTENT_CREATOR_NAME, VR::PN, "spinetriage^program");
}

/// Presentation State Relationship module (PS3.3 C.11.11): the one image it is for.
fn relate(object: &mut Item, image: &ImageIdentity) {
    let mut series = Item::new_empty();
    put(&mut series, tags::SERIES_INSTANCE_UID, VR::UI, image.series_instance_uid.as_str());
    put_items(&mut series, tags::REFERENCED_IMAGE_SEQUENCE, vec![image_reference(image)]);
    put_items(object, tags::REFERENCED_SERIES_SEQUENCE, vec![series]);
}

/// Displayed Area module (PS3.3 C.10.4): the whole film, as large as there is room. A spacing gives
/// no more than the shape of a pixel then; without one, the aspect ratio must be there.
fn display_whole(object: &mut Item, image: &ImageIdentity, source: &Source) {
    let mut area = Item::new_empty();
    let corner = |column: u32, row: u32| PrimitiveValue::I32([column as i32, row as i32].as_slice().into());
    area.put(DataElement::new(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, VR::SL, corner(1, 1)));
    let last = corner(image.columns, image.rows);
    area.put(DataElement::new(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER, VR::SL, last));
    put(&mut area, tags::PRESENTATION_SIZE_MODE, VR::CS, "SCALE TO FIT");
    let spacing = image.pixel_spacing.map(|s| [decimal(s.row_mm), decimal(s.column_mm)]);
    match spacing.filter(|both| both.iter().all(|mm| mm != "0")) {
        Some(spacing) => put(&mut area, tags::PRESENTATION_PIXEL_SPACING, VR::DS, &spacing.join("\\")),
        None => put(&mut area, tags::PRESENTATION_PIXEL_ASPECT_RATIO, VR::IS, &appearance::aspect_ratio(source)),
    }
    put_items(object, tags::DISPLAYED_AREA_SELECTION_SEQUENCE, vec![area]);
}

/// Graphic Annotation module (PS3.3 C.10.5): boxes, points, labels and the notice.
fn annotate(object: &mut Item, findings: &Findings, language: Language) {
    let film = [f64::from(findings.image.columns), f64::from(findings.image.rows)];
    let mut texts = vec![text(Text::ResearchUseOnly.said_in(language), line(film, 1))];
    let mut graphics = Vec::new();
    if findings.vertebrae.is_empty() {
        texts.push(text(Text::NoVertebraFound.said_in(language), line(film, 2)));
    }
    for mark in marks(findings, language) {
        let b = &mark.bounding_box;
        graphics.push(graphic(
            "POLYLINE",
            &[[b.x0, b.y0], [b.x1, b.y0], [b.x1, b.y1], [b.x0, b.y1], [b.x0, b.y0]],
            film,
        ));
        for point in mark.points.iter().flat_map(|p| p.upper.iter().chain(&p.lower)) {
            graphics.push(graphic("POINT", &[*point], film));
        }
        let label = mark.text(language);
        let frame = beside([b.x0, b.y0, b.x1, b.y1], label.chars().count(), film);
        texts.push(text(&label, frame));
    }
    let mut annotation = Item::new_empty();
    put(&mut annotation, tags::GRAPHIC_LAYER, VR::CS, LAYER);
    put_items(&mut annotation, tags::TEXT_OBJECT_SEQUENCE, texts);
    if !graphics.is_empty() {
        put_items(&mut annotation, tags::GRAPHIC_OBJECT_SEQUENCE, graphics);
    }
    put_items(object, tags::GRAPHIC_ANNOTATION_SEQUENCE, vec![annotation]);
}

/// Graphic Layer module (PS3.3 C.10.7): ours above the film's own overlays.
fn layers(object: &mut Item, of_film: Option<&'static str>, language: Language) {
    let layer = |(order, (name, description)): (u32, (&str, &str))| {
        let mut item = Item::new_empty();
        put(&mut item, tags::GRAPHIC_LAYER, VR::CS, name);
        put(&mut item, tags::GRAPHIC_LAYER_ORDER, VR::IS, &order.to_string());
        put(&mut item, tags::GRAPHIC_LAYER_DESCRIPTION, VR::LO, description);
        item
    };
    let of_film = of_film.map(|name| (name, "The film's own overlays"));
    let all = of_film.into_iter().chain([(LAYER, Text::ResearchUseOnly.said_in(language))]);
    put_items(object, tags::GRAPHIC_LAYER_SEQUENCE, (1..).zip(all).map(layer).collect());
}

/// A graphic object. Coordinates count from the corner of the first pixel and must be on the film
/// (PS3.3 C.10.5.1.2): what a body at the edge has beyond it is drawn in.
fn graphic(kind: &str, points: &[[f64; 2]], [columns, rows]: [f64; 2]) -> Item {
    let mut item = Item::new_empty();
    put(&mut item, tags::GRAPHIC_ANNOTATION_UNITS, VR::CS, "PIXEL");
    for (tag, value) in [(tags::GRAPHIC_DIMENSIONS, 2), (tags::NUMBER_OF_GRAPHIC_POINTS, points.len() as u16)] {
        item.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
    }
    let data: Vec<f64> = points.iter().flat_map(|[x, y]| [x.clamp(0.0, columns), y.clamp(0.0, rows)]).collect();
    put_floats(&mut item, tags::GRAPHIC_DATA, &data);
    put(&mut item, tags::GRAPHIC_TYPE, VR::CS, kind);
    if kind == "POLYLINE" {
        put(&mut item, tags::GRAPHIC_FILLED, VR::CS, "N");
    }
    item
}

/// A text object in its frame.
fn text(text: &str, [left, top, right, bottom]: Frame) -> Item {
    let mut item = Item::new_empty();
    put(&mut item, tags::BOUNDING_BOX_ANNOTATION_UNITS, VR::CS, "PIXEL");
    put(&mut item, tags::UNFORMATTED_TEXT_VALUE, VR::ST, shortened(text, LONGEST_TEXT));
    put_floats(&mut item, tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER, &[left, top]);
    put_floats(&mut item, tags::BOUNDING_BOX_BOTTOM_RIGHT_HAND_CORNER, &[right, bottom]);
    put(&mut item, tags::BOUNDING_BOX_TEXT_HORIZONTAL_JUSTIFICATION, VR::CS, "LEFT");
    item
}

fn put_floats(item: &mut Item, tag: Tag, values: &[f64]) {
    let values: Vec<f32> = values.iter().map(|v| *v as f32).collect();
    item.put(DataElement::new(tag, VR::FL, PrimitiveValue::F32(values.into())));
}

/// The `n`th line of the film, from its left to its right.
fn line([columns, rows]: [f64; 2], n: u32) -> Frame {
    let height = rows / LINES;
    [0.0, height * f64::from(n - 1), columns, height * f64::from(n)]
}

/// A frame for a text of so many letters, as high as a line: right of the box, or left of it where
/// there is no room, or at the film's right edge. All of it is on the film.
fn beside([x0, y0, x1, y1]: Frame, letters: usize, [columns, rows]: [f64; 2]) -> Frame {
    let height = rows / LINES;
    let width = (letters as f64 * LETTER * height).min(columns);
    let left = match (x1 + height, x0 - height - width) {
        (right_of, _) if right_of >= 0.0 && right_of + width <= columns => right_of,
        (_, left_of) if left_of >= 0.0 && left_of + width <= columns => left_of,
        _ => columns - width,
    };
    let top = ((y0 + y1 - height) / 2.0).clamp(0.0, rows - height);
    [left, top, left + width, top + height]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_label_stands_right_of_its_box_or_left_or_at_the_edge() {
        let film = [600.0, 600.0];
        assert_eq!(beside([100.0, 100.0, 200.0, 150.0], 20, film), [210.0, 120.0, 330.0, 130.0]);
        assert_eq!(beside([300.0, 100.0, 580.0, 150.0], 20, film), [170.0, 120.0, 290.0, 130.0]);
        assert_eq!(beside([5.0, 100.0, 595.0, 150.0], 20, film), [480.0, 120.0, 600.0, 130.0]);
    }

    proptest! {
        #[test]
        fn every_label_is_on_the_film(
            corners in prop::array::uniform4(-1e6..1e6f64), letters in 0usize..2000, film in prop::array::uniform2(1.0..1e5f64),
        ) {
            let [left, top, right, bottom] = beside(corners, letters, film);
            prop_assert!(0.0 <= left && left <= right && right <= film[0] + 1e-6, "{left} {right}");
            prop_assert!(0.0 <= top && top < bottom && bottom <= film[1] + 1e-6, "{top} {bottom}");
        }
    }
}
