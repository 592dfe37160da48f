"""The course of a spine: where each body lies, in mm, as the film sees it.

Rows grow towards the feet, columns towards the right of the film; on a lateral film the front is at
the left. Mean sizes and tilts are those of textbooks of anatomy, rounded; every spine varies them.
"""

from dataclasses import dataclass

import numpy as np

from .fractures import Fracture, Frame, draw, intact

LEVELS = ("C5", "C6", "C7", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5", "S1")

TILT = (8, 14, 20, 25, 22, 18, 13, 8, 3, -2, -6, -9, -11, -12, -12, -10, -6, 2, 12, 23, 39)
"""Degrees that the front of a body points down, standing, lateral."""

HEIGHT = (13, 13, 14, 15, 16, 17, 18, 18.5, 19, 19.5, 20, 21, 22, 23, 24.5, 26, 27, 28, 28, 28, 29)
DEPTH = (16, 16.5, 17, 17, 18, 20, 22, 24, 25, 27, 28, 29, 30, 30, 31, 32, 33, 34, 34.5, 35, 32)
WIDTH = (20, 22, 25, 29, 27, 26, 25, 26, 27, 28, 29, 31, 33, 36, 39, 41, 42, 45, 48, 51, 52)
DISC = (5, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4.5, 5, 5.5, 6, 7, 8, 9, 10.5, 11, 10, 0)
"""Heights, depths (front to back), widths (side to side) and the disc below each body, mm."""


GIVES = 0.5
"""The part of the fractures above which the disc takes some of the lost height."""


@dataclass
class Vertebra:
    """A body of the spine and where it lies (Frame in mm)."""

    level: str
    fracture: Fracture
    frame: Frame


def sacral(rng):
    """The first sacral body: narrower below, and deeper in front than at the back."""
    return Fracture("intact", rng.uniform(-0.12, 0.05), 0.0, 0.0, rng.uniform(0, 0.06), rng.uniform(0.22, 0.42))


def tilts(rng, view):
    """Degrees for each level: kyphosis and lordosis, or scoliosis on a frontal film, and posture."""
    count = len(LEVELS)
    if view == "lateral":
        curve = np.array(TILT) * rng.uniform(0.35, 1.35)
        curve += np.linspace(1, -1, count) * rng.normal(0, 6)
        posture = rng.normal(0, 5)
    else:
        t = np.arange(count)
        curve = rng.normal(0, 2.5, count).cumsum() * 0.3
        if rng.random() < 0.6:
            curve = curve + rng.uniform(-22, 22) * np.sin((t - rng.uniform(0, count)) / rng.uniform(2.2, 5))
        posture = rng.normal(0, 3.5)
    return curve + posture + rng.normal(0, 1.6, count)


def build(rng, view, share=0.22, fixed=None):
    """The vertebrae C5 to S1 from top to bottom, with S1's centre near the origin. `fixed` replaces
    the random fractures (level to Fracture; others intact). A wedge bends the spine above it; of the height that a
    fracture takes, the spine gets shorter by a part, and the disc above taller by the rest."""
    angles = tilts(rng, view)
    size = rng.uniform(0.86, 1.16)
    tall, deep, gap = rng.uniform(0.92, 1.08), rng.uniform(0.92, 1.1), rng.uniform(0.65, 1.15)
    across = DEPTH if view == "lateral" else WIDTH
    # A fractured body's neighbours are fractured more often.
    found, bend, corner, beside, freed = [], 0.0, np.zeros(2), False, 0.0
    for i in reversed(range(len(LEVELS))):
        level = LEVELS[i]
        if level == "S1":
            fracture = sacral(rng)
        elif fixed is None:
            fracture = draw(rng, np.clip(3 * share, 0, 0.6) if beside else share, level, view)
        else:
            fracture = fixed.get(level) or intact(rng, level, view)
        beside = fracture.loss > 0
        tilt = np.deg2rad(angles[i] + bend)
        half_height = HEIGHT[i] * size * tall * rng.uniform(0.95, 1.05) / 2
        half_depth = across[i] * size * deep * rng.uniform(0.96, 1.04) / 2
        shorter = 0.72 if view == "frontal" and level == "S1" else 1.0
        anterior = half_depth * np.array([np.sin(tilt), -np.cos(tilt)])
        down = half_height * shorter * np.array([np.cos(tilt), np.sin(tilt)])
        narrow = rng.uniform(0.25, 0.7) if rng.random() < 0.12 else rng.uniform(0.85, 1.15)
        disc = DISC[i] * size * gap * narrow + freed
        centre = corner - down / np.linalg.norm(down) * (disc + np.linalg.norm(down))
        frame = Frame(centre, anterior, down)
        found.append(Vertebra(level, fracture, frame))
        points = frame.pixels(fracture.points())
        corner = (points[0] + points[2]) / 2
        freed = 2 * half_height * float(fracture.lost(np.array([-1.0, 1.0])).mean()) * rng.uniform(0, 1) * (rng.random() < GIVES)
        if view == "lateral" and level != "S1":
            lost = 2 * half_height * float(fracture.lost(1.0) - fracture.lost(-1.0))
            bend += rng.uniform(0.4, 0.8) * np.rad2deg(np.arctan2(lost, 2 * half_depth))
    return found[::-1]


def placed(vertebrae, matrix, shift):
    """The spine after the affine map of mm to pixels: `matrix` [2, 2] and `shift` [2]."""
    move = lambda f: Frame(matrix @ f.centre + shift, matrix @ f.anterior, matrix @ f.down)
    return [Vertebra(v.level, v.fracture, move(v.frame)) for v in vertebrae]
