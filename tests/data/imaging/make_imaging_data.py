#!/usr/bin/env python3
"""Makes the DICOM files of this folder and the values that reading them must give.

    python3 make_imaging_data.py        # writes beside itself

Needs pydicom 3, numpy, pylibjpeg with its libjpeg and openjpeg plugins, pyjpegls, and DCMTK's
dcmcjpeg and dcmcjpls on the PATH. The expected values come from pydicom (pixels, Modality LUT, VOI
LUT) and numpy (percentiles); polarity and padding follow the sentences in README.md.
"""
import json
import struct
import subprocess
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian, DigitalXRayImageStorageForPresentation, ExplicitVRBigEndian,
    ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000, JPEG2000Lossless, RLELossless)

HERE = Path(__file__).resolve().parent
ROWS, COLUMNS = 48, 64
EXPECTED = {}


def picture(bits):
    """A gradient with a bright body, some noise, and both ends of the range."""
    noise = np.random.default_rng(20240611)
    top = 2 ** bits - 1
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    values = top * (0.15 + 0.4 * x / COLUMNS + 0.1 * y / ROWS)
    values[14:34, 20:46] += 0.25 * top
    values += noise.normal(0, 0.01 * top, values.shape)
    values = np.clip(np.rint(values), 1, top - 1).astype(np.uint16)
    values[0, 0], values[0, 1] = 0, top
    return values


