"""Measures a bundle on films whose bodies somebody has labelled: the detector alone, and what the
router reports.

usage: python3 -m demo.evaluate_films LABELS.jsonl SPINETRIAGE BUNDLE_FOLDER ONNXRUNTIME.so [--pictures FOLDER]

`LABELS.jsonl` is as `python3 -m importers` writes it. Bodies of the neck and behind the shoulders are
neither asked for nor wrong (`films.OBSCURED`), nor is the sacrum. Also counts how many of the bodies that
the router reports it calls fractured, by the threshold of 1 - P(first class).
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image

from . import films
from .evaluate_detector import Detector, Tally, drawn
from .evaluate_served import without_sacrum, written
from .router import Router

THRESHOLDS = (0.3, 0.5, 0.7, 0.9)


def picture(file):
    """Grey values [rows, columns] of 0 to 1, bone bright, and mm a pixel or None."""
    if file.suffix.lower() in (".png", ".jpg", ".jpeg"):
        image = Image.open(file)
        values = np.asarray(image if image.mode in ("I;16", "I") else image.convert("L")).astype(np.float32)
        return values / (65535 if values.max() > 255 else 255), None
    header = pydicom.dcmread(file)
    values = header.pixel_array.astype(np.float32)
    values = (values - values.min()) / max(np.ptp(values), 1)
    spacing = header.get("PixelSpacing") or header.get("ImagerPixelSpacing")
    return 1 - values if header.PhotometricInterpretation == "MONOCHROME1" else values, float(spacing[0]) if spacing else None


def body(label, view):
    level, box = label["level"] or "", tuple(label["box"])
    points = label["points"] or [(np.nan, np.nan)] * 6
    level = "S1" if label["class"] == "sacrum" else level
    return films.Body(level, 0, "labelled", 0.0, False, box, 1.0, level not in films.OBSCURED[view], tuple(map(tuple, points)))


def labelled(file, view):
    """Each film of the labels."""
    for line in file.read_text().splitlines():
        film = json.loads(line)
        values, mm = picture(file.parent / film["path"])
        yield films.Film(values, [body(b, view) for b in film["bodies"]], mm or np.nan, view)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("labels", type=Path)
    for name in ("spinetriage", "bundle", "onnxruntime"):
        arguments.add_argument(name)
    arguments.add_argument("--view", choices=("lateral", "frontal"), default="lateral")
    arguments.add_argument("--pictures", type=Path)
    given = arguments.parse_args()
    detector, router = Detector(Path(given.bundle) / "detector.onnx"), Router(given.spinetriage, given.bundle, given.onnxruntime)
    raw, served, broken, name = Tally(), Tally(), [], given.labels.parent.name
    for number, film in enumerate(labelled(given.labels, given.view)):
        raw.add(detector.detect(film.picture), film)
        with tempfile.TemporaryDirectory() as folder:
            (found,) = router.analyze([written(films.Film(film.picture, mm=0.5), Path(folder), "film", given.view)])
        served.add(found, without_sacrum(film))
        broken += [1 - f.probabilities[0] for f in found]
        if given.pictures:
            given.pictures.mkdir(parents=True, exist_ok=True)
            drawn(film, found, "Research use only, not for diagnosis.").save(given.pictures / f"{number:03d}.png")
    raw.report(f"{name}, the detector alone")
    served.report(f"{name}, as the router reports them", ranked=False)
    served.details()
    for threshold in THRESHOLDS:
        print(f"  called fractured above {threshold}: {np.mean(np.array(broken) > threshold):.3f} of {len(broken)} reported bodies")


if __name__ == "__main__":
    main()
