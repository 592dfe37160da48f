"""VinDr-SpineXR: boxes around lesions on spine films in DICOM.

Nguyen HT et al. VinDr-SpineXR: A deep learning framework for spinal lesions detection and
classification from radiographs. MICCAI 2021; PhysioNet, restricted access. The set itself was not at
hand; found alike in several public converters:

- `annotations/train.csv` and `test.csv` with the columns study_id, series_id, image_id, rad_id,
  lesion_type, xmin, ymin, xmax, ymax, in pixels; `train_images/` and `test_images/` with
  IMAGE_ID.dicom.
- lesion_type is one of seven, or "No finding" with empty corners.
- One radiologist read each film; the published sets do not share a study.

The boxes are lesions. A film's intact bodies are not marked, so this gives cases and no detector
labels: to a detector an unmarked body would be background. By default the cases are the boxes of
"Vertebral collapse"; no level is known, and no class: a collapse is not yet a burst or a compression
fracture, and --class says what you take it for. Whether a study is a patient is not published; it is
taken as one (give --patient-from dicom if your copy's PatientID tells more).
"""

import csv

from . import images, names
from .cases import Body, Film
from .patients import KEPT

HELP = "VinDr-SpineXR: a folder with annotations/*.csv; cases only, since intact bodies are not marked"
LABELS = False
COLUMNS = ("study_id", "series_id", "image_id", "lesion_type", "xmin", "ymin", "xmax", "ymax")
LESIONS = ("Osteophytes", "Spondylolysthesis", "Disc space narrowing", "Vertebral collapse", "Foraminal stenosis",
           "Surgical implant", "Other lesions")
NO_FINDING = "No finding"


def add_options(parser):
    parser.add_argument("--class", dest="classes", action="append", type=names.option, default=[], metavar="NAME=MEANING",
                        help=names.OPTION_HELP + "; 'Vertebral collapse'=vertebra unless given")
    parser.add_argument("--images", help="folder of the films, when it is not within SOURCE")


def read(source, given, problems):
    kept = {**{lesion: (None, None, "") for lesion in LESIONS}, "Vertebral collapse": ("vertebra", None, ""), **dict(given.classes)}
    folder = source / given.images if given.images else source
    pictures, films, others = images.by_stem(folder), {}, {}
    problems.note("VinDr-SpineXR marks lesions, not every body: no detector labels are written")
    for file in sorted(source.rglob("*.csv")):
        with open(file, newline="", encoding="utf-8-sig", errors="replace") as opened:
            rows = csv.DictReader(opened)
            missing = [c for c in COLUMNS if c not in (rows.fieldnames or ())]
            if missing:
                problems.add(file, 1, f"the columns {', '.join(missing)} are missing")
                continue
            seen = {}
            for row in rows:
                line, lesion, key = rows.line_num, row["lesion_type"], tuple(row[c] for c in COLUMNS)
                if None in key:
                    problems.add(file, line, "the row has too few columns")
                elif key in seen:
                    problems.add(file, line, f"the same row as line {seen[key]}", films.get(row["image_id"]))
                elif lesion != NO_FINDING and lesion not in kept:
                    problems.add(file, line, f"unknown lesion type {lesion!r}")
                elif lesion != NO_FINDING and kept[lesion][0]:
                    _case(file, line, row, kept[lesion], pictures, folder, films, problems)
                else:
                    others[lesion] = others.get(lesion, 0) + 1
                seen.setdefault(key, line)
    if others:
        problems.note("left out: " + ", ".join(f"{count} {name}" for name, count in sorted(others.items())))
    return [film for film in films.values() if film]


def _case(file, line, row, meaning, pictures, folder, films, problems):
    name = row["image_id"]
    if name not in films:
        try:
            picture = images.read(pictures.get(name, folder / f"{name}.dicom"), folder)
            films[name] = Film(picture, [], file, patient=row["study_id"], set=KEPT.get(file.stem), line=line)
        except images.Unreadable as error:
            problems.add(file, line, f"{name}: {error}")
            films[name] = None
    film = films[name]
    if film is None:
        return
    if film.file != file or film.patient != row["study_id"]:
        problems.add(file, line, f"{name} is in two files or studies", film)
    try:
        box = tuple(float(row[c]) for c in COLUMNS[4:])
    except ValueError:
        problems.add(file, line, f"{row['lesion_type']}: xmin, ymin, xmax, ymax are no four numbers", film)
        return
    kind, level, label = meaning
    film.bodies.append(Body(box, line, kind, level, None, label))
