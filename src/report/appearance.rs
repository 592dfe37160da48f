//! How a film looks in a viewer, taken over into a presentation state, which overrides all the film
//! itself says of it: a stage that the state leaves out is none (PS3.4 N.2).

use dicom_core::header::HasLength;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;

use super::attributes::{Item, put, put_items};
use super::modules::copy;
use super::source::Source;

/// Graphic Layer of the film's own overlays; VR CS.
const LAYER: &str = "FILM";

/// Takes over grey levels, shutter and overlays; the layer that the overlays need, where there are any.
pub fn take_over(object: &mut Item, source: &Source) -> Option<&'static str> {
    modality_lut(object, source);
    if let Some(item) = voi_lut(source) {
        put_items(object, tags::SOFTCOPY_VOILUT_SEQUENCE, vec![item]);
    }
    // The film's polarity counts no longer (PS3.4 N.2.1.4): its lowest values are shown white
    // because we say so.
    let inverse = text(source, tags::PHOTOMETRIC_INTERPRETATION) == "MONOCHROME1";
    put(object, tags::PRESENTATION_LUT_SHAPE, VR::CS, if inverse { "INVERSE" } else { "IDENTITY" });
    shutter(object, source);
    overlays(object, source).then_some(LAYER)
}

/// Height over width of a pixel where the film says so and no spacing does (PS3.3 C.7.6.3.1.7).
pub fn aspect_ratio(source: &Source) -> String {
    let said = text(source, tags::PIXEL_ASPECT_RATIO);
    let numbers: Vec<i32> = said.split('\\').filter_map(|n| n.trim().parse().ok()).collect();
    match numbers.as_slice() {
        [height, width] if *height > 0 && *width > 0 => format!("{height}\\{width}"),
        _ => "1\\1".to_owned(),
    }
}

/// Modality LUT module (PS3.3 C.11.1). Modality LUT Type and Rescale Type must be there; films often
/// leave them out, and `US` says "unspecified".
fn modality_lut(object: &mut Item, source: &Source) {
    let said = |tag, otherwise: &str| Some(text(source, tag)).filter(|t| !t.is_empty()).unwrap_or(otherwise.to_owned());
    if let Some(film) = first_item(source, tags::MODALITY_LUT_SEQUENCE) {
        let mut table = table(film);
        put(&mut table, tags::MODALITY_LUT_TYPE, VR::LO, "US");
        if let Some(element) = film.get(tags::MODALITY_LUT_TYPE).filter(|element| !element.is_empty()) {
            table.put(element.clone());
        }
        put_items(object, tags::MODALITY_LUT_SEQUENCE, vec![table]);
    } else if [tags::RESCALE_INTERCEPT, tags::RESCALE_SLOPE].iter().any(|tag| !text(source, *tag).is_empty()) {
        put(object, tags::RESCALE_INTERCEPT, VR::DS, &sixteen(&said(tags::RESCALE_INTERCEPT, "0")));
        put(object, tags::RESCALE_SLOPE, VR::DS, &sixteen(&said(tags::RESCALE_SLOPE, "1")));
        put(object, tags::RESCALE_TYPE, VR::LO, "US");
        if source.get(tags::RESCALE_TYPE).is_some_and(|element| !element.is_empty()) {
            copy(object, source, tags::RESCALE_TYPE);
        }
    }
}

