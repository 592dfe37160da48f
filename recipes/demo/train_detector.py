"""Trains the detector on simulated films, resumably, and exports it.

usage: python3 -m demo.train_detector LAYERS_FOLDER WORK_FOLDER DETECTOR.onnx [--films N] [--steps N]
"""

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch

from . import films
from .detector import SIZE, STRIDE, Detector, Exported, loss, targets

SEED = 20261
CROP = 320
BATCH = 8
FOV_MM = (150, 420)

_everyone = None


def letterboxed(picture):
    """A film as 8 bits in a SIZE x SIZE frame, top left."""
    frame = np.zeros((SIZE, SIZE), np.uint8)
    frame[:picture.shape[0], :picture.shape[1]] = np.round(picture * 255)
    return frame


def simulate(job):
    """Film number `job[1]` and its bodies, as the training reads them."""
    folder, number = job
    global _everyone
    if _everyone is None:
        _everyone = films.patients(folder)
    rng = np.random.default_rng([SEED, 1, number])
    size = (SIZE, int(rng.uniform(0.5, 1.0) * SIZE))
    picture, bodies, _ = films.film(_everyone, SEED, number, size, FOV_MM)
    if rng.random() < 0.08:
        picture = 1 - picture
    return letterboxed(picture), [(b.box, b.whole) for b in bodies]


def cohort(layers, work, count):
    """The films, simulated once and kept in `work`."""
    pictures, labels = work / "films.npy", work / "films.json"
    if not labels.exists():
        stack = np.zeros((count, SIZE, SIZE), np.uint8)
        found = []
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            for i, (picture, bodies) in enumerate(pool.map(simulate, [(layers, n) for n in range(count)], chunksize=8)):
                stack[i] = picture
                found.append(bodies)
                if i % 100 == 0:
                    print(f"simulated {i} of {count} films", flush=True)
        np.save(pictures, stack)
        labels.write_text(json.dumps(found, default=int))
    return np.load(pictures, mmap_mode="r"), json.loads(labels.read_text())


