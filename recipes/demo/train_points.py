"""Trains the points network on crops of simulated films, resumably, and exports it.

usage: python3 -m demo.train_points LAYERS_FOLDER WORK_FOLDER POINTS.onnx [--films N] [--steps N]

Run again with more --steps to go on from the last checkpoint; the learning rate then follows the longer schedule.
"""

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from . import films
from .crops import REACH, SIDE, View, crop
from .learning import trained
from .points import Exported, Points, loss

SEED = 20265
KEPT, KEPT_REACH = 160, 1.45 * REACH
"""Rows and columns in which a crop is kept, and what it shows: more than the network sees, so that it can be moved."""

BATCH = 32
RATE = 2e-3
LOOK = films.Look(longest=640, fov_mm=(140.0, 650.0), lateral=0.85, negative=0.03, inverted=0.05, broken=0.34, metal=0.18, strip=0.12)

MOVE, TURN, SCALE = 0.07, 6.0, 0.09
"""How far the first stage's points err: the middle, parts of the depth; degrees; logarithm of the depth."""

LATERAL, METAL, WITH_METAL, WHOLE = 2, 3, 4, 18
"""Which of the looks are the view and metal; how many crops of a batch show it (of all crops one in thirty does), and how many show
a whole body from the side, on which points are asked."""

TURNED = 0.12
"""The part of the crops that are shown the wrong way round."""

LEAST_SHARE = 0.25
"""The part of a body from which a crop of it shows a vertebra."""


def look_of(body, film):
    """What a crop of a body shows, and what of that counts."""
    whole = body.share > 0.97
    looks = (1.0, float(whole), float(film.view == "lateral"), float(body.metal > 0.03))
    return looks, (1.0, float(whole or body.share < 0.9), float(body.share > 0.7), float(not 0 < body.metal <= 0.03))


def beside(rng, film):
    """Views of a film that show no body in their middle: a disc, or anything else."""
    rows, columns = film.picture.shape
    course = [np.array(b.points) for b in film.bodies]
    sizes = [np.linalg.norm(p[0] - p[2]) for p in course] or [rng.uniform(20, 120)]
    found = []
    if len(course) > 3:
        i = int(rng.integers(len(course) - 1))
        found.append(View.of((course[i] + course[i + 1]) / 2, KEPT_REACH))
    for _ in range(2):
        angle, reach = rng.uniform(0, 2 * np.pi), KEPT_REACH * float(rng.choice(sizes)) * rng.uniform(0.6, 1.7)
        centre = rng.uniform(0, 1, 2) * (columns, rows)
        if all(np.linalg.norm(p.mean(0) - centre) > 0.9 * np.linalg.norm(p[0] - p[2]) for p in course):
            angle = rng.normal(0, 0.4) + np.pi * (angle > np.pi)
            front = np.array([np.cos(angle), np.sin(angle)])
            found.append(View(centre, front, np.array([-front[1], front[0]]) * (1 if front[0] < 0 else -1), reach))
    return found


_everyone = None


def simulate(job):
    """The crops of one film as 8 bits, and what is known of each."""
    folder, number = job
    global _everyone
    if _everyone is None:
        _everyone = films.patients(folder)
    film = films.film(_everyone, SEED, number, LOOK)
    rng, found = np.random.default_rng([SEED, 4, number]), []
    eight = lambda view: np.round(np.clip(crop(film.picture, view, KEPT), 0, 1) * 255).astype(np.uint8)
    for b in film.bodies:
        if b.level[0] in "CS" or b.share < LEAST_SHARE:
            continue
        view = View.of(b.points, KEPT_REACH)
        looks, asked = look_of(b, film)
        known = float(b.share > 0.97) * (0.5 if b.level in films.OBSCURED["lateral"] else 1.0)
        found.append((eight(view), {"points": view.to_crop(b.points).tolist(), "known": known, "looks": looks, "asked": asked, "level": b.level,
                                    "loss": b.loss, "kind": b.kind, "pixels": 2 * view.reach}))
    for view in beside(rng, film):
        found.append((eight(view), {"points": [[0.5, 0.5]] * 6, "known": 0.0, "looks": (0.0,) * 4, "asked": (1.0, 0.0, 0.0, 0.0), "pixels": 2 * view.reach}))
    return found