def dataset(name, pixels, stored, allocated=16, signed=False, **attributes):
    """An image in explicit VR little endian; `attributes` are keywords of PS3.6."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = uid(name)
    meta.ImplementationClassUID = "2.25.1"
    ds = Dataset()
    ds.file_meta = meta
    ds.SOPClassUID = DigitalXRayImageStorageForPresentation
    ds.SOPInstanceUID = uid(name)
    ds.StudyInstanceUID = uid("study")
    ds.SeriesInstanceUID = uid("series")
    ds.Modality = "DX"
    ds.PatientName = "IMAGING^TEST"
    ds.PatientID = "IMAGING"
    ds.BodyPartExamined = "LSPINE"
    ds.ViewPosition = "LL"
    ds.PatientOrientation = ["A", "F"]
    ds.ImagerPixelSpacing = [0.2, 0.25]
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = allocated, stored, stored - 1
    ds.PixelRepresentation = int(signed)
    ds.PixelData = pixels.astype("<u2" if allocated == 16 else "u1").tobytes()
    ds["PixelData"].VR = "OW" if allocated == 16 else "OB"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def uid(name):
    return pydicom.uid.generate_uid(prefix="2.25.", entropy_srcs=["spinetriage", name])


def path(name):
    return HERE / f"{name}.dcm"


def save(name, ds):
    ds.save_as(path(name), enforce_file_format=True)
    return ds


def expect(name, tolerance=0, values=None):
    """Notes what reading the file must give: the values pydicom gives, bone bright."""
    ds = pydicom.dcmread(path(name))
    entry = {"rows": int(ds.Rows), "columns": int(ds.Columns), "tolerance": tolerance}
    if values is None:
        stored = ds.pixel_array
        values = apply_modality_lut(stored, ds).astype(np.float64)
        if ds.PhotometricInterpretation == "MONOCHROME1":
            values = mirror_sum(ds) - values
        if "PixelPaddingValue" in ds:
            low = high = ds.PixelPaddingValue
            if "PixelPaddingRangeLimit" in ds:
                low, high = sorted((low, ds.PixelPaddingRangeLimit))
            outside = (stored >= low) & (stored <= high)
            values[outside] = values[~outside].min()
    file = f"{name}.npy"
    for other, known in EXPECTED.items():  # many files hold the same picture: one copy of it
        if "values" in known and np.array_equal(np.load(HERE / known["values"]), values.astype("<f4")):
            file = known["values"]
    np.save(HERE / file, values.astype("<f4"))
    entry["values"] = file
    if "WindowCenter" in ds or "VOILUTSequence" in ds:
        entry["grey_levels"] = grey_levels(ds, name)
    EXPECTED[name] = entry


def mirror_sum(ds):
    """The lowest plus the highest value that the Modality LUT can give."""
    if "ModalityLUTSequence" in ds:
        return 2 ** ds.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    low, high = (-2 ** (ds.BitsStored - 1), 2 ** (ds.BitsStored - 1) - 1) if ds.PixelRepresentation else (
        0, 2 ** ds.BitsStored - 1)
    return (low + high) * float(ds.get("RescaleSlope", 1)) + 2 * float(ds.get("RescaleIntercept", 0))


def grey_levels(ds, name):
    """What pydicom shows, scaled to 0..255, MONOCHROME1 with its lowest value white."""
    shown = apply_voi_lut(apply_modality_lut(ds.pixel_array, ds), ds).astype(np.float64)
    if "VOILUTSequence" in ds:
        low, high = 0, 2 ** ds.VOILUTSequence[0].LUTDescriptor[2] - 1
    else:
        slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
        low, high = intercept, (2 ** ds.BitsStored - 1) * slope + intercept
    shown = (shown - low) / (high - low) * 255
    if ds.PhotometricInterpretation == "MONOCHROME1":
        shown = 255 - shown
    file = f"{name}_grey_levels.npy"
    np.save(HERE / file, shown.astype("<f4"))
    return file


def compress(source, target, *command):
    subprocess.run([*command, path(source), path(target)], check=True)


def streams(name):
    """The one frame of a compressed file."""
    ds = pydicom.dcmread(path(name))
    return ds, next(pydicom.encaps.generate_frames(ds.PixelData, number_of_frames=1))


def lut_item(first, entries, bits, vr="US"):
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item["LUTDescriptor"].VR = "US"
    item.LUTData = [int(entry) for entry in entries]
    item["LUTData"].VR = vr
    return item


def transfer_syntaxes(twelve, eight):
    """The same 12 bit picture in every transfer syntax, an 8 bit one for JPEG baseline."""
    save("explicit_le", dataset("explicit_le", twelve, 12))
    expect("explicit_le")

    ds = dataset("implicit_le", twelve, 12)
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    save("implicit_le", ds)
    expect("implicit_le")

    ds = dataset("explicit_be", twelve, 12)
    ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    ds.PixelData = twelve.astype(">u2").tobytes()
    save("explicit_be", ds)
    expect("explicit_be")

    ds = dataset("explicit_be_8_bit", eight, 8, allocated=8)
    ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    ds.PixelData = eight.astype("u1").tobytes()
    ds["PixelData"].VR = "OW"  # two pixels a word, the first in its low byte
    ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
    save("explicit_be_8_bit", ds)
    expect("explicit_be_8_bit", values=eight.astype(np.float64))

    ds = dataset("deflated", twelve, 12)
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    save("deflated", ds)
    expect("deflated")

    ds = dataset("rle", twelve, 12)
    ds.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    save("rle", ds)
    expect("rle")

    compress("explicit_le", "jpeg_lossless_57", "dcmcjpeg", "+el", "+sv", "6", "+un")
    expect("jpeg_lossless_57")
    compress("explicit_le", "jpeg_lossless_70", "dcmcjpeg", "+e1", "+un")
    expect("jpeg_lossless_70")
    compress("explicit_le", "jpegls_80", "dcmcjpls", "+el", "+un")
    expect("jpegls_80")
    compress("explicit_le", "jpegls_81", "dcmcjpls", "+en", "+md", "3", "+un")
    expect("jpegls_81")

    ds = dataset("jpeg2000_90", twelve, 12)
    ds.compress(JPEG2000Lossless, encoding_plugin="pylibjpeg", generate_instance_uid=False)
    save("jpeg2000_90", ds)
    expect("jpeg2000_90")
    ds = dataset("jpeg2000_91", twelve, 12)
    ds.compress(JPEG2000, j2k_cr=[4], encoding_plugin="pylibjpeg", generate_instance_uid=False)
    save("jpeg2000_91", ds)
    expect("jpeg2000_91", tolerance=1)  # decoders may round the wavelet's sums differently

    save("eight_bit", dataset("eight_bit", eight, 8, allocated=8))
    expect("eight_bit")
    compress("eight_bit", "jpeg_baseline_50", "dcmcjpeg", "+eb", "+un")
    expect("jpeg_baseline_50", tolerance=1)  # ISO 10918-2 lets decoders differ by 1
    compress("explicit_le", "jpeg_extended_51_12_bit", "dcmcjpeg", "+ee", "+bt", "+un")


def representations(twelve, eight):
    """Bits, signs, polarity, padding and LUTs."""
    save("sixteen_bit", dataset("sixteen_bit", picture(16), 16))
    expect("sixteen_bit")

    shifted = dataset("high_bit_15", twelve << 4 | 0xA, 12, HighBit=15)  # rubbish in the unused low bits
    save("high_bit_15", shifted)
    expect("high_bit_15", values=twelve.astype(np.float64))
    overlay = twelve | ((np.arange(COLUMNS) % 2).astype(np.uint16) << 15)
    save("overlay_in_bit_15", dataset("overlay_in_bit_15", overlay, 12))
    expect("overlay_in_bit_15", values=twelve.astype(np.float64))

    signed = (twelve.astype(np.int16) - 2048)
    save("signed", dataset("signed", signed.view(np.uint16), 12, signed=True, RescaleSlope="2", RescaleIntercept="100"))
    expect("signed")
    save("signed_12_of_16", dataset("signed_12_of_16", signed.view(np.uint16) & 0xFFF, 12, signed=True))
    expect("signed_12_of_16", values=signed.astype(np.float64))
    ds = dataset("signed_jpeg2000", signed.view(np.uint16), 12, signed=True)
    ds.compress(JPEG2000Lossless, encoding_plugin="pylibjpeg", generate_instance_uid=False)
    save("signed_jpeg2000", ds)
    expect("signed_jpeg2000")

    save("monochrome1", dataset("monochrome1", 4095 - twelve, 12, PhotometricInterpretation="MONOCHROME1",
                                WindowCenter="1500", WindowWidth="2000"))
    expect("monochrome1")
    save("rescale", dataset("rescale", twelve, 12, RescaleSlope="0.5", RescaleIntercept="-100.25",
                            WindowCenter="700", WindowWidth="900"))
    expect("rescale")
    save("monochrome1_rescale", dataset(
        "monochrome1_rescale", 4095 - twelve, 12, PhotometricInterpretation="MONOCHROME1", RescaleSlope="2",
        RescaleIntercept="10", WindowCenter="3000", WindowWidth="4000", VOILUTFunction="SIGMOID"))
    expect("monochrome1_rescale")
    save("window_exact", dataset("window_exact", twelve, 12, WindowCenter="2000", WindowWidth="1500",
                                 VOILUTFunction="LINEAR_EXACT"))
    expect("window_exact")

    curve = np.rint(65535 * (np.arange(3500) / 3499) ** 0.5).astype(int)
    ds = dataset("modality_lut", twelve, 12)
    ds.ModalityLUTSequence = [lut_item(300, curve, 16)]
    ds.ModalityLUTSequence[0].ModalityLUTType = "US"
    save("modality_lut", ds)
    expect("modality_lut")
    ds = dataset("monochrome1_modality_lut", 4095 - twelve, 12, PhotometricInterpretation="MONOCHROME1")
    ds.ModalityLUTSequence = [lut_item(300, curve, 16)]
    ds.ModalityLUTSequence[0].ModalityLUTType = "US"
    save("monochrome1_modality_lut", ds)
    expect("monochrome1_modality_lut")
    ds = dataset("voi_lut", twelve, 12, WindowCenter="1", WindowWidth="2")  # the table wins
    ds.VOILUTSequence = [lut_item(500, np.rint(1023 * (np.arange(3000) / 2999) ** 2).astype(int), 10)]
    save("voi_lut", ds)
    expect("voi_lut")

    padded = twelve.copy()
    padded[:, :5] = 4095
    save("padding", dataset("padding", padded, 12, PixelPaddingValue=4095))
    expect("padding")
    padded = signed.copy()
    padded[:4] = -2000
    padded[4:6] = -2047
    save("padding_range", dataset("padding_range", padded.view(np.uint16), 12, signed=True, PixelPaddingValue=-2048,
                                  PixelPaddingRangeLimit=-2000))
    expect("padding_range")

    ds = dataset("odd_length", eight[:47, :63], 8, allocated=8)  # 2961 pixels and a padding byte
    ds.PixelData += b"\xff"
    save("odd_length", ds)
    expect("odd_length")


def awkward_streams(twelve, eight):
    """Compressed streams that are legal and easily misread."""
    ds, stream = streams("jpeg_lossless_70")
    third = len(stream) // 3 // 2 * 2
    parts = [stream[:third], stream[third:2 * third], stream[2 * third:]]
    ds.PixelData = encapsulate([b"".join(parts)], fragments_per_frame=3)
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = uid("fragments")
    save("fragments", ds)
    expect("fragments")

    # 8 bit samples in a stream, though the data set allocates 16 bits.
    # pydicom refuses the file, so the picture itself is expected.
    compress("eight_bit", "jpeg_8_bits_in_16", "dcmcjpeg", "+e1", "+un")
    ds = pydicom.dcmread(path("jpeg_8_bits_in_16"))
    ds.BitsAllocated = 16
    save("jpeg_8_bits_in_16", ds)
    expect("jpeg_8_bits_in_16", values=eight.astype(np.float64))


def broken(twelve):
    """Files that give no radiograph."""
    ds = dataset("truncated", twelve, 12)
    ds.PixelData = ds.PixelData[:1000]
    save("truncated", ds)

    whole = path("explicit_le").read_bytes()
    path("cut_off").write_bytes(whole[:-1000])

    ds, stream = streams("jpeg_lossless_70")
    damaged = bytearray(stream)
    for at in range(len(damaged) // 2, len(damaged) // 2 + 40):
        damaged[at] = 0xFF
    ds.PixelData = encapsulate([bytes(damaged)])
    save("corrupt_jpeg_lossless", ds)
    ds.PixelData = encapsulate([stream[:len(stream) // 2]])
    save("cut_off_jpeg_lossless", ds)

    ds, stream = streams("jpegls_80")
    ds.PixelData = encapsulate([stream[:len(stream) // 2]])
    save("cut_off_jpegls", ds)

    ds, stream = streams("jpeg2000_90")
    ds.PixelData = encapsulate([stream[:len(stream) // 2]])
    save("cut_off_jpeg2000", ds)
    ds, stream = streams("jpeg_baseline_50")
    ds.PixelData = encapsulate([stream[:len(stream) * 3 // 4]])
    save("cut_off_jpeg_baseline", ds)

    ds = pydicom.dcmread(path("jpeg2000_90"))
    ds.Rows = ROWS * 2
    save("jpeg2000_of_other_size", ds)

    ds, stream = streams("rle")
    ds.PixelData = encapsulate([struct.pack("<I", 0x3FFFFFFF) + stream[4:]])
    save("rle_with_a_billion_segments", ds)
    ds.PixelData = encapsulate([stream[:len(stream) // 2]])
    save("cut_off_rle", ds)

    ds = dataset("no_pixel_data", twelve, 12)
    del ds.PixelData
    save("no_pixel_data", ds)

    ds = dataset("multi_frame", twelve[:24], 12, NumberOfFrames=2)
    ds.PixelData = twelve.astype("<u2").tobytes()
    save("multi_frame", ds)

    ds = dataset("rgb", picture(8)[:16], 8, allocated=8, SamplesPerPixel=3, PhotometricInterpretation="RGB",
                 PlanarConfiguration=0)
    ds.PixelData = np.repeat(picture(8)[:16, :, None], 3, axis=2).astype("u1").tobytes()
    save("rgb", ds)

    save("too_large", dataset("too_large", twelve[:2], 12, Rows=65535, Columns=65535))
    save("no_study", dataset("no_study", twelve[:2], 12, StudyInstanceUID=""))
    path("not_dicom").write_bytes(b"This is a text, not an image.\n" * 20)
    save("slope_0", dataset("slope_0", twelve[:2], 12, RescaleSlope="0", RescaleIntercept="0"))
    save("all_padding", dataset("all_padding", np.zeros((2, 2), np.uint16), 12, PixelPaddingValue=0))


def spacings(twelve):
    """Which attribute gives the size of a pixel."""
    small = twelve[:2, :2]
    save("spacing_calibrated", dataset("spacing_calibrated", small, 12, PixelSpacing=[0.14, 0.15]))
    save("spacing_scanned", dataset("spacing_scanned", small, 12, ImagerPixelSpacing=None,
                                    NominalScannedPixelSpacing=[0.1, 0.11]))
    save("spacing_none", dataset("spacing_none", small, 12, ImagerPixelSpacing=[0, 0], PatientOrientation=None))


def percentiles(twelve):
    """numpy's percentiles of the picture, in double precision."""
    values = twelve.astype(np.float64)
    return [[q, float(np.percentile(values, q))] for q in (0, 0.5, 1, 12.34, 50, 77.7, 99, 99.5, 100)]


def main():
    twelve, eight = picture(12), picture(8)
    transfer_syntaxes(twelve, eight)
    representations(twelve, eight)
    awkward_streams(twelve, eight)
    broken(twelve)
    spacings(twelve)
    (HERE / "expected.json").write_text(json.dumps(
        {"percentiles_of_explicit_le": percentiles(twelve), "files": EXPECTED}, indent=1) + "\n")


if __name__ == "__main__":
    main()
