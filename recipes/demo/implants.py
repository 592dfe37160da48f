"""Metal and cement on and between the bodies: screws and rods, cages, filled bodies, wires."""

import numpy as np

from .shapes import Canvas


def screws(rng, view, run, shape, mm):
    """A screw into each body of the `run`, from behind, and the rods that join them."""
    canvas = Canvas(shape)
    heads = {-1: [], 1: []}
    thick = rng.uniform(4.5, 7.5) / mm
    for v in run:
        for side in (-1, 1):
            if rng.random() < 0.12:
                continue
            if view == "lateral":
                high = rng.uniform(-0.55, -0.1)
                ends = v.frame.pixels(np.array([(-2.0 + 0.1 * side, high + rng.normal(0, 0.1)), (rng.uniform(0.2, 0.85), high + rng.normal(0, 0.1))]))
            else:
                ends = v.frame.pixels(np.array([(0.75 * side, rng.uniform(-0.5, -0.1)), (rng.uniform(0.2, 0.6) * side, rng.uniform(-0.3, 0.2))]))
            canvas.stroke(ends, thick, 0.9)
            canvas.ellipse(ends[0], np.full(2, 1.1 * thick), 0, 1.0)
            heads[side].append(ends[0])
    for points in heads.values():
        if len(points) > 1:
            canvas.stroke(points, thick * 0.95, 1.0)
    return rng.uniform(1.5, 5) * canvas.array(0.5)


def cage(rng, upper, lower, shape, mm):
    """A frame or its markers in the disc between two bodies."""
    canvas = Canvas(shape)
    above, below = upper.frame.pixels(upper.fracture.points()), lower.frame.pixels(lower.fracture.points())
    mix = lambda a, b, t: a + (b - a) * t
    front, back = rng.uniform(0.0, 0.25), rng.uniform(0.7, 1.0)
    quad = [mix(above[3], above[5], front), mix(above[3], above[5], back), mix(below[0], below[2], back), mix(below[0], below[2], front)]
    if rng.random() < 0.5:
        canvas.polygon(quad, rng.uniform(0.4, 1.0))
    for a, b in ((quad[0], quad[3]), (quad[1], quad[2])):
        canvas.stroke([a, b], rng.uniform(1, 2.5) / mm, 1.0)
    return rng.uniform(0.5, 4) * canvas.array(0.5)


def plate(rng, run, shape, mm):
    """A plate or rod along the front or the middle of the bodies."""
    canvas = Canvas(shape)
    u = rng.uniform(-0.5, 1.1)
    canvas.stroke([v.frame.pixels(np.array([[u, 0.0]]))[0] for v in run], rng.uniform(4, 10) / mm, 1.0)
    for v in run:
        canvas.stroke(v.frame.pixels(np.array([(u, -0.4), (u - 1.2, -0.4)])), 5 / mm, 0.8)
    return rng.uniform(1, 4) * canvas.array(0.5)


def cement(rng, vertebra, shape):
    canvas = Canvas(shape)
    scale = np.linalg.norm(vertebra.frame.down)
    for _ in range(rng.integers(2, 6)):
        canvas.ellipse(vertebra.frame.pixels(rng.uniform(-0.55, 0.55, (1, 2)))[0], rng.uniform(0.2, 0.5, 2) * scale)
    return rng.uniform(0.5, 2.5) * canvas.array(1.0)


def wires(rng, shape, mm):
    """Leads, clips and buttons anywhere."""
    canvas = Canvas(shape)
    for _ in range(rng.integers(1, 5)):
        start, way = rng.uniform(0, 1, 2) * shape, rng.normal(0, 40, (6, 2)).cumsum(0)
        canvas.stroke(start + way, rng.uniform(0.8, 3) / mm)
        canvas.ellipse(rng.uniform(0, 1, 2) * shape, np.full(2, rng.uniform(1, 7) / mm))
    return rng.uniform(0.3, 3) * canvas.array(0.5)


def any_(rng, view, spine, shape, mm, share=0.22):
    """Random metal on a `share` of films, else None."""
    if rng.random() > share:
        return None
    first = int(rng.integers(6, len(spine) - 1))
    run = spine[first:first + int(rng.integers(2, 7))]
    found, kind = np.zeros(shape, np.float32), rng.random()
    if kind < 0.5:
        found += screws(rng, view, run, shape, mm)
    elif kind < 0.6:
        found += plate(rng, run, shape, mm)
    if 0.3 < kind < 0.8:
        for upper, lower in zip(run, run[1:]):
            if rng.random() < 0.5:
                found += cage(rng, upper, lower, shape, mm)
    if kind > 0.75:
        found += cement(rng, run[0], shape)
    if rng.random() < 0.35:
        found += wires(rng, shape, mm)
    return found
