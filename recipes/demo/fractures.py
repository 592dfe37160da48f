"""Simulated fractures of one vertebral body, in the body's own frame.

`u` runs along the end plates, -1 at the posterior and +1 at the anterior wall (on a frontal film +1
is the wall at the left); `v` along the spine, -1 at the upper and +1 at the lower end plate. A
fracture is a warp with an exact inverse: the picture is made with one, the six points with the other.
"""

from dataclasses import dataclass

import numpy as np

CLASS_OF = {"intact": 0, "wedge": 1, "biconcave": 1, "crush": 2}
"""ASTLOF class of each kind: 0 no fracture, 1 compression fracture, 2 burst fracture."""

FRACTURED_FROM = 0.15
"""A smaller loss of height counts as no fracture."""

MILD_BELOW = 0.22
"""A fracture that loses less is marked as mild in the cohort."""

CORNERS = np.array([(1, -1), (0, -1), (-1, -1), (1, 1), (0, 1), (-1, 1)], float)
"""`u`, `v` of the six points: upper anterior, middle, posterior; lower anterior, middle, posterior."""


@dataclass(frozen=True)
class Fracture:
    """`loss`: the part of the height that is lost where most is lost (wedge: at the anterior wall);
    `widening` of the body and `bulge` of the posterior wall, parts of the half depth. `hollow`: how
    much each end plate is hollowed by nature, part of half the height; `taper`: how much narrower the
    lower end plate is than the upper one. An intact body may have a little of each."""

    kind: str = "intact"
    loss: float = 0.0
    widening: float = 0.0
    bulge: float = 0.0
    hollow: float = 0.0
    taper: float = 0.0

    @property
    def astlof(self):
        return CLASS_OF[self.kind] if self.loss >= FRACTURED_FROM else 0

    @property
    def mild(self):
        return self.astlof > 0 and self.loss < MILD_BELOW

    def plates(self, u):
        """`v` of the upper and the lower end plate at `u` of the intact body."""
        u = np.clip(u, -1, 1)
        hollow = self.hollow * (1 - u * u)
        if self.kind == "biconcave":
            dip = self.loss * (1 - u * u)
            return -1 + hollow + dip, 1 - hollow - dip
        drop = 0.0
        if self.kind == "crush":
            drop = 2 * self.loss * (0.75 + 0.25 * np.clip(u, 0, 1))
        elif self.loss:
            drop = 2 * self.loss * (u + 1) / 2
        return -1 + hollow + drop, 1 - hollow + 0 * u

    def width(self, front, v):
        """Half depth at `v` of the broken body, at its front (`front` true) or back."""
        bulge = np.where(front, 0.0, self.bulge * np.clip(1 - v * v, 0, 1))
        return (1 + self.widening + bulge) * (1 - self.taper * np.clip((1 + v) / 2, 0, 1))

    def source(self, u, v):
        """Coordinates in the intact body of a point of the broken one, and how much the bone there
        is compressed."""
        whole = u / self.width(u > 0, v)
        upper, lower = self.plates(whole)
        return whole, (2 * v - upper - lower) / (lower - upper), 2 / (lower - upper) / (1 + self.widening)

    def target(self, u, v):
        """Coordinates in the broken body of a point of the intact one: the inverse of `source`."""
        upper, lower = self.plates(u)
        moved = upper + (v + 1) / 2 * (lower - upper)
        return u * self.width(u > 0, moved), moved

    def points(self):
        """`u`, `v` of the six points of the broken body, [6, 2]."""
        return np.stack(self.target(CORNERS[:, 0], CORNERS[:, 1]), -1)

    def outline(self):
        """`u`, `v` along the border of the broken body, [n, 2]."""
        t = np.linspace(-1, 1, 9)
        one = np.ones_like(t)
        u, v = np.concatenate([t, t, one, -one]), np.concatenate([-one, one, t, t])
        return np.stack(self.target(u, v), -1)


def intact(rng):
    """A body without fracture that may be a little wedged, wide or hollow: the classes touch, as they
    do in patients."""
    some = lambda chance, most: rng.uniform(0, most) if rng.random() < chance else 0.0
    return Fracture("intact", some(0.4, 0.11), some(0.3, 0.07), some(0.3, 0.06), rng.uniform(0, 0.1), rng.uniform(-0.06, 0.04))


def broken(rng, kind=None, mild=False):
    """A fracture of random degree, of `kind` if one is given; `mild` draws the slightest ones."""
    kind = kind or rng.choice(["wedge", "wedge", "wedge", "biconcave", "biconcave", "crush", "crush"])
    low, high = {"wedge": (0.15, 0.5), "biconcave": (0.18, 0.5), "crush": (0.2, 0.5)}[kind]
    loss = rng.uniform(low, MILD_BELOW if mild else high)
    if kind == "crush":
        return Fracture(kind, loss, rng.uniform(0.08, 0.25), rng.uniform(0.06, 0.18), rng.uniform(0, 0.15))
    return Fracture(kind, loss, rng.uniform(0, 0.08), rng.uniform(0, 0.07), rng.uniform(0, 0.08))


def draw(rng, share=0.22):
    """A random body, fractured with probability `share`."""
    return broken(rng) if rng.random() < share else intact(rng)


@dataclass(frozen=True)
class Frame:
    """Where a body lies on a film, in pixels (row, column): its centre, and the vectors from it to
    the middle of the anterior wall and of the lower end plate."""

    centre: np.ndarray
    anterior: np.ndarray
    down: np.ndarray

    def pixels(self, points):
        """Row and column of points `u`, `v` [n, 2]."""
        return self.centre + points[:, :1] * self.anterior + points[:, 1:] * self.down

    def grid(self, shape, u_range, v_range):
        """The part of a film of `shape` around `u_range` and `v_range` (two slices, perhaps empty),
        and `u`, `v` of its pixels."""
        ends = np.array([(u, v) for u in u_range for v in v_range], float)
        reach = self.pixels(ends)
        low = np.clip(np.floor(reach.min(0)).astype(int), 0, shape)
        high = np.clip(np.ceil(reach.max(0)).astype(int) + 1, low, shape)
        rows, columns = np.mgrid[low[0]:high[0], low[1]:high[1]].astype(np.float32)
        inverse = np.linalg.inv(np.stack([self.anterior, self.down], 1))
        y, x = rows - self.centre[0], columns - self.centre[1]
        window = (slice(low[0], high[0]), slice(low[1], high[1]))
        return window, inverse[0, 0] * y + inverse[0, 1] * x, inverse[1, 0] * y + inverse[1, 1] * x
