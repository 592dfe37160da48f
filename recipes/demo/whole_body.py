"""What stands on a film of the whole spine and not on a smaller one: the head and the neck, the arms,
and the air around the body. All in line integrals and film pixels, as in scenery.py."""

import numpy as np
from scipy import ndimage

from .scenery import at
from .shapes import Canvas

FRONT_MM, BACK_MM, SIDE_MM = (110, 230), (25, 75), (110, 190)
"""From the middle of the spine to the skin: of a lateral film forwards and backwards, of a frontal one."""

NECK_MM = (35, 65)


def skin(rng, view, spine, shape, mm):
    """1 inside the body's outline, 0 in the air beside it, with a soft edge."""
    rows = np.arange(shape[0], dtype=float)
    course = np.interp(rows, [v.frame.centre[0] for v in spine], [v.frame.centre[1] for v in spine])
    course = ndimage.gaussian_filter1d(course, 30 / mm, mode="nearest")
    shoulders = at(spine, "T1").centre[0]
    trunk = 1 / (1 + np.exp(np.clip((shoulders - rows) * mm / rng.uniform(6, 25), -50, 50)))
    reaches = []
    for side, known in (("front", FRONT_MM), ("back", BACK_MM)):
        wide = rng.uniform(*(known if view == "lateral" else SIDE_MM)) * (1 + 0.15 * np.interp(rows, np.linspace(0, shape[0], 6), rng.normal(0, 1, 6)))
        # Behind the buttocks and in front of the belly there is more of it.
        below = np.clip((rows - at(spine, "L3").centre[0]) * mm / 150, 0, 1) * rng.uniform(0, 90)
        neck = rng.uniform(*NECK_MM)
        reaches.append(ndimage.gaussian_filter1d(neck + (wide + below - neck) * trunk, 12 / mm) / mm)
    columns = np.arange(shape[1], dtype=float)[None]
    front, back = (course - reaches[0])[:, None], (course + reaches[1])[:, None]
    soft = rng.uniform(4, 20) / mm
    edge = lambda distance: np.clip(distance / soft, 0, 1) ** 0.7
    under_the_head = edge(rows - at(spine, "C5").centre[0] + 110 / mm)[:, None]
    return edge(columns - front) * edge(back - columns) * under_the_head


def head(rng, view, spine, shape, mm):
    """The skull with its brim and the jaw above the neck."""
    canvas, neck = Canvas(shape), at(spine, "C5")
    up = -neck.down / np.linalg.norm(neck.down)
    centre = neck.centre + (up * rng.uniform(130, 165) + np.array([0, rng.normal(-15, 12) if view == "lateral" else rng.normal(0, 6)])) / mm
    radius = np.array([rng.uniform(75, 95), rng.uniform(85, 100) if view == "lateral" else rng.uniform(65, 80)]) / mm
    canvas.ellipse(centre, radius, 0, 1.0)
    canvas.ellipse(centre, radius - 6 / mm, 0, rng.uniform(0.4, 0.75))
    if view == "lateral":
        jaw = centre + np.array([(30, -95), (75, -90), (100, -75), (95, -45), (60, -10), (25, -40)]) * rng.uniform(0.85, 1.1) / mm
        canvas.polygon(jaw, 0.7)
        canvas.stroke(jaw[1:5], 8 / mm, 1.0)
    else:
        jaw = centre + np.array([(60, -50), (105, -25), (110, 25), (60, 50)]) / mm
        canvas.polygon(jaw, 0.75)
        canvas.stroke(jaw, 8 / mm, 1.0)
    return rng.uniform(1.0, 3.5) * canvas.array(1.0)


def neck_above(rng, spine, shape):
    """The bodies above C5, unlabelled like C5 to C7."""
    canvas, frame = Canvas(shape), at(spine, "C5")
    for k in range(1, 4):
        middle = frame.centre - 2.5 * k * frame.down
        quad = [middle + a * frame.anterior + b * 0.85 * frame.down for a, b in ((1, -1), (-1, -1), (-1, 1), (1, 1))]
        canvas.polygon(quad, 0.6)
        canvas.stroke([*quad, quad[0]], 1, 1.0)
    return rng.uniform(0.15, 0.7) * canvas.array(0.7)


def arms(rng, view, spine, shape, mm):
    """Arms held forwards, or folded, over the chest of a lateral film; beside a frontal one."""
    canvas, shoulder = Canvas(shape), at(spine, "T2").centre
    for side in (-1, 1):
        wide = rng.uniform(40, 75) / mm
        if view == "lateral":
            start = shoulder + np.array([rng.uniform(0, 40), rng.uniform(-50, -10)]) / mm
            angle = np.deg2rad(rng.uniform(-20, 65))
            way = np.array([np.sin(angle), -np.cos(angle)])
        else:
            start = shoulder + np.array([20, side * rng.uniform(140, 180)]) / mm
            way = np.array([1.0, side * rng.uniform(0.05, 0.4)])
        end = start + way * 300 / mm
        canvas.stroke([start, end], wide, 0.5)
        canvas.stroke([start, end], wide * 0.3, 0.9)
        canvas.stroke([end, end + np.array([way[0] - rng.uniform(0, 1.2), way[1]]) * 240 / mm], wide * 0.7, 0.6)
    return rng.uniform(0.6, 3.0) * canvas.array(rng.uniform(1, 4))


def around(rng, view, picture, spine, mm):
    """The picture of a trunk with all of it."""
    shape = picture.shape
    inside = skin(rng, view, spine, shape, mm)
    found = picture * inside + rng.uniform(0.3, 1) * neck_above(rng, spine, shape)
    if rng.random() < 0.85:
        found = found + head(rng, view, spine, shape, mm)
    if rng.random() < 0.8:
        found = found + arms(rng, view, spine, shape, mm)
    return found.astype(np.float32)
