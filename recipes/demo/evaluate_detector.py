"""Measures the exported detector, run by ONNX Runtime, on simulated films of the rotation that the
training never saw. What the router makes of its boxes is measured by evaluate_served.py.

usage: python3 -m demo.evaluate_detector LAYERS_FOLDER DETECTOR.onnx [--films N] [--pictures FOLDER]
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from . import films

SEED = 77003
"""Not the training's: these are other films, of another rotation."""

WINDOW_PERCENTILES = (0.5, 99.5)
SCORE, SUPPRESS, AT_MOST = 0.35, 0.4, 30
"""Score from which a box is shown, overlap from which the weaker box goes, most boxes of a film."""

LEAST_SCORE = 0.02
"""Boxes from here on count for the average precision."""

MATCH = 0.5
"""Intersection over union from which a box counts as found."""

def iou(a, b):
    """Intersection over union of two boxes."""
    overlap = max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    area = lambda box: (box[2] - box[0]) * (box[3] - box[1])
    return overlap / (area(a) + area(b) - overlap + 1e-9)


def letterboxed(picture, height, width):
    """The picture in the top left corner of a frame, shrunk where it must be, and the scale it took."""
    scale = min(height / picture.shape[0], width / picture.shape[1], 1)
    if scale < 1:
        picture = ndimage.gaussian_filter(picture, 0.5 * (1 / scale - 1))
    target = [max(round(n * scale), 1) for n in picture.shape]
    rows, columns = ((np.arange(t) + 0.5) * n / t - 0.5 for t, n in zip(target, picture.shape))
    small = ndimage.map_coordinates(picture, np.meshgrid(rows, columns, indexing="ij"), order=1, mode="nearest")
    frame = np.zeros((height, width), np.float32)
    frame[:target[0], :target[1]] = small
    return frame, scale


@dataclass(eq=False)
class Found:
    """A detection in pixels of the picture: box (x0, y0, x1, y1), score, class (0 vertebra, 1 sacrum),
    the six points [6, 2] (x, y), and the probabilities of its classes where the router gave them."""

    box: np.ndarray
    score: float
    kind: int
    points: np.ndarray
    probabilities: tuple = ()


class Detector:
    """The exported network with window, letterbox and suppression."""

    def __init__(self, file):
        # Only here: the geometry of this file is tested where ONNX Runtime is not installed.
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self.height, self.width = self.session.get_inputs()[0].shape[2:]

    def detect(self, picture, least=LEAST_SCORE):
        """What the network finds on `picture` (bone bright), best first."""
        low, high = np.percentile(picture, WINDOW_PERCENTILES)
        shown = np.clip((picture - low) / (high - low + 1e-9), 0, 1).astype(np.float32)
        frame, scale = letterboxed(shown, self.height, self.width)
        columns = self.session.run(None, {"images": frame[None, None]})[0][0].astype(float)
        return decoded(columns, scale, least)