def example(pictures, labels, rng, held_out):
    """One random crop with its targets: scaled, shifted, sometimes mirrored, brightness changed."""
    number = rng.integers(held_out, len(labels))
    picture = torch.from_numpy(np.array(pictures[number], np.float32) / 255)[None, None]
    boxes = np.array([b for b, _ in labels[number]], float).reshape(-1, 4)
    whole = [w for _, w in labels[number]]
    scale = float(np.exp(rng.uniform(np.log(0.6), np.log(1.5))))
    side = CROP / scale
    used = np.array([SIZE, max((b[2] for b in boxes), default=SIZE)])
    x = rng.uniform(min(0, SIZE - side), max(0.0, used[1] - side / 2))
    y = rng.uniform(min(0, SIZE - side), max(0.0, SIZE - side))
    theta = torch.tensor([[[side / SIZE, 0, (2 * x + side) / SIZE - 1], [0, side / SIZE, (2 * y + side) / SIZE - 1]]], dtype=torch.float32)
    grid = torch.nn.functional.affine_grid(theta, (1, 1, CROP, CROP), align_corners=False)
    crop = torch.nn.functional.grid_sample(picture, grid, align_corners=False)[0]
    boxes = (boxes - np.array([x, y, x, y])) * scale
    clipped = np.clip(boxes, 0, CROP)
    area = lambda b: np.maximum(b[:, 2] - b[:, 0], 0) * np.maximum(b[:, 3] - b[:, 1], 0)
    share = area(clipped) / np.maximum(area(boxes), 1e-6)
    whole = [w and s > 0.9 for w, s in zip(whole, share)]
    if rng.random() < 0.5:
        crop = torch.flip(crop, [2])
        clipped = clipped[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [CROP, 0, CROP, 0]
    crop = torch.clamp((crop - 0.5) * rng.uniform(0.7, 1.3) + 0.5 + rng.uniform(-0.12, 0.12), 0, 1)
    seen = share > 0.15
    return (crop, *targets(clipped[seen], [w for w, s in zip(whole, seen) if s], CROP // STRIDE))


def train(layers, work, count, steps, held_out=100):
    """The trained detector, an exponential moving average of its weights."""
    pictures, labels = cohort(layers, work, count)
    torch.manual_seed(SEED)
    model, average = Detector(), Detector()
    average.load_state_dict(model.state_dict())
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps, pct_start=0.1)
    checkpoint = work / "detector.pt"
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        for part, name in ((model, "model"), (average, "average"), (optimiser, "optimiser"), (schedule, "schedule")):
            part.load_state_dict(state[name])
        first = state["step"]
    begun, running = time.time(), 0.0
    for step in range(first, steps):
        rng = np.random.default_rng([SEED, 2, step])
        batch = [torch.stack(t) for t in zip(*(example(pictures, labels, rng, held_out) for _ in range(BATCH)))]
        value = loss(model(batch[0]), *batch[1:])
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        decay = min(0.995, (step + 1) / (step + 10))
        with torch.no_grad():
            for kept, new in zip(average.state_dict().values(), model.state_dict().values()):
                kept.copy_(kept * decay + new * (1 - decay) if kept.dtype.is_floating_point else new)
        running = 0.98 * running + 0.02 * float(value) if running else float(value)
        if (step + 1) % 50 == 0:
            torch.save({"model": model.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(),
                        "schedule": schedule.state_dict(), "step": step + 1}, checkpoint)
            left = (time.time() - begun) / (step + 1 - first) * (steps - step - 1)
            print(f"step {step + 1} of {steps}: loss {running:.3f}, {left / 60:.0f} minutes left", flush=True)
    return average.eval(), pictures, labels, held_out


def export(detector, file):
    torch.onnx.export(Exported(detector).eval(), torch.zeros(1, 1, SIZE, SIZE), str(file), opset_version=17,
                      input_names=["images"], output_names=["predictions"])


def recall_and_precision(detector, pictures, labels, count, threshold=0.3):
    """On the held-out films, at an intersection over union of 0.5."""
    found = asked = wrong = 0
    for number in range(count):
        image = torch.from_numpy(np.array(pictures[number], np.float32) / 255)[None, None]
        with torch.no_grad():
            cx, cy, w, h, score = Exported(detector).eval()(image)[0].numpy()
        keep = np.flatnonzero(score > threshold)
        keep = keep[np.argsort(-score[keep])]
        boxes = []
        for i in keep:
            box = np.array([cx[i] - w[i] / 2, cy[i] - h[i] / 2, cx[i] + w[i] / 2, cy[i] + h[i] / 2])
            if all(iou(box, b) < 0.4 for b in boxes):
                boxes.append(box)
        truth = [(np.array(b, float), whole) for b, whole in labels[number]]
        hit = [max((iou(b, box) for box in boxes), default=0) > 0.5 for b, whole in truth if whole]
        found, asked = found + sum(hit), asked + len(hit)
        wrong += sum(max((iou(box, b) for b, _ in truth), default=0) < 0.5 for box in boxes)
    return found / max(asked, 1), found / max(found + wrong, 1)


def iou(a, b):
    overlap = max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    area = lambda r: (r[2] - r[0]) * (r[3] - r[1])
    return overlap / (area(a) + area(b) - overlap + 1e-9)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("layers")
    arguments.add_argument("work", type=Path)
    arguments.add_argument("onnx", type=Path)
    arguments.add_argument("--films", type=int, default=1200)
    arguments.add_argument("--steps", type=int, default=1500)
    given = arguments.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    detector, pictures, labels, held_out = train(given.layers, given.work, given.films, given.steps)
    print(f"{sum(p.numel() for p in detector.parameters())} parameters")
    recall, precision = recall_and_precision(detector, pictures, labels, held_out)
    print(f"{held_out} held-out simulated films, IoU 0.5, threshold 0.3: recall {recall:.3f}, precision {precision:.3f}")
    export(detector, given.onnx)


if __name__ == "__main__":
    main()
