"""Who is on a film, and which set that person belongs to. One patient is in one set only."""

import csv
import os
import re
from hashlib import sha256

KEPT = {"train": "train", "training": "train", "test": "internal", "val": "internal", "valid": "internal", "validation": "internal"}
"""Folder names of published splits, as the recipes call the sets."""


def identify(films, rule, problems):
    """Fills in `film.patient`.

    `rule`: None (what the format knows, else the DICOM's PatientID, else each film its own), "stem",
    "folder", "dicom", or a regular expression with one group that is searched in the image's path
    within the source.
    """
    for film in films:
        path = film.picture.path
        inside = path.relative_to(problems.root) if path.is_relative_to(problems.root) else path
        if rule is None:
            film.patient = film.patient or film.picture.patient
            if film.patient is None:
                film.patient = film.picture.name
                problems.note("the source names no patients: each film counts as a patient of its own (see --patient-from)")
        elif rule == "stem":
            film.patient = path.stem
        elif rule == "folder":
            film.patient = str(inside.parent)
        elif rule == "dicom":
            film.patient = film.picture.patient
            if film.patient is None:
                problems.add(path, None, "no PatientID, which --patient-from dicom needs", film)
        else:
            found = re.search(rule, inside.as_posix())
            film.patient = found and found.group(1)
            if not film.patient:
                problems.add(path, None, f"the path does not match --patient-from {rule}", film)
        for text, what in ((film.patient or "", "patient"), (str(inside), "path")):
            if re.search(r'[,"\r\n]', text):
                problems.add(path, None, f"the {what} {text!r} has a comma, quote or line break, which cases.csv cannot hold", film)


def shares(text):
    """`train=0.8,internal=0.2` as a dictionary; ValueError says what is wrong."""
    found = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or name in found:
            raise ValueError(f"{part!r} is not NAME=SHARE, each name once")
        found[name] = float(share)
    if min(found.values()) < 0 or abs(sum(found.values()) - 1) > 1e-6:
        raise ValueError("the shares do not add up to 1")
    return found


def divide(films, wanted, seed):
    """Fills in `film.set`: patients in the order of a hash of seed and name, cut at the shares.

    The same patients, shares and seed give the same sets, in whatever order the films come.
    """
    order = sorted({film.patient for film in films}, key=lambda patient: sha256(f"{seed}:{patient}".encode()).digest())
    sets, begin, total = {}, 0, 0.0
    for name, share in wanted.items():
        total += share
        end = round(total * len(order))
        sets |= dict.fromkeys(order[begin:end], name)
        begin = end
    for film in films:
        film.set = sets[film.patient]


def keep(films, problems):
    """The source's own sets, "train" where it has none; a patient in two of them is a problem."""
    first = {}
    for film in films:
        film.set = film.set or "train"
        other = first.setdefault(film.patient, film)
        if other.set != film.set:
            problems.add(film.file, film.line, f"patient {film.patient} is in the sets {other.set} and {film.set} (see --sets)", film)


def measure(films, spacing_mm, table, problems):
    """Fills in `film.spacing_mm`: the DICOM's own, else `table` by name, else the one for all."""
    for film in films:
        film.spacing_mm = film.picture.spacing_mm
        if film.spacing_mm is None:
            keys = (film.picture.path.name, film.picture.path.stem, *film.spacing_keys)
            film.spacing_mm = next((table[key] for key in keys if key in table), spacing_mm)
    dicom = all(film.picture.dicom for film in films)
    for film in films:
        if film.spacing_mm is None and not film.picture.dicom:
            problems.add(film.picture.path, None, "the size of a pixel is unknown: give --spacing-mm or --spacings", film)
        elif film.spacing_mm is None and not dicom:
            problems.add(film.picture.path, None, "the DICOM has no single pixel size, which films of two kinds need", film)


def spacing_table(file):
    """Name and mm of a CSV with the columns `filename` and `pixel_spacing` (or the first two): "0.14"
    or "[0.14, 0.14]". ValueError names every wrong line."""
    found, wrong = {}, []
    with open(file, newline="", encoding="utf-8-sig", errors="replace") as opened:
        for line, row in enumerate(csv.reader(opened), 1):
            numbers = re.findall(r"[0-9.]+(?:e-?[0-9]+)?", " ".join(row[1:])) if len(row) > 1 else []
            if line == 1 and not numbers:
                continue
            try:
                sizes = {float(n) for n in numbers}
                if len(sizes) != 1 or not 0 < min(sizes) < 10:
                    raise ValueError
                found[os.path.basename(row[0].strip())] = sizes.pop()
            except ValueError:
                wrong.append(f"{file}:{line}: no name and one pixel size in mm")
    if wrong:
        raise ValueError("\n".join(wrong))
    return found