def cohort(layers, work, count):
    """The crops, simulated once and kept in `work`."""
    pictures, labels = work / "crops.npy", work / "crops.json"
    if not labels.exists():
        stack, known = [], []
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            for i, found in enumerate(pool.map(simulate, [(str(layers), n) for n in range(count)], chunksize=8)):
                stack += [picture for picture, _ in found]
                known += [label for _, label in found]
                if i % 100 == 0:
                    print(f"simulated {i} of {count} films", flush=True)
        np.save(pictures, np.stack(stack))
        labels.write_text(json.dumps(known))
    known = json.loads(labels.read_text())
    column = lambda name: torch.tensor([k[name] for k in known], dtype=torch.float32)
    return np.load(pictures, mmap_mode="r"), [column(name) for name in ("points", "known", "looks", "asked")]


def moved(rng, pictures, points):
    """The network's crops of kept ones [B, KEPT, KEPT], seen from where a first stage that errs would look."""
    count = len(pictures)
    angle = torch.from_numpy(np.deg2rad(rng.normal(0, TURN, count))).float()
    scale = torch.from_numpy(REACH / KEPT_REACH * np.exp(rng.normal(0, SCALE, count))).float()
    shift = torch.from_numpy(rng.normal(0, MOVE / KEPT_REACH, (count, 2))).float()
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    theta = torch.stack([torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)], 1)
    grid = F.affine_grid(theta, (count, 1, SIDE, SIDE), align_corners=False)
    crops = F.grid_sample(pictures[:, None].float() / 255, grid, padding_mode="border", align_corners=False)
    back = torch.linalg.inv(theta[:, :, :2])
    away = 2 * points - 1 - shift[:, None]
    return crops, (torch.einsum("bij,bpj->bpi", back, away) + 1) / 2


def edge(rng, x, y, soft):
    """A soft half plane of each crop [B, 1, SIDE, SIDE], its border straight or a bow, as a diaphragm's."""
    angle, at, bow = rng.uniform(0, 2 * np.pi, len(soft)), rng.uniform(-0.8, 0.8, len(soft)), rng.normal(0, 0.4, len(soft))
    one = lambda values: torch.from_numpy(np.asarray(values)).float().view(-1, 1, 1, 1)
    along = one(np.sin(angle)) * x - one(np.cos(angle)) * y
    return torch.sigmoid((one(np.cos(angle)) * x + one(np.sin(angle)) * y + one(bow) * along * along - one(at)) / one(soft))


def grid(rng, x, y, count):
    """Thin lines over each of `count` crops, a single one, or a grid of one or two directions, as rulers and seams leave."""
    one = lambda values: torch.from_numpy(np.asarray(values)).float().view(-1, 1, 1, 1)
    angle, found = rng.uniform(0, np.pi, count), 0.0
    thick = rng.uniform(0.006, 0.025, count)
    for turn, there in ((0.0, 1.0), (np.pi / 2, 0.6)):
        step = np.where(rng.random(count) < 0.35, 4.0, np.exp(rng.uniform(np.log(0.3), np.log(1.6), count)))
        across = one(np.cos(angle + turn)) * x + one(np.sin(angle + turn)) * y + one(rng.uniform(-1.0, 1.0, count))
        away = torch.abs(across / one(step) - torch.round(across / one(step))) * one(step)
        found = found + torch.exp(-(away / one(thick)) ** 2) * one((rng.random(count) < there).astype(float))
    return torch.clamp(found, max=1.0)