def decoded(columns, scale, least):
    """The detections of an output [18, N] of a picture that was scaled by `scale`."""
    scores = columns[4:6].max(0)
    kept = []
    for i in np.argsort(-scores, kind="stable"):
        if scores[i] < least or len(kept) == AT_MOST:
            break
        cx, cy, w, h = columns[:4, i] / scale
        box = np.array([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
        if all(iou(box, other.box) < SUPPRESS for other in kept):
            kept.append(Found(box, scores[i], int(columns[4:6, i].argmax()), columns[6:, i].reshape(6, 2) / scale))
    return kept


def matches(found, bodies):
    """For each detection, best first, the body it is on (each body once), or None, and whether it is on
    no body at all. A box on a body that is cut off or obscured is neither right nor wrong."""
    taken, result = set(), []
    for f in sorted(found, key=lambda f: -f.score):
        overlap = [(iou(f.box, b.box), i) for i, b in enumerate(bodies) if i not in taken]
        best, i = max(overlap, default=(0, None))
        if best >= MATCH:
            taken.add(i)
            result.append((f, bodies[i], False))
        else:
            result.append((f, None, not any(not b.whole and iou(f.box, b.box) > 0.3 for b in bodies)))
    return result


class Tally:
    """Counts over films."""

    def __init__(self):
        self.asked = self.hit = self.wrong = self.kinds_right = self.facing_wrong = 0
        self.ranked, self.by_class, self.errors, self.relative, self.loss_errors = [], {}, [], [], []

    def add(self, found, film, score=SCORE):
        asked = [b for b in film.bodies if b.whole]
        self.asked += len(asked)
        for b in asked:
            self.by_class.setdefault(class_name(b), [0, 0])[0] += 1
        for f, body, wrong in matches(found, film.bodies):
            if body is not None and body.whole:
                self.ranked.append((f.score, True))
            elif wrong:
                self.ranked.append((f.score, False))
            if f.score < score:
                continue
            self.wrong += wrong
            if body is None or not body.whole:
                continue
            self.hit += 1
            self.by_class[class_name(body)][1] += 1
            self.kinds_right += f.kind == (body.level == "S1")
            truth = np.array(body.points)
            if not np.isfinite(truth).all():
                continue
            apart = np.linalg.norm(f.points - truth, axis=1)
            swapped = np.linalg.norm(f.points[[2, 1, 0, 5, 4, 3]] - truth, axis=1)
            self.facing_wrong += swapped.mean() < apart.mean()
            apart = min(apart, swapped, key=np.mean)
            self.errors.append(apart * film.mm)
            self.relative.append(apart.mean() / heights(truth).mean())
            self.loss_errors.append(heights(f.points) / heights(f.points).max() - heights(truth) / heights(truth).max())

    def average_precision(self):
        """Area under precision over recall, each precision the best at that recall or above."""
        if not self.ranked:
            return 0.0
        right = np.array([r for _, r in sorted(self.ranked, key=lambda t: -t[0])])
        precision = right.cumsum() / np.arange(1, len(right) + 1)
        return float(np.maximum.accumulate(precision[::-1])[::-1][right].sum() / max(self.asked, 1))

    def report(self, title, ranked=True):
        """`ranked`: with the average precision, which means nothing where weak boxes are gone."""
        print(f"{title}: {self.asked} bodies, recall {self.hit / max(self.asked, 1):.3f}, precision "
              f"{self.hit / max(self.hit + self.wrong, 1):.3f}" + (f", AP {self.average_precision():.3f}" if ranked else ""), flush=True)

    def details(self):
        print("  recall by class: " + ", ".join(f"{name} {hit / max(asked, 1):.3f} of {asked}" for name, (asked, hit) in sorted(self.by_class.items())))
        if not self.errors:
            return
        e, h = np.array(self.errors), np.abs(self.loss_errors)
        print(f"  vertebra or sacrum told apart: {self.kinds_right / self.hit:.3f}; facing wrong: {self.facing_wrong / len(e):.3f}")
        in_mm = f"{e.mean():.2f} mm, median {np.median(e):.2f}, 95 % {np.percentile(e, 95):.2f}, of each point " + " ".join(f"{v:.2f}" for v in e.mean(0))
        print(f"  points: mean error {np.mean(self.relative):.3f} of the body's height" + (f", {in_mm}" if np.isfinite(e).all() else "")
              + f"; height ratios: mean error {h.mean():.3f}")


def class_name(body):
    return "sacrum" if body.level == "S1" else f"{body.astlof}"


def heights(points):
    """Anterior, middle and posterior height of six points."""
    return np.linalg.norm(np.asarray(points)[:3] - np.asarray(points)[3:], axis=1)


def drawn(film, found, note="Simulated. Research use only, not for diagnosis."):
    """The film with the detections (yellow; sacrum blue) and the labels (green, fractures red)."""
    image = Image.fromarray(np.round(film.picture * 255).astype(np.uint8)).convert("RGB")
    pen = ImageDraw.Draw(image)
    for b in film.bodies:
        pen.rectangle(b.box, outline=(230, 60, 60) if b.astlof else (40, 160, 40) if b.whole else (110, 110, 110))
    for f in found:
        pen.rectangle(list(f.box), outline=(80, 140, 255) if f.kind else (255, 220, 0))
        pen.text((f.box[0] + 2, f.box[1]), f"{f.score:.2f}", fill=(255, 220, 0))
        for n, (x, y) in enumerate(f.points):
            pen.ellipse([x - 1.5, y - 1.5, x + 1.5, y + 1.5], fill=(0, 255, 255) if n in (0, 3) else (255, 0, 255))
    pen.text((4, image.height - 14), note, fill=(255, 255, 255))
    return image


def sheet(files):
    """The pictures beside each other."""
    images = [Image.open(f) for f in files]
    images = [i.resize((round(i.width * SHEET_ROWS / i.height), SHEET_ROWS)) for i in images]
    found, x = Image.new("RGB", (sum(i.width for i in images) + 8 * len(images), SHEET_ROWS)), 0
    for image in images:
        found.paste(image, (x, 0))
        x += image.width + 8
    return found


def mirrored(film):
    """The film of a patient who faces the other way; the points keep their names."""
    width = film.picture.shape[1]
    turn = lambda b: replace(b, box=(width - b.box[2], b.box[1], width - b.box[0], b.box[3]), points=tuple((width - x, y) for x, y in b.points))
    return replace(film, picture=np.ascontiguousarray(film.picture[:, ::-1]), bodies=[turn(b) for b in film.bodies])


LOOKS = {"hard": films.Look(negative=0.03), "mild": films.Look(negative=0, mild=True, inverted=0, metal=0.05),
         "whole spine": films.Look(negative=0, strip=1.0)}
"""How the films are drawn that the figures are of: as in training, without what spoils a film, and standing."""

SHOWN, SHEET_ROWS = 12, 460
"""Pictures of each look, and the height in pixels of those on the sheet."""


def held_out(patients, view, count, look):
    """Films of one view. Every other lateral one faces right."""
    for number in range(count):
        film = films.film(patients, SEED, number, look, view=view)
        yield mirrored(film) if view == "lateral" and number % 2 else film


def evaluate(patients, detector, view, count, look, pictures=None):
    """The Tally of `count` films of one view; the first ones are drawn in files that begin with `pictures`."""
    tally = Tally()
    for number, film in enumerate(held_out(patients, view, count, look)):
        found = detector.detect(film.picture)
        tally.add(found, film)
        if pictures and number < SHOWN:
            shown = [f for f in found if f.score >= SCORE]
            drawn(film, shown).save(f"{pictures}_{number:02d}.png")
    return tally


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("layers")
    arguments.add_argument("onnx")
    arguments.add_argument("--films", type=int, default=100)
    arguments.add_argument("--pictures", type=Path)
    given = arguments.parse_args()
    if given.pictures:
        given.pictures.mkdir(parents=True, exist_ok=True)
    patients, detector = films.patients(given.layers, held_out=True), Detector(given.onnx)
    print(f"simulated films of the held-out rotation, IoU {MATCH}, score {SCORE}")
    for view in ("lateral", "frontal"):
        for name, look in LOOKS.items():
            pictures = given.pictures and given.pictures / f"{view}_{name.replace(' ', '_')}"
            tally = evaluate(patients, detector, view, given.films, look, pictures)
            tally.report(f"{view}, {name}, {given.films} films")
            tally.details()
    if given.pictures:
        sheet([given.pictures / f"{view}_{name.replace(' ', '_')}_{n:02d}.png" for view in ("lateral", "frontal") for name in LOOKS
               for n in range(2 if view == "lateral" else 1)]).save(given.pictures / "sheet.png")


if __name__ == "__main__":
    main()
