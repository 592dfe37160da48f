"""AASCE 2019 / SpineWeb data set 16: 609 AP films, 17 vertebrae each, four corners a vertebra.

Wu H et al. Automatic Landmark Estimation for Adolescent Idiopathic Scoliosis Assessment Using
BoostNet. MICCAI 2017. The set itself was not at hand; found alike in public loaders (fixLandmarkErrors.py
of automatic-scoliosis-assessment and its descendants, train_val_aasce converters, CobbNet's data set):

- `boostnet_labeldata/data/{training,test}/*.jpg`, and `labels/{training,test}/` with `filenames.csv`
  (one name a row) and `landmarks.csv` (one film a row, in the same order), no headers.
- A row is 136 numbers: 68 x, then 68 y, as fractions of the film's width and height.
- From T1 down to L5: upper left, upper right, lower left, lower right of each body.

A public list of corrections counts dozens of films whose labels are wrong (L5's corners at the top,
upper and lower mixed up, a body skipped). The ones that the checks of order can see are listed as
problems; a skipped body is not seen, and its neighbours bear the wrong level then. `--leave-out`
writes the rest.

Not verified: whether the films of one patient can be told by their names, as in "sunhl-1th-01-Mar-2017-313
B AP.jpg". What stands before the letter is taken for the patient, which groups more rather than less.
The size of a pixel is not published: give --spacing-mm only if you know it.
"""

import csv
import re

from . import images
from .cases import Body, Film, six_of_corners
from .patients import KEPT

HELP = "AASCE / SpineWeb-16: a folder with filenames.csv and landmarks.csv, or boostnet_labeldata"
LABELS = True
VERTEBRAE = [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)]
LANDMARKS = 4 * len(VERTEBRAE)
PATIENT = re.compile(r"(.+\d)\s*[A-Za-z]?\s+AP")


def add_options(parser):
    parser.add_argument("--images", help="folder of the films, when it is neither data/ beside labels/ nor the CSVs' own")


def read(source, given, problems):
    films = []
    for file in sorted(source.rglob("landmarks.csv")):
        names_file = file.with_name("filenames.csv")
        if not names_file.exists():
            problems.add(names_file, None, "the file is missing")
            continue
        names, rows = _rows(names_file), _rows(file)
        if len(names) != len(rows):
            problems.add(file, None, f"{len(rows)} rows, filenames.csv has {len(names)}: which film a row belongs to is unknown")
            continue
        folder = source / given.images if given.images else _folder(file, source)
        first = {}
        for (line, name), (_, row) in zip(names, rows):
            name = name[0].strip()
            if name in first:
                problems.add(names_file, line, f"{name}: the same film as line {first[name]}")
                continue
            first[name] = line
            film = _film(folder / name, source, file, line, row, problems)
            if film:
                film.set = KEPT.get(file.parent.name)
                films.append(film)
    return films


def _rows(file):
    with open(file, newline="", encoding="utf-8-sig", errors="replace") as opened:
        return [(line, row) for line, row in enumerate(csv.reader(opened), 1) if row]


def _folder(file, source):
    """labels/training belongs to data/training; otherwise films lie beside the CSVs."""
    beside = file.parent.parent.parent / "data" / file.parent.name
    return beside if file.parent.parent.name == "labels" and beside.is_dir() and beside.is_relative_to(source) else file.parent


def _film(path, source, file, line, row, problems):
    try:
        film = Film(images.read(path, source), [], file, line=line, middles_interpolated=True)
    except images.Unreadable as error:
        problems.add(file.with_name("filenames.csv"), line, f"{path.name}: {error}")
        return None
    known = PATIENT.match(path.stem)
    film.patient = known and known[1]
    try:
        numbers = [float(v) for v in row if v.strip()]
    except ValueError:
        problems.add(file, line, "a coordinate is no number", film)
        return film
    if len(numbers) != 2 * LANDMARKS:
        problems.add(file, line, f"{len(numbers)} coordinates, not {2 * LANDMARKS} ({LANDMARKS} landmarks)", film)
        return film
    if max(numbers) > 1.5:
        problems.add(file, line, f"a coordinate is {max(numbers):g}: not fractions of the film's size", film)
        return film
    points = [(x * film.picture.width, y * film.picture.height) for x, y in zip(numbers[:LANDMARKS], numbers[LANDMARKS:])]
    film.bodies = [Body.of_points(six_of_corners(points[4 * n:4 * n + 2], points[4 * n + 2:4 * n + 4]), line=line, level=level)
                   for n, level in enumerate(VERTEBRAE)]
    return film
