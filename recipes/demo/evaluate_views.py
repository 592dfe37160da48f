"""Measures whether the router knows from the picture alone from where a film looks at the spine: films whose headers say nothing
of it, simulated ones and, where folders of pictures are named, real ones.

usage: python3 -m demo.evaluate_views LAYERS_FOLDER SPINETRIAGE BUNDLE_FOLDER ONNXRUNTIME.so [--films N]
           [--frontal FOLDER] [--lateral FOLDER]
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from . import films
from .dicom_file import Header, dicom
from .evaluate_detector import held_out, LOOKS
from .evaluate_films import picture
from .evaluate_real import wilson
from .router import Router


def silent(values, file):
    """A DICOM file whose headers do not say which view it is."""
    d = dicom(values, 0.5, Header(f"view/{file.stem}", "VIEW", "view"))
    d.ViewPosition, d.StudyDescription = "", "SPINE"
    del d.PatientOrientation, d.ViewCodeSequence
    d.save_as(file, enforce_file_format=True)
    return file


def told(router, pictures):
    """The view of each picture as the router tells it."""
    with tempfile.TemporaryDirectory() as folder:
        files = [silent(values, Path(folder) / f"{n:03d}.dcm") for n, values in enumerate(pictures)]
        return [answer["view"] for answer in router.findings(files)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("layers", "spinetriage", "bundle", "onnxruntime"):
        arguments.add_argument(name)
    arguments.add_argument("--films", type=int, default=25)
    arguments.add_argument("--frontal", type=Path)
    arguments.add_argument("--lateral", type=Path)
    given = arguments.parse_args()
    router, patients = Router(given.spinetriage, given.bundle, given.onnxruntime), films.patients(given.layers, held_out=True)
    right = of = 0
    for view in ("lateral", "frontal"):
        kinds = {"simulated": [f.picture for f in held_out(patients, view, given.films, LOOKS["hard"]) if f.bodies]}
        folder = getattr(given, view)
        if folder:
            names = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".png", ".jpg"))
            chosen = [names[i] for i in np.linspace(0, len(names) - 1, min(given.films, len(names))).astype(int)]
            kinds["real"] = [picture(name)[0] for name in chosen]
        for kind, pictures in kinds.items():
            views = told(router, pictures)
            hits = sum(v == view for v in views)
            right, of = right + hits, of + len(views)
            print(f"{kind} {view} films, headers silent: told right {wilson(hits, len(views))}; unknown {views.count('unknown')}", flush=True)
    print(f"all: {wilson(right, of)}")


if __name__ == "__main__":
    main()
