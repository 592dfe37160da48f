"""Labelled bodies in the shape of a study: DX files, `cases.csv` and `bodies.csv` for `spinetriage extract`.

1076 vertebrae in sets of 712 (train), 178 (internal), 111 (external: another machine) and 75
(prospective: a later look of the first machine), as in Zhang et al. 2024 (10.3389/fendo.2024.1370838).
That paper's abstract does not give the shares of the classes: those below are ours. All is simulated. `cases.csv` has these
bodies; `bodies.csv` also every other whole body of the same films, which is intact: a model that is to judge studies must have
seen bodies as they come, nine in ten of them whole.

usage: python3 -m demo.cohort LAYERS_FOLDER OUT_FOLDER [SHARE] (needs pydicom)
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from . import exposure, films, fractures, spine
from .dicom_file import Header, dicom

SEED = 20262
SETS = {"train": 712, "internal": 178, "external": 111, "prospective": 75}
CLASS_SHARES = (0.36, 0.42, 0.22)
MILD_SHARE = 0.2
"""The part of the compression fractures that is only just one."""

SECOND_SHARE = 0.14
"""Patients with a second labelled body: 1076 vertebrae are of 942 patients in the paper."""

FOCUS = ("T10", "T11", "T11", "T12", "T12", "T12", "L1", "L1", "L1", "L2", "L2", "L3", "L4")
SHAKE = 0.03
"""Standard deviation of a box's sides, parts of its width and height: about what a detector errs."""

STANDING, SPOILT = 0.25, 0.35
"""The parts of the patients whose film is a standing one of the whole spine, and one that something spoils."""

STANDING_SIZE, STANDING_MM = (1600, 704), (750.0, 1250.0)
"""Rows and columns of a standing film, and its height."""

COLUMNS = "path,x0,y0,x1,y1,level,class,set,patient,kind,loss,mild"


@dataclass(frozen=True)
class Machine:
    """The look of one machine: film, bits, and what its processing adds to all films alike."""

    name: str
    size: tuple
    fov_mm: tuple
    bits: int
    dates: tuple
    gamma: float = 1.0
    equalise: float = 0.0
    sharpen: float = 0.0
    noise: float = 0.0

    def processed(self, picture, rng):
        if self.sharpen:
            picture = picture + self.sharpen * (picture - ndimage.gaussian_filter(picture, 6))
        picture = np.clip(picture, 0, 1)
        if self.equalise:
            picture = (1 - self.equalise) * picture + self.equalise * exposure.equalised(picture, 6, 2.5)
        return np.clip(picture ** self.gamma + rng.normal(0, self.noise, picture.shape), 0, 1)


FIRST = Machine("first machine", (640, 480), (230, 330), 12, (2023, 2024))
MACHINES = {
    "train": FIRST,
    "internal": FIRST,
    "external": Machine("second machine", (560, 448), (250, 380), 14, (2024, 2024), gamma=1.3, equalise=0.5, noise=0.02),
    "prospective": Machine("first machine, later", (640, 480), (230, 330), 12, (2025, 2025), gamma=0.85, sharpen=0.5),
}


def plan(share=1.0):
    """The patients: (number, set, labelled bodies as (level, class, mild)), a body's class drawn from
    exact shares in each set."""
    patients, number = [], 0
    for s, (which, whole) in enumerate(SETS.items()):
        rng = np.random.default_rng([SEED, 7, s])
        count = max(round(whole * share), 3)
        counts = [round(count * CLASS_SHARES[0]), round(count * CLASS_SHARES[1])]
        classes = rng.permutation([0] * counts[0] + [1] * counts[1] + [2] * (count - sum(counts))).tolist()
        while classes:
            levels = [str(rng.choice(FOCUS))]
            if rng.random() < SECOND_SHARE and len(classes) > 1:
                levels.append(spine.LEVELS[spine.LEVELS.index(levels[0]) + int(rng.choice([-2, -1, 1]))])
            bodies = [(level, classes.pop(), bool(rng.random() < MILD_SHARE)) for level in levels]
            patients.append((number, which, bodies))
            number += 1
    return patients


