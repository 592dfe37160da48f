//! From a file to a [`Radiograph`].

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, OpenFileOptions};

use super::identity::image_identity;
use super::modality::{ModalityLut, real_values};
use super::pixel_data;
use super::pixel_module::PixelModule;
use super::{ImagingError, Radiograph, Voi};
use crate::findings::ImageIdentity;
use crate::guard::{guarded, in_words};

pub use super::png::{read as read_png, size as size_of_png};

/// Everything read from the file of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedImage {
    /// The picture that the model sees.
    pub radiograph: Radiograph,
    /// What identifies it.
    pub identity: ImageIdentity,
    /// How the modality wanted a person to see it, when the file says so.
    pub voi: Option<Voi>,
}

/// Reads a DICOM file of one greyscale frame (CR, DX): the radiograph with Modality LUT applied,
/// MONOCHROME1 mirrored so that bone is bright, padding set to the darkest value, no VOI LUT; and
/// what identifies it.
///
/// # Errors
/// See [`ImagingError`]; [`ImagingError::is_permanent`] says whether trying again can help.
pub fn read(path: &Path) -> Result<(Radiograph, ImageIdentity), ImagingError> {
    let image = read_with_voi(path)?;
    Ok((image.radiograph, image.identity))
}

/// As [`read`], with the VOI LUT beside the radiograph, for pictures that a person looks at.
///
/// # Errors
/// As [`read`].
pub fn read_with_voi(path: &Path) -> Result<DecodedImage, ImagingError> {
    let mut file = parse(path)?;
    let stored = file.take(tags::PIXEL_DATA).ok_or(ImagingError::NoPixelData)?;
    let module = PixelModule::of(&file)?;
    let identity = image_identity(&file, &module)?;
    let modality = ModalityLut::of(&file, &module)?;
    let samples = pixel_data::samples(stored.into_value(), &module, file.meta().transfer_syntax())?;
    let pixels = real_values(&samples, &module, &modality)?;
    let spacing = identity.pixel_spacing;
    Ok(DecodedImage {
        radiograph: Radiograph { width: module.columns, height: module.rows, pixels, spacing },
        voi: Voi::of(&file, &module, &modality),
        identity,
    })
}

/// Width and height in pixels, as the header of a file says.
///
/// # Errors
/// When it is no greyscale image, as [`read`].
pub fn size(path: &Path) -> Result<[usize; 2], ImagingError> {
    let file = parse(path)?;
    let module = PixelModule::of(&file)?;
    Ok([module.columns, module.rows])
}

/// Parses the whole file.
///
/// The parser trusts lengths and nesting, so that a malicious file can exhaust memory or the stack.
/// Every caller must have walked the file with the bounded `dimse::dataset::Scanner` before: the
/// receiver has for everything in the spool, the inbox and the command line do it where they take
/// the file in.
fn parse(path: &Path) -> Result<DefaultDicomObject, ImagingError> {
    let access = |source| ImagingError::Access { path: path.to_owned(), source };
    let file = File::open(path).map_err(access)?;
    // A disk that fails while the file is read looks like a broken file to the parser.
    let mut reader = ErrorKeeper { file, failure: None };
    let parsed = guarded(|| {
        OpenFileOptions::new()
            .read_to(tags::PIXEL_DATA)
            .from_reader(BufReader::new(&mut reader))
            .map_err(|error| in_words(&error))
    });
    match reader.failure {
        Some(failure) => Err(access(failure)),
        None => parsed.map_err(|reason| ImagingError::NotDicom { reason }),
    }
}

/// A file that remembers why it could not be read: the parser's error does not say whether the
/// bytes or the disk are bad, and only the second is worth another attempt.
struct ErrorKeeper {
    file: File,
    failure: Option<io::Error>,
}

impl Read for ErrorKeeper {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failure = Some(io::Error::from(error.kind()));
            }
        })
    }
}
