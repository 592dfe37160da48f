"""Measures the exported detector, run by ONNX Runtime as the router runs it, on simulated films of
the rotation that the training never saw.

usage: python3 -m demo.evaluate_detector LAYERS_FOLDER DETECTOR.onnx [--films N]
"""

import argparse
import tomllib
from pathlib import Path

import numpy as np
from scipy import ndimage

from . import films

SEED = 77003
"""Not the training's: these are other films, of another rotation."""

FOV_MM = (170, 340)
SETTINGS = tomllib.loads((Path(__file__).parent / "bundle_template.toml").read_text())["detector"]
MATCH = 0.5
"""Intersection over union from which a box counts as found."""


def iou(a, b):
    """Intersection over union of two boxes."""
    overlap = max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    area = lambda box: (box[2] - box[0]) * (box[3] - box[1])
    return overlap / (area(a) + area(b) - overlap + 1e-9)


def letterboxed(picture, size):
    """The picture in the top left corner of a `size` x `size` frame, and the scale it took."""
    scale = size / max(picture.shape)
    if scale < 1:
        picture = ndimage.gaussian_filter(picture, 0.5 * (1 / scale - 1))
    target = [max(round(n * scale), 1) for n in picture.shape]
    rows, columns = ((np.arange(t) + 0.5) * n / t - 0.5 for t, n in zip(target, picture.shape))
    small = ndimage.map_coordinates(picture, np.meshgrid(rows, columns, indexing="ij"), order=1, mode="nearest")
    frame = np.zeros((size, size), np.float32)
    frame[:target[0], :target[1]] = small
    return frame, scale


class Detector:
    """The exported network with the window, letterbox and suppression of the bundle's `[detector]`."""

    def __init__(self, file):
        # Only here: the geometry above is tested where ONNX Runtime is not installed.
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self.size = self.session.get_inputs()[0].shape[2]

    def boxes(self, picture):
        """Boxes (x0, y0, x1, y1) in pixels of `picture` (bone bright), best first, with their scores."""
        low, high = np.percentile(picture, SETTINGS["window_percentiles"])
        shown = np.clip((picture - low) / (high - low + 1e-9), 0, 1).astype(np.float32)
        frame, scale = letterboxed(shown, self.size)
        cx, cy, w, h, score = self.session.run(None, {"images": frame[None, None]})[0][0].astype(float)
        kept = []
        for i in np.argsort(-score, kind="stable"):
            if score[i] < SETTINGS["score_threshold"] or len(kept) == SETTINGS["at_most"]:
                break
            box = np.array([cx[i] - w[i] / 2, cy[i] - h[i] / 2, cx[i] + w[i] / 2, cy[i] + h[i] / 2]) / scale
            if all(iou(box, other) < SETTINGS["iou_threshold"] for other, _ in kept):
                kept.append((box, score[i]))
        return kept


def compare(found, bodies):
    """Asked and found bodies, wrong boxes, and the errors of the four sides as parts of the body's
    width and height. A box on a body that is cut off or obscured is neither right nor wrong."""
    asked = hit = 0
    errors = []
    for body in bodies:
        if body.whole:
            best = max((box for box, _ in found), key=lambda box: iou(box, body.box), default=None)
            asked += 1
            if best is not None and iou(best, body.box) >= MATCH:
                hit += 1
                x0, y0, x1, y1 = body.box
                errors.append((best - body.box) / [x1 - x0, y1 - y0, x1 - x0, y1 - y0])
    wrong = sum(max((iou(box, body.box) for body in bodies), default=0) < MATCH for box, _ in found)
    return asked, hit, wrong, errors


def evaluate(layers, onnx, count):
    """Sums of `compare` over `count` films, and recall for each class."""
    patients, detector = films.patients(layers, held_out=True), Detector(onnx)
    asked = hit = wrong = 0
    errors, by_class = [], {}
    for number in range(count):
        rng = np.random.default_rng([SEED, 1, number])
        picture, bodies, _ = films.film(patients, SEED, number, (512, int(rng.uniform(300, 512))), FOV_MM)
        found = detector.boxes(picture)
        a, h, w, e = compare(found, bodies)
        asked, hit, wrong, errors = asked + a, hit + h, wrong + w, errors + e
        for astlof in (0, 1, 2):
            a, h, _, _ = compare(found, [b for b in bodies if b.astlof == astlof])
            before = by_class.get(astlof, (0, 0))
            by_class[astlof] = (before[0] + a, before[1] + h)
    return asked, hit, wrong, np.array(errors), by_class


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("layers")
    arguments.add_argument("onnx")
    arguments.add_argument("--films", type=int, default=200)
    given = arguments.parse_args()
    asked, hit, wrong, errors, by_class = evaluate(given.layers, given.onnx, given.films)
    print(f"{given.films} films of the held-out rotation, {asked} bodies, IoU {MATCH}, score {SETTINGS['score_threshold']}: "
          f"recall {hit / max(asked, 1):.3f}, precision {hit / max(hit + wrong, 1):.3f}")
    for astlof, (a, h) in sorted(by_class.items()):
        print(f"class {astlof}: recall {h / max(a, 1):.3f} of {a}")
    if not hit:
        return print("no body was found: the detector needs more training")
    names = ("left", "top", "right", "bottom")
    print("side errors, part of width or height: " + ", ".join(
        f"{name} {mean:+.3f} +- {deviation:.3f}" for name, mean, deviation in zip(names, errors.mean(0), errors.std(0))))


if __name__ == "__main__":
    main()
