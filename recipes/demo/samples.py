"""Three sample X-rays as DX files, from the rotation that no training film uses.

usage: python3 -m demo.samples LAYERS_FOLDER OUT_FOLDER (needs pydicom)
"""

import json
import sys
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from . import films
from .fractures import Fracture

SEED = 20263
SIZE = (760, 560)
FOV_MM = (300, 301)
ROOT = "2.25.1834702946105273340518273640198273"
DX_FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.1"

SAMPLES = (
    ("intact", {}, "MONOCHROME2"),
    ("compression", {"L1": Fracture("wedge", 0.4), "T9": Fracture("biconcave", 0.35)}, "MONOCHROME2"),
    ("burst", {"T12": Fracture("burst", 0.45, 0.18, 0.18)}, "MONOCHROME1"),
)


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def dicom(picture, mm, number, name, photometric):
    """A lateral DX image of an invented patient; attributes of PS3.3 A.26."""
    uid = lambda part: f"{ROOT}{number}{part}"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = DX_FOR_PRESENTATION, uid(3)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = "2.25.311446268246093915735236894173204116225"
    d = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    d.SpecificCharacterSet = "ISO_IR 192"
    d.ImageType = ["DERIVED", "PRIMARY", ""]
    d.SOPClassUID, d.SOPInstanceUID = DX_FOR_PRESENTATION, uid(3)
    d.StudyInstanceUID, d.SeriesInstanceUID = uid(1), uid(2)
    d.StudyDate = d.SeriesDate = d.AcquisitionDate = d.ContentDate = "20260105"
    d.StudyTime = d.SeriesTime = d.AcquisitionTime = d.ContentTime = f"10{number:02d}00"
    d.AccessionNumber, d.StudyID, d.SeriesNumber, d.InstanceNumber = f"DEMO{number}", str(number), 1, 1
    d.Modality, d.PresentationIntentType = "DX", "FOR PRESENTATION"
    d.Manufacturer, d.ManufacturerModelName, d.ReferringPhysicianName = "spinetriage recipes", "simulated film", ""
    d.StudyDescription, d.SeriesDescription = "THORACOLUMBAR SPINE LATERAL", f"Simulated: {name}"
    d.PatientName, d.PatientID = f"DEMO^{name.upper()}", f"DEMO-{number}"
    d.PatientBirthDate, d.PatientSex = "19500101", "O"
    d.BodyPartExamined, d.ViewPosition, d.ImageLaterality = "TLSPINE", "LL", "U"
    d.PatientOrientation = ["P", "F"]
    d.AnatomicRegionSequence = Sequence([code("1217256009", "SCT", "Thoracolumbar spine")])
    d.ViewCodeSequence = Sequence([code("399198007", "SCT", "right lateral")])
    d.DetectorType, d.PositionerType, d.BurnedInAnnotation, d.LossyImageCompression = "DIRECT", "NONE", "NO", "00"
    d.ImagerPixelSpacing = d.PixelSpacing = [f"{mm:.5f}"] * 2
    d.PixelSpacingCalibrationType, d.PixelSpacingCalibrationDescription = "GEOMETRY", "parallel projection of a CT"
    d.SamplesPerPixel, d.PhotometricInterpretation = 1, photometric
    d.Rows, d.Columns = picture.shape
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 12, 11, 0
    d.PixelIntensityRelationship = "LOG"
    d.PixelIntensityRelationshipSign = 1 if photometric == "MONOCHROME1" else -1
    d.RescaleIntercept, d.RescaleSlope, d.RescaleType = "0", "1", "US"
    d.PresentationLUTShape = "INVERSE" if photometric == "MONOCHROME1" else "IDENTITY"
    d.WindowCenter, d.WindowWidth = "2048", "4096"
    d.AcquisitionContextSequence = Sequence([])
    stored = np.round(picture * 4095).astype(np.uint16)
    d.PixelData = (4095 - stored if photometric == "MONOCHROME1" else stored).tobytes()
    d["PixelData"].VR = "OW"
    return d


def main(layers, out):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    everyone = films.patients(layers, held_out=True)
    truth = {}
    for number, (name, broken, photometric) in enumerate(SAMPLES, 1):
        picture, bodies, mm = films.film(everyone, SEED, number, SIZE, FOV_MM, posture=0, mild=True, fixed=broken)
        dicom(picture, mm, number, name, photometric).save_as(out / f"{name}.dcm", enforce_file_format=True)
        truth[f"{name}.dcm"] = [{"level": b.level, "class": b.astlof, "box": list(map(int, b.box))} for b in bodies if b.whole]
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
