"""Films without a spine, on which nothing may be found: hands, chests, hips, long bones, nothing."""

import numpy as np

from .shapes import Canvas, clouds


def capsule(canvas, start, end, width, waist=0.6):
    """A tubular bone with wide ends and cortical walls."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    axis = end - start
    side = np.array([axis[1], -axis[0]]) / (np.linalg.norm(axis) + 1e-6)
    t = np.linspace(0, 1, 15)
    half = width / 2 * (waist + (1 - waist) * np.abs(2 * t - 1) ** 2.5)
    left, right = start + t[:, None] * axis + half[:, None] * side, start + t[:, None] * axis - half[:, None] * side
    canvas.polygon(np.concatenate([left, right[::-1]]), 0.6)
    for edge in (left, right):
        canvas.stroke(edge, max(width * 0.09, 1), 1.0)
    for end_ in (0, -1):
        canvas.stroke([left[end_], right[end_]], max(width * 0.06, 1), 0.85)


def hand(rng, canvas, shape):
    palm = np.array([shape[0] * rng.uniform(0.6, 0.8), shape[1] * rng.uniform(0.35, 0.65)])
    unit = shape[0] * rng.uniform(0.35, 0.6)
    for finger in range(5):
        angle = np.deg2rad(-40 + 20 * finger + rng.normal(0, 4))
        way = np.array([-np.cos(angle), np.sin(angle)])
        at = palm + way * unit * 0.25
        for length, wide in zip((0.42, 0.27, 0.17, 0.12), (0.1, 0.09, 0.075, 0.06)):
            capsule(canvas, at, at + way * unit * length, unit * wide)
            at = at + way * unit * (length + 0.02)
    for _ in range(8):
        canvas.ellipse(palm + rng.normal(0, 0.11, 2) * unit, rng.uniform(0.04, 0.08, 2) * unit, rng.uniform(0, 3), 0.6)
    capsule(canvas, palm + np.array([0.25, -0.09]) * unit, palm + np.array([1.2, -0.12]) * unit, unit * 0.17)
    capsule(canvas, palm + np.array([0.25, 0.11]) * unit, palm + np.array([1.2, 0.1]) * unit, unit * 0.13)


def hip(rng, canvas, shape):
    for side in (-1, 1) if rng.random() < 0.5 else (1,):
        head = np.array([shape[0] * rng.uniform(0.3, 0.6), shape[1] * (0.5 + side * rng.uniform(0.05, 0.3))])
        r = shape[0] * rng.uniform(0.05, 0.13)
        capsule(canvas, head + [0.2 * r, 0.6 * side * r], head + [9 * r, 2.2 * side * r], 1.5 * r, 0.8)
        canvas.ellipse(head, (r, r), 0, 0.8)
        canvas.stroke([head + np.array([-1.15 * np.cos(a), 1.15 * np.sin(a)]) * r for a in np.linspace(-1.5, 1.5, 12)], 0.12 * r)
        canvas.ellipse(head + np.array([-3.2 * r, -0.6 * side * r]), (2.6 * r, 1.6 * r), 0.4 * side, 0.45)
        canvas.ellipse(head + np.array([1.9 * r, -1.6 * side * r]), (1.2 * r, 0.9 * r), 0, 0.15)


def chest(rng, canvas, shape):
    """Ribs and clavicles, the heart's shadow; of the spine a faint column without bodies."""
    middle = shape[1] * rng.uniform(0.42, 0.58)
    t = np.linspace(0, 1, 10)
    for rib in range(9):
        top = shape[0] * (0.08 + 0.085 * rib)
        for side in (-1, 1):
            canvas.stroke(np.stack([top + shape[0] * (0.22 * t ** 2 - 0.07 * np.sin(np.pi * t)), middle + side * shape[1] * (0.05 + 0.38 * t)], 1), shape[0] * 0.016, 0.4)
    canvas.ellipse((shape[0] * 0.6, middle + shape[1] * 0.06), (shape[0] * 0.16, shape[1] * 0.15), 0.3, 0.8)
    canvas.polygon([(0, middle - 0.04 * shape[1]), (0, middle + 0.04 * shape[1]), (shape[0], middle + 0.04 * shape[1]), (shape[0], middle - 0.04 * shape[1])], 0.6)
    canvas.ellipse((shape[0] * 0.98, middle), (shape[0] * 0.2, shape[1] * 0.5), 0, 0.9)


def long_bone(rng, canvas, shape):
    wide = shape[0] * rng.uniform(0.05, 0.14)
    joint = shape[0] * rng.uniform(0.25, 0.75)
    for offset in (0, rng.uniform(0.8, 1.6)):
        x = shape[1] * 0.5 + (offset - 0.4) * wide
        capsule(canvas, (joint, x), (shape[0] * 1.1, x + rng.normal(0, 20)), wide * (1 if offset == 0 else 0.6), 0.55)
    capsule(canvas, (-0.1 * shape[0], shape[1] * 0.5), (joint - 0.1 * wide, shape[1] * 0.5), wide * 1.2, 0.6)


def boxes(rng, canvas, shape):
    """Squares and discs that stand in no row."""
    for _ in range(rng.integers(2, 7)):
        centre, r = rng.uniform(0.1, 0.9, 2) * shape, rng.uniform(0.03, 0.1) * shape[0]
        capsule(canvas, centre - [r, 0], centre + [r, rng.normal(0, r / 2)], 2 * r * rng.uniform(0.6, 1.6), rng.uniform(0.7, 1))


KINDS = {"hand": 0.2, "hip": 0.22, "chest": 0.18, "long": 0.16, "boxes": 0.04, "cloud": 0.06, "black": 0.07, "noise": 0.07}
"""What may be on a film without a spine, with its share."""


def draw(rng, shape, kind=None):
    """Line integrals of something that is no spine: of one of KINDS, a random one without `kind`."""
    kind = kind or rng.choice(list(KINDS), p=list(KINDS.values()))
    if kind == "black":
        return np.zeros(shape, np.float32)
    if kind == "noise":
        return rng.normal(0, 1, shape).astype(np.float32)
    found = 4 + rng.uniform(0.1, 0.8) * clouds(rng, shape, 2) + rng.uniform(0.05, 0.3) * clouds(rng, shape, 8)
    canvas = Canvas(shape)
    {"hand": hand, "hip": hip, "chest": chest, "long": long_bone, "boxes": boxes}.get(kind, lambda *_: None)(rng, canvas, shape)
    turned = canvas.array(rng.uniform(0.6, 1.5))
    if rng.random() < 0.3:
        turned = turned[::-1]
    return found + rng.uniform(0.6, 3) * turned
