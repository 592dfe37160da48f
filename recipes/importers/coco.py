"""COCO JSON: images, annotations and categories in one file.

As COCO's own format page and pycocotools have it: an annotation has image_id, category_id, bbox
[x, y, width, height] in pixels, and keypoints [x, y, v, ...] with v 0 for not labelled; num_keypoints
may say how many are. Six keypoints are read as a body's six points, none as none, another count is a
problem (see --no-points). JSON has no lines worth naming: problems name the annotation's id.

Segmentations are not read. `iscrowd` boxes are a problem, since a crowd is no body.
"""

import json
from pathlib import Path

from . import images, keypoints, names
from .cases import Body, Film

HELP = "COCO: a JSON file with images, annotations (bbox, keypoints when six) and categories"
LABELS = True


def add_options(parser):
    parser.add_argument("--images", type=Path, help="folder that file_name starts from (the JSON's own)")
    parser.add_argument("--class", dest="classes", action="append", type=names.option, default=[], metavar="NAME=MEANING", help=names.OPTION_HELP)
    keypoints.add_options(parser)


def read(source, given, problems):
    folder = given.images or source.parent
    try:
        content = json.loads(source.read_text(encoding="utf-8-sig", errors="replace"))
        parts = [list(content[part]) for part in ("images", "annotations", "categories")]
    except (ValueError, KeyError, TypeError) as error:
        problems.add(source, getattr(error, "lineno", None), f"not a COCO file: {error!r}")
        return []
    entries = {}
    for part, listed in zip(("image", "annotation", "category"), parts):
        entries[part] = {}
        for number, entry in enumerate(listed):
            key = entry.get("id") if isinstance(entry, dict) else None
            key = key if isinstance(key, (int, str)) else None
            if key is None or key in entries[part]:
                problems.add(source, f"{part} {key if key is not None else f'number {number}'}", "it has no id" if key is None else "the id is not its own")
            else:
                entries[part][key] = entry
    meanings = {}
    for key, category in entries["category"].items():
        name = str(category.get("name"))
        meanings[key] = names.meaning(name, dict(given.classes))
        if meanings[key] is None:
            problems.add(source, f"category {key}", f"the class {name!r} is unknown: give --class {name!r}=MEANING")
    films = _films(source, folder, entries["image"], problems)
    for key, annotation in entries["annotation"].items():
        _annotation(source, key, annotation, entries["image"], films, meanings, given, problems)
    return [film for film in films.values() if film]


def _films(source, folder, entries, problems):
    """A film an image id; None when its picture cannot be read."""
    films, first = {}, {}
    for key, entry in entries.items():
        where, name = f"image {key}", entry.get("file_name")
        films[key] = None
        if not isinstance(name, str):
            problems.add(source, where, "it has no file_name")
        elif name in first:
            problems.add(source, where, f"{name}: the same file as image {first[name]}")
        else:
            first[name] = key
            try:
                picture = images.read(folder / name, folder)
            except images.Unreadable as error:
                problems.add(source, where, f"{name}: {error}")
                continue
            films[key] = film = Film(picture, [], source, line=where)
            said = entry.get("width", picture.width), entry.get("height", picture.height)
            if said != (picture.width, picture.height):
                problems.add(source, where, f"{name} is {picture.width} x {picture.height}, not {said[0]} x {said[1]}", film)
    return films


def _annotation(source, key, annotation, entries, films, meanings, given, problems):
    where, image, category = f"annotation {key}", annotation.get("image_id"), annotation.get("category_id")
    film = films.get(image) if isinstance(image, (int, str)) else None
    wrong = lambda text: problems.add(source, where, text, film)
    if not isinstance(image, (int, str)) or image not in entries:
        return wrong(f"unknown image {image}")
    if not isinstance(category, (int, str)) or category not in meanings:
        return wrong(f"unknown category {category}")
    if film is None or meanings[category] is None or meanings[category][0] is None:
        return None
    if annotation.get("iscrowd"):
        return wrong("a crowd is no body")
    try:
        x, y, w, h = map(float, annotation["bbox"])
        numbers = [] if given.no_points else [float(v) for v in annotation.get("keypoints") or []]
    except (KeyError, TypeError, ValueError):
        return wrong("bbox or keypoints are no numbers, or bbox not four")
    if len(numbers) not in (0, 3 * keypoints.COUNT):
        return wrong(f"{len(numbers) / 3:g} keypoints, not {keypoints.COUNT} (see --no-points)")
    triples = list(zip(numbers[0::3], numbers[1::3], numbers[2::3]))
    kind, level, label = meanings[category]
    film.bodies.append(Body((x, y, x + w, y + h), where, kind, level, keypoints.six(triples, given.point_order) if triples else None, label))
    return None