def altered(rng, crops):
    """What films do to a crop besides: exposure, sharpening, screens, noise, an organ's edge, a rib, a grid, the
    other polarity; then its standard scores."""
    count = len(crops)
    one = lambda values: torch.from_numpy(np.asarray(values)).float().view(-1, 1, 1, 1)
    some = lambda chance, values: one(np.where(rng.random(count) < chance, values, 0.0))
    y, x = torch.meshgrid(torch.linspace(-1, 1, SIDE), torch.linspace(-1, 1, SIDE), indexing="ij")
    crops = torch.clamp(crops, 0.0, 1.0) ** one(np.exp(rng.normal(0, 0.3, count)))
    contrast = crops.std((2, 3), keepdim=True) + 0.02
    blurred = F.avg_pool2d(crops, 5, 1, 2, count_include_pad=False)
    blurred = F.avg_pool2d(blurred, 3, 1, 1, count_include_pad=False)
    crops = crops + some(0.6, rng.uniform(-1.0, 1.3, count)) * (crops - blurred)
    crops = crops + contrast * some(0.4, rng.normal(0, 1.6, count)) * edge(rng, x, y, rng.uniform(0.01, 0.4, count))
    rib = edge(rng, x, y, np.full(count, 0.02))
    width = int(rng.integers(3, 12))
    crops = crops + contrast * some(0.4, rng.normal(0, 0.9, count)) * (rib - torch.roll(rib, (width, width // 2), (2, 3)))
    crops = crops + contrast * some(0.5, rng.normal(0, 0.8, count)) * x + contrast * some(0.5, rng.normal(0, 0.8, count)) * y
    crops = crops + contrast * some(0.2, rng.uniform(0.3, 4, count)) * grid(rng, x, y, count)
    # What is beyond white is white.
    most = crops.mean((2, 3), keepdim=True) + contrast * one(np.where(rng.random(count) < 0.15, rng.uniform(1.0, 3.0, count), 99.0))
    crops = torch.minimum(crops, most)
    noise = torch.from_numpy(rng.standard_normal(crops.shape, np.float32))
    if rng.random() < 0.5:
        noise = 2 * F.avg_pool2d(noise, 3, 1, 1)
    crops = crops + contrast * one(np.exp(rng.uniform(np.log(0.02), np.log(0.5), count))) * noise
    crops = crops * one(np.where(rng.random(count) < 0.04, -1.0, 1.0))
    return standard(crops)


def standard(crops):
    return (crops - crops.mean((2, 3), keepdim=True)) / (crops.std((2, 3), unbiased=False, keepdim=True) + 1e-6)


def turned(rng, crops, points, known, looks, asked):
    """Some of the crops mirrored, as when a first stage takes the back for the front: of these no points are asked."""
    front = torch.from_numpy(rng.random(len(crops)) >= TURNED)
    crops = torch.where(front.view(-1, 1, 1, 1), crops, torch.flip(crops, [3]))
    tells = looks[:, 0] * looks[:, 2]
    return crops, points, known * front, torch.cat([looks, front.float()[:, None]], 1), torch.cat([asked, tells[:, None]], 1)


def train(layers, work, count, steps):
    """The trained network."""
    pictures, known = cohort(layers, work, count)
    looks, asked = known[2], known[3]
    numbers = lambda chosen: torch.nonzero(chosen).flatten().numpy()
    metal, bodies = numbers((looks[:, METAL] > 0) & (asked[:, METAL] > 0)), numbers((known[1] > 0) & (looks[:, LATERAL] > 0))

    def batch(rng):
        others = rng.integers(len(pictures), size=BATCH - WITH_METAL - WHOLE)
        chosen = np.sort(np.concatenate([others, rng.choice(metal, WITH_METAL), rng.choice(bodies, WHOLE)]))
        points, *others = (t[chosen] for t in known)
        crops, truth = moved(rng, torch.from_numpy(pictures[chosen]), points)
        return (*turned(rng, altered(rng, crops), truth, *others),)

    return trained(Points, batch, loss, work, "points", SEED, steps, RATE)


def export(network, file):
    torch.onnx.export(Exported(network).eval(), torch.zeros(2, 1, SIDE, SIDE), str(file), opset_version=17, input_names=["crops"],
                      output_names=["points", "looks"], dynamic_axes={name: {0: "N"} for name in ("crops", "points", "looks")})


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("layers")
    arguments.add_argument("work", type=Path)
    arguments.add_argument("onnx", type=Path)
    arguments.add_argument("--films", type=int, default=3600)
    arguments.add_argument("--steps", type=int, default=5200)
    given = arguments.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    network = train(given.layers, given.work, given.films, given.steps)
    print(f"{sum(p.numel() for p in network.parameters())} parameters")
    export(network, given.onnx)


if __name__ == "__main__":
    main()
