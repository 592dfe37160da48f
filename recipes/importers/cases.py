"""Films and their bodies, whatever format they came from: what is checked and what is written.

Coordinates are pixels of the film, whole numbers between pixels, as the binary has them
(src/imaging/radiograph.rs): x to the right, y down.
"""

import json
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

from .images import Picture, write_png

COLUMNS = ("path", "x0", "y0", "x1", "y1", "level", "class", "set", "patient", "spacing_mm")

LEVELS = [f"C{n}" for n in range(1, 8)] + [f"T{n}" for n in range(1, 14)] + [f"L{n}" for n in range(1, 7)]
"""From the head down; T13 and L6 are variants that some people have."""

SLACK = 1.0
"""Pixels by which a point may lie outside the film; it is moved onto the edge."""


class Problems:
    """Everything wrong with a source, by file and line."""

    def __init__(self, root):
        self.root, self.found, self.notes = Path(root), [], []

    def add(self, file, line, text, film=None):
        """`line`: counted from 1, text such as "annotation 7", or None for the whole file. `film` is
        the film that is wrong, which `--leave-out` drops."""
        self.found.append((str(file), line, text))
        if film is not None:
            film.faulty = True

    def note(self, text):
        """What is left out or assumed, once."""
        if text not in self.notes:
            self.notes.append(text)

    def lines(self):
        """The problems as `file:line: text`, files relative to the source."""
        for file, line, text in self.found:
            shown = os.path.relpath(file, self.root) if Path(file).is_relative_to(self.root) else file
            yield f"{shown}: {text}" if line is None else f"{shown}:{line}: {text}"


@dataclass
class Body:
    """A vertebral body or a sacrum on a film.

    `box` is x0, y0, x1, y1. `points`: anterior, middle, posterior of the upper end plate, then of the
    lower one; on a frontal film the side at the left of the image comes first. None when unknown.
    """

    box: tuple
    line: object = None
    kind: str = "vertebra"
    level: str | None = None
    points: list | None = None
    label: str = ""

    @classmethod
    def of_points(cls, points, **others):
        """With the box around its points."""
        xs, ys = zip(*points)
        return cls((min(xs), min(ys), max(xs), max(ys)), points=[tuple(p) for p in points], **others)


@dataclass
class Film:
    """A picture, what is on it, and the file that says so. `patient` and `set` as the source has them;
    `middles_interpolated` when the points amid the end plates lie between the corners by construction."""

    picture: Picture
    bodies: list
    file: Path
    patient: str | None = None
    set: str | None = None
    spacing_keys: tuple = ()
    spacing_mm: float | None = None
    line: object = None
    faulty: bool = False
    middles_interpolated: bool = False


def middle(a, b):
    """The point between two corners."""
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)


def six_of_corners(upper, lower):
    """Six points from two end plates of two corners each, the middles interpolated."""
    return [upper[0], middle(*upper), upper[1], lower[0], middle(*lower), lower[1]]


def check(film, problems):
    """Names every fault of the film's bodies; points that lie just outside are moved onto its edge."""
    width, height = film.picture.width, film.picture.height
    seen = {}
    for body in film.bodies:
        wrong = lambda text, line=body.line: problems.add(film.file, line, text, film)
        name = body.level or body.kind
        flat = [*body.box, *(v for p in body.points or () for v in p)]
        if not all(map(math.isfinite, flat)):
            wrong(f"{name}: a coordinate is no number")
            continue
        (x0, y0, x1, y1) = body.box
        if x1 <= x0 or y1 <= y0:
            wrong(f"{name}: the box {_box(body.box)} is empty")
        if body.points:
            _check_points(body, name, wrong)
        if min(x0, y0) < -SLACK or x1 > width + SLACK or y1 > height + SLACK:
            wrong(f"{name}: the box {_box(body.box)} is outside the film of {width} x {height}")
        else:
            _move_onto(body, width, height)
        for key in ((body.kind, body.box), ("level", body.level)):
            if key in seen and key[1] is not None:
                wrong(f"{name}: the same {'level' if key[0] == 'level' else 'box'} as {_where(seen[key])}")
            seen.setdefault(key, body.line)
    _check_order(film, problems)


