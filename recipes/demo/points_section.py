"""Writes the `[points]` section of a manifest for a points network, with its self-test: a simulated body, and the points
that ONNX Runtime gives on it.

usage: python3 -m demo.points_section LAYERS_FOLDER BUNDLE_FOLDER   (prints the section; writes BUNDLE_FOLDER/points_test.png)
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from . import films
from .crops import REACH, SIDE, View, crop
from .samples import LOOK, SEED

LEVEL, WIDE, KEPT = "L1", 1.6, 192
"""The body, what is shown of it, and rows and columns of the picture."""

TOLERANCE = 0.25
"""Pixels of the picture that another machine's points may be away."""

LIMITS = {"spread_at_most": 0.13, "vertebra_at_least": 0.5, "whole_at_least": 0.3, "metal_at_most": 0.5}
"""From when what the network sees counts against a body."""


class Network:
    """The exported network, run by ONNX Runtime."""

    def __init__(self, file):
        import onnxruntime
        self.session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])

    def look(self, picture, bodies):
        """Points (x, y) [n, 6, 2] on the picture, spread of each in depths of the body [n, 6], and looks [n, 5], of bodies
        whose points are roughly `bodies` [n, 6, 2]."""
        views = [View.of(points) for points in bodies]
        crops = np.stack([standard(crop(picture, view)) for view in views])[:, None]
        points, looks = self.session.run(["points", "looks"], {"crops": crops})
        return np.stack([v.to_film(p[:, :2]) for v, p in zip(views, points)]), points[..., 2] * 2 * REACH, looks


def standard(picture):
    return ((picture - picture.mean()) / (picture.std() + 1e-6)).astype(np.float32)


def corners(box):
    x0, y0, x1, y1 = box
    return np.array([(x, y) for y in (y0, y1) for x in (x0, (x0 + x1) / 2, x1)])


def main(layers, folder):
    folder = Path(folder)
    film = films.film(films.patients(layers, held_out=True), SEED, 1, LOOK, "lateral", {}, "T12")
    body = next(b for b in film.bodies if b.level == LEVEL)
    view = View.of(body.points, WIDE)
    picture = np.round(np.clip(crop(film.picture, view, KEPT), 0, 1) * 255)
    Image.fromarray(picture.astype(np.uint8)).save(folder / "points_test.png")
    points = view.to_crop(body.points) * KEPT
    box = [round(float(v), 1) for v in (*points.min(0), *points.max(0))]
    (found,), _, _ = Network(folder / "points.onnx").look(picture, [corners(box)])
    print('[points]\nfile = "points.onnx"')
    print(f"side = {SIDE}\nreach = {REACH}")
    for key, value in LIMITS.items():
        print(f"{key} = {value}")
    print('\n[points.self_test]\nimage = "points_test.png"')
    print(f"box = {box}\npoints = {[[round(float(v), 3) for v in p] for p in found]}\ntolerance = {TOLERANCE}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
