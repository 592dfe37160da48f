//! Compressed pixel data: the codecs of the transfer syntax registry, on a short leash.

use std::borrow::Cow;

use dicom_encoding::Codec;
use dicom_encoding::adapters::{PixelDataObject, PixelDataReader, RawPixelData};
use dicom_encoding::transfer_syntax::TransferSyntaxIndex;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::ImagingError;
use super::codestream::{StreamHeader, jpeg_header, jpeg2000_header};
use super::jpeg::{Process, Scan};
use super::pixel_module::PixelModule;
use super::samples::{Samples, words_of_bytes};
use super::{jpeg_dct, jpeg_lossless, jpeg2000, jpegls, rle};
use crate::dicom::TransferSyntax;
use crate::dicom::transfer_syntax::Family;
use crate::guard::{guarded, in_words};

/// Decodes the one frame in `stream`.
///
/// The registry's codecs allocate what the stream's own header asks for, copy without checking, fill up what is
/// missing and panic on some corrupt data. So the header is read here first and must agree with the data set; whether
/// the stream is whole is found before, as far as its kind lets one; RLE and JPEG Lossless, of which that is most of
/// decoding, are decoded here altogether; the codec is told the precision that the stream really has, and the size of
/// what it returns is checked.
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
        (TransferSyntax::of(transfer_syntax).and_then(|syntax| syntax.family), known.map(|syntax| syntax.codec()))
    else {
        return Err(failed("there is no decoder for it; send the image uncompressed or JPEG lossless".to_owned()));
    };
    let reader: &Reader = reader.as_ref();
    let samples = match family {
        Family::Rle => rle_samples(stream, module),
        Family::Jpeg => jpeg_samples(stream, module, reader, transfer_syntax),
        Family::JpegLs => {
            let precision = jpeg_header(stream).and_then(|header| agreed_precision(header, module));
            precision.and_then(|precision| {
                let frame = Frame::of(jpegls::up_to_end(stream)?, module, transfer_syntax, precision);
                codec_samples(reader, &frame, precision)
            })
        }
        Family::Jpeg2000 => {
            let precision = jpeg2000_header(stream).and_then(|header| agreed_precision(header, module));
            precision.and_then(|precision| {
                let frame = Frame::of(jpeg2000::up_to_end(stream)?, module, transfer_syntax, precision);
                codec_samples(reader, &frame, precision)
            })
        }
    };
    samples.map_err(failed)
}

/// Checks that `stream`, the same one without what may be padding of its fragments, is not whole as well.
///
/// # Errors
/// [`ImagingError::Codec`] when it is, because which of the two pictures was meant would be a guess.
pub(super) fn refuse_second_reading(
    stream: &[u8],
    module: &PixelModule,
    transfer_syntax: &str,
) -> Result<(), ImagingError> {
    if decode(stream, module, transfer_syntax).is_err() {
        return Ok(());
    }
    Err(ImagingError::Codec {
        name: TransferSyntaxRegistry.get(transfer_syntax).map_or("an unknown transfer syntax", |s| s.name()).to_owned(),
        uid: transfer_syntax.to_owned(),
        reason: "the zero bytes at the ends of its fragments may be data or padding, the stream is whole with and \
                 without them; send it in one fragment"
            .to_owned(),
    })
}

fn rle_samples(stream: &[u8], module: &PixelModule) -> Result<Samples, String> {
    let words = rle::decode(stream, module.pixels(), module.bytes_per_sample())?;
    Ok(Samples { words, precision: module.bits_allocated })
}

fn jpeg_samples(
    stream: &[u8],
    module: &PixelModule,
    reader: &Reader,
    transfer_syntax: &str,
) -> Result<Samples, String> {
    let precision = agreed_precision(jpeg_header(stream)?, module)?;
    let scan = Scan::of(stream)?;
    match scan.process {
        Process::Lossless => Ok(Samples { words: jpeg_lossless::decode(&scan, module.signed)?, precision }),
        Process::Sequential => {
            jpeg_dct::check(&scan)?;
            codec_samples(reader, &Frame::of(stream, module, transfer_syntax, precision), precision)
        }
    }
}

/// What the registry's codec makes of a frame.
fn codec_samples(reader: &Reader, frame: &Frame<'_>, precision: u32) -> Result<Samples, String> {
    let decoded = guarded(|| {
        let mut decoded = Vec::new();
        reader.decode_frame(frame, 0, &mut decoded).map_err(|error| in_words(&error))?;
        Ok(decoded)
    })?;
    let bytes_per_sample = usize::from(frame.bits_allocated / 8);
    let needed = frame.module.pixels() * bytes_per_sample;
    if decoded.len() != needed {
        return Err(format!("it gave {} bytes instead of {needed}", decoded.len()));
    }
    Ok(Samples { words: words_of_bytes(&decoded, bytes_per_sample), precision })
}

/// A codec of the registry.
type Reader = dyn PixelDataReader + Send + Sync;

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

impl<'a> Frame<'a> {
    fn of(stream: &'a [u8], module: &'a PixelModule, transfer_syntax: &'a str, precision: u32) -> Self {
        Self { transfer_syntax, stream, module, bits_allocated: if precision <= 8 { 8 } else { 16 } }
    }
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
