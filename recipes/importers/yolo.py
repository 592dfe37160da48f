"""YOLO text labels: one .txt an image, one object a line, boxes and optionally six points.

As Ultralytics documents its data sets (detection and pose): `class cx cy w h` as fractions of the
image, class counted from 0; pose adds x y, or x y visibility, a point. Images in `.../images/...` have
their labels in `.../labels/...`, otherwise beside them. Names come from `names:` of a data.yaml
(list or numbers with names; a small part of YAML is read) or from classes.txt, or --names.

An empty .txt is a film without a body. An image without .txt is left out: whether it has no body or
was never labelled cannot be told.
"""

import re

from . import images, keypoints, names
from .cases import Body, Film
from .patients import KEPT

HELP = "YOLO text: a folder of images and .txt files (class cx cy w h, or a pose line of six points)"
LABELS = True


def add_options(parser):
    parser.add_argument("--names", help="names of the classes from 0, with commas, instead of data.yaml or classes.txt")
    parser.add_argument("--class", dest="classes", action="append", type=names.option, default=[], metavar="NAME=MEANING", help=names.OPTION_HELP)
    keypoints.add_options(parser)


def read(source, given, problems):
    classes = given.names.split(",") if given.names else class_names(source)
    if not classes:
        problems.add(source, None, "no names of the classes: give data.yaml, classes.txt or --names")
    meanings = []
    for name in classes:
        meanings.append(names.meaning(name, dict(given.classes)))
        if meanings[-1] is None:
            problems.add(source, None, f"the class {name!r} is unknown: give --class {name!r}=MEANING")
    pictures = sorted(p for p in source.rglob("*") if p.suffix.lower() in images.SUFFIXES)
    labels = {path: label_file(path, source) for path in pictures}
    used, films = set(labels.values()), []
    for file in sorted(source.rglob("*.txt")):
        if file not in used and file.name not in ("classes.txt", "README.txt", "readme.txt"):
            problems.add(file, None, "the image is missing")
    for path, file in labels.items():
        if not file.exists():
            problems.note(f"{sum(not f.exists() for f in labels.values())} images without a label file are left out")
            continue
        try:
            film = Film(images.read(path, source), [], file)
        except images.Unreadable as error:
            problems.add(path, None, str(error))
            continue
        film.set = next((KEPT[part] for part in path.relative_to(source).parts[:-1] if part in KEPT), None)
        for line, text in enumerate(file.read_text(errors="replace").splitlines(), 1):
            if text.strip():
                _object(film, line, text.split(), meanings, given, problems)
        films.append(film)
    return films


def class_names(source):
    """From data.yaml or another .yaml with `names:`, or classes.txt."""
    for file in sorted(source.glob("*.y*ml")):
        text = file.read_text()
        inline = re.search(r"^names:\s*[\[{](.*?)[\]}]", text, re.M | re.S)
        if inline:
            return [_unquoted(re.sub(r"^\s*\d+\s*:", "", part)) for part in inline[1].split(",") if part.strip()]
        block = re.search(r"^names:\s*(?:#.*)?\n((?:[ \t]*-.*\n?|[ \t]+\d+\s*:.*\n?)+)", text, re.M)
        if block:
            return [_unquoted(re.sub(r"^\s*(?:-|\d+\s*:)", "", row)) for row in block[1].splitlines()]
    listed = source / "classes.txt"
    return [row.strip() for row in listed.read_text().splitlines() if row.strip()] if listed.exists() else []


def _unquoted(text):
    return text.split("#")[0].strip().strip("'\"")


def label_file(picture, source):
    """Where the labels of an image lie: the last folder `images` of its path becomes `labels`."""
    parts = list(picture.relative_to(source).with_suffix(".txt").parts)
    if "images" in parts[:-1]:
        at = len(parts) - 2 - parts[-2::-1].index("images")
        parts[at] = "labels"
    return source.joinpath(*parts)


def _object(film, line, fields, meanings, given, problems):
    wrong = lambda text: problems.add(film.file, line, text, film)
    try:
        number, (cx, cy, w, h), rest = int(fields[0]), map(float, fields[1:5]), [float(v) for v in fields[5:]]
    except ValueError:
        return wrong("not `class cx cy w h` and points, as numbers")
    if not 0 <= number < len(meanings):
        return wrong(f"unknown class {number}")
    if meanings[number] is None or meanings[number][0] is None:
        return None
    if rest and not given.no_points and len(rest) not in (2 * keypoints.COUNT, 3 * keypoints.COUNT):
        return wrong(f"{len(rest)} numbers after the box, not {2 * keypoints.COUNT} or {3 * keypoints.COUNT} (six points; see --no-points)")
    width, height = film.picture.width, film.picture.height
    points, step = None, len(rest) // keypoints.COUNT
    if rest and not given.no_points:
        triples = [(rest[i] * width, rest[i + 1] * height, rest[i + 2] if step == 3 else 2) for i in range(0, len(rest), step)]
        points = keypoints.six(triples, given.point_order)
    kind, level, label = meanings[number]
    box = ((cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height)
    film.bodies.append(Body(box, line, kind, level, points, label))
    return None
