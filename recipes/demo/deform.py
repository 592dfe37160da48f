"""Fractures of known size warped into intact bodies of real films: for measuring, never for training.

A body's end plates move as fractures.py says, relative to where they are; the disc above and below gives way, and
so does what lies in front and behind. The film is otherwise untouched.
"""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from .fractures import Fracture, Frame

DISC = 0.5
"""How far the warp reaches into the disc, in half heights of the body."""

ASIDE = 0.6
"""How far it reaches in front of the body and behind it, in half depths."""


def frame_of(corners):
    """The Frame (row, column) of a body's upper anterior, upper posterior, lower anterior and lower posterior corner (x, y),
    and `v` of its end plates at the front and at the back."""
    ua, up, la, lp = (np.array(c, float)[::-1] for c in corners)
    centre = (ua + up + la + lp) / 4
    anterior, down = (ua + la - up - lp) / 4, (la + lp - ua - up) / 4
    frame = Frame(centre, anterior, down)
    inverse = np.linalg.inv(np.stack([anterior, down], 1))
    v = lambda point: float((inverse @ (point - centre))[1])
    return frame, ((v(ua), v(up)), (v(la), v(lp)))


def warped(picture, corners, fracture):
    """The picture with the body deformed, and its six points (x, y) afterwards; the middle ones on the line between the
    corners, as if the body had been flat."""
    frame, (upper, lower) = frame_of(corners)
    at = lambda ends, u: ends[1] + (ends[0] - ends[1]) * (u + 1) / 2
    plates = lambda u: (at(upper, u), at(lower, u))

    def moved(u):
        """How far each end plate moves at `u`."""
        inside = np.clip(u, -1, 1)
        top, bottom = plates(inside)
        lost = fracture.lost(inside) * (bottom - top) * np.clip(1 - (np.abs(u) - 1) / ASIDE, 0, 1)
        return (1 - fracture.split) * lost, fracture.split * lost

    reach = (-1 - ASIDE, 1 + ASIDE), (min(upper) - DISC, max(lower) + DISC)
    window, u, v = frame.grid(picture.shape, *reach)
    top, bottom = plates(np.clip(u, -1, 1))
    down, up = moved(u)
    # Where each part of the picture is from: the disc above, the body, the disc below.
    parts = [(top - DISC, top + down, top - DISC, top), (top + down, bottom - up, top, bottom), (bottom - up, bottom + DISC, bottom, bottom + DISC)]
    source = v.copy()
    for begin, end, first, last in parts:
        inside = (v >= begin) & (v < end)
        share = (v - begin) / np.maximum(end - begin, 1e-6)
        source = np.where(inside, first + share * (last - first), source)
    rows = frame.centre[0] + u * frame.anterior[0] + source * frame.down[0]
    columns = frame.centre[1] + u * frame.anterior[1] + source * frame.down[1]
    found = picture.copy()
    found[window] = ndimage.map_coordinates(picture, (rows, columns), order=1, mode="nearest")
    six_u = np.array([1.0, 0.0, -1.0])
    top, bottom = plates(six_u)
    down, up = moved(six_u)
    points = np.concatenate([np.stack([six_u, top + down], 1), np.stack([six_u, bottom - up], 1)])
    return found, frame.pixels(points)[:, ::-1]


def random_fracture(rng, loss):
    """A wedge, biconcave or crush deformity that takes `loss` of the height where most is lost."""
    kind = str(rng.choice(["wedge", "biconcave", "crush"]))
    split = float(rng.choice([0.0, rng.uniform(0, 0.6)]))
    return replace(Fracture(kind, loss), split=split, steep=float(rng.uniform(0.8, 1.6)))