/// The film's first VOI LUT, or else its first window (PS3.3 C.11.8: no more than one).
fn voi_lut(source: &Source) -> Option<Item> {
    let mut item = Item::new_empty();
    let usable = |film: &&Item| {
        [tags::LUT_DESCRIPTOR, tags::LUT_DATA].iter().all(|tag| film.get(*tag).is_some_and(|e| !e.is_empty()))
    };
    if let Some(film) = first_item(source, tags::VOILUT_SEQUENCE).filter(usable) {
        put_items(&mut item, tags::VOILUT_SEQUENCE, vec![table(film)]);
        return Some(item);
    }
    let first = |tag| text(source, tag).split('\\').next().map(|t| t.trim().to_owned()).unwrap_or_default();
    let (center, width) = (first(tags::WINDOW_CENTER), first(tags::WINDOW_WIDTH));
    let function = text(source, tags::VOILUT_FUNCTION);
    let least = if matches!(function.as_str(), "SIGMOID" | "LINEAR_EXACT") { f64::MIN_POSITIVE } else { 1.0 };
    let number = |t: &str| t.parse::<f64>().ok().filter(|n| n.is_finite());
    number(&center)?;
    number(&width).filter(|width| *width >= least)?;
    put(&mut item, tags::WINDOW_CENTER, VR::DS, &sixteen(&center));
    put(&mut item, tags::WINDOW_WIDTH, VR::DS, &sixteen(&width));
    if matches!(function.as_str(), "LINEAR" | "LINEAR_EXACT" | "SIGMOID") {
        put(&mut item, tags::VOILUT_FUNCTION, VR::CS, &function);
    }
    Some(item)
}

/// A look-up table's own attributes (PS3.3 table C.11-1b), without private ones and what explains it.
fn table(film: &Item) -> Item {
    let mut item = Item::new_empty();
    let tags = [tags::LUT_DESCRIPTOR, tags::LUT_DATA];
    for element in tags.iter().filter_map(|tag| film.get(*tag)) {
        item.put(element.clone());
    }
    item
}

/// Display Shutter and Presentation State Shutter modules (PS3.3 C.7.6.11 and C.11.12); black where
/// the film does not say what covers it.
fn shutter(object: &mut Item, source: &Source) {
    const COPIED: [Tag; 9] = [
        tags::SHUTTER_SHAPE,
        tags::SHUTTER_LEFT_VERTICAL_EDGE,
        tags::SHUTTER_RIGHT_VERTICAL_EDGE,
        tags::SHUTTER_UPPER_HORIZONTAL_EDGE,
        tags::SHUTTER_LOWER_HORIZONTAL_EDGE,
        tags::CENTER_OF_CIRCULAR_SHUTTER,
        tags::RADIUS_OF_CIRCULAR_SHUTTER,
        tags::VERTICES_OF_THE_POLYGONAL_SHUTTER,
        tags::SHUTTER_PRESENTATION_VALUE,
    ];
    if text(source, tags::SHUTTER_SHAPE).is_empty() {
        return;
    }
    object.put(DataElement::new(tags::SHUTTER_PRESENTATION_VALUE, VR::US, PrimitiveValue::from(0u16)));
    for element in COPIED.iter().filter_map(|tag| source.get(*tag)).filter(|element| !element.is_empty()) {
        object.put(element.clone());
    }
}

/// Overlay Activation module (PS3.3 C.11.7): the film's own overlays, side markers often, stay.
fn overlays(object: &mut Item, source: &Source) -> bool {
    const ROWS: u16 = 0x0010;
    const ACTIVATION_LAYER: u16 = 0x1001;
    let groups: Vec<u16> =
        (0x6000..=0x601e).step_by(2).filter(|group| source.get(Tag(*group, ROWS)).is_some()).collect();
    for group in &groups {
        put(object, Tag(*group, ACTIVATION_LAYER), VR::CS, LAYER);
    }
    !groups.is_empty()
}

fn first_item(source: &Source, tag: Tag) -> Option<&Item> {
    source.get(tag)?.items()?.first()
}

/// The string of an attribute without padding; empty when it is absent. Not for names and descriptions,
/// which are bytes.
fn text(source: &Source, tag: Tag) -> String {
    let value = source.get(tag).and_then(|element| element.to_str().ok());
    value.map(|text| text.trim_matches([' ', '\0']).to_owned()).unwrap_or_default()
}

/// A decimal string that fits into its VR (PS3.5 6.2: at most 16 characters), where the film's does not.
fn sixteen(number: &str) -> String {
    match number.parse::<f64>() {
        Ok(value) if number.len() > 16 => format!("{value:.8e}"),
        _ => number.to_owned(),
    }
}
