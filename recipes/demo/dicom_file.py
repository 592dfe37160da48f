"""A simulated film as a DX image (PS3.3 A.26) of an invented patient. Everything in it follows from its
arguments: the same film gives the same bytes."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

DX_FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.1"
IMPLEMENTATION = "2.25.311446268246093915735236894173204116225"

VIEWS = {
    "lateral": ("LL", ["P", "F"], ("399198007", "SCT", "right lateral"), "LATERAL"),
    "frontal": ("AP", ["L", "F"], ("399348003", "SCT", "antero-posterior"), "AP"),
}
"""View Position, Patient Orientation, view code and word of the description."""


@dataclass(frozen=True)
class Header:
    """Who and what a file says it is. `key` makes its UIDs, `study` that of its study where several films
    share one; `date` is YYYYMMDD."""

    key: str
    patient: str
    title: str
    view: str = "lateral"
    photometric: str = "MONOCHROME2"
    date: str = "20260105"
    machine: str = "simulated film"
    bits: int = 12
    number: int = 1
    study: str = ""


def uid(key):
    """A UID of the 2.25 root (PS3.5 B.2) that follows from `key`."""
    return f"2.25.{int.from_bytes(sha256(key.encode()).digest()[:16], 'big')}"


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def dicom(picture, mm, header):
    """`picture` [rows, columns] of 0 to 1, bone bright, `mm` a pixel, as a file."""
    position, orientation, view, word = VIEWS[header.view]
    inverse = header.photometric == "MONOCHROME1"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = DX_FOR_PRESENTATION, uid(header.key + "/instance")
    meta.TransferSyntaxUID, meta.ImplementationClassUID = ExplicitVRLittleEndian, IMPLEMENTATION
    d = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    d.SpecificCharacterSet = "ISO_IR 192"
    d.ImageType = ["DERIVED", "PRIMARY", ""]
    d.SOPClassUID, d.SOPInstanceUID = DX_FOR_PRESENTATION, meta.MediaStorageSOPInstanceUID
    d.StudyInstanceUID, d.SeriesInstanceUID = uid((header.study or header.key) + "/study"), uid(header.key + "/series")
    d.StudyDate = d.SeriesDate = d.AcquisitionDate = d.ContentDate = header.date
    d.StudyTime = d.SeriesTime = d.AcquisitionTime = d.ContentTime = f"{8 + header.number // 60 % 10:02d}{header.number % 60:02d}00"
    d.AccessionNumber, d.StudyID, d.SeriesNumber, d.InstanceNumber = header.patient[-16:], str(header.number), 1, 1
    d.Modality, d.PresentationIntentType = "DX", "FOR PRESENTATION"
    d.Manufacturer, d.ManufacturerModelName, d.ReferringPhysicianName = "spinetriage recipes", header.machine, ""
    d.StudyDescription, d.SeriesDescription = f"THORACOLUMBAR SPINE {word}", f"Simulated: {header.title}"
    d.PatientName, d.PatientID = header.patient.replace("-", "^", 1), header.patient
    d.PatientBirthDate, d.PatientSex = "19500101", "O"
    d.BodyPartExamined, d.ViewPosition, d.ImageLaterality = "TLSPINE", position, "U"
    d.PatientOrientation = orientation
    d.AnatomicRegionSequence = Sequence([code("1217256009", "SCT", "Thoracolumbar spine")])
    d.ViewCodeSequence = Sequence([code(*view)])
    d.DetectorType, d.PositionerType, d.BurnedInAnnotation, d.LossyImageCompression = "DIRECT", "NONE", "NO", "00"
    d.ImagerPixelSpacing = d.PixelSpacing = [f"{mm:.5f}"] * 2
    d.PixelSpacingCalibrationType, d.PixelSpacingCalibrationDescription = "GEOMETRY", "parallel projection of a CT"
    d.SamplesPerPixel, d.PhotometricInterpretation = 1, header.photometric
    d.Rows, d.Columns = picture.shape
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, header.bits, header.bits - 1, 0
    d.PixelIntensityRelationship, d.PixelIntensityRelationshipSign = "LOG", 1 if inverse else -1
    d.RescaleIntercept, d.RescaleSlope, d.RescaleType = "0", "1", "US"
    d.PresentationLUTShape = "INVERSE" if inverse else "IDENTITY"
    most = 2 ** header.bits - 1
    d.WindowCenter, d.WindowWidth = str((most + 1) // 2), str(most + 1)
    d.AcquisitionContextSequence = Sequence([])
    stored = np.round(picture * most).astype("<u2")
    d.PixelData = (most - stored if inverse else stored).tobytes()
    d["PixelData"].VR = "OW"
    return d
