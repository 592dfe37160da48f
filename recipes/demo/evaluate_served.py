"""Measures what the router reports of simulated films of the rotation that the training never saw,
and of films without a spine: the whole way from the DICOM file to `analyze --json`.

usage: python3 -m demo.evaluate_served LAYERS_FOLDER SPINETRIAGE BUNDLE_FOLDER ONNXRUNTIME.so [--films N]

`SPINETRIAGE` is the program. The sacrum is neither asked for nor wrong: the router counts from it and
does not report it.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from . import exposure, films, negatives
from .dicom_file import Header, dicom
from .evaluate_detector import LOOKS, SEED, Tally, held_out
from .router import Router

def written(film, folder, name, view):
    """The file of a film, bone bright."""
    file = folder / f"{name}.dcm"
    dicom(film.picture, film.mm, Header(f"served/{name}", f"SERVED-{name}", name, view=view)).save_as(file, enforce_file_format=True)
    return file


def without_sacrum(film):
    return replace(film, bodies=[replace(b, whole=b.whole and b.level != "S1") for b in film.bodies])


def with_spine(router, patients, view, name, count):
    """The Tally of films of one view, drawn as `LOOKS[name]`."""
    drawn = [without_sacrum(f) for f in held_out(patients, view, count, LOOKS[name])]
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        files = [written(f, Path(folder), f"{view}{n}", view) for n, f in enumerate(drawn)]
        for film, found in zip(drawn, router.analyze(files)):
            tally.add(found, film)
    return tally


def without_spine(router, kind, count):
    """How many boxes the router reports on each of `count` films of a kind of negatives.KINDS."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for n in range(count):
            rng = np.random.default_rng([SEED, list(negatives.KINDS).index(kind), n])
            picture = exposure.expose(negatives.draw(rng, (512, 400), kind), rng)
            files.append(written(films.Film(picture, mm=0.5), Path(folder), f"{kind}{n}", "lateral"))
        return [len(found) for found in router.analyze(files)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("layers", "spinetriage", "bundle", "onnxruntime"):
        arguments.add_argument(name)
    arguments.add_argument("--films", type=int, default=100)
    given = arguments.parse_args()
    router = Router(given.spinetriage, given.bundle, given.onnxruntime)
    patients = films.patients(given.layers, held_out=True)
    print("as the router reports them")
    for view in ("lateral", "frontal"):
        for name in LOOKS:
            with_spine(router, patients, view, name, given.films).report(f"{view}, {name}, {given.films} films", ranked=False)
    count = max(given.films // 5, 1)
    for kind in negatives.KINDS:
        boxes = without_spine(router, kind, count)
        print(f"no spine, {kind}: boxes on {sum(n > 0 for n in boxes)} of {count} films, {sum(boxes)} in all", flush=True)


if __name__ == "__main__":
    main()
