"""Simulated fractures of one vertebral body, in the body's own frame.

`u` runs along the end plates, -1 at the posterior and +1 at the anterior wall; `v` along the spine,
-1 at the upper and +1 at the lower end plate. A fracture is an inverse warp: for each point of the
fractured body it names the point of the intact body that is seen there.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

CLASS_OF = {"intact": 0, "wedge": 1, "biconcave": 1, "burst": 2}
"""ASTLOF class of each kind: 0 no fracture, 1 compression fracture, 2 burst fracture."""


@dataclass(frozen=True)
class Fracture:
    """`loss`: the part of the height that is lost where most is lost (wedge: at the anterior wall);
    `widening` of the body and `bulge` of the posterior wall, parts of the half depth."""

    kind: str = "intact"
    loss: float = 0.0
    widening: float = 0.0
    bulge: float = 0.0

    def source(self, u, v):
        """Coordinates in the intact body, and how much the bone there is compressed."""
        if self.kind == "wedge":
            height = 1 - self.loss * np.clip((u + 1) / 2, 0, 1)
            return u, 1 - (1 - v) / height, 1 / height
        if self.kind == "biconcave":
            height = 1 - self.loss * np.clip(1 - u * u, 0, 1)
            return u, v / height, 1 / height
        if self.kind == "burst":
            height = 1 - self.loss * (0.75 + 0.25 * np.clip(u, 0, 1))
            wide = 1 + self.widening + np.where(u < 0, self.bulge * np.clip(1 - v * v, 0, 1), 0)
            return u / wide, 1 - (1 - v) / height, 1 / (height * (1 + self.widening))
        return u, v, np.ones_like(u)


def draw(rng, share=0.35):
    """A random fracture, intact with probability `1 - share`. An intact body may be a little uneven:
    the classes touch, as they do in patients."""
    if rng.random() > share:
        return Fracture("wedge", loss=rng.uniform(0, 0.08)) if rng.random() < 0.3 else Fracture()
    kind = rng.choice(["wedge", "wedge", "biconcave", "burst", "burst"])
    if kind == "burst":
        return Fracture(kind, rng.uniform(0.2, 0.5), rng.uniform(0.06, 0.22), rng.uniform(0.05, 0.2))
    return Fracture(kind, rng.uniform(0.18, 0.5))


def astlof_class(fracture):
    """The class, with a loss under 15 % counted as no fracture."""
    return CLASS_OF[fracture.kind] if fracture.loss >= 0.15 else 0


@dataclass(frozen=True)
class Frame:
    """Centre (row, column), unit vectors and half sizes (pixels) of a body on a film."""

    centre: np.ndarray
    anterior: np.ndarray
    down: np.ndarray
    half_depth: float
    half_height: float

    @classmethod
    def of(cls, shape, above, below):
        """From a body's path-length picture and the centres of its neighbours."""
        inside = shape > 0.35 * shape.max()
        points = np.argwhere(inside)
        centre = points.mean(0)
        down = (np.asarray(below) - np.asarray(above)).astype(float)
        down /= np.linalg.norm(down)
        anterior = np.array([down[1], -down[0]])
        if anterior[1] > 0:
            anterior = -anterior
        along, across = (points - centre) @ down, (points - centre) @ anterior
        reach = lambda t: (np.percentile(t, 98) - np.percentile(t, 2)) / 2 + 0.5
        return cls(centre, anterior, down, reach(across), reach(along))

    def grid(self, margin=1.6):
        """The window around the body (two slices), and `u`, `v` of its pixels."""
        reach = margin * np.hypot(self.half_depth, self.half_height)
        low = np.maximum(np.floor(self.centre - reach), 0).astype(int)
        high = np.ceil(self.centre + reach).astype(int)
        rows, columns = np.mgrid[low[0]:high[0], low[1]:high[1]]
        offset = np.stack([rows - self.centre[0], columns - self.centre[1]], -1)
        window = (slice(low[0], high[0]), slice(low[1], high[1]))
        return window, offset @ self.anterior / self.half_depth, offset @ self.down / self.half_height

    def pixels(self, u, v):
        """Row and column of points in the frame."""
        point = self.centre + u[..., None] * self.half_depth * self.anterior + v[..., None] * self.half_height * self.down
        return point[..., 0], point[..., 1]


def break_body(excess, shape, frame, fracture):
    """Excess attenuation and path length of the body after the fracture, in the frame's window."""
    window, u, v = frame.grid()
    window = tuple(slice(w.start, min(w.stop, n)) for w, n in zip(window, excess.shape))
    rows, columns = window[0].stop - window[0].start, window[1].stop - window[1].start
    source_u, source_v, density = fracture.source(u[:rows, :columns], v[:rows, :columns])
    where = frame.pixels(source_u, source_v)
    moved = ndimage.map_coordinates(excess, where, order=1, cval=0.0) * density ** 0.7
    return window, moved.astype(np.float32), ndimage.map_coordinates(shape, where, order=1, cval=0.0).astype(np.float32)
