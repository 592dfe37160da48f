"""Trains the detector on simulated films, resumably, and exports it.

usage: python3 -m demo.train_detector LAYERS_FOLDER WORK_FOLDER DETECTOR.onnx [--films N] [--steps N]

Run again with more --steps to go on from the last checkpoint; the learning rate then follows the
longer schedule.
"""

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from . import films
from .detector import HEIGHT, STRIDE, SWAPPED, WIDTH, Detector, Exported, loss, targets
from .learning import trained

SEED = 20261
FRAME = 512
"""Rows and columns in which a film is kept."""

CROP = 384
BATCH = 8
RATE = 2e-3
SCALES = (0.5, 1.6)
"""Film pixels to crop pixels."""

COARSEST = 2.0
"""Most mm a pixel of a crop may have: a body of T4 is then nine pixels high."""

LOOK = films.Look(strip=0.2)

ASPECT, GAMMA = 0.08, 0.35
"""Most that height and width, and the grey values' exponent, differ from 1, as logarithms."""

_everyone = None


def simulate(job):
    """Film number `job[1]`, or a part of it, as 8 bits in the top left of a FRAME x FRAME frame, and its labels."""
    folder, number = job
    global _everyone
    if _everyone is None:
        _everyone = films.patients(folder)
    film = films.film(_everyone, SEED, number, LOOK)
    # Of a strip, a random part.
    first = int(np.random.default_rng([SEED, 3, number]).integers(max(film.picture.shape[0] - FRAME, 0) + 1))
    shown = film.picture[first:first + FRAME, :FRAME]
    frame = np.zeros((FRAME, FRAME), np.uint8)
    frame[:shown.shape[0], :shown.shape[1]] = np.round(shown * 255)
    return frame, {"view": film.view, "mm": film.mm, "bodies": [asdict(b) for b in films.on_rows(film.bodies, first, first + len(shown))]}


def cohort(layers, work, count):
    """The films, simulated once and kept in `work`."""
    pictures, labels = work / "films.npy", work / "films.json"
    if not labels.exists():
        stack = np.lib.format.open_memmap(pictures, "w+", np.uint8, (count, FRAME, FRAME))
        found = []
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            for i, (picture, label) in enumerate(pool.map(simulate, [(layers, n) for n in range(count)], chunksize=8)):
                stack[i] = picture
                found.append(label)
                if i % 100 == 0:
                    print(f"simulated {i} of {count} films", flush=True)
        stack.flush()
        labels.write_text(json.dumps(found))
    return np.load(pictures, mmap_mode="r"), json.loads(labels.read_text())


def example(pictures, labels, rng):
    """One random crop with its targets: scaled, shifted, mirrored half the time, grey values changed."""
    number = int(rng.integers(len(labels)))
    picture = torch.from_numpy(np.array(pictures[number], np.float32) / 255)[None, None]
    bodies = labels[number]["bodies"]
    boxes = np.array([b["box"] for b in bodies], float).reshape(-1, 4)
    points = np.array([b["points"] for b in bodies], float).reshape(-1, 6, 2)
    least = max(SCALES[0], labels[number]["mm"] / COARSEST)
    scale = np.exp(rng.uniform(*np.log((least, SCALES[1]))) + rng.uniform(-ASPECT, ASPECT) * np.array([1, -1]))
    width, height = CROP / scale
    used = min(FRAME, boxes[:, 2].max() + 40) if len(boxes) else FRAME
    x = rng.uniform(min(0, FRAME - width), max(0.0, min(used - width / 2, FRAME - width)))
    y = rng.uniform(min(0, FRAME - height), max(0.0, FRAME - height))
    theta = torch.tensor([[[width / FRAME, 0, (2 * x + width) / FRAME - 1], [0, height / FRAME, (2 * y + height) / FRAME - 1]]], dtype=torch.float32)
    grid = torch.nn.functional.affine_grid(theta, (1, 1, CROP, CROP), align_corners=False)
    crop = torch.nn.functional.grid_sample(picture, grid, align_corners=False)[0]
    boxes, points = (boxes - [x, y, x, y]) * np.tile(scale, 2), (points - [x, y]) * scale
    clipped = np.clip(boxes, 0, CROP)
    area = lambda b: np.maximum(b[:, 2] - b[:, 0], 0) * np.maximum(b[:, 3] - b[:, 1], 0)
    share = area(clipped) / np.maximum(area(boxes), 1e-6)
    kinds = np.array([(b["level"] == "S1") if b["whole"] and s > 0.9 else -1 for b, s in zip(bodies, share)], int)
    facing = 1
    if rng.random() < 0.5:
        crop = torch.flip(crop, [2])
        boxes = boxes[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [CROP, 0, CROP, 0]
        points = points * [-1, 1] + [CROP, 0]
        if labels[number]["view"] == "frontal":
            points = points[:, SWAPPED]
        else:
            facing = 0
    crop = torch.clamp(crop, 0, 1) ** float(np.exp(rng.uniform(-GAMMA, GAMMA)))
    crop = torch.clamp((crop - 0.5) * rng.uniform(0.7, 1.3) + 0.5 + rng.uniform(-0.12, 0.12), 0, 1)
    seen = share > 0.05
    return (crop, *targets(boxes[seen], points[seen], kinds[seen], facing, CROP // STRIDE))


def train(layers, work, count, steps):
    """The trained detector."""
    pictures, labels = cohort(layers, work, count)
    batch = lambda rng: [torch.stack(t) for t in zip(*(example(pictures, labels, rng) for _ in range(BATCH)))]
    return trained(Detector, batch, loss, work, "detector", SEED, steps, RATE)


def export(detector, file):
    torch.onnx.export(Exported(detector).eval(), torch.zeros(1, 1, HEIGHT, WIDTH), str(file), opset_version=17,
                      input_names=["images"], output_names=["predictions"])


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("layers")
    arguments.add_argument("work", type=Path)
    arguments.add_argument("onnx", type=Path)
    arguments.add_argument("--films", type=int, default=8000)
    arguments.add_argument("--steps", type=int, default=12000)
    given = arguments.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    detector = train(given.layers, given.work, given.films, given.steps)
    print(f"{sum(p.numel() for p in detector.parameters())} parameters")
    export(detector, given.onnx)


if __name__ == "__main__":
    main()
