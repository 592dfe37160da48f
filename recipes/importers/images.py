"""Pictures: size, size of a pixel and patient from the header, and conversion to what `extract` reads.

`spinetriage extract` reads DICOM and grey PNG of 8 or 16 bits (src/cli/extract.rs, src/imaging/png.rs).
JPG, and PNG of another kind, become grey PNG. Bone must be bright in them: neither format says.
"""

from dataclasses import dataclass
from pathlib import Path

import pydicom
from PIL import Image
from pydicom.errors import InvalidDicomError

DICOM = {".dcm", ".dicom", ".dic", ""}
PICTURES = {".png", ".jpg", ".jpeg"}
SUFFIXES = PICTURES | DICOM - {""}

Image.MAX_IMAGE_PIXELS = 400_000_000


class Unreadable(Exception):
    """The picture is missing, or no picture."""


@dataclass
class Picture:
    """What a picture's header says. `name` tells it from the source's others; sizes are pixels and mm."""

    path: Path
    name: str
    width: int
    height: int
    ready: bool
    dicom: bool = False
    spacing_mm: float | None = None
    patient: str | None = None


def read(path, root):
    """The header of `path`, which lies in `root`."""
    path = Path(path)
    if not path.is_file():
        raise Unreadable("the image is missing")
    name = str(path.relative_to(root).with_suffix("")) if path.is_relative_to(root) else path.stem
    try:
        return _dicom(path, name) if path.suffix.lower() in DICOM else _picture(path, name)
    except (OSError, InvalidDicomError, AttributeError, TypeError, ValueError, Image.DecompressionBombError) as error:
        raise Unreadable(f"the image cannot be read: {error}") from error


def _dicom(path, name):
    header = pydicom.dcmread(path, stop_before_pixels=True)
    return Picture(path, name, int(header.Columns), int(header.Rows), True, True, _spacing(header), str(header.get("PatientID") or "") or None)


def _spacing(header):
    """Pixel Spacing before Imager Pixel Spacing before Nominal Scanned Pixel Spacing, as the binary
    does (PS3.3 10.7.1.3); None when rows and columns differ."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        value = header.get(keyword)
        if value is not None and len(value) == 2:
            row, column = map(float, value)
            return row if row > 0 and abs(row - column) < 1e-6 * row else None
    return None


def _picture(path, name):
    with open(path, "rb") as file:
        start = file.read(26)
    # Byte 24 of a PNG is its bit depth, byte 25 its colour type, 0 for grey.
    grey = start[:8] == b"\x89PNG\r\n\x1a\n" and start[24] in (8, 16) and start[25] == 0 and path.suffix.lower() == ".png"
    with Image.open(path) as image:
        return Picture(path, name, *image.size, grey and "transparency" not in image.info)


def by_stem(folder):
    """Every picture below `folder` by its file name without suffix; of two with one name, the first path's."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES:
            found.setdefault(path.stem, path)
    return found


def write_png(path, file):
    """The picture as grey PNG: 16 bits stay 16 bits, colour becomes its luminance."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(path) as image:
        (image if image.mode in ("I;16", "I") else image.convert("L")).save(file)
