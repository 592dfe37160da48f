"""Sample X-rays as DX files, from the rotation that no training film uses: lateral films, a study of two
views, and some without a spine that say they have one.

usage: python3 -m demo.samples LAYERS_FOLDER OUT_FOLDER (needs pydicom)
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from . import exposure, films, negatives
from .dicom_file import Header, dicom
from .fractures import Fracture

SEED = 20263
LOOK = films.Look(size=(760, 560), fov_mm=(300, 301), drawn=0, negative=0, inverted=0, metal=0, mild=True)

SAMPLES = (
    ("intact", {}, "MONOCHROME2"),
    ("compression", {"L1": Fracture("wedge", 0.4, hollow=0.12, slope=0.03), "T9": Fracture("biconcave", 0.35, hollow=0.1, slope=0.08)}, "MONOCHROME2"),
    ("burst", {"T12": Fracture("crush", 0.45, 0.18, 0.18, hollow=0.1, slope=0.04)}, "MONOCHROME1"),
)

STUDY = ("lateral", "frontal")
STUDY_LOOK = replace(LOOK, size=(560, 440), fov_mm=(230, 231))
STUDY_NUMBER = 6

NO_SPINE, NO_SPINE_SHAPE, NO_SPINE_MM = ("hand", "chest", "hip"), (384, 300), 0.8


def study(everyone, out):
    """Writes a lateral and a frontal film of one study: L2 is wedged, the sacrum is on both."""
    out.mkdir(exist_ok=True)
    for image, view in enumerate(STUDY):
        broken = {"L2": Fracture("wedge", 0.4, hollow=0.12)}
        film = films.film(everyone, SEED, 10 * STUDY_NUMBER + image, STUDY_LOOK, view, broken, "L3")
        key = f"sample/{SEED}/study"
        header = Header(f"{key}/{view}", f"DEMO-{STUDY_NUMBER}", "study", view=view, number=STUDY_NUMBER, study=key)
        dicom(film.picture, film.mm, header).save_as(out / f"{view}.dcm", enforce_file_format=True)


def no_spine(out):
    """Writes a film of each of NO_SPINE."""
    out.mkdir(exist_ok=True)
    for number, kind in enumerate(NO_SPINE, 1):
        rng = np.random.default_rng([SEED, 1, number])
        picture = exposure.expose(negatives.draw(rng, NO_SPINE_SHAPE, kind), rng, mild=True)
        header = Header(f"no-spine/{SEED}/{number}", f"NONE-{number}", kind, number=number)
        dicom(picture, NO_SPINE_MM, header).save_as(out / f"{kind}.dcm", enforce_file_format=True)


def main(layers, out):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    everyone = films.patients(layers, held_out=True)
    truth = {}
    for number, (name, broken, photometric) in enumerate(SAMPLES, 1):
        film = films.film(everyone, SEED, number, LOOK, "lateral", broken, "T12")
        header = Header(f"sample/{SEED}/{number}", f"DEMO-{number}", name, photometric=photometric, number=number)
        dicom(film.picture, film.mm, header).save_as(out / f"{name}.dcm", enforce_file_format=True)
        truth[f"{name}.dcm"] = [{"level": b.level, "class": b.astlof, "box": [round(v) for v in b.box], "points": b.points}
                                for b in film.bodies if b.whole and b.level != "S1"]
    study(everyone, out / "study")
    no_spine(out / "no_spine")
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
