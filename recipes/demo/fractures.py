"""Simulated fractures of one vertebral body, in the body's own frame.

`u` runs along the end plates, -1 at the posterior and +1 at the anterior wall (on a frontal film +1
is the wall at the left); `v` along the spine, -1 at the upper and +1 at the lower end plate. A
fracture is a warp with an exact inverse: the picture is made with one, the six points with the other.
"""

from dataclasses import dataclass

import numpy as np

CLASS_OF = {"intact": 0, "wedge": 1, "biconcave": 1, "crush": 2}
"""ASTLOF class of each kind: 0 no fracture, 1 compression fracture, 2 burst fracture."""

FRACTURED_FROM = 0.2
"""A smaller loss of height counts as no fracture: Genant's mild grade begins here."""

MILD_BELOW = 0.27
"""A fracture that loses less is marked as mild in the cohort."""

COLLAPSED_FROM, COLLAPSED_SHARE, MOST = 0.5, 0.14, 0.8
"""The loss from which a body is collapsed, the part of the fractures that are, and the largest loss."""

FRONT_TO_BACK = {"T5": 0.90, "T9": 0.90, "T11": 0.94, "L1": 0.97, "L2": 1.00, "L5": 1.06}
"""Medians of anterior over posterior height of intact adults' bodies; levels between them lie between."""

MIDDLE_TO_BACK = 0.86
"""Median of middle over posterior height at all levels. Both: Zakharov, Pisov et al. 2023, Med Image Anal
83:102646, and CTSpinoPelvic1K's tables."""

SPREAD = {"T": 0.06, "L": 0.047, "middle": 0.055}
"""Standard deviations that give those sources' first percentiles (0.79 at T11, 0.93 at L4) and the 5 % of
bodies whose middle to back is below 0.75."""

UNEVEN_SHARE, UNEVEN = 0.06, 2.0
"""The part of intact bodies that are remodelled or short in front by nature, and how much wider they spread:
7 % of elderly bodies have a smallest to largest height under 0.75."""

CORNERS = np.array([(1, -1), (0, -1), (-1, -1), (1, 1), (0, 1), (-1, 1)], float)
"""`u`, `v` of the six points: upper anterior, middle, posterior; lower anterior, middle, posterior."""


@dataclass(frozen=True)
class Fracture:
    """`loss`: the part of the height that is lost where most is lost (wedge: at the anterior wall);
    `widening` of the body and `bulge` of the posterior wall, parts of the half depth. What a body has by
    nature: `hollow`, the part of the height that the end plates' hollows take in the middle; `taper`, how
    much narrower the lower end plate is; `slope`, how much lower the front is than the back (negative:
    higher); `dip`, the lower end plate's part of the hollow; `shift`, how far back the hollow is deepest.
    Of a fracture: `split`, the lower end plate's part of it; `steep`, how much of a wedge is in front."""

    kind: str = "intact"
    loss: float = 0.0
    widening: float = 0.0
    bulge: float = 0.0
    hollow: float = 0.0
    taper: float = 0.0
    slope: float = 0.0
    dip: float = 0.5
    shift: float = 0.0
    split: float = 0.0
    steep: float = 1.0

    @property
    def astlof(self):
        return CLASS_OF[self.kind] if self.loss >= FRACTURED_FROM else 0

    @property
    def mild(self):
        return self.astlof > 0 and self.loss < MILD_BELOW

    def lost(self, u):
        """The part of the height at `u` that the fracture takes."""
        if self.kind == "biconcave":
            return self.loss * (1 - u * u)
        if self.kind == "crush":
            return self.loss * (0.75 + 0.25 * np.clip(u, 0, 1))
        return self.loss * ((u + 1) / 2) ** self.steep

    def plates(self, u):
        """`v` of the upper and the lower end plate at `u` of the intact body."""
        u = np.clip(u, -1, 1)
        hollow = 2 * self.hollow * (1 - u * u) * (1 - self.shift * u)
        lower_by = self.slope * (u + 1) / 2
        upper, lower = -1 + hollow * (1 - self.dip) + lower_by, 1 - hollow * self.dip - lower_by
        lost = self.lost(u) * (lower - upper)
        return upper + (1 - self.split) * lost, lower - self.split * lost

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


def norm(level):
    """Median of anterior over posterior height of intact bodies of a level."""
    number = lambda name: {"C": 0, "T": 7, "L": 19, "S": 24}[name[0]] + int(name[1:])
    return float(np.interp(number(level), [number(l) for l in FRONT_TO_BACK], list(FRONT_TO_BACK.values())))


def nature(rng, level, view="lateral"):
    """The unevenness that an intact body of `level` has, as arguments of Fracture. On a frontal film front and back
    are the sides."""
    wide = UNEVEN if rng.random() < UNEVEN_SHARE else 1.0
    if view == "lateral":
        usual = 1 - norm(level)
        slope = usual + wide * rng.normal(0, SPREAD["L" if level[0] in "LS" else "T"])
        hollow = 1 - MIDDLE_TO_BACK - usual / 2 + wide * rng.normal(0, SPREAD["middle"])
    else:
        slope, hollow = rng.normal(0, 0.025), rng.normal(0.08, 0.04)
    return {"hollow": float(np.clip(hollow, 0, 0.32)), "taper": rng.uniform(-0.08, 0.05), "slope": float(np.clip(slope, -0.25, 0.32)),
            "dip": rng.uniform(0.3, 0.7), "shift": rng.uniform(-0.1, 0.4)}


def intact(rng, level="T12", view="lateral"):
    """A body without fracture, as uneven as real ones: the classes touch, as they do in patients."""
    widening = rng.uniform(0, 0.07) if rng.random() < 0.3 else 0.0
    bulge = rng.uniform(0, 0.06) if rng.random() < 0.3 else 0.0
    return Fracture("intact", 0.0, widening, bulge, **nature(rng, level, view))


def broken(rng, kind=None, mild=False, level="T12", view="lateral"):
    """A fracture of random degree, of `kind` if one is given; `mild` draws the slightest ones."""
    kind = str(kind or rng.choice(["wedge", "wedge", "wedge", "biconcave", "biconcave", "crush", "crush"]))
    if mild:
        loss = rng.uniform(FRACTURED_FROM, MILD_BELOW)
    elif rng.random() < COLLAPSED_SHARE:
        loss = rng.uniform(COLLAPSED_FROM, MOST)
    else:
        loss = rng.uniform({"wedge": 0.2, "biconcave": 0.2, "crush": 0.22}[kind], COLLAPSED_FROM)
    split = rng.choice([0.0, rng.uniform(0, 0.5), rng.uniform(0.5, 1)], p=[0.5, 0.35, 0.15])
    rest = dict(nature(rng, level, view), split=float(split), steep=rng.uniform(0.8, 2.0))
    if kind == "crush":
        return Fracture(kind, loss, rng.uniform(0.02, 0.25), rng.uniform(0.02, 0.18), **rest)
    return Fracture(kind, loss, rng.uniform(0, 0.08), rng.uniform(0, 0.07), **rest)


def draw(rng, share=0.22, level="T12", view="lateral"):
    """A random body, fractured with probability `share`."""
    return broken(rng, level=level, view=view) if rng.random() < share else intact(rng, level, view)


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