def fracture_of(rng, astlof, mild, level):
    if astlof == 0:
        return fractures.intact(rng, level)
    kind = "crush" if astlof == 2 else "wedge" if mild else str(rng.choice(["wedge", "wedge", "biconcave"]))
    return fractures.broken(rng, kind, mild and astlof == 1, level)


def look_of(rng, machine):
    """How a patient's film is taken: by the machine's rule, as films are that something spoils, or standing."""
    kind = rng.random()
    if kind < STANDING:
        return films.Look(size=STANDING_SIZE, fov_mm=STANDING_MM, drawn=0.15, negative=0, inverted=0, metal=0, strip=1.0)
    plain = dict(size=machine.size, fov_mm=machine.fov_mm, drawn=0.15, negative=0, inverted=0, metal=0)
    return films.Look(**plain, mild=kind > STANDING + SPOILT)


_everyone = {}


def make(job):
    """Writes one patient's film; its rows of cases.csv."""
    layers, out, (number, which, wanted) = job
    held_out = which == "external"
    if held_out not in _everyone:
        _everyone[held_out] = films.patients(layers, held_out)
    machine, rng = MACHINES[which], np.random.default_rng([SEED, 9, number])
    fixed = {level: fracture_of(rng, astlof, mild, level) for level, astlof, mild in wanted}
    look = look_of(rng, machine)
    film = films.film(_everyone[held_out], SEED, number, look, "lateral", fixed, wanted[0][0])
    date = f"{rng.integers(machine.dates[0], machine.dates[1] + 1)}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}"
    photometric = "MONOCHROME1" if rng.random() < 0.25 else "MONOCHROME2"
    patient, name = f"SIM-{number:04d}", f"{which}_{number:04d}.dcm"
    header = Header(f"cohort/{SEED}/{number}", patient, which, photometric=photometric, date=date, machine=machine.name, bits=machine.bits, number=number)
    dicom(machine.processed(film.picture, rng), film.mm, header).save_as(Path(out) / name, enforce_file_format=True)
    by_level, rows, others = {b.level: b for b in film.bodies}, [], []
    labelled = [level for level, _, _ in wanted]
    for level in labelled + [b.level for b in film.bodies if b.whole and b.level != "S1" and b.level not in labelled]:
        body = by_level.get(level)
        if body is None or body.share < 0.5:
            raise ValueError(f"{level} of {patient} is not on its film")
        x0, y0, x1, y1 = body.box
        size = np.array([x1 - x0, y1 - y0] * 2)
        box = np.clip(np.array(body.box) + rng.normal(0, SHAKE, 4) * size, 0, np.array(look.size[::-1] * 2))
        row = ",".join([name, *(f"{v:.2f}" for v in box), level, str(body.astlof), which, patient, body.kind, f"{body.loss:.3f}", str(int(body.mild))])
        (rows if level in labelled else others).append(row)
    assert [by_level[level].astlof for level in labelled] == [astlof for _, astlof, _ in wanted]
    return rows, others


def main(layers, out, share=1.0):
    Path(out).mkdir(parents=True, exist_ok=True)
    jobs = [(layers, out, patient) for patient in plan(share)]
    with ProcessPoolExecutor() as pool:
        made = list(pool.map(make, jobs, chunksize=4))
    rows = [row for labelled, _ in made for row in labelled]
    every = [row for labelled, others in made for row in labelled + others]
    for name, lines in (("cases", rows), ("bodies", every)):
        (Path(out) / f"{name}.csv").write_text("\n".join([COLUMNS, *lines]) + "\n")
    print(f"{len(rows)} labelled bodies of {len(jobs)} patients, {len(every)} with all others on their films")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(float, sys.argv[3:]))
