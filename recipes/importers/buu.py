"""BUU-LSPINE: lumbar films, AP and lateral, one CSV an image.

Klinwichit P et al. BUU-LSPINE: A Thai Open Lumbar Spine Dataset for Spondylolisthesis Detection. Appl
Sci 2023; 13: 8646. The set itself was not at hand; what is read here was found alike in the public
loaders of mohamednourdine/spondylolisthesis-maht-net, XRSpinoPelvic1K (measured on the 400 that are
free) and ThreeStones1029's converter of the report's tables:

- `AP/0001-F-037Y0.jpg` and `LA/0001-F-037Y1.jpg` beside CSVs of the same name: the patient's number,
  sex, age, and 0 for AP or 1 for lateral.
- One end plate a row, x1,y1,x2,y2,class in pixels, without a header (one is accepted), from the head
  down: L1 upper, L1 lower ... L5 lower; a lateral film ends with S1's upper one. So 10 and 11 rows.
- On lateral films the first point is the anterior corner (the sacral plate's second point is the
  higher one in 398 of 400); on AP films the points are sorted here by x.
- The size of a pixel is in the sheet `Pixel Spacing` of the report: filename without the last digit,
  pixel_spacing. Save it as CSV for --spacings.

Not verified: the meaning of `class` (the loaders say spondylolisthesis), which says nothing of
fractures and is only checked to be a whole number; how the films with four or six lumbar vertebrae
(the sheet L4L6) are numbered; whether every file has 10 or 11 rows. S1 has one plate marked, no body:
it gives no box.
"""

import csv
import re

from . import images
from .cases import Body, Film, six_of_corners

HELP = "BUU-LSPINE: a folder with AP/ and LA/, a CSV of end plates beside each JPG"
LABELS = True
ROWS = {"AP": 10, "LA": 11}
NAME = re.compile(r"(\d+)-[A-Za-z]+-\d+Y([01])")


def add_options(parser):
    pass


def read(source, given, problems):
    films, annotated = [], set()
    for file in sorted(source.rglob("*.csv")):
        picture = next((p for p in (file.with_suffix(s) for s in (".jpg", ".JPG", ".jpeg", ".png")) if p.exists()), file.with_suffix(".jpg"))
        if not picture.exists() and not NAME.fullmatch(file.stem):
            problems.note(f"{file.relative_to(source)} has no image beside it and no name of BUU-LSPINE: not an annotation, left out")
            continue
        annotated.add(picture)
        try:
            film = Film(images.read(picture, source), [], file, middles_interpolated=True)
        except images.Unreadable as error:
            problems.add(file, None, f"{picture.name}: {error}")
            continue
        name = NAME.fullmatch(file.stem)
        if name:
            film.patient, film.spacing_keys = name[1], (file.stem[:-1],)
        view = file.parent.name if file.parent.name in ROWS else "AP" if name and name[2] == "0" else "LA" if name else None
        film.bodies = _bodies(_plates(film, problems), view, film, problems)
        films.append(film)
    without = sum(1 for path in source.rglob("*") if path.suffix.lower() in images.PICTURES and path not in annotated)
    if without:
        problems.note(f"{without} images without a CSV are left out")
    return films


def _plates(film, problems):
    """[(line, (x1, y1), (x2, y2))] of one file."""
    found, seen = [], {}
    with open(film.file, newline="", encoding="utf-8-sig", errors="replace") as file:
        for line, row in enumerate(csv.reader(file), 1):
            if not row or line == 1 and row[0].strip().lower() == "x1":
                continue
            try:
                x1, y1, x2, y2, status = map(float, row)
                if status != int(status):
                    problems.add(film.file, line, f"the class {row[4]} is no whole number", film)
            except (ValueError, OverflowError):
                problems.add(film.file, line, "not the five numbers x1,y1,x2,y2,class", film)
                continue
            if (x1, y1, x2, y2) in seen:
                problems.add(film.file, line, f"the same end plate as line {seen[x1, y1, x2, y2]}", film)
            seen.setdefault((x1, y1, x2, y2), line)
            found.append((line, (x1, y1), (x2, y2)))
    return found


def _bodies(plates, view, film, problems):
    wanted = [ROWS[view]] if view else sorted(ROWS.values())
    if len(plates) not in wanted:
        problems.add(film.file, None, f"{len(plates)} end plates, not {' or '.join(map(str, wanted))}", film)
        return []
    if len(plates) == ROWS["AP"]:
        plates = [(line, *sorted(corners)) for line, *corners in plates]
    return [Body.of_points(six_of_corners(upper[1:], lower[1:]), line=upper[0], level=f"L{n + 1}")
            for n, (upper, lower) in enumerate(zip(plates[0:10:2], plates[1:10:2]))]
