"""Labelled bodies for the fusion model: films as 16-bit PNG and `cases.csv` for `spinetriage extract`.

usage: python3 -m demo.cohort LAYERS_FOLDER OUT_FOLDER [FILMS]
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from . import films

SEED = 20262
SIZE = (640, 480)
FOV_MM = (230, 330)
INTERNAL_SHARE = 4
"""Every fourth film belongs to the internal set."""


def main(layers, out, count=180):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    everyone = films.patients(layers)
    rows = ["path,x0,y0,x1,y1,level,class,set,patient,spacing_mm"]
    for number in range(count):
        picture, bodies, mm = films.film(everyone, SEED, number, SIZE, FOV_MM, posture=2.5, mild=True)
        name = f"film_{number:04d}.png"
        Image.fromarray(np.round(picture * 4095).astype(np.uint16)).save(out / name)
        rng = np.random.default_rng([SEED, 9, number])
        which = "internal" if number % INTERNAL_SHARE == 0 else "train"
        for body in bodies:
            if body.whole:
                x0, y0, x1, y1 = body.box
                shake = rng.normal(0, 0.04, 4) * [x1 - x0, y1 - y0, x1 - x0, y1 - y0]
                box = np.array(body.box) + shake
                rows.append(",".join([name, *(f"{v:.2f}" for v in box), body.level, str(body.astlof), which, f"film{number}", f"{mm:.5f}"]))
    (out / "cases.csv").write_text("\n".join(rows) + "\n")
    print(f"{len(rows) - 1} bodies on {count} films")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