def _move_onto(body, width, height):
    inside = lambda x, y: (min(max(x, 0.0), width), min(max(y, 0.0), height))
    body.box = (*inside(*body.box[:2]), *inside(*body.box[2:]))
    body.points = body.points and [inside(*p) for p in body.points]


def _check_points(body, name, wrong):
    upper, lower = body.points[:3], body.points[3:]
    if any(low[1] <= high[1] for high, low in zip(upper, lower)):
        wrong(f"{name}: the lower end plate is not below the upper one")
    across = [math.copysign(1, plate[2][0] - plate[0][0]) if plate[2][0] != plate[0][0] else 0 for plate in (upper, lower)]
    if across[0] != across[1] or not across[0]:
        wrong(f"{name}: the corners of its end plates are not on the same sides")


def _check_order(film, problems):
    """Levels go down the film."""
    bodies = sorted((b for b in film.bodies if b.level in LEVELS), key=lambda b: LEVELS.index(b.level))
    for above, below in zip(bodies, bodies[1:]):
        if above.level != below.level and sum(above.box[1::2]) >= sum(below.box[1::2]):
            problems.add(film.file, below.line, f"{below.level}: it is not below {above.level}", film)


def _box(box):
    return "({:g}, {:g}, {:g}, {:g})".format(*box)


def _where(line):
    return f"line {line}" if isinstance(line, int) else str(line)


def write(films, out, problems, labels=True):
    """Writes cases.csv, pictures that `extract` cannot read as they are, and labels.jsonl.

    Pictures that it can read stay where they are. The column spacing_mm is left out when a DICOM film
    has no single pixel size of its own: `extract` reads a DICOM's size from the file, and there would
    be nothing true to write.
    """
    out = Path(out)
    (out / "images").mkdir(parents=True, exist_ok=True)
    taken = set()
    paths = [_path(film, out, taken) for film in films]
    told = all(film.spacing_mm is not None for film in films)
    if not told:
        problems.note("spacing_mm is left out: a DICOM film has no single pixel size (extract reads what the file says)")
    columns = COLUMNS if told else COLUMNS[:-1]
    rows, lines = [",".join(columns)], []
    for film, path in zip(films, paths):
        for body in film.bodies:
            if body.kind == "vertebra":
                row = [path, *map(_number, body.box), body.level or "", body.label, film.set, film.patient]
                rows.append(",".join(row + ([f"{film.spacing_mm:.6g}"] if told else [])))
        lines.append(json.dumps({
            "path": path, "width": film.picture.width, "height": film.picture.height, "set": film.set, "patient": film.patient,
            "middles_interpolated": film.middles_interpolated, "bodies": [{"box": _short(b.box), "class": b.kind, "level": b.level,
                        "points": b.points and [_short(p) for p in b.points]} for b in film.bodies]}))
    (out / "cases.csv").write_text("\n".join(rows) + "\n")
    if labels:
        (out / "labels.jsonl").write_text("".join(line + "\n" for line in lines))
    if not any((out / "images").iterdir()):
        (out / "images").rmdir()
    return len(rows) - 1


def _path(film, out, taken):
    """The picture's path as cases.csv has it, relative to it; converts what must be converted."""
    if film.picture.ready:
        return os.path.relpath(film.picture.path, out)
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", film.picture.name)
    number = next(n for n in range(len(taken) + 1) if (name, n) not in taken)
    taken.add((name, number))
    file = out / "images" / f"{name}{f'_{number}' if number else ''}.png"
    write_png(film.picture.path, file)
    return str(file.relative_to(out))


def _number(value):
    return f"{value:.2f}"


def _short(values):
    return [round(float(v), 2) for v in values]
