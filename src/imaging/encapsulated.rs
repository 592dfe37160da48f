//! Compressed pixel data: the codecs of the transfer syntax registry, on a short leash.

use std::borrow::Cow;

use dicom_encoding::Codec;
use dicom_encoding::adapters::{PixelDataObject, RawPixelData};
use dicom_encoding::transfer_syntax::TransferSyntaxIndex;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::ImagingError;
use super::codestream::{Family, StreamHeader, check_end, check_rle, jpeg_header, jpeg2000_header};
use super::pixel_module::PixelModule;
use super::samples::{Samples, words_of_bytes};
use crate::guard::{guarded, in_words};

/// Decodes the one frame in `stream`.
///
/// The registry's codecs allocate what the stream's own header asks for, copy without checking and
/// panic on some corrupt data. So the header is read here first and must agree with the data set,
/// the codec is told the precision that the stream really has, and the size of what it returns is
/// checked.
///
/// # Errors
/// [`ImagingError::Codec`] with the name of the transfer syntax and the reason.
pub(super) fn decode(stream: &[u8], module: &PixelModule, transfer_syntax: &str) -> Result<Samples, ImagingError> {
    let known = TransferSyntaxRegistry.get(transfer_syntax);
    let failed = |reason: String| ImagingError::Codec {
        name: known.map_or("an unknown transfer syntax", |syntax| syntax.name()).to_owned(),
        uid: transfer_syntax.to_owned(),
        reason,
    };
    let (Some(family), Some(Codec::EncapsulatedPixelData(Some(reader), _))) =
        (Family::of(transfer_syntax), known.map(|syntax| syntax.codec()))
    else {
        return Err(failed("there is no decoder for it; send the image uncompressed or JPEG lossless".to_owned()));
    };

    let precision = match family {
        Family::Rle => check_rle(stream, module.bytes_per_sample()).map(|()| module.bits_allocated),
        Family::Jpeg => jpeg_header(stream).and_then(|header| agreed_precision(header, module)),
        Family::Jpeg2000 => jpeg2000_header(stream).and_then(|header| agreed_precision(header, module)),
    }
    .map_err(failed)?;
    if family != Family::Rle {
        check_end(stream).map_err(failed)?;
    }

    let bytes_per_sample = if precision <= 8 { 1 } else { 2 };
    let frame = Frame { transfer_syntax, stream, module, bits_allocated: bytes_per_sample as u16 * 8 };
    let decoded = guarded(|| {
        let mut decoded = Vec::new();
        reader.decode_frame(&frame, 0, &mut decoded).map_err(|error| in_words(&error))?;
        Ok(decoded)
    })
    .map_err(failed)?;

    let needed = module.pixels() * bytes_per_sample;
    if decoded.len() != needed {
        return Err(failed(format!("it gave {} bytes instead of {needed}", decoded.len())));
    }
    Ok(Samples { words: words_of_bytes(&decoded, bytes_per_sample), precision })
}

/// The precision of a stream whose header agrees with the data set.
fn agreed_precision(header: StreamHeader, module: &PixelModule) -> Result<u32, String> {
    if (header.rows, header.columns) != (module.rows, module.columns) {
        return Err(format!(
            "the stream has {} x {} pixels, the data set says {} x {}",
            header.rows, header.columns, module.rows, module.columns
        ));
    }
    if header.components != 1 {
        return Err(format!("the stream has {} components, the data set says 1", header.components));
    }
    if !(2..=16).contains(&header.precision) {
        return Err(format!("the stream has {} bits a sample, 2 to 16 are supported", header.precision));
    }
    Ok(header.precision)
}

/// The one frame as the codecs want to see it: one fragment, and sizes that were checked.
struct Frame<'a> {
    transfer_syntax: &'a str,
    stream: &'a [u8],
    module: &'a PixelModule,
    /// 8 or 16 by the stream's own precision: the JPEG codec returns bytes for up to 8 bits
    /// whatever the data set says, and would leave half of a 16 bit buffer empty.
    bits_allocated: u16,
}

impl PixelDataObject for Frame<'_> {
    fn transfer_syntax_uid(&self) -> &str {
        self.transfer_syntax
    }

    fn rows(&self) -> Option<u16> {
        u16::try_from(self.module.rows).ok()
    }

    fn cols(&self) -> Option<u16> {
        u16::try_from(self.module.columns).ok()
    }

    fn samples_per_pixel(&self) -> Option<u16> {
        Some(1)
    }

    fn bits_allocated(&self) -> Option<u16> {
        Some(self.bits_allocated)
    }

    fn bits_stored(&self) -> Option<u16> {
        Some((self.module.bits_stored as u16).min(self.bits_allocated))
    }

    fn photometric_interpretation(&self) -> Option<&str> {
        // The other polarity is ours to handle; no decoder looks at it.
        Some("MONOCHROME2")
    }

    fn number_of_frames(&self) -> Option<u32> {
        Some(1)
    }

    fn number_of_fragments(&self) -> Option<u32> {
        Some(1)
    }

    fn fragment(&self, fragment: usize) -> Option<Cow<'_, [u8]>> {
        (fragment == 0).then_some(Cow::Borrowed(self.stream))
    }

    fn offset_table(&self) -> Option<Cow<'_, [u32]>> {
        Some(Cow::Borrowed(&[]))
    }

    fn raw_pixel_data(&self) -> Option<RawPixelData> {
        Some(RawPixelData { fragments: vec![self.stream.to_vec()].into(), offset_table: Vec::new().into() })
    }
}
