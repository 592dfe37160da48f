"""Reads objects with pydicom, structured reports also with highdicom: a path a line in, JSON and "== end" out."""

import json
import sys
import warnings

from highdicom.sr import srread
from pydicom import dcmread

warnings.simplefilter("ignore")


def read(path: str) -> dict:
    """The patient's name as pydicom decodes it; of a report also how many groups of each kind highdicom finds."""
    said = {"patient_name": str(dcmread(path, stop_before_pixels=True).get("PatientName", ""))}
    if "structured-report" in path:
        content = srread(path).content
        said["planar"] = len(content.get_planar_roi_measurement_groups())
        said["volumetric"] = len(content.get_volumetric_roi_measurement_groups())
        said["image"] = len(content.get_image_measurement_groups())
    return said


for line in sys.stdin:
    try:
        print(json.dumps(read(line.rstrip("\n"))))
    except Exception as error:  # whatever they say of a file is the answer
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
    print("== end", flush=True)
